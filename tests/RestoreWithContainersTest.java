package pps;

//DEPS org.junit.jupiter:junit-jupiter:5.14.4
//SOURCES Scripts.java TestStack.java Tree.java

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** restore_pps as a process, on stacks of a real engine whose services write all the time. What it left is judged without its own code. */
@DisplayName("A restore with containers")
class RestoreWithContainersTest {
    private static final String LATEST = "pps_backup_20260820_040012.tar.gz";
    /** Its neo4j is no database, so that the stand-in for Neo4j, which looks for one, does not become healthy with it. */
    private static final String FEBRUARY = "pps_backup_20260202_123731.tar.gz";
    /** In .env of every stack here, and never to be seen. */
    private static final String PASSWORD = "hunter22-of-a-test";
    private static final Set<String> ALL = Set.of("chromadb", "graphiti", "haven", "neo4j", "ntfy", "pps-lyra", "scribe");

    private static final String CRYSTAL = "entities/lyra/crystals/current/crystal_047.md";
    private static final String DATABASE = "entities/lyra/data/conversations.db";
    /** Which no source covers, and no restore touches. */
    private static final String DIARY = "entities/lyra/scribe.log";
    /** What services append to, all the time or whenever they start. */
    private static final List<String> GROWING = List.of(CRYSTAL, DATABASE, DIARY, "entities/lyra/data/heartbeat",
        "docker/pps/chromadb_data/chroma.log", "docker/pps/neo4j_data/neo4j.log");
    /** Writes the time of its own start and a number: into a crystal, behind a database, and last of all into its diary. */
    private static final String SCRIBE = """
        services:
          ntfy: {stop_signal: SIGKILL}
          scribe:
            image: %s
            volumes: ["${LYRA_ENTITY_PATH}:/e"]
            command:
              - sh
              - -c
              - |
                trap 'exit 0' TERM; read began rest </proc/uptime; n=0
                while :; do
                  n=$$((n+1))
                  for f in crystals/current/crystal_047.md data/conversations.db scribe.log; do echo "$$began $$n" >>/e/$$f; done
                  sleep 0.1
                done
        """.formatted(TestStack.IMAGE);

    /** Runs whenever a test asks for it, and every test leaves all of it running. */
    private static TestStack shared;

    @TempDir
    private static Path fixtureFiles;
    @TempDir
    private Path scratch;

    @AfterAll
    static void closeShared() throws IOException {
        if (shared != null) {
            shared.close();
        }
    }

    /** Returns the whole stack, running and healthy, with an entity that is not that of any backup. */
    private static TestStack running() throws IOException {
        if (shared != null && !shared.states().equals(all("running"))) {
            shared.close();
            shared = null;
        }
        if (shared == null) {
            shared = whole();
            Path root = shared.root();
            write(root.resolve(CRYSTAL), "the crystal as it is now\n");
            write(root.resolve("entities/lyra/crystals/newer.md"), "written after the backup\n");
            write(root.resolve("entities/lyra/unknown.md"), "no source knows this file\n");
            write(root.resolve("docker/pps/neo4j_data/databases/neo4j/neostore"), "graph of now\n");
            Files.copy(fixture().resolve("lyra_sqlite/conversations.db"), root.resolve(DATABASE));
            shared.up();
        }
        return shared;
    }

    private static TestStack whole() throws IOException {
        TestStack stack = TestStack.create().override(SCRIBE);
        return stack.env("NEO4J_PASSWORD", PASSWORD).env("NEO4J_DELAY", "0").env("NEO4J_START_PERIOD", "2s").env("NEO4J_RETRIES", "2");
    }

    @Nested
    @DisplayName("on the whole stack, whose services write all the time")
    class Whole {
        @Test
        @DisplayName("loses and mixes no line, brings back exactly what ran, and its undo the state before")
        void whileServicesWrite() throws IOException {
            TestStack stack = running();
            stack.compose("stop", "ntfy");
            try {
                State before = State.of(stack);
                Map<String, String> ids = ids(stack);
                Scripts.Result restored = run(stack, "--latest", "--yes");
                assertEquals(0, restored.exitCode(), restored::toString);

                assertRunsAsBefore(stack, ids, restored);
                assertAtRest(stack);
                State now = State.of(stack);
                Tree expected = Tree.of(fixture()).files().moved(RestoreWithContainersTest::place);
                expected.only(path -> !GROWING.contains(path)).withoutOwners()
                    .assertSame(now.tree().files().only(path -> isCovered(path)).withoutOwners(), restored);
                before.tree().without("work").files().only(path -> !isCovered(path)).assertSame(
                    now.tree().without("work").files().only(path -> !isCovered(path)), restored);

                Path moved = extract(safetyBackup(restored), "moved");
                String movedCrystal = text(moved.resolve("lyra_crystals/current/crystal_047.md"));
                assertTrue(movedCrystal.startsWith(before.text(CRYSTAL)), "the safety backup lacks what was written during the restore");
                String wroteLast = lastWriter(movedCrystal);
                int crystalLines = linesOf(wroteLast, movedCrystal);
                int databaseLines = linesOf(wroteLast, textOf(moved.resolve("lyra_sqlite/conversations.db")));
                int diaryLines = linesOf(wroteLast, now.text(DIARY));
                assertTrue(crystalLines >= databaseLines && databaseLines >= diaryLines && diaryLines >= crystalLines - 1,
                    "a line was lost: " + crystalLines + ", " + databaseLines + ", " + diaryLines);
                assertTrue(diaryLines > linesOf(wroteLast, before.text(DIARY)), "nothing was written between look and stop: no proof");

                for (String path : List.of(CRYSTAL, DATABASE)) {
                    String archived = textOf(fixture().resolve(path.equals(CRYSTAL) ? "lyra_crystals/current/crystal_047.md"
                        : "lyra_sqlite/conversations.db"));
                    assertTrue(now.text(path).startsWith(archived), path + " is not the archive's");
                    String added = now.text(path).substring(archived.length());
                    assertNotEquals(wroteLast, lastWriter(added));
                    assertEquals(linesOf(lastWriter(added), added), added.lines().count(), "two writers in " + path);
                }
                assertEquals("start\n", now.text("docker/pps/chromadb_data/chroma.log"));
                assertEquals("start\n", now.text("docker/pps/neo4j_data/neo4j.log"));
                assertTrue(text(moved.resolve("neo4j/neo4j.log")).endsWith("clean-stop\n"));

                Scripts.Result undone = run(stack, "--undo", "--yes");
                assertEquals(0, undone.exitCode(), undone::toString);
                assertRunsAsBefore(stack, ids, undone);
                assertAtRest(stack);
                before.assertKept(State.of(stack), undone);
                String crystal = text(stack.root().resolve(CRYSTAL));
                assertTrue(crystal.startsWith(movedCrystal));
                String added = crystal.substring(movedCrystal.length());
                assertEquals(linesOf(lastWriter(added), added), added.lines().count());
            } finally {
                stack.compose("start", "ntfy");
            }
        }

