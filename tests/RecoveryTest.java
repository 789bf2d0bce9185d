package pps;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

//SOURCES KillProject.java
//SOURCES Scripts.java
//SOURCES Strace.java
//SOURCES TestProject.java
//SOURCES TestTar.java
//SOURCES Tree.java

class RecoveryTest {
    private static final String BACKUP = "pps_backup_20260301_000000.tar.gz";
    private static final String LOCK = "work/pps_backup/lock";

    private static TestProject changed(Path directory) {
        TestProject project = TestProject.create(directory);
        project.backUp(BACKUP);
        project.write("entities/lyra/identity.md", "changed");
        project.write("entities/lyra/memories/word_photos/new.md", "new since the backup");
        project.delete("entities/lyra/journals/2026/01.md");
        return project;
    }

    /** Kills a restore when it is about to do the system call that strace's words describe: a kind, and a path that it names. */
    private static void killAt(TestProject project, String call, String path) throws IOException {
        Strace.require();
        Path log = project.backups.resolve("strace.log");
        List<String> restore = Scripts.command("restore_pps", project.arguments("--yes", "--latest"));
        List<String> watch = new ArrayList<>(List.of("strace", "-f", "-qq", "-o", log.toString(), "-e", "trace=" + call, "-P", project.root.resolve(path).toString(),
            "-e", "inject=" + call + ":signal=KILL:when=1"));
        watch.addAll(restore);
        Scripts.Result killed = Scripts.with().runCommand(watch);
        assertEquals(137, killed.exitCode(), () -> "it was not killed at " + call + " of " + path + ": " + killed);
    }

    @ParameterizedTest(name = "{0} of {1}")
    @CsvSource(delimiter = '|', value = {
        "rename,renameat,renameat2 | entities/lyra/identity.md | while it swapped files | recovery puts all of the old data back | old",
        "rename,renameat,renameat2 | docker/pps/neo4j_data | while it swapped files | recovery puts all of the old data back | old",
        "mkdir,mkdirat | work/pps_backup/pre_restore_safety | after its files went live | Live data is the backup's | new",
    })
    @DisplayName("after a kill every script says what was interrupted, another restore is refused with 5, and --recover ends it, once and again")
    void killed(String call, String path, String when, String state, String outcome, @TempDir Path directory) throws IOException {
        TestProject project = changed(directory);
        Tree before = project.tree().withoutDirectoryTimes();
        killAt(project, call, path);
        Tree interrupted = project.everything();
        String interruption = "A restore of " + BACKUP + " was interrupted " + when + ".";

        Scripts.Result list = Scripts.run("list_backups", "--project-root", project.root.toString(), "--backup-dir", project.backups.toString());
        assertEquals(0, list.exitCode(), list::toString);
        assertTrue(list.stderr().contains("[WARNING] " + interruption), list::toString);
        assertTrue(list.stderr().contains("restore_pps.java --recover"), list::toString);
        Scripts.Result validate = Scripts.run("validate_backup", "--quick", "--project-root", project.root.toString(), "--backup-dir", project.backups.toString());
        assertEquals(0, validate.exitCode(), validate::toString);
        assertTrue(validate.stderr().contains("[WARNING] " + interruption), validate::toString);
        Scripts.Result plan = project.restore("--latest", "--dry-run");
        assertTrue(plan.stderr().contains("[WARNING] " + interruption) && plan.stderr().contains(state), plan::toString);
        Scripts.Result told = project.restore("--recover", "--dry-run");
        assertEquals(0, told.exitCode(), told::toString);
        assertTrue(told.stdout().contains(interruption), told::toString);
        Scripts.Result another = project.restore("--latest", "--yes");
        assertEquals(5, another.exitCode(), another::toString);
        assertTrue(another.stderr().contains("Error: " + interruption) && another.stderr().contains(state), another::toString);
        assertTrue(another.stderr().contains("--recover --project-root " + project.root), another::toString);
        Scripts.Result undo = project.restore("--undo", "--yes");
        assertTrue(undo.exitCode() == 5 || undo.exitCode() == 3, undo::toString);
        interrupted.without("work").assertSame(project.tree(), "looking and refusing change nothing");

        Scripts.Result recovered = project.restore("--recover", "--json");
        assertEquals(0, recovered.exitCode(), recovered::toString);
        assertTrue(JsonParser.parseString(recovered.stdout()).getAsJsonObject().get("recovered").getAsBoolean(), recovered::toString);
        if (outcome.equals("old")) {
            before.assertSame(project.tree().withoutDirectoryTimes(), recovered);
            assertEquals(List.of(), project.safetyBackups());
        } else {
            assertEquals("I am lyra".length(), project.tree().at("entities/lyra/identity.md").size());
            assertTrue(recovered.stdout().contains(project.safetyBackup().toString()), recovered::toString);
        }
        Scripts.Result again = project.restore("--recover");
        assertEquals(0, again.exitCode(), again::toString);
        assertTrue(again.stdout().contains("nothing to recover"), again::toString);
        if (outcome.equals("new")) {
            project.restored("--undo");
            before.assertSame(project.tree().withoutDirectoryTimes(), "undone after the recovery");
        }
        assertTrue(project.everything().only(name -> Pattern.matches("work/pps_backup/restore_.*", name)).entries().isEmpty(), "staging is left");
    }

