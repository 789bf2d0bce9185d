package pps;

//DEPS org.junit.jupiter:junit-jupiter:5.14.4
//SOURCES TestProject.java Tree.java ../lib/BackupPlan.java ../lib/SourceScan.java

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.AbstractList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("A walk of a source")
class SourceWalkTest {
    @TempDir
    private Path directory;
    private TestProject project;
    private Path disk;

    @BeforeEach
    void create() throws IOException {
        project = TestProject.empty(directory);
        project.write("entities/lyra/identity.md", "me");
        project.write("entities/lyra/journals/a.md", "a");
        project.directory("entities/lyra/data", "docker/pps/chromadb_data");
        disk = Files.createDirectories(directory.toRealPath().resolve("disk2"));
    }

    private Path link(String path, Path target) throws IOException {
        return Files.createSymbolicLink(project.root.resolve(path), target);
    }

    private void onDisk(String path, String content) throws IOException {
        Path file = disk.resolve(path);
        Files.createDirectories(file.getParent());
        Files.writeString(file, content);
    }

    private SourceScan scan(String name) {
        List<SourceMap.Source> all = SourceMap.builtIn().sources(List.of("lyra"));
        return SourceScan.of(all.stream().filter(source -> source.name().equals(name)).findFirst().orElseThrow(), project.root, all,
            Set.of(project.root.resolve("work")));
    }

    /** The names of what was found, directories with a slash behind them and links with an arrow. */
    private static Set<String> names(SourceScan scan) {
        return scan.entries().entrySet().stream().filter(entry -> !entry.getKey().isEmpty()).map(entry -> entry.getKey() + switch (entry.getValue().kind()) {
            case DIRECTORY -> "/";
            case SYMLINK -> " ->";
            case FILE -> "";
        }).collect(Collectors.toCollection(TreeSet::new));
    }

    private static void assertSaid(List<String> said, String... parts) {
        assertEquals(parts.length, said.size(), said::toString);
        for (String part : parts) {
            assertTrue(said.stream().anyMatch(one -> one.contains(part)), () -> part + " in " + said);
        }
    }

    @Test
    @DisplayName("takes the file that a link shows when it is not in the backup by itself, though it lies inside the source")
    void linkToUnmatched() throws IOException {
        project.write("entities/lyra/versions/identity_v3.md", "the third");
        project.delete("entities/lyra/identity.md");
        link("entities/lyra/identity.md", Path.of("versions/identity_v3.md"));
        SourceScan scan = scan("entity_identity");
        assertEquals(Set.of("identity.md"), names(scan));
        assertEquals("the third".length(), scan.entries().get("identity.md").size());
        assertSaid(scan.remarks(), "identity.md' is a symbolic link to what is not in the backup by itself");
        assertSaid(scan.missing());
        project.write("entities/lyra/data/store/conv.db", "");
        project.write("entities/lyra/data/v3.db", "");
        link("entities/lyra/data/conv.db", Path.of("store/conv.db"));
        link("entities/lyra/data/latest.db", Path.of("v3.db"));
        assertEquals(Set.of("conv.db", "latest.db ->", "v3.db"), names(scan("sqlite")));
    }

    @Test
    @DisplayName("takes the files of a directory behind a link, of those in it too, under the link's name")
    void linkToDirectory() throws IOException {
        onDisk("2024/jan/01.md", "first");
        onDisk("2024/02.md", "second");
        onDisk("2024/picture.png", "no text");
        onDisk("more/03.md", "third");
        onDisk("none/picture.png", "no text");
        Files.createSymbolicLink(disk.resolve("2024/latest.md"), Path.of("jan/01.md"));
        Files.createSymbolicLink(disk.resolve("2024/out.md"), Path.of("../more/03.md"));
        Files.createSymbolicLink(disk.resolve("2024/more"), disk.resolve("more"));
        link("entities/lyra/journals/2024", disk.resolve("2024"));
        link("entities/lyra/journals/none", disk.resolve("none"));
        SourceScan scan = scan("journals");
        assertEquals(new TreeSet<>(Set.of("2024/", "2024/02.md", "2024/jan/", "2024/jan/01.md", "2024/latest.md ->", "2024/more/",
            "2024/more/03.md", "2024/out.md", "a.md")), names(scan));
        assertSaid(scan.remarks(), "journals/2024' is a symbolic link to a directory", "2024/more' is a symbolic link to a directory",
            "2024/out.md' is a symbolic link to what is not in the backup by itself");
        assertSaid(scan.missing());
    }