        @Test
        @DisplayName("touches no container with --dry-run, which names them, nor with --drill, --target or --no-containers")
        void leavesAlone() throws IOException {
            TestStack stack = running();
            State before = State.of(stack);
            Map<String, String> starts = starts(stack);
            Scripts.Result dry = run(stack, "--latest", "--dry-run");
            assertEquals(0, dry.exitCode(), dry::toString);
            assertTrue(dry.stdout().contains("chromadb, graphiti, haven, neo4j, ntfy, pps-lyra, scribe"), dry::toString);
            before.assertUntouched(State.of(stack), dry);
            assertEquals(0, run(stack, "--latest", "--drill").exitCode());
            before.assertUntouched(State.of(stack), dry);

            Path target = scratch.resolve("elsewhere");
            Scripts.Result there = run(stack, "--latest", "--yes", "--target", target.toString());
            assertEquals(0, there.exitCode(), there::toString);
            assertTrue(Files.exists(target.resolve(DATABASE)));
            before.assertUntouched(State.of(stack), there);
            assertEquals(0, run(stack, "--latest", "--yes", "--no-containers", "--only", "haven").exitCode());
            assertEquals(starts, starts(stack));
        }

        @Test
        @DisplayName("that leaves a service unhealthy ends with 4 in time, names it and the next command; the undo starts all that ran before it")
        void unhealthy() throws IOException {
            TestStack stack = running();
            State before = State.of(stack);
            long begin = System.nanoTime();
            Scripts.Result result = run(stack, "--backup", FEBRUARY, "--yes", "--allow-shrink", "--health-timeout", "9", "--json");
            long seconds = (System.nanoTime() - begin) / 1_000_000_000L;
            assertEquals(4, result.exitCode(), result::toString);
            assertTrue(seconds < 9 + 9, "took " + seconds + " s: " + result);
            assertTrue(result.stderr().contains("neo4j"), result::toString);
            assertTrue(result.stderr().contains("State: Data is restored."), result::toString);
            assertTrue(result.stderr().contains("docker compose logs --tail 50 neo4j"), result::toString);
            assertTrue(result.stderr().contains("--undo --project-root " + stack.root()), result::toString);
            assertTrue(Files.exists(Path.of(json(result).get("safetyBackup").getAsString())), result::toString);
            assertFalse(Files.exists(stack.root().resolve("docker/pps/neo4j_data/databases")));
            assertEquals("running", stack.states().get("scribe"), "what can run is running");
            assertStack("stopped, and not all were started again", stack.states().entrySet().stream().filter(one -> one.getValue().equals("running"))
                .map(Map.Entry::getKey).collect(java.util.stream.Collectors.toSet()), result);

            Scripts.Result undone = run(stack, "--undo", "--yes");
            assertEquals(0, undone.exitCode(), undone::toString);
            before.assertKept(State.of(stack), undone);
            // What waited for neo4j did not run when the undo began, but before the restore.
            assertTrue(undone.stderr().contains("started with them, since they ran before the restore: graphiti, pps-lyra"), undone::toString);
            assertEquals(all("running"), stack.states());
        }

        @Test
        @DisplayName("with --rollback-if-unhealthy puts the old data back, exactly, and the stack runs as before")
        void rollback() throws IOException {
            TestStack stack = running();
            State before = State.of(stack);
            Map<String, String> ids = ids(stack);
            stack.compose("stop", "ntfy");
            try {
                Scripts.Result result = run(stack, "--backup", FEBRUARY, "--yes", "--allow-shrink", "--health-timeout", "6",
                    "--rollback-if-unhealthy");
                assertEquals(1, result.exitCode(), result::toString);
                assertTrue(result.stderr().contains("did not become healthy with the restored data: "), result::toString);
                assertTrue(result.stderr().contains("State: The old data was put back, and what ran before runs again."), result::toString);
                before.assertKept(State.of(stack), result);
                assertRunsAsBefore(stack, ids, result);
                assertEquals(0, run(stack, "--recover").exitCode());
            } finally {
                stack.compose("start", "ntfy");
            }
        }

