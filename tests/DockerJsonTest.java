package pps;

//DEPS org.junit.jupiter:junit-jupiter:5.14.4
//DEPS com.google.code.gson:gson:2.13.2
//SOURCES ../lib/Compose.java ../lib/DockerJson.java ../lib/Stack.java ../lib/Unwell.java ../lib/DockerTrouble.java

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonParser;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What docker prints, read and judged without an engine. */
@DisplayName("What docker prints")
class DockerJsonTest {
    private static final long SECOND = Duration.ofSeconds(1).toNanos();

    @Test
    @DisplayName("is read whether a listing has one object per line or is one array")
    void linesAndArray() {
        String lines = "{\"Service\":\"neo4j\"}\n{\"Service\":\"haven\"}\n";
        String array = "[{\"Service\":\"neo4j\"},{\"Service\":\"haven\"}]\n";
        assertEquals(DockerJson.objects(lines), DockerJson.objects(array));
        assertEquals(2, DockerJson.objects(array).size());
        assertEquals(List.of(), DockerJson.objects("[]\n"));
        assertEquals(List.of(), DockerJson.objects(""));
    }

    @Test
    @DisplayName("has its doubled dollar signs made single in host paths")
    void doubledDollars() {
        Stack stack = DockerJson.configuration("""
            {"name": "p", "services": {"a": {"volumes": [
              {"type": "bind", "source": "/data/a$$b c", "target": "/d", "bind": {"create_host_path": true}},
              {"type": "bind", "source": "/data/ro", "target": "/ro", "read_only": true, "bind": {}}]}}}""");
        Stack.Bind first = stack.services().get(0).binds().get(0);
        assertEquals(new Stack.Bind(Path.of("/data/a$b c"), "/d", false, true, Stack.Kind.MISSING), first);
        assertTrue(stack.services().get(0).binds().get(1).readOnly());
    }

    @Test
    @DisplayName("shows volumes that are bind mounts in disguise, and secrets and configs that are files")
    void disguisedBinds() {
        Stack stack = DockerJson.configuration("""
            {"name": "p",
             "secrets": {"s": {"file": "/x/secret"}}, "configs": {"c": {"file": "/x/conf"}},
             "volumes": {"v": {"driver_opts": {"type": "none", "o": "rw,bind", "device": "/x/dev"}}, "plain": {"name": "p_plain"}},
             "services": {"a": {"secrets": [{"source": "s", "target": "/run/secrets/s"}], "configs": [{"source": "c", "target": "/c"}],
              "volumes": [{"type": "volume", "source": "v", "target": "/v"}, {"type": "volume", "source": "plain", "target": "/p"}]}}}""");
        assertEquals(Set.of(Path.of("/x/secret"), Path.of("/x/conf"), Path.of("/x/dev")), stack.bindSources());
    }

    @Test
    @DisplayName("tells dependencies, restart policy and health check of a service")
    void service() {
        Stack stack = DockerJson.configuration("""
            {"name": "p", "services": {
              "b": {"depends_on": {"a": {"condition": "service_healthy"}}, "restart": "always", "healthcheck": {"test": ["CMD", "true"]}},
              "a": {"healthcheck": {"disable": true}}}}""");
        assertEquals(new Stack.Service("a", Set.of(), false, "", List.of()), stack.services().get(0));
        assertEquals(new Stack.Service("b", Set.of("a"), true, "always", List.of()), stack.services().get(1));
        assertEquals(Set.of("a", "b"), stack.toStart());
    }

