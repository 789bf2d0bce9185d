package pps;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

//SOURCES Scripts.java
//SOURCES TestProject.java
//SOURCES TestTar.java
//SOURCES Tree.java

class ValidateBackupTest {
    private static final Set<String> REBUILDABLE = Set.of("chromadb", "neo4j");

    private static JsonObject json(Scripts.Result result) {
        return JsonParser.parseString(result.stdout()).getAsJsonObject();
    }

    private static List<String> findings(JsonObject validation) {
        List<String> findings = new ArrayList<>();
        for (JsonElement finding : validation.getAsJsonArray("findings")) {
            JsonObject one = finding.getAsJsonObject();
            findings.add(one.get("level").getAsString() + " " + (one.get("source").isJsonNull() ? "-" : one.get("source").getAsString()) + " "
                + one.get("message").getAsString());
        }
        return findings;
    }

    private static boolean has(JsonObject validation, String beginning, String part) {
        return findings(validation).stream().anyMatch(finding -> finding.startsWith(beginning) && finding.contains(part));
    }

    /** Counts files and bytes by the first part of their names with tar itself. */
    private static Map<String, String> countedByTar(Path archive) {
        Scripts.Result listing = Scripts.with().runCommand(List.of("tar", "-tvzf", archive.toString()));
        assertEquals(0, listing.exitCode(), listing::toString);
        Map<String, long[]> totals = new TreeMap<>();
        for (String line : listing.stdout().split("\n")) {
            String[] words = line.split(" +", 6);
            long[] total = totals.computeIfAbsent(words[5].split("/")[0], any -> new long[2]);
            total[0]++;
            total[1] += Long.parseLong(words[2]);
        }
        Map<String, String> counts = new TreeMap<>();
        totals.forEach((source, total) -> counts.put(source, !REBUILDABLE.contains(source) + " " + total[0] + " " + total[1]));
        return counts;
    }

    private static Map<String, String> counts(JsonObject validation) {
        Map<String, String> counts = new TreeMap<>();
        validation.getAsJsonObject("sources").entrySet().forEach(source -> {
            JsonObject one = source.getValue().getAsJsonObject();
            counts.put(source.getKey(), one.get("critical").getAsBoolean() + " " + one.get("files").getAsInt() + " " + one.get("bytes").getAsLong());
        });
        return counts;
    }

    @Test
    @DisplayName("the August fixture is valid, with 15 sources and 298 files, as tar counts them, and nothing to find")
    void august() {
        Path archive = TestProject.fixtures().resolve(TestProject.AUGUST);
        Scripts.Result result = Scripts.run("validate_backup", "--json", archive.toString());
        assertEquals(0, result.exitCode(), result::toString);
        JsonObject json = json(result);
        assertAll(
            () -> assertTrue(json.get("valid").getAsBoolean()),
            () -> assertEquals(TestProject.AUGUST, json.get("file").getAsString()),
            () -> assertEquals(15, counts(json).size()),
            () -> assertEquals(298, json.getAsJsonObject("sources").entrySet().stream()
                .mapToInt(source -> source.getValue().getAsJsonObject().get("files").getAsInt()).sum()),
            () -> assertEquals("true 3 1691648", counts(json).get("lyra_sqlite")),
            () -> assertEquals("false 7 580034", counts(json).get("neo4j")),
            () -> assertEquals(countedByTar(archive), counts(json)),
            () -> assertEquals(List.of(), findings(json)));
    }

    @Test
    @DisplayName("the February fixture is valid, with warnings that its chromadb and neo4j are no databases; --strict gives 3")
    void february() {
        Path archive = TestProject.fixtures().resolve(TestProject.FEBRUARY);
        Scripts.Result result = Scripts.run("validate_backup", "--json", archive.toString());
        assertEquals(0, result.exitCode(), result::toString);
        JsonObject json = json(result);
        assertAll(
            () -> assertTrue(json.get("valid").getAsBoolean()),
            () -> assertEquals(Map.of("sqlite", "true 3 3280896", "entity_identity", "true 3 19249", "crystals", "true 51 86955",
                "word_photos", "true 105 206009", "chromadb", "false 1 356352", "neo4j", "false 1 17"), counts(json)),
            () -> assertEquals(countedByTar(archive), counts(json)),
            () -> assertEquals(2, findings(json).size(), findings(json)::toString),
            () -> assertTrue(has(json, "warning chromadb", "no segment directory"), findings(json)::toString),
            () -> assertTrue(has(json, "warning neo4j", "databases/ and transactions/"), findings(json)::toString),
            () -> assertTrue(has(json, "warning neo4j", "1 file, 17 B"), findings(json)::toString));
        Scripts.Result strict = Scripts.run("validate_backup", "--strict", archive.toString());
        assertEquals(3, strict.exitCode(), strict::toString);
        assertTrue(strict.stdout().contains(TestProject.FEBRUARY + ": valid, with warnings"), strict::toString);
        assertTrue(strict.stdout().matches("(?s).*WARNING: neo4j is not a Neo4j database.*"), strict::toString);
    }