        @Test
        @DisplayName("starts everything when nothing ran, also containers that did not exist; never one whose mount is missing")
        void nothingRan() throws IOException {
            try (TestStack stack = whole()) {
                Path root = stack.root();
                Path cache = root.resolve("docker/pps/ntfy_cache");
                Files.delete(cache);
                Files.delete(root.resolve("docker/pps/chromadb_data"));
                State before = State.of(stack);
                Scripts.Result refused = run(stack, "--latest", "--yes", "--json");
                assertEquals(4, refused.exitCode(), refused::toString);
                assertStack("none ran before, and none was started", Set.of(), refused);
                assertTrue(refused.stderr().contains("State: Data is restored. No container was started."), refused::toString);
                int warning = refused.stderr().indexOf("[WARNING] The stack mounts " + cache + ", which is missing");
                assertTrue(warning >= 0 && warning < refused.stderr().indexOf("Containers: "), refused::toString);
                assertFalse(refused.stderr().contains("[WARNING] The stack mounts " + root.resolve("docker/pps/chromadb_data")),
                    "the backup brings it: " + refused);
                assertTrue(refused.stderr().contains("Error: The stack was not started: " + cache + " is missing"), refused::toString);
                assertTrue(refused.stderr().contains("mkdir -p '" + cache + "'"), refused::toString);
                assertTrue(refused.stderr().contains("docker compose up -d"), refused::toString);
                assertFalse(Files.exists(cache), "Docker made it up");
                assertEquals(Map.of(), stack.states());

                Files.createDirectory(cache);
                Scripts.Result undone = run(stack, "--undo", "--yes");
                assertEquals(4, undone.exitCode(), "chromadb_data was not there before: " + undone);
                assertTrue(undone.stderr().contains("docker/pps/chromadb_data is missing"), undone::toString);
                assertEquals(Map.of(), stack.states());
                before.assertKept(State.of(stack).without("docker/pps/ntfy_cache"), undone);

                Scripts.Result restored = run(stack, "--latest", "--yes");
                assertEquals(0, restored.exitCode(), restored::toString);
                assertEquals(all("running"), stack.states());
                assertTrue(restored.stdout().contains("Running and healthy: chromadb, "), restored::toString);

                stack.compose("stop", "-t", "1");
                State atRest = State.of(stack);
                assertEquals(0, run(stack, "--latest", "--yes").exitCode());
                assertEquals(all("running"), stack.states());
                stack.compose("stop", "-t", "1");
                Scripts.Result exact = run(stack, "--undo", "--yes", "--no-containers");
                assertEquals(0, exact.exitCode(), exact::toString);
                Tree now = Tree.of(root);
                for (String kept : List.of("entities/lyra/crystals", "entities/lyra/data", "docker", "haven")) {
                    atRest.all().below(kept).without("heartbeat").withoutDirectoryTimes().assertSame(
                        now.below(kept).without("heartbeat").withoutDirectoryTimes(), exact);
                }
            }
        }
    }

    @Nested
    @DisplayName("is refused, with a message of its own and nothing touched,")
    class Refused {
        @Test
        @DisplayName("when Docker is not running")
        void daemonDown() throws IOException {
            refused(running(), scripts().env("DOCKER_HOST", "unix://" + scratch.resolve("no.sock")),
                "Docker is not running, or does not answer", "Start Docker ");
        }

        @Test
        @DisplayName("when there is no docker command")
        void dockerMissing() throws IOException {
            refused(running(), scripts().env("PATH", scratch.toString()), "The docker command was not found on PATH", "Install Docker ");
        }

        @Test
        @DisplayName("when the Compose plugin is missing")
        void pluginMissing() throws IOException {
            refused(running(), fakeDocker("echo 'docker: unknown command: docker compose' >&2; exit 1\n"),
                "Docker is installed without its Compose plugin", "Install the Compose plugin");
        }

        @Test
        @DisplayName("when the compose file is missing, is no YAML, or requires a variable that is not set")
        void composeFile() throws IOException {
            TestStack stack = running();
            Path file = stack.composeFile();
            String text = text(file);
            try {
                Files.delete(file);
                refused(stack, scripts(), "There is no compose file at " + file, "Put the compose file back");
                Files.writeString(file, text + "\n  - [\n");
                refused(stack, scripts(), "Docker Compose cannot read docker-compose.yml\n  docker: ", "Mend what Docker says");
                Files.writeString(file, text.replace("${PROJECT_ROOT}/haven", "${PPS_TEST_ROOT:?is wanted}/haven"));
                refused(stack, scripts(), "The variable PPS_TEST_ROOT, which docker-compose.yml requires, is not set", "Set PPS_TEST_ROOT");
            } finally {
                Files.writeString(file, text);
            }
        }

        @Test
        @DisplayName("when .env cannot be read, without a word of what is in it")
        void environmentFile() throws IOException {
            TestStack stack = running();
            Path file = stack.composeFile().resolveSibling(".env");
            String text = text(file);
            try {
                Files.writeString(file, text + "PASS!WORD=" + PASSWORD + "\n");
                refused(stack, scripts(), "Docker Compose cannot read the file " + file, "Mend that file");
            } finally {
                Files.writeString(file, text);
            }
        }

