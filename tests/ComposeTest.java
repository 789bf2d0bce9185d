package pps;

//DEPS org.junit.jupiter:junit-jupiter:5.14.4
//DEPS com.google.code.gson:gson:2.13.2
//SOURCES TestStack.java DockerJsonTest.java ../lib/Compose.java

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeout;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.gson.JsonParser;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The containers of a stack, on a real engine where that matters, and through a stand-in for the docker command where it does not. */
@DisplayName("The stack")
class ComposeTest {
    private static final Duration ENOUGH = Duration.ofSeconds(60);
    private static final Set<String> ALL = Set.of("chromadb", "graphiti", "haven", "neo4j", "ntfy", "pps-lyra");
    private static final String SLEEPER = "a: {<<: *image, restart: always, command: [sleep, '1000']}\n";

    /** Keeps what it is told. */
    private static final class Recorder implements Listener {
        private final List<String> infos = new ArrayList<>();
        private final List<String> warnings = new ArrayList<>();
        private final List<String> details = new ArrayList<>();

        @Override
        public void info(String message) {
            infos.add(message);
        }

        @Override
        public void warning(String message) {
            warnings.add(message);
        }

        @Override
        public void detail(String message) {
            details.add(message);
        }

        @Override
        public void checkInterrupted() {
            // nobody interrupts
        }
    }

    @TempDir
    Path scratch;

    @Nested
    @DisplayName("as a whole, shaped like the real one")
    class Whole {
        @Test
        @DisplayName("is started again exactly as it ran, with the same containers, and what was stopped before stays stopped")
        void exactlyWhatRan() throws IOException {
            try (TestStack stack = TestStack.create().up()) {
                // pps-lyra depends on chromadb: starting the one must not start the other.
                stack.compose("stop", "haven", "chromadb");
                Recorder recorder = new Recorder();
                Compose compose = stack.compose(recorder);
                Stack before = compose.look();
                assertEquals(stack.name(), before.projectName());
                assertEquals(Set.of("graphiti", "neo4j", "ntfy", "pps-lyra"), before.running());
                assertEquals(ALL, before.serviceNames());
                assertEquals(Set.of("chromadb", "graphiti", "neo4j"), service(before, "pps-lyra").dependsOn());
                assertTrue(service(before, "neo4j").hasHealthcheck());
                assertFalse(service(before, "chromadb").hasHealthcheck());
                assertTrue(before.bindSources().contains(stack.root().resolve("docker/pps/neo4j_data")));
                assertEquals(Stack.Kind.FILE, service(before, "haven").binds().get(1).kind());

                compose.stop(before);
                compose.proveStopped();
                assertEquals(Set.of("exited"), Set.copyOf(stack.states().values()));

                // As another process would, that found the journal.
                Stack found = Stack.fromJson(JsonParser.parseString(before.toJson().toString()).getAsJsonObject());
                Compose later = stack.compose(Listener.SILENT);
                later.start(found);
                assertEquals(List.of(), later.awaitHealthy(found, ENOUGH));
                assertEquals(Map.of("chromadb", "exited", "haven", "exited", "graphiti", "running", "neo4j", "running", "ntfy", "running",
                    "pps-lyra", "running"), stack.states());
                assertEquals(idsOf(before), idsOf(later.look()));
                assertTrue(Files.readString(stack.root().resolve("docker/pps/neo4j_data/neo4j.log")).contains("clean-stop"));
            }
        }

        @Test
        @DisplayName("is started in full when no container existed")
        void everythingWhenNothingRan() throws IOException {
            try (TestStack stack = TestStack.create()) {
                Compose compose = stack.compose(Listener.SILENT);
                Stack before = compose.look();
                assertEquals(Set.of(), before.running());
                compose.stop(before);
                compose.proveStopped();
                compose.start(before, ENOUGH);
                assertEquals(List.of(), compose.awaitHealthy(before, ENOUGH));
                assertEquals(ALL, compose.look().running());
            }
        }