    @Test
    @DisplayName("of containers is read with state, health, restarts and mounts, as this machine names the paths")
    void container() {
        Stack.Container container = DockerJson.containers("""
            [{"Id": "1f", "Name": "/pps-neo4j", "RestartCount": 3,
              "State": {"Status": "restarting", "ExitCode": 3, "StartedAt": "2026-01-01T00:00:00Z", "Health": {"Status": "unhealthy"}},
              "Config": {"Labels": {"com.docker.compose.project": "pps", "com.docker.compose.service": "neo4j",
                "com.docker.compose.oneoff": "False"}},
              "HostConfig": {"RestartPolicy": {"Name": "unless-stopped"}, "Binds": ["/home/me/data:/data:ro"]},
              "Mounts": [{"Type": "bind", "Source": "/run/desktop/mnt/host/c/pps", "Destination": "/pps", "RW": true},
                {"Type": "volume", "Source": "/var/lib/docker/volumes/x", "Destination": "/x", "RW": true}]}]""").get(0);
        assertEquals("pps-neo4j", container.name());
        assertEquals("unhealthy", container.health());
        assertEquals(3, container.restartCount());
        assertTrue(container.active());
        assertFalse(container.oneOff());
        assertEquals(List.of(new Stack.Bind(Path.of("/c/pps"), "/pps", false, false, Stack.Kind.MISSING),
            new Stack.Bind(Path.of("/home/me/data"), "/data", true, false, Stack.Kind.MISSING)), container.binds());
    }

    @Test
    @DisplayName("comes back from the journal with what a later process needs to start what ran")
    void journal() {
        Stack before = new Stack("pps", List.of(
            new Stack.Service("haven", Set.of("neo4j"), true, "always",
                List.of(new Stack.Bind(Path.of("/x/token"), "/t", true, true, Stack.Kind.FILE))),
            new Stack.Service("neo4j", Set.of(), true, "always", List.of())),
            List.of(container("haven", "exited"), container("neo4j", "paused"), container("gone", "running")));
        Stack after = Stack.fromJson(JsonParser.parseString(before.toJson().toString()).getAsJsonObject());
        assertEquals(Set.of("gone", "neo4j"), after.running());
        assertEquals(before.toStart(), after.toStart());
        assertEquals(before.bindSources(), after.bindSources());
        assertEquals(Stack.Kind.FILE, after.services().get(0).binds().get(0).kind());
        assertEquals(before.containers().get(2).id(), after.containers().get(2).id());
        assertEquals(ComposeStart.upArguments(before, before.serviceNames(), true),
            ComposeStart.upArguments(after, after.serviceNames(), true));
    }

    @Test
    @DisplayName("leads to a start that recreates containers only on WSL2 with a mounted file, and never removes one")
    void upArguments() {
        Stack stack = new Stack("pps", List.of(
            new Stack.Service("haven", Set.of(), true, "", List.of(new Stack.Bind(Path.of("/x"), "/x", true, true, Stack.Kind.FILE))),
            new Stack.Service("many", Set.of(), true, "", List.of(new Stack.Bind(Path.of("/y"), "/y", true, true, Stack.Kind.DIRECTORY)))),
            List.of(container("many", "running"), container("many", "exited"), container("haven", "running")));
        assertEquals(List.of("up", "-d", "--no-deps", "--no-recreate", "--scale", "many=2", "haven", "many"),
            ComposeStart.upArguments(stack, stack.running(), false));
        assertTrue(ComposeStart.upArguments(stack, stack.running(), true).contains("--force-recreate"));
        assertTrue(ComposeStart.upArguments(stack, Set.of("many"), true).contains("--no-recreate"));
    }

    @Test
    @DisplayName("of a service without a health check counts as well only when it ran on, not between two crashes")
    void judgedTwice() {
        Unwell.Judge judge = new Unwell.Judge(Unwell.Judge.STEADY, List.of(), service -> "logs " + service);
        List<Stack.Container> first = List.of(running("chromadb", "t1", 0, ""));
        assertEquals("running, but for less than 5 seconds", judge.judge(Set.of("chromadb"), first, 0).get(0).what());
        List<Stack.Container> restarted = List.of(running("chromadb", "t2", 4, ""));
        assertEquals("running, but for less than 5 seconds, 4 restarts",
            judge.judge(Set.of("chromadb"), restarted, 6 * SECOND).get(0).what());
        assertEquals(List.of(), judge.judge(Set.of("chromadb"), restarted, 11 * SECOND));
    }

