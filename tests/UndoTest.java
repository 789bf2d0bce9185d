package pps;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

//SOURCES Scripts.java
//SOURCES Strace.java
//SOURCES TestProject.java
//SOURCES TestTar.java
//SOURCES Tree.java

class UndoTest {
    private static final String BACKUP = "pps_backup_20260301_000000.tar.gz";

    /** Makes a project that has gone on since its backup in every way that a restore takes back. */
    private static TestProject changedSinceItsBackup(Path directory) {
        TestProject project = TestProject.create(directory);
        project.write("entities/lyra/growth_notes.md", "in the backup, and deleted since");
        project.write("entities/lyra/crystals/2025/crystal_000.md", "in the backup, and deleted since, with its directory");
        project.backUp(BACKUP);
        project.delete("entities/lyra/growth_notes.md");
        project.delete("entities/lyra/crystals/2025/crystal_000.md");
        project.delete("entities/lyra/crystals/2025");
        project.delete("entities/lyra/notebook/ideas.md");
        project.delete("entities/lyra/journals/2026/01.md");
        TestProject.mode(project.root.resolve("entities/lyra/journals/2026"), "rwxrwx---");
        project.write("entities/lyra/identity.md", "I am lyra, and more");
        project.write("entities/lyra/goals.md", "new, and named one by one in the map");
        TestProject.mode(project.root.resolve("entities/lyra/relationships.md"), "rw-rw----");
        project.write("entities/lyra/crystals/current/crystal_003.md", "new");
        project.write("entities/lyra/journals/2027/01/a.md", "new, in new directories");
        TestProject.mode(project.root.resolve("entities/lyra/journals/2027"), "rwxr-x---");
        project.delete("entities/lyra/memories/word_photos/b.md");
        project.databaseWithWal("entities/lyra/data/conversations.db", "newer", "and in the -wal");
        project.write("docker/pps/neo4j_data/databases/neo4j/neostore", "changed nodes");
        project.write("docker/pps/neo4j_data/databases/second/neostore", "a second database");
        if (TestProject.isRoot()) {
            TestProject.owner(project.root.resolve("docker/pps/neo4j_data/databases/second"), TestProject.NEO4J, 0);
            TestProject.owner(project.root.resolve("entities/lyra/journals/2027/01/a.md"), 1000, 1000);
        }
        return project;
    }

    @ParameterizedTest(name = "restored with: {0}")
    @ValueSource(strings = {"--allow-shrink", "--allow-shrink --keep-extra", "--only sqlite crystals", "--allow-shrink --skip chromadb"})
    @DisplayName("--undo gives the exact state before, --undo of that the restored one again, and so on")
    void exactly(String options, @TempDir Path directory) {
        TestProject project = changedSinceItsBackup(directory);
        Tree before = project.tree().withoutDirectoryTimes();
        project.restored(("--latest " + options).split(" "));
        Tree restored = project.tree().withoutDirectoryTimes();
        assertFalse(before.differences(restored).isEmpty());
        Scripts.Result undo = project.restored("--undo");
        before.assertSame(project.tree().withoutDirectoryTimes(), undo);
        assertTrue(undo.stdout().startsWith("Put back "), undo::toString);
        if (options.equals("--allow-shrink")) {
            Scripts.Result redo = project.restored("--undo");
            restored.assertSame(project.tree().withoutDirectoryTimes(), redo);
            before.assertSame(undone(project), "undone, redone and undone");
            assertEquals(List.of("newer", "and in the -wal"), project.rows("entities/lyra/data/conversations.db"));
        }
    }

    private static Tree undone(TestProject project) {
        project.restored("--undo");
        return project.tree().withoutDirectoryTimes();
    }

    @Test
    @DisplayName("after a restore into an empty project, --undo leaves it empty again")
    void backToEmpty(@TempDir Path directory) {
        TestProject project = TestProject.empty(directory);
        Tree before = project.tree().withoutDirectoryTimes();
        project.restored("--backup", TestProject.fixtures().resolve(TestProject.AUGUST).toString());
        assertTrue(project.tree().entries().size() > 298);
        Scripts.Result undo = project.restored("--undo");
        before.assertSame(project.tree().withoutDirectoryTimes(), undo);
        project.restored("--undo");
        assertEquals(298, project.tree().files().entries().size(), "undone again, all is back");
    }

