package pps;

//DEPS org.junit.jupiter:junit-jupiter:5.14.4
//DEPS com.google.code.gson:gson:2.13.2
//DEPS org.xerial:sqlite-jdbc:3.50.3.0
//SOURCES NotRoot.java Scripts.java TestListener.java TestProject.java Tree.java ../lib/Backup.java

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.sqlite.Collation;

/** backup_pps without Docker: as a process where options and exit codes count, within this one where something happens in the middle. */
@DisplayName("A backup")
class BackupTest {
    private static final String OLD = "pps_backup_20260301_040000.tar.gz";

    @TempDir
    private Path directory;
    private TestProject project;

    @BeforeEach
    void create() {
        project = TestProject.create(directory);
    }

    private Scripts.Result backup(String... arguments) {
        return Scripts.run("backup_pps", project.arguments(arguments));
    }

    private Scripts.Result backedUp(String... arguments) {
        Scripts.Result result = backup(arguments);
        assertEquals(0, result.exitCode(), result::toString);
        return result;
    }

    private JsonObject json(String... arguments) {
        List<String> all = new ArrayList<>(Arrays.asList(arguments));
        all.add("--json");
        return JsonParser.parseString(backedUp(all.toArray(String[]::new)).stdout()).getAsJsonObject();
    }

    private Backup.Outcome here(boolean live, Listener listener) {
        return new Backup(new Backup.Request(project.root, SourceMap.builtIn(), BackupDirectory.of(project.backups), null, null, live, false, false,
            new Retention(7, 0, 0, 0), Duration.ofSeconds(10), "restore_pps.java --recover"), listener).run();
    }

