package pps;

//SOURCES BindProblem.java ComposeProject.java ComposeStart.java Deadline.java DockerCommand.java DockerTrouble.java ExitCode.java
//SOURCES Failure.java Listener.java Outsider.java SafeText.java Stack.java Unwell.java

import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.stream.Collectors;

/**
 * The containers of one compose project: what runs, stop it and prove it, start exactly what ran, wait until it is well. It drives
 * {@code docker compose} as a person would, in the directory of the compose file, so that override files and {@code .env} count.
 */
public final class Compose {
    /** What a container gets to end by itself; Neo4j takes 5 to 11 s, and what is killed has to recover its files. */
    private static final int GRACE_SECONDS = 60;
    /** Services that depend on each other stop one after the other, each within its grace. */
    private static final Duration STOP_LIMIT = Duration.ofSeconds(5L * GRACE_SECONDS);
    /** For a start without a deadline of the caller's. */
    private static final Duration START_LIMIT = Duration.ofMinutes(5);
    private static final Duration POLL_PAUSE = Duration.ofSeconds(1);
    private static final String NOTHING = "Nothing was touched";

    private final ComposeProject project;
    private final Listener listener;
    /** Kept from the first look: a restore may change {@code .env}, but the containers to prove stopped stay those of this name. */
    private String projectName;
    private CompletableFuture<Stack> lookedAhead;

    private Compose(ComposeProject project, Listener listener) {
        this.project = project;
        this.listener = listener;
    }

    /** Returns the stack of a compose file, which need not exist; the listener is told of steps. Nothing is run yet. */
    public static Compose of(Path composeFile, Listener listener) {
        return of(composeFile, listener, System.getenv());
    }

    /** As {@link #of(Path, Listener)}, with another environment for docker, for example another PATH. */
    static Compose of(Path composeFile, Listener listener, Map<String, String> environment) {
        return new Compose(new ComposeProject(composeFile, environment), listener);
    }

    /** Returns the compose file, as an absolute path. */
    public Path composeFile() {
        return project.composeFile();
    }

    /** Returns the command line that a person types to do this by hand, with names quoted for the shell. */
    public String commandLine(String... arguments) {
        return project.commandLine(List.of(arguments));
    }

    /**
     * Returns the configuration and the containers as they are now; a failure says what is missing and what to do. What the first look has
     * warned of, a later one does not say again.
     */
    public Stack look() {
        Stack configured = project.configuration(projectName == null ? listener : Listener.SILENT);
        projectName = configured.projectName();
        return new Stack(projectName, configured.services(), project.containers(projectName));
    }

    /**
     * Stops every running container of the project, also of services that the configuration no longer knows, and proves by looking again
     * that none runs. When one does, or stopping fails, what ran before is started again, and a failure says so.
     */
    public void stop(Stack before) {
        try {
            bringDown(before);
        } catch (Failure failure) {
            throw startedAgain(before, failure);
        }
    }

    /**
     * As {@link #stop(Stack)}, but a failure leaves down what is down: for when data is not in a state that anything may run on.
     */
    void bringDown(Stack before) {
        projectName = before.projectName();
        List<Stack.Container> active = active();
        if (active.isEmpty()) {
            listener.info("No container of " + SafeText.quote(projectName) + " runs.");
            return;
        }
        listener.info("Stopping " + services(active) + " (each gets up to " + GRACE_SECONDS + " s to end by itself)");
        // What counts is not the exit code, but what still runs afterwards.
        DockerCommand.Result result = project.compose(STOP_LIMIT, List.of("stop", "-t", String.valueOf(GRACE_SECONDS)));
        active = active();
        if (!active.isEmpty()) {
            // `compose stop` leaves out what the configuration does not show: services under a profile, and services since removed.
            result = project.docker(STOP_LIMIT, List.of("stop", "-t", String.valueOf(GRACE_SECONDS)), ComposeProject.ids(active));
            active = active();
        }
        if (!active.isEmpty()) {
            throw stillRuns(active, project.quoted(result));
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
            Failure both = failure.state("Nothing was touched, but what was stopped could not be started again: " + again.getMessage())
                .next(commandLine("up", "-d"));
            both.addSuppressed(again);
            return both;
        }
    }

    /**
     * Throws a failure that names the containers of the project that run now: stopped ones come back by themselves when the engine
     * restarts, or when somebody else starts them.
     */
    public void proveStopped() {
        List<Stack.Container> active = active();
        if (!active.isEmpty()) {
            throw stillRuns(active, "");
        }
    }

    private Failure stillRuns(List<Stack.Container> active, String dockerSaid) {
        // The engine lists them in any order.
        String names = active.stream().sorted(Comparator.comparing(Stack.Container::name)).map(one -> SafeText.quote(one.service())
            + " (container " + SafeText.quote(one.name()) + ", " + one.state() + ")").collect(Collectors.joining(", "));
        return Failure.of(ExitCode.FAILED, "Not stopped: " + names + dockerSaid).state("Nothing was touched.").next(commandLine("stop"));
    }

    /** As {@link #start(Stack, Duration)}, with a limit of five minutes. */
    public void start(Stack before) {
        start(before, START_LIMIT);
    }

