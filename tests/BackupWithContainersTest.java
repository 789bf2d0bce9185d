package pps;

//DEPS org.junit.jupiter:junit-jupiter:5.14.4
//DEPS com.google.code.gson:gson:2.13.2
//DEPS org.xerial:sqlite-jdbc:3.50.3.0
//SOURCES Points.java Scripts.java TestListener.java TestProject.java TestStack.java ../lib/Backup.java ../lib/BackupDirectory.java ../lib/Journal.java ../lib/Recovery.java

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** backup_pps as a process, on a stack of a real engine; pps-lyra writes the time into a file all the while that it runs. */
@DisplayName("A backup with containers")
class BackupWithContainersTest {
    @TempDir
    private Path directory;
    private TestStack stack;
    private Path backups;

    @BeforeEach
    void create() throws IOException {
        stack = TestStack.create();
        backups = directory.resolve("backups");
        Files.writeString(stack.root().resolve("entities/lyra/identity.md"), "I am lyra\n");
        Files.createDirectories(stack.root().resolve("docker/pps/neo4j_data/transactions"));
        Files.writeString(stack.root().resolve("docker/pps/neo4j_data/databases/store"), "graph\n");
        Files.writeString(stack.root().resolve("docker/pps/neo4j_data/transactions/log"), "log\n");
    }

    @AfterEach
    void close() throws IOException {
        if (stack != null) {
            stack.close();
        }
    }

    private List<String> arguments(String... more) {
        List<String> all = new ArrayList<>(List.of("--project-root", stack.root().toString(), "--backup-dir", backups.toString()));
        all.addAll(Arrays.asList(more));
        return all;
    }

    private Scripts.Result backup(String... more) {
        return Scripts.with().docker().timeout(Duration.ofSeconds(300)).runScript("backup_pps", arguments(more).toArray(String[]::new));
    }

