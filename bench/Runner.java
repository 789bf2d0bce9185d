package bench;

//SOURCES BenchFailure.java

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Runs commands, one at a time, and measures them: wall time around the process, processor time and peak memory by GNU time, which asks the
 * kernel when the process has ended. Where GNU time is not installed, memory is polled from /proc and processor time is not measured.
 */
public final class Runner {
    private static final Pattern PEAK = Pattern.compile("VmHWM:\\s+(\\d+) kB");
    private static final int LONGEST_MINUTES = 60;
    private static final int TAIL = 2000;

    /** What one run took; {@code cpu} is NaN where it cannot be known, {@code peakMb} is that of the largest single process. */
    public record Sample(double wall, double cpu, double peakMb) {
    }

    private final Path scratch;
    private final boolean gnuTime;

    /** Keeps what commands print, until the next one runs, in a directory of the caller. */
    public Runner(Path scratch) {
        this.scratch = scratch;
        gnuTime = Files.isExecutable(Path.of("/usr/bin/time")) && said(List.of("/usr/bin/time", "--version")).contains("GNU");
    }

    /** Says in words how it measures. */
    public String method() {
        return gnuTime ? "processor time and peak memory by GNU time (wait4)"
            : "peak memory polled from /proc (VmHWM) every 20 ms, processor time not measured: GNU time is not installed";
    }

    /** Runs a command to its end and measures it. Throws {@link BenchFailure} with its last words when it ends with anything but 0. */
    public Sample run(List<String> command, Path directory, Map<String, String> environment) {
        Path usage = scratch.resolve("usage");
        List<String> timed = new ArrayList<>();
        if (gnuTime) {
            timed.addAll(List.of("/usr/bin/time", "-q", "-f", "%U %S %M", "-o", usage.toString()));
        }
        timed.addAll(command);
        ProcessBuilder builder = builder(timed, directory, environment);
        double polled = 0;
        long began = System.nanoTime();
        Process process = start(builder, command);
        try {
            if (gnuTime) {
                if (!process.waitFor(LONGEST_MINUTES, TimeUnit.MINUTES)) {
                    throw new BenchFailure(shown(command) + " did not end in " + LONGEST_MINUTES + " min");
                }
            } else {
                while (!process.waitFor(20, TimeUnit.MILLISECONDS)) {
                    polled = Math.max(polled, peakOf(process));
                }
            }
        } catch (InterruptedException e) {
            throw new BenchFailure("interrupted", e);
        } finally {
            end(process);
        }
        double wall = (System.nanoTime() - began) / 1e9;
        if (process.exitValue() != 0) {
            throw new BenchFailure(shown(command) + " ended with exit code " + process.exitValue() + ":\n" + tail("stdout") + tail("stderr"));
        }
        if (!gnuTime) {
            return new Sample(wall, Double.NaN, polled);
        }
        // A line about a signal may stand before it.
        String[] words = read(usage).strip().replaceAll("(?s).*\n", "").split(" ");
        return new Sample(wall, Double.parseDouble(words[0]) + Double.parseDouble(words[1]), Double.parseDouble(words[2]) / 1024);
    }

    /** Runs a command that is not measured and returns its stdout; it must end with 0. */
    public String out(List<String> command, Path directory, Map<String, String> environment) {
        Process process = start(builder(command, directory, environment), command);
        try {
            process.waitFor();
        } catch (InterruptedException e) {
            throw new BenchFailure("interrupted", e);
        } finally {
            end(process);
        }
        if (process.exitValue() != 0) {
            throw new BenchFailure(shown(command) + " ended with exit code " + process.exitValue() + ":\n" + tail("stdout") + tail("stderr"));
        }
        return stdout();
    }

    /** Returns what the last command printed. */
    public String stdout() {
        return read(scratch.resolve("stdout"));
    }

    private ProcessBuilder builder(List<String> command, Path directory, Map<String, String> environment) {
        ProcessBuilder builder = new ProcessBuilder(command).directory(directory.toFile()).redirectInput(Path.of("/dev/null").toFile())
            .redirectOutput(scratch.resolve("stdout").toFile()).redirectError(scratch.resolve("stderr").toFile());
        builder.environment().putAll(environment);
        // A JBang on PATH that started this bench has told its launcher not to look for one again.
        builder.environment().remove("PPS_RESTORE_LAUNCHER");
        return builder;
    }

    private static Process start(ProcessBuilder builder, List<String> command) {
        try {
            return builder.start();
        } catch (IOException e) {
            throw new BenchFailure("cannot run " + shown(command) + ": " + e.getMessage(), e);
        }
    }

    private static void end(Process process) {
        if (!process.isAlive()) {
            return;
        }
        List<ProcessHandle> all = Stream.concat(process.descendants(), Stream.of(process.toHandle())).toList();
        all.forEach(ProcessHandle::destroy);
        try {
            // What still writes while its directory is deleted would leave something behind.
            for (ProcessHandle one : all) {
                one.onExit().get(20, TimeUnit.SECONDS);
            }
        } catch (ExecutionException | TimeoutException e) {
            all.forEach(ProcessHandle::destroyForcibly);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static double peakOf(Process process) {
        return Stream.concat(Stream.of(process.toHandle()), process.descendants()).mapToDouble(handle -> {
            try {
                Matcher peak = PEAK.matcher(Files.readString(Path.of("/proc/" + handle.pid() + "/status")));
                return peak.find() ? Long.parseLong(peak.group(1)) / 1024.0 : 0;
            } catch (IOException e) {
                // It has ended meanwhile; what it had was seen 20 ms ago.
                return 0;
            }
        }).max().orElse(0);
    }

    private String tail(String name) {
        String text = read(scratch.resolve(name));
        return text.substring(Math.max(0, text.length() - TAIL));
    }

    private static String shown(List<String> command) {
        return "`" + String.join(" ", command) + "`";
    }

    private static String read(Path file) {
        try {
            return Files.readString(file, StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            throw new BenchFailure("cannot read " + file + ": " + e.getMessage(), e);
        }
    }

    /** Returns all that a command prints, or an empty string when it cannot be run: for asking whether it is there, and its version. */
    public static String said(List<String> command) {
        try {
            Process process = new ProcessBuilder(command).redirectErrorStream(true).redirectInput(Path.of("/dev/null").toFile()).start();
            String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
            process.waitFor();
            return text;
        } catch (IOException e) {
            return "";
        } catch (InterruptedException e) {
            throw new BenchFailure("interrupted", e);
        }
    }

    /** Returns the program of this name on PATH, or null. */
    public static Path onPath(String name) {
        for (String directory : System.getenv("PATH").split(":")) {
            Path file = Path.of(directory.isEmpty() ? "." : directory, name);
            if (Files.isExecutable(file) && !Files.isDirectory(file, LinkOption.NOFOLLOW_LINKS)) {
                return file;
            }
        }
        return null;
    }
}