    /**
     * Starts exactly what ran before, in the order of its dependencies, and keeps its very containers; all services when nothing ran.
     * A dependency that is slow is waited for until the deadline; then a failure ({@link ExitCode#UNHEALTHY}) names the services that
     * are not well. The time that this takes is the caller's to subtract from the deadline of {@link #awaitHealthy}. Nothing is started
     * while a bind source is missing: Docker would make an empty one up.
     */
    public void start(Stack before, Duration deadline) {
        projectName = before.projectName();
        try {
            refuseMissingBinds(before);
            new ComposeStart(project, listener).start(before, Deadline.in(deadline));
        } catch (Failure failure) {
            Failure later = later(failure);
            throw later.state() == null || later.state().startsWith(NOTHING) ? later.state("No container was started.") : later;
        }
    }

    /** Those of the stack as it was, which know what kind each was, and those of its configuration now, which a restore may have changed. */
    private void refuseMissingBinds(Stack before) {
        Map<Path, BindProblem> problems = new LinkedHashMap<>();
        bindProblems(before).forEach(problem -> problems.put(problem.source(), problem));
        bindProblems(configurationNow()).forEach(problem -> problems.putIfAbsent(problem.source(), problem));
        if (!problems.isEmpty()) {
            throw Failure.of(ExitCode.UNHEALTHY, "The stack was not started: " + problems.values().stream()
                .map(problem -> SafeText.quote(problem.source()) + " " + problem.what()).collect(Collectors.joining("; ")))
                .next(BindProblem.remedy(problems.values()) + "; then: " + commandLine("up", "-d"));
        }
    }

    /**
     * Begins to read the configuration that the next {@link #start} will judge, so that a stack does not wait for that too. For callers who
     * do not change it meanwhile.
     */
    void lookAhead() {
        lookedAhead = CompletableFuture.supplyAsync(() -> project.configuration(Listener.SILENT));
    }

    private Stack configurationNow() {
        if (lookedAhead == null) {
            return project.configuration(Listener.SILENT);
        }
        try {
            return lookedAhead.join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof Failure failure ? failure : e;
        } finally {
            lookedAhead = null;
        }
    }

    /** Before anything is stopped, leaving the containers alone is a way out; when they are to be started again, it is not. */
    private Failure later(Failure failure) {
        String next = failure.next();
        return (next == null || !next.endsWith(DockerTrouble.OR_WITHOUT) ? failure
            : failure.next(next.substring(0, next.length() - DockerTrouble.OR_WITHOUT.length()) + "; then: " + commandLine("up", "-d")))
            .as(ExitCode.UNHEALTHY);
    }

    /**
     * Waits until every service that {@link #start} starts is well, and returns those that are not when the deadline is over. What the
     * listener throws at a poll is let through.
     */
    public List<Unwell> awaitHealthy(Stack before, Duration deadline) {
        projectName = before.projectName();
        Deadline end = Deadline.in(deadline);
        Unwell.Judge judge = new Unwell.Judge(Unwell.Judge.STEADY, before.containers(), project::logsCommand);
        listener.info("Waiting until " + names(before.toStart()) + " run well (up to " + deadline.toSeconds() + " s)");
        String told = "";
        while (true) {
            List<Stack.Container> containers;
            try {
                containers = project.containers(projectName);
            } catch (Failure failure) {
                throw later(failure).state("Whether the containers run well is not known.");
            }
            List<Unwell> unwell = judge.judge(before.toStart(), containers, System.nanoTime());
            boolean nothingWillChange = unwell.stream().allMatch(one -> Unwell.Judge.isFinal(one, containers));
            if (nothingWillChange || end.remaining().compareTo(POLL_PAUSE) < 0) {
                return unwell;
            }
            String waitsFor = unwell.stream().map(one -> SafeText.quote(one.service()) + " (" + one.what() + ")")
                .collect(Collectors.joining(", "));
            if (!waitsFor.equals(told)) {
                listener.detail("Not well yet: " + waitsFor);
                told = waitsFor;
            }
            listener.checkInterrupted();
            end.pause(POLL_PAUSE);
        }
    }

    /** Returns the services that run now, for a report; none when the engine does not answer. */
    Set<String> runningNow() {
        try {
            return active().stream().map(Stack.Container::service).collect(Collectors.toCollection(TreeSet::new));
        } catch (Failure noAnswer) {
            listener.detail(noAnswer.getMessage());
            return Set.of();
        }
    }

    /** Tells the listener which services {@link #start} leaves down because they were. */
    void tellWhatStaysDown(Stack before) {
        Set<String> down = new TreeSet<>(before.serviceNames());
        down.removeAll(before.toStart());
        if (!down.isEmpty()) {
            listener.info(names(down) + " did not run before, and was left so. To start all: " + commandLine("up", "-d"));
        }
    }

    /** Returns the bind sources of the stack that are missing now, or of another kind than when it was looked at. Runs nothing. */
    public List<BindProblem> bindProblems(Stack stack) {
        return BindProblem.of(stack);
    }

    /** Returns the running containers that are no services of this project and mount one of the paths, or a parent or a child of it. */
    public List<Outsider> othersThatMount(Collection<Path> paths) {
        return Outsider.among(project.runningAnywhere(), projectName(), paths);
    }

    private String projectName() {
        if (projectName == null) {
            projectName = project.configuration(listener).projectName();
        }
        return projectName;
    }

    private List<Stack.Container> active() {
        return project.active(projectName());
    }

    private static String services(List<Stack.Container> containers) {
        return names(containers.stream().map(Stack.Container::service).collect(Collectors.toCollection(TreeSet::new)));
    }

    private static String names(Collection<String> services) {
        return services.stream().map(SafeText::quote).collect(Collectors.joining(", "));
    }
}