        @Test
        @DisplayName("when a container of another project may write to the files, before anything is asked")
        void outsider() throws IOException {
            TestStack stack = running();
            String other = stack.name() + "-other";
            stack.docker("run", "-d", "--rm", "--network", "none", "--name", other, "-v", stack.root().resolve("haven") + ":/m",
                TestStack.IMAGE, "sleep", "1000");
            try {
                refused(stack, scripts(), "The container " + other + ", which is not of this stack, has " + stack.root().resolve("haven")
                    + " mounted and may write to it", "docker stop " + other);
                Scripts.Result dry = run(stack, "--latest", "--dry-run");
                assertTrue(dry.stderr().contains("[WARNING] The restore itself would stop here: The container " + other), dry::toString);
                Scripts.Result without = run(stack, "--latest", "--dry-run", "--skip", "haven");
                assertFalse(without.stderr().contains(other), "it writes to nothing that would be restored: " + without);
            } finally {
                stack.docker("rm", "-f", other);
            }
        }

        @Test
        @DisplayName("but goes through with --no-containers where there is no Docker")
        void noContainers() throws IOException {
            for (Scripts scripts : List.of(scripts().env("PATH", scratch.toString()),
                scripts().env("DOCKER_HOST", "unix://" + scratch.resolve("no.sock")))) {
                try (TestStack stack = whole()) {
                    Scripts.Result result = run(scripts, stack, "--latest", "--yes", "--no-containers");
                    assertEquals(0, result.exitCode(), result::toString);
                    assertTrue(Files.exists(stack.root().resolve(DATABASE)));
                }
            }
        }

        private void refused(TestStack stack, Scripts scripts, String message, String next) throws IOException {
            State before = State.of(stack);
            Map<String, String> starts = starts(stack);
            Scripts.Result result = run(scripts, stack, "--latest", "--yes");
            assertEquals(1, result.exitCode(), result::toString);
            assertTrue(result.stderr().contains("Error: " + message), result::toString);
            assertTrue(result.stderr().contains("State: Nothing was touched."), result::toString);
            assertTrue(result.stderr().contains("Next:  " + next), result::toString);
            before.assertUntouched(State.of(stack), result);
            assertEquals(starts, starts(stack));
        }
    }

    /** A service whose health hangs on a file of the data, so that a backup decides whether it is well. */
    @Nested
    @DisplayName("on a stack where something goes wrong half way,")
    class HalfWay {
        private static final String HEALTHY = "pps_backup_20260102_000000.tar.gz";
        private static final String ILL = "pps_backup_20260101_000000.tar.gz";

        @Test
        @DisplayName("touches nothing when a container cannot be stopped")
        void cannotBeStopped() throws IOException {
            try (TestStack stack = small().up()) {
                Tree before = data(stack);
                Map<String, String> starts = starts(stack);
                Scripts.Result result = run(fakeDocker("case \" $* \" in *' stop '*) exit 0;; esac\n" + REAL), stack, "--latest", "--yes");
                assertEquals(1, result.exitCode(), result::toString);
                assertTrue(result.stderr().contains("Error: Not stopped: a (container " + stack.name() + "-a-1, running)"), result::toString);
                assertTrue(result.stderr().contains("State: Nothing was touched; what ran before runs again."), result::toString);
                before.assertSame(data(stack), result);
                assertEquals(starts, starts(stack));
                assertNoJournal(stack);
            }
        }

        @Test
        @DisplayName("touches nothing when a container comes back between the stop and the swap, and what ran runs again")
        void comesBack() throws IOException {
            try (TestStack stack = small().up()) {
                Tree before = data(stack);
                Map<String, String> ids = ids(stack);
                // The second look after the stop finds it running again, as after a restart of the engine.
                Scripts scripts = fakeDocker("""
                    case " $* " in
                    *' compose stop '*) touch "$SCRATCH/stopped";;
                    *' ps '*compose.project=*) if [ -e "$SCRATCH/looked" ]; then rm "$SCRATCH/looked"; "$REAL_DOCKER" start "$NAME-a-1" >&2
                      elif [ -e "$SCRATCH/stopped" ]; then mv "$SCRATCH/stopped" "$SCRATCH/looked"; fi;;
                    esac
                    """ + REAL).env("NAME", stack.name());
                Scripts.Result result = run(scripts, stack, "--latest", "--yes");
                assertEquals(1, result.exitCode(), result::toString);
                assertTrue(result.stderr().contains("Error: Not stopped: a (container " + stack.name() + "-a-1, running)"), result::toString);
                assertTrue(result.stderr().contains("State: Nothing was touched; what ran before runs again."), result::toString);
                before.assertSame(data(stack), result);
                assertEquals(ids, ids(stack));
                assertEquals(Map.of("a", "running", "b", "running"), stack.states());
                assertNoJournal(stack);
            }
        }

        @Test
        @DisplayName("starts nothing that did not run when it ends before the swap")
        void nothingRanBefore() throws IOException {
            try (TestStack stack = small()) {
                stack.compose("create");
                Scripts scripts = fakeDocker("""
                    case " $* " in *' ps '*compose.project=*)
                      n=$(cat "$SCRATCH/looks" 2>/dev/null || echo 0); echo $((n + 1)) >"$SCRATCH/looks"
                      if [ "$n" = 3 ]; then "$REAL_DOCKER" start "$NAME-a-1" >&2; fi;;
                    esac
                    """ + REAL).env("NAME", stack.name());
                Tree before = data(stack);
                Scripts.Result result = run(scripts, stack, "--latest", "--yes");
                assertEquals(1, result.exitCode(), result::toString);
                assertTrue(result.stderr().contains("Error: Not stopped: a "), result::toString);
                before.assertSame(data(stack), result);
                assertEquals("created", stack.states().get("b"));
                assertNoJournal(stack);
            }
        }

