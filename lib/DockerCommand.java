package pps;

//DEPS org.zeroturnaround:zt-exec:1.12
//DEPS org.slf4j:slf4j-nop:2.0.17
//SOURCES DockerTrouble.java ExitCode.java Failure.java SafeText.java

import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.zeroturnaround.exec.ProcessExecutor;
import org.zeroturnaround.exec.StartedProcess;

/** Runs the docker command in one directory, with one environment; every call is bounded in time. */
final class DockerCommand {
    /** After a child has ended or was destroyed, how long its output may still take to arrive. */
    private static final int CLOSE_SECONDS = 5;

    /** What a call printed, and how it ended; {@code timedOut} tells that it was destroyed at its limit. */
    record Result(List<String> command, int exitCode, boolean timedOut, String out, String err) {
        boolean ok() {
            return !timedOut && exitCode == 0;
        }
    }

    private final Path directory;
    private final Map<String, String> environment;

    DockerCommand(Path directory, Map<String, String> environment) {
        this.directory = directory;
        this.environment = Map.copyOf(environment);
    }

    /** Runs {@code docker ARGUMENTS} for at most the given time. How it ended is the caller's to judge. */
    Result run(Duration limit, List<String> arguments) {
        String docker = find("docker").orElseThrow(() -> Failure.of(ExitCode.FAILED, "The docker command was not found on PATH")
            .state("Nothing was touched.")
            .next("Install Docker with its Compose plugin" + DockerTrouble.OR_WITHOUT));
        List<String> command = new ArrayList<>();
        // A Ctrl-C reaches every process of the terminal's foreground group. It may end this program's waiting, but must not break a
        // `docker compose stop` or `up` in the middle, so docker gets a session of its own where the system has the means for it.
        find("setsid").ifPresent(command::add);
        command.add(docker);
        command.addAll(arguments);
        List<String> shown = new ArrayList<>(arguments);
        shown.add(0, "docker");

        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        StartedProcess started;
        try {
            started = new ProcessExecutor(command).directory(directory.toFile()).environment(environment).exitValueAny()
                .redirectOutput(out).redirectError(err).closeTimeout(CLOSE_SECONDS, TimeUnit.SECONDS).start();
        } catch (IOException e) {
            throw Failure.of(ExitCode.FAILED, "The docker command could not be run: " + SafeText.quote(String.valueOf(e.getMessage())))
                .state("Nothing was touched.").because(e);
        }
        boolean timedOut = false;
        int exitCode = -1;
        try {
            exitCode = started.getFuture().get(Math.max(1, limit.toMillis()), TimeUnit.MILLISECONDS).getExitValue();
        } catch (TimeoutException e) {
            timedOut = true;
            destroy(started);
        } catch (InterruptedException e) {
            destroy(started);
            Thread.currentThread().interrupt();
            throw Failure.of(ExitCode.FAILED, "Interrupted while waiting for " + shown(shown)).because(e);
        } catch (ExecutionException e) {
            destroy(started);
            throw Failure.of(ExitCode.FAILED, "The output of " + shown(shown) + " could not be read").because(e);
        }
        return new Result(List.copyOf(shown), exitCode, timedOut, text(out), text(err));
    }

    /** The docker command runs its Compose plugin as a child, which would go on alone. What the engine has been told, it still does. */
    private static void destroy(StartedProcess started) {
        List<ProcessHandle> children = started.getProcess().descendants().toList();
        started.getProcess().destroyForcibly();
        children.forEach(ProcessHandle::destroyForcibly);
        started.getFuture().cancel(true);
    }

    /** Java looks commands up on its own PATH, which need not be the one that the child is given. */
    private Optional<String> find(String name) {
        // Only on Windows itself: under WSL2 the Windows docker.exe is on PATH too, but it sees other paths.
        String ending = File.separatorChar == '\\' ? ".exe" : "";
        for (String place : environment.getOrDefault("PATH", "").split(File.pathSeparator)) {
            Path candidate = directory.resolve(place.isEmpty() ? "." : place).resolve(name + ending);
            if (Files.isRegularFile(candidate) && Files.isExecutable(candidate)) {
                return Optional.of(candidate.toString());
            }
        }
        return Optional.empty();
    }

    static String shown(List<String> command) {
        return SafeText.quote(String.join(" ", command));
    }

    private static String text(ByteArrayOutputStream bytes) {
        return bytes.toString(StandardCharsets.UTF_8);
    }
}
