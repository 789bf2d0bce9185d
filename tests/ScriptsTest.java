package pps;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.Console;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

//SOURCES Scripts.java

/** Tests of the tests' own tool: what it says about a process must be so, or every test built on it is worth nothing. */
class ScriptsTest {
    private static final Duration SOON = Duration.ofSeconds(20);

    /** A script that shows what it was given. */
    static final class Echo {
        public static void main(String[] arguments) throws Exception {
            for (String argument : arguments) {
                System.out.println("<" + argument + ">");
            }
            System.out.println("stdin " + new String(System.in.readAllBytes()).length());
            System.out.println("environment " + new TreeSet<>(System.getenv().keySet()));
            System.out.println("directory " + Path.of("").toAbsolutePath().equals(Path.of(System.getenv("HOME"))));
            System.err.println("on stderr");
            System.exit(7);
        }
    }

    /** A script that asks two questions, or says that it has no terminal. */
    static final class Ask {
        public static void main(String[] arguments) {
            Console console = System.console();
            if (console == null) {
                System.err.println("no terminal");
                System.exit(130);
            }
            String word = console.readLine("Type %s to go on: ", "RESTORE");
            String sure = console.readLine("Sure [yes/no]? ");
            System.out.println("heard " + word + " and " + sure);
            System.exit("RESTORE".equals(word) && "yes".equals(sure) ? 0 : 130);
        }
    }

    /** A script that starts a child and waits for ever. */
    static final class Wait {
        public static void main(String[] arguments) throws Exception {
            Process child = new ProcessBuilder("sleep", "600").start();
            System.out.println("child " + child.pid() + ".");
            Thread.sleep(600_000);
        }
    }

    @Test
    @DisplayName("a script gets its arguments as they are, and gives back its exit code, stdout and stderr")
    void runsAsAProcess() {
        Scripts.Result result = Scripts.run(Echo.class.getName(), "a b", "it's", "$HOME", "two\nlines", "");
        assertAll(
            () -> assertEquals(7, result.exitCode(), result::toString),
            () -> assertTrue(result.stdout().startsWith("<a b>\n<it's>\n<$HOME>\n<two\nlines>\n<>\nstdin 0\n"), result::toString),
            () -> assertEquals("on stderr\n", result.stderr()));
    }

    @Test
    @DisplayName("a script starts in an empty home directory with a small environment")
    void cleanEnvironment() {
        Scripts.Result result = Scripts.with().env("PPS_ROOT", "/x").stdin("abc").runScript(Echo.class.getName());
        assertTrue(result.stdout().endsWith("stdin 3\nenvironment [HOME, LANG, PATH, PPS_ROOT]\ndirectory true\n"), result::toString);
    }

    @Test
    @DisplayName("a script runs in the directory it is given")
    void directory(@TempDir Path directory) {
        Scripts.Result result = Scripts.with().in(directory).runCommand(List.of("sh", "-c", "pwd -P"));
        assertEquals(directory + "\n", result.stdout());
    }

    @Test
    @DisplayName("a process that does not end in time is a failure, and is ended with its children")
    void timeout() {
        RunningScript running = Scripts.start(Wait.class.getName());
        try (running) {
            running.waitFor("child", SOON);
            AssertionError error = assertThrows(AssertionError.class, () -> running.result(Duration.ofMillis(300)));
            assertTrue(error.getMessage().contains("did not end"), error::getMessage);
        }
        assertFalse(running.process().isAlive());
    }

    @Test
    @DisplayName("closing a running script ends its children too")
    void childrenEnd() {
        long child;
        try (RunningScript running = Scripts.start(Wait.class.getName())) {
            running.waitFor(".", SOON);
            child = Long.parseLong(running.stdout().replaceAll("\\D", ""));
            assertTrue(ProcessHandle.of(child).isPresent());
        }
        assertFalse(ProcessHandle.of(child).map(ProcessHandle::isAlive).orElse(false));
    }

    @Test
    @DisplayName("a script can be sent a signal")
    void signal() {
        try (RunningScript running = Scripts.start(Wait.class.getName())) {
            running.waitFor("child", SOON);
            running.signal("TERM");
            assertEquals(143, running.result(SOON).exitCode());
        }
    }

    @Test
    @DisplayName("without a terminal there is no console")
    void noTerminal() {
        Scripts.Result result = Scripts.run(Ask.class.getName());
        assertEquals(130, result.exitCode(), result::toString);
        assertEquals("no terminal\n", result.stderr());
    }

    @Test
    @DisplayName("on a terminal, each answer is typed at its prompt")
    void terminal() {
        Scripts.Result result = Scripts.runInTerminal(List.of("RESTORE", "yes"), Ask.class.getName());
        assertEquals(0, result.exitCode(), result::toString);
        assertTrue(result.stdout().contains("Type RESTORE to go on: RESTORE"), result::toString);
        assertTrue(result.stdout().contains("heard RESTORE and yes"), result::toString);
    }

    @Test
    @DisplayName("an answer without a prompt is a failure")
    void tooManyAnswers() {
        AssertionError error = assertThrows(AssertionError.class,
            () -> Scripts.runInTerminal(List.of("no", "no", "never asked"), Ask.class.getName()));
        assertTrue(error.getMessage().contains("waited in vain for a prompt"), error::getMessage);
    }

    @Test
    @DisplayName("Ctrl-C typed on the terminal interrupts the script")
    void controlC() {
        try (RunningScript running = Scripts.with().startScriptInTerminal(Ask.class.getName())) {
            running.waitForPrompt(SOON);
            running.type("\u0003");
            assertEquals(130, running.result(SOON).exitCode());
        }
    }
}
