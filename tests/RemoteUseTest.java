package pps;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

//DEPS com.google.code.gson:gson:2.13.2
//SOURCES Checkout.java
//SOURCES Scripts.java
//SOURCES TestProject.java

/**
 * Runs every script as someone does who has only JBang: from a URL and through the remote catalog. A web server on this machine serves what
 * git tracks, and JBang starts with an empty cache; so a file that nobody added, or that no {@code //SOURCES} names, is missed here.
 */
class RemoteUseTest {
    private static final Set<String> NOT_FOUND = ConcurrentHashMap.newKeySet();

    @TempDir
    private static Path jbangDirectory;
    private static Path root;
    private static Set<String> served;
    private static HttpServer server;
    private static String url;

    @BeforeAll
    static void serve() throws IOException {
        root = Checkout.root();
        served = trackedFiles();
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", RemoteUseTest::answer);
        server.start();
        url = "http://127.0.0.1:" + server.getAddress().getPort() + "/";
    }

    @AfterAll
    static void stop() {
        if (server != null) {
            server.stop(0);
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("aliases")
    @DisplayName("every script answers --help when it is run from its URL")
    void fromUrl(String alias) throws IOException {
        String script = catalog().getAsJsonObject(alias).get("script-ref").getAsString();
        assertHelp(jbang(url + script, "--help"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("aliases")
    @DisplayName("every alias answers --help when it is run through the remote catalog")
    void fromCatalog(String alias) {
        assertHelp(jbang(alias + "@" + url + "jbang-catalog.json", "--help"));
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({"list-backups,--json", "validate-backup,--json", "restore-pps,--list --json"})
    @DisplayName("the tools read the fixtures when they are run through the remote catalog")
    void readsFixtures(String alias, String options) {
        Path fixtures = root.resolveSibling("shared").resolve("fixtures");
        assumeTrue(Files.isDirectory(fixtures), "needs the fixtures beside the checkout, in ../shared/fixtures");
        List<String> arguments = new ArrayList<>(List.of(alias + "@" + url + "jbang-catalog.json", "--backup-dir", fixtures.toString()));
        arguments.addAll(List.of(options.split(" ")));
        Scripts.Result result = jbang(arguments.toArray(String[]::new));
        assertAll(
            () -> assertEquals(0, result.exitCode(), result::toString),
            () -> assertTrue(result.stdout().contains("pps_backup_20260820_040012.tar.gz"), result::toString),
            () -> assertTrue(JsonParser.parseString(result.stdout()).isJsonObject(), result::toString));
    }

    @Test
    @DisplayName("exported as a portable jar and carried elsewhere, a script restores by java alone: no JBang, no cache, no network")
    void exported(@TempDir Path directory) throws IOException {
        Path made = directory.resolve("made");
        Scripts.Result export = jbang("export", "portable", "--force", "-O", made.resolve("restore_pps.jar").toString(),
            root.resolve("restore_pps.java").toString());
        assertEquals(0, export.exitCode(), export::toString);
        Path carried = Files.move(made, directory.resolve("carried"));
        TestProject project = TestProject.create(directory.resolve("here"));
        project.backUp("pps_backup_20260101_000000.tar.gz");
        project.delete("entities/lyra/identity.md");
        List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-jar",
            carried.resolve("restore_pps.jar").toString()));
        command.addAll(Arrays.asList(project.arguments("--latest", "--yes")));
        // No proxy leads anywhere from here.
        Scripts.Result restored = Scripts.with().env("JAVA_TOOL_OPTIONS", null).env("https_proxy", "http://127.0.0.1:1").runCommand(command);
        assertEquals(0, restored.exitCode(), restored::toString);
        assertTrue(Files.exists(project.root.resolve("entities/lyra/identity.md")), restored::toString);
    }

    @Test
    @DisplayName("the catalog describes every alias, and names only files that git tracks")
    void catalogIsWhole() throws IOException {
        for (String alias : aliases()) {
            JsonObject entry = catalog().getAsJsonObject(alias);
            assertFalse(entry.get("description").getAsString().isBlank(), alias);
            assertTrue(served.contains(entry.get("script-ref").getAsString()), () -> alias + " names " + entry.get("script-ref"));
        }
    }

    static List<String> aliases() throws IOException {
        return List.copyOf(catalog().keySet());
    }

    private static JsonObject catalog() throws IOException {
        return JsonParser.parseString(Files.readString(Checkout.root().resolve("jbang-catalog.json"))).getAsJsonObject()
            .getAsJsonObject("aliases");
    }

    private static Scripts.Result jbang(String... arguments) {
        NOT_FOUND.clear();
        List<String> command = new ArrayList<>(List.of(root.resolve("jbang").toString()));
        command.addAll(Arrays.asList(arguments));
        Scripts.Result result = Scripts.with()
            .env("JAVA_HOME", System.getenv("JAVA_HOME"))
            .env("JBANG_REPO", System.getenv("JBANG_REPO"))
            .env("JBANG_DIR", jbangDirectory.toString())
            .env("JBANG_CACHE_DIR", jbangDirectory.resolve("cache").toString())
            .timeout(Duration.ofMinutes(5))
            .runCommand(command);
        assertEquals(Set.of(), NOT_FOUND, () -> "JBang asked for files that git does not track: " + result);
        return result;
    }

    private static void assertHelp(Scripts.Result result) {
        assertAll(
            () -> assertEquals(0, result.exitCode(), result::toString),
            () -> assertTrue(result.stdout().matches("(?s)(SYNOPSIS|Usage).*"), result::toString));
    }

    private static void answer(HttpExchange exchange) throws IOException {
        String path = exchange.getRequestURI().getPath().substring(1);
        try (exchange) {
            if (!served.contains(path)) {
                NOT_FOUND.add(path);
                exchange.sendResponseHeaders(404, -1);
                return;
            }
            byte[] content = Files.readAllBytes(root.resolve(path));
            exchange.sendResponseHeaders(200, content.length == 0 ? -1 : content.length);
            exchange.getResponseBody().write(content);
        }
    }

    /** Returns what git tracks; in a copy that is no git checkout, every file that does not start with a dot. */
    private static Set<String> trackedFiles() throws IOException {
        if (Files.exists(root.resolve(".git"))) {
            Scripts.Result tracked = Scripts.with().in(root).runCommand(List.of("git", "-c", "safe.directory=*", "ls-files", "-z"));
            assertEquals(0, tracked.exitCode(), tracked::toString);
            return Set.of(tracked.stdout().split("\0"));
        }
        try (Stream<Path> files = Files.walk(root)) {
            return Set.copyOf(files.filter(Files::isRegularFile).map(file -> root.relativize(file).toString())
                .filter(name -> !name.startsWith(".")).toList());
        }
    }
}