        @Test
        @DisplayName("starts again also what somebody started while the backup was unpacked")
        void startedMeanwhile() throws IOException {
            try (TestStack stack = small().up("a")) {
                Map<String, String> ids = ids(stack);
                // Who else mounts the data is asked between the first look at the stack and the question.
                Scripts scripts = fakeDocker("""
                    case "$*" in 'ps -q --no-trunc') (cd "$ROOT" && "$REAL_DOCKER" compose up -d b >&2);; esac
                    """ + REAL).env("ROOT", stack.root().toString());
                Scripts.Result result = run(scripts, stack, "--latest", "--yes");
                assertEquals(0, result.exitCode(), result::toString);
                assertEquals(Map.of("a", "running", "b", "running"), stack.states(), result::toString);
                assertEquals(ids.get("a"), ids(stack).get("a"));
            }
        }

        @Test
        @DisplayName("says that data is restored, and how to start, when Docker goes away after the swap")
        void dockerGoesAway() throws IOException {
            try (TestStack stack = small().up()) {
                Map<String, String> ids = ids(stack);
                Scripts scripts = fakeDocker("""
                    case " $* " in *' compose stop '*) "$REAL_DOCKER" "$@"; touch "$SCRATCH/stopped"; exit;; esac
                    if grep -q COMMITTED "$ROOT/work/pps_backup/restore_journal.json" 2>/dev/null; then
                      echo 'Cannot connect to the Docker daemon at unix:///nowhere. Is the docker daemon running?' >&2; exit 1
                    fi
                    """ + REAL).env("ROOT", stack.root().toString());
                Scripts.Result result = run(scripts, stack, "--latest", "--yes");
                assertEquals(4, result.exitCode(), result::toString);
                assertTrue(result.stderr().contains("Docker is not running, or does not answer"), result::toString);
                assertTrue(result.stderr().contains("State: Data is restored."), result::toString);
                assertFalse(result.stderr().contains("Nothing was touched"), result::toString);
                assertFalse(result.stderr().contains("--no-containers"), result::toString);
                assertTrue(result.stderr().contains("docker compose up -d"), result::toString);
                assertEquals("restored\n", text(stack.root().resolve("data/text")));
                assertEquals(Map.of("a", "exited", "b", "exited"), stack.states());
                assertNoJournal(stack);

                assertEquals(0, run(stack, "--undo", "--yes").exitCode());
                assertEquals("of now\n", text(stack.root().resolve("data/text")));
                assertEquals(ids, ids(stack));
            }
        }

        @Test
        @DisplayName("keeps the restored data, exit 4, when it shall be put back and the containers cannot be stopped for it")
        void cannotRollBack() throws IOException {
            try (TestStack stack = small().up()) {
                Scripts scripts = fakeDocker("""
                    case " $* " in *' compose up '*) touch "$SCRATCH/started";; *' stop '*) [ ! -e "$SCRATCH/started" ] || exit 0;; esac
                    """ + REAL);
                Scripts.Result result = run(scripts, stack, "--backup", ILL, "--yes", "--rollback-if-unhealthy", "--health-timeout", "4");
                assertEquals(4, result.exitCode(), result::toString);
                assertTrue(result.stderr().contains("Not healthy within 4 s: a is "), result::toString);
                assertTrue(result.stderr().contains("The old data was not put back: Not stopped: "), result::toString);
                assertFalse(result.stderr().contains("Nothing was touched"), result::toString);
                assertNoJournal(stack);
                assertEquals("ill\n", text(stack.root().resolve("data/text")));
                assertEquals(0, run(stack, "--undo", "--yes").exitCode());
                assertEquals("of now\n", text(stack.root().resolve("data/text")));
            }
        }

        @Test
        @DisplayName("ends with 1 after a rollback also when the old data does not run either, and says so")
        void neverHealthy() throws IOException {
            try (TestStack stack = small().up()) {
                Tree before = data(stack);
                Scripts scripts = fakeDocker("""
                    case " $* " in *' compose up '*) echo 'Bind for 0.0.0.0:8200 failed: port is already allocated' >&2; exit 1;; esac
                    """ + REAL);
                long begin = System.nanoTime();
                Scripts.Result result = run(scripts, stack, "--latest", "--yes", "--rollback-if-unhealthy", "--health-timeout", "5");
                assertTrue((System.nanoTime() - begin) / 1_000_000_000L < 25, result::toString);
                assertEquals(1, result.exitCode(), result::toString);
                assertTrue(result.stderr().contains("State: Every file was put back: live data is as it was before. "), result::toString);
                assertTrue(result.stderr().contains("--recover"), result::toString);
                before.assertSame(data(stack), result);
                assertEquals(0, run(stack, "--recover").exitCode());
                before.assertSame(data(stack), result);
                assertEquals(Map.of("a", "running", "b", "running"), stack.states());
                assertNoJournal(stack);
            }
        }

        @Test
        @DisplayName("is taken back by --recover after a kill while the stack was down, and what ran before runs again")
        void killedWhileDown() throws IOException {
            try (TestStack stack = small().up()) {
                stack.compose("stop", "b");
                Tree before = data(stack);
                Map<String, String> ids = ids(stack);
                Scripts scripts = fakeDocker("""
                    case " $* " in *' compose stop '*) "$REAL_DOCKER" "$@"; kill -9 $PPID; exit;; esac
                    """ + REAL);
                assertEquals(137, run(scripts, stack, "--latest", "--yes").exitCode());
                assertEquals(Map.of("a", "exited", "b", "exited"), stack.states());
                Scripts.Result refused = run(stack, "--latest", "--yes");
                assertEquals(5, refused.exitCode(), refused::toString);
                assertTrue(refused.stderr().contains("Next:  jbang restore_pps.java --recover"), refused::toString);

                Scripts.Result recovered = run(stack, "--recover");
                assertEquals(0, recovered.exitCode(), recovered::toString);
                before.assertSame(data(stack), recovered);
                assertEquals(Map.of("a", "running", "b", "exited"), stack.states());
                assertEquals(ids, ids(stack));
                assertNoJournal(stack);
            }
        }