    @Test
    @DisplayName("without a file the latest backup is validated, with --all each of them, with several names those")
    void which() {
        String fixtures = TestProject.fixtures().toString();
        JsonObject latest = json(Scripts.run("validate_backup", "--quick", "--json", "--backup-dir", fixtures));
        assertEquals(TestProject.AUGUST, latest.get("file").getAsString());
        Scripts.Result all = Scripts.run("validate_backup", "--quick", "--all", "--json", "--backup-dir", fixtures);
        assertEquals(0, all.exitCode(), all::toString);
        assertTrue(json(all).get("valid").getAsBoolean());
        assertEquals(List.of(TestProject.AUGUST, TestProject.FEBRUARY), json(all).getAsJsonArray("backups").asList().stream()
            .map(backup -> backup.getAsJsonObject().get("file").getAsString()).toList());
        Scripts.Result two = Scripts.run("validate_backup", "--quick", "--json", "--backup-dir", fixtures, TestProject.FEBRUARY,
            fixtures + "/" + TestProject.AUGUST);
        assertEquals(List.of(TestProject.FEBRUARY, TestProject.AUGUST), json(two).getAsJsonArray("backups").asList().stream()
            .map(backup -> backup.getAsJsonObject().get("file").getAsString()).toList());
    }

    @Test
    @DisplayName("a source that has shrunk by more than half against the backup before it is a warning, unless --quick")
    void shrunk(@TempDir Path directory) {
        complete(TestTar.Style.GNU, 10).gzip(directory.resolve("pps_backup_20260101_000000.tar.gz"));
        complete(TestTar.Style.PYTHON, 4).gzip(directory.resolve("pps_backup_20260102_000000.tar.gz"));
        complete(TestTar.Style.PYTHON, 2).gzip(directory.resolve("pps_backup_20260103_000000.tar.gz"));
        String[] arguments = {"--json", "--all", "--backup-dir", directory.toString()};
        Scripts.Result result = Scripts.run("validate_backup", arguments);
        assertEquals(0, result.exitCode(), result::toString);
        List<JsonElement> backups = json(result).getAsJsonArray("backups").asList();
        assertEquals(List.of(), findings(backups.get(0).getAsJsonObject()), "exactly half is not more than half");
        assertTrue(has(backups.get(1).getAsJsonObject(), "warning crystals", "shrunk by more than half since pps_backup_20260101_000000.tar.gz"),
            result::toString);
        assertEquals(List.of(), findings(backups.get(2).getAsJsonObject()));
        assertFalse(Scripts.run("validate_backup", "--quick", "--json", "--all", "--backup-dir", directory.toString()).stdout()
            .contains("shrunk"));
    }

    private static TestTar complete(TestTar.Style style, int crystals) {
        TestTar tar = new TestTar(style).file("sqlite/empty.db", "").file("entity_identity/identity.md", "I")
            .file("word_photos/a.md", "a");
        for (int i = 0; i < crystals; i++) {
            tar.file("crystals/archive/crystal_" + i + ".md", "x");
        }
        return tar;
    }

