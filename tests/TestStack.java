package pps;

//DEPS org.opentest4j:opentest4j:1.3.0
//SOURCES Checkout.java ../lib/Compose.java ../lib/Listener.java

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.opentest4j.AssertionFailedError;
import org.opentest4j.TestAbortedException;

/**
 * A compose project in a directory of its own on a real Docker engine, for tests: names that no other run uses, and nothing left behind.
 * Where there is no engine the test is skipped, and says why; with CI=true or PPS_REQUIRE_DOCKER=1 it fails instead.
 */
final class TestStack implements AutoCloseable {
    /** The image of every service, 2 MB, built without a registry. */
    static final String IMAGE = "pps-test/busybox:1";
    private static final int COMMAND_SECONDS = 120;
    /** The program of ntfy ignores TERM, so that stopping it politely takes the whole grace; only a test that is about this wants it. */
    private static final String QUICK_TO_STOP = "services: {ntfy: {stop_signal: SIGKILL}}\n";

    private static String whyNot;

    private final Path root;
    private final Path directory;
    private final String name = "ppst" + UUID.randomUUID().toString().substring(0, 8);
    private final Map<String, String> env = new LinkedHashMap<>();

    private TestStack(boolean likePps) throws IOException {
        root = Files.createTempDirectory("pps-stack-").toRealPath();
        directory = likePps ? root.resolve("pps/docker") : root;
        Files.createDirectories(directory);
        env("COMPOSE_PROJECT_NAME", name);
    }

    /** Returns the stand-in for the PPS stack under a project root with an entity {@code lyra}; nothing runs yet. */
    static TestStack create() throws IOException {
        requireEngine();
        TestStack stack = new TestStack(true);
        for (String path : List.of("docker/pps/chromadb_data", "docker/pps/neo4j_data/databases", "docker/pps/ntfy_cache", "haven/data",
            "entities/lyra/data", "entities/lyra/journals", "claude/data", "claude/journals")) {
            Files.createDirectories(stack.root.resolve(path));
        }
        Files.writeString(stack.root.resolve("entities/lyra/.entity_token"), "token of a test\n");
        for (String file : List.of("docker-compose.yml", "neo4j-entrypoint.sh")) {
            Files.copy(shared().resolve("testbed/stack").resolve(file), stack.directory.resolve(file));
        }
        if (!stack.directory.resolve("neo4j-entrypoint.sh").toFile().setExecutable(true)) {
            throw new IOException("neo4j-entrypoint.sh cannot be made executable");
        }
        stack.env("PROJECT_ROOT", stack.root.toString());
        stack.env("LYRA_ENTITY_PATH", stack.root.resolve("entities/lyra").toString());
        stack.env("CLAUDE_HOME", stack.root.resolve("claude").toString());
        stack.env("CN", stack.name);
        stack.override(QUICK_TO_STOP);
        return stack;
    }

    /** Returns a project of these services (the text below {@code services:}, indented); nothing runs yet. */
    static TestStack ofServices(String services) throws IOException {
        requireEngine();
        return ofFile("x-image: &image {image: " + IMAGE + ", stop_signal: SIGKILL}\nservices:\n" + services.indent(2));
    }

    /** Returns a project of this compose file, for tests that never start it. */
    static TestStack ofFile(String composeText) throws IOException {
        requireEngine();
        TestStack stack = new TestStack(false);
        Files.writeString(stack.composeFile(), composeText);
        return stack;
    }

    Path root() {
        return root;
    }

    Path composeFile() {
        return directory.resolve("docker-compose.yml");
    }

    /** Returns the project's name, which is also the prefix of its containers' names. */
    String name() {
        return name;
    }

    Compose compose(Listener listener) {
        return Compose.of(composeFile(), listener);
    }

    /** Sets a variable in {@code .env}. */
    TestStack env(String key, String value) throws IOException {
        env.put(key, value);
        Files.writeString(directory.resolve(".env"),
            env.entrySet().stream().map(entry -> entry.getKey() + "=" + entry.getValue() + "\n").collect(Collectors.joining()));
        return this;
    }

    /** Writes the override file that Compose reads beside the compose file. */
    TestStack override(String text) throws IOException {
        Files.writeString(directory.resolve("docker-compose.override.yml"), text);
        return this;
    }

    /** Brings services up by hand, all when none is named, and waits until those with a health check are healthy. */
    TestStack up(String... services) throws IOException {
        compose(Stream.concat(Stream.of("up", "-d", "--wait"), Arrays.stream(services)).toArray(String[]::new));
        return this;
    }

