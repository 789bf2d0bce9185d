package pps;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

//DEPS com.google.code.gson:gson:2.13.2
//SOURCES Checkout.java
//SOURCES ../lib/SourceMap.java

class SourceMapTest {
    @TempDir
    private Path root;

    private void entity(String name) throws IOException {
        Files.createDirectories(root.resolve("entities").resolve(name).resolve("data"));
    }

    @Test
    @DisplayName("entities are the directories with a data/ in them, and no templates")
    void entities() throws IOException {
        entity("lyra");
        entity("caia");
        entity("_template");
        Files.createDirectories(root.resolve("entities/empty"));
        Files.writeString(root.resolve("entities/notes.txt"), "");
        assertEquals(List.of("caia", "lyra"), SourceMap.entities(root));
        assertEquals(List.of(), SourceMap.entities(root.resolve("gone")));
    }

    @ParameterizedTest(name = "{0} is {1} in {2}")
    @CsvSource({
        "sqlite, sqlite, entities/zoe/data", "entity_identity, entity_identity, entities/zoe", "crystals, crystals, entities/zoe/crystals",
        "caia_sqlite, sqlite, entities/caia/data", "caia_identity, entity_identity, entities/caia", "my_own_journals, journals, entities/my_own/journals",
        "chromadb, chromadb, docker/pps/chromadb_data", "haven, haven, haven/data", "word_photos, word_photos, entities/zoe/memories/word_photos",
        "caia_word_photos, word_photos, entities/caia/memories/word_photos",
    })
    @DisplayName("both layouts name the same places")
    void bothLayouts(String name, String kind, String path) {
        SourceMap.Source source = SourceMap.builtIn().resolve(name, "zoe").orElseThrow();
        assertEquals(kind, source.kind());
        assertEquals(path, source.path());
    }

    @ParameterizedTest(name = "'{0}'")
    @ValueSource(strings = {"", "nothing", "_sqlite", ".hidden_sqlite", ".._sqlite", "_template_identity", "a\nb_sqlite", "a\u202eb_sqlite", "$(x)_sqlite",
        "caia_chromadb", "caia_entity_identit", "SQLITE"})
    @DisplayName("a name that is no source of any project is unknown")
    void unknown(String name) {
        assertEquals(Optional.empty(), SourceMap.builtIn().resolve(name, "lyra"));
    }

    @Test
    @DisplayName("one entity is written with plain names, several with their own in front, and shared sources once")
    void names() {
        assertTrue(SourceMap.builtIn().sources(List.of("lyra")).stream().map(SourceMap.Source::name).toList()
            .containsAll(List.of("sqlite", "entity_identity", "chromadb", "neo4j", "haven")));
        List<String> two = SourceMap.builtIn().sources(List.of("caia", "lyra")).stream().map(SourceMap.Source::name).toList();
        assertTrue(two.containsAll(List.of("caia_sqlite", "lyra_identity", "haven")) && !two.contains("sqlite"));
        assertEquals(1, two.stream().filter("haven"::equals).count());
    }

    @Test
    @DisplayName("a pps-sources.json at the project root replaces the built-in map, and one that is named replaces both")
    void ownMap() throws IOException {
        Files.writeString(root.resolve("pps-sources.json"), "{\"sources\": {\"a\": {\"path\": \"x/\", \"include\": [\"*\"], \"critical\": true}}}");
        Path other = Files.writeString(root.resolve("other.json"), "{\"sources\": {\"b\": {\"path\": \"y\", \"include\": [\"**\"], \"critical\": false}}}");
        assertEquals(List.of("a"), SourceMap.load(root, null).names());
        assertEquals("x", SourceMap.load(root, null).definitions().get(0).path());
        assertEquals(List.of("b"), SourceMap.load(root, other).names());
        assertEquals(SourceMap.builtIn(), SourceMap.load(root.resolve("gone"), null));
        assertTrue(SourceMap.looksLikeProjectRoot(root));
    }