        @Test
        @DisplayName("is reported with the name of the service that crashes, within the deadline, and the rest of it runs")
        void crash() throws IOException {
            try (TestStack stack = TestStack.create()) {
                stack.override("services: {neo4j: {environment: [NEO4J_CRASH=1]}, ntfy: {stop_signal: SIGKILL}}\n");
                Compose compose = stack.compose(Listener.SILENT);
                Stack before = compose.look();
                long begin = System.nanoTime();
                Failure failure = assertThrows(Failure.class, () -> compose.start(before, Duration.ofSeconds(8)));
                assertEquals(ExitCode.UNHEALTHY, failure.exitCode());
                assertTrue(failure.getMessage().contains("neo4j: "), failure.getMessage());
                assertTrue(failure.getMessage().contains("pps-lyra: not started"), failure.getMessage());
                // Long enough on a slow machine for those without a health check to run on for the five seconds that count.
                List<Unwell> unwell = compose.awaitHealthy(before, Duration.ofSeconds(15));
                assertTrue(secondsSince(begin) < 60, "took " + secondsSince(begin) + " s");
                Unwell first = unwell.get(0);
                assertEquals("neo4j", first.service());
                assertEquals(stack.name() + "-neo4j", first.container());
                assertTrue(first.what().contains("restart"), first.what());
                assertEquals("cd '" + stack.composeFile().getParent() + "' && docker compose logs --tail 50 neo4j", first.next());
                assertEquals(Set.of("neo4j", "graphiti", "pps-lyra"), unwell.stream().map(Unwell::service).collect(Collectors.toSet()));
            }
        }

        @Test
        @DisplayName("is started although its database first counts as unhealthy, and comes round later")
        void slowDatabase() throws IOException {
            try (TestStack stack = TestStack.create()) {
                stack.env("NEO4J_DELAY", "7").env("NEO4J_START_PERIOD", "1s").env("NEO4J_RETRIES", "2");
                Recorder recorder = new Recorder();
                Compose compose = stack.compose(recorder);
                Stack before = compose.look();
                compose.start(before, ENOUGH);
                assertEquals(List.of(), compose.awaitHealthy(before, ENOUGH));
                assertTrue(recorder.details.stream().anyMatch(detail -> detail.contains("trying again")), recorder.details.toString());
            }
        }

        @Test
        @DisplayName("is not waited for longer than the deadline when a dependency only starts and starts")
        void noEndlessWait() throws IOException {
            try (TestStack stack = TestStack.create()) {
                stack.env("NEO4J_DELAY", "100").env("NEO4J_START_PERIOD", "100s");
                Compose compose = stack.compose(Listener.SILENT);
                Stack before = compose.look();
                long begin = System.nanoTime();
                Failure failure = assertThrows(Failure.class, () -> compose.start(before, Duration.ofSeconds(5)));
                assertTrue(secondsSince(begin) < 9, "took " + secondsSince(begin) + " s");
                assertEquals(ExitCode.UNHEALTHY, failure.exitCode());
                assertTrue(failure.getMessage().contains("in time: neo4j: still starting"), failure.getMessage());
                assertTrue(failure.next().endsWith("docker compose logs --tail 50 neo4j"), failure.next());
            }
        }

        @Test
        @DisplayName("has its bind sources checked: missing, of another kind, or an empty directory where a file is wanted")
        void bindSources() throws IOException {
            try (TestStack stack = TestStack.create()) {
                Path token = stack.root().resolve("entities/lyra/.entity_token");
                Path script = stack.composeFile().resolveSibling("neo4j-entrypoint.sh");
                Path cache = stack.root().resolve("docker/pps/ntfy_cache");
                Compose compose = stack.compose(Listener.SILENT);
                Stack before = compose.look();
                assertEquals(List.of(), compose.bindProblems(before));

                Files.delete(cache);
                Files.delete(token);
                Files.createDirectory(token);
                List<BindProblem> problems = compose.bindProblems(before);
                assertEquals(Set.of(cache, token), problems.stream().map(BindProblem::source).collect(Collectors.toSet()));
                BindProblem wrong = problems.stream().filter(one -> one.source().equals(token)).findFirst().orElseThrow();
                assertEquals("is a directory, and was a file before", wrong.what());
                assertEquals("haven", wrong.service());
                assertFalse(wrong.sinceBefore());

                Files.delete(script);
                Files.createDirectory(script);
                problems = compose.bindProblems(compose.look());
                assertEquals(Set.of(cache, token, script), problems.stream().map(BindProblem::source).collect(Collectors.toSet()));
                assertTrue(problems.stream().allMatch(BindProblem::sinceBefore), problems.toString());
            }
        }
    }