    @Test
    @DisplayName("after a kill while the backup was unpacked, the next restore says that live data is as it was, and --recover clears up")
    void killedWhileUnpacking(@TempDir Path directory) throws IOException {
        TestProject project = changed(directory);
        Tree before = project.tree();
        Strace.require();
        List<String> watch = new ArrayList<>(List.of("strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=fchmodat,chmod",
            "-e", "inject=fchmodat,chmod:signal=KILL:when=4"));
        watch.addAll(Scripts.command("restore_pps", project.arguments("--yes", "--latest")));
        Scripts.Result killed = Scripts.with().runCommand(watch);
        assertEquals(137, killed.exitCode(), killed::toString);
        before.assertSame(project.tree(), "live data after the kill");
        Scripts.Result plan = project.restore("--latest", "--dry-run");
        assertTrue(plan.stderr().contains("was interrupted while it unpacked the backup. Live data is as it was before."), plan::toString);
        Scripts.Result refused = project.restore("--latest", "--yes");
        assertEquals(5, refused.exitCode(), refused::toString);
        assertTrue(refused.stderr().contains("State: Live data is as it was before."), refused::toString);
        Scripts.Result recovered = project.restore("--recover");
        assertEquals(0, recovered.exitCode(), recovered::toString);
        assertTrue(recovered.stdout().contains("Removed what had been unpacked."), recovered::toString);
        before.assertSame(project.tree(), recovered);
        project.restored("--latest");
        assertEquals("I am lyra".length(), project.tree().at("entities/lyra/identity.md").size());
    }

