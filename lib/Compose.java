package pps;

//DEPS com.google.code.gson:gson:2.13.2
//SOURCES BindProblem.java DockerCommand.java DockerJson.java DockerTrouble.java ExitCode.java Failure.java Listener.java
//SOURCES Outsider.java SafeText.java Stack.java Unwell.java

import com.google.gson.JsonParseException;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The containers of one compose project: what runs, stop it and prove it, start exactly what ran, wait until it is well. It drives
 * {@code docker compose} as a person would, in the directory of the compose file, so that override files and {@code .env} count.
 */
public final class Compose {
    /** The names that Compose looks for by itself, in its order. */
    private static final List<String> DEFAULT_NAMES = List.of("compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml");
    /** For calls that only look; a busy engine takes seconds. */
    private static final Duration LOOK_LIMIT = Duration.ofSeconds(60);
    /** What a container gets to end by itself; Neo4j takes 5 to 11 s, and what is killed has to recover its files. */
    private static final int GRACE_SECONDS = 60;
    /** Services that depend on each other stop one after the other, each within its grace. */
    private static final Duration STOP_LIMIT = Duration.ofSeconds(5L * GRACE_SECONDS);
    /** For a start without a deadline of the caller's. */
    private static final Duration START_LIMIT = Duration.ofMinutes(5);
    private static final Duration RETRY_PAUSE = Duration.ofSeconds(2);
    private static final Duration POLL_PAUSE = Duration.ofSeconds(1);

    private final Path composeFile;
    private final Listener listener;
    private final Map<String, String> environment;
    private final DockerCommand docker;
    /** Asked once: a restore may change {@code .env}, but the containers to prove stopped stay those of the name at the first look. */
    private String projectName;

    private Compose(Path composeFile, Listener listener, Map<String, String> environment) {
        this.composeFile = composeFile.toAbsolutePath().normalize();
        this.listener = listener;
        this.environment = environment;
        this.docker = new DockerCommand(this.composeFile.getParent(), environment);
    }

    /** Returns the stack of a compose file, which need not exist; the listener is told of steps. Nothing is run yet. */
    public static Compose of(Path composeFile, Listener listener) {
        return of(composeFile, listener, System.getenv());
    }

    /** As {@link #of(Path, Listener)}, with another environment for docker, for example another PATH. */
    static Compose of(Path composeFile, Listener listener, Map<String, String> environment) {
        return new Compose(composeFile, listener, environment);
    }

    /** Returns the compose file, as an absolute path. */
    public Path composeFile() {
        return composeFile;
    }

    /** Returns the configuration and the containers as they are now; a failure says what is missing and what to do. */
    public Stack look() {
        Stack configured = configuration();
        return new Stack(configured.projectName(), configured.services(), containers(configured.projectName()));
    }

    /**
     * Stops every running container of the project, also of services that the configuration no longer knows, and proves by looking again
     * that none runs. When one does, or stopping fails, what ran before is started again, and a failure says so.
     */
    public void stop(Stack before) {
        projectName = before.projectName();
        if (active(projectName).isEmpty()) {
            listener.info("No container of " + SafeText.quote(projectName) + " runs.");
            return;
        }
        listener.info("Stopping " + names(before.running()) + " (each gets up to " + GRACE_SECONDS + " s to end by itself)");
        try {
            must("The containers of " + SafeText.quote(projectName) + " could not be stopped",
                compose(STOP_LIMIT, "stop", "-t", String.valueOf(GRACE_SECONDS)));
            // `compose stop` leaves out what the configuration does not show: services under a profile, and services since removed.
            List<Stack.Container> rest = active(projectName);
            if (!rest.isEmpty()) {
                must("The containers " + containerNames(rest) + " could not be stopped",
                    docker.run(STOP_LIMIT, with(List.of("stop", "-t", String.valueOf(GRACE_SECONDS)), ids(rest))));
            }
            proveStopped();
        } catch (Failure failure) {
            throw startedAgain(before, failure);
        }
    }