    @Nested
    @DisplayName("of a few services")
    class Small {
        @Test
        @DisplayName("is stopped with what Compose itself leaves out: paused ones, several of a service, under a profile, since removed")
        void oddOnes() throws IOException {
            String some = "stays: {<<: *image, restart: always, command: [sleep, '1000']}\n"
                + "many: {<<: *image, restart: always, command: [sleep, '1000']}\n"
                + "tool: {<<: *image, profiles: [tools], restart: always, command: [sleep, '1000']}\n";
            try (TestStack stack = TestStack.ofServices(some)) {
                stack.override("services: {removed: {image: " + TestStack.IMAGE + ", stop_signal: SIGKILL, command: [sleep, '1000']}}\n");
                stack.compose("up", "-d", "--scale", "many=2", "stays", "many", "tool", "removed");
                Files.delete(stack.composeFile().resolveSibling("docker-compose.override.yml"));
                stack.compose("pause", "stays");
                Compose compose = stack.compose(Listener.SILENT);
                Stack before = compose.look();
                assertEquals(Set.of("many", "removed", "stays", "tool"), before.running());
                assertEquals(5, before.containers().size());

                compose.stop(before);
                assertEquals(Set.of("exited"), Set.copyOf(stack.states().values()));
                compose.start(before);
                assertEquals(List.of(), compose.awaitHealthy(before, ENOUGH));
                assertEquals(idsOf(before), idsOf(compose.look()));
                assertEquals(Set.of("running"), Set.copyOf(stack.states().values()));
            }
        }

        @Test
        @DisplayName("is reported when a service without a health check crashes again and again, though it looks well in between")
        void crashLoop() throws IOException {
            try (TestStack stack = TestStack.ofServices(
                "loops: {<<: *image, restart: unless-stopped, command: [sh, -c, 'sleep 1; exit 3']}\n"
                    + "job: {<<: *image, command: [sh, -c, 'exit 0']}\n")) {
                Compose compose = stack.compose(Listener.SILENT);
                Stack before = compose.look();
                compose.start(before);
                List<Unwell> unwell = compose.awaitHealthy(before, Duration.ofSeconds(7));
                assertEquals(List.of("loops"), unwell.stream().map(Unwell::service).toList());
                assertTrue(unwell.get(0).what().contains("restart"), unwell.toString());
            }
        }

        @Test
        @DisplayName("is reported when a service is unhealthy, and at once when one has failed for good")
        void unhealthy() throws IOException {
            try (TestStack stack = TestStack.ofServices(
                "ill: {<<: *image, command: [sleep, '1000'], healthcheck: {test: [CMD, 'false'], interval: 1s, retries: 1}}\n")) {
                Compose compose = stack.compose(Listener.SILENT);
                Stack before = compose.look();
                compose.start(before);
                Unwell ill = compose.awaitHealthy(before, Duration.ofSeconds(4)).get(0);
                assertEquals("ill: unhealthy", ill.service() + ": " + ill.what());

                Files.writeString(stack.composeFile(), "services: {ill: {image: " + TestStack.IMAGE + ", command: [sh, -c, 'exit 4']}}\n");
                stack.compose("up", "-d");
                long begin = System.nanoTime();
                Unwell failed = compose.awaitHealthy(before, ENOUGH).get(0);
                assertEquals("ill: exited with code 4", failed.service() + ": " + failed.what());
                assertTrue(secondsSince(begin) < 10, "waited for what cannot happen");
            }
        }