    @Test
    @DisplayName("while another process holds the lock, a restore is refused with 5 and names the holder; the lock file of a dead one is no obstacle")
    void lock(@TempDir Path directory) throws IOException {
        TestProject project = changed(directory);
        Path file = project.write(LOCK, "");
        Tree before = project.tree();
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE); FileLock lock = channel.lock()) {
            assertTrue(lock.isValid());
            channel.write(ByteBuffer.wrap("restore, process 4711, since 2026-03-01T00:00:00\n".getBytes(StandardCharsets.UTF_8)));
            for (String[] arguments : List.of(new String[] {"--latest", "--yes"}, new String[] {"--latest", "--drill"})) {
                Scripts.Result result = project.restore(arguments);
                assertEquals(5, result.exitCode(), result::toString);
                assertTrue(result.stderr().contains("Another run works on this project: restore, process 4711, since 2026-03-01T00:00:00"), result::toString);
                assertTrue(result.stderr().contains("State: This run has touched nothing."), result::toString);
            }
            Scripts.Result plan = project.restore("--latest", "--dry-run");
            assertEquals(0, plan.exitCode(), plan::toString);
        }
        before.assertSame(project.tree(), "refused");
        assertTrue(Files.readString(file).startsWith("restore, process 4711"), "the stale text is still there");
        project.restored("--latest");
        assertEquals("I am lyra".length(), project.tree().at("entities/lyra/identity.md").size());
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(strings = {"copied whole", "copied with a link to the same work directory"})
    @DisplayName("a copy of a project whose restore was interrupted names the original, touches neither, and the original is still recovered")
    void copied(String how, @TempDir Path directory) throws IOException {
        TestProject project = changed(directory.resolve("one"));
        Tree before = project.tree().withoutDirectoryTimes();
        killAt(project, "rename,renameat,renameat2", "docker/pps/neo4j_data");
        TestProject copy = TestProject.empty(directory.resolve("two"));
        assertEquals(0, Scripts.with().runCommand(List.of("cp", "-a", "--no-target-directory", project.root.toString(), copy.root.toString())).exitCode());
        if (how.contains("link")) {
            KillProject.deleteTree(copy.root.resolve("work"));
            Files.createSymbolicLink(copy.root.resolve("work"), project.root.resolve("work"));
        }
        Files.copy(project.backups.resolve(BACKUP), copy.backups.resolve(BACKUP));
        Tree original = project.everything().without(LOCK);
        Tree copied = copy.everything().without(LOCK);
        String ofAnother = "is of a restore in another place, " + project.root.toRealPath();
        String[] where = {"--project-root", copy.root.toString(), "--backup-dir", copy.backups.toString()};
        for (Scripts.Result look : List.of(Scripts.run("list_backups", where), Scripts.run("validate_backup", where), copy.restore("--latest", "--dry-run"),
            copy.restore("--recover", "--dry-run"))) {
            assertEquals(0, look.exitCode(), look::toString);
            assertTrue((look.stderr() + look.stdout()).contains(ofAnother), look::toString);
        }
        List<String> backup = new ArrayList<>(List.of(where));
        backup.add("--no-containers");
        for (Scripts.Result refused : List.of(copy.restore("--latest", "--yes"), copy.restore("--latest", "--drill"), copy.restore("--recover"),
            Scripts.run("backup_pps", backup.toArray(String[]::new)))) {
            assertEquals(5, refused.exitCode(), refused::toString);
            assertTrue(refused.stderr().contains(ofAnother) && refused.stderr().contains("recover that one"), refused::toString);
            copied.assertSame(copy.everything().without(LOCK), refused);
            original.assertSame(project.everything().without(LOCK), refused);
        }
        Scripts.Result recovered = project.restore("--recover");
        assertEquals(0, recovered.exitCode(), recovered::toString);
        before.assertSame(project.tree().withoutDirectoryTimes(), recovered);
    }

    @Test
    @DisplayName("--recover without an interrupted restore says so and ends with 0")
    void nothingToRecover(@TempDir Path directory) {
        TestProject project = changed(directory);
        Tree before = Tree.of(project.root);
        for (String[] arguments : List.of(new String[] {"--recover"}, new String[] {"--recover", "--dry-run"})) {
            Scripts.Result result = project.restore(arguments);
            assertEquals(0, result.exitCode(), result::toString);
            assertEquals("There is no interrupted restore: nothing to recover.\n", result.stdout());
            before.assertSame(Tree.of(project.root), result);
        }
    }

    @Test
    @DisplayName("--drill unpacks, opens and compares everything, leaves nothing, and ends with 0; with 3 when the backup is bad")
    void drill(@TempDir Path directory) throws IOException {
        TestProject project = changed(directory);
        Tree before = project.everything();
        Scripts.Result drill = project.restore("--latest", "--drill", "--verbose");
        assertEquals(0, drill.exitCode(), drill::toString);
        assertTrue(drill.stdout().contains("(drill passed)"), drill::toString);
        assertTrue(drill.stdout().contains("word_photos: would be removed:\n    new.md"), drill::toString);
        assertTrue(drill.stderr().contains("'sqlite/conversations.db' opens, integrity_check ok"), drill::toString);
        before.assertSame(project.everything(), drill);
        assertFalse(Files.exists(project.root.resolve("work")));

        Path database = project.write("entities/lyra/data/inventory.db", "no database");
        project.backUp("pps_backup_20260302_000000.tar.gz");
        Tree damaged = project.everything();
        Scripts.Result bad = project.restore("--latest", "--drill");
        assertEquals(3, bad.exitCode(), bad::toString);
        assertTrue(bad.stderr().contains(database.getFileName() + "' is not a SQLite database"), bad::toString);
        damaged.assertSame(project.everything(), bad);
    }
}