    @Test
    @DisplayName("of a service that was restarted counts as well only when it stayed healthy")
    void healthyAfterRestarts() {
        Unwell.Judge judge = new Unwell.Judge(Unwell.Judge.STEADY, List.of(), service -> "");
        assertEquals(List.of(), judge.judge(Set.of("neo4j"), List.of(running("neo4j", "t1", 0, "healthy")), 0));
        List<Stack.Container> restarted = List.of(running("neo4j", "t2", 1, "healthy"));
        assertEquals("healthy, but only just, 1 restart", judge.judge(Set.of("neo4j"), restarted, SECOND).get(0).what());
        assertEquals(List.of(), judge.judge(Set.of("neo4j"), restarted, 6 * SECOND));
    }

    @Test
    @DisplayName("of a job that ended with 0 counts as done, of one that failed as final, and names the cause before what waits for it")
    void jobs() {
        Unwell.Judge judge = new Unwell.Judge(Duration.ZERO, List.of(), service -> "logs " + service);
        List<Stack.Container> containers = List.of(ended("done", 0, "no"), ended("failed", 3, "no"), ended("service", 0, "always"),
            container("app", "created"));
        List<Unwell> unwell = judge.judge(Set.of("app", "done", "failed", "service"), containers, 0);
        assertEquals(Set.of("failed", "service", "app"), Set.copyOf(unwell.stream().map(Unwell::service).toList()));
        assertEquals("app", unwell.get(2).service());
        Unwell failed = unwell.stream().filter(one -> one.service().equals("failed")).findFirst().orElseThrow();
        assertEquals("exited with code 3", failed.what());
        assertEquals("logs failed", failed.next());
        assertTrue(Unwell.Judge.isFinal(failed, containers));
        assertFalse(Unwell.Judge.isFinal(unwell.get(2), containers));
    }

    @Test
    @DisplayName("names a service that crashes before one that only has not run long enough yet")
    void crashBeforeTooShort() {
        Unwell.Judge judge = new Unwell.Judge(Unwell.Judge.STEADY, List.of(), service -> "");
        List<Stack.Container> containers = List.of(running("chromadb", "t1", 0, ""), ended("neo4j", 3, "always"));
        List<Unwell> unwell = judge.judge(new java.util.TreeSet<>(Set.of("chromadb", "neo4j")), containers, 0);
        assertEquals(List.of("neo4j", "chromadb"), unwell.stream().map(Unwell::service).toList());
    }

    @Test
    @DisplayName("never shows a password: known secrets and quoted YAML values are masked, and only the last lines are quoted")
    void masked() {
        Set<String> secrets = DockerTrouble.secrets(Map.of("OPENAI_API_KEY", "sk-12345", "HOME", "/home/me"),
            "NEO4J_PASSWORD='hunter22' # comment\nCN=pps\nexport APP_TOKEN=\"tok tok\"\n");
        assertEquals("\n  docker: bad value ***, *** and *** in pps\n  docker: line 2: cannot unmarshal !!str `...` into int",
            DockerTrouble.quoted(" Container pps-neo4j  Started\nbad value hunter22, sk-12345 and tok tok in pps\n"
                + "line 2: cannot unmarshal !!str `geheim` into int\n", secrets));
        assertEquals("", DockerTrouble.quoted("", secrets));
        assertEquals(5, DockerTrouble.quoted("1\n2\n3\n4\n5\n6\n7", secrets).lines().filter(line -> !line.isEmpty()).count());
        assertEquals("\n  docker: \\x1b]0;x\\x07", DockerTrouble.quoted("\u001b]0;x\u0007", secrets));
    }

    private static Stack.Container container(String service, String state) {
        return new Stack.Container("pps", service, false, "pps-" + service, "id-" + service, state, "", 0, 0, "always", "t0", List.of());
    }

    private static Stack.Container running(String service, String startedAt, int restarts, String health) {
        return new Stack.Container("pps", service, false, "pps-" + service, "id", "running", health, 0, restarts, "always", startedAt,
            List.of());
    }

    private static Stack.Container ended(String service, int exitCode, String restart) {
        return new Stack.Container("pps", service, false, "pps-" + service, "id-" + service, "exited", "", exitCode, 0, restart, "t0",
            List.of());
    }
}
