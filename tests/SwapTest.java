package pps;

//DEPS org.junit.jupiter:junit-jupiter:5.14.4
//SOURCES Tree.java ../lib/Swap.java ../lib/SwapGroup.java

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Going back after services have run on the restored files; what kills and faults do to a swap is tested with whole processes. */
@DisplayName("A swap that is taken back after services wrote")
class SwapTest {
    @TempDir
    private Path root;
    private Path live;
    private Path staged;
    private Path moved;

    @BeforeEach
    void places() throws IOException {
        live = Files.createDirectories(root.resolve("live"));
        staged = Files.createDirectories(root.resolve("area/staged/s"));
        moved = root.resolve("area/moved/s");
    }

    @Test
    @DisplayName("leaves no -wal of a restored database beside an old one, and brings the old one's own -wal back")
    void sidecars() throws IOException {
        Files.writeString(live.resolve("a.db"), "old a");
        Files.writeString(live.resolve("b.db"), "old b");
        Files.writeString(live.resolve("b.db-wal"), "old wal of b");
        Files.writeString(staged.resolve("a.db"), "new a");
        Files.writeString(staged.resolve("b.db"), "new b");
        Files.writeString(staged.resolve("c.db"), "new c");
        Tree before = Tree.of(live).files();
        List<SwapGroup> groups = List.of(group(List.of("*.db"), List.of("a.db", "b.db", "b.db-wal"), List.of("a.db", "b.db", "c.db")));
        Swap.run(groups);
        for (String written : List.of("a.db-wal", "a.db-shm", "b.db-wal", "c.db-journal")) {
            Files.writeString(live.resolve(written), "of the restored database");
        }
        Swap.rollBack(groups);
        before.assertSame(Tree.of(live).files(), "after going back");
        Swap.rollBack(groups);
        before.assertSame(Tree.of(live).files(), "after going back twice");
    }

    @Test
    @DisplayName("keeps the -wal of a database that the swap had not reached yet: it belongs to the old one")
    void notReached() throws IOException {
        Files.writeString(live.resolve("a.db"), "old a");
        Files.writeString(staged.resolve("a.db"), "new a");
        List<SwapGroup> groups = List.of(group(List.of("*.db"), List.of("a.db"), List.of("a.db")));
        Files.writeString(live.resolve("a.db-wal"), "of the old database");
        Swap.rollBack(groups);
        assertTrue(Files.exists(live.resolve("a.db-wal")));
        assertEquals("old a", Files.readString(live.resolve("a.db")));
    }

    @Test
    @DisplayName("brings an old file back where a service has written a new one in its place")
    void occupied() throws IOException {
        Files.writeString(live.resolve("removed.md"), "old");
        List<SwapGroup> groups = List.of(group(List.of("*.md"), List.of("removed.md"), List.of()));
        Swap.run(groups);
        Files.writeString(live.resolve("removed.md"), "written since");
        Files.writeString(live.resolve("another.md"), "written since");
        Swap.rollBack(groups);
        assertEquals("old", Files.readString(live.resolve("removed.md")));
        assertTrue(Files.exists(live.resolve("another.md")), "it is in nobody's way");
    }

    @Test
    @DisplayName("does not mix new files into a unit that was swapped child by child, on a mount point")
    void unit() throws IOException {
        Files.writeString(live.resolve("databases"), "old");
        Files.writeString(staged.resolve("databases"), "new");
        List<SwapGroup> groups = List.of(group(List.of("**"), List.of("databases"), List.of("databases")));
        Swap.run(groups);
        Files.writeString(live.resolve("transactions"), "of the new databases");
        Swap.rollBack(groups);
        assertEquals("old", Files.readString(live.resolve("databases")));
        assertFalse(Files.exists(live.resolve("transactions")));
    }

    @Test
    @DisplayName("names an old file that was deleted in its own place, and no -wal, which comes and goes by itself")
    void deletedSince() throws IOException {
        for (String name : List.of("a.db", "a.db-wal", "b.db")) {
            Files.writeString(live.resolve(name), "old");
        }
        List<SwapGroup> groups = List.of(group(List.of("*.db"), List.of("a.db", "a.db-wal", "b.db"), List.of()));
        Files.delete(live.resolve("a.db-wal"));
        Files.delete(live.resolve("b.db"));
        assertEquals(List.of(live.resolve("b.db")), Swap.rollBack(groups));
        assertEquals("old", Files.readString(live.resolve("a.db")));
    }

    private SwapGroup group(List<String> covers, List<String> takes, List<String> puts) {
        return new SwapGroup("s", "live", true, true, covers, List.of(), List.of(), live, staged, moved, takes, puts, List.of(), List.of(),
            Map.of());
    }
}