        @Test
        @DisplayName("is completed by --recover after a kill before the start, and exactly what ran before is started")
        void killedBeforeStart() throws IOException {
            try (TestStack stack = small().up()) {
                stack.compose("stop", "b");
                Map<String, String> ids = ids(stack);
                Scripts scripts = fakeDocker("case \" $* \" in *' compose up '*) kill -9 $PPID; exit;; esac\n" + REAL);
                assertEquals(137, run(scripts, stack, "--latest", "--yes").exitCode());
                assertEquals("restored\n", text(stack.root().resolve("data/text")));
                Scripts.Result recovered = run(stack, "--recover");
                assertEquals(0, recovered.exitCode(), recovered::toString);
                assertEquals(Map.of("a", "running", "b", "exited"), stack.states());
                assertEquals(ids, ids(stack));
                assertNoJournal(stack);
                assertEquals(0, run(stack, "--undo", "--yes").exitCode());
                assertEquals("of now\n", text(stack.root().resolve("data/text")));
            }
        }

        @Test
        @DisplayName("keeps the stack down when an interrupted swap cannot be taken back because a container runs")
        void doubtful() throws IOException {
            try (TestStack stack = small().up()) {
                Scripts scripts = fakeDocker("case \" $* \" in *' compose up '*) kill -9 $PPID; exit;; esac\n" + REAL);
                assertEquals(137, run(scripts, stack, "--latest", "--yes").exitCode());
                Path journal = stack.root().resolve("work/pps_backup/restore_journal.json");
                Files.writeString(journal, text(journal).replace("COMMITTED", "SWAPPING"));
                stack.compose("start", "a");
                Scripts.Result stuck = run(fakeDocker("case \" $* \" in *' stop '*) exit 0;; esac\n" + REAL), stack, "--recover");
                assertEquals(5, stuck.exitCode(), stuck::toString);
                assertTrue(stuck.stderr().contains("Not stopped: a "), stuck::toString);
                assertFalse(stuck.stderr().contains("othing was touched"), stuck::toString);
                assertFalse(stuck.stderr().contains("runs again"), stuck::toString);
                assertEquals("exited", stack.states().get("b"), "it was started on doubtful data");

                Scripts.Result recovered = run(stack, "--recover");
                assertEquals(0, recovered.exitCode(), recovered::toString);
                assertEquals("of now\n", text(stack.root().resolve("data/text")));
                assertEquals(Map.of("a", "running", "b", "running"), stack.states());
                assertNoJournal(stack);
            }
        }

        /** Returns a project with a source map of its own, services a (healthy if data/ok is there) and b, and backups in the scratch. */
        private TestStack small() throws IOException {
            TestStack stack = TestStack.ofServices(
                "a: {<<: *image, restart: always, command: [sleep, '1000'], volumes: ['./data:/data'], healthcheck: {test: [CMD, test, -f, "
                    + "/data/ok], interval: 1s, retries: 2}}\n"
                    + "b: {<<: *image, command: [sleep, '1000'], healthcheck: {test: [CMD, 'true'], interval: 1s}}\n");
            write(stack.root().resolve("pps-sources.json"), "{\"compose\": \"docker-compose.yml\", \"sources\": {\"data\": "
                + "{\"path\": \"data\", \"include\": [\"**\"], \"critical\": true}}}");
            stack.env("DB_PASSWORD", PASSWORD);
            write(stack.root().resolve("data/text"), "of now\n");
            write(stack.root().resolve("data/ok"), "");
            Path sources = Files.createDirectories(scratch.resolve("sources"));
            write(sources.resolve("data/text"), "ill\n");
            backup(ILL, sources);
            write(sources.resolve("data/text"), "restored\n");
            write(sources.resolve("data/ok"), "");
            backup(HEALTHY, sources);
            return stack;
        }

        private void backup(String name, Path sources) throws IOException {
            Path backups = Files.createDirectories(scratch.resolve("backups"));
            command(List.of("tar", "-czf", backups.resolve(name).toString(), "-C", sources.toString(), "data"));
        }

        private Tree data(TestStack stack) {
            return Tree.of(stack.root()).below("data");
        }

        private void assertNoJournal(TestStack stack) {
            Path home = stack.root().resolve("work/pps_backup");
            assertFalse(Files.exists(home.resolve("restore_journal.json")), "the restore has not ended");
            assertEquals(List.of(), Tree.of(home).entries().keySet().stream().filter(path -> path.startsWith("restore_")).toList());
        }

        private Scripts.Result run(TestStack stack, String... arguments) {
            return run(scripts(), stack, arguments);
        }

        private Scripts.Result run(Scripts scripts, TestStack stack, String... arguments) {
            return RestoreWithContainersTest.run(scripts.env("PPS_BACKUP_DIR", scratch.resolve("backups").toString()), stack, arguments);
        }
    }

    // What runs, by the engine's own word

