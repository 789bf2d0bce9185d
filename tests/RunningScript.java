package pps;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;

//SOURCES Scripts.java

/**
 * A process that a test has started, and can watch, signal and type to. Its output goes to files and not through pipes, so that neither a
 * full pipe nor a grandchild that keeps one open can stop a test.
 */
public final class RunningScript implements AutoCloseable {
    private static final Duration UNANSWERED = Duration.ofSeconds(10);
    private static final Set<Process> RUNNING = ConcurrentHashMap.newKeySet();

    static {
        Runtime.getRuntime().addShutdownHook(new Thread(() -> RUNNING.forEach(RunningScript::end), "end test processes"));
    }

    private final Process process;
    private final Path files;
    private final boolean terminal;
    private int typedAt;

    RunningScript(Process process, Path files, boolean terminal) {
        this.process = process;
        this.files = files;
        this.terminal = terminal;
        RUNNING.add(process);
    }

    /** Returns the process; on a terminal, that of the program which makes the terminal. */
    public Process process() {
        return process;
    }

    /** Returns what was written to stdout so far; on a terminal, all that it showed. */
    public String stdout() {
        return read("stdout");
    }

    /** Returns what was written to stderr so far. */
    public String stderr() {
        return read("stderr");
    }

    /** Sends a signal, named as kill names it: TERM, HUP, INT, KILL. */
    public void signal(String name) {
        try {
            new ProcessBuilder("kill", "-s", name, Long.toString(process.pid())).inheritIO().start().waitFor();
        } catch (IOException | InterruptedException e) {
            throw new IllegalStateException("cannot send SIG" + name, e);
        }
    }

    /** Waits until the text appears on stdout or stderr; that it does not is a failure of the test. */
    public void waitFor(String text, Duration timeout) {
        waitUntil(() -> stdout().contains(text) || stderr().contains(text), timeout, "'" + text + "' to appear");
    }

    /** Waits until the program asks something: the last line on the terminal has not ended, looks like a prompt, and stays. */
    public void waitForPrompt(Duration timeout) {
        waitUntil(() -> {
            String shown = stdout();
            if (!isPrompt(shown)) {
                return false;
            }
            pause(60);
            return shown.equals(stdout());
        }, timeout, "a prompt");
    }

    /** Types on the terminal. */
    public void type(String text) {
        typedAt = stdout().length();
        try {
            process.getOutputStream().write(text.getBytes(StandardCharsets.UTF_8));
            process.getOutputStream().flush();
        } catch (IOException e) {
            throw new AssertionError("nobody reads '" + text.strip() + "' any more: " + this, e);
        }
    }

    /** Waits for the end of the process; one that does not end in time, or asks what the test has no answer to, is a failure. */
    public Scripts.Result result(Duration timeout) {
        long deadline = System.nanoTime() + timeout.toNanos();
        long lastBusy = System.nanoTime();
        try {
            while (!process.waitFor(20, TimeUnit.MILLISECONDS)) {
                long now = System.nanoTime();
                if (!terminal || !isPrompt(stdout())) {
                    lastBusy = now;
                } else if (now - lastBusy > UNANSWERED.toNanos()) {
                    throw new AssertionError("it waits for an answer that the test does not give: " + this);
                }
                if (now > deadline) {
                    throw new AssertionError("it did not end in " + timeout.toSeconds() + " s: " + this);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted while waiting for the end of " + this, e);
        }
        return new Scripts.Result(process.exitValue(), stdout(), stderr());
    }

    /** Ends the process and all it has started, and removes its files. */
    @Override
    public void close() {
        end(process);
        RUNNING.remove(process);
        try (Stream<Path> tree = Files.walk(files)) {
            for (Path path : tree.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(path);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public String toString() {
        return "process " + process.pid() + (process.isAlive() ? " (running)" : " (exit code " + process.exitValue() + ")")
            + "\n--- stdout\n" + stdout() + "\n--- stderr\n" + stderr() + "\n---";
    }

    private boolean isPrompt(String shown) {
        String last = shown.substring(Math.max(shown.lastIndexOf('\n') + 1, Math.min(typedAt, shown.length())));
        return last.replaceAll("\u001b\\[[0-9;]*m", "").matches("(?s).*[]?:>)] *");
    }

    private void waitUntil(BooleanSupplier condition, Duration timeout, String what) {
        long deadline = System.nanoTime() + timeout.toNanos();
        while (!condition.getAsBoolean()) {
            boolean ended = !process.isAlive();
            if (ended && condition.getAsBoolean()) {
                return;
            }
            if (ended || System.nanoTime() > deadline) {
                throw new AssertionError("waited in vain for " + what + ": " + this);
            }
            pause(20);
        }
    }

    private String read(String name) {
        try {
            return new String(Files.readAllBytes(files.resolve(name)), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void end(Process process) {
        // The descendants first, while the process is still there to tell them.
        List<ProcessHandle> tree = new ArrayList<>(process.descendants().toList());
        tree.add(process.toHandle());
        tree.forEach(ProcessHandle::destroyForcibly);
        tree.forEach(handle -> handle.onExit().orTimeout(10, TimeUnit.SECONDS).exceptionally(late -> handle).join());
    }

    private static void pause(long milliseconds) {
        try {
            Thread.sleep(milliseconds);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted", e);
        }
    }
}