    @Test
    @DisplayName("an empty directory in which a restore found no database is still there once that is undone")
    void emptyDirectoryAboveUnits(@TempDir Path directory) throws IOException {
        TestProject project = changedSinceItsBackup(directory);
        for (String unit : List.of("chromadb", "neo4j")) {
            Files.move(project.root.resolve("docker/pps/" + unit + "_data"), directory.resolve(unit));
        }
        project.restored("--latest", "--only", "chromadb", "neo4j");
        assertEquals(2, project.root.resolve("docker/pps").toFile().list().length);
        project.restored("--undo");
        assertEquals(0, project.root.resolve("docker/pps").toFile().list().length);
    }

    @Test
    @DisplayName("files made and changed since the restore are put aside by --undo like any others, and come back with the next")
    void changedSinceTheRestore(@TempDir Path directory) {
        TestProject project = changedSinceItsBackup(directory);
        Tree before = project.tree().withoutDirectoryTimes();
        project.restored("--latest", "--allow-shrink");
        project.write("entities/lyra/crystals/current/crystal_004.md", "written since the restore");
        project.write("entities/lyra/identity.md", "changed since the restore");
        project.write("entities/lyra/notes.txt", "matches no pattern");
        Tree after = project.tree().withoutDirectoryTimes();
        project.restored("--undo");
        before.assertSame(project.tree().without("entities/lyra/notes.txt").withoutDirectoryTimes(), "undone");
        after.assertSame(undone(project), "undone again");
    }

    @Test
    @DisplayName("a dry run of --undo shows what it would put back, and changes nothing")
    void dryRun(@TempDir Path directory) {
        TestProject project = changedSinceItsBackup(directory);
        project.restored("--latest", "--allow-shrink");
        Tree before = Tree.of(project.root);
        Scripts.Result plan = project.restore("--undo", "--dry-run");
        assertEquals(0, plan.exitCode(), plan::toString);
        assertTrue(plan.stdout().contains(project.safetyBackup().getFileName().toString()), plan::toString);
        assertTrue(plan.stdout().contains("entity_identity: would be removed:\n    growth_notes.md"), plan::toString);
        before.assertSame(Tree.of(project.root), plan);
    }

    @Test
    @DisplayName("the last 5 safety backups are kept; a file that is none is left alone")
    void keepsFive(@TempDir Path directory) throws IOException {
        TestProject project = TestProject.create(directory);
        project.backUp(BACKUP);
        project.directory("work/pps_backup/pre_restore_safety");
        for (int day = 1; day <= 6; day++) {
            project.write("work/pps_backup/pre_restore_safety/pre_restore_safety_2026010" + day + "_000000.tar.gz", "old");
        }
        project.write("work/pps_backup/pre_restore_safety/mine.txt", "mine");
        project.restored("--latest");
        List<String> names = project.safetyBackups().stream().map(file -> file.getFileName().toString()).toList();
        assertEquals(List.of("mine.txt", "pre_restore_safety_20260103_000000.tar.gz", "pre_restore_safety_20260104_000000.tar.gz",
            "pre_restore_safety_20260105_000000.tar.gz", "pre_restore_safety_20260106_000000.tar.gz"), names.subList(0, 5));
        assertEquals(6, names.size());
        assertTrue(Files.size(project.safetyBackup()) > 1000);
    }

    @Test
    @DisplayName("a safety backup belongs to its owner alone, is read by GNU tar, and is a valid backup")
    void safetyBackup(@TempDir Path directory) {
        TestProject project = changedSinceItsBackup(directory);
        project.restored("--latest", "--allow-shrink");
        Path safety = project.safetyBackup();
        assertEquals(0600, Tree.of(safety).at("").mode());
        Scripts.Result tar = Scripts.with().runCommand(List.of("tar", "-tzf", safety.toString()));
        assertEquals(0, tar.exitCode(), tar::toString);
        assertEquals("", tar.stderr());
        assertTrue(tar.stdout().startsWith("pps_manifest.json\n"), tar::toString);
        for (String name : List.of("sqlite/conversations.db", "sqlite/conversations.db-wal", "entity_identity/identity.md",
            "crystals/current/crystal_003.md", "neo4j/databases/second/neostore")) {
            assertTrue(tar.stdout().contains("\n" + name + "\n"), () -> name + " is missing: " + tar);
        }
        Scripts.Result valid = Scripts.run("validate_backup", safety.toString());
        assertEquals(0, valid.exitCode(), valid::toString);
        assertTrue(valid.stdout().startsWith(safety.getFileName() + ": valid\n"), valid::toString);
        assertFalse(valid.stdout().contains("patterns"), () -> "a -wal belongs to its database: " + valid);
    }

