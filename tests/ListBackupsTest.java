package pps;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

//SOURCES Scripts.java
//SOURCES TestProject.java
//SOURCES TestTar.java
//SOURCES Tree.java

class ListBackupsTest {
    /** Files and bytes of each source, as Python's tarfile counts them. */
    private static final Map<String, String> AUGUST = new TreeMap<>(Map.ofEntries(
        Map.entry("chromadb", "5 677556"), Map.entry("neo4j", "7 580034"), Map.entry("haven", "1 237568"),
        Map.entry("caia_sqlite", "3 1691648"), Map.entry("caia_identity", "5 31696"), Map.entry("caia_crystals", "20 34121"),
        Map.entry("caia_word_photos", "30 59100"), Map.entry("caia_journals", "12 25385"), Map.entry("caia_notebook", "3 6256"),
        Map.entry("lyra_sqlite", "3 1691648"), Map.entry("lyra_identity", "7 43644"), Map.entry("lyra_crystals", "51 85712"),
        Map.entry("lyra_word_photos", "105 206780"), Map.entry("lyra_journals", "40 83540"), Map.entry("lyra_notebook", "6 12680")));
    private static final Map<String, String> FEBRUARY = new TreeMap<>(Map.of("sqlite", "3 3280896", "chromadb", "1 356352",
        "neo4j", "1 17", "entity_identity", "3 19249", "crystals", "51 86955", "word_photos", "105 206009"));

    private static JsonArray backups(Scripts.Result result) {
        assertEquals(0, result.exitCode(), result::toString);
        return JsonParser.parseString(result.stdout()).getAsJsonObject().getAsJsonArray("backups");
    }

    private static Map<String, String> counts(JsonObject backup) {
        Map<String, String> counts = new TreeMap<>();
        backup.getAsJsonObject("sources").entrySet().forEach(source -> counts.put(source.getKey(),
            source.getValue().getAsJsonObject().get("files").getAsInt() + " " + source.getValue().getAsJsonObject().get("bytes").getAsLong()));
        return counts;
    }

    /** Returns a tar with a file of each source that a backup without a manifest always has. */
    private static TestTar complete() {
        return new TestTar(TestTar.Style.GNU).file("sqlite/a.db", "").file("entity_identity/identity.md", "i").file("crystals/a.md", "c")
            .file("word_photos/a.md", "w");
    }

    private static Path copyFixtures(Path directory) throws IOException {
        for (String name : Arrays.asList(TestProject.FEBRUARY, TestProject.AUGUST)) {
            Files.copy(TestProject.fixtures().resolve(name), directory.resolve(name));
        }
        return directory;
    }

    @Test
    @DisplayName("the fixtures are listed, the newest first, with the time in their names and their contents by source")
    void fixtures() throws IOException {
        Path fixtures = TestProject.fixtures();
        JsonArray backups = backups(Scripts.run("list_backups", "--backup-dir", fixtures.toString(), "--json"));
        JsonObject august = backups.get(0).getAsJsonObject();
        JsonObject february = backups.get(1).getAsJsonObject();
        assertAll(
            () -> assertEquals(2, backups.size()),
            () -> assertEquals(TestProject.AUGUST, august.get("file").getAsString()),
            () -> assertTrue(august.get("latest").getAsBoolean()),
            () -> assertEquals("2026-08-20T04:00:12", august.get("createdAt").getAsString()),
            () -> assertEquals(Files.size(fixtures.resolve(TestProject.AUGUST)), august.get("bytes").getAsLong()),
            () -> assertEquals(AUGUST, counts(august)),
            () -> assertEquals(298, counts(august).values().stream().mapToInt(count -> Integer.parseInt(count.split(" ")[0])).sum()),
            () -> assertEquals(TestProject.FEBRUARY, february.get("file").getAsString()),
            () -> assertFalse(february.get("latest").getAsBoolean()),
            () -> assertEquals("2026-02-02T12:37:31", february.get("createdAt").getAsString()),
            () -> assertEquals(FEBRUARY, counts(february)));
    }

    @Test
    @DisplayName("a file's own time changes nothing, since every copy changes it; other files are not listed, and nothing is written")
    void touched(@TempDir Path directory) throws IOException {
        copyFixtures(directory);
        Files.setLastModifiedTime(directory.resolve(TestProject.FEBRUARY), FileTime.from(Instant.parse("2031-01-01T00:00:00Z")));
        Files.setLastModifiedTime(directory.resolve(TestProject.AUGUST), FileTime.from(Instant.parse("2020-01-01T00:00:00Z")));
        Files.writeString(directory.resolve("notes.txt"), "mine");
        Files.writeString(directory.resolve("pps_backup_20269999_000000.tar.gz"), "the name is no date");
        Files.writeString(directory.resolve(".pps_backup_20270101_000000.tar.gz.partial"), "unfinished");
        Tree before = Tree.of(directory);
        JsonArray backups = backups(Scripts.run("list_backups", "--backup-dir", directory.toString(), "--json"));
        assertEquals(2, backups.size(), backups::toString);
        assertEquals(TestProject.AUGUST, backups.get(0).getAsJsonObject().get("file").getAsString());
        assertEquals("2026-08-20T04:00:12", backups.get(0).getAsJsonObject().get("createdAt").getAsString());
        before.assertSame(Tree.of(directory), "the backup directory");
    }

