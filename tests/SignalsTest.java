package pps;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

//SOURCES KillProject.java
//SOURCES Points.java
//SOURCES Strace.java
//SOURCES TestStack.java

/**
 * Ctrl-C, SIGTERM, closed terminals and closed pipes in every phase of a restore: before the swap it goes back and says so, in the swap and
 * after it goes on. strace holds a call up for a moment, so that the signal comes exactly there.
 */
@Timeout(value = 6, unit = TimeUnit.HOURS)
class SignalsTest {
    private static final Duration LONG = Duration.ofSeconds(120);
    private static final String HELD_UP = ":delay_enter=1500000:when=";

    @TempDir
    static Path directory;
    private static KillProject template;
    private static List<Strace.Call> calls;

    @BeforeAll
    static void makeTemplate() {
        Strace.require();
        template = KillProject.create(directory);
        TestProject project = template.copy();
        Path log = directory.resolve("calls.strace");
        Scripts.with().runCommand(Strace.recording(log, KillProject.restoreCommand(project, "--yes", "--latest")));
        calls = Strace.changesBelow(log, List.of(project.root));
        KillProject.remove(project);
    }

    @Test
    @DisplayName("a signal before the swap ends a restore with 130, nothing touched and nothing left behind")
    void beforeTheSwap() {
        List<Strace.Call> staging = calls.stream().filter(call -> call.text().contains("/staged/") && call.kind().equals("fsync")).toList();
        for (String signal : List.of("INT", "TERM", "HUP")) {
            TestProject project = template.copy();
            Scripts.Result result = signalAt(staging.get(staging.size() / 2), signal, project);
            assertEquals(130, result.exitCode(), result::toString);
            assertTrue(result.stderr().contains("State: Nothing was touched"), result::toString);
            template.before().assertSame(project.tree(), result);
            KillProject.checkNothingLeft(project, 0, result);
            KillProject.remove(project);
        }
        Points.report("signals before the swap", 3, 3, Map.of());
    }

    @Test
    @DisplayName("a signal in the swap or after it lets the swap be completed, and the code says whether a recovery has to end the rest")
    void inTheSwap() {
        List<Strace.Call> renames = calls.stream().filter(call -> call.kind().startsWith("rename")).toList();
        List<Strace.Call> swap = renames.stream().filter(call -> call.text().contains("/staged/") || call.text().contains("/moved/")).toList();
        // The first rename of the swap, one in the middle, the last, and that of the packed safety backup.
        List<Strace.Call> moments = List.of(swap.get(0), swap.get(swap.size() / 2), swap.get(swap.size() - 1), renames.get(renames.size() - 2));
        Map<String, Integer> ends = new TreeMap<>();
        int n = 0;
        for (Strace.Call moment : moments) {
            TestProject project = template.copy();
            String signal = List.of("INT", "TERM", "HUP").get(n++ % 3);
            Scripts.Result result = signalAt(moment, signal, project);
            String where = signal + " at " + moment + "\n" + result;
            assertTrue(result.exitCode() == 0 || result.exitCode() == 5, where);
            if (result.exitCode() == 5) {
                assertTrue(result.stderr().contains("complete and live") && result.stderr().contains("--recover"), where);
            }
            assertTrue(template.checkInterrupted(project, where), where);
            ends.merge("exit code " + result.exitCode(), 1, Integer::sum);
            KillProject.remove(project);
        }
        Points.report("signals in and after the swap", moments.size(), -1, ends);
    }

