package pps;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.Stream;

//SOURCES Scripts.java
//SOURCES Strace.java
//SOURCES TestProject.java
//SOURCES Tree.java
//SOURCES ../lib/BackupDirectory.java
//SOURCES ../lib/Listing.java
//SOURCES ../lib/Recovery.java
//SOURCES ../lib/Restore.java
//SOURCES ../lib/Validation.java

/**
 * A project and a backup of it in which a restore meets everything: files to change, add, remove and leave alone, a database with a
 * {@code -wal}, a unit to replace, a unit and a source whose directories are missing, a directory that becomes empty. It is made once and
 * copied for each run, so that a run can be interrupted wherever one likes and judged against two known trees.
 */
final class KillProject {
    static final String ARCHIVE = "pps_backup_20260301_040000.tar.gz";
    private static final AtomicInteger COPIES = new AtomicInteger();
    private static final Path CLASSES = keepClasses();
    private static final Duration HEALTH = Duration.ofSeconds(60);

    private final Path directory;
    private final Path template;
    private Tree before;
    private Tree after;

    private KillProject(Path directory, String template) {
        this.directory = directory;
        this.template = directory.resolve(template);
    }

    /** Makes the project, and finds out what a restore that nothing disturbs makes of it. */
    static KillProject create(Path directory) {
        KillProject made = new KillProject(directory, "template");
        TestProject project = TestProject.create(made.template);
        project.backUp(ARCHIVE);
        String lyra = "entities/lyra/";
        project.write(lyra + "identity.md", "I have changed since");
        project.write(lyra + "goals.md", "newer than the backup, and named alone: stays");
        project.delete(lyra + ".entity_token");
        project.databaseWithWal(lyra + "data/conversations.db", "hello again", "not yet checkpointed");
        project.database(lyra + "data/newer.db", "removed by the restore");
        project.write(lyra + "crystals/current/crystal_002.md", "changed");
        project.write(lyra + "crystals/new/deep/crystal_003.md", "removed, and its directories with it");
        deleteTree(project.root.resolve(lyra + "memories"));
        project.write(lyra + "notebook/later.md", "removed");
        project.write("docker/pps/chromadb_data/5d4c1c1e/data_level0.bin", "other vectors");
        project.write("docker/pps/chromadb_data/9e9e/length.bin", "a segment of its own");
        deleteTree(project.root.resolve("docker/pps/neo4j_data"));
        project.settle();
        made.before = project.tree();
        TestProject restored = made.copy();
        run(restored, HEALTH);
        made.after = restored.tree();
        made.checkAfter();
        return made;
    }

    /** Returns the same with before and after exchanged: a project that was restored, for runs of {@code --undo}. */
    KillProject restored() {
        KillProject undo = new KillProject(directory, "restored");
        TestProject project = copyTo(undo.template);
        run(project, HEALTH);
        undo.before = project.tree();
        undo.after = before;
        return undo;
    }

    /** The tree to expect is measured with the toolkit itself, so that owners and times are in it; what matters most is said here again. */
    private void checkAfter() {
        assertTrue(before.at("entities/lyra/memories") == null && after.at("entities/lyra/memories/word_photos/a.md") != null);
        assertTrue(before.at("docker/pps/neo4j_data") == null && after.at("docker/pps/neo4j_data/server_id") != null);
        assertTrue(after.at("docker/pps/chromadb_data/9e9e") == null && after.at("entities/lyra/crystals/new") == null);
        assertTrue(after.at("entities/lyra/data/conversations.db-wal") == null && after.at("entities/lyra/data/newer.db") == null);
        assertTrue(after.at("entities/lyra/.entity_token") != null && after.at("entities/lyra/goals.md") != null);
        assertTrue(!after.at("entities/lyra/identity.md").equals(before.at("entities/lyra/identity.md")));
    }

    /** Returns the project as it is before. */
    Tree before() {
        return before;
    }

