package pps;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

//SOURCES RunningScript.java
//SOURCES Scripts.java
//SOURCES TestProject.java
//SOURCES Tree.java

class PromptTest {
    private static final String BACKUP = "pps_backup_20260301_000000.tar.gz";
    private static final Duration SOON = Duration.ofSeconds(60);

    private static TestProject changed(Path directory) {
        TestProject project = TestProject.create(directory);
        project.backUp(BACKUP);
        project.write("entities/lyra/identity.md", "changed");
        project.write("entities/lyra/memories/word_photos/new.md", "would be removed");
        return project;
    }

    @Test
    @DisplayName("without a terminal and without --yes a restore is refused with 130 and nothing touched, whatever is piped into it")
    void noTerminal(@TempDir Path directory) {
        TestProject project = changed(directory);
        Tree before = Tree.of(project.root);
        for (String stdin : List.of("", "y\ny\n")) {
            Scripts.Result result = Scripts.with().stdin(stdin).runScript("restore_pps", project.arguments("--latest"));
            assertEquals(130, result.exitCode(), result::toString);
            assertTrue(result.stderr().contains("there is no terminal to ask on"), result::toString);
            assertTrue(result.stderr().contains("State: Nothing was touched."), result::toString);
            assertTrue(result.stderr().contains("--yes"), result::toString);
            assertEquals("", result.stdout());
            before.assertSame(Tree.of(project.root), result);
        }
    }

    @Test
    @DisplayName("on a terminal two questions are asked, which name what is replaced, after the files that would be removed are listed")
    void twoQuestions(@TempDir Path directory) throws Exception {
        TestProject project = changed(directory);
        Scripts.Result result = Scripts.runInTerminal(List.of("y", "yes"), "restore_pps", project.arguments("--latest", "--skip", "chromadb"));
        assertEquals(0, result.exitCode(), result::toString);
        assertEquals("I am lyra", Files.readString(project.root.resolve("entities/lyra/identity.md")));
        String shown = result.stdout().replace("\r", "");
        int removed = shown.indexOf("word_photos: would be removed:\n    new.md");
        int first = shown.indexOf("Replace sqlite, entity_identity, crystals, word_photos, journals, notebook, neo4j, haven of entity 'lyra' in " + project.root + "? [y/N] y");
        int second = shown.indexOf("Really? 4 files are replaced or removed, and kept for --undo. [y/N] yes");
        assertTrue(0 < removed && removed < first && first < second, result::toString);
        assertTrue(shown.contains("What was replaced is kept in "), result::toString);
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({"'no at the first', 'n\n', ''", "'no at the second', 'y\n', 'n\n'", "'only Enter', '\n', ''", "'something else', 'y\n', 'yep\n'",
        "'Ctrl-D at the first', '\u0004', ''", "'Ctrl-D at the second', 'y\n', '\u0004'",
        "'Ctrl-C at the first', '\u0003', ''", "'Ctrl-C at the second', 'y\n', '\u0003'"})
    @DisplayName("anything but yes at either question ends with 130, nothing touched and nothing left behind")
    void declined(String what, String first, String second, @TempDir Path directory) {
        TestProject project = changed(directory);
        Tree before = project.everything();
        try (RunningScript running = Scripts.with().startScriptInTerminal("restore_pps", project.arguments("--latest"))) {
            running.waitForPrompt(SOON);
            running.type(first);
            if (!second.isEmpty()) {
                running.waitFor("Really?", SOON);
                running.waitForPrompt(SOON);
                running.type(second);
            }
            Scripts.Result result = running.result(SOON);
            assertEquals(130, result.exitCode(), result::toString);
            String shown = result.stdout().replaceAll("\u001b\\[[0-9;]*m", "");
            assertEquals(!second.isEmpty(), shown.contains("Really?"), result::toString);
            assertTrue(shown.contains("State: Nothing was touched."), result::toString);
            assertTrue(shown.contains("\nError: " + (what.startsWith("Ctrl-C") ? "Interrupted." : "Declined.")), result::toString);
            before.assertSame(project.everything(), result);
            assertFalse(Files.exists(project.root.resolve("work")), "staging or lock is left");
        }
    }

    @Test
    @DisplayName("a dangerous answer is asked for as such: without a safety backup the second question says that nothing is kept")
    void notKept(@TempDir Path directory) {
        TestProject project = changed(directory);
        Scripts.Result result = Scripts.runInTerminal(List.of("y", "n"), "restore_pps", project.arguments("--latest", "--no-safety-backup"));
        assertEquals(130, result.exitCode(), result::toString);
        assertTrue(result.stdout().contains("replaced or removed, and NOT kept."), result::toString);
    }

    @Test
    @DisplayName("SIGTERM while a question waits is answered like no")
    void terminated(@TempDir Path directory) {
        TestProject project = changed(directory);
        Tree before = project.everything();
        try (RunningScript running = Scripts.with().startScriptInTerminal("restore_pps", project.arguments("--latest"))) {
            running.waitForPrompt(SOON);
            running.process().descendants().filter(child -> child.info().command().orElse("").endsWith("java")).forEach(ProcessHandle::destroy);
            Scripts.Result result = running.result(SOON);
            assertEquals(130, result.exitCode(), result::toString);
            before.assertSame(project.everything(), result);
        }
    }
}