        @Test
        @DisplayName("runs on when one of its services cannot be stopped, and the failure names it")
        void cannotBeStopped() throws IOException {
            try (TestStack stack = TestStack.ofServices(SLEEPER).up()) {
                Map<String, String> environment = fakeDocker("""
                    case " $* " in *' stop '*) exit 0;; esac
                    exec "$REAL_DOCKER" "$@"
                    """);
                Compose compose = Compose.of(stack.composeFile(), Listener.SILENT, environment);
                Stack before = compose.look();
                Failure failure = assertThrows(Failure.class, () -> compose.stop(before));
                assertEquals(ExitCode.FAILED, failure.exitCode());
                assertEquals("Not stopped: a (container " + stack.name() + "-a-1, running)", failure.getMessage());
                assertEquals("Nothing was touched; what ran before runs again.", failure.state());
                assertEquals(Map.of("a", "running"), stack.states());
            }
        }

        @Test
        @DisplayName("is started again when stopping it fails half way")
        void stoppedHalfWay() throws IOException {
            try (TestStack stack = TestStack.ofServices(SLEEPER + SLEEPER.replace("a:", "b:")).up()) {
                Map<String, String> environment = fakeDocker("""
                    case " $* " in
                    *' compose stop '*) exec "$REAL_DOCKER" compose stop -t 0 a;;
                    *' stop '*) echo 'cannot stop container: permission denied' >&2; exit 1;;
                    esac
                    exec "$REAL_DOCKER" "$@"
                    """);
                Compose compose = Compose.of(stack.composeFile(), Listener.SILENT, environment);
                Stack before = compose.look();
                Failure failure = assertThrows(Failure.class, () -> compose.stop(before));
                assertTrue(failure.getMessage().startsWith("Not stopped: b (container " + stack.name() + "-b-1, running)"),
                    failure.getMessage());
                assertTrue(failure.getMessage().endsWith("docker: cannot stop container: permission denied"), failure.getMessage());
                assertEquals(Map.of("a", "running", "b", "running"), stack.states());
            }
        }

        @Test
        @DisplayName("is noticed when it comes back between the stop and the swap")
        void comesBack() throws IOException {
            try (TestStack stack = TestStack.ofServices(SLEEPER).up()) {
                Compose compose = stack.compose(Listener.SILENT);
                compose.stop(compose.look());
                assertDoesNotThrow(compose::proveStopped);
                stack.compose("start", "a");
                Failure failure = assertThrows(Failure.class, compose::proveStopped);
                assertEquals("Not stopped: a (container " + stack.name() + "-a-1, running)", failure.getMessage());
                assertEquals("cd '" + stack.root() + "' && docker compose stop", failure.next());
            }
        }

        @Test
        @DisplayName("is told from other containers that mount one of its paths, a parent or a child of it")
        void outsiders() throws IOException {
            try (TestStack stack = TestStack.ofServices("a: {<<: *image, command: [sleep, '1000'], volumes: ['./data:/data']}\n")) {
                Path data = stack.root().resolve("data");
                Files.createDirectories(stack.root().resolve("other"));
                Files.createDirectories(data.resolve("inner"));
                stack.up();
                String label = "com.docker.compose.project=" + stack.name();
                Compose compose = stack.compose(Listener.SILENT);
                assertEquals(List.of(), compose.othersThatMount(List.of(data)));

                stack.compose("run", "-d", "--name", stack.name() + "-once", "a");
                for (String mount : List.of("parent=.", "child=data/inner", "apart=other")) {
                    // The label makes close() find it; that it is a one-off makes it an outsider.
                    stack.docker("run", "-d", "--network", "none", "--label", label, "--label", "com.docker.compose.oneoff=True",
                        "--name", stack.name() + "-" + mount.split("=")[0],
                        "-v", stack.root().resolve(mount.split("=")[1]).normalize() + ":/m:ro", TestStack.IMAGE, "sleep", "1000");
                }
                Map<String, Outsider> found = new HashMap<>();
                // Through a symbolic link it is the same place.
                Path link = Files.createSymbolicLink(scratch.resolve("link"), stack.root());
                compose.othersThatMount(List.of(link.resolve("data"))).forEach(one -> found.put(one.container(), one));
                assertEquals(Set.of(stack.name() + "-once", stack.name() + "-parent", stack.name() + "-child"), found.keySet());
                assertTrue(found.get(stack.name() + "-parent").readOnly());
                assertEquals(data.resolve("inner"), found.get(stack.name() + "-child").source());
                assertFalse(found.get(stack.name() + "-once").readOnly());
            }
        }

