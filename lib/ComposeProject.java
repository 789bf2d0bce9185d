package pps;

//DEPS com.google.code.gson:gson:2.13.2
//SOURCES CommandText.java DockerCommand.java DockerJson.java DockerTrouble.java ExitCode.java Failure.java Listener.java SafeText.java Stack.java

import com.google.gson.JsonParseException;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/** One compose file, and what docker says about it and about its containers. It looks, and changes nothing. */
final class ComposeProject {
    /** The names that Compose looks for by itself, in its order. */
    private static final List<String> DEFAULT_NAMES = List.of("compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml");
    /** For calls that only look; a busy engine takes seconds. */
    private static final Duration LOOK_LIMIT = Duration.ofSeconds(60);
    /** A container may go between being listed and being inspected. */
    private static final int INSPECT_ATTEMPTS = 3;

    private final Path composeFile;
    private final Map<String, String> environment;
    private final DockerCommand docker;

    ComposeProject(Path composeFile, Map<String, String> environment) {
        this.composeFile = composeFile.toAbsolutePath().normalize();
        this.environment = environment;
        this.docker = new DockerCommand(this.composeFile.getParent(), environment);
    }

    Path composeFile() {
        return composeFile;
    }

    /** Reads the configuration as Compose understands it; the listener is warned of variables that are not set. */
    Stack configuration(Listener listener) {
        if (!Files.isRegularFile(composeFile)) {
            // Compose would go on searching in the parent directories, and find another project.
            throw Failure.of(ExitCode.FAILED, "There is no compose file at " + SafeText.quote(composeFile)).state("Nothing was touched.")
                .next("Put the compose file back" + DockerTrouble.OR_WITHOUT);
        }
        checkComposeFileVariable();
        DockerCommand.Result result = compose(LOOK_LIMIT, List.of("config", "--format", "json"));
        must("Docker Compose cannot read " + shownFile(), result);
        DockerTrouble.unsetVariables(result.err(), read(composeFile), shownFile()).forEach(listener::warning);
        try {
            return DockerJson.configuration(result.out());
        } catch (JsonParseException | IllegalStateException | IllegalArgumentException e) {
            throw notUnderstood("docker compose config", e);
        }
    }

    /** COMPOSE_FILE in the environment makes Compose read other files than those of its directory: another project would be stopped. */
    private void checkComposeFileVariable() {
        String files = environment.getOrDefault("COMPOSE_FILE", "");
        if (files.isEmpty() || !isFoundByItself()) {
            return;
        }
        String separator = environment.getOrDefault("COMPOSE_PATH_SEPARATOR", File.pathSeparator);
        for (String file : files.split(Pattern.quote(separator))) {
            if (composeFile.resolveSibling(file).normalize().equals(composeFile)) {
                return;
            }
        }
        throw Failure.of(ExitCode.FAILED, "The environment variable COMPOSE_FILE names another compose file than "
            + SafeText.quote(composeFile)).state("Nothing was touched.").next("unset COMPOSE_FILE");
    }

    /** Returns the containers of a project. One-off containers of `compose run` are left out: nothing would start them again. */
    List<Stack.Container> containers(String projectName) {
        return inspect(List.of("ps", "-aq", "--no-trunc", "--filter", "label=com.docker.compose.project=" + projectName)).stream()
            .filter(container -> !container.oneOff()).toList();
    }

    /** Returns those of its containers that run, are frozen or about to run again; asking for them alone is one call where nothing runs. */
    List<Stack.Container> active(String projectName) {
        return inspect(List.of("ps", "-q", "--no-trunc", "--filter", "label=com.docker.compose.project=" + projectName, "--filter",
            "status=running", "--filter", "status=restarting", "--filter", "status=paused")).stream()
            .filter(container -> !container.oneOff() && container.active()).toList();
    }

    /** Returns every container of the engine that runs, whoever started it. */
    List<Stack.Container> runningAnywhere() {
        return inspect(List.of("ps", "-q", "--no-trunc"));
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
            DockerCommand.Result inspected = docker(LOOK_LIMIT, List.of("inspect", "--type", "container"), ids);
            if (inspected.err().contains("No such") && attempt < INSPECT_ATTEMPTS) {
                continue;
            }
            must("The containers could not be inspected", inspected);
            try {
                return DockerJson.containers(inspected.out());
            } catch (JsonParseException | IllegalStateException | IllegalArgumentException e) {
                throw notUnderstood("docker inspect", e);
            }
        }
    }

    /** Runs {@code docker compose ARGUMENTS} on this project. */
    DockerCommand.Result compose(Duration limit, List<String> arguments) {
        return docker(limit, isFoundByItself() ? List.of("compose") : List.of("compose", "-f", composeFile.toString()), arguments);
    }

    /** Runs {@code docker ARGUMENTS MORE}. */
    DockerCommand.Result docker(Duration limit, List<String> arguments, List<String> more) {
        List<String> all = new ArrayList<>(arguments);
        all.addAll(more);
        return docker.run(limit, all);
    }

    /** Returns the failure for a call that did not end well. */
    Failure trouble(String what, DockerCommand.Result result) {
        return DockerTrouble.of(what, result, shownFile(), secrets());
    }

    /** Returns what docker said last, on lines of its own, safe to show. */
    String quoted(DockerCommand.Result result) {
        return DockerTrouble.quoted(result.err(), secrets());
    }

    /** Returns the command line that a person types, with names quoted for the shell. */
    String commandLine(List<String> arguments) {
        List<String> words = new ArrayList<>(List.of("cd", CommandText.inQuotes(composeFile.getParent().toString()), "&&", "docker", "compose"));
        if (!isFoundByItself()) {
            words.addAll(List.of("-f", CommandText.inQuotes(composeFile.getFileName().toString())));
        }
        for (String argument : arguments) {
            words.add(argument.matches("[\\w./=:@-]+") ? argument : CommandText.inQuotes(argument));
        }
        return SafeText.quote(String.join(" ", words));
    }

    /** Returns the command that shows why a service is not well. */
    String logsCommand(String service) {
        return commandLine(List.of("logs", "--tail", "50", service));
    }

    static List<String> ids(List<Stack.Container> containers) {
        return containers.stream().map(Stack.Container::id).toList();
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
            throw trouble(what, result);
        }
    }

    private Failure notUnderstood(String command, Exception cause) {
        return Failure.of(ExitCode.FAILED, "What " + command + " printed is not understood").state("Nothing was touched.")
            .next(commandLine(List.of("version"))).because(cause);
    }

    private Set<String> secrets() {
        Path envFile = composeFile.resolveSibling(".env");
        return DockerTrouble.secrets(environment, Files.isRegularFile(envFile) && Files.isReadable(envFile) ? read(envFile) : "");
    }

    private static String read(Path file) {
        try {
            return new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw Failure.of(ExitCode.FAILED, SafeText.quote(file) + " cannot be read").state("Nothing was touched.").because(e);
        }
    }

    private String shownFile() {
        return SafeText.quote(composeFile.getFileName());
    }
}