    /** Every container is the one it was; ntfy is stopped, as it was before, and all others run and are healthy. */
    private static void assertStack(String plan, Set<String> running, Scripts.Result result) {
        JsonObject containers = json(result).getAsJsonObject("containers");
        assertEquals(plan, containers.get("plan").getAsString(), result::toString);
        assertEquals(running, containers.getAsJsonArray("running").asList().stream().map(JsonElement::getAsString)
            .collect(java.util.stream.Collectors.toSet()), result::toString);
    }

    private static JsonObject json(Scripts.Result result) {
        return JsonParser.parseString(result.stdout()).getAsJsonObject();
    }

    private static void assertRunsAsBefore(TestStack stack, Map<String, String> ids, Scripts.Result result) throws IOException {
        Map<String, String> expected = new TreeMap<>(all("running"));
        expected.put("ntfy", "exited");
        assertEquals(expected, stack.states(), result::toString);
        assertEquals(ids, ids(stack));
        Set<String> healths = Set.of();
        // A rollback has started everything when it ends, and no more.
        for (int i = 0; i < 100 && !Set.of("healthy", "no check").containsAll(healths) || healths.isEmpty(); i++) {
            healths = Set.copyOf(inspect(stack, "{{if .State.Health}}{{.State.Health.Status}}{{else}}no check{{end}}", "ntfy").values());
        }
        assertEquals(Set.of("healthy", "no check"), healths, result::toString);
    }

    /** There was a moment when no container ran: the last had ended before the first was started. */
    private static void assertAtRest(TestStack stack) throws IOException {
        Instant lastEnd = inspect(stack, "{{.State.FinishedAt}}", "ntfy").values().stream().map(Instant::parse).max(Instant::compareTo).orElseThrow();
        Instant firstStart = inspect(stack, "{{.State.StartedAt}}", "ntfy").values().stream().map(Instant::parse).min(Instant::compareTo)
            .orElseThrow();
        assertTrue(lastEnd.isBefore(firstStart), lastEnd + " " + firstStart);
        Map<String, String> ends = inspect(stack, "{{.State.FinishedAt}}", "");
        Map<String, String> starts = inspect(stack, "{{.State.StartedAt}}", "");
        Instant end = Instant.parse(ends.get("pps-lyra"));
        Instant start = Instant.parse(starts.get("pps-lyra"));
        for (String line : text(stack.root().resolve("entities/lyra/data/heartbeat")).lines().toList()) {
            // busybox knows no %N: a second, and nothing after the point.
            Instant at = Instant.ofEpochSecond(Long.parseLong(line.split("\\.")[0]));
            assertFalse(at.isAfter(end) && at.plusSeconds(1).isBefore(start), "a heartbeat while it was stopped: " + at);
        }
    }

    private static Map<String, String> ids(TestStack stack) throws IOException {
        return inspect(stack, "{{.Id}}", "");
    }

    private static Map<String, String> starts(TestStack stack) throws IOException {
        return inspect(stack, "{{.Id}} {{.State.StartedAt}} {{.State.Running}}", "");
    }

    private static Map<String, String> inspect(TestStack stack, String format, String butNot) throws IOException {
        List<String> command = new ArrayList<>(List.of("inspect", "--format", "{{index .Config.Labels \"com.docker.compose.service\"}} " + format));
        stack.docker("ps", "-aq", "--filter", "label=com.docker.compose.project=" + stack.name()).lines().forEach(command::add);
        Map<String, String> values = new TreeMap<>();
        stack.docker(command.toArray(String[]::new)).lines().map(line -> line.split(" ", 2)).filter(line -> !line[0].equals(butNot))
            .forEach(line -> values.put(line[0], line[1]));
        return values;
    }

    private static Map<String, String> all(String state) {
        Map<String, String> states = new TreeMap<>();
        ALL.forEach(service -> states.put(service, state));
        return states;
    }

    // What lies in the project

    /** A project at one moment; files that services append to are kept with their content, all others compared to the nanosecond. */
    private record State(Tree all, Map<String, byte[]> growing) {
        static State of(TestStack stack) throws IOException {
            Map<String, byte[]> growing = new LinkedHashMap<>();
            for (String path : GROWING) {
                if (Files.exists(stack.root().resolve(path))) {
                    growing.put(path, Files.readAllBytes(stack.root().resolve(path)));
                }
            }
            return new State(Tree.of(stack.root()), growing);
        }

        Tree tree() {
            return all.only(path -> !GROWING.contains(path));
        }

        State without(String path) {
            return new State(all.without(path), growing);
        }

        String text(String path) {
            return new String(growing.get(path), StandardCharsets.ISO_8859_1);
        }

        /** Fails unless the later state holds all of this one, byte for byte; only what services have appended since may be more. */
        void assertKept(State later, Object context) {
            tree().without("work").withoutDirectoryTimes().assertSame(later.tree().without("work").withoutDirectoryTimes(), context);
            assertGrown(later, context);
        }

        /** As {@link #assertKept}, and nothing may have come in work/ but the lock. */
        void assertUntouched(State later, Object context) {
            tree().without("work").only(path -> !path.isEmpty()).assertSame(
                later.tree().without("work").only(path -> !path.isEmpty()), context);
            tree().below("work").without("pps_backup/lock").withoutDirectoryTimes().assertSame(
                later.tree().below("work").without("pps_backup/lock").withoutDirectoryTimes(), context);
            assertGrown(later, context);
        }

        private void assertGrown(State later, Object context) {
            growing.forEach((path, content) -> {
                byte[] now = later.growing().getOrDefault(path, new byte[0]);
                assertTrue(now.length >= content.length, () -> path + " has shrunk: " + context);
                assertArrayEquals(content, Arrays.copyOf(now, content.length), () -> path + " has changed: " + context);
            });
        }
    }