    private List<String> names() throws IOException {
        if (!Files.exists(backups)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(backups)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    /** Returns the longest time between two beats that pps-lyra wrote, in seconds: how long its users had to wait. */
    private double longestPause() throws IOException {
        List<Double> beats = Files.readAllLines(stack.root().resolve("entities/lyra/data/heartbeat")).stream()
            .map(line -> Double.parseDouble(line.replace("%N", "0"))).toList();
        double longest = 0;
        for (int i = 1; i < beats.size(); i++) {
            longest = Math.max(longest, beats.get(i) - beats.get(i - 1));
        }
        return longest;
    }

    private static void fill(Path file, long bytes) throws IOException {
        // Half random, half not: it compresses about as databases do.
        Random random = new Random(7);
        byte[] block = new byte[1 << 20];
        try (OutputStream out = Files.newOutputStream(file)) {
            for (long written = 0; written < bytes; written += block.length) {
                random.nextBytes(block);
                Arrays.fill(block, block.length / 2, block.length, (byte) 'x');
                out.write(block);
            }
        }
    }

    @Test
    @DisplayName("stops the stack only for the copy, starts what ran, and packs while it runs")
    void downOnlyForTheCopy() throws IOException {
        fill(stack.root().resolve("docker/pps/chromadb_data/vectors.bin"), Points.isLong() ? 1L << 30 : 64L << 20);
        stack.up("chromadb", "neo4j", "graphiti", "pps-lyra");
        Scripts.Result result = backup("--json");
        assertEquals(0, result.exitCode(), result::toString);
        JsonObject json = JsonParser.parseString(result.stdout()).getAsJsonObject();
        JsonObject down = json.getAsJsonObject("downtime");
        double packing = json.get("seconds").getAsDouble() - down.get("seconds").getAsDouble() - down.get("untilHealthy").getAsDouble();
        System.out.printf("    %s of sources: down %.1f s (stopping %.1f, copying %.1f, starting %.1f), packed and checked in %.1f s; "
                + "longest pause between two heartbeats %.1f s%n", Points.isLong() ? "1 GiB" : "64 MiB", down.get("seconds").getAsDouble(),
            down.get("stopping").getAsDouble(), down.get("copying").getAsDouble(), down.get("starting").getAsDouble(), packing, longestPause());
        assertAll(
            () -> assertEquals(Set.of("chromadb", "neo4j", "graphiti", "pps-lyra"), running()),
            () -> assertTrue(result.stderr().indexOf("The stack is healthy") < result.stderr().indexOf("Packing and checking"), result::toString),
            () -> assertTrue(json.getAsJsonObject("sources").keySet().containsAll(List.of("chromadb", "neo4j", "entity_identity")), result::toString),
            () -> assertTrue(down.get("copying").getAsDouble() < packing || !Points.isLong(), result::toString));
        Path target = Files.createDirectory(directory.resolve("target"));
        Scripts.Result restored = Scripts.run("restore_pps", "--latest", "--yes", "--target", target.toString(), "--backup-dir", backups.toString());
        assertEquals(0, restored.exitCode(), restored::toString);
        assertEquals(-1, Files.mismatch(stack.root().resolve("docker/pps/chromadb_data/vectors.bin"),
            target.resolve("docker/pps/chromadb_data/vectors.bin")));
    }

    private Set<String> running() throws IOException {
        Set<String> running = new TreeSet<>();
        for (Map.Entry<String, String> one : stack.states().entrySet()) {
            if (one.getValue().equals("running")) {
                running.add(one.getKey());
            }
        }
        return running;
    }

    @Test
    @DisplayName("of a stack that does not come back healthy is done, ends with 4, and says so")
    void doesNotComeBack() throws IOException {
        stack.up("chromadb", "neo4j");
        // What the stand-in for Neo4j looks for at its next start is not there then: its health check fails.
        stack.docker("exec", stack.name() + "-neo4j", "sh", "-c", "mv /data/databases /data/databases.gone");
        Scripts.Result result = backup("--health-timeout", "8");
        assertEquals(4, result.exitCode(), result::toString);
        assertTrue(result.stderr().contains("The backup is done and whole"), result::toString);
        assertEquals(1, names().size());
        assertEquals(0, Scripts.run("validate_backup", "--backup-dir", backups.toString(), "--project-root", stack.root().toString()).exitCode());
        assertFalse(Files.exists(stack.root().resolve("work/pps_backup/restore_journal.json")));
    }

    @Test
    @DisplayName("that fails while the stack is down starts it again, as does one that is interrupted then; --no-stop does not stop it at all")
    void startedOnEveryPath() throws IOException {
        stack.up("chromadb", "haven");
        Files.writeString(Files.createDirectories(stack.root().resolve("entities/lyra/crystals")).resolve("one.md"), "one\n");
        fill(stack.root().resolve("docker/pps/chromadb_data/vectors.bin"), 256L << 20);
        String startedBefore = started();
        Scripts.Result live = backup("--no-stop");
        assertEquals(0, live.exitCode(), live::toString);
        assertEquals(startedBefore, started(), "--no-stop stopped nothing");
        List<String> old = names();
        try (RunningScript running = Scripts.with().docker().startScript("backup_pps", arguments().toArray(String[]::new))) {
            running.waitFor("Copying", Duration.ofSeconds(90));
            running.signal("TERM");
            Scripts.Result result = running.result(Duration.ofSeconds(120));
            assertEquals(130, result.exitCode(), result::toString);
        }
        assertEquals(Set.of("chromadb", "haven"), running());
        assertEquals(old, names());
        try (RunningScript running = Scripts.with().docker().startScript("backup_pps", arguments().toArray(String[]::new))) {
            running.waitFor("Stopping", Duration.ofSeconds(90));
            Files.delete(stack.root().resolve("entities/lyra/crystals/one.md"));
            Files.delete(stack.root().resolve("entities/lyra/crystals"));
            Scripts.Result result = running.result(Duration.ofSeconds(120));
            assertEquals(1, result.exitCode(), result::toString);
            assertTrue(result.stderr().contains("'crystals'") && result.stderr().contains("What ran before was started again"), result::toString);
        }
        assertEquals(Set.of("chromadb", "haven"), running());
        assertEquals(old, names());
        assertFalse(Files.exists(stack.root().resolve("work")), "nothing is left");
    }

    @Test
    @DisplayName("holds what the stack wrote until it stopped, and not what it removed then: files are looked at when nothing runs")
    void writtenAtTheEnd() throws Exception {
        Path lyra = stack.root().resolve("entities/lyra");
        Files.writeString(Files.createDirectories(lyra.resolve("crystals")).resolve("removed.md"), "removed at the end\n");
        Path database = lyra.resolve("data/conversations.db");
        Path log = lyra.resolve("late-wal");
        logOfOneMoreRow(database, log);
        stack.override("services: {pps-lyra: {command: [sh, -c, \"trap 'cd /app/entity; rm crystals/removed.md; echo late >crystals/late.md; "
            + "mv late-wal data/conversations.db-wal; exit 0' TERM; mkdir -p /www; echo ok >/www/health; httpd -p 127.0.0.1:8000 -h /www; "
            + "while :; do sleep 0.2; done\"]}}\n");
        stack.up("pps-lyra");
        Scripts.Result result = backup();
        assertEquals(0, result.exitCode(), result::toString);
        Path target = Files.createDirectory(directory.resolve("target"));
        Scripts.Result restored = Scripts.run("restore_pps", "--latest", "--yes", "--target", target.toString(), "--backup-dir", backups.toString());
        assertEquals(0, restored.exitCode(), restored::toString);
        assertEquals("late\n", Files.readString(target.resolve("entities/lyra/crystals/late.md")));
        assertFalse(Files.exists(target.resolve("entities/lyra/crystals/removed.md")));
        assertEquals(2, rows(target.resolve("entities/lyra/data/conversations.db")), "with the row that was in the log");
    }

    /** Makes a database of one row, and beside it as {@code log} a write-ahead log with one more, as a process leaves it that is killed. */
    private static void logOfOneMoreRow(Path database, Path log) throws IOException, SQLException {
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database); Statement statement = connection.createStatement()) {
            statement.execute("PRAGMA journal_mode = WAL");
            statement.execute("CREATE TABLE t (x)");
            statement.execute("INSERT INTO t VALUES (1)");
            statement.execute("PRAGMA wal_checkpoint(TRUNCATE)");
            byte[] before = Files.readAllBytes(database);
            statement.execute("INSERT INTO t VALUES (2)");
            Files.copy(database.resolveSibling(database.getFileName() + "-wal"), log);
            connection.close();
            Files.write(database, before);
        }
        assertEquals(1, rows(database));
    }

