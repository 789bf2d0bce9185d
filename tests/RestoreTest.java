package pps;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.StandardOpenOption;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

//SOURCES NotRoot.java
//SOURCES Scripts.java
//SOURCES Strace.java
//SOURCES TestProject.java
//SOURCES TestTar.java
//SOURCES Tree.java

class RestoreTest {
    private static final String BACKUP = "pps_backup_20260301_000000.tar.gz";

    /** Unpacks an archive with GNU tar and returns its files, moved to where they belong in a project. */
    private static Tree asTarExtracts(Path archive, Path scratch) throws IOException {
        Files.createDirectory(scratch);
        Scripts.Result tar = Scripts.with().runCommand(List.of("tar", "-xpzf", archive.toString(), "-C", scratch.toString()));
        assertEquals(0, tar.exitCode(), tar::toString);
        return Tree.of(scratch).files().moved(path -> TestProject.place(path.substring(0, path.indexOf('/')), path.substring(path.indexOf('/') + 1)));
    }

    /** Returns the counts of a dry run by source: added changed removed unchanged. */
    private static Map<String, String> counts(JsonObject sources) {
        Map<String, String> counts = new TreeMap<>();
        for (Map.Entry<String, JsonElement> source : sources.entrySet()) {
            JsonObject one = source.getValue().getAsJsonObject();
            counts.put(source.getKey(), "+" + one.get("added") + " ~" + one.get("changed") + " -" + one.get("removed") + " =" + one.get("unchanged"));
        }
        return counts;
    }

    private static Set<String> paths(JsonObject sources, String source, String what) {
        JsonArray array = sources.getAsJsonObject(source).getAsJsonObject("paths").getAsJsonArray(what);
        Set<String> paths = new TreeSet<>();
        array.forEach(path -> paths.add(path.getAsString()));
        return paths;
    }

    private static void assertFails(int code, Scripts.Result result, String... parts) {
        assertEquals(code, result.exitCode(), result::toString);
        for (String part : parts) {
            assertTrue(result.stderr().contains(part), () -> "it does not say '" + part + "': " + result);
        }
    }

    // ---- what comes back

    @ParameterizedTest(name = "{0}")
    @ValueSource(strings = {TestProject.FEBRUARY, TestProject.AUGUST})
    @DisplayName("into an empty project root, a restore gives exactly what tar extracts, in its places; then everything is unchanged")
    void intoAnEmptyProject(String fixture, @TempDir Path directory) throws IOException {
        Path archive = TestProject.fixtures().resolve(fixture);
        Tree expected = asTarExtracts(archive, directory.resolve("extracted"));
        TestProject project = TestProject.empty(directory);
        Files.delete(project.root.resolve("pps/docker"));
        Files.delete(project.root.resolve("pps"));
        Files.delete(project.root.resolve("entities"));
        Scripts.Result result = project.restored("--backup", archive.toString());
        Tree restored = project.tree();
        expected.assertSame(TestProject.isRoot() ? restored.files() : restored.withoutOwners().files(), result);
        JsonObject sources = project.dryRun("--backup", archive.toString());
        for (Map.Entry<String, JsonElement> source : sources.entrySet()) {
            JsonObject one = source.getValue().getAsJsonObject();
            assertEquals("0 0 0", one.get("added") + " " + one.get("changed") + " " + one.get("removed"), source::toString);
        }
        assertEquals(expected.entries().size(),
            sources.entrySet().stream().mapToInt(source -> source.getValue().getAsJsonObject().get("unchanged").getAsInt()).sum());
    }

    @Test
    @DisplayName("a wrecked project gets back every file of the backup with content, mode, owner and time, and its directories' owners and modes")
    void everythingComesBack(@TempDir Path directory) throws IOException {
        TestProject project = TestProject.create(directory);
        Path archive = project.backUp(BACKUP);
        Tree expected = asTarExtracts(archive, directory.resolve("extracted"));
        Tree before = project.tree();
        project.write("entities/lyra/identity.md", "I am nobody");
        TestProject.mode(project.root.resolve("entities/lyra/.entity_token"), "rw-rw-rw-");
        project.delete("entities/lyra/data/inventory.db");
        project.write("docker/pps/neo4j_data/databases/neo4j/neostore", "overwritten, and by another owner");
        project.write("docker/pps/neo4j_data/databases/other/neostore", "not in the backup");
        project.restored("--latest");
        Tree after = project.tree();
        expected.assertSame(after.only(path -> expected.at(path) != null), "the files of the backup");
        assertEquals("", before.withoutDirectoryTimes().only(path -> before.at(path).kind() == 'd')
            .differences(after.withoutDirectoryTimes().only(path -> after.at(path).kind() == 'd')));
        if (TestProject.isRoot()) {
            assertEquals("7474:7474", after.at("docker/pps/neo4j_data/databases/neo4j").owner());
            assertEquals(0700, after.at("docker/pps/neo4j_data").mode());
            assertEquals("7474:7474", after.at("docker/pps/neo4j_data/server_id").owner());
            assertEquals(0600, after.at("docker/pps/neo4j_data/server_id").mode());
        }
        assertEquals(0600, after.at("entities/lyra/.entity_token").mode());
    }

