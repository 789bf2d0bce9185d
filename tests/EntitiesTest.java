package pps;

//DEPS org.junit.jupiter:junit-jupiter:5.14.4
//SOURCES Scripts.java TestProject.java Tree.java

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Backups made by the script and restored by the script, where a project has or had more than one entity. */
@DisplayName("A project of several entities")
class EntitiesTest {
    @TempDir
    private Path directory;

    private void backedUp(TestProject project) {
        Scripts.Result result = Scripts.run("backup_pps", project.arguments());
        assertEquals(0, result.exitCode(), result::toString);
    }

    private TestProject of(String entity) {
        return TestProject.empty(directory).entity(entity);
    }

    private static void lose(TestProject project, String place) {
        for (String path : project.tree().entries().keySet().stream().sorted(java.util.Comparator.reverseOrder()).toList()) {
            if (path.equals(place) || path.startsWith(place + "/")) {
                project.delete(path);
            }
        }
    }

    @Test
    @DisplayName("gets back what it restored of one entity by --undo into that one, though another was added since the backup")
    void undoOfOne() {
        TestProject project = of("nova");
        backedUp(project);
        project.entity("lyra");
        project.write("entities/nova/identity.md", "nova of today");
        Tree before = project.tree().withoutDirectoryTimes();
        project.restored("--latest", "--entity", "nova");
        assertEquals("I am nova", project.read("entities/nova/identity.md"));
        Scripts.Result undo = project.restored("--undo");
        before.assertSame(project.tree().withoutDirectoryTimes(), undo);
        Scripts.Result other = project.restore("--undo", "--entity", "lyra", "--yes");
        assertEquals(2, other.exitCode(), other::toString);
    }

    @Test
    @DisplayName("that has lost the data of one gets it back there, and never over another entity")
    void lostData() {
        TestProject project = of("caia");
        backedUp(project);
        project.entity("nova");
        Tree nova = project.tree().only(path -> path.startsWith("entities/nova")).withoutDirectoryTimes();
        lose(project, "entities/caia/data");
        Scripts.Result plan = project.restore("--latest", "--dry-run");
        assertTrue(plan.stdout().contains("\nEntity   caia\n"), plan::toString);
        Scripts.Result result = project.restored("--latest");
        nova.assertSame(project.tree().only(path -> path.startsWith("entities/nova")).withoutDirectoryTimes(), result);
        assertEquals("[hello from caia, second]", project.rows("entities/caia/data/conversations.db").toString());
    }

    @Test
    @DisplayName("that has lost one altogether gets it back under its own name")
    void lostEntity() {
        TestProject project = of("caia");
        backedUp(project);
        project.entity("nova");
        lose(project, "entities/caia");
        project.restored("--latest");
        assertEquals("I am caia", project.read("entities/caia/identity.md"));
        assertTrue(Files.notExists(project.root.resolve("entities/lyra")));
    }

    @Test
    @DisplayName("gets a lost one back by --entity from a backup of all, and what all share stays as it is")
    void oneOfAll() {
        TestProject project = of("lyra").entity("caia");
        project.database("haven/data/haven.db", "room");
        backedUp(project);
        lose(project, "entities/caia");
        project.write("entities/lyra/identity.md", "lyra of today");
        project.restored("--latest", "--entity", "caia");
        assertEquals("I am caia", project.read("entities/caia/identity.md"));
        assertEquals("lyra of today", project.read("entities/lyra/identity.md"));
        Scripts.Result unknown = project.restore("--latest", "--entity", "nobody", "--yes");
        assertEquals(2, unknown.exitCode(), unknown::toString);
        assertTrue(unknown.stderr().contains("Known entities: caia, lyra"), unknown::toString);
    }
}