    private Failure startedAgain(Stack before, Failure failure) {
        if (before.running().isEmpty()) {
            return failure;
        }
        try {
            start(before);
            return failure.state("Nothing was touched; what ran before runs again.");
        } catch (Failure again) {
            failure.addSuppressed(again);
            return failure.state("Nothing was touched, but what was stopped could not be started again: " + again.getMessage())
                .next(commandLine("up", "-d"));
        }
    }

    /**
     * Throws a failure that names the containers of the project that run now: stopped ones come back by themselves when the engine
     * restarts, or when somebody else starts them.
     */
    public void proveStopped() {
        List<Stack.Container> active = active(projectName());
        if (!active.isEmpty()) {
            throw Failure.of(ExitCode.FAILED, "Not stopped: " + containerNames(active))
                .state("Nothing was touched.").next(commandLine("stop"));
        }
    }

    /** As {@link #start(Stack, Duration)}, with a limit of five minutes. */
    public void start(Stack before) {
        start(before, START_LIMIT);
    }

    /**
     * Starts exactly what ran before, in the order of its dependencies, and keeps its very containers; all services when nothing ran.
     * A dependency that is slow is waited for until the deadline; then a failure ({@link ExitCode#UNHEALTHY}) names the services that
     * are not well. The time that this takes is the caller's to subtract from the deadline of {@link #awaitHealthy}.
     */
    public void start(Stack before, Duration deadline) {
        projectName = before.projectName();
        long end = System.nanoTime() + deadline.toNanos();
        Set<String> known = new TreeSet<>(before.toStart());
        known.retainAll(before.serviceNames());
        listener.info("Starting " + names(before.toStart()));
        if (!known.isEmpty()) {
            up(upArguments(before, known, isWsl()), before, end);
        }
        List<Stack.Container> others = before.containers().stream().filter(Stack.Container::active)
            .filter(container -> !known.contains(container.service())).toList();
        if (!others.isEmpty()) {
            DockerCommand.Result result = docker.run(remaining(end), with(List.of("start"), ids(others)));
            if (!result.ok()) {
                throw notStarted(before, result);
            }
        }
    }