    @Test
    @DisplayName("the counts of a dry run are those that a comparison before and after finds; files that match no pattern are untouched")
    void countsAreTrue(@TempDir Path directory) throws IOException {
        TestProject project = TestProject.create(directory);
        project.backUp(BACKUP);
        Map<String, Path> backedUp = project.filesToBackUp();
        project.write("entities/lyra/identity.md", "I be lyra");
        project.write("entities/lyra/goals.md", "new since the backup, and named in the map one by one");
        project.delete("entities/lyra/relationships.md");
        project.delete("entities/lyra/data/inventory.db");
        project.database("entities/lyra/data/new.db", "since the backup");
        project.write("entities/lyra/data/new.db-journal", "stray");
        project.write("entities/lyra/data/inventory.db-wal", "stray, its database is gone");
        project.write("entities/lyra/crystals/current/crystal_002.md", "changed");
        project.write("entities/lyra/crystals/current/crystal_003.md", "new");
        project.write("entities/lyra/crystals/current/sketch.svg", "matches no pattern");
        project.delete("entities/lyra/crystals/archive/crystal_001.md");
        project.write("entities/lyra/memories/word_photos/new.md", "new");
        project.write("entities/lyra/journals/2026/02/03.md", "new, in a directory of its own");
        project.write("docker/pps/chromadb_data/6e5d/data_level0.bin", "a new segment");
        project.delete("docker/pps/chromadb_data/5d4c1c1e/data_level0.bin");
        project.write("docker/pps/neo4j_data/databases/neo4j/neostore", "changed");
        project.write("haven/data/haven.db-wal", "stray");
        project.write("haven/data/picture.png", "matches no pattern");
        Tree before = project.tree().files();
        JsonObject plan = project.dryRun("--latest", "--allow-shrink");
        project.restored("--latest", "--allow-shrink");
        Tree after = project.tree().files();

        Map<String, String> found = new TreeMap<>();
        Set<String> ofBackup = new TreeSet<>();
        for (String source : List.of("sqlite", "entity_identity", "crystals", "word_photos", "journals", "notebook", "chromadb", "neo4j", "haven")) {
            int[] count = new int[4];
            Set<String> all = new TreeSet<>(before.entries().keySet());
            all.addAll(after.entries().keySet());
            for (String path : all) {
                String top = TestProject.place(source) + "/";
                boolean mine = path.startsWith(top) && (!source.equals("entity_identity") || path.indexOf('/', top.length()) < 0);
                boolean inBackup = mine && backedUp.containsKey(source + "/" + path.substring(top.length()));
                Tree.Entry old = before.at(path);
                Tree.Entry now = after.at(path);
                if (mine && old == null) {
                    count[0]++;
                } else if (mine && now == null) {
                    count[2]++;
                } else if (mine && !old.content().equals(now.content())) {
                    count[1]++;
                } else if (inBackup) {
                    count[3]++;
                }
                if (inBackup || mine && now == null) {
                    ofBackup.add(path);
                }
            }
            found.put(source, "+" + count[0] + " ~" + count[1] + " -" + count[2] + " =" + count[3]);
        }
        assertEquals(found, counts(plan));
        assertAll(
            () -> assertEquals("+1 ~0 -5 =1", found.get("sqlite")),
            () -> assertEquals("+1 ~1 -0 =2", found.get("entity_identity")),
            () -> assertEquals("+1 ~1 -1 =0", found.get("crystals")),
            () -> assertEquals("+1 ~0 -1 =1", found.get("chromadb")),
            () -> assertEquals("+0 ~0 -1 =1", found.get("haven")),
            () -> assertEquals(Set.of("conversations.db-shm", "conversations.db-wal", "inventory.db-wal", "new.db", "new.db-journal"),
                paths(plan, "sqlite", "removed")));
        before.only(path -> !ofBackup.contains(path)).assertSame(after.only(path -> !ofBackup.contains(path)), "files that the backup does not cover");
        assertTrue(after.entries().keySet().containsAll(List.of("entities/lyra/goals.md", "entities/lyra/sketch.txt", "entities/lyra/data/notes.txt",
            "entities/lyra/crystals/current/sketch.svg", "entities/lyra/memories/word_photos/drafts/c.md", "haven/data/picture.png")));
        assertFalse(Files.exists(project.root.resolve("entities/lyra/journals/2026/02")), "a directory that the restore emptied");
    }