    /** Returns the project as it is after; the times of its directories are not to be compared. */
    Tree after() {
        return after;
    }

    /** Returns a fresh copy, in a directory of its own. */
    TestProject copy() {
        return copyTo(directory.resolve("run" + COPIES.incrementAndGet()));
    }

    /** Returns a fresh copy of a copy, as it is now. */
    static TestProject copyOf(TestProject project) {
        Path from = project.root.getParent();
        TestProject copy = copy(from, from.resolveSibling(from.getFileName() + "-" + COPIES.incrementAndGet()));
        Path journal = copy.root.resolve("work/pps_backup/restore_journal.json");
        if (Files.exists(journal)) {
            try {
                // Its paths are absolute, so that a journal never moves files of another place than it was written for.
                Files.writeString(journal, Files.readString(journal).replace(project.root + "/", copy.root + "/")
                    .replace(project.root + "\"", copy.root + "\""));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return copy;
    }

    private TestProject copyTo(Path target) {
        return copy(template, target);
    }

    private static TestProject copy(Path from, Path target) {
        try {
            Process cp = new ProcessBuilder("cp", "-a", from.toString(), target.toString()).inheritIO().start();
            assertEquals(0, cp.waitFor());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
        return TestProject.empty(target);
    }

    /** Removes a copy with its backups. */
    static void remove(TestProject project) {
        deleteTree(project.root.getParent());
    }

    /** Returns the command that restores a copy as a process, without the files by which the JDK shows a process to its tools. */
    static List<String> restoreCommand(TestProject project, String... arguments) {
        List<String> command = new ArrayList<>(Scripts.command("restore_pps", project.arguments(arguments)));
        command.add(1, "-XX:-UsePerfData");
        command.add(1, "-XX:SharedArchiveFile=" + CLASSES);
        return command;
    }

    /** Has the JDK keep the classes of a restore in the form that it loads fastest: a test starts a hundred of them. */
    private static Path keepClasses() {
        try {
            Path directory = Files.createTempDirectory("pps-classes");
            TestProject project = TestProject.create(directory);
            project.backUp(ARCHIVE);
            List<String> command = new ArrayList<>(Scripts.command("restore_pps", project.arguments("--yes", "--latest")));
            Path kept = Files.createTempFile("pps-classes", ".jsa");
            kept.toFile().deleteOnExit();
            command.add(1, "-XX:ArchiveClassesAtExit=" + kept);
            Scripts.Result result = Scripts.with().runCommand(command);
            assertEquals(0, result.exitCode(), result::toString);
            deleteTree(directory);
            return kept;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Restores a copy in this process. */
    static Restore.Outcome run(TestProject project, Duration health) {
        return new Restore(request(project, project.backups.resolve(ARCHIVE), "restore"), Listener.SILENT).run((plan, toStop) -> { });
    }

    /** Undoes the last restore in this process. */
    static Restore.Outcome undo(TestProject project) {
        return new Restore(request(project, project.safetyBackup(), "undo"), Listener.SILENT).run((plan, toStop) -> { });
    }

    private static Restore.Request request(TestProject project, Path archive, String purpose) {
        return new Restore.Request(archive, project.root, SourceMap.builtIn(), Selection.ALL, purpose, null, true, true, false, false, HEALTH,
            "jbang restore_pps.java --recover");
    }

    /** Recovers a copy in this process. */
    static Recovery.Outcome recover(TestProject project) {
        return Recovery.run(project.root, false, HEALTH, "jbang restore_pps.java --recover", Listener.SILENT);
    }

    /**
     * Checks what has to hold after an interruption at any moment, up to and with the recovery; fails with {@code where} in its message.
     * Returns whether the project ended as it is after the restore, and not as before.
     */
    boolean checkInterrupted(TestProject project, Object where) {
        boolean interrupted = checkLooksStillWork(project, where);
        checkRefusal(project, interrupted, where);
        return checkRecovery(project, where);
    }

    /** List, validate and dry run work whatever was interrupted, and pending says that something was. Returns whether it does. */
    private boolean checkLooksStillWork(TestProject project, Object where) {
        Tree found = Tree.of(project.root);
        Path archive = project.backups.resolve(ARCHIVE);
        assertEquals(1, Listing.read(BackupDirectory.of(project.backups), null, LocalDateTime.now(), Listener.SILENT).entries().size());
        assertTrue(Validation.of(archive, SourceMap.builtIn(), true, Listener.SILENT).isValid(), String.valueOf(where));
        new Restore(request(project, archive, "restore"), Listener.SILENT).preview();
        boolean interrupted = Recovery.pending(project.root).isPresent();
        if (interrupted) {
            assertTrue(Recovery.pending(project.root).get().contains("--recover"), String.valueOf(where));
        }
        found.assertSame(Tree.of(project.root), where);
        return interrupted;
    }

    /** Another restore touches nothing as long as one is interrupted. */
    private static void checkRefusal(TestProject project, boolean interrupted, Object where) {
        if (!interrupted) {
            return;
        }
        Tree found = project.tree();
        Failure refused = null;
        try {
            run(project, HEALTH);
        } catch (Failure e) {
            refused = e;
        }
        assertTrue(refused != null && refused.exitCode() == ExitCode.LOCKED && refused.next().contains("--recover"),
            "another restore is refused: " + refused + " " + where);
        found.assertSame(project.tree(), where);
    }

    /** Recovers, and checks that it ends in one of the two trees, says in which, leaves nothing behind, and can be done again. */
    boolean checkRecovery(TestProject project, Object where) {
        boolean pending = Recovery.pending(project.root).isPresent();
        Recovery.Outcome outcome = recover(project);
        assertEquals(pending, outcome.wasNeeded(), String.valueOf(where));
        boolean isAfter = isAfter(project, where);
        if (pending) {
            assertEquals(isAfter, outcome.what().contains("is the backup's"), outcome.what() + " " + where);
        }
        Tree ended = Tree.of(project.root);
        assertEquals(false, recover(project).wasNeeded(), "recovered for good: " + where);
        ended.assertSame(Tree.of(project.root), where);
        return isAfter;
    }

    /** Checks that a copy is exactly as before or exactly as after, with nothing left behind. Returns whether it is as after. */
    boolean isAfter(TestProject project, Object where) {
        Tree now = project.tree();
        String fromAfter = after.withoutDirectoryTimes().differences(now.withoutDirectoryTimes());
        boolean isAfter = fromAfter.isEmpty();
        if (!isAfter) {
            String fromBefore = before.differences(now);
            assertEquals("", fromBefore.length() < fromAfter.length() ? fromBefore : fromAfter, "neither old nor new, " + where);
        }
        checkNothingLeft(project, safetyBackupsOfTemplate() + (isAfter ? 1 : 0), where);
        return isAfter;
    }

    private int safetyBackupsOfTemplate() {
        return TestProject.empty(template).safetyBackups().size();
    }

    /** In {@code work}, only the lock and whole safety backups may be left; elsewhere, the trees have been compared. */
    static void checkNothingLeft(TestProject project, int safetyBackups, Object where) {
        TreeSet<String> left = new TreeSet<>(Tree.of(project.root.resolve("work")).entries().keySet());
        left.removeAll(List.of("", "pps_backup", "pps_backup/lock", "pps_backup/pre_restore_safety"));
        List<String> safety = left.stream()
            .filter(path -> path.matches("pps_backup/pre_restore_safety/pre_restore_safety_\\d{8}_\\d{6}\\.tar\\.gz")).toList();
        safety.forEach(left::remove);
        assertEquals("", left.stream().collect(Collectors.joining("\n")), "left behind, " + where);
        assertEquals(safetyBackups, safety.size(), "safety backups, " + where);
    }

    static void deleteTree(Path top) {
        try (Stream<Path> walk = Files.walk(top)) {
            for (Path path : walk.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
