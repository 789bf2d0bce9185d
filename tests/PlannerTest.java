package pps;

//SOURCES TestTar.java
//SOURCES ../lib/ArchiveReader.java
//SOURCES ../lib/Planner.java

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("The planner")
class PlannerTest {
    @TempDir
    Path directory;
    private Path crystals;
    private Contents contents;
    private Planner planner;

    @BeforeEach
    void makeBackupAndProject() throws IOException {
        Path archive = directory.resolve("pps_backup_20260101_000000.tar.gz");
        new TestTar(TestTar.Style.GNU).file("crystals/same.md", "same").file("crystals/other.md", "backup").file("crystals/gone.md", "back")
            .gzip(archive);
        Path root = Files.createDirectories(directory.resolve("project"));
        crystals = Files.createDirectories(root.resolve("entities/lyra/crystals"));
        Files.createDirectories(root.resolve("entities/lyra/data"));
        Files.writeString(crystals.resolve("same.md"), "same");
        Files.writeString(crystals.resolve("other.md"), "live..");
        Files.writeString(crystals.resolve("extra.md"), "extra");
        contents = ArchiveReader.read(archive, ArchiveReader.CHECK_ONLY, Listener.SILENT);
        planner = new Planner(SourceMap.builtIn(), root, false, Listener.SILENT);
    }

    @Test
    @DisplayName("compares by content: a file of the same size and time with other bytes is a change")
    void comparesContent() throws IOException {
        Files.setLastModifiedTime(crystals.resolve("other.md"), contents.entries().get(1).modified());

        assertEquals("+[gone.md] ~[other.md] -[extra.md] =[same.md]", shown(planner.plan(contents, Selection.ALL)));
    }

    @Test
    @DisplayName("made anew when the stack is at rest, takes in what has come and gone, and reads no content again")
    void atRest() throws IOException {
        Plan before = planner.plan(contents, Selection.ALL);
        Files.delete(crystals.resolve("other.md"));
        Files.writeString(crystals.resolve("new.md"), "written by the stack");
        // A content that was changed behind an unchanged size would be seen by reading it: while the stack is down, nothing is read.
        Files.writeString(crystals.resolve("same.md"), "SAME");

        assertEquals("+[other.md, gone.md] ~[] -[extra.md, new.md] =[same.md]", shown(planner.planAtRest(before, Selection.ALL)));
    }

    @Test
    @DisplayName("calls a file that has another size than when the plan was shown a change")
    void atRestBySize() throws IOException {
        Plan before = planner.plan(contents, Selection.ALL);
        Files.writeString(crystals.resolve("same.md"), "grown since");

        assertEquals("+[gone.md] ~[same.md, other.md] -[extra.md] =[]", shown(planner.planAtRest(before, Selection.ALL)));
    }

    private static String shown(Plan plan) {
        Plan.OfSource source = plan.sources().get(0);
        return "+" + paths(source.added()) + " ~" + paths(source.changed()) + " -" + paths(source.removed()) + " =" + paths(source.unchanged());
    }

    private static List<String> paths(List<Plan.Change> changes) {
        return changes.stream().map(Plan.Change::path).toList();
    }
}