    @Test
    @DisplayName("a terminal that is closed in the swap stops nothing: all is new or all is old when the restore has ended by itself")
    void closedTerminalInTheSwap() {
        List<Strace.Call> swap = calls.stream().filter(call -> call.kind().startsWith("rename"))
            .filter(call -> call.text().contains("/staged/") || call.text().contains("/moved/")).toList();
        Map<String, Integer> ends = new TreeMap<>();
        for (Strace.Call moment : List.of(swap.get(0), swap.get(swap.size() / 2), swap.get(swap.size() - 1))) {
            TestProject project = template.copy();
            List<String> command = new ArrayList<>(Strace.injecting(moment.kind() + HELD_UP + moment.number(),
                KillProject.restoreCommand(project, "--yes", "--latest")));
            // A closed terminal hangs up its session's leader: that must be Java and not strace, which then watches from a session of its own.
            command.add(1, "-DDD");
            try (RunningScript running = Scripts.with().startCommandInTerminal(command)) {
                waitUntil(() -> isAt(moment, project), running.toString());
                pause(300);
                List<ProcessHandle> all = running.process().descendants().toList();
                assertTrue(all.stream().anyMatch(one -> one.info().command().orElse("").endsWith("/java")), running::toString);
                assertTrue(isAt(moment, project), () -> "it is in the swap when the terminal is closed " + running);
                // The program that made the terminal ends with no word to anyone; SIGHUP comes from the kernel.
                running.process().destroyForcibly();
                waitUntil(() -> all.stream().noneMatch(ProcessHandle::isAlive), "the restore ends by itself");
            }
            String where = "the terminal was closed at " + moment;
            String pending = Recovery.pending(project.root).orElse("");
            assertTrue(pending.isEmpty() || pending.contains("Live data is the backup's"), where + ": " + pending);
            boolean isNew = template.checkInterrupted(project, where);
            assertTrue(pending.isEmpty() || isNew, where);
            ends.merge((isNew ? "new" : "old") + (pending.isEmpty() ? "" : ", once cleaned up by --recover"), 1, Integer::sum);
            KillProject.remove(project);
        }
        Points.report("terminals closed in the swap", 3, -1, ends);
    }

    private static Scripts.Result signalAt(Strace.Call call, String signal, TestProject project) {
        List<String> command = Strace.injecting(call.kind() + HELD_UP + call.number(), KillProject.restoreCommand(project, "--yes", "--latest"));
        try (RunningScript running = Scripts.with().startCommand(command)) {
            waitUntil(() -> isAt(call, project) || !running.process().isAlive(), running.toString());
            pause(300);
            signalJava(running, signal);
            return running.result(LONG);
        }
    }

    /** A call of staging is reached when the journal is there and files are; one of the swap when the journal says so. */
    private static boolean isAt(Strace.Call call, TestProject project) {
        Path journal = project.root.resolve("work/pps_backup/restore_journal.json");
        try {
            if (!Files.exists(journal)) {
                return false;
            }
            String text = Files.readString(journal);
            return call.text().contains(".partial") ? text.contains("\"COMMITTED\"")
                : !call.kind().startsWith("rename") || text.contains("\"SWAPPING\"");
        } catch (IOException e) {
            // Replaced or deleted between the two looks; the next one will tell.
            return false;
        }
    }

    private static void signalJava(RunningScript running, String signal) {
        running.process().descendants().filter(one -> one.info().command().orElse("").endsWith("/java")).findFirst()
            .ifPresent(java -> Scripts.with().runCommand(List.of("kill", "-s", signal, Long.toString(java.pid()))));
    }

    @Test
    @DisplayName("Ctrl-C on a terminal while the backup is unpacked ends with 130 and nothing touched")
    void controlC() {
        TestProject project = withNoise();
        Tree before = project.tree();
        try (RunningScript running = Scripts.with().startScriptInTerminal("restore_pps", project.arguments("--yes", "--latest", "--allow-shrink"))) {
            running.waitFor("Reading and checking", LONG);
            running.type("\u0003");
            Scripts.Result result = running.result(LONG);
            assertEquals(130, result.exitCode(), result::toString);
            assertTrue(result.stdout().contains("Nothing was touched"), result::toString);
            before.assertSame(project.tree(), result);
            KillProject.checkNothingLeft(project, 0, result);
        }
        KillProject.remove(project);
    }

