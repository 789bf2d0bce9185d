package pps;

//DEPS org.junit.jupiter:junit-jupiter:5.14.4
//DEPS org.xerial:sqlite-jdbc:3.50.3.0
//SOURCES Points.java Scripts.java TestProject.java Tree.java ../lib/SqliteCopy.java ../lib/SqliteCheck.java

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("A copy of a SQLite database")
class SqliteCopyTest {
    private static final int BACKUPS = Points.isLong() ? 20 : 3;

    @TempDir
    private Path directory;
    private Path scratch;
    private TestProject project;

    @BeforeEach
    void create() throws IOException {
        scratch = Files.createDirectory(directory.resolve("scratch"));
        project = TestProject.create(directory);
    }

    /** A program of its own that commits the same number to two tables in one transaction, again and again, until it is killed. */
    static final class Writer {
        public static void main(String[] arguments) throws Exception {
            try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + arguments[0]);
                 Statement statement = connection.createStatement()) {
                statement.execute("PRAGMA busy_timeout = 60000");
                statement.execute("PRAGMA journal_mode = " + arguments[1]);
                statement.execute("PRAGMA synchronous = OFF");
                statement.execute("CREATE TABLE IF NOT EXISTS a (place INTEGER PRIMARY KEY, n INTEGER, text TEXT)");
                statement.execute("CREATE TABLE IF NOT EXISTS b (place INTEGER PRIMARY KEY, n INTEGER, text TEXT)");
                for (int n = 1; ; n++) {
                    statement.execute("BEGIN IMMEDIATE");
                    // Long rows over many pages, rewritten again and again, so that a torn copy would show.
                    for (String table : new String[] {"a", "b"}) {
                        statement.execute("REPLACE INTO " + table + " VALUES (" + n * 37L % 2000 + ", " + n + ", hex(randomblob(700)))");
                    }
                    statement.execute("COMMIT");
                    // The processors are others' too.
                    Thread.sleep(1);
                    if (n == 50) {
                        System.out.println("writing");
                    }
                }
            }
        }
    }

    private static String ask(Path database, String question) throws SQLException {
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database); Statement statement = connection.createStatement();
             ResultSet rows = statement.executeQuery(question)) {
            return rows.getString(1);
        }
    }

    private static void assertWhole(Path database, Object context) throws SQLException {
        assertEquals("ok", ask(database, "PRAGMA integrity_check"), () -> String.valueOf(context));
        String sums = "SELECT count(*) || ' ' || max(n) || ' ' || total(n) FROM ";
        assertEquals(ask(database, sums + "a"), ask(database, sums + "b"), () -> String.valueOf(context));
    }

    @Test
    @DisplayName("made by --no-stop while another process commits all the time is whole, and so is what is restored from it, every time")
    void underFire() throws Exception {
        Path live = project.root.resolve("entities/lyra/data/busy.db");
        try (RunningScript writer = Scripts.start(Writer.class.getName(), live.toString(), "WAL")) {
            writer.waitFor("writing", Duration.ofSeconds(60));
            long last = 0;
            for (int i = 0; i < BACKUPS; i++) {
                Scripts.Result backup = Scripts.run("backup_pps", project.arguments("--no-stop", "--strict", "--keep", "2"));
                assertEquals(0, backup.exitCode(), backup::toString);
                Path target = Files.createDirectories(directory.resolve("restored" + i));
                Scripts.Result restored = Scripts.run("restore_pps", "--latest", "--yes", "--target", target.toString(), "--backup-dir",
                    project.backups.toString());
                assertEquals(0, restored.exitCode(), restored::toString);
                Path database = target.resolve("entities/lyra/data/busy.db");
                assertFalse(Files.exists(Path.of(database + "-wal")));
                assertWhole(database, restored);
                long rows = Long.parseLong(ask(database, "SELECT max(n) FROM a"));
                assertTrue(rows > last && writer.process().isAlive(), "the writer went on: " + last + " " + rows + " " + writer);
                last = rows;
            }
        }
    }

    @Test
    @DisplayName("of a database in the older journal mode is whole too, and its writer only waits")
    void olderMode() throws Exception {
        Path live = project.root.resolve("entities/lyra/data/busy.db");
        try (RunningScript writer = Scripts.start(Writer.class.getName(), live.toString(), "DELETE")) {
            writer.waitFor("writing", Duration.ofSeconds(60));
            for (int i = 0; i < BACKUPS; i++) {
                Path copy = directory.resolve("copy" + i + ".db");
                new SqliteCopy(scratch).online(live, copy);
                assertWhole(copy, i);
            }
            assertTrue(writer.process().isAlive(), writer::toString);
        }
    }

    @Test
    @DisplayName("leaves the live database as it is, with nothing beside it that was not there, whatever its name")
    void leavesNothing() throws Exception {
        for (String name : Arrays.asList("plain", "a ?mode=memory&x=1", "100%41 #1", "日記")) {
            // sqlite-jdbc takes parts of such names as options, so the test makes the database under another.
            Path made = project.database("made.db", "one", "two");
            Path live = Files.move(made, project.root.resolve("entities/lyra/data/" + name + ".db"));
            Tree before = Tree.of(live.getParent());
            Path copy = directory.resolve("copy of it.db");
            new SqliteCopy(scratch).online(live, copy);
            before.assertSame(Tree.of(live.getParent()), name);
            assertEquals("2", ask(copy, "SELECT count(*) FROM messages"));
            Files.delete(copy);
        }
        assertEquals(0, scratch.toFile().list().length);
    }

    @Test
    @DisplayName("of a database in WAL mode that nobody has open leaves neither -wal nor -shm, and of one with a -wal leaves that as it is")
    void wal() throws Exception {
        Path withLog = project.root.resolve("entities/lyra/data/conversations.db");
        byte[] log = Files.readAllBytes(Path.of(withLog + "-wal"));
        byte[] database = Files.readAllBytes(withLog);
        Path copy = directory.resolve("copy.db");
        new SqliteCopy(scratch).online(withLog, copy);
        assertAll(
            () -> assertEquals("2", ask(copy, "SELECT count(*) FROM messages")),
            () -> assertTrue(Arrays.equals(log, Files.readAllBytes(Path.of(withLog + "-wal"))) && Arrays.equals(database, Files.readAllBytes(withLog))));
        // Its owner opens and closes it: the log is folded, and the mode stays.
        ask(withLog, "SELECT count(*) FROM messages");
        assertFalse(Files.exists(Path.of(withLog + "-wal")));
        Tree before = Tree.of(withLog.getParent()).withoutDirectoryTimes();
        new SqliteCopy(scratch).online(withLog, directory.resolve("second.db"));
        before.assertSame(Tree.of(withLog.getParent()).withoutDirectoryTimes(), "closed");
    }

    @Test
    @DisplayName("has the -wal that lay beside it folded into it, and a transaction that a crash left in a -journal rolled back")
    void folded() throws Exception {
        Path copy = directory.resolve("copy.db");
        for (String suffix : Arrays.asList("", "-wal", "-shm")) {
            Files.copy(Path.of(project.root.resolve("entities/lyra/data/conversations.db") + suffix), Path.of(copy + suffix));
        }
        assertTrue(SqliteCopy.hasLog(copy));
        new SqliteCopy(scratch).fold(copy);
        assertFalse(SqliteCopy.hasLog(copy) || Files.exists(Path.of(copy + "-shm")));
        assertEquals("2", ask(copy, "SELECT count(*) FROM messages"));
        Path crashed = crashed();
        new SqliteCopy(scratch).fold(crashed);
        assertFalse(SqliteCopy.hasLog(crashed));
        assertEquals(Optional.empty(), new SqliteCheck(scratch).problem(crashed));
        assertEquals("200", ask(crashed, "SELECT count(*) FROM messages WHERE text = 'before'"));
    }

    /** A database with half a transaction in it, as after a power cut, beside the journal that undoes it. */
    private Path crashed() throws SQLException, IOException {
        Path open = directory.resolve("open.db");
        Path crashed = directory.resolve("crashed.db");
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + open); Statement statement = connection.createStatement()) {
            statement.execute("CREATE TABLE messages (text TEXT)");
            statement.execute("INSERT INTO messages WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 200) SELECT 'before' FROM c");
            statement.execute("PRAGMA cache_size = 2");
            statement.execute("PRAGMA cache_spill = ON");
            statement.execute("BEGIN");
            statement.execute("UPDATE messages SET text = hex(randomblob(3000))");
            for (String suffix : Arrays.asList("", "-journal")) {
                Files.copy(Path.of(open + suffix), Path.of(crashed + suffix), StandardCopyOption.REPLACE_EXISTING);
            }
            statement.execute("ROLLBACK");
        }
        assertTrue(SqliteCopy.hasLog(crashed) && Files.size(crashed) > 100_000, "the transaction has reached the file");
        return crashed;
    }

    @Test
    @DisplayName("for which the disk has no room any more is no damaged database; it and its log are left as they were")
    void full() throws Exception {
        assumeTrue(TestProject.isRoot(), "only root can mount a file system");
        Path copy = directory.resolve("copy.db");
        Path open = directory.resolve("open.db");
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + open); Statement statement = connection.createStatement()) {
            statement.execute("PRAGMA journal_mode = WAL");
            statement.execute("CREATE TABLE t (x)");
            statement.execute("INSERT INTO t VALUES (zeroblob(300000))");
            for (String suffix : Arrays.asList("", "-wal")) {
                Files.copy(Path.of(open + suffix), Path.of(copy + suffix));
            }
        }
        Tree before = Tree.of(directory).only(path -> path.startsWith("copy"));
        // Both have room in it as they are, but not the pages of the log a second time.
        assertEquals(0, new ProcessBuilder("mount", "-t", "tmpfs", "-o", "size=400k", "tmpfs", scratch.toString()).inheritIO().start().waitFor());
        try {
            IOException failed = assertThrows(IOException.class, () -> new SqliteCopy(scratch).fold(copy));
            assertFalse(failed instanceof SqliteCopy.Unreadable, failed::toString);
            assertTrue(failed.getMessage().contains("SQLITE_FULL"), failed::toString);
            assertEquals(0, scratch.toFile().list().length);
        } finally {
            assertEquals(0, new ProcessBuilder("umount", "-l", scratch.toString()).inheritIO().start().waitFor());
        }
        before.assertSame(Tree.of(directory).only(path -> path.startsWith("copy")), "left as they were");
        new SqliteCopy(scratch).fold(copy);
        assertEquals("300000", ask(copy, "SELECT length(x) FROM t"));
    }

    @Test
    @DisplayName("of what is no database is refused, and its logs are left beside it")
    void noDatabase() throws IOException {
        Path text = Files.writeString(directory.resolve("text.db"), "SQLite format 3\0 and then only text, page after page. ".repeat(200));
        Path log = Files.writeString(Path.of(text + "-wal"), "no log either");
        assertThrows(SqliteCopy.Unreadable.class, () -> new SqliteCopy(scratch).fold(text));
        assertThrows(SqliteCopy.Unreadable.class, () -> new SqliteCopy(scratch).online(text, directory.resolve("copy.db")));
        assertTrue(Files.exists(log) && Files.exists(text));
    }
}