    @Test
    @DisplayName("--keep-extra leaves files that the backup does not hold, but no -wal of a replaced database and nothing inside a unit")
    void keepExtra(@TempDir Path directory) {
        TestProject project = TestProject.create(directory);
        project.backUp(BACKUP);
        project.write("entities/lyra/crystals/current/crystal_003.md", "extra");
        project.database("entities/lyra/data/extra.db", "extra");
        project.write("docker/pps/neo4j_data/extra", "inside a unit");
        JsonObject plan = project.dryRun("--latest", "--keep-extra");
        assertEquals(Set.of("current/crystal_003.md"), paths(plan, "crystals", "kept"));
        assertEquals(Set.of("conversations.db-shm", "conversations.db-wal"), paths(plan, "sqlite", "removed"));
        project.restored("--latest", "--keep-extra");
        assertTrue(Files.exists(project.root.resolve("entities/lyra/crystals/current/crystal_003.md")));
        assertEquals(List.of("extra"), project.rows("entities/lyra/data/extra.db"));
        assertFalse(Files.exists(project.root.resolve("entities/lyra/data/conversations.db-wal")));
        assertFalse(Files.exists(project.root.resolve("docker/pps/neo4j_data/extra")));
    }

    @Test
    @DisplayName("an old database restored beside the live -wal of a newer one has the rows of the backup and nothing else")
    void staleWal(@TempDir Path directory) {
        TestProject project = TestProject.create(directory);
        Path archive = project.backUp(BACKUP);
        assertTrue(Files.exists(archive));
        project.databaseWithWal("entities/lyra/data/conversations.db", "newer", "and in the -wal");
        assertEquals(List.of("newer", "and in the -wal"), project.rows("entities/lyra/data/conversations.db"));
        project.databaseWithWal("entities/lyra/data/conversations.db", "newer", "and in the -wal");
        project.restored("--latest");
        assertEquals(List.of("hello from lyra"), project.rows("entities/lyra/data/conversations.db"));
    }

    @Test
    @DisplayName("a database directory that is a symbolic link to another disk stays one, and is restored where it leads")
    void symlinkedDestination(@TempDir Path directory) throws IOException {
        TestProject project = TestProject.create(directory);
        project.backUp(BACKUP);
        Path elsewhere = Files.createDirectory(directory.resolve("disk")).resolve("chroma");
        Path link = project.root.resolve("docker/pps/chromadb_data");
        Files.move(link, elsewhere);
        Files.createSymbolicLink(link, elsewhere);
        Tree before = Tree.of(elsewhere).files();
        Files.writeString(elsewhere.resolve("5d4c1c1e/data_level0.bin"), "changed");
        Files.writeString(elsewhere.resolve("extra"), "extra");
        project.restored("--latest");
        assertEquals(elsewhere, Files.readSymbolicLink(link));
        before.assertSame(Tree.of(elsewhere).files(), "chroma on the other disk");
        assertEquals(1, Files.list(directory.resolve("disk")).count(), "nothing is left beside it");
        project.restored("--undo");
        assertEquals(elsewhere, Files.readSymbolicLink(link));
        assertEquals("extra", Files.readString(elsewhere.resolve("extra")));
    }

    // ---- what is chosen

    @ParameterizedTest(name = "{0}")
    @CsvSource({"--skip chromadb neo4j", "'--skip chromadb,neo4j'", "--skip=chromadb --skip=neo4j", "--allow-shrink"})
    @DisplayName("the February fixture over whole databases is refused with nothing touched, and goes through with")
    void shrink(String way, @TempDir Path directory) {
        TestProject project = TestProject.create(directory);
        project.write("docker/pps/chromadb_data/5d4c1c1e/link_lists.bin", "links".repeat(200_000));
        String february = TestProject.fixtures().resolve(TestProject.FEBRUARY).toString();
        Tree before = project.everything();
        if (way.equals("--allow-shrink")) {
            // Once is enough for all ways: the refusal does not depend on them.
            Scripts.Result refused = project.restore("--yes", "--backup", february);
            assertFails(1, refused, "Error: Refused: more than half would be lost of", "neo4j (3 files,", "1 file, 17 B in the backup",
                "State: Nothing was touched.", "--skip chromadb neo4j", "--allow-shrink");
            before.assertSame(project.everything(), refused);
            Scripts.Result plan = project.restore("--dry-run", "--backup", february);
            assertTrue(plan.stdout().contains("WARNING: neo4j would lose more than half of what it has now"), plan::toString);
        }
        List<String> arguments = new ArrayList<>(List.of("--backup", february));
        arguments.addAll(List.of(way.split(" ")));
        project.restored(arguments.toArray(String[]::new));
        boolean skipped = way.startsWith("--skip");
        assertEquals(skipped, project.tree().at("docker/pps/neo4j_data/databases/neo4j/neostore") != null);
        if (skipped) {
            before.below("docker/pps").assertSame(project.tree().below("docker/pps"), "what was skipped");
        }
        assertEquals(2732032, project.tree().at("entities/lyra/data/lyra_conversations.db").size());
    }