    private static int rows(Path database) throws SQLException {
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database); Statement statement = connection.createStatement();
             ResultSet count = statement.executeQuery("SELECT count(*) FROM t")) {
            return count.getInt(1);
        }
    }

    @Test
    @DisplayName("that is killed while the stack is down: the next run says so, and --recover starts the stack")
    void killed() throws IOException {
        stack.up("chromadb", "haven");
        fill(stack.root().resolve("docker/pps/chromadb_data/vectors.bin"), 256L << 20);
        try (RunningScript running = Scripts.with().docker().startScript("backup_pps", arguments().toArray(String[]::new))) {
            running.waitFor("Copying", Duration.ofSeconds(90));
            running.signal("KILL");
            running.result(Duration.ofSeconds(30));
        }
        assertEquals(Set.of(), running());
        Scripts.Result next = backup();
        assertEquals(5, next.exitCode(), next::toString);
        assertTrue(next.stderr().contains("interrupted while the stack was stopped") && next.stderr().contains("--recover"), next::toString);
        Scripts.Result recovered = Scripts.with().docker().runScript("restore_pps", arguments("--recover").toArray(String[]::new));
        assertEquals(0, recovered.exitCode(), recovered::toString);
        assertEquals(Set.of("chromadb", "haven"), running());
        assertEquals(List.of(), names());
        try (Stream<Path> left = Files.list(stack.root().resolve("work/pps_backup"))) {
            assertEquals(List.of("lock"), left.map(path -> path.getFileName().toString()).toList());
        }
    }

    /** A backup within this process; {@code first} runs once after the stack was looked at, {@code step} when that step is announced. */
    private Backup.Outcome here(Runnable first, String step, Runnable then) {
        return new Backup(new Backup.Request(stack.root(), SourceMap.builtIn(), BackupDirectory.of(backups), null, stack.composeFile(), false, false,
            false, new Retention(7, 0, 0, 0), Duration.ofSeconds(60), "restore_pps.java --recover"), new TestListener() {
                private boolean begun;

                @Override
                public void info(String message) {
                    if (message.startsWith(step)) {
                        then.run();
                    }
                }

                @Override
                public void checkInterrupted() {
                    if (!begun) {
                        begun = true;
                        first.run();
                    }
                }
            }).run();
    }

    private void startByHand(String service) {
        try {
            stack.compose("up", "-d", service);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private void assertNothingWritten(Failure failure, String service) throws IOException {
        assertAll(
            () -> assertEquals(ExitCode.FAILED, failure.exitCode()),
            () -> assertTrue(failure.getMessage().contains("Not stopped: " + service + " (container " + stack.name() + "-" + service + ", running)"),
                failure.getMessage()),
            () -> assertTrue(failure.state().startsWith("No backup was written") && failure.next().contains("back up again"), failure.state()),
            () -> assertEquals(List.of(), names()),
            () -> assertFalse(Files.exists(stack.root().resolve("work/pps_backup/restore_journal.json"))));
    }

    @Test
    @DisplayName("of a stack that somebody starts after it was seen to be down, or while it is copied, is not written, and says what runs")
    void startedMeanwhile() throws IOException {
        assertNothingWritten(assertThrows(Failure.class, () -> here(() -> startByHand("haven"), "Copying", () -> {
            throw new AssertionError("nothing is copied");
        })), "haven");
        stack.compose("stop", "haven");
        assertNothingWritten(assertThrows(Failure.class, () -> here(() -> { }, "Copying", () -> startByHand("haven"))), "haven");
        Failure failure = assertThrows(Failure.class, () -> here(() -> { }, "Copying", () -> startByHand("chromadb")));
        assertNothingWritten(failure, "chromadb");
        assertTrue(failure.state().contains("What ran before was started again"), failure.state());
        assertEquals(Set.of("haven", "chromadb"), running());
    }

    @Test
    @DisplayName("that is packed while the stack is down, for lack of room, is not written when something was started meanwhile")
    void startedWhilePacked() throws Exception {
        assumeTrue(TestProject.isRoot(), "only root can mount a file system");
        Path work = Files.createDirectories(stack.root().resolve("work/pps_backup"));
        assertEquals(0, new ProcessBuilder("mount", "-t", "tmpfs", "-o", "size=20m", "tmpfs", work.toString()).inheritIO().start().waitFor());
        try {
            stack.up("haven");
            assertNothingWritten(assertThrows(Failure.class, () -> here(() -> { }, "Packing", () -> startByHand("chromadb"))), "chromadb");
            assertEquals(Set.of("haven", "chromadb"), running());
            assertEquals(1, here(() -> { }, "-", () -> { }).contents().totals().get("entity_identity").files() / 2);
        } finally {
            assertEquals(0, new ProcessBuilder("umount", "-l", work.toString()).inheritIO().start().waitFor());
        }
    }

    @Test
    @DisplayName("is kept when the engine fails to answer once the stack was started again: it ends with 4, and says that it is not known")
    void engineDoesNotAnswer() throws IOException {
        stack.up("haven");
        Path fake = Files.createDirectory(directory.resolve("fake"));
        Path real = Arrays.stream(System.getenv("PATH").split(":")).map(place -> Path.of(place, "docker")).filter(Files::isExecutable)
            .findFirst().orElseThrow();
        Path docker = Files.writeString(fake.resolve("docker"), "#!/bin/sh\ncase \"$*\" in\n  'compose up'*|'compose start'*|start*) touch " + fake
            + "/up;;\n  'ps -aq'*) if [ -f " + fake + "/up ]; then rm " + fake
            + "/up; echo 'Error response from daemon: context deadline exceeded' >&2; exit 1; fi;;\nesac\nexec " + real + " \"$@\"\n");
        assertTrue(docker.toFile().setExecutable(true));
        Scripts.Result result = Scripts.with().docker().env("PATH", fake + ":" + System.getenv("PATH")).timeout(Duration.ofSeconds(300))
            .runScript("backup_pps", arguments().toArray(String[]::new));
        assertEquals(4, result.exitCode(), result::toString);
        assertTrue(result.stderr().contains("The backup is done and whole") && result.stderr().contains("context deadline exceeded"), result::toString);
        assertEquals(1, names().size());
        assertEquals(Set.of("haven"), running());
        assertEquals(0, Scripts.run("validate_backup", "--backup-dir", backups.toString(), "--project-root", stack.root().toString()).exitCode());
    }

    private String started() throws IOException {
        return stack.docker("ps", "-q", "--filter", "label=com.docker.compose.project=" + stack.name(), "--format", "{{.ID}} {{.CreatedAt}} {{.RunningFor}}")
            .lines().map(line -> line.split(" ")[0]).sorted().toList() + stack.docker("inspect", "--format", "{{.State.StartedAt}}",
                stack.name() + "-chromadb", stack.name() + "-haven");
    }
}