    @Test
    @DisplayName("a damaged database inside a whole archive is an error that names the file, and gives 3; --quick does not open it")
    void damagedDatabase(@TempDir Path directory) throws IOException {
        TestProject project = TestProject.create(directory);
        Path database = project.root.resolve("entities/lyra/data/inventory.db");
        byte[] bytes = Files.readAllBytes(database);
        Arrays.fill(bytes, 4096, bytes.length, (byte) 0x5a);
        Files.write(database, bytes);
        project.write("entities/lyra/data/text.db", "this is text, whatever it is called");
        String archive = project.backUp("pps_backup_20260301_000000.tar.gz").toString();
        Scripts.Result result = Scripts.run("validate_backup", "--json", archive);
        assertEquals(3, result.exitCode(), result::toString);
        assertFalse(json(result).get("valid").getAsBoolean());
        assertTrue(has(json(result), "error sqlite", "'inventory.db' is damaged"), result::toString);
        assertTrue(has(json(result), "error sqlite", "'text.db' is not a SQLite database"), result::toString);
        assertEquals(2, findings(json(result)).size(), result::toString);
        assertEquals(0, Scripts.run("validate_backup", "--quick", archive).exitCode());
        Scripts.Result restore = project.restore("--yes", "--latest");
        assertEquals(3, restore.exitCode(), restore::toString);
        assertTrue(restore.stderr().contains("inventory.db' is damaged"), restore::toString);
        assertTrue(restore.stderr().contains("State: Nothing was touched."), restore::toString);
        assertTrue(restore.stderr().contains("--skip sqlite"), restore::toString);
    }

    @Test
    @DisplayName("a truncated or altered archive is not valid, and says where it is damaged")
    void damagedArchive(@TempDir Path directory) throws IOException {
        byte[] good = Files.readAllBytes(TestProject.fixtures().resolve(TestProject.FEBRUARY));
        Path truncated = Files.write(directory.resolve("pps_backup_20260101_000000.tar.gz"), Arrays.copyOf(good, good.length - 9000));
        byte[] flipped = good.clone();
        flipped[good.length / 3] ^= 0x10;
        Path altered = Files.write(directory.resolve("pps_backup_20260102_000000.tar.gz"), flipped);
        Path text = Files.writeString(directory.resolve("pps_backup_20260103_000000.tar.gz"), "not an archive");
        Scripts.Result result = Scripts.run("validate_backup", "--json", truncated.toString(), altered.toString(), text.toString());
        assertEquals(3, result.exitCode(), result::toString);
        for (JsonElement backup : json(result).getAsJsonArray("backups")) {
            assertFalse(backup.getAsJsonObject().get("valid").getAsBoolean(), result::toString);
            assertEquals(1, findings(backup.getAsJsonObject()).size(), result::toString);
        }
        assertTrue(result.stdout().contains("ends too early"), result::toString);
        assertFalse(json(result).get("valid").getAsBoolean());
    }

    @Test
    @DisplayName("of a small archive that is cut at its end it does not say that it is damaged at its beginning")
    void cutAtItsEnd(@TempDir Path directory) throws IOException {
        TestTar tar = new TestTar(TestTar.Style.GNU).file("sqlite/empty.db", "").file("crystals/a.md", "a").file("word_photos/a.md", "a");
        Path archive = directory.resolve("pps_backup_20260101_000000.tar.gz");
        tar.gzip(archive);
        byte[] bytes = Files.readAllBytes(archive);
        Path cut = Files.write(directory.resolve("pps_backup_20260102_000000.tar.gz"), Arrays.copyOf(bytes, bytes.length - 20));
        Scripts.Result result = Scripts.run("validate_backup", cut.toString());
        assertTrue(result.stdout().contains(cut + " is damaged: it ends too early\n"), result::toString);
        Path text = Files.writeString(directory.resolve("pps_backup_20260103_000000.tar.gz"), "not an archive");
        assertTrue(Scripts.run("validate_backup", text.toString()).stdout().contains(" is damaged at its beginning: "));
    }

