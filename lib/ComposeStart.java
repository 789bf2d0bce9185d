package pps;

//SOURCES ComposeProject.java Deadline.java DockerCommand.java ExitCode.java Failure.java Listener.java SafeText.java Stack.java Unwell.java

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** Starts what ran in a stack before, and nothing else, within a deadline. */
final class ComposeStart {
    private static final Duration RETRY_PAUSE = Duration.ofSeconds(2);
    /** For `docker start`, which waits for no health. */
    private static final Duration CONTAINER_LIMIT = Duration.ofSeconds(60);
    private static final String NOT_ALL_RUN = "Not all containers that are to run do run now.";

    private final ComposeProject project;
    private final Listener listener;

    ComposeStart(ComposeProject project, Listener listener) {
        this.project = project;
        this.listener = listener;
    }

    /** See {@link Compose#start(Stack, Duration)}. */
    void start(Stack before, Deadline deadline) {
        Set<String> configured = new TreeSet<>(before.toStart());
        configured.retainAll(before.serviceNames());
        listener.info("Starting " + before.toStart().stream().map(SafeText::quote).collect(Collectors.joining(", ")));
        Failure failure = null;
        if (!configured.isEmpty()) {
            failure = failureOf(() -> up(before, upArguments(before, configured, isWsl()), deadline));
        }
        // Services under a profile or since removed have containers, but `up` would not know them.
        List<Stack.Container> others = before.containers().stream().filter(Stack.Container::active)
            .filter(container -> !configured.contains(container.service())).toList();
        if (!others.isEmpty()) {
            // Also when `up` has used up the deadline: what can run shall run.
            Failure second = failureOf(() -> startContainers(before, others));
            failure = failure == null ? second : failure;
        }
        if (failure != null) {
            throw failure.as(ExitCode.UNHEALTHY).state(NOT_ALL_RUN);
        }
    }

    private static Failure failureOf(Runnable step) {
        try {
            step.run();
            return null;
        } catch (Failure failure) {
            return failure;
        }
    }

    private void startContainers(Stack before, List<Stack.Container> containers) {
        DockerCommand.Result result = project.docker(CONTAINER_LIMIT, List.of("start"), ComposeProject.ids(containers));
        if (!result.ok()) {
            throw notStarted(before, result);
        }
    }

    private void up(Stack before, List<String> arguments, Deadline deadline) {
        while (true) {
            DockerCommand.Result result = project.compose(deadline.remaining(), arguments);
            if (result.ok()) {
                return;
            }
            // A dependency that is unhealthy now can recover: a database after a restore may take longer than its health check grants.
            boolean dependency = result.err().contains("dependency failed to start") || result.err().contains("is unhealthy");
            if (!dependency || deadline.remaining().compareTo(RETRY_PAUSE.multipliedBy(2)) < 0) {
                throw notStarted(before, result);
            }
            listener.detail("A dependency is not well yet; trying again." + project.quoted(result));
            deadline.pause(RETRY_PAUSE);
        }
    }

    /**
     * `compose start` starts the dependencies of the services it is given as well, also those that were stopped before; `up --no-deps`
     * does not, and still waits for the conditions between the services it is given. Without `--scale` it would remove containers.
     */
    static List<String> upArguments(Stack before, Set<String> services, boolean wsl) {
        boolean mountsFile = before.services().stream().filter(service -> services.contains(service.name()))
            .flatMap(service -> service.binds().stream()).anyMatch(bind -> bind.kind() == Stack.Kind.FILE);
        List<String> arguments = new ArrayList<>(List.of("up", "-d", "--no-deps"));
        // On WSL2 a container goes on seeing the old file of a single-file mount, even when it was stopped while the file was replaced.
        arguments.add(wsl && mountsFile ? "--force-recreate" : "--no-recreate");
        for (String service : services) {
            long count = before.containers().stream().filter(container -> container.service().equals(service)).count();
            if (count > 1) {
                arguments.addAll(List.of("--scale", service + "=" + count));
            }
        }
        arguments.addAll(services);
        return arguments;
    }

    private Failure notStarted(Stack before, DockerCommand.Result result) {
        List<Unwell> unwell = new Unwell.Judge(Duration.ZERO, before.containers(), project::logsCommand)
            .judge(before.toStart(), project.containers(before.projectName()), System.nanoTime());
        if (unwell.isEmpty()) {
            return project.trouble("The containers could not be started", result);
        }
        String names = unwell.stream().map(one -> SafeText.quote(one.service()) + ": " + one.what()).collect(Collectors.joining("; "));
        return Failure.of(ExitCode.UNHEALTHY, "The stack was not fully started" + (result.timedOut() ? " in time" : "") + ": " + names
            + project.quoted(result)).next(unwell.get(0).next());
    }

    private static boolean isWsl() {
        Path version = Path.of("/proc/version");
        try {
            return Files.isReadable(version) && Files.readString(version).toLowerCase(Locale.ROOT).contains("microsoft");
        } catch (IOException e) {
            throw Failure.of(ExitCode.FAILED, "/proc/version cannot be read").because(e);
        }
    }
}