    @Test
    @DisplayName("--only and --skip choose sources; the others are left as they are and named")
    void onlyAndSkip(@TempDir Path directory) {
        TestProject project = TestProject.create(directory);
        project.backUp(BACKUP);
        project.write("entities/lyra/crystals/current/crystal_002.md", "changed");
        project.write("entities/lyra/notebook/ideas.md", "changed");
        project.write("entities/lyra/identity.md", "changed");
        assertEquals(Set.of("crystals", "notebook"), project.dryRun("--latest", "--only", "crystals,notebook").keySet());
        assertEquals(Set.of("crystals", "notebook"), project.dryRun("--latest", "--only", "crystals", "notebook").keySet());
        Scripts.Result result = project.restored("--latest", "--only", "crystals", "notebook", "--skip", "notebook");
        Tree after = project.tree();
        assertEquals("the second crystal".length(), after.at("entities/lyra/crystals/current/crystal_002.md").size());
        assertEquals("changed".length(), after.at("entities/lyra/notebook/ideas.md").size());
        assertEquals("changed".length(), after.at("entities/lyra/identity.md").size());
        assertTrue(result.stderr().contains("Left out: "), result::toString);
        assertTrue(result.stdout().contains("Restored 2 files of 1 source from " + BACKUP), result::toString);
        for (String how : List.of("--yes", "--dry-run", "--drill")) {
            assertFails(2, project.restore(how, "--latest", "--only", "crystals", "--skip", "crystals"), "Nothing is left to restore");
        }
    }

    @Test
    @DisplayName("another application's backup is refused by a dry run too, which says what it holds and proposes no --skip")
    void anotherApplication(@TempDir Path directory) {
        TestProject project = TestProject.create(directory);
        new TestTar(TestTar.Style.GNU).file("etc/x.conf", "x").file("srv/y", "y").gzip(project.backups.resolve(BACKUP));
        for (String how : List.of("--yes", "--dry-run", "--drill")) {
            Scripts.Result result = project.restore(how, "--latest");
            assertFails(3, result, "Nothing is left to restore: the backup holds none of this project's sources");
            assertTrue(result.stderr().contains("Next:  The backup holds: etc, srv. "), result::toString);
            assertFalse(result.stderr().contains("--skip"), result::toString);
        }
    }

    @Test
    @DisplayName("a drill leaves containers alone, and its dry run says so")
    void drillDryRun(@TempDir Path directory) {
        TestProject project = TestProject.create(directory);
        project.backUp(BACKUP);
        Scripts.Result result = Scripts.run("restore_pps", "--project-root", project.root.toString(), "--backup-dir", project.backups.toString(),
            "--latest", "--drill", "--dry-run");
        assertEquals(0, result.exitCode(), result::toString);
        assertTrue(result.stdout().contains("Containers: left alone (drill)\n"), result::toString);
    }

    @Test
    @DisplayName("an unknown source is wrong usage that lists the known ones, before the backup is read")
    void unknownSource(@TempDir Path directory) {
        TestProject project = TestProject.create(directory);
        Path archive = project.backUp(BACKUP);
        Tree before = project.everything();
        assertFails(2, project.restore("--yes", "--latest", "--skip", "chroma"), "Unknown source 'chroma'",
            "Known sources: sqlite, entity_identity, crystals, word_photos, journals, notebook, chromadb, neo4j, haven");
        assertFails(2, project.restore("--yes", "--latest", "--only", "neo4j,\u001b[31mred"), "Unknown source '\\x1b[31mred'");
        // Known to the map, but not in this backup.
        assertFails(2, project.restore("--yes", "--latest", "--only", "caia_journals"), "Unknown source 'caia_journals'", "Known sources: ",
            "The backup does not hold it");
        before.assertSame(project.everything(), archive);
    }