    /** Runs {@code docker compose ARGUMENTS} in the project's directory and returns its stdout. */
    String compose(String... arguments) throws IOException {
        return docker(Stream.concat(Stream.of("compose"), Arrays.stream(arguments)).toArray(String[]::new));
    }

    /** Runs {@code docker ARGUMENTS} in the project's directory and returns its stdout. */
    String docker(String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of("docker"));
        command.addAll(List.of(arguments));
        return run(directory, command);
    }

    /** Returns the state of each container of the project by its service: {@code running}, {@code exited} ... */
    Map<String, String> states() throws IOException {
        Map<String, String> states = new LinkedHashMap<>();
        docker("ps", "-a", "--filter", "label=com.docker.compose.project=" + name, "--format",
            "{{.Label \"com.docker.compose.service\"}} {{.State}}").lines().sorted()
            .forEach(line -> states.put(line.split(" ")[0], line.split(" ")[1]));
        return states;
    }

    /** Removes containers, networks, volumes and the directory. */
    @Override
    public void close() throws IOException {
        try {
            String ours = "label=com.docker.compose.project=" + name;
            removeAll(docker("ps", "-aq", "--filter", ours), "rm", "-f", "-v");
            removeAll(docker("network", "ls", "-q", "--filter", ours), "network", "rm");
            removeAll(docker("volume", "ls", "-q", "--filter", ours), "volume", "rm", "-f");
        } finally {
            try (Stream<Path> paths = Files.walk(root)) {
                for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(path);
                }
            }
        }
    }

    private void removeAll(String ids, String... command) throws IOException {
        if (!ids.isBlank()) {
            docker(Stream.concat(Arrays.stream(command), ids.lines()).toArray(String[]::new));
        }
    }

    /** Skips the calling test, or fails it where an engine is obligatory, unless an engine with Compose answers. */
    static synchronized void requireEngine() {
        if (whyNot == null) {
            try {
                run(Path.of("").toAbsolutePath(), List.of("docker", "version", "--format", "{{.Server.Version}}"));
                run(Path.of("").toAbsolutePath(), List.of("docker", "compose", "version"));
                run(Path.of("").toAbsolutePath(), List.of("sh", shared().resolve("testbed/build-image.sh").toString(), IMAGE));
                whyNot = "";
            } catch (IOException e) {
                whyNot = "needs a Docker engine with Compose and the shared test bed: " + e.getMessage();
            }
        }
        if (!whyNot.isEmpty()) {
            if ("true".equals(System.getenv("CI")) || "1".equals(System.getenv("PPS_REQUIRE_DOCKER"))) {
                throw new AssertionFailedError(whyNot);
            }
            throw new TestAbortedException(whyNot);
        }
    }

    /** Returns the directory with the test bed: PPS_SHARED, or {@code shared} beside the checkout. */
    static Path shared() throws IOException {
        String named = System.getenv("PPS_SHARED");
        Path shared = named != null && !named.isEmpty() ? Path.of(named) : Checkout.root().resolveSibling("shared");
        if (!Files.isDirectory(shared.resolve("testbed/stack"), LinkOption.NOFOLLOW_LINKS)) {
            throw new IOException("there is no testbed/stack in " + shared + " (PPS_SHARED names another place)");
        }
        return shared;
    }

    /** Runs a command to its end and returns its stdout; anything but exit code 0 is an error that quotes its stderr. */
    private static String run(Path directory, List<String> command) throws IOException {
        File err = File.createTempFile("pps-stack-", ".err");
        File out = File.createTempFile("pps-stack-", ".out");
        try {
            Process process = new ProcessBuilder(command).directory(directory.toFile()).redirectError(err).redirectOutput(out).start();
            process.getOutputStream().close();
            if (!process.waitFor(COMMAND_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new IOException(String.join(" ", command) + " did not end in " + COMMAND_SECONDS + " s");
            }
            if (process.exitValue() != 0) {
                throw new IOException(String.join(" ", command) + " ended with " + process.exitValue() + ": " + read(err));
            }
            return read(out);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new UncheckedIOException(new IOException("interrupted", e));
        } finally {
            Files.delete(err.toPath());
            Files.delete(out.toPath());
        }
    }

    private static String read(File file) throws IOException {
        return Files.readString(file.toPath(), StandardCharsets.UTF_8);
    }
}