    /** Gives a project links out of its sources, as owners make them who keep files on another disk, and some that lead nowhere. */
    private static TestProject withLinksOut(Path directory) throws IOException {
        TestProject project = changedSinceItsBackup(directory);
        Path disk = Files.createDirectories(directory.resolve("disk"));
        Path database = project.root.resolve("entities/lyra/data/inventory.db");
        Files.move(database, disk.resolve("inventory.db"));
        Files.createSymbolicLink(database, Path.of("../../../../disk/inventory.db"));
        Files.writeString(disk.resolve("crystal.md"), "on the other disk");
        Path crystals = project.root.resolve("entities/lyra/crystals/current");
        Files.createSymbolicLink(crystals.resolve("out.md"), disk.resolve("crystal.md").toAbsolutePath());
        Files.createSymbolicLink(crystals.resolve("circle.md"), Path.of("circle.md"));
        Files.createSymbolicLink(project.root.resolve("docker/pps/chromadb_data/disk"), disk.toAbsolutePath());
        return project;
    }

    @Test
    @DisplayName("links out of their source are replaced, kept, and put back by --undo as the links they were; what they lead to is not touched")
    void linksOut(@TempDir Path directory) throws IOException {
        TestProject project = withLinksOut(directory);
        Tree before = project.tree().withoutLinkTimes();
        Tree disk = Tree.of(directory.resolve("disk"));
        project.restored("--latest", "--allow-shrink");
        Tree restored = project.tree().withoutDirectoryTimes();
        assertFalse(Files.isSymbolicLink(project.root.resolve("entities/lyra/data/inventory.db")));
        for (String how : List.of("--strict", "--quick")) {
            Scripts.Result valid = Scripts.run("validate_backup", how, project.safetyBackup().toString());
            assertEquals(0, valid.exitCode(), valid::toString);
        }
        Scripts.Result plan = project.restore("--undo", "--dry-run");
        assertEquals(0, plan.exitCode(), plan::toString);
        Scripts.Result undo = project.restored("--undo");
        before.assertSame(project.tree().withoutLinkTimes(), undo);
        restored.assertSame(undone(project), "undone again");
        Path first = project.safetyBackups().get(0);
        project.restored("--backup", first.toString(), "--allow-shrink");
        before.files().assertSame(project.tree().withoutLinkTimes().files(), "restored by name");
        disk.assertSame(Tree.of(directory.resolve("disk")), "what the links lead to");
    }