    @Test
    @DisplayName("what a damaged backup is told with ends in what to type: another backup, or how to find a good one")
    void whatNext(@TempDir Path directory) throws IOException {
        TestProject project = TestProject.create(directory);
        Path good = project.backUp("pps_backup_20260101_000000.tar.gz");
        byte[] bytes = Files.readAllBytes(good);
        Path bad = Files.write(project.backups.resolve("pps_backup_20260102_000000.tar.gz"), Arrays.copyOf(bytes, bytes.length - 700));
        String validateAll = "jbang validate_backup.java --all --backup-dir " + project.backups + "   shows which backups are good";
        for (String how : List.of("--yes", "--dry-run", "--drill")) {
            Scripts.Result restore = project.restore("--latest", how);
            assertEquals(3, restore.exitCode(), restore::toString);
            assertTrue(restore.stderr().contains("Next:  jbang restore_pps.java --backup " + good + " --project-root " + project.root
                + (how.equals("--yes") ? "" : " " + how) + " --no-containers   takes the one before it; " + validateAll), restore::toString);
        }
        Scripts.Result latest = Scripts.run("validate_backup", "--backup-dir", project.backups.toString());
        assertEquals(3, latest.exitCode(), latest::toString);
        assertTrue(latest.stderr().contains("Error: Not valid: " + bad.getFileName() + ".\nNext:  " + validateAll), latest::toString);
        Scripts.Result all = Scripts.run("validate_backup", "--backup-dir", project.backups.toString(), "--all");
        assertEquals(3, all.exitCode(), all::toString);
        assertTrue(all.stderr().contains("Next:  jbang restore_pps.java --dry-run --backup " + good + "   takes a good one"), all::toString);
        Files.delete(good);
        assertTrue(project.restore("--latest", "--yes").stderr().contains("Next:  " + validateAll));
        // There is no backup directory: what is proposed is where the bad one lies, or nothing that would fail when it is typed.
        Scripts.Result elsewhere = Scripts.run("validate_backup", bad.toString());
        assertTrue(elsewhere.stderr().contains("Next:  " + validateAll), elsewhere::toString);
        Scripts.Result alone = Scripts.run("validate_backup", Files.move(bad, directory.resolve("x.tar.gz")).toString());
        assertTrue(alone.stderr().contains("Next:  Name the directory that holds your "), alone::toString);
        assertTrue(Scripts.run("validate_backup", "nowhere.tar.gz").stderr().contains("Next:  Name the directory that holds your "));
    }

    @Test
    @DisplayName("a critical source that its layout always has is missed; a source that the map does not know is mentioned")
    void missingSources(@TempDir Path directory) {
        new TestTar(TestTar.Style.GNU).file("sqlite/empty.db", "").file("crystals/current/a.md", "x").file("word_photos/a.md", "a")
            .file("lost_and_found/a.txt", "a").gzip(directory.resolve("pps_backup_20260101_000000.tar.gz"));
        new TestTar(TestTar.Style.GNU).file("lyra_sqlite/empty.db", "").file("caia_identity/identity.md", "x").file("lyra_identity/identity.md", "x")
            .gzip(directory.resolve("pps_backup_20260102_000000.tar.gz"));
        Scripts.Result result = Scripts.run("validate_backup", "--json", "--all", "--backup-dir", directory.toString());
        assertEquals(3, result.exitCode(), result::toString);
        JsonObject prefixed = json(result).getAsJsonArray("backups").get(0).getAsJsonObject();
        JsonObject plain = json(result).getAsJsonArray("backups").get(1).getAsJsonObject();
        assertTrue(has(prefixed, "error caia_sqlite", "is critical and is not in the backup"), result::toString);
        assertTrue(has(plain, "error entity_identity", "is critical and is not in the backup"), result::toString);
        assertTrue(has(plain, "warning lost_and_found", "would not be restored"), result::toString);
        assertEquals(3, findings(plain).size() + findings(prefixed).size(), result::toString);
    }

    @Test
    @DisplayName("a file or directory that is not there is exit code 3, and says where was looked")
    void notThere(@TempDir Path directory) {
        Scripts.Result file = Scripts.run("validate_backup", "--backup-dir", directory.toString(), "pps_backup_20260101_000000.tar.gz");
        assertEquals(3, file.exitCode(), file::toString);
        assertTrue(file.stderr().contains("There is no backup 'pps_backup_20260101_000000.tar.gz'"), file::toString);
        assertTrue(file.stderr().contains("nor in " + directory), file::toString);
        Scripts.Result noDirectory = Scripts.run("validate_backup", "--backup-dir", directory.resolve("gone").toString());
        assertEquals(3, noDirectory.exitCode(), noDirectory::toString);
        assertTrue(noDirectory.stderr().contains("There is no backup directory"), noDirectory::toString);
        Scripts.Result aDirectory = Scripts.run("validate_backup", directory.toString());
        assertEquals(3, aDirectory.exitCode(), aDirectory::toString);
        assertTrue(aDirectory.stderr().contains("Not a file: " + directory), aDirectory::toString);
    }

    @Test
    @DisplayName("validating leaves nothing behind in the temporary directory")
    void leavesNothing(@TempDir Path temporary) throws IOException {
        Scripts.Result result = Scripts.with().env("JDK_JAVA_OPTIONS", "-Djava.io.tmpdir=" + temporary)
            .runScript("validate_backup", TestProject.fixtures().resolve(TestProject.FEBRUARY).toString());
        assertEquals(0, result.exitCode(), result::toString);
        try (Stream<Path> left = Files.list(temporary)) {
            assertEquals(List.of(), left.toList());
        }
    }
}
