package pps;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

//SOURCES ../lib/Manifest.java

/** What a manifest may say; what hostile ones say is in {@link HostileArchives}. */
class ManifestTest {
    private static final Manifest.Promise PLAIN = new Manifest.Promise(true, "entities/lyra/data", List.of("*.db"), 2, 700, true, List.of(),
        List.of(), List.of());

    private static Manifest manifest(String kind, Manifest.Promise promise) {
        return new Manifest(kind, "2026-02-02T12:37:31", "pps-restore 1", true, null, Map.of("sqlite", promise));
    }

    @Test
    @DisplayName("what is written is read again as it was")
    void roundTrip() {
        Manifest backup = manifest("backup", PLAIN);
        Manifest safety = new Manifest("safety", "2026-02-02T12:37:31", "pps-restore 1", false, "pps_backup_20260202_123731.tar.gz", Map.of("neo4j",
            new Manifest.Promise(false, "docker/pps/neo4j_data", List.of("**"), 0, 0, false, List.of("a/\u00e9.md"), List.of("k"),
                List.of("docker/pps", "docker/pps/neo4j_data"))), Map.of(), List.of("neo4j", "pps-lyra"));
        assertEquals(backup, Manifest.parse(backup.toJson()));
        assertEquals(safety, Manifest.parse(safety.toJson()));
        assertTrue(safety.isSafety() && !backup.isSafety());
    }

    @Test
    @DisplayName("the project that it is of may be there or not; what no path can be is refused")
    void projectRoot() {
        Manifest manifest = manifest("backup", PLAIN);
        assertEquals(null, Manifest.parse(manifest.toJson()).projectRoot());
        assertEquals("/home/a b/pps", Manifest.parse(manifest.ofProject("/home/a b/pps").toJson()).projectRoot());
        String json = manifest.ofProject("HERE").toJson();
        for (String value : List.of("7", "null", "[\"/a\"]", "{}", "\"\"", "\"/a\\u0000b\"", "\"/" + "a".repeat(4096) + "\"")) {
            String wrong = json.replace("\"HERE\"", value);
            assertEquals(ExitCode.BAD_BACKUP, assertThrows(Failure.class, () -> Manifest.parse(wrong), value).exitCode());
        }
    }

    @Test
    @DisplayName("the order of the keys does not matter, and keys of a later version are passed over")
    void unknownKeys() {
        String json = "{\"later\": {\"a\": [1, {\"b\": null}]}, \"sources\": {}, \"tool\": \"t\", \"createdAt\": \"c\", \"kind\": \"backup\", "
            + "\"containersStopped\": false, \"format\": 1}";
        assertEquals(Map.of(), Manifest.parse(json).sources());
    }

    @Test
    @DisplayName("a later format is not guessed at, and the message says so")
    void laterFormat() {
        Failure failure = assertThrows(Failure.class, () -> Manifest.parse(manifest("backup", PLAIN).toJson().replace("\"format\": 1", "\"format\": 2")));
        assertEquals(ExitCode.BAD_BACKUP, failure.exitCode());
        assertTrue(failure.getMessage().contains("format 2"), failure::getMessage);
    }

    @ParameterizedTest(name = "without {0}")
    @ValueSource(strings = {"format", "kind", "createdAt", "tool", "containersStopped", "sources", "critical", "path", "files", "bytes", "existed"})
    @DisplayName("nothing that is promised may be missing")
    void missing(String key) {
        String json = manifest("backup", PLAIN).toJson().replace("\"" + key + "\":", "\"other\":");
        assertEquals(ExitCode.BAD_BACKUP, assertThrows(Failure.class, () -> Manifest.parse(json)).exitCode());
    }

    @Test
    @DisplayName("only a safety backup may say what an undo takes away, and what it starts")
    void undoFields() {
        for (Manifest.Promise promise : List.of(
            new Manifest.Promise(true, "p", List.of(), 0, 0, false, List.of(), List.of(), List.of()),
            new Manifest.Promise(true, "p", List.of(), 0, 0, true, List.of("a"), List.of(), List.of()),
            new Manifest.Promise(true, "p", List.of(), 0, 0, true, List.of(), List.of("a"), List.of()),
            new Manifest.Promise(true, "p", List.of(), 0, 0, true, List.of(), List.of(), List.of("a")))) {
            assertThrows(Failure.class, () -> Manifest.parse(manifest("backup", promise).toJson()));
            String ran = manifest("backup", PLAIN).toJson().replace("\"tool\"", "\"ran\": [\"web\"], \"tool\"");
            assertThrows(Failure.class, () -> Manifest.parse(ran));
            assertEquals(promise, Manifest.parse(manifest("safety", promise).toJson()).sources().get("sqlite"));
        }
    }
}