    @Test
    @DisplayName("comes to an end with links in a circle, and takes nothing a second time that the backup holds anyway")
    void circles() throws IOException {
        project.write("entities/lyra/crystals/c.md", "c");
        project.write("entities/lyra/archive/old.md", "in no source");
        onDisk("x/1.md", "1");
        onDisk("y/2.md", "2");
        Files.createSymbolicLink(disk.resolve("x/y"), disk.resolve("y"));
        Files.createSymbolicLink(disk.resolve("y/x"), disk.resolve("x"));
        Files.createSymbolicLink(disk.resolve("x/self"), Path.of("."));
        link("entities/lyra/journals/x", disk.resolve("x"));
        link("entities/lyra/journals/self", Path.of("."));
        link("entities/lyra/journals/crystals", Path.of("../crystals"));
        link("entities/lyra/journals/archive", Path.of("../archive"));
        SourceScan scan = scan("journals");
        assertEquals(new TreeSet<>(Set.of("a.md", "archive/", "archive/old.md", "x/", "x/1.md", "x/y/", "x/y/2.md")), names(scan));
        assertSaid(scan.missing());
    }

    @Test
    @DisplayName("says what a link shows that the backup does not hold")
    void missing() throws IOException {
        onDisk("index/data.bin", "numbers");
        link("entities/lyra/journals/project", Path.of("../../.."));
        link("entities/lyra/journals/2023", directory.resolve("not mounted"));
        link("docker/pps/chromadb_data/index", disk.resolve("index"));
        SourceScan journals = scan("journals");
        assertEquals(Set.of("a.md"), names(journals));
        assertSaid(journals.missing(), "journals/project' is left out: it is a symbolic link to " + project.root.toRealPath() + ", which lies around",
            "journals/2023' is left out: it is a symbolic link to something that is not there");
        SourceScan unit = scan("chromadb");
        assertEquals(Set.of(), names(unit));
        assertSaid(unit.missing(), "chromadb_data/index' is left out: it is a symbolic link to a directory out of its source");
    }

    /** A list that does something whenever it is gone through, as a walk does with the sources for each file that it wants. */
    private static <T> List<T> whenUsed(List<T> list, Runnable action) {
        return new AbstractList<>() {
            @Override
            public T get(int index) {
                return list.get(index);
            }

            @Override
            public int size() {
                action.run();
                return list.size();
            }
        };
    }

    @Test
    @DisplayName("goes on without what a running stack removes in the middle of it, and so does a walk of what is there now")
    void vanishing() throws IOException {
        Path journals = project.root.resolve("entities/lyra/journals");
        for (int i = 0; i < 20; i++) {
            project.write("entities/lyra/journals/" + i + ".md", "text");
            project.write("entities/lyra/journals/sub" + i + "/x.md", "text");
        }
        List<SourceMap.Source> all = SourceMap.builtIn().sources(List.of("lyra"));
        SourceMap.Source source = all.stream().filter(one -> one.name().equals("journals")).findFirst().orElseThrow();
        SourceScan scan = SourceScan.of(source, project.root, whenUsed(all, () -> removeBelow(journals)), Set.of());
        assertTrue(scan.present());
        assertTrue(names(scan).size() <= 2, () -> "no more than the one that was looked at: " + names(scan));
        for (int i = 0; i < 20; i++) {
            project.write("entities/lyra/journals/" + i + ".md", "text");
            project.write("entities/lyra/journals/sub" + i + "/x.md", "text");
        }
        assertTrue(LiveFiles.list(journals, true, path -> {
            removeBelow(journals);
            return true;
        }).isEmpty());
    }

    private static void removeBelow(Path directory) {
        try (Stream<Path> walk = Files.walk(directory)) {
            for (Path file : walk.filter(path -> !path.equals(directory)).sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
