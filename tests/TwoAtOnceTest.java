package pps;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

//SOURCES KillProject.java
//SOURCES Points.java
//SOURCES Strace.java
//SOURCES ../lib/BackupDirectory.java
//SOURCES ../lib/ProjectLock.java

/** Two runs on one project at once, and the lock that keeps them apart. */
@Timeout(value = 1, unit = TimeUnit.HOURS)
class TwoAtOnceTest {
    private static final Duration LONG = Duration.ofSeconds(120);

    @TempDir
    static Path directory;
    private static KillProject template;

    @BeforeAll
    static void makeTemplate() {
        Strace.require();
        template = KillProject.create(directory);
    }

    @Test
    @DisplayName("of two restores one is done and the other refused with 5 and the holder's name; list, validate and dry run go on meanwhile")
    void twoRestores() {
        TestProject project = template.copy();
        // The first is held up for three seconds at a file that it unpacks.
        List<String> slow = Strace.injecting("fsync:delay_enter=4000000:when=12", KillProject.restoreCommand(project, "--yes", "--latest"));
        try (RunningScript first = Scripts.with().startCommand(slow)) {
            first.waitFor("Reading and checking", LONG);
            Scripts.Result second = Scripts.with().runCommand(KillProject.restoreCommand(project, "--yes", "--latest"));
            String[] where = {"--project-root", project.root.toString(), "--backup-dir", project.backups.toString()};
            List<Scripts.Result> looks = List.of(Scripts.run("list_backups", where), Scripts.run("validate_backup", where),
                project.restore("--latest", "--dry-run"));
            Scripts.Result recovery = project.restore("--recover");
            Scripts.Result done = first.result(LONG);
            assertEquals(0, done.exitCode(), done::toString);
            assertEquals(5, second.exitCode(), second::toString);
            assertTrue(second.stderr().contains("Another run works on this project: restore, process "), second::toString);
            assertTrue(second.stderr().contains("This run has touched nothing."), second::toString);
            assertTrue(recovery.exitCode() == 5 || recovery.stdout().contains("nothing to recover"), recovery::toString);
            looks.forEach(look -> {
                assertEquals(0, look.exitCode(), look::toString);
                assertFalse(look.stderr().contains("was interrupted"), look::toString);
            });
        }
        assertTrue(template.isAfter(project, "two at once"));
        KillProject.remove(project);
    }

    @ParameterizedTest(name = "a {1} during a {0}")
    @CsvSource({"restore, backup", "backup, restore", "backup, backup"})
    @DisplayName("of a restore and a backup the second is refused with 5 and the first one's name, and touches nothing; what only looks goes on")
    void restoreAndBackup(String first, String second) throws IOException {
        TestProject project = template.copy();
        try (RunningScript running = Scripts.with().startCommand(commandOf(first, project))) {
            Path lock = project.root.resolve("work/pps_backup/lock");
            waitFor(() -> Files.exists(lock) && Files.readString(lock).startsWith(first + ", process "));
            running.signal("STOP");
            assertTrue(running.process().isAlive(), running::toString);
            Tree files = project.everything();
            Tree backups = Tree.of(project.backups);
            Scripts.Result refused = Scripts.with().runCommand(commandOf(second, project));
            assertEquals(5, refused.exitCode(), refused::toString);
            assertTrue(refused.stderr().contains("Another run works on this project: " + first + ", process " + running.process().pid()), refused::toString);
            assertTrue(refused.stderr().contains("State: This run has touched nothing."), refused::toString);
            String[] where = {"--project-root", project.root.toString(), "--backup-dir", project.backups.toString()};
            for (Scripts.Result look : List.of(Scripts.run("list_backups", where), Scripts.run("validate_backup", where),
                project.restore("--latest", "--dry-run"), Scripts.run("backup_pps", project.arguments("--dry-run")))) {
                assertEquals(0, look.exitCode(), look::toString);
                assertFalse(look.stderr().contains("was interrupted"), look::toString);
            }
            files.assertSame(project.everything(), "while the " + first + " was held up");
            backups.assertSame(Tree.of(project.backups), "while the " + first + " was held up");
            running.signal("CONT");
            Scripts.Result done = running.result(LONG);
            assertEquals(0, done.exitCode(), done::toString);
        }
        if (first.equals("restore")) {
            assertTrue(template.isAfter(project, "a backup during it"));
        } else {
            template.before().assertSame(project.tree(), "a " + second + " during the backup");
            assertEquals(2, BackupDirectory.of(project.backups).newestFirst().size());
        }
        Scripts.Result then = Scripts.with().runCommand(commandOf(second, project));
        assertEquals(0, then.exitCode(), then::toString);
        KillProject.remove(project);
    }

