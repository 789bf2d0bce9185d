package pps;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.opentest4j.AssertionFailedError;
import org.opentest4j.TestAbortedException;

//DEPS org.opentest4j:opentest4j:1.3.0

/**
 * Watches the system calls of a process from outside, and lets one of them kill it or fail: {@code strace} counts the calls of each kind
 * for each thread, so a call is named by its kind and its number among those of its thread.
 */
final class Strace {
    /** What changes files, their names or what is known of them; also what makes a change last. */
    static final List<String> CHANGES = List.of("open", "openat", "creat", "write", "pwrite64", "writev", "ftruncate", "truncate", "rename",
        "renameat", "renameat2", "unlink", "unlinkat", "rmdir", "mkdir", "mkdirat", "symlink", "symlinkat", "link", "linkat", "chmod",
        "fchmod", "fchmodat", "chown", "lchown", "fchown", "fchownat", "utimensat", "utimes", "futimesat", "fsync", "fdatasync",
        "copy_file_range", "sendfile");

    private static final Pattern BEGUN = Pattern.compile("(\\d+) +(\\w+)\\((.*)");

    /** One call of a run: the {@code number}th of this kind in its thread. */
    record Call(String kind, int number, String text) {
        @Override
        public String toString() {
            return kind + " " + number + ": " + text;
        }
    }

    private Strace() {
    }

    /** Skips the calling test, or fails it in CI, unless processes can be traced here. */
    static void require() {
        String whyNot = whyNot();
        if (whyNot != null) {
            if ("true".equals(System.getenv("CI")) || "1".equals(System.getenv("PPS_REQUIRE_DOCKER"))) {
                throw new AssertionFailedError(whyNot);
            }
            throw new TestAbortedException(whyNot);
        }
    }

    private static String whyNot() {
        try {
            Process strace = new ProcessBuilder("strace", "-f", "--seccomp-bpf", "-o", "/dev/null", "true").redirectErrorStream(true).start();
            String said = new String(strace.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            return strace.waitFor(20, TimeUnit.SECONDS) && strace.exitValue() == 0 ? null : "needs strace to work here: " + said.strip();
        } catch (IOException e) {
            return "needs strace: " + e.getMessage();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** Returns the command that runs another one and writes its file-changing calls to {@code log}. */
    static List<String> recording(Path log, List<String> command) {
        return with(List.of("--seccomp-bpf", "-y", "-s", "0", "-e", "trace=" + all(), "-o", log.toString()), command);
    }

    /** Returns the command that runs another one and writes its calls of one kind to {@code log}. */
    static List<String> recording(String kind, Path log, List<String> command) {
        return with(List.of("--seccomp-bpf", "-y", "-s", "0", "-e", "trace=" + kind, "-o", log.toString()), command);
    }

    /** Returns the command that runs another one and kills it when it is about to do a call. */
    static List<String> killing(Call call, List<String> command) {
        return injecting(call.kind() + ":signal=KILL:when=" + call.number(), command);
    }

    /** Returns the command that runs another one in which a call fails with an error like EIO; the call is not done then. */
    static List<String> failing(Call call, String error, List<String> command) {
        return injecting(call.kind() + ":error=" + error + ":when=" + call.number(), command);
    }

    /** Returns the command that runs another one with strace's own description of what is to happen, {@code KIND:error=E:when=N}. */
    static List<String> injecting(String what, List<String> command) {
        // Not with --seccomp-bpf, which is faster: strace 6.1 injects nothing then unless it is at the first call.
        return with(List.of("-e", "trace=" + what.substring(0, what.indexOf(':')), "-e", "inject=" + what, "-o", "/dev/null"), command);
    }

    /** Returns the command that runs another one in which every call of a kind on one file fails; the calls are not done then. */
    static List<String> failingOn(Path file, String kind, String error, List<String> command) {
        return with(List.of("-P", file.toString(), "-e", "trace=" + kind, "-e", "inject=" + kind + ":error=" + error, "-o", "/dev/null"), command);
    }

    /** Returns the command that runs another one and kills it at its first {@code rename} of one file, or {@code mkdir} of one directory. */
    static List<String> killingOn(Path file, String kind, List<String> command) {
        String kinds = kind.equals("rename") ? "rename,renameat,renameat2" : "mkdir,mkdirat";
        return with(List.of("-P", file.toString(), "-e", "trace=" + kinds, "-e", "inject=" + kinds + ":signal=KILL:when=1", "-o", "/dev/null"), command);
    }

    private static List<String> with(List<String> options, List<String> command) {
        List<String> all = new ArrayList<>(List.of("strace", "-f", "-qq"));
        all.addAll(options);
        all.addAll(command);
        return all;
    }

    /** The question mark lets strace pass over kinds that this machine does not have. */
    private static String all() {
        return String.join(",", CHANGES.stream().map(kind -> "?" + kind).toList());
    }

    /** Returns, from a log, the calls that change something (and those of a kind that cannot tell) at or below one of these paths, in their order. */
    static List<Call> changesBelow(Path log, List<Path> paths) {
        List<Call> calls = new ArrayList<>();
        Map<String, Integer> numbers = new HashMap<>();
        try {
            // Names need not be UTF-8.
            for (String line : Files.readAllLines(log, StandardCharsets.ISO_8859_1)) {
                Matcher begun = BEGUN.matcher(line);
                if (!begun.matches()) {
                    continue;
                }
                String kind = begun.group(2);
                int number = numbers.merge(begun.group(1) + " " + kind, 1, Integer::sum);
                boolean onlyReads = kind.startsWith("open") && !line.contains("O_CREAT") && !line.contains("O_TRUNC");
                if (!onlyReads && paths.stream().anyMatch(path -> line.contains(path.toString()))) {
                    calls.add(new Call(kind, number, begun.group(3)));
                }
            }
            return calls;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Returns how many calls there are of each kind, for a line in a report. */
    static Map<String, Integer> byKind(List<Call> calls) {
        Map<String, Integer> kinds = new LinkedHashMap<>();
        calls.forEach(call -> kinds.merge(call.kind(), 1, Integer::sum));
        return kinds;
    }
}