    @Test
    @DisplayName("a safety backup that lies anywhere else than among the project's own is refused if a link in it leads out of its source")
    void linksOutOfAStranger(@TempDir Path directory) throws IOException {
        TestProject project = withLinksOut(directory);
        project.restored("--latest", "--allow-shrink");
        Path safety = project.safetyBackup();
        Path copy = Files.copy(safety, project.backups.resolve(safety.getFileName()));
        Path link = Files.createSymbolicLink(directory.resolve("link.tar.gz"), copy);
        Path inside = Files.createSymbolicLink(safety.resolveSibling("pre_restore_safety_20200101_000000.tar.gz"), copy);
        Tree before = project.tree();
        for (String[] arguments : new String[][] {{"--backup", copy.toString()}, {"--backup", link.toString()}, {"--backup", inside.toString()},
            {"--backup", safety.toString(), "--target", directory.resolve("elsewhere").toString()}}) {
            for (String how : List.of("--yes", "--dry-run")) {
                List<String> all = new java.util.ArrayList<>(List.of(arguments));
                all.add(how);
                Scripts.Result refused = project.restore(all.toArray(String[]::new));
                assertEquals(3, refused.exitCode(), refused::toString);
                assertTrue(refused.stderr().contains("it is a symbolic link out of its source"), refused::toString);
            }
        }
        before.assertSame(project.tree(), "refused");
        assertEquals(3, Scripts.run("validate_backup", copy.toString()).exitCode());
        new TestTar(TestTar.Style.PYTHON).symlink("crystals/l.md", "/etc/passwd")
            .gzip(safety.resolveSibling("pre_restore_safety_20991231_000000.tar.gz"));
        Scripts.Result noSafety = project.restore("--undo", "--yes");
        assertEquals(3, noSafety.exitCode(), noSafety::toString);
        String promise = "{\"format\": 1, \"kind\": \"safety\", \"createdAt\": \"2026-01-01T00:00:00\", \"tool\": \"x\", \"containersStopped\": false, "
            + "\"sources\": {\"crystals\": {\"critical\": true, \"path\": \"entities/lyra/crystals\", \"covers\": [\"**/*.md\"], \"files\": 2, "
            + "\"bytes\": 1, \"existed\": true}}}";
        new TestTar(TestTar.Style.PYTHON).file("pps_manifest.json", promise).symlink("crystals/l", directory.resolve("disk").toString())
            .file("crystals/l/evil.md", "x").gzip(safety.resolveSibling("pre_restore_safety_20991231_000001.tar.gz"));
        Scripts.Result through = project.restore("--undo", "--yes");
        assertEquals(3, through.exitCode(), through::toString);
        assertTrue(through.stderr().contains("it lies below 'crystals/l', which is not a directory"), through::toString);
        assertFalse(Files.exists(directory.resolve("disk/evil.md")));
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(strings = {"to its end", "and a recovery after a kill"})
    @DisplayName("--undo after a restore that kept nothing is exit code 3, and names what an earlier one replaced; the next that keeps something is undone")
    void lastKeptNothing(String ran, @TempDir Path directory) {
        TestProject project = changedSinceItsBackup(directory);
        Tree first = project.tree().withoutDirectoryTimes();
        project.restored("--latest", "--allow-shrink");
        project.write("entities/lyra/identity.md", "written between the two restores");
        if (ran.equals("to its end")) {
            project.restored("--latest", "--no-safety-backup");
        } else {
            Strace.require();
            Path mark = project.root.resolve("work/pps_backup/pre_restore_safety/.not_kept.next");
            Scripts.Result killed = Scripts.with().runCommand(Strace.killingOn(mark, "rename", Scripts.command("restore_pps",
                project.arguments("--yes", "--latest", "--no-safety-backup"))));
            assertEquals(137, killed.exitCode(), killed::toString);
            assertEquals(5, project.restore("--undo", "--yes").exitCode());
            assertEquals(0, project.restore("--recover").exitCode());
        }
        Path earlier = project.safetyBackup();
        Tree before = project.everything();
        for (String how : List.of("--yes", "--dry-run")) {
            Scripts.Result refused = project.restore("--undo", how);
            assertEquals(3, refused.exitCode(), refused::toString);
            assertTrue(refused.stderr().contains("Error: There is nothing to undo: the last restore, of " + BACKUP + " at 2"), refused::toString);
            assertTrue(refused.stderr().contains("jbang restore_pps.java --backup " + earlier + " --project-root " + project.root + "   puts back"),
                refused::toString);
            before.assertSame(project.everything(), refused);
        }
        project.restored("--backup", earlier.toString(), "--allow-shrink");
        first.files().assertSame(project.tree().files(), "the earlier one");
        project.restored("--undo");
        assertEquals("I am lyra", project.read("entities/lyra/identity.md"));
    }

    @Test
    @DisplayName("--undo where no restore has left a safety backup is exit code 3 and says so")
    void nothingToUndo(@TempDir Path directory) {
        TestProject project = TestProject.create(directory);
        Tree before = Tree.of(project.root);
        Scripts.Result result = project.restore("--undo", "--yes");
        assertEquals(3, result.exitCode(), result::toString);
        assertTrue(result.stderr().contains("Error: There is nothing to undo: no restore of this project has left a safety backup in "
            + project.root.resolve("work/pps_backup/pre_restore_safety")), result::toString);
        assertTrue(result.stderr().contains("State: Nothing was touched."), result::toString);
        before.assertSame(Tree.of(project.root), result);
    }
}