        @Test
        @DisplayName("lets an interruption through while it is waited for")
        void interrupted() throws IOException {
            try (TestStack stack = TestStack.ofServices(SLEEPER).up()) {
                Failure ctrlC = Failure.of(ExitCode.DECLINED, "interrupted");
                Recorder recorder = new Recorder();
                Listener impatient = new Listener() {
                    @Override
                    public void info(String message) {
                        recorder.info(message);
                    }

                    @Override
                    public void warning(String message) {
                        recorder.warning(message);
                    }

                    @Override
                    public void detail(String message) {
                        recorder.detail(message);
                    }

                    @Override
                    public void checkInterrupted() {
                        throw ctrlC;
                    }
                };
                Compose compose = stack.compose(impatient);
                Stack before = compose.look();
                assertEquals(ctrlC, assertThrows(Failure.class, () -> compose.awaitHealthy(before, ENOUGH)));
            }
        }

        @Test
        @DisplayName("says what docker said when a container cannot be started, and goes by the exit code for an unhealthy stack")
        void cannotStart() throws IOException {
            try (TestStack stack = TestStack.ofServices("a: {<<: *image, command: [nowhere-to-be-found]}\n")) {
                Compose compose = stack.compose(Listener.SILENT);
                Stack before = compose.look();
                Failure failure = assertThrows(Failure.class, () -> compose.start(before));
                assertEquals(ExitCode.UNHEALTHY, failure.exitCode());
                assertTrue(failure.getMessage().contains("a: not started"), failure.getMessage());
                assertTrue(failure.getMessage().contains("nowhere-to-be-found"), failure.getMessage());
            }
        }
    }

    @Nested
    @DisplayName("that cannot be looked at")
    class Unusable {
        @Test
        @DisplayName("is a failure when the daemon is down")
        void daemonDown() throws IOException {
            try (TestStack stack = TestStack.ofServices(SLEEPER)) {
                Map<String, String> environment = new HashMap<>(System.getenv());
                environment.put("DOCKER_HOST", "unix://" + scratch.resolve("no.sock"));
                expect(Compose.of(stack.composeFile(), Listener.SILENT, environment), "Docker is not running", "Start Docker");
            }
        }

        @Test
        @DisplayName("is a failure when this user may not talk to Docker")
        void permissionDenied() throws IOException {
            for (String said : List.of(
                "permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock",
                "permission denied while trying to connect to the docker API at unix:///var/run/docker.sock")) {
                expect(faked("echo '" + said + "' >&2; exit 1\n"), "permission denied", "group docker");
            }
        }

        @Test
        @DisplayName("is a failure when the Compose plugin is missing, however docker words it")
        void pluginMissing() throws IOException {
            for (String said : List.of("docker: unknown command: docker compose", "docker: \\'compose\\' is not a docker command.",
                "unknown shorthand flag: \\'f\\' in -f")) {
                expect(faked("printf '%s\\n' $'" + said + "' >&2; exit 1\n"), "without its Compose plugin", "Install the Compose plugin");
            }
        }

        @Test
        @DisplayName("is a failure when there is no docker command")
        void dockerMissing() throws IOException {
            Path file = Files.writeString(scratch.resolve("docker-compose.yml"), "services: {}\n");
            Compose compose = Compose.of(file, Listener.SILENT, Map.of("PATH", scratch.toString()));
            expect(compose, "docker command was not found", "Install Docker");
        }

        @Test
        @DisplayName("is a failure when there is no compose file, even with one in a parent directory")
        void noComposeFile() throws IOException {
            Files.writeString(scratch.resolve("docker-compose.yml"), "services: {}\n");
            Path inner = Files.createDirectories(scratch.resolve("inner"));
            Compose compose = Compose.of(inner.resolve("docker-compose.yml"), Listener.SILENT);
            expect(compose, "There is no compose file at " + inner, "Put the compose file back");
        }