    @ParameterizedTest(name = "'{0}'")
    @ValueSource(strings = {"", "[]", "{", "{}", "null", "{\"sources\": {}}", "{\"sources\": []}", "{\"sources\": {\"a\": {}}}",
        "{\"sources\": {\"a\": {\"path\": \"x\", \"include\": [], \"critical\": true}}}",
        "{\"sources\": {\"a\": {\"path\": \"../x\", \"include\": [\"*\"], \"critical\": true}}}",
        "{\"sources\": {\"a\": {\"path\": \"/x\", \"include\": [\"*\"], \"critical\": true}}}",
        "{\"sources\": {\"a\": {\"path\": \"x\", \"include\": [\"../*\"], \"critical\": true}}}",
        "{\"sources\": {\"a\": {\"path\": \"x\", \"include\": [\"[\"], \"critical\": true}}}",
        "{\"sources\": {\"a\": {\"path\": \"x\", \"include\": \"*\", \"critical\": true}}}",
        "{\"sources\": {\"a\": {\"path\": [], \"include\": [\"*\"], \"critical\": true}}}",
        "{\"sources\": {\"a/b\": {\"path\": \"x\", \"include\": [\"*\"], \"critical\": true}}}",
        "{\"sources\": {\"_a\": {\"path\": \"x\", \"include\": [\"*\"], \"critical\": true}}}",
        "{\"sources\": {\"a\": {\"path\": \"x\", \"include\": [\"*\"], \"critical\": true, \"more\": 1}}}",
        "{\"compose\": \"../x\", \"sources\": {\"a\": {\"path\": \"x\", \"include\": [\"*\"], \"critical\": true}}}",
        "{\"sources\": {\"a\": {\"path\": \"x\", \"include\": [\"**\"], \"critical\": true}, \"b\": {\"path\": \"x/y\", \"include\": [\"*\"], \"critical\": true}}}",
        "{\"sources\": {\"b\": {\"path\": \"x\", \"include\": [\"*\"], \"critical\": true}, \"a\": {\"path\": \"x/.\", \"include\": [\"**\"], \"critical\": true}}}",
        "{\"sources\": {\"a\": {\"path\": \".\", \"include\": [\"**\"], \"critical\": true}}}",
        "{\"sources\": {\"a\": {\"path\": \"work\", \"include\": [\"**\"], \"critical\": true}}}",
        "{\"extra\": 1, \"sources\": {\"a\": {\"path\": \"x\", \"include\": [\"*\"], \"critical\": true}}}"})
    @DisplayName("what is no source map is refused as wrong usage, and shown where to read how")
    void invalid(String json) throws IOException {
        Path file = Files.writeString(root.resolve("pps-sources.json"), json);
        Failure failure = assertThrows(Failure.class, () -> SourceMap.load(root, null));
        assertAll(() -> assertEquals(ExitCode.USAGE, failure.exitCode()), () -> assertTrue(failure.getMessage().contains(file.toString())),
            () -> assertTrue(failure.next().contains("pps-sources.schema.json")));
    }

    @Test
    @DisplayName("a source map nested without end is refused like any other that is none")
    void nestedMap() throws IOException {
        Files.writeString(root.resolve("pps-sources.json"), "[".repeat(200_000));
        assertEquals(ExitCode.USAGE, assertThrows(Failure.class, () -> SourceMap.load(root, null)).exitCode());
    }

    @Test
    @DisplayName("the example in docs loads, and says what it means")
    void example() {
        SourceMap map = SourceMap.load(root, Checkout.root().resolve("docs/pps-sources.example.json"));
        assertEquals(List.of("wiki", "accounts", "search"), map.names());
        assertEquals(root.resolve("deploy/compose.yaml"), map.composeFile(root));
        assertTrue(map.resolve("search", "lyra").orElseThrow().isUnit());
        assertFalse(map.resolve("wiki", "lyra").orElseThrow().isUnit());
    }

    @Test
    @DisplayName("the schema in docs names exactly the keys that are read")
    void schema() throws IOException {
        JsonObject schema = JsonParser.parseString(Files.readString(Checkout.root().resolve("docs/pps-sources.schema.json"))).getAsJsonObject();
        JsonObject source = schema.getAsJsonObject("properties").getAsJsonObject("sources").getAsJsonObject("additionalProperties");
        assertEquals(SourceMapFile.TOP, schema.getAsJsonObject("properties").keySet());
        assertEquals(SourceMapFile.SOURCE, source.getAsJsonObject("properties").keySet());
        assertEquals(Set.of("path", "include", "critical"), new TreeSet<>(source.getAsJsonArray("required").asList().stream()
            .map(key -> key.getAsString()).toList()));
        assertFalse(schema.get("additionalProperties").getAsBoolean() || source.get("additionalProperties").getAsBoolean());
    }

    @Test
    @DisplayName("a compose file is the one named, or the first of Compose's own names in the directory")
    void composeFile() throws IOException {
        assertEquals(root.resolve("pps/docker/docker-compose.yml"), SourceMap.builtIn().composeFile(root));
        Files.createDirectories(root.resolve("pps/docker"));
        Files.writeString(root.resolve("pps/docker/docker-compose.yml"), "");
        Files.writeString(root.resolve("pps/docker/compose.yml"), "");
        assertEquals(root.resolve("pps/docker/compose.yml"), SourceMap.builtIn().composeFile(root));
    }
}
