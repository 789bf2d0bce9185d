package pps;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

//SOURCES Tree.java ../lib/Swap.java

/** The swap itself, in states that only two misfortunes at once bring about; KillAnywhereTest has the others. */
class RollBackTest {
    private static final Instant LONG_AGO = Instant.parse("2026-01-05T06:07:08Z");

    @TempDir
    Path directory;
    private Path live;
    private Path staged;
    private Path moved;
    private List<SwapGroup> groups;
    private Tree before;

    @BeforeEach
    void makeFiles() throws IOException {
        live = Files.createDirectories(directory.resolve("live"));
        staged = Files.createDirectories(directory.resolve("area/staged"));
        moved = directory.resolve("area/moved");
        for (String name : List.of("changed", "removed", "untouched")) {
            Files.writeString(live.resolve(name), "old " + name);
        }
        for (String name : List.of("changed", "added")) {
            Files.writeString(staged.resolve(name), "new " + name);
        }
        Files.setLastModifiedTime(live, java.nio.file.attribute.FileTime.from(LONG_AGO));
        groups = List.of(new SwapGroup("source", "live", true, true, List.of("*"), List.of("added"), List.of(), live, staged, moved,
            List.of("changed", "removed"), List.of("changed", "added"), List.of(), List.of(), Map.of(live, LONG_AGO)));
        before = Tree.of(live);
    }

    @Test
    @DisplayName("going back works after the swap and any number of times, and brings times back too")
    void rollBack() throws IOException {
        Swap.run(groups);
        assertEquals("new changed", Files.readString(live.resolve("changed")));
        for (int i = 0; i < 3; i++) {
            Swap.rollBack(groups);
            before.assertSame(Tree.of(live), "gone back " + i);
        }
        assertEquals("new added", Files.readString(staged.resolve("added")));
    }

    /** The journal said that the swap begins, the disk could not confirm it, and the kill came while the staged files were deleted. */
    @Test
    @DisplayName("going back from a swap that never began takes no file away, though the staged ones are gone")
    void stagedGone() throws IOException {
        Files.delete(staged.resolve("changed"));
        Files.delete(staged.resolve("added"));
        Swap.rollBack(groups);
        before.assertSame(Tree.of(live), "gone back without staging");
    }

    @Test
    @DisplayName("a place that is taken is never overwritten, and going back brings back what was there")
    void occupied() throws IOException {
        Files.writeString(live.resolve("added"), "written by a service since the plan");
        Tree now = Tree.of(live);
        assertThrows(FileAlreadyExistsException.class, () -> Swap.run(groups));
        Swap.rollBack(groups);
        now.files().assertSame(Tree.of(live).files(), "gone back");
    }
}