        @Test
        @DisplayName("is a failure when COMPOSE_FILE in the environment names another file")
        void otherComposeFile() throws IOException {
            Path file = Files.writeString(scratch.resolve("docker-compose.yml"), "services: {}\n");
            Compose compose = Compose.of(file, Listener.SILENT, Map.of("COMPOSE_FILE", "other.yml:/tmp/compose.yml", "PATH", ""));
            assertTrue(assertThrows(Failure.class, compose::look).getMessage().contains("COMPOSE_FILE names another"));
            Compose own = Compose.of(file, Listener.SILENT, Map.of("COMPOSE_FILE", "docker-compose.yml:more.yml", "PATH", ""));
            assertTrue(assertThrows(Failure.class, own::look).getMessage().contains("docker command was not found"));
        }

        @Test
        @DisplayName("is a failure when its compose file is no YAML or says what Compose does not know")
        void badFile() throws IOException {
            for (String text : List.of("services:\n  a: [\n", "services:\n  a:\n    imag: x\n", "")) {
                try (TestStack stack = TestStack.ofFile(text)) {
                    expect(stack.compose(Listener.SILENT), "cannot read docker-compose.yml\n  docker: ", "Mend");
                }
            }
        }

        @Test
        @DisplayName("is a failure that names the variable which is required and not set")
        void requiredVariable() throws IOException {
            try (TestStack stack = TestStack.ofFile("services: {a: {image: x, volumes: ['${PPS_TEST_ROOT:?set it}/data:/data']}}\n")) {
                expect(stack.compose(Listener.SILENT), "The variable PPS_TEST_ROOT", "Set PPS_TEST_ROOT in the .env file");
            }
        }

        @Test
        @DisplayName("is a failure without a word of what .env or an environment value says")
        void environmentFile() throws IOException {
            for (String line : List.of("PASS!WORD=hunter22", "PASSWORD=\"hunter22", "PASSWORD=hun${hunter22", "PASS hunter22")) {
                try (TestStack stack = TestStack.ofFile("services: {a: {image: x}}\n")) {
                    Files.writeString(stack.root().resolve(".env"), line + "\n");
                    expect(stack.compose(Listener.SILENT), "cannot read the file " + stack.root().resolve(".env"), "Mend that file");
                    Files.writeString(stack.root().resolve(".env"), "COMPOSE_PROJECT_NAME=" + stack.name() + "\n");
                }
            }
            try (TestStack stack = TestStack.ofFile("services: {a: {image: x, environment: ['P=hunter22${X']}}\n")) {
                expect(stack.compose(Listener.SILENT), "is not closed or not valid", "Mend docker-compose.yml");
            }
        }

        @Test
        @DisplayName("is warned of when a variable is not set, without a piece of a password that has a dollar sign in it")
        void unsetVariables() throws IOException {
            try (TestStack stack = TestStack.ofFile("services: {a: {image: x, environment: ['P=${PASSWORD}', 'Q=${PPS_TEST_UNSET}']}}\n")) {
                stack.env("PASSWORD", "pa$hunter22");
                Recorder recorder = new Recorder();
                Compose compose = stack.compose(recorder);
                compose.look();
                compose.look();
                assertEquals(2, recorder.warnings.size(), "a second look says nothing again");
                assertEquals(Set.of(
                    "The variable PPS_TEST_UNSET in docker-compose.yml is not set: Docker Compose takes an empty text for it.",
                    "A dollar sign in .env starts the name of a variable that is not set: a value with a dollar sign needs single quotes."),
                    new TreeSet<>(recorder.warnings));
            }
        }

        private Compose faked(String script) throws IOException {
            Path file = Files.writeString(scratch.resolve("docker-compose.yml"), "services: {}\n");
            return Compose.of(file, Listener.SILENT, fakeDocker(script));
        }

        private void expect(Compose compose, String what, String next) {
            Failure failure = assertThrows(Failure.class, compose::look);
            assertEquals(ExitCode.FAILED, failure.exitCode());
            assertTrue(failure.getMessage().contains(what), failure.getMessage());
            assertEquals("Nothing was touched.", failure.state());
            assertTrue(failure.next().contains(next), failure.next());
            // Who may not ask Docker does not know whether anything runs on the data.
            assertEquals(!what.equals("permission denied"), failure.next().contains("only if nothing runs on the data"), failure.next());
            assertEquals(!what.equals("permission denied"), failure.next().contains("--no-containers"), failure.next());
            assertFalse((failure.getMessage() + failure.next()).contains("hunter22"), failure.getMessage());
        }
    }