    private static List<String> commandOf(String what, TestProject project) {
        return what.equals("restore") ? KillProject.restoreCommand(project, "--yes", "--backup", KillProject.ARCHIVE)
            : Scripts.command("backup_pps", project.arguments());
    }

    private interface Condition {
        boolean holds() throws IOException;
    }

    private static void waitFor(Condition condition) throws IOException {
        long deadline = System.nanoTime() + LONG.toNanos();
        while (!condition.holds()) {
            assertTrue(System.nanoTime() < deadline, "waited in vain");
            Thread.onSpinWait();
        }
    }

    @Test
    @DisplayName("whoever looks who holds the lock is in nobody's way who takes it")
    void looking(@TempDir Path root) throws Exception {
        Files.createDirectories(root.resolve("work/pps_backup"));
        AtomicBoolean enough = new AtomicBoolean();
        Thread looker = new Thread(() -> {
            while (!enough.get()) {
                ProjectLock.holder(root);
                Thread.yield();
            }
        });
        looker.start();
        try {
            for (int i = 0; i < 200; i++) {
                ProjectLock.take(root, "restore").close();
            }
        } finally {
            enough.set(true);
            looker.join();
        }
    }

    @Test
    @DisplayName("many restores that start together are done one after the other or refused, and never mixed")
    void manyRestores() {
        TestProject project = template.copy();
        List<RunningScript> running = List.of(1, 2, 3, 4).stream()
            .map(n -> Scripts.with().startCommand(KillProject.restoreCommand(project, "--yes", "--latest"))).toList();
        List<Integer> codes = running.stream().map(one -> {
            try (one) {
                return one.result(LONG).exitCode();
            }
        }).toList();
        assertTrue(codes.contains(0) && codes.stream().allMatch(code -> code == 0 || code == 5), codes.toString());
        assertEquals("", template.after().withoutDirectoryTimes().differences(project.tree().withoutDirectoryTimes()));
        Points.report("restores at once", codes.size(), -1, Map.of("exit codes " + codes, 1));
        KillProject.remove(project);
    }

    @Test
    @DisplayName("a lock whose process was killed does not block the next run")
    void deadLock() throws InterruptedException {
        TestProject project = template.copy();
        List<String> held = Strace.injecting("fsync:delay_enter=60000000:when=1", KillProject.restoreCommand(project, "--yes", "--latest"));
        try (RunningScript first = Scripts.with().startCommand(held)) {
            Path lock = project.root.resolve("work/pps_backup/lock");
            long deadline = System.nanoTime() + LONG.toNanos();
            while (ProjectLock.holder(project.root) == null && System.nanoTime() < deadline) {
                Thread.sleep(10);
            }
            assertTrue(Files.exists(lock));
        }
        assertNull(ProjectLock.holder(project.root), "it was killed");
        assertEquals(0, project.restore("--recover").exitCode());
        assertEquals(0, project.restore("--yes", "--latest").exitCode());
        assertTrue(template.isAfter(project, "after the dead lock"));
        KillProject.remove(project);
    }