    @Test
    @DisplayName("the backup of one entity goes to the entity that is asked for, and an unknown one is refused with the known ones")
    void entityOfPlainBackup(@TempDir Path directory) {
        TestProject project = TestProject.create(directory);
        project.backUp(BACKUP);
        project.entity("caia").settle();
        Tree before = project.tree();
        assertFails(2, project.restore("--yes", "--latest", "--entity", "caya"), "Unknown entity 'caya'", "Known entities: caia, lyra");
        assertFails(2, project.restore("--yes", "--latest", "--entity", "../caia"), "Not a name of an entity: '../caia'");
        before.assertSame(project.tree(), "after the refusals");
        project.restored("--latest", "--entity", "caia", "--skip", "chromadb", "neo4j", "haven");
        Tree after = project.tree();
        before.without("entities/caia").assertSame(after.without("entities/caia"), "everything but caia");
        assertEquals(before.at("entities/lyra/identity.md").content(), after.at("entities/caia/identity.md").content());
        assertEquals(before.at("entities/lyra/.entity_token").content(), after.at("entities/caia/.entity_token").content());
        assertEquals(List.of("hello from lyra"), project.rows("entities/caia/data/conversations.db"));
    }

    @Test
    @DisplayName("of a backup of two entities, --entity restores one and leaves the other and what they share alone")
    void entityOfPrefixedBackup(@TempDir Path directory) {
        TestProject project = TestProject.create(directory).entity("caia").settle();
        project.backUp(BACKUP);
        for (String path : List.of("entities/caia/identity.md", "entities/lyra/identity.md", "docker/pps/neo4j_data/server_id")) {
            project.write(path, "changed since");
        }
        Tree before = project.tree();
        assertEquals(Set.of("caia_sqlite", "caia_identity", "caia_crystals", "caia_word_photos", "caia_journals", "caia_notebook"),
            project.dryRun("--latest", "--entity", "caia").keySet());
        project.restored("--latest", "--entity", "caia");
        Tree after = project.tree();
        before.without("entities/caia").assertSame(after.without("entities/caia"), "everything but caia");
        assertEquals("I am caia".length(), after.at("entities/caia/identity.md").size());
        assertFails(2, project.restore("--yes", "--latest", "--entity", "nova"), "Unknown entity 'nova'", "Known entities: caia, lyra");
        project.restored("--latest", "--only", "lyra_identity");
        assertEquals("I am lyra".length(), project.tree().at("entities/lyra/identity.md").size());
        assertEquals("changed since".length(), project.tree().at("docker/pps/neo4j_data/server_id").size());
    }

    @Test
    @DisplayName("--target restores under another root, which need not exist, and leaves the project alone")
    void target(@TempDir Path directory) {
        TestProject project = TestProject.create(directory);
        project.backUp(BACKUP);
        Tree before = project.everything();
        Path target = directory.resolve("elsewhere/look");
        Scripts.Result result = project.restored("--latest", "--target", target.toString());
        before.assertSame(project.everything(), result);
        project.filesToBackUp().forEach((name, file) ->
            assertTrue(Files.isRegularFile(target.resolve(project.root.relativize(file))), file + " is missing in the target"));
        assertFails(2, project.restore("--yes", "--latest", "--target", project.root.resolve("pps/docker/README").toString()), "is not a directory");
        assertFails(2, project.restore("--yes", "--latest", "--target", ""), "--target names no directory");
        project.write("pps/docker/compose.yaml", "services: {}");
        assertFails(2, project.restore("--yes", "--latest", "--target", project.root.toString()), "is a project with a stack of its own");
    }

    // ---- what is refused, and what is mentioned