    @Test
    @DisplayName("command is destroyed at its limit, together with the programs that it started")
    void timeLimit() throws IOException {
        String sleep = "sleep 61." + ProcessHandle.current().pid();
        Map<String, String> environment = fakeDocker("echo begun >&2\n" + sleep + " &\n" + sleep + "\n");
        long begin = System.nanoTime();
        DockerCommand.Result result = new DockerCommand(scratch, environment).run(Duration.ofSeconds(1), List.of("ps"));
        assertTrue(result.timedOut());
        assertFalse(result.ok());
        assertTrue(secondsSince(begin) < 8, "took " + secondsSince(begin) + " s");
        // A process that was killed is gone when the machine comes to it; one that was not would be there for a minute.
        assertTimeout(Duration.ofSeconds(30), () -> {
            while (ProcessHandle.allProcesses().filter(ProcessHandle::isAlive)
                .anyMatch(process -> process.info().commandLine().orElse("").endsWith(sleep))) {
                Thread.sleep(50);
            }
        });
    }

    @Test
    @DisplayName("command runs in a session of its own, where a Ctrl-C on the terminal does not reach it")
    void ownSession() throws IOException {
        Path own = Path.of("/proc/self/stat");
        assumeTrue(Files.isReadable(own) && Files.isExecutable(Path.of("/usr/bin/setsid")), "needs /proc and setsid");
        DockerCommand.Result result = new DockerCommand(scratch, fakeDocker("cat /proc/self/stat\n"))
            .run(Duration.ofSeconds(10), List.of("ps"));
        assertFalse(session(result.out()).equals(session(Files.readString(own))), result.out());
    }

    /** Returns the session from a line of /proc/PID/stat: PID (COMMAND) STATE PARENT GROUP SESSION ... */
    private static String session(String stat) {
        return stat.substring(stat.lastIndexOf(')') + 2).split(" ")[3];
    }

    @Test
    @DisplayName("command line can be pasted into a shell")
    void commandLine() {
        Compose compose = Compose.of(Path.of("/srv/it's here/docker-compose.yml"), Listener.SILENT);
        assertEquals("cd '/srv/it'\\''s here' && docker compose logs neo4j", withoutEscapes(compose.commandLine("logs", "neo4j")));
        assertEquals("cd '/srv' && docker compose -f 'stack.yml' up -d 'a b'",
            Compose.of(Path.of("/srv/stack.yml"), Listener.SILENT).commandLine("up", "-d", "a b"));
    }

    /** {@link SafeText} doubles the backslash. */
    private static String withoutEscapes(String shown) {
        return shown.replace("\\\\", "\\");
    }

    /** Returns an environment in which docker is this script; REAL_DOCKER in it is the real one. */
    private Map<String, String> fakeDocker(String script) throws IOException {
        Path directory = Files.createDirectories(scratch.resolve("fake"));
        Path fake = Files.writeString(directory.resolve("docker"), "#!/bin/bash\n" + script);
        assertTrue(fake.toFile().setExecutable(true));
        Map<String, String> environment = new HashMap<>(System.getenv());
        String path = environment.getOrDefault("PATH", "");
        for (String place : path.split(File.pathSeparator)) {
            if (Files.isExecutable(Path.of(place, "docker"))) {
                environment.putIfAbsent("REAL_DOCKER", Path.of(place, "docker").toString());
            }
        }
        environment.put("PATH", directory + File.pathSeparator + path);
        return environment;
    }

    private static Stack.Service service(Stack stack, String name) {
        return stack.services().stream().filter(service -> service.name().equals(name)).findFirst().orElseThrow();
    }

    private static Set<String> idsOf(Stack stack) {
        return stack.containers().stream().map(Stack.Container::id).collect(Collectors.toCollection(TreeSet::new));
    }

    private static long secondsSince(long nanos) {
        return (System.nanoTime() - nanos) / 1_000_000_000L;
    }
}