    private List<String> backups() {
        try (Stream<Path> files = Files.list(project.backups())) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private Path newest() {
        return BackupDirectory.of(project.backups).latest().file();
    }

    /** A listener that does something when a step is announced. */
    private static Listener at(String step, Consumer<String> action) {
        return new TestListener() {
            @Override
            public void info(String message) {
                if (message.startsWith(step)) {
                    action.accept(message);
                }
            }
        };
    }

    private void deleteTree(String path) {
        try (Stream<Path> walk = Files.walk(project.root.resolve(path))) {
            for (Path file : walk.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private void nothingIsLeft() {
        Path work = project.root.resolve("work");
        assertFalse(Files.exists(work), () -> "left: " + Tree.of(work).entries().keySet());
        assertEquals(List.of(), backups().stream().filter(name -> name.startsWith(".")).toList());
    }

    private static String[] lines(Scripts.Result result) {
        return result.stdout().split("\n");
    }

    @Test
    @DisplayName("of awkward files, restored after everything was lost, gives the same content, owners, modes and times")
    void roundTrip() throws IOException {
        for (String name : List.of("conversations.db", "conversations.db-wal", "conversations.db-shm")) {
            project.delete("entities/lyra/data/" + name);
        }
        project.database("entities/lyra/data/conversations.db", "hello");
        project.write("entities/lyra/data/empty.db", "");
        for (String name : List.of("日記 №1", "ελληνικά", "עברית", "e\u0301 and é", "-rf", " leading", "new\nline", "quote'\"$HOME`x`", "😀", "*?[x]",
            "x".repeat(240), "a\\b", "%s%n")) {
            project.write("entities/lyra/journals/2026/" + name + ".md", name);
        }
        project.write("entities/lyra/journals/0.md", "");
        project.directory("entities/lyra/journals/nothing yet", "docker/pps/chromadb_data/empty/deeper");
        Files.createSymbolicLink(project.root.resolve("entities/lyra/journals/latest.md"), Path.of("2026/01.md"));
        try (RandomAccessFile holes = new RandomAccessFile(project.root.resolve("docker/pps/chromadb_data/holes.bin").toFile(), "rw")) {
            holes.seek(3_000_000);
            holes.write(1);
        }
        project.settle();
        Files.setLastModifiedTime(project.root.resolve("entities/lyra/journals/0.md"), FileTime.from(Instant.parse("1961-04-12T06:07:00.5Z")));
        Files.setPosixFilePermissions(project.root.resolve("entities/lyra/journals/2026"), PosixFilePermissions.fromString("rwx------"));
        Set<String> covered = new HashSet<>();
        for (Path file : project.filesToBackUp().values()) {
            covered.add(project.root.relativize(file).toString());
        }
        // The JDK has no call that sets the time of a symbolic link.
        covered.remove("entities/lyra/journals/latest.md");
        covered.addAll(List.of("entities/lyra/journals", "entities/lyra/journals/2026", "entities/lyra/journals/nothing yet", "haven/data"));
        Tree before = project.tree();
        before.entries().keySet().stream().filter(path -> path.startsWith("docker/pps/")).forEach(covered::add);
        backedUp();
        before.assertSame(project.tree(), "a backup touches nothing");
        nothingIsLeft();
        for (String path : List.of("entities", "docker", "haven")) {
            deleteTree(path);
        }
        project.restored("--latest");
        before.only(covered::contains).withoutDirectoryTimes().assertSame(project.tree().only(path -> covered.contains(path)
            || before.at(path) == null && !path.equals("work")).without("work").withoutDirectoryTimes(), "restored");
        assertEquals(Path.of("2026/01.md"), Files.readSymbolicLink(project.root.resolve("entities/lyra/journals/latest.md")));
    }

    @Test
    @DisplayName("goes into a directory and a file that only the owner can read, and the original's tools find whole databases in it")
    void walIsFolded() throws Exception {
        project.backups();
        Files.delete(project.backups);
        Tree before = project.tree();
        backedUp();
        before.assertSame(project.tree(), "the live database and its -wal are as they were");
        Path extracted = Files.createDirectory(directory.resolve("extracted"));
        assertEquals(0, new ProcessBuilder("tar", "-xzf", newest().toString(), "-C", extracted.toString()).inheritIO().start().waitFor());
        Files.createDirectories(project.root.resolve("elsewhere"));
        Files.copy(extracted.resolve("sqlite/conversations.db"), project.root.resolve("elsewhere/conversations.db"));
        assertAll(
            () -> assertEquals("rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(project.backups))),
            () -> assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(newest()))),
            () -> assertEquals(List.of("hello from lyra", "second"), project.rows("elsewhere/conversations.db")),
            () -> assertFalse(Files.exists(extracted.resolve("sqlite/conversations.db-wal"))));
    }

    @Test
    @DisplayName("of several entities names each source after its entity; of one alone, it holds that one and deletes nothing")
    void entities() {
        project.entity("caia");
        project.backUp(OLD);
        JsonObject all = json("--keep", "2").getAsJsonObject("sources");
        assertTrue(all.keySet().containsAll(List.of("lyra_sqlite", "lyra_identity", "caia_sqlite", "caia_journals", "neo4j", "haven")), all::toString);
        assertFalse(all.has("sqlite"));
        JsonObject one = json("--entity", "caia", "--keep", "1");
        assertEquals(new TreeSet<>(Set.of("caia_sqlite", "caia_identity", "caia_crystals", "caia_word_photos", "caia_journals", "caia_notebook")),
            new TreeSet<>(one.getAsJsonObject("sources").keySet()));
        assertEquals(3, backups().size());
        assertTrue(one.get("notDeletedBecause").getAsString().contains("one entity"), one::toString);
        Scripts.Result unknown = backup("--entity", "nobody");
        assertEquals(2, unknown.exitCode(), unknown::toString);
        assertTrue(unknown.stderr().contains("caia, lyra"), unknown::toString);
    }

    @Test
    @DisplayName("leaves a source out that is not there, says so, and a restore of it leaves that source alone")
    void absent() {
        deleteTree("entities/lyra/notebook");
        JsonObject done = json("--strict");
        assertEquals("there is no entities/lyra/notebook", done.getAsJsonObject("leftOut").get("notebook").getAsString());
        project.write("entities/lyra/notebook/new.md", "written since");
        project.restored("--latest");
        assertTrue(Files.exists(project.root.resolve("entities/lyra/notebook/new.md")));
    }

    @Test
    @DisplayName("deletes what is older than wanted, by the time in the name, and never what is not a backup; a dry run says so before")
    void retention() throws IOException {
        for (String day : List.of("01", "02", "03", "04")) {
            Path file = project.backUp("pps_backup_202603" + day + "_040000.tar.gz");
            // The oldest name gets the newest time.
            Files.setLastModifiedTime(file, FileTime.from(Instant.parse("2026-06-0" + (9 - Integer.parseInt(day)) + "T00:00:00Z")));
        }
        List<String> foreign = List.of("notes.txt", "pps_backup_20260101_000000.tar.gz.part", "pps_backup_20269999_000000.tar.gz",
            "pre_restore_safety_20200101_000000.tar.gz");
        for (String name : foreign) {
            Files.writeString(project.backups.resolve(name), "not ours");
        }
        Tree before = Tree.of(directory);
        Scripts.Result dry = backedUp("--keep", "2", "--dry-run");
        before.assertSame(Tree.of(directory), "a dry run writes nothing");
        assertTrue(dry.stdout().contains("would keep pps_backup_20260304_040000.tar.gz (one of the last 2)"), dry::toString);
        assertTrue(dry.stdout().contains("would DELETE pps_backup_20260303_040000.tar.gz (not among those kept: the last 2)"), dry::toString);
        JsonObject done = json("--keep", "2");
        assertEquals("[\"pps_backup_20260303_040000.tar.gz\",\"pps_backup_20260302_040000.tar.gz\",\"pps_backup_20260301_040000.tar.gz\"]",
            done.get("deleted").toString());
        Set<String> left = new TreeSet<>(foreign);
        left.addAll(List.of("pps_backup_20260304_040000.tar.gz", done.get("file").getAsString()));
        assertEquals(left, new TreeSet<>(backups()));
    }

    @Test
    @DisplayName("--check judges as list_backups --check does, and --metrics tells Prometheus")
    void checkAndMetrics() throws IOException {
        Path metrics = directory.resolve("pps.prom");
        assertEquals("ERROR: there is no backup in " + project.backups, lines(backup("--check"))[0]);
        project.backUp(OLD);
        Scripts.Result old = backup("--check", "--max-age", "1", "--metrics", metrics.toString());
        assertEquals(1, old.exitCode());
        assertTrue(old.stdout().startsWith("WARNING: "), old::toString);
        assertEquals(Scripts.run("list_backups", "--backup-dir", project.backups.toString(), "--check", "--max-age", "1").stdout(), old.stdout());
        assertTrue(Files.readString(metrics).contains("pps_backup_count 1\n"));
        backedUp("--metrics", metrics.toString());
        assertTrue(lines(backedUp("--check", "--max-age", "1"))[0].startsWith("OK: pps_backup_"));
        String text = Files.readString(metrics);
        assertAll(
            () -> assertTrue(text.contains("pps_backup_last_run_exit_code 0\n"), text),
            () -> assertTrue(text.contains("pps_backup_source_files{source=\"crystals\"} 2\n"), text),
            () -> assertTrue(text.contains("pps_backup_size_bytes " + Files.size(newest()) + "\n"), text),
            () -> assertTrue(text.contains("# TYPE pps_backup_duration_seconds gauge\npps_backup_duration_seconds "), text),
            () -> assertEquals("rw-r--r--", PosixFilePermissions.toString(Files.getPosixFilePermissions(metrics))));
        String success = text.lines().filter(line -> line.startsWith("pps_backup_last_success_timestamp_seconds ")).findFirst().orElseThrow();
        deleteTree("entities");
        Scripts.Result failed = backup("--metrics", metrics.toString());
        assertEquals(1, failed.exitCode(), failed::toString);
        String after = Files.readString(metrics);
        assertTrue(after.contains("pps_backup_last_run_exit_code 1\n") && after.contains(success), after);
    }

    @Test
    @DisplayName("of a project that has lost much is kept, warns, deletes no older backup that holds it, and ends with 1 under --strict")
    void doubts() {
        project.backUp(OLD);
        project.delete("entities/lyra/crystals/archive/crystal_001.md");
        project.delete("entities/lyra/crystals/current/crystal_002.md");
        deleteTree("docker/pps/neo4j_data/databases");
        deleteTree("entities/lyra/journals");
        Scripts.Result result = backup("--strict", "--keep", "1");
        assertEquals(1, result.exitCode(), result::toString);
        assertEquals(2, backups().size());
        for (String warning : List.of("Source 'crystals' is critical and holds no file", "Source 'neo4j' is not a Neo4j database",
            "Source 'crystals' has shrunk by more than half since " + OLD + ": from 2 files", "Source 'journals' has gone since " + OLD,
            "The backup is done and whole")) {
            assertTrue(result.stderr().contains(warning), () -> warning + " in " + result);
        }
        assertTrue(result.stdout().contains("no older backup was deleted: "), result::toString);
        // Against the new one nothing has shrunk, but a critical source is still empty that was not always.
        assertEquals("'crystals' is empty, and was not always", json("--keep", "1").get("notDeletedBecause").getAsString());
        project.write("entities/lyra/crystals/current/crystal_003.md", "a third crystal");
        // No longer; but of the journals there are none but in the old one.
        JsonObject later = json("--keep", "1");
        assertEquals(2, later.getAsJsonArray("deleted").size(), later::toString);
        assertTrue(later.getAsJsonArray("warnings").toString().contains(OLD + " is not deleted: none that stays holds half as much of "
            + "'crystals' (2 files, 35 B), 'journals' (1 file, 7 B)"), later::toString);
    }

    @Test
    @DisplayName("compares with the last one by its index alone, and reads none of its content again")
    void comparesByIndex() throws IOException {
        project.write("docker/pps/chromadb_data/big.bin", "x".repeat(3 << 20));
        backedUp();
        Path last = newest();
        try (RandomAccessFile file = new RandomAccessFile(last.toFile(), "rw")) {
            // Beyond the manifest, in the content: a validation finds it, a look at the index does not come here.
            file.seek(file.length() / 2);
            int there = file.read();
            file.seek(file.length() / 2);
            file.write(there ^ 0xff);
        }
        assertEquals(3, Scripts.run("validate_backup", last.toString()).exitCode());
        deleteTree("entities/lyra/journals");
        Scripts.Result result = backup("--strict");
        assertTrue(result.stderr().contains("Source 'journals' has gone since " + last.getFileName()), result::toString);
        assertFalse(result.stderr().contains("cannot be compared"), result::toString);
    }

    @Test
    @DisplayName("whose source vanishes while it is packed fails, leaves nothing behind and deletes nothing")
    void vanishing() {
        project.backUp(OLD);
        Failure failure = assertThrows(Failure.class, () -> here(false, at("Packing", step -> deleteTree("entities/lyra/journals"))));
        assertEquals(ExitCode.FAILED, failure.exitCode());
        assertTrue(failure.getMessage().contains("Source 'journals' was there when this backup began, and is gone"), failure.getMessage());
        assertTrue(failure.state().startsWith("No backup was written"), failure.state());
        assertEquals(List.of(OLD), backups());
        nothingIsLeft();
    }

    @Test
    @DisplayName("that is interrupted while it packs ends with 130 and leaves nothing behind")
    void interrupted() {
        project.backUp(OLD);
        AtomicBoolean interrupted = new AtomicBoolean();
        Listener listener = new TestListener() {
            @Override
            public void info(String message) {
                interrupted.compareAndSet(false, message.startsWith("Packing"));
            }

            @Override
            public void checkInterrupted() {
                if (interrupted.get()) {
                    throw Failure.of(ExitCode.DECLINED, "Interrupted");
                }
            }
        };
        Failure failure = assertThrows(Failure.class, () -> here(false, listener));
        assertEquals(ExitCode.DECLINED, failure.exitCode());
        assertEquals(List.of(OLD), backups());
        nothingIsLeft();
    }

    @Test
    @DisplayName("--no-stop takes databases by online backup, leaves out what cannot be copied live, and a restore of it leaves that alone")
    void live() {
        JsonObject done = json("--no-stop", "--strict");
        assertTrue(done.getAsJsonObject("leftOut").keySet().containsAll(List.of("chromadb", "neo4j")), done::toString);
        assertFalse(done.getAsJsonObject("sources").has("neo4j"));
        project.write("docker/pps/chromadb_data/written_since.bin", "x");
        deleteTree("entities/lyra/data");
        project.restored("--latest");
        assertEquals(List.of("hello from lyra", "second"), project.rows("entities/lyra/data/conversations.db"));
        assertTrue(Files.exists(project.root.resolve("docker/pps/chromadb_data/written_since.bin")));
        Scripts.Result all = backedUp("--no-stop", "--include-live");
        assertTrue(all.stdout().contains("neo4j") && all.stderr().contains("its files may not fit together"), all::toString);
    }

    @Test
    @DisplayName("says to a validation and to the plan of a restore what was left out of it, and why")
    void leftOut() {
        deleteTree("entities/lyra/notebook");
        backedUp("--no-stop");
        String live = "a database that cannot be copied while the stack runs (--include-live takes it all the same)";
        String absent = "there is no entities/lyra/notebook";
        String[] where = {"--backup-dir", project.backups.toString(), "--project-root", project.root.toString()};
        for (String quick : List.of("--json", "--quick")) {
            Scripts.Result validated = Scripts.run("validate_backup", where[0], where[1], where[2], where[3], quick);
            assertEquals(0, validated.exitCode(), validated::toString);
            assertTrue(validated.stdout().contains(quick.equals("--json") ? "\"neo4j\": \"" + live + "\"" : "INFO: neo4j was left out of the backup: " + live),
                validated::toString);
            assertTrue(validated.stdout().contains(absent), validated::toString);
        }
        Scripts.Result plan = project.restore("--latest", "--dry-run");
        assertTrue(plan.stdout().contains("Not in the backup: neo4j, " + live + "\n"), plan::toString);
        assertTrue(plan.stdout().contains("Not in the backup: notebook, " + absent + "\n"), plan::toString);
        JsonObject left = JsonParser.parseString(project.restore("--latest", "--dry-run", "--json").stdout()).getAsJsonObject()
            .getAsJsonObject("leftOutOfBackup");
        assertEquals(Set.of("chromadb", "neo4j", "notebook"), left.keySet());
        assertEquals(live, left.get("chromadb").getAsString());
        backedUp();
        Scripts.Result whole = project.restore("--latest", "--dry-run");
        assertFalse(whole.stdout().contains("Not in the backup: neo4j"), whole::toString);
    }

    @ParameterizedTest(name = "with --no-stop: {0}")
    @ValueSource(booleans = {true, false})
    @DisplayName("says of a file that changes each time it is read that it does, also when it was promised that nothing runs")
    void unsteady(boolean live) throws Exception {
        Path growing = project.write("entities/lyra/journals/growing.md", "a");
        AtomicBoolean stop = new AtomicBoolean();
        Thread writer = new Thread(() -> {
            while (!stop.get()) {
                try {
                    Files.writeString(growing, "more\n", java.nio.file.StandardOpenOption.APPEND);
                    // Many times within one reading, and never as much as to fill the disk.
                    Thread.sleep(0, 200_000);
                } catch (IOException | InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            }
        });
        // Large, so that a reading takes longer than the pause between two writes.
        Files.write(growing, new byte[64 << 20]);
        writer.start();
        try {
            Backup.Outcome outcome = here(live, Listener.SILENT);
            assertEquals(1, outcome.warnings().stream().filter(warning -> warning.contains("growing.md' changed each of the 4 times")).count(),
                () -> outcome.warnings().toString());
            assertEquals(live ? 0 : 1, outcome.warnings().stream().filter(warning -> warning.contains("a copy is packed instead")).count(),
                () -> outcome.warnings().toString());
        } finally {
            stop.set(true);
            writer.join();
        }
    }

    @Test
    @DisplayName("of a damaged critical database is no backup: what there is goes under another name, and can be restored from without it")
    void damaged() throws IOException {
        project.backUp(OLD);
        Path database = project.database("entities/lyra/data/inventory.db", "x".repeat(5000), "y".repeat(5000));
        try (RandomAccessFile file = new RandomAccessFile(database.toFile(), "rw")) {
            file.seek(4096);
            file.write(new byte[200]);
        }
        for (int i = 0; i < 2; i++) {
            Scripts.Result result = backup("--keep", "1");
            assertEquals(1, result.exitCode(), result::toString);
            assertTrue(result.stderr().contains("The live project is damaged: 'sqlite/inventory.db' is damaged: "), result::toString);
            assertEquals(2, backups().size(), () -> backups().toString());
            assertTrue(backups().get(1).matches("pps_damaged_\\d{8}_\\d{6}\\.tar\\.gz") && backups().get(0).equals(OLD), () -> backups().toString());
        }
        nothingIsLeft();
        deleteTree("entities/lyra/journals");
        project.restored("--backup", backups().get(1), "--skip", "sqlite");
        assertTrue(Files.exists(project.root.resolve("entities/lyra/journals/2026/01.md")));
    }

    @Test
    @DisplayName("leaves a damaged database out that can be rebuilt, warns, and is good for all the rest")
    void damagedRebuildable() throws IOException {
        Files.writeString(project.root.resolve("docker/pps/chromadb_data/chroma.sqlite3"), "no database at all, only text");
        Scripts.Result result = backup("--strict");
        assertEquals(1, result.exitCode(), result::toString);
        assertTrue(result.stderr().contains("'chromadb' is left out, since it can be rebuilt"), result::toString);
        project.restored("--latest");
    }

    @Test
    @DisplayName("is newer by its name than every other, also when the clock went back")
    void clock() {
        String future = BackupDirectory.nameFor(BackupDirectory.BACKUP, LocalDateTime.now().plusDays(3));
        project.backUp(future);
        Backup.Outcome outcome = here(false, Listener.SILENT);
        assertEquals(BackupDirectory.timeIn(future).orElseThrow().plusSeconds(1),
            BackupDirectory.timeIn(outcome.contents().archive().getFileName().toString()).orElseThrow());
        assertTrue(outcome.warnings().stream().anyMatch(warning -> warning.contains("a time that has not come yet")));
        assertEquals(outcome.contents().archive(), newest());
    }

    @Test
    @DisplayName("holds what a link out of its source shows, and says which links and sockets it leaves out")
    void links() throws IOException {
        Path elsewhere = Files.writeString(directory.resolve("elsewhere.md"), "kept elsewhere");
        Files.delete(project.root.resolve("entities/lyra/identity.md"));
        Files.createSymbolicLink(project.root.resolve("entities/lyra/identity.md"), elsewhere);
        Files.createSymbolicLink(project.root.resolve("entities/lyra/journals/gone.md"), Path.of("/nowhere/at/all.md"));
        Scripts.Result result = backedUp();
        assertTrue(result.stderr().contains("identity.md' is a symbolic link to what is not in the backup by itself") && result.stderr().contains("gone.md' is left out"),
            result::toString);
        project.delete("entities/lyra/identity.md");
        project.delete("entities/lyra/journals/gone.md");
        project.restored("--latest");
        assertEquals("kept elsewhere", Files.readString(project.root.resolve("entities/lyra/identity.md")));
        assertFalse(Files.isSymbolicLink(project.root.resolve("entities/lyra/identity.md")));
    }

    @ParameterizedTest(name = "while a stack runs: {0}")
    @ValueSource(booleans = {false, true})
    @DisplayName("holds the files of a directory behind a link, and a restore brings them back as a directory")
    void linkedDirectory(boolean live) throws IOException {
        Path elsewhere = Files.createDirectories(directory.resolve("disk2/2024"));
        Files.writeString(elsewhere.resolve("old.md"), "from the other disk");
        Path link = Files.createSymbolicLink(project.root.resolve("entities/lyra/journals/2024"), elsewhere);
        Files.createDirectories(project.root.resolve("entities/lyra/versions"));
        Path identity = project.root.resolve("entities/lyra/identity.md");
        Files.move(identity, project.root.resolve("entities/lyra/versions/v3.md"));
        Files.createSymbolicLink(identity, Path.of("versions/v3.md"));
        String me = Files.readString(identity);
        project.backUp(OLD);
        Backup.Outcome outcome = here(live, Listener.SILENT);
        assertTrue(outcome.warnings().stream().anyMatch(warning -> warning.contains("journals/2024' is a symbolic link to a directory")),
            outcome.warnings()::toString);
        Scripts.Result inTheWay = project.restore("--yes", "--latest");
        assertEquals(1, inTheWay.exitCode(), inTheWay::toString);
        assertTrue(inTheWay.stderr().contains("it is a symbolic link where the backup has a directory"), inTheWay::toString);
        Files.delete(link);
        deleteTree("entities/lyra/versions");
        project.restored("--latest");
        assertEquals("from the other disk", Files.readString(link.resolve("old.md")));
        assertFalse(Files.isSymbolicLink(link));
        assertEquals(me, Files.readString(identity));
    }

    @Test
    @DisplayName("that lacks what a link shows deletes no older backup")
    void linkOutOfUnit() throws IOException {
        project.backUp(OLD);
        Path elsewhere = Files.createDirectories(directory.resolve("disk2/index"));
        Files.writeString(elsewhere.resolve("data.bin"), "numbers");
        Files.createSymbolicLink(project.root.resolve("docker/pps/chromadb_data/index"), elsewhere);
        Scripts.Result result = backedUp("--keep", "1");
        assertTrue(result.stderr().contains("chromadb_data/index' is left out"), result::toString);
        assertTrue(result.stdout().contains("no older backup was deleted: the warnings above"), result::toString);
        assertTrue(backups().contains(OLD));
    }

    @Test
    @DisplayName("does not begin while another run holds the lock, or an interrupted restore is to be recovered")
    void lockedOut() {
        try (ProjectLock lock = ProjectLock.take(project.root, "restore")) {
            Scripts.Result locked = backup();
            assertEquals(5, locked.exitCode(), locked::toString);
            assertTrue(locked.stderr().contains("Another run works on this project: restore"), locked::toString);
        }
        project.directory("work/pps_backup");
        Journal.begin(project.root, new Journal.Header("x", "restore", OLD, null),
            List.of(project.root.resolve("work/pps_backup/restore_x"))).enter(Journal.Phase.SWAPPING);
        Scripts.Result pending = backup();
        assertEquals(5, pending.exitCode(), pending::toString);
        assertTrue(pending.stderr().contains("--recover"), pending::toString);
        assertEquals(List.of(), backups());
    }

    @Test
    @DisplayName("that was killed while the stack was down is told by the next run, and --recover removes what it left")
    void killedWhileDown() throws IOException {
        Path area = project.root.resolve("work/pps_backup/backup_x");
        Files.createDirectories(area.resolve("files/sqlite"));
        Path partial = Files.writeString(project.backups.resolve("." + OLD + ".partial"), "half");
        Journal.begin(project.root, new Journal.Header("x", Journal.BACKUP, OLD, null), List.of(area, partial)).enter(Journal.Phase.STOPPING);
        Scripts.Result listed = Scripts.run("list_backups", "--backup-dir", project.backups.toString(), "--project-root", project.root.toString());
        assertTrue(listed.stderr().contains("A backup was interrupted while the stack was stopped. Live data is as it was before; the stack may be "
            + "down. Next: jbang restore_pps.java --recover --project-root " + project.root), listed::toString);
        assertEquals(5, backup().exitCode());
        Scripts.Result recovered = project.restore("--recover");
        assertEquals(0, recovered.exitCode(), recovered::toString);
        assertEquals("Removed what the backup had left. Live data was not touched.\n", recovered.stdout());
        assertFalse(Files.exists(area) || Files.exists(partial));
        for (String purpose : List.of(Journal.BACKUP, Journal.DRILL, "restore", "undo")) {
            Journal.begin(project.root, new Journal.Header("x", purpose, OLD, null), List.of(area));
            String told = project.restore("--recover").stdout();
            assertEquals(purpose.equals(Journal.BACKUP) ? "Removed what the backup had left. Live data was not touched.\n"
                : "Removed what had been unpacked. Live data is as it was before the " + purpose + ".\n", told);
        }
        backedUp();
    }

    @Test
    @DisplayName("that was killed while it packed only costs the next one a moment to clean up")
    void killedWhilePacking() throws IOException {
        Path area = project.root.resolve("work/pps_backup/backup_x");
        Files.createDirectories(area.resolve("files/sqlite"));
        Path partial = Files.writeString(project.backups.resolve("." + OLD + ".partial"), "half");
        Journal.begin(project.root, new Journal.Header("x", Journal.BACKUP, OLD, null), List.of(area, partial));
        backedUp();
        assertFalse(Files.exists(area) || Files.exists(partial));
        assertEquals(List.of("lock"), Arrays.stream(project.root.resolve("work/pps_backup").toFile().list()).toList());
    }

    @Test
    @DisplayName("that finds the disk full, or the backup directory read-only, fails, leaves nothing behind and deletes nothing")
    void full() throws Exception {
        assumeTrue(TestProject.isRoot(), "only root can mount a file system");
        project.backups();
        try (Mount mount = new Mount(project.backups, "size=128k")) {
            Path old = project.backUp(OLD);
            project.write("docker/pps/chromadb_data/random.bin", Stream.generate(() -> java.util.UUID.randomUUID().toString()).limit(9000)
                .collect(Collectors.joining()));
            Tree before = Tree.of(project.backups).only(path -> !path.isEmpty());
            Scripts.Result result = backup("--keep", "1");
            assertEquals(1, result.exitCode(), result::toString);
            assertTrue(result.stderr().contains("No space left on device"), result::toString);
            before.assertSame(Tree.of(project.backups).only(path -> !path.isEmpty()), result);
            nothingIsLeft();
            mount.remount("ro");
            Scripts.Result readOnly = backup("--keep", "1");
            assertEquals(1, readOnly.exitCode(), readOnly::toString);
            assertTrue(readOnly.stderr().contains("Read-only file system") && readOnly.stderr().contains("The stack was not touched"),
                readOnly::toString);
            assertTrue(Files.exists(old));
            assertFalse(Files.exists(project.root.resolve("work")));
        }
    }

    @Test
    @DisplayName("without a stack packs the files where they lie, needs no room for a copy, and loses no row of a -wal; with --no-stop it needs room")
    void inPlace() throws Exception {
        assumeTrue(TestProject.isRoot(), "only root can mount a file system");
        Path work = Files.createDirectories(project.root.resolve("work/pps_backup"));
        try (Mount mount = new Mount(work, "size=20m")) {
            Tree before = project.tree();
            Scripts.Result result = backedUp();
            assertFalse(result.stderr().contains("Copying"), result::toString);
            before.assertSame(project.tree(), "nothing live is touched");
            Scripts.Result live = backup("--no-stop");
            assertEquals(1, live.exitCode(), live::toString);
            assertTrue(live.stderr().contains("Not enough space for a copy"), live::toString);
            deleteTree("entities/lyra/data");
        }
        project.restored("--latest");
        assertEquals(List.of("hello from lyra", "second"), project.rows("entities/lyra/data/conversations.db"));
    }

    /** A small file system of its own over a directory. */
    private record Mount(Path point) implements AutoCloseable {
        Mount(Path point, String options) throws IOException, InterruptedException {
            this(point);
            run("mount", "-t", "tmpfs", "-o", options, "tmpfs", point.toString());
        }

        void remount(String options) throws IOException, InterruptedException {
            run("mount", "-o", "remount," + options, point.toString());
        }

        @Override
        public void close() throws IOException, InterruptedException {
            run("umount", "-l", point.toString());
        }

        private static void run(String... command) throws IOException, InterruptedException {
            assertEquals(0, new ProcessBuilder(command).inheritIO().start().waitFor());
        }
    }

    @Test
    @DisplayName("of a stack that it cannot look at fails and names the way around it")
    void noCompose() {
        Scripts.Result result = Scripts.run("backup_pps", "--project-root", project.root.toString(), "--backup-dir", project.backups.toString());
        assertEquals(1, result.exitCode(), result::toString);
        assertTrue(result.stderr().contains("--no-containers"), result::toString);
        assertEquals(List.of(), backups());
    }

    @ParameterizedTest(name = "backup_pps {0}")
    @ValueSource(strings = {"", "--no-stop --include-live"})
    @DisplayName("without root records the owners, modes and times of the live files, and not those of the copies that it makes of them")
    void withoutRoot(String options) throws IOException {
        NotRoot.require();
        for (String name : List.of("conversations.db", "conversations.db-wal", "conversations.db-shm")) {
            project.delete("entities/lyra/data/" + name);
        }
        project.database("entities/lyra/data/conversations.db", "hello");
        project.directory("entities/lyra/journals/nothing yet");
        Files.createSymbolicLink(project.root.resolve("entities/lyra/journals/latest.md"), Path.of("2026/01.md"));
        project.settle();
        int[] owners = {0, 7474, 1000, NotRoot.NOBODY};
        int n = 0;
        for (String path : project.tree().entries().keySet()) {
            Path file = project.root.resolve(path);
            Files.setAttribute(file, "unix:uid", owners[n++ % owners.length], LinkOption.NOFOLLOW_LINKS);
            Files.setAttribute(file, "unix:gid", owners[n % owners.length], LinkOption.NOFOLLOW_LINKS);
            if (!Files.isSymbolicLink(file)) {
                TestProject.mode(file, Files.isDirectory(file) ? "rwxr-xr-x" : n % 2 == 0 ? "r--r--r--" : "rw-rw-r--");
            }
        }
        project.directory("work");
        for (Path place : List.of(project.root.resolve("work"), project.backups())) {
            TestProject.owner(place, NotRoot.NOBODY, NotRoot.NOBODY);
        }
        Tree before = facts(project.tree());
        List<String> arguments = new ArrayList<>(List.of(project.arguments()));
        arguments.addAll(Arrays.stream(options.split(" ")).filter(option -> !option.isEmpty()).toList());
        Scripts.Result backup = NotRoot.run(directory, "backup_pps", arguments.toArray(String[]::new));
        assertEquals(0, backup.exitCode(), backup::toString);
        before.assertSame(facts(project.tree()), backup);
        Path extracted = Files.createDirectory(directory.resolve("extracted"));
        Scripts.Result tar = Scripts.with().runCommand(List.of("tar", "-xpzf", newest().toString(), "--same-owner", "--numeric-owner", "-C", extracted.toString()));
        assertEquals(0, tar.exitCode(), tar::toString);
        Tree inArchive = facts(Tree.of(extracted));
        project.filesToBackUp().forEach((name, file) -> assertEquals(before.at(project.root.relativize(file).toString()), inArchive.at(name), name));
        for (String name : List.of("chromadb", "journals/nothing yet", "neo4j/databases", "journals/latest.md", "sqlite", "journals")) {
            String source = name.split("/")[0];
            assertEquals(before.at(TestProject.place(source) + name.substring(source.length())), inArchive.at(name), name);
        }
    }

    @Test
    @DisplayName("without root takes a database that its owner may only read together with its log, and records that mode")
    void readOnlyDatabase() throws IOException {
        NotRoot.require();
        project.directory("work");
        project.backups();
        try (Stream<Path> walk = Files.walk(directory)) {
            walk.forEach(path -> TestProject.owner(path, NotRoot.NOBODY, NotRoot.NOBODY));
        }
        for (String name : List.of("conversations.db", "conversations.db-wal", "conversations.db-shm")) {
            TestProject.mode(project.root.resolve("entities/lyra/data/" + name), "r--r-----");
        }
        Scripts.Result backup = NotRoot.run(directory, "backup_pps", project.arguments("--strict"));
        assertEquals(0, backup.exitCode(), backup::toString);
        Scripts.Result tar = Scripts.with().runCommand(List.of("tar", "-tvzf", newest().toString()));
        assertTrue(tar.stdout().lines().anyMatch(line -> line.startsWith("-r--r----- ") && line.endsWith(" sqlite/conversations.db")), tar::toString);
        assertFalse(tar.stdout().contains("conversations.db-wal"), tar::toString);
        project.restored("--latest", "--target", Files.createDirectory(directory.resolve("target")).toString());
        Files.copy(directory.resolve("target/entities/lyra/data/conversations.db"), project.root.resolve("entities/lyra/data/restored.db"));
        assertEquals(List.of("hello from lyra", "second"), project.rows("entities/lyra/data/restored.db"));
    }

    @Test
    @DisplayName("of a database that needs a collation of its application warns that it is not checked in full, and a restore brings it back so")
    void needsItsApplication() throws Exception {
        Path file = project.root.resolve("entities/lyra/data/app.db");
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file); Statement statement = connection.createStatement()) {
            Collation.create(connection, "MINE", new Collation() {
                @Override
                protected int xCompare(String one, String other) {
                    return one.compareTo(other);
                }
            });
            statement.execute("CREATE TABLE messages (text TEXT COLLATE MINE PRIMARY KEY)");
            statement.execute("INSERT INTO messages VALUES ('a')");
        }
        byte[] whole = Files.readAllBytes(file);
        Scripts.Result backup = backedUp();
        assertTrue(backup.stderr().contains("'sqlite/app.db' cannot be checked in full"), backup::toString);
        assertTrue(backup.stderr().contains("no such collation sequence: MINE"), backup::toString);
        assertEquals(1, backup("--strict").exitCode());
        Files.delete(file);
        Scripts.Result restored = project.restored("--latest");
        assertTrue(restored.stderr().contains("'sqlite/app.db' cannot be checked in full"), restored::toString);
        assertTrue(Arrays.equals(whole, Files.readAllBytes(file)));
    }

    @Test
    @DisplayName("copies the sources only where a database's log has room to be folded as well")
    void roomToFold() throws Exception {
        assumeTrue(TestProject.isRoot(), "only root can mount a file system");
        Path log = project.root.resolve("entities/lyra/data/inventory.db-wal");
        Path work = Files.createDirectories(project.root.resolve("work/pps_backup"));
        try (Mount mount = new Mount(work, "size=61m")) {
            for (int megabytes : new int[] {1, 20}) {
                Files.write(log, new byte[megabytes << 20]);
                BackupPlan plan = BackupPlan.of(project.root, SourceMap.builtIn(), BackupDirectory.of(project.backups), null, true, false, false,
                    LocalDateTime.now(), Listener.SILENT);
                assertEquals(megabytes == 1 ? Snapshot.Mode.AT_REST : Snapshot.Mode.IN_PLACE, plan.mode());
            }
        }
    }

    @ParameterizedTest(name = "{0} closed")
    @ValueSource(strings = {"entities/caia", "entities/lyra/memories", "entities/lyra/journals", "entities"})
    @DisplayName("without root fails where it may not look, names the directory and its owner, and takes nothing for lost")
    void closed(String path) throws IOException {
        NotRoot.require();
        project.entity("caia");
        project.directory("work", "entities/lost+found/data");
        for (Path place : List.of(project.root.resolve("work"), project.backups())) {
            TestProject.owner(place, NotRoot.NOBODY, NotRoot.NOBODY);
        }
        for (String name : project.tree().entries().keySet()) {
            Path file = project.root.resolve(name);
            TestProject.mode(file, Files.isDirectory(file) ? "rwxr-xr-x" : "rw-r--r--");
        }
        TestProject.mode(project.root.resolve("entities/lost+found"), "rwx------");
        Scripts.Result open = NotRoot.run(directory, "backup_pps", project.arguments());
        assertEquals(0, open.exitCode(), open::toString);
        List<String> before = backups();
        TestProject.mode(project.root.resolve(path), path.equals("entities") ? "rwx--x--x" : "rwx------");
        Scripts.Result result = NotRoot.run(directory, "backup_pps", project.arguments("--keep", "1"));
        assertEquals(1, result.exitCode(), result::toString);
        assertTrue(result.stderr().contains("Cannot look at " + project.root.resolve(path)) && result.stderr().contains("permission denied")
            && result.stderr().contains("let this user into " + project.root.resolve(path) + ", which belongs to root"), result::toString);
        assertEquals(before, backups());
        TestProject.mode(project.root.resolve(path), "rwxr-xr-x");
    }

    /** What is known of files beside their content, which an online backup of a database may write differently. */
    private static Tree facts(Tree tree) {
        Tree facts = new Tree(new java.util.TreeMap<>());
        tree.entries().forEach((path, entry) -> facts.entries().put(path, new Tree.Entry(entry.kind(), "", 0, entry.mode(), entry.owner(),
            entry.kind() == 'l' ? null : FileTime.from(entry.modified().toInstant().truncatedTo(java.time.temporal.ChronoUnit.MICROS)))));
        return facts;
    }

    @ParameterizedTest
    @ValueSource(strings = {"--keep 0", "--keep -1", "--keep-daily -2", "--include-live", "--compression lzma", "--health-timeout 0", "--max-age -1"})
    @DisplayName("refuses options that make no sense")
    void usage(String options) {
        Scripts.Result result = backup(options.split(" "));
        assertEquals(2, result.exitCode(), result::toString);
        assertFalse(Files.exists(project.root.resolve("work"), LinkOption.NOFOLLOW_LINKS));
    }
}
