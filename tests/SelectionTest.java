package pps;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

//SOURCES ../lib/Selection.java

class SelectionTest {
    private static final SourceMap MAP = SourceMap.builtIn();
    private static final List<String> NONE = List.of();

    @TempDir
    private Path root;

    private static Contents contents(String... sources) {
        return new Contents(Path.of("a.tar.gz"), 1, Optional.empty(), Stream.of(sources).map(source -> new Archived(source, "x.md", Archived.Kind.FILE, 1,
            0644, 0, 0, FileTime.fromMillis(0), null, Fingerprint.ofWhole(1, "00"))).toList(), List.of());
    }

    private Selection.Sorted sort(Selection selection, String... sources) {
        return selection.sort(contents(sources), MAP, root);
    }

    @Test
    @DisplayName("without a choice everything is restored that the map knows")
    void everything() {
        Selection.Sorted sorted = sort(Selection.ALL, "sqlite", "chromadb", "mystery");
        assertEquals(Set.of("sqlite", "chromadb"), sorted.chosen().keySet());
        assertEquals(List.of("mystery"), sorted.unknown());
        assertEquals("entities/lyra/data", sorted.chosen().get("sqlite").path());
    }

    @Test
    @DisplayName("--skip and --only take names as the archive or the map spells them")
    void skipAndOnly() {
        String[] sources = {"lyra_sqlite", "caia_sqlite", "lyra_crystals", "haven"};
        assertEquals(Set.of("lyra_crystals", "haven"), sort(new Selection(NONE, List.of("sqlite"), null), sources).chosen().keySet());
        assertEquals(Set.of("caia_sqlite", "lyra_crystals", "haven"), sort(new Selection(NONE, List.of("lyra_sqlite"), null), sources).chosen().keySet());
        assertEquals(Set.of("lyra_sqlite", "caia_sqlite"), sort(new Selection(List.of("sqlite"), NONE, null), sources).chosen().keySet());
        assertEquals(Set.of("lyra_sqlite"), sort(new Selection(List.of("sqlite"), List.of("caia_sqlite"), null), sources).chosen().keySet());
        assertEquals(List.of("lyra_crystals", "haven"), sort(new Selection(List.of("sqlite"), NONE, null), sources).leftOut());
    }

    @Test
    @DisplayName("an unknown source is an error that lists the known ones, before the archive is read and after")
    void unknownSource() {
        Failure before = assertThrows(Failure.class, () -> new Selection(List.of("sqlight"), NONE, null).checkNames(MAP));
        assertEquals(ExitCode.USAGE, before.exitCode());
        assertTrue(before.next().contains("sqlite, entity_identity, crystals"), before::next);
        Failure after = assertThrows(Failure.class, () -> sort(new Selection(List.of("haven"), NONE, null), "sqlite", "crystals"));
        assertEquals(ExitCode.USAGE, after.exitCode());
        assertEquals("Known sources: crystals, sqlite", after.next());
        Failure hostile = assertThrows(Failure.class, () -> new Selection(NONE, List.of("x\u001b[2J"), null).checkNames(MAP));
        assertTrue(hostile.getMessage().contains("\\x1b[2J"), hostile::getMessage);
    }

    @Test
    @DisplayName("--entity says where a plain backup goes, and which part of a prefixed one is meant, without what all share")
    void entity() throws IOException {
        Files.createDirectories(root.resolve("entities/lyra/data"));
        Files.createDirectories(root.resolve("entities/caia/data"));
        Selection caia = new Selection(NONE, NONE, "caia");
        assertEquals("entities/caia/data", sort(caia, "sqlite", "haven").chosen().get("sqlite").path());
        assertEquals(Set.of("sqlite", "haven"), sort(caia, "sqlite", "haven").chosen().keySet());
        assertEquals(Set.of("caia_sqlite"), sort(caia, "caia_sqlite", "lyra_sqlite", "haven").chosen().keySet());
        assertEquals(ExitCode.USAGE, assertThrows(Failure.class, () -> sort(new Selection(NONE, NONE, "nobody"), "sqlite")).exitCode());
        Files.createDirectories(root.resolve("entities/zoe/data"));
        assertEquals(ExitCode.USAGE, assertThrows(Failure.class, () -> sort(new Selection(NONE, NONE, "zoe"), "caia_sqlite", "lyra_sqlite")).exitCode());
    }

    @Test
    @DisplayName("an entity named entity makes entity_identity mean two things, which is refused")
    void ambiguity() {
        assertEquals(ExitCode.BAD_BACKUP, assertThrows(Failure.class, () -> sort(Selection.ALL, "entity_sqlite", "entity_identity")).exitCode());
        assertEquals(Set.of("lyra_sqlite", "lyra_identity"), sort(Selection.ALL, "lyra_sqlite", "lyra_identity").chosen().keySet());
    }
}