    @Test
    @DisplayName("a terminal that is closed while the backup is unpacked leaves nothing behind")
    void closedTerminal() {
        TestProject project = withNoise();
        Tree before = project.tree();
        try (RunningScript running = Scripts.with().startScriptInTerminal("restore_pps", project.arguments("--yes", "--latest", "--allow-shrink"))) {
            running.waitFor("Reading and checking", LONG);
            List<ProcessHandle> java = running.process().descendants().toList();
            running.process().destroyForcibly();
            waitUntil(() -> java.stream().noneMatch(ProcessHandle::isAlive), "the restore ends by itself");
        }
        before.assertSame(project.tree(), "the terminal was closed");
        KillProject.checkNothingLeft(project, 0, "the terminal was closed");
        KillProject.remove(project);
    }

    @Test
    @DisplayName("a closed stdout or stderr does not stop a restore, nor change its exit code")
    void closedPipes() {
        for (String ending : List.of("2>&1 | head -1", "| head -c 1", "2>/dev/null | true", ">&- 2>&-", "2>/dev/full >/dev/full")) {
            TestProject project = template.copy();
            String command = String.join(" ", KillProject.restoreCommand(project, "--yes", "--latest").stream().map(word -> "'" + word + "'").toList());
            Scripts.Result result = Scripts.with().runCommand(List.of("bash", "-c", "set -o pipefail; " + command + " " + ending));
            assertEquals(0, result.exitCode(), ending + " " + result);
            assertTrue(template.isAfter(project, ending), ending);
            KillProject.remove(project);
        }
        Points.report("closed outputs", 5, 5, Map.of());
    }

    @Test
    @DisplayName("a signal while a restore waits for health leaves the containers starting, ends with 4, and --recover ends the restore")
    void whileWaiting() throws IOException {
        try (TestStack stack = slowStack()) {
            Path root = stack.root();
            try (RunningScript running = Scripts.with().docker().startScript("restore_pps", arguments(root, "--latest", "--yes"))) {
                running.waitFor("Waiting until", LONG);
                pause(500);
                running.signal("TERM");
                Scripts.Result result = running.result(LONG);
                assertEquals(4, result.exitCode(), result::toString);
                assertTrue(result.stderr().contains("its containers are left starting"), result::toString);
                assertTrue(result.stderr().contains("--recover"), result::toString);
            }
            assertEquals("running", stack.states().get("web"));
            Scripts.Result another = Scripts.with().docker().runScript("restore_pps", arguments(root, "--latest", "--yes"));
            assertEquals(5, another.exitCode(), another::toString);
            assertRecovered(stack, true, "interrupted while it waited");
        }
    }

    /** The phases in which the stack is down or comes up are those that only a real engine can show. */
    @Test
    @DisplayName("a restore with containers that is killed in any phase is ended by --recover with its stack healthy")
    void killedWithContainers() throws IOException {
        Map<String, Integer> ends = new TreeMap<>();
        try (TestStack stack = slowStack()) {
            Path root = stack.root();
            Path log = directory.resolve("stack.strace");
            Scripts.Result recorded = Scripts.with().docker().runCommand(Strace.recording(log,
                Scripts.command("restore_pps", arguments(root, "--latest", "--yes"))));
            assertEquals(0, recorded.exitCode(), recorded::toString);
            List<Strace.Call> renames = Strace.changesBelow(log, List.of(root)).stream().filter(call -> call.kind().startsWith("rename")).toList();
            // Each rename is that of a journal's phase, of the swap, or of the safety backup; chosen are one of each.
            List<Strace.Call> chosen = Points.isLong() ? renames : List.of(renames.get(2), renames.get(renames.size() / 2), renames.get(renames.size() - 2));
            for (Strace.Call call : chosen) {
                Files.writeString(root.resolve("data/file.txt"), "live");
                Scripts.Result killed = Scripts.with().docker().runCommand(Strace.killing(call,
                    Scripts.command("restore_pps", arguments(root, "--latest", "--yes"))));
                assertEquals(137, killed.exitCode(), killed::toString);
                boolean pending = Recovery.pending(root).isPresent();
                Scripts.Result recovery = Scripts.with().docker().runScript("restore_pps", arguments(root, "--recover"));
                assertEquals(0, recovery.exitCode(), call + " " + recovery);
                String text = Files.readString(root.resolve("data/file.txt"));
                assertEquals(recovery.stdout().contains("is the backup's"), text.equals("archived"), call + " " + recovery + text);
                assertTrue(!pending || stack.docker("inspect", "--format", "{{.State.Health.Status}}", stack.name() + "-web-1").contains("healthy"),
                    () -> call + " " + recovery);
                ends.merge(text.equals("archived") ? "new" : "old", 1, Integer::sum);
            }
            assertTrue(ends.keySet().containsAll(List.of("old", "new")), ends.toString());
            Points.report("restores with containers killed", chosen.size(), renames.size(), ends);
        }
    }