    @Test
    @DisplayName("entries that match no pattern are restored and mentioned; unknown sources are mentioned and not restored")
    void unmatchedAndUnknown(@TempDir Path directory) {
        TestProject project = TestProject.create(directory);
        TestTar tar = new TestTar(TestTar.Style.PYTHON);
        project.filesToBackUp().forEach(tar::copy);
        tar.file("crystals/archive/notes.txt", "from an older map").file("dreams/2026.md", "of a source that is unknown")
            .gzip(project.backups().resolve(BACKUP));
        JsonObject plan = project.dryRun("--latest");
        assertEquals(Set.of("archive/notes.txt"), paths(plan, "crystals", "unmatched"));
        assertNull(plan.get("dreams"));
        Scripts.Result result = project.restored("--latest");
        assertEquals("from an older map".length(), project.tree().at("entities/lyra/crystals/archive/notes.txt").size());
        assertTrue(project.tree().entries().keySet().stream().noneMatch(path -> path.contains("dreams")));
        assertTrue(result.stderr().contains("crystals: 1 file matches none of the map's patterns and is restored all the same:\n    archive/notes.txt"),
            result::toString);
        assertTrue(result.stderr().contains("Not restored, since this project's map does not know them: dreams"), result::toString);
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "entity_identity/data/conversations.db, 'falls among the files of source', 3",
        "entity_identity/crystals/current/x.md, 'falls among the files of source', 3",
        "crystals/../identity.md, 'leads out of its source', 3",
        "/etc/passwd, 'its name is absolute', 3",
    })
    @DisplayName("an archive whose entry falls among another source's files, or outside, is refused with nothing touched")
    void foreignEntries(String name, String reason, int code, @TempDir Path directory) {
        TestProject project = TestProject.create(directory);
        TestTar tar = new TestTar(TestTar.Style.GNU);
        project.filesToBackUp().forEach(tar::copy);
        tar.file(name, "not mine").gzip(project.backups().resolve(BACKUP));
        Tree before = project.everything();
        Scripts.Result result = project.restore("--yes", "--latest");
        assertFails(code, result, reason, "State: Nothing was touched.");
        before.assertSame(project.everything(), result);
    }

    @Test
    @DisplayName("a backup without a critical source is refused, names it, and restores the rest with --skip")
    void missingCriticalSource(@TempDir Path directory) {
        TestProject project = TestProject.create(directory);
        TestTar tar = new TestTar(TestTar.Style.GNU);
        project.filesToBackUp().forEach((name, file) -> {
            if (!name.startsWith("word_photos/")) {
                tar.copy(name, file);
            }
        });
        tar.gzip(project.backups().resolve(BACKUP));
        Tree before = project.everything();
        Scripts.Result refused = project.restore("--yes", "--latest");
        assertFails(3, refused, "The backup is incomplete: it has no word_photos", "--skip word_photos");
        before.assertSame(project.everything(), refused);
        project.restored("--latest", "--skip", "word_photos");
    }

    @Test
    @DisplayName("a directory or a symbolic link in the way of a file is refused with nothing touched")
    void inTheWay(@TempDir Path directory) throws IOException {
        TestProject project = TestProject.create(directory);
        project.backUp(BACKUP);
        Path crystals = project.root.resolve("entities/lyra/crystals/current");
        Files.move(crystals, directory.resolve("moved"));
        Files.createSymbolicLink(crystals, directory.resolve("moved"));
        Tree before = Tree.of(directory).without("project").without("");
        Tree projectBefore = project.everything();
        assertFails(1, project.restore("--yes", "--latest"), "is in the way: it is a symbolic link where the backup has a directory",
            "State: Nothing was touched.");
        before.assertSame(Tree.of(directory).without("project").without(""), "what the link leads to");
        projectBefore.assertSame(project.everything(), "with a symbolic link in the way");
        Files.delete(crystals);
        Files.createDirectories(crystals.resolve("crystal_002.md"));
        assertFails(1, project.restore("--yes", "--latest"), "is in the way: it is a directory where the backup has a file");
    }

    @Test
    @DisplayName("--no-safety-backup keeps nothing of what is replaced, and says so")
    void noSafetyBackup(@TempDir Path directory) {
        TestProject project = TestProject.create(directory);
        project.backUp(BACKUP);
        project.write("entities/lyra/identity.md", "changed");
        Scripts.Result result = project.restored("--latest", "--no-safety-backup");
        assertEquals("I am lyra".length(), project.tree().at("entities/lyra/identity.md").size());
        assertEquals(List.of(), project.safetyBackups());
        assertTrue(result.stdout().contains("What was replaced was not kept."), result::toString);
        assertFalse(Files.exists(project.root.resolve("work")), "nothing of the tool's own is left");
    }

    @Test
    @DisplayName("nothing but the safety backup is left of a restore")
    void leavesNothing(@TempDir Path directory) throws IOException {
        TestProject project = TestProject.create(directory);
        project.backUp(BACKUP);
        Path temporary = Files.createDirectory(directory.resolve("tmp"));
        Scripts.Result result = Scripts.with().env("JDK_JAVA_OPTIONS", "-Djava.io.tmpdir=" + temporary)
            .runScript("restore_pps", project.arguments("--yes", "--latest"));
        assertEquals(0, result.exitCode(), result::toString);
        assertEquals(Set.of(""), Tree.of(temporary).entries().keySet());
        assertEquals(1, Tree.of(project.root.resolve("work")).files().without("pps_backup/lock").entries().size(), Tree.of(project.root.resolve("work"))::toString);
        assertEquals(0600, Tree.of(project.safetyBackup()).at("").mode());
    }

    // ---- a dry run

    @Test
    @DisplayName("--dry-run writes nothing at all: neither file nor directory nor any time in the project, the backups, HOME or the temporary directory")
    void dryRunWritesNothing(@TempDir Path directory) throws IOException {
        TestProject project = TestProject.create(directory);
        project.backUp(BACKUP);
        project.write("entities/lyra/identity.md", "changed");
        Files.createDirectories(directory.resolve("tmp"));
        Files.createDirectories(directory.resolve("home"));
        Tree before = Tree.of(directory);
        Scripts with = Scripts.with().env("HOME", directory.resolve("home").toString())
            .env("JDK_JAVA_OPTIONS", "-XX:-UsePerfData -Djava.io.tmpdir=" + directory.resolve("tmp"));
        Scripts.Result result = with.runScript("restore_pps", project.arguments("--latest", "--dry-run", "--verbose"));
        assertEquals(0, result.exitCode(), result::toString);
        assertTrue(result.stdout().contains("(dry run: nothing was written)"), result::toString);
        assertTrue(result.stdout().contains("entity_identity: would be changed:\n    identity.md"), result::toString);
        before.assertSame(Tree.of(directory), result);

        Strace.require();
        Path log = directory.resolve("strace.log");
        List<String> command = new ArrayList<>(List.of("strace", "-f", "-qq", "-o", log.toString(), "-e", "signal=none", "-e",
            "trace=open,openat,creat,mkdir,mkdirat,rename,renameat,renameat2,unlink,unlinkat,rmdir,link,linkat,symlink,symlinkat,chmod,fchmod,"
                + "fchmodat,chown,fchown,lchown,fchownat,utimensat,utime,utimes,futimesat,truncate,ftruncate,mknod,mknodat,setxattr"));
        command.addAll(Scripts.command("restore_pps", project.arguments("--latest", "--dry-run")));
        Scripts.Result traced = with.runCommand(command);
        assertEquals(0, traced.exitCode(), traced::toString);
        List<String> changes = Files.readAllLines(log).stream()
            .filter(call -> !call.matches(".*\\bopen(at)?\\(.*") || call.matches(".*O_(WRONLY|RDWR|CREAT|TRUNC).*"))
            .filter(call -> !call.matches(".*(/dev/null|/dev/tty|/proc/self/).*"))
            .filter(call -> !call.matches(".*= -1 E.*|.*(resumed|exited).*")).toList();
        assertEquals(List.of(), changes);
    }

    @Test
    @DisplayName("the plan names the backup and its age, what happens to each source, containers, the safety backup, and space")
    void planForPeople(@TempDir Path directory) {
        TestProject project = TestProject.create(directory);
        project.backUp(BACKUP);
        project.write("entities/lyra/memories/word_photos/new.md", "would be lost");
        String plan = project.restore("--latest", "--dry-run").stdout();
        assertTrue(plan.contains("made 2026-03-01 00:00"), plan);
        assertTrue(plan.matches("(?s).*days ago\\).*"), plan);
        assertTrue(plan.contains("word_photos: would be removed:\n    new.md  13 B\n"), plan);
        assertTrue(plan.contains("Containers: left alone"), plan);
        assertTrue(plan.contains("Safety backup: what is replaced is packed into " + project.root.resolve("work/pps_backup/pre_restore_safety")), plan);
        assertTrue(plan.matches("(?s).*Space: \\S+ \\S+ needed.*; \\S+ \\S+ free\n.*"), plan);
        JsonObject json = JsonParser.parseString(project.restore("--latest", "--dry-run", "--json").stdout()).getAsJsonObject();
        assertEquals("2026-03-01T00:00:00", json.get("createdAt").getAsString());
        assertEquals("dry run: nothing was written", json.get("result").getAsString());
        assertTrue(json.getAsJsonObject("space").get("neededBytes").getAsLong() > 0);
    }

    // ---- without root

    @ParameterizedTest(name = "{0}")
    @ValueSource(strings = {"entities/lyra/crystals/current/secret.md", "entities/lyra/identity.md", "docker/pps/chromadb_data/secret.bin"})
    @DisplayName("a file that could be moved aside and not be read for the safety backup is named, before anything is touched")
    void unreadable(String path, @TempDir Path directory) throws IOException {
        NotRoot.require();
        TestProject project = TestProject.create(directory);
        TestProject.mode(project.backUp(BACKUP), "rw-r--r--");
        TestProject.mode(project.write(path, "root's alone"), "rw-------");
        for (String each : Tree.of(project.root).entries().keySet()) {
            TestProject.owner(project.root.resolve(each), each.equals(path) ? 0 : NotRoot.NOBODY, NotRoot.NOBODY);
        }
        Tree before = project.tree();
        for (String how : List.of("--dry-run", "--yes")) {
            Scripts.Result result = NotRoot.run(directory, "restore_pps", project.arguments("--latest", how));
            assertFails(1, result, "Cannot read " + project.root.resolve(path) + ", which the safety backup has to hold: permission denied",
                "State: Nothing was touched.");
            assertTrue(result.stderr().contains("Run it as root, or leave its source out: --skip "), result::toString);
            before.assertSame(project.tree(), result);
        }
        Scripts.Result notKept = NotRoot.run(directory, "restore_pps", project.arguments("--latest", "--yes", "--no-safety-backup"));
        assertEquals(0, notKept.exitCode(), notKept::toString);
    }

    @Test
    @DisplayName("without root a restore gives what it can, and says once which ownership it could not give")
    void withoutRoot(@TempDir Path directory) throws IOException {
        NotRoot.require();
        TestProject project = TestProject.create(directory);
        TestProject.mode(project.backUp(BACKUP), "rw-r--r--");
        project.write("entities/lyra/identity.md", "changed");
        for (String path : Tree.of(project.root).entries().keySet()) {
            TestProject.owner(project.root.resolve(path), 65534, 65534);
        }
        Scripts.Result result = NotRoot.run(directory, "restore_pps", project.arguments("--yes", "--latest"));
        assertEquals(0, result.exitCode(), result::toString);
        assertEquals("I am lyra", Files.readString(project.root.resolve("entities/lyra/identity.md")));
        Tree.Entry neo4j = project.tree().at("docker/pps/neo4j_data/server_id");
        assertEquals("65534:65534", neo4j.owner());
        assertEquals(0600, neo4j.mode());
        assertTrue(result.stderr().contains("3 files should belong to 7474:7474 (user:group), which only root can give them"), result::toString);
        assertEquals(result.stderr().indexOf("7474:7474"), result.stderr().lastIndexOf("7474:7474"), result::toString);
    }

    @Test
    @DisplayName("a database that a process has open for writing is not moved away under it: the process is named, and nothing is touched")
    void openForWriting(@TempDir Path directory) throws IOException {
        assumeTrue(Files.isDirectory(Path.of("/proc/self/fdinfo")), "needs Linux's /proc");
        TestProject project = TestProject.create(directory);
        project.backUp(BACKUP);
        project.write("entities/lyra/identity.md", "changed");
        Tree before = project.tree();
        try (FileChannel open = FileChannel.open(project.root.resolve("entities/lyra/data/inventory.db"), StandardOpenOption.WRITE)) {
            Scripts.Result result = project.restore("--yes", "--latest");
            assertTrue(open.isOpen());
            assertFails(1, result, "inventory.db is open for writing in process " + ProcessHandle.current().pid());
            before.assertSame(project.tree(), result);
            assertEquals(0, project.restore("--yes", "--latest", "--skip", "sqlite").exitCode());
        }
        project.restored("--latest");
    }

    @Test
    @DisplayName("a source that is the whole project, by its patterns, never takes a restore's own files for its own")
    void wholeProject(@TempDir Path directory) {
        TestProject project = TestProject.empty(directory);
        project.write("pps-sources.json", "{\"sources\": {\"docs\": {\"path\": \".\", \"include\": [\"**/*.md\"], \"critical\": true}}}");
        project.write("a.md", "as it was");
        project.write("b/b.md", "another one");
        assertEquals(0, Scripts.run("backup_pps", project.arguments()).exitCode());
        project.write("a.md", "changed");
        project.write("c.md", "new");
        Scripts.Result result = project.restored("--latest");
        assertEquals("as it was", project.read("a.md"), result::toString);
        assertTrue(Files.notExists(project.root.resolve("c.md")), result::toString);
        project.restored("--undo");
        assertEquals("changed new", project.read("a.md") + " " + project.read("c.md"));
    }

    @Test
    @DisplayName("to a user who may not look into the directory of an interrupted or finished restore, it is not said that there is none")
    void mayNotLook(@TempDir Path directory) {
        NotRoot.require();
        TestProject project = TestProject.create(directory);
        project.backUp(BACKUP);
        project.write("entities/lyra/identity.md", "changed");
        project.restored("--latest");
        Scripts.Result recover = NotRoot.run(directory, "restore_pps", project.arguments("--recover"));
        assertFails(1, recover, "permission denied");
        assertTrue(recover.stderr().contains("or as root"), recover::toString);
        Scripts.Result list = NotRoot.run(directory, "list_backups", "--project-root", project.root.toString(), "--backup-dir", project.backups.toString());
        assertTrue(list.stderr().contains("Whether a restore of this project was interrupted cannot be seen"), list::toString);
        Scripts.Result undo = NotRoot.run(directory, "restore_pps", project.arguments("--undo", "--yes"));
        assertFails(3, undo, "permission denied");
    }
}