    private void up(List<String> arguments, Stack before, long end) {
        while (true) {
            DockerCommand.Result result = compose(remaining(end), arguments.toArray(String[]::new));
            if (result.ok()) {
                return;
            }
            // A dependency that is unhealthy now can recover: a database after a restore may take longer than its health check grants.
            boolean dependency = result.err().contains("dependency failed to start") || result.err().contains("is unhealthy");
            if (!dependency || remaining(end).compareTo(RETRY_PAUSE.plusSeconds(1)) < 0) {
                throw notStarted(before, result);
            }
            listener.detail("A dependency is not well yet; trying again." + DockerTrouble.quoted(result.err(), secrets()));
            pause(RETRY_PAUSE);
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
        Failure failure = DockerTrouble.of("The containers could not be started", result, shownFile(), secrets());
        List<Unwell> unwell = new Unwell.Judge(service -> commandLine("logs", "--tail", "50", service))
            .judge(before.toStart(), containers(before.projectName()), System.nanoTime()).stream()
            .filter(one -> !one.what().startsWith("running")).toList();
        if (!unwell.isEmpty()) {
            failure = Failure.of(ExitCode.UNHEALTHY, "Not every container could be started: " + unwell.stream()
                .map(one -> SafeText.quote(one.service()) + ": " + one.what()).collect(Collectors.joining("; "))
                + DockerTrouble.quoted(result.err(), secrets())).next(unwell.get(0).next());
        }
        return failure.as(ExitCode.UNHEALTHY).state("Not all containers that ran before run now.");
    }

    /**
     * Waits until every service that {@link #start} starts is well, and returns those that are not when the deadline is over. What the
     * listener throws at a poll is let through.
     */
    public List<Unwell> awaitHealthy(Stack before, Duration deadline) {
        projectName = before.projectName();
        long end = System.nanoTime() + deadline.toNanos();
        Unwell.Judge judge = new Unwell.Judge(service -> commandLine("logs", "--tail", "50", service));
        listener.info("Waiting until " + names(before.toStart()) + " are well (up to " + deadline.toSeconds() + " s)");
        String told = "";
        while (true) {
            List<Stack.Container> containers = containers(before.projectName());
            List<Unwell> unwell = judge.judge(before.toStart(), containers, System.nanoTime());
            boolean hopeless = unwell.stream().allMatch(one -> Unwell.Judge.isFinal(one, containers));
            if (hopeless || remaining(end).compareTo(POLL_PAUSE) < 0) {
                return unwell;
            }
            String waitsFor = unwell.stream().map(one -> SafeText.quote(one.service()) + " (" + one.what() + ")")
                .collect(Collectors.joining(", "));
            if (!waitsFor.equals(told)) {
                listener.detail("Not well yet: " + waitsFor);
                told = waitsFor;
            }
            listener.checkInterrupted();
            pause(POLL_PAUSE);
        }
    }

    /** Returns the bind sources of the stack that are missing now, or of another kind than when it was looked at. Runs nothing. */
    public List<BindProblem> bindProblems(Stack stack) {
        return BindProblem.of(stack);
    }

    /** Returns the running containers that are no services of this project and mount one of the paths, or a parent or a child of it. */
    public List<Outsider> othersThatMount(Collection<Path> paths) {
        String project = projectName();
        return Outsider.among(inspect(List.of("ps", "-q", "--no-trunc")), project, paths);
    }

    /** Returns the command line that a person types to do this by hand, with names quoted for the shell. */
    public String commandLine(String... arguments) {
        List<String> words = new ArrayList<>(List.of("cd", shellQuoted(composeFile.getParent().toString()), "&&", "docker", "compose"));
        if (!isFoundByItself()) {
            words.addAll(List.of("-f", shellQuoted(composeFile.getFileName().toString())));
        }
        for (String argument : arguments) {
            words.add(argument.matches("[\\w./=:@-]+") ? argument : shellQuoted(argument));
        }
        return SafeText.quote(String.join(" ", words));
    }

    private static String shellQuoted(String word) {
        return "'" + word.replace("'", "'\\''") + "'";
    }

    private Stack configuration() {
        if (!Files.isRegularFile(composeFile)) {
            // Compose would go on searching in the parent directories, and find another project.
            throw Failure.of(ExitCode.FAILED, "There is no compose file at " + SafeText.quote(composeFile)).state("Nothing was touched.")
                .next("Put the compose file back, or leave the containers alone with --no-containers.");
        }
        checkComposeFileVariable();
        DockerCommand.Result result = compose(LOOK_LIMIT, "config", "--format", "json");
        must("Docker Compose cannot read " + shownFile(), result);
        DockerTrouble.unsetVariables(result.err(), read(composeFile), shownFile()).forEach(listener::warning);
        Stack stack;
        try {
            stack = DockerJson.configuration(result.out());
        } catch (JsonParseException | IllegalStateException | IllegalArgumentException e) {
            throw Failure.of(ExitCode.FAILED, "What docker compose config printed is not understood").state("Nothing was touched.")
                .next(commandLine("version")).because(e);
        }
        projectName = stack.projectName();
        return stack;
    }

    /** COMPOSE_FILE in the environment makes Compose read other files than those of its directory: another project would be stopped. */
    private void checkComposeFileVariable() {
        String files = environment.getOrDefault("COMPOSE_FILE", "");
        if (files.isEmpty() || !isFoundByItself()) {
            return;
        }
        String separator = environment.getOrDefault("COMPOSE_PATH_SEPARATOR", File.pathSeparator);
        for (String file : files.split(Pattern.quote(separator))) {
            if (composeFile.getParent().resolve(file).normalize().equals(composeFile)) {
                return;
            }
        }
        throw Failure.of(ExitCode.FAILED, "The environment variable COMPOSE_FILE names another compose file than "
            + SafeText.quote(composeFile)).state("Nothing was touched.").next("unset COMPOSE_FILE");
    }

    private String projectName() {
        return projectName == null ? configuration().projectName() : projectName;
    }

    private List<Stack.Container> active(String project) {
        return containers(project).stream().filter(Stack.Container::active).toList();
    }

    /** One-off containers of `compose run` are left out: nothing starts them again, so they are outsiders. */
    private List<Stack.Container> containers(String project) {
        return inspect(List.of("ps", "-aq", "--no-trunc", "--filter", "label=com.docker.compose.project=" + project)).stream()
            .filter(container -> !container.oneOff()).toList();
    }

    /** `docker inspect` rather than `compose ps`: it prints the same in all versions, and knows restarts, start times and mounts. */
    private List<Stack.Container> inspect(List<String> listing) {
        for (int attempt = 1; ; attempt++) {
            DockerCommand.Result listed = docker.run(LOOK_LIMIT, listing);
            must("The containers could not be listed", listed);
            List<String> ids = listed.out().lines().filter(line -> !line.isBlank()).toList();
            if (ids.isEmpty()) {
                return List.of();
            }
            DockerCommand.Result inspected = docker.run(LOOK_LIMIT, with(List.of("inspect", "--type", "container"), ids));
            // A container may go between the two calls.
            boolean gone = inspected.err().contains("No such") && attempt < 3;
            if (!gone) {
                must("The containers could not be inspected", inspected);
                return DockerJson.containers(inspected.out());
            }
        }
    }

    private DockerCommand.Result compose(Duration limit, String... arguments) {
        List<String> all = new ArrayList<>(List.of("compose"));
        if (!isFoundByItself()) {
            all.addAll(List.of("-f", composeFile.toString()));
        }
        return docker.run(limit, with(all, List.of(arguments)));
    }

    /** Only without -f does Compose read override files and a COMPOSE_FILE of .env, as it does for the person who started the stack. */
    private boolean isFoundByItself() {
        for (String name : DEFAULT_NAMES) {
            if (composeFile.getFileName().toString().equals(name)) {
                return true;
            }
            if (Files.exists(composeFile.resolveSibling(name))) {
                return false;
            }
        }
        return false;
    }

    private void must(String what, DockerCommand.Result result) {
        if (!result.ok()) {
            throw DockerTrouble.of(what, result, shownFile(), secrets());
        }
    }

    private Set<String> secrets() {
        Path envFile = composeFile.resolveSibling(".env");
        return DockerTrouble.secrets(environment, Files.isRegularFile(envFile) && Files.isReadable(envFile) ? read(envFile) : "");
    }

    private static String read(Path file) {
        try {
            return new String(Files.readAllBytes(file), java.nio.charset.StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw Failure.of(ExitCode.FAILED, SafeText.quote(file) + " cannot be read").state("Nothing was touched.").because(e);
        }
    }

    private static boolean isWsl() {
        Path version = Path.of("/proc/version");
        return Files.isReadable(version) && read(version).toLowerCase(java.util.Locale.ROOT).contains("microsoft");
    }

    private String shownFile() {
        return SafeText.quote(composeFile.getFileName());
    }

    private static String names(Collection<String> services) {
        return services.stream().map(SafeText::quote).collect(Collectors.joining(", "));
    }

    private static String containerNames(List<Stack.Container> containers) {
        return containers.stream().map(container -> SafeText.quote(container.service()) + " (container " + SafeText.quote(container.name())
            + ", " + container.state() + ")").collect(Collectors.joining(", "));
    }

    private static List<String> ids(List<Stack.Container> containers) {
        return containers.stream().map(Stack.Container::id).toList();
    }

    private static List<String> with(List<String> first, List<String> more) {
        List<String> all = new ArrayList<>(first);
        all.addAll(more);
        return all;
    }

    private static Duration remaining(long end) {
        return Duration.ofNanos(Math.max(0, end - System.nanoTime()));
    }

    private static void pause(Duration duration) {
        try {
            Thread.sleep(duration.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw Failure.of(ExitCode.FAILED, "Interrupted while waiting for containers").because(e);
        }
    }
}