    @Test
    @DisplayName("a file system that does not support locks is an error that says so, with nothing touched")
    void noLocks() {
        TestProject project = template.copy();
        Tree before = project.tree();
        // The JDK locks with fcntl(F_SETLK); a network drive without a lock service answers like this.
        Scripts.Result result = Scripts.with().runCommand(Strace.failing(locking(), "ENOLCK",
            KillProject.restoreCommand(project, "--yes", "--latest")));
        assertEquals(1, result.exitCode(), result::toString);
        assertTrue(result.stderr().contains("This file system does not support locks"), result::toString);
        assertTrue(result.stderr().contains("State: Nothing was touched."), result::toString);
        assertFalse(result.stderr().contains("\tat "), result::toString);
        before.assertSame(project.tree(), result);
        KillProject.checkNothingLeft(project, 0, result);
        KillProject.remove(project);
    }

    @Test
    @DisplayName("a lock is held until it is closed, within a process too, and leaves a fresh project as it was")
    void lock(@TempDir Path root) {
        Tree before = Tree.of(root).withoutDirectoryTimes();
        try (ProjectLock lock = ProjectLock.take(root, "a test")) {
            assertEquals(ExitCode.LOCKED, assertThrows(Failure.class, () -> ProjectLock.take(root, "another")).exitCode());
            assertTrue(ProjectLock.holder(root) == null || ProjectLock.holder(root).contains("a test"));
        }
        before.assertSame(Tree.of(root).withoutDirectoryTimes(), "released");
        ProjectLock.take(root, "again").close();
    }

    /** Whoever ends first deletes the file of a fresh project; a lock on that deleted file would be no lock. */
    @Test
    @DisplayName("a lock file that is replaced between being opened and being locked is noticed")
    void replaced() throws IOException {
        TestProject project = template.copy();
        Path lock = project.root.resolve("work/pps_backup/lock");
        Files.createDirectories(lock.getParent());
        Files.writeString(lock, "the one before\n");
        List<String> restore = Strace.injecting("fcntl:delay_enter=2000000:when=" + locking().number(),
            KillProject.restoreCommand(project, "--yes", "--latest"));
        try (RunningScript running = Scripts.with().startCommand(restore)) {
            // The file is empty once it is locked and written; until then the text of the one before is in it.
            long deadline = System.nanoTime() + LONG.toNanos();
            boolean replaced = false;
            while (running.process().isAlive() && !replaced && System.nanoTime() < deadline) {
                if (isOpen(running, lock)) {
                    Files.delete(lock);
                    Files.writeString(lock, "a new file of that name\n");
                    replaced = true;
                }
            }
            Scripts.Result result = running.result(LONG);
            assertTrue(replaced, "the lock file was seen open");
            assertEquals(0, result.exitCode(), result::toString);
            assertTrue(Files.readString(lock).startsWith("restore, process "), "what is locked is the file of that name");
        }
        KillProject.remove(project);
    }

    /** Returns the call by which a restore takes the lock. */
    private static Strace.Call locking() {
        TestProject project = template.copy();
        Path log = directory.resolve("fcntl.strace");
        Scripts.with().runCommand(Strace.recording("fcntl", log, KillProject.restoreCommand(project, "--yes", "--latest")));
        Strace.Call call = Strace.changesBelow(log, List.of(project.root.resolve("work/pps_backup/lock"))).get(0);
        KillProject.remove(project);
        return call;
    }

    private static boolean isOpen(RunningScript running, Path file) {
        return running.process().descendants().anyMatch(process -> {
            String[] open = Path.of("/proc/" + process.pid() + "/fd").toFile().list();
            for (String number : open == null ? new String[0] : open) {
                try {
                    if (Files.readSymbolicLink(Path.of("/proc/" + process.pid() + "/fd/" + number)).equals(file)) {
                        return true;
                    }
                } catch (IOException e) {
                    // Closed between the two looks.
                    continue;
                }
            }
            return false;
        });
    }
}
