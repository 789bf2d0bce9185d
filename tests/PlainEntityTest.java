package pps;

//DEPS org.junit.jupiter:junit-jupiter:5.14.4
//SOURCES ../lib/Manifest.java ../lib/PlainEntity.java ../lib/SourceMap.java

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("The entity that plain names belong to")
class PlainEntityTest {
    private static final SourceMap MAP = SourceMap.builtIn();
    private static final List<String> PLAIN = List.of("sqlite", "entity_identity", "haven");

    @TempDir
    private Path root;

    private void entity(String name) throws IOException {
        Files.createDirectories(root.resolve("entities").resolve(name).resolve("data"));
    }

    private String of(String asked, Optional<Manifest> manifest, Collection<String> names) {
        return PlainEntity.of(root, asked, MAP, manifest, names);
    }

    private String of(String asked) {
        return of(asked, Optional.empty(), PLAIN);
    }

    private static Optional<Manifest> manifest(String kind, String source, String path) {
        return Optional.of(new Manifest(kind, "2026-11-26T04:00:00", "test", true, null,
            Map.of(source, new Manifest.Promise(true, path, List.of("*.db"), 1, 1, true, List.of(), List.of(), List.of()))));
    }

    @Test
    @DisplayName("is, without a manifest, the one asked for, else the only one of the project, else lyra")
    void withoutManifest() throws IOException {
        assertEquals("lyra", of(null));
        entity("zoe");
        assertEquals("zoe", of(null));
        entity("caia");
        assertEquals("lyra", of(null));
        assertEquals("caia", of("caia"));
    }

    @Test
    @DisplayName("is the one that the manifest records, whatever the project looks like today, unless another is asked for")
    void recorded() throws IOException {
        Optional<Manifest> caia = manifest("backup", "sqlite", "entities/caia/data");
        assertEquals("caia", of(null, caia, PLAIN), "all entities are lost");
        entity("nova");
        assertEquals("caia", of(null, caia, PLAIN), "caia alone is lost");
        assertEquals("nova", of("nova", caia, PLAIN));
        assertEquals("my_own", of(null, manifest("backup", "entity_identity", "entities/my_own"), PLAIN));
    }

    @Test
    @DisplayName("of what a restore replaced is always the one that it lay in")
    void undo() throws IOException {
        entity("lyra");
        Optional<Manifest> nova = manifest("safety", "sqlite", "entities/nova/data");
        assertEquals("nova", of(null, nova, PLAIN));
        assertEquals("nova", of("lyra", nova, PLAIN));
    }

    @Test
    @DisplayName("is not taken from a path that this map would not give the source")
    void strangeManifest() throws IOException {
        entity("zoe");
        for (String path : List.of("entities/../data", "entities/a/b/data", "entities//data", "entities/_t/data", "entities/.h/data", "entities/caia",
            "entities/caia/data/more", "etc/data", "", "entities/{entity}/data")) {
            assertEquals("zoe", of(null, manifest("backup", "sqlite", path), PLAIN), path);
        }
        assertEquals("zoe", of(null, manifest("backup", "caia_sqlite", "entities/caia/data"), PLAIN), "a prefixed name tells for itself");
    }

    @Test
    @DisplayName("is never guessed where another entity may be the one that lost its data")
    void noGuess() throws IOException {
        entity("nova");
        Files.createDirectories(root.resolve("entities/caia"));
        Files.createDirectories(root.resolve("entities/_template/crystals"));
        assertEquals("nova", of(null), "an empty directory is no entity");
        Files.writeString(root.resolve("entities/caia/identity.md"), "I am caia\n");
        Failure failure = assertThrows(Failure.class, () -> of(null));
        assertEquals(ExitCode.USAGE, failure.exitCode());
        assertEquals("Say whose it is: --entity caia   or --entity nova", failure.next());
        assertEquals("nova", of("nova"));
        assertEquals("nova", of(null, Optional.empty(), List.of("nova_sqlite", "haven")), "no plain name of an entity is there");
        Files.delete(root.resolve("entities/caia/identity.md"));
        Files.createDirectories(root.resolve("entities/caia/crystals"));
        assertThrows(Failure.class, () -> of(null));
    }

    @Test
    @DisplayName("is refused with the known ones when neither the project nor the archive has it, and when it is no name")
    void unknown() throws IOException {
        assertDoesNotThrow(() -> PlainEntity.refuseUnknown(root, "anybody", MAP, Optional.empty(), PLAIN), "a project that lost everything");
        entity("zoe");
        assertDoesNotThrow(() -> PlainEntity.refuseUnknown(root, "zoe", MAP, Optional.empty(), PLAIN));
        assertDoesNotThrow(() -> PlainEntity.refuseUnknown(root, "new", MAP, Optional.empty(), List.of("new_sqlite", "zoe_sqlite", "haven")));
        assertDoesNotThrow(() -> PlainEntity.refuseUnknown(root, "caia", MAP, manifest("backup", "sqlite", "entities/caia/data"), PLAIN));
        Failure failure = assertThrows(Failure.class, () -> PlainEntity.refuseUnknown(root, "nobody", MAP, Optional.empty(), List.of("new_sqlite")));
        assertEquals(ExitCode.USAGE, failure.exitCode());
        assertEquals("Known entities: new, zoe", failure.next());
        for (String name : List.of("..", "a/b", "", ".hidden", "a\nb")) {
            assertEquals(ExitCode.USAGE, assertThrows(Failure.class, () -> of(name)).exitCode());
            assertTrue(assertThrows(Failure.class, () -> PlainEntity.refuseUnknown(root, name, MAP, Optional.empty(), PLAIN)).getMessage()
                .startsWith("Not a name"));
        }
    }
}