    /** Returns who wrote the last line: the time at which the container was started. */
    private static String lastWriter(String text) {
        String[] lines = text.split("\n");
        return lines[lines.length - 1].split(" ")[0];
    }

    /** Returns how many lines a writer wrote; they are numbered, and none is missing, broken or twice there. */
    private static int linesOf(String writer, String text) {
        List<String> lines = text.lines().filter(line -> line.contains(writer)).toList();
        for (int i = 0; i < lines.size(); i++) {
            String line = lines.get(i);
            // The first line of all may follow the last byte of a database, which is no line feed.
            assertTrue(i == 0 ? line.endsWith(writer + " 1") : line.equals(writer + " " + (i + 1)), "line " + (i + 1) + " is: " + line);
        }
        return lines.size();
    }

    /** Where a file of an archive of several entities belongs, by the table in the design. */
    private static String place(String entry) {
        int slash = entry.indexOf('/');
        String source = slash < 0 ? entry : entry.substring(0, slash);
        String rest = slash < 0 ? "" : entry.substring(slash);
        return switch (source) {
            case "chromadb" -> "docker/pps/chromadb_data" + rest;
            case "neo4j" -> "docker/pps/neo4j_data" + rest;
            case "haven" -> "haven/data" + rest;
            default -> {
                int underscore = source.indexOf('_');
                String kind = source.substring(underscore + 1);
                yield "entities/" + source.substring(0, underscore) + switch (kind) {
                    case "sqlite" -> "/data";
                    case "identity" -> "";
                    case "word_photos" -> "/memories/word_photos";
                    default -> "/" + kind;
                } + rest;
            }
        };
    }

    private static boolean isCovered(String path) {
        return path.matches("entities/[a-z]+/(data/[^/]*[.]db|(crystals|journals|notebook|memories/word_photos)/.*[.]md"
            + "|(identity|relationships|active_agency_framework|growth_notes|goals|current_scene)[.]md|[.]entity_token)"
            + "|docker/pps/(chromadb|neo4j)_data/.*|haven/data/[^/]*[.]db");
    }

    // Running things

    /** What ends a stand-in for docker. */
    private static final String REAL = "exec \"$REAL_DOCKER\" \"$@\"\n";

    private static Scripts.Result run(TestStack stack, String... arguments) {
        return run(scripts(), stack, arguments);
    }

    private static Scripts.Result run(Scripts scripts, TestStack stack, String... arguments) {
        List<String> all = new ArrayList<>(List.of(arguments));
        if (!all.contains("--target")) {
            all.addAll(List.of("--project-root", stack.root().toString()));
        }
        Scripts.Result result = scripts.runScript("restore_pps", all.toArray(String[]::new));
        assertFalse(result.toString().contains(PASSWORD), () -> "a secret was shown: " + result);
        return result;
    }

    private static Scripts scripts() {
        // HOME is an empty one; Docker may have its Compose plugin in the real one.
        Path plugins = Path.of(System.getProperty("user.home"), ".docker");
        String config = System.getenv("DOCKER_CONFIG") != null ? System.getenv("DOCKER_CONFIG") : Files.isDirectory(plugins) ? plugins.toString() : null;
        return Scripts.with().docker().env("DOCKER_CONFIG", config).env("PPS_BACKUP_DIR", fixtures().toString());
    }

    /** Returns an environment in which docker is this script; REAL_DOCKER in it is the real one, SCRATCH a directory for it. */
    private Scripts fakeDocker(String script) throws IOException {
        Path directory = Files.createDirectories(scratch.resolve("fake"));
        Path fake = Files.writeString(directory.resolve("docker"), "#!/bin/bash\n" + script);
        assertTrue(fake.toFile().setExecutable(true));
        String path = System.getenv("PATH");
        String real = Arrays.stream(path.split(File.pathSeparator)).map(place -> Path.of(place, "docker")).filter(Files::isExecutable)
            .findFirst().orElseThrow().toString();
        return scripts().env("PATH", directory + File.pathSeparator + path).env("REAL_DOCKER", real).env("SCRATCH", scratch.toString());
    }

    private static Path safetyBackup(Scripts.Result result) {
        return Path.of(result.stdout().lines().filter(line -> line.startsWith("What was replaced is kept in ")).findFirst()
            .orElseThrow(() -> new AssertionError(result)).substring("What was replaced is kept in ".length()));
    }

    private static Path fixtures() {
        try {
            return TestStack.shared().resolve("fixtures");
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    /** Returns what tar extracts of the newer fixture. */
    private static synchronized Path fixture() throws IOException {
        if (!Files.exists(fixtureFiles.resolve("haven"))) {
            command(List.of("tar", "-xpzf", fixtures().resolve(LATEST).toString(), "-C", fixtureFiles.toString()));
        }
        return fixtureFiles;
    }

    private Path extract(Path archive, String name) throws IOException {
        Path into = Files.createDirectory(scratch.resolve(name));
        command(List.of("tar", "-xpzf", archive.toString(), "-C", into.toString()));
        return into;
    }

    private static void command(List<String> command) throws IOException {
        try {
            Process process = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
            assertTrue(process.waitFor(60, TimeUnit.SECONDS) && process.exitValue() == 0, () -> command + " failed");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    private static void write(Path file, String text) throws IOException {
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
    }

    private static String text(Path file) throws IOException {
        return Files.readString(file);
    }

    /** For files that are not text all over: a character for each byte. */
    private static String textOf(Path file) throws IOException {
        return Files.readString(file, StandardCharsets.ISO_8859_1);
    }
}