    @Test
    @DisplayName("restore_pps --list prints the very listing of list_backups, with [LATEST] at the first alone")
    void sameListing() {
        String directory = TestProject.fixtures().toString();
        Scripts.Result list = Scripts.run("list_backups", "--backup-dir", directory);
        Scripts.Result restore = Scripts.run("restore_pps", "--list", "--backup-dir", directory);
        assertEquals(0, list.exitCode(), list::toString);
        assertEquals(list.stdout(), restore.stdout());
        assertTrue(list.stdout().contains(TestProject.AUGUST + "  [LATEST]\n"), list::toString);
        assertEquals(list.stdout().indexOf("[LATEST]"), list.stdout().lastIndexOf("[LATEST]"), list::toString);
        assertTrue(list.stdout().matches("(?s).*neo4j +7 files +566\\.4 KiB\n.*neo4j +1 file +17 B\n.*"), list::toString);
        assertEquals("", list.stderr());
    }

    @Test
    @DisplayName("a damaged backup is listed as not usable beside the good ones, whose contents are shown")
    void damaged(@TempDir Path directory) throws IOException {
        copyFixtures(directory);
        byte[] bytes = Files.readAllBytes(directory.resolve(TestProject.AUGUST));
        Files.write(directory.resolve(TestProject.AUGUST), Arrays.copyOf(bytes, bytes.length / 2));
        JsonArray backups = backups(Scripts.run("list_backups", "--backup-dir", directory.toString(), "--json"));
        assertTrue(backups.get(0).getAsJsonObject().get("problem").getAsString().contains("ends too early"), backups::toString);
        assertTrue(backups.get(1).getAsJsonObject().get("problem").isJsonNull(), backups::toString);
        assertEquals(FEBRUARY, counts(backups.get(1).getAsJsonObject()));
        Scripts.Result text = Scripts.run("list_backups", "--backup-dir", directory.toString());
        assertTrue(text.stdout().contains("NOT USABLE: "), text::toString);
    }

    @ParameterizedTest(name = "of {0} days, at most {1} allowed: {2}")
    @CsvSource({"1, 7, OK, 0", "8, 7, WARNING, 1", "8, 9, OK, 0", "3, 2, WARNING, 1", "3, 0, WARNING, 1"})
    @DisplayName("--check judges the age of the latest backup by its name")
    void checkAge(int days, int maxAge, String verdict, int code, @TempDir Path directory) throws IOException {
        String stamp = LocalDateTime.now().minusDays(days).minusHours(1).format(DateTimeFormatter.ofPattern("uuuuMMdd_HHmmss"));
        Path backup = directory.resolve("pps_backup_" + stamp + ".tar.gz");
        complete().gzip(backup);
        Files.setLastModifiedTime(backup, FileTime.from(Instant.parse("2031-01-01T00:00:00Z")));
        Scripts.Result result = maxAge == 7 ? Scripts.run("list_backups", "--check", "--backup-dir", directory.toString())
            : Scripts.run("list_backups", "--check", "--max-age", "" + maxAge, "--backup-dir", directory.toString());
        assertEquals(code, result.exitCode(), result::toString);
        assertTrue(result.stdout().startsWith(verdict + ": "), result::toString);
        assertTrue(result.stdout().contains(days + " day" + (days == 1 ? "" : "s") + " ago"), result::toString);
        assertEquals("", result.stderr());
    }

    @Test
    @DisplayName("--check is an error when there is no backup or the latest is damaged, a warning when an older one is")
    void checkProblems(@TempDir Path directory) throws IOException {
        Scripts.Result none = Scripts.run("list_backups", "--check", "--backup-dir", directory.resolve("nowhere").toString());
        assertEquals(1, none.exitCode(), none::toString);
        assertTrue(none.stdout().startsWith("ERROR: there is no backup in "), none::toString);

        DateTimeFormatter stamp = DateTimeFormatter.ofPattern("uuuuMMdd_HHmmss");
        Path older = directory.resolve("pps_backup_" + LocalDateTime.now().minusDays(2).format(stamp) + ".tar.gz");
        Path newer = directory.resolve("pps_backup_" + LocalDateTime.now().minusDays(1).format(stamp) + ".tar.gz");
        Files.writeString(older, "no archive");
        complete().gzip(newer);
        Scripts.Result olderDamaged = Scripts.run("list_backups", "--check", "--json", "--backup-dir", directory.toString());
        assertEquals(1, olderDamaged.exitCode(), olderDamaged::toString);
        JsonObject json = JsonParser.parseString(olderDamaged.stdout()).getAsJsonObject();
        assertEquals("WARNING", json.get("status").getAsString());
        assertTrue(json.get("message").getAsString().contains(older.getFileName().toString()), json::toString);

        Files.writeString(newer, "no archive either");
        Scripts.Result latestDamaged = Scripts.run("list_backups", "--check", "--backup-dir", directory.toString());
        assertEquals(1, latestDamaged.exitCode(), latestDamaged::toString);
        assertTrue(latestDamaged.stdout().startsWith("ERROR: the latest backup is not usable: "), latestDamaged::toString);
    }

