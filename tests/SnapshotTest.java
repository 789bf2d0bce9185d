package pps;

//DEPS org.junit.jupiter:junit-jupiter:5.14.4
//SOURCES TestListener.java TestProject.java ../lib/Snapshot.java ../lib/SourceScan.java

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@DisplayName("A snapshot")
class SnapshotTest {
    @TempDir
    private Path directory;
    private TestProject project;
    private Path area;

    @BeforeEach
    void create() throws IOException {
        project = TestProject.empty(directory);
        project.directory("entities/lyra/data");
        project.write("entities/lyra/journals/a.md", "a");
        area = Files.createDirectory(directory.toRealPath().resolve("area"));
    }

    private SourceScan scan(String name) {
        List<SourceMap.Source> all = SourceMap.builtIn().sources(List.of("lyra"));
        return SourceScan.of(all.stream().filter(source -> source.name().equals(name)).findFirst().orElseThrow(), project.root, all, Set.of());
    }

    /** Takes what was found, and returns what would be packed of it. */
    private Map<String, Path> take(Snapshot.Mode mode, SourceScan scan, Listener listener) {
        Snapshot snapshot = new Snapshot(area, mode, listener);
        snapshot.take(List.of(scan));
        assertEquals(List.of(), snapshot.databases().fold());
        snapshot.finish();
        snapshot.promises();
        return snapshot.items().stream().filter(item -> !item.path().isEmpty()).collect(Collectors.toMap(ArchiveWriter.Item::path,
            ArchiveWriter.Item::file));
    }

    @ParameterizedTest
    @EnumSource(Snapshot.Mode.class)
    @DisplayName("holds the rows in the log of a database behind a link, which SQLite keeps beside the database itself")
    void logBehindLink(Snapshot.Mode mode) throws IOException {
        project.databaseWithWal("disk2/conv.db", "in the file", "in the log");
        Path link = Files.createSymbolicLink(project.root.resolve("entities/lyra/data/conv.db"), project.root.resolve("disk2/conv.db"));
        // Of an older database that lay here: it belongs to nothing, and its rows must not get into the new one.
        project.databaseWithWal("old.db", "old", "old, in the log");
        Files.move(project.root.resolve("old.db-wal"), link.resolveSibling("conv.db-wal"));
        SourceScan scan = scan("sqlite");
        assertEquals(Files.size(project.root.resolve("disk2/conv.db-wal")), scan.entries().get("conv.db-wal").size());
        assertEquals(1, scan.files());
        assertTrue(scan.remarks().stream().anyMatch(remark -> remark.contains("conv.db-wal' is left out: the database is a symbolic link")),
            scan.remarks()::toString);
        Map<String, Path> taken = take(mode, scan, Listener.SILENT);
        assertEquals(Set.of("conv.db"), taken.keySet());
        assertEquals(List.of("in the file", "in the log"), project.rows(taken.get("conv.db").toString()));
        assertTrue(Files.size(project.root.resolve("disk2/conv.db-wal")) > 0, "the live log is as it was");
    }

    @Test
    @DisplayName("of a running stack is made without what the stack has removed since it was looked at; of one at rest, that is a failure")
    void removedSince() throws IOException {
        project.database("entities/lyra/data/gone.db", "gone");
        project.database("entities/lyra/data/conv.db", "stays");
        Files.createSymbolicLink(project.root.resolve("entities/lyra/data/link.db"), project.root.resolve("entities/lyra/data/../gone.txt"));
        project.write("entities/lyra/gone.txt", "shown by a link");
        project.write("entities/lyra/journals/gone/b.md", "b");
        SourceScan databases = scan("sqlite");
        SourceScan journals = scan("journals");
        for (String path : List.of("data/gone.db", "gone.txt", "journals/gone/b.md", "journals/gone")) {
            Files.delete(project.root.resolve("entities/lyra").resolve(path));
        }
        List<String> details = new ArrayList<>();
        Listener listener = new TestListener() {
            @Override
            public void detail(String message) {
                details.add(message);
            }
        };
        assertEquals(Set.of("conv.db"), take(Snapshot.Mode.LIVE, databases, listener).keySet());
        assertEquals(Set.of("a.md"), take(Snapshot.Mode.LIVE, journals, listener).keySet().stream().filter(path -> path.endsWith(".md"))
            .collect(Collectors.toSet()));
        assertEquals(3, details.stream().filter(detail -> detail.endsWith("was removed by the running stack meanwhile")).count(), details::toString);
        for (Snapshot.Mode mode : List.of(Snapshot.Mode.AT_REST, Snapshot.Mode.IN_PLACE)) {
            Failure failure = assertThrows(Failure.class, () -> take(mode, databases, Listener.SILENT));
            assertTrue(failure.getMessage().contains("gone.db") && failure.getMessage().contains("no such file"), failure.getMessage());
        }
    }
}
