package pps;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

//SOURCES Scripts.java

class DemoTest {
    private static final Duration LIMIT = Duration.ofSeconds(60);

    private static List<String> command(Path temporary) {
        List<String> command = new ArrayList<>(Scripts.command("demo_pps"));
        command.add(1, "-Djava.io.tmpdir=" + temporary);
        return command;
    }

    @ParameterizedTest(name = "at: {0}")
    @ValueSource(strings = {"Made: ", "== Then the disaster", "== What would a restore do?"})
    @DisplayName("Ctrl-C ends the demonstration with 130 and one word, and nothing is left in the temporary directory")
    void interrupted(String where, @TempDir Path temporary) throws IOException {
        try (RunningScript running = Scripts.with().startCommand(command(temporary))) {
            running.waitFor(where, LIMIT);
            running.signal("INT");
            Scripts.Result result = running.result(LIMIT);
            assertEquals(130, result.exitCode(), result::toString);
            assertTrue(result.stderr().endsWith("Error: Interrupted.\n"), result::toString);
            assertFalse(result.stderr().contains("Exception") || result.stderr().contains("expected 0"), result::toString);
        }
        try (Stream<Path> left = Files.list(temporary)) {
            assertEquals(List.of(), left.toList(), "the temporary directory");
        }
    }

    @Test
    @DisplayName("the demonstration does not offer JSON, since it is a text to be read")
    void noJson() {
        assertFalse(Scripts.run("demo_pps", "--help").stdout().contains("--json"));
        Scripts.Result result = Scripts.run("demo_pps", "--json");
        assertEquals(2, result.exitCode(), result::toString);
        assertEquals("", result.stdout());
        assertTrue(result.stderr().contains("Unknown option: '--json'"), result::toString);
    }
}