    @Test
    @DisplayName("a backup that a restore would refuse for what it holds is listed as not usable, and is an error of --check")
    void wouldBeRefused(@TempDir Path directory) throws IOException {
        TestProject project = TestProject.create(directory);
        Path backup = project.backups.resolve("pps_backup_" + LocalDateTime.now().minusDays(1).format(DateTimeFormatter.ofPattern("uuuuMMdd_HHmmss"))
            + ".tar.gz");
        for (TestTar tar : new TestTar[] {new TestTar(TestTar.Style.GNU).file("etc/x.conf", "x"), new TestTar(TestTar.Style.GNU).file("sqlite/a.db", "")}) {
            Files.deleteIfExists(backup);
            tar.gzip(backup);
            String problem = project.restore("--latest", "--dry-run").stderr().contains("none of this project's sources")
                ? "The backup holds none of this project's sources" : "The backup is incomplete: it has no entity_identity, crystals, word_photos";
            for (String script : new String[] {"list_backups", "backup_pps"}) {
                for (String root : new String[] {"", project.root.toString()}) {
                    Scripts.Result check = Scripts.with().env("PPS_ROOT", root).runScript(script, "--check", "--backup-dir", project.backups.toString());
                    assertEquals(1, check.exitCode(), check::toString);
                    assertEquals("ERROR: the latest backup is not usable: " + problem + "\n", check.stdout());
                }
            }
            Scripts.Result list = Scripts.run("list_backups", "--backup-dir", project.backups.toString());
            assertTrue(list.stdout().contains("NOT USABLE: " + problem + "\n"), list::toString);
            assertEquals(list.stdout(), Scripts.with().env("PPS_ROOT", "/does/not/exist")
                .runScript("restore_pps", "--list", "--backup-dir", project.backups.toString()).stdout());
        }
    }

    @Test
    @DisplayName("--check prints ERROR and ends with 1 whatever keeps it from a verdict; a wrong option is still wrong usage")
    void checkThatCannotJudge(@TempDir Path directory) throws IOException {
        Path file = Files.writeString(directory.resolve("file"), "no directory");
        for (String script : new String[] {"list_backups", "backup_pps"}) {
            Scripts.Result notADirectory = Scripts.run(script, "--check", "--backup-dir", file.toString());
            Scripts.Result noRoot = Scripts.with().env("PPS_ROOT", "/does/not/exist").runScript(script, "--check", "--backup-dir", directory.toString());
            for (Scripts.Result result : new Scripts.Result[] {notADirectory, noRoot}) {
                assertEquals(1, result.exitCode(), result::toString);
                assertTrue(result.stdout().startsWith("ERROR: "), result::toString);
            }
            assertTrue(notADirectory.stdout().contains("Cannot list the backup directory " + file + ": not a directory"), notADirectory::toString);
            assertEquals(2, Scripts.run(script, "--check", "--chek").exitCode());
        }
    }

    @Test
    @DisplayName("a directory that does not exist, or holds no backup, is exit code 3 with the option to name another")
    void nothingThere(@TempDir Path directory) {
        Scripts.Result missing = Scripts.run("list_backups", "--backup-dir", directory.resolve("nowhere").toString());
        assertEquals(3, missing.exitCode(), missing::toString);
        assertTrue(missing.stderr().contains("There is no backup directory " + directory.resolve("nowhere")), missing::toString);
        assertTrue(missing.stderr().contains("Next:  Name the directory that holds your"), missing::toString);
        Scripts.Result empty = Scripts.with().env("PPS_BACKUP_DIR", directory.toString()).runScript("list_backups");
        assertEquals(3, empty.exitCode(), empty::toString);
        assertTrue(empty.stderr().contains("There is no backup in " + directory), empty::toString);
        assertEquals("", empty.stdout());
    }

    @Test
    @DisplayName("without --backup-dir, backups are looked for in PPS_BACKUP_DIR, else in awareness_backups below HOME")
    void whereBackupsLie(@TempDir Path home) throws IOException {
        Path directory = Files.createDirectory(home.resolve("awareness_backups"));
        complete().gzip(directory.resolve("pps_backup_20260101_000000.tar.gz"));
        Scripts.Result result = Scripts.with().env("HOME", home.toString()).runScript("list_backups", "--json");
        assertEquals(1, backups(result).size(), result::toString);
    }
}