    private static void assertRecovered(TestStack stack, boolean restored, String where) throws IOException {
        Scripts.Result recovery = Scripts.with().docker().runScript("restore_pps", arguments(stack.root(), "--recover"));
        assertEquals(0, recovery.exitCode(), where + recovery);
        assertEquals(restored ? "archived" : "live", Files.readString(stack.root().resolve("data/file.txt")), where);
        assertTrue(stack.docker("inspect", "--format", "{{.State.Health.Status}}", stack.name() + "-web-1").contains("healthy"), where);
    }

    /** A service that needs some seconds until it is healthy, over a directory that is a source. */
    private static TestStack slowStack() throws IOException {
        TestStack stack = TestStack.ofServices("""
            web:
              <<: *image
              command: ["sh", "-c", "rm -f /tmp/ready; sleep 4; touch /tmp/ready; sleep 100000"]
              volumes: ["./data:/data"]
              healthcheck: {test: ["CMD", "test", "-f", "/tmp/ready"], interval: 1s, retries: 60}
            """);
        Path root = stack.root();
        Files.writeString(root.resolve("pps-sources.json"), """
            {"sources": {"data": {"path": "data", "include": ["*.txt"], "critical": true}}}
            """);
        Files.createDirectories(root.resolve("data"));
        Files.createDirectories(root.resolve("backups"));
        Files.writeString(root.resolve("data/file.txt"), "live");
        new TestTar(TestTar.Style.GNU).file("data/file.txt", "archived").gzip(root.resolve("backups/" + KillProject.ARCHIVE));
        stack.up("web");
        return stack;
    }

    private static String[] arguments(Path root, String... more) {
        List<String> all = new ArrayList<>(List.of("--project-root", root.toString(), "--backup-dir", root.resolve("backups").toString()));
        all.addAll(List.of(more));
        return all.toArray(String[]::new);
    }

    /** A backup that takes some seconds to unpack. */
    private static TestProject withNoise() {
        TestProject project = template.copy();
        byte[] noise = new byte[64 << 20];
        new Random(5).nextBytes(noise);
        new TestTar(TestTar.Style.GNU).file("crystals/a.md", "a").file("sqlite/a.db", "").file("entity_identity/identity.md", "i")
            .file("word_photos/a.md", "a").file("chromadb/noise.bin", noise).gzip(project.backups.resolve("pps_backup_20260401_040000.tar.gz"));
        return project;
    }

    private static void waitUntil(BooleanSupplier condition, String what) {
        long deadline = System.nanoTime() + LONG.toNanos();
        while (!condition.getAsBoolean()) {
            assertTrue(System.nanoTime() < deadline, () -> "waited in vain: " + what);
            pause(10);
        }
    }

    private static void pause(int milliseconds) {
        try {
            Thread.sleep(milliseconds);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
