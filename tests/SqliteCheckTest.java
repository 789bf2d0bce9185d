package pps;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.sqlite.Collation;
import org.sqlite.Function;

//DEPS org.xerial:sqlite-jdbc:3.50.3.0
//SOURCES Tree.java
//SOURCES ../lib/SqliteCheck.java

class SqliteCheckTest {
    private Path staged;
    private Path scratch;

    @BeforeEach
    void directories(@TempDir Path directory) throws IOException {
        staged = Files.createDirectory(directory.resolve("staged"));
        scratch = Files.createDirectory(directory.resolve("scratch"));
    }

    private static void sql(Path file, String... statements) throws SQLException {
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file); Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
    }

    private Path database(String name) throws IOException, SQLException {
        Path file = staged.resolve("made");
        sql(file, "CREATE TABLE t (x)", "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000) INSERT INTO t SELECT 'row ' || i FROM n");
        return Files.move(file, staged.resolve(name));
    }

    /** The problem, after a look that must have changed nothing: no byte, no time, no file beside it, nothing left in the scratch. */
    private Optional<String> problem(Path file) throws IOException {
        Tree before = Tree.of(staged);
        Optional<String> problem = new SqliteCheck(scratch).problem(file);
        before.assertSame(Tree.of(staged), file);
        assertEquals(1, Tree.of(scratch).entries().size(), "left in the scratch directory");
        return problem;
    }

    private void assertDamaged(Path file) throws IOException {
        String problem = problem(file).orElse("nothing");
        assertTrue(problem.startsWith("is damaged"), problem);
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(strings = {"a.db", "with space.db", "what?mode=rwc.db", "100%41.db", "a#b.db", "file:x.db", ":memory:", "a;b'c\".db", "\u00e9\u202e.db", "-x.db"})
    @DisplayName("a good database is good, whatever its name, and not a byte of it changes")
    void good(String name) throws IOException, SQLException {
        assertEquals(Optional.empty(), problem(database(name)));
    }

    @Test
    @DisplayName("a file of no bytes is an empty database")
    void empty() throws IOException {
        assertEquals(Optional.empty(), problem(Files.createFile(staged.resolve("empty.db"))));
    }

    @Test
    @DisplayName("what does not begin like a database is none")
    void notADatabase() throws IOException {
        assertEquals(Optional.of("is not a SQLite database"), problem(Files.writeString(staged.resolve("x.db"), "hello")));
        assertEquals(Optional.of("is not a SQLite database"), problem(Files.write(staged.resolve("y.db"), new byte[8192])));
        assertFalse(SqliteCheck.isDatabase(staged.resolve("x.db")));
    }

    @Test
    @DisplayName("a damaged page, half a file and a damaged schema are told")
    void damaged() throws IOException, SQLException {
        byte[] good = Files.readAllBytes(database("good.db"));
        byte[] page = good.clone();
        Arrays.fill(page, 2 * 4096, 2 * 4096 + 500, (byte) 0x55);
        assertDamaged(Files.write(staged.resolve("page.db"), page));
        assertDamaged(Files.write(staged.resolve("half.db"), Arrays.copyOf(good, good.length / 2)));
        byte[] schema = good.clone();
        Arrays.fill(schema, 100, 200, (byte) 0xff);
        assertDamaged(Files.write(staged.resolve("schema.db"), schema));
        assertDamaged(Files.write(staged.resolve("header.db"), Arrays.copyOf(good, 100)));
    }

    @Test
    @DisplayName("a database in WAL mode is looked at without its -wal, and with it where it is there")
    void writeAheadLog() throws IOException, SQLException {
        Path open = staged.resolveSibling("open.db");
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + open); Statement statement = connection.createStatement()) {
            statement.execute("PRAGMA journal_mode = WAL");
            statement.execute("CREATE TABLE t (x)");
            statement.execute("PRAGMA wal_checkpoint(TRUNCATE)");
            statement.execute("INSERT INTO t VALUES ('in the log')");
            Files.copy(open, staged.resolve("without.db"));
            Files.copy(open, staged.resolve("with.db"));
            Files.copy(Path.of(open + "-wal"), staged.resolve("with.db-wal"), StandardCopyOption.REPLACE_EXISTING);
        }
        assertEquals(Optional.empty(), problem(staged.resolve("without.db")));
        assertEquals(Optional.empty(), problem(staged.resolve("with.db")));
        byte[] damaged = Files.readAllBytes(staged.resolve("with.db"));
        Arrays.fill(damaged, 100, 300, (byte) 0xff);
        Files.write(staged.resolve("with.db"), damaged);
        Files.writeString(staged.resolve("with.db-wal"), "no log");
        assertDamaged(staged.resolve("with.db"));
    }

    @Test
    @DisplayName("constraints are not run, which could be anything")
    void constraints() throws IOException, SQLException {
        Path file = staged.resolve("slow.db");
        sql(file, "PRAGMA ignore_check_constraints = ON", "CREATE TABLE t (x CHECK (length(hex(randomblob(300000000))) > x))",
            "INSERT INTO t VALUES (1), (2), (3), (4), (5), (6), (7), (8), (9), (10), (11), (12), (13), (14), (15), (16), (17), (18), (19), (20)");
        assertTimeoutPreemptively(Duration.ofSeconds(5), () -> assertEquals(Optional.empty(), problem(file)));
        // Checked together with its log, it is opened for writing; only then SQLite would run them.
        Files.writeString(staged.resolve("slow.db-wal"), "no log");
        assertTimeoutPreemptively(Duration.ofSeconds(5), () -> assertEquals(Optional.empty(), problem(file)));
    }

    @ParameterizedTest(name = "a {0}")
    @ValueSource(strings = {"function", "collation"})
    @DisplayName("a database that needs what only its application has is not called damaged for it, but what is damaged in it is told")
    void lacking(String what) throws IOException, SQLException {
        Path file = staged.resolve("app.db");
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file); Statement statement = connection.createStatement()) {
            statement.execute("CREATE TABLE t (x)");
            statement.execute("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000) INSERT INTO t SELECT 'row ' || i FROM n");
            if (what.equals("function")) {
                Function.create(connection, "mine", new Function() {
                    @Override
                    protected void xFunc() throws SQLException {
                        result(1);
                    }
                }, 1, Function.FLAG_DETERMINISTIC);
                statement.execute("CREATE INDEX i ON t (mine(x))");
            } else {
                Collation.create(connection, "MINE", new Collation() {
                    @Override
                    protected int xCompare(String one, String other) {
                        return one.compareTo(other);
                    }
                });
                statement.execute("CREATE TABLE c (x TEXT COLLATE MINE PRIMARY KEY)");
                statement.execute("INSERT INTO c VALUES ('a'), ('b')");
            }
        }
        String message = assertThrows(SqliteCheck.NotInFull.class, () -> problem(file)).getMessage();
        assertTrue(message.startsWith("cannot be checked in full"), message);
        byte[] damaged = Files.readAllBytes(file);
        Arrays.fill(damaged, 2 * 4096, 2 * 4096 + 500, (byte) 0x55);
        assertDamaged(Files.write(staged.resolve("page.db"), damaged));
    }

    @Test
    @DisplayName("of what SQLite says only that a file is damaged or none is called damage, and not that a disk is full or fails")
    void damageOrNot() {
        for (int code : new int[] {11, 26, 11 | 1 << 8, 11 | 2 << 8}) {
            assertTrue(SqliteCheck.isDamage(new SQLException("", null, code)), () -> "" + code);
        }
        for (int code : new int[] {0, 1, 5, 7, 8, 9, 10, 13, 14, 10 | 1 << 8, 10 | 3 << 8, 8 | 5 << 8, 14 | 4 << 8}) {
            assertFalse(SqliteCheck.isDamage(new SQLException("", null, code)), () -> "" + code);
        }
        assertTrue(SqliteCheck.lacksSomething(new SQLException("", null, 1 | 1 << 8)) && !SqliteCheck.lacksSomething(new SQLException("", null, 10)));
    }

    @Test
    @DisplayName("which files have to be databases is told by their names and the source's patterns")
    void expected() {
        assertTrue(SqliteCheck.shouldBeDatabase("a.db", List.of("*.db")) && SqliteCheck.shouldBeDatabase("x/chroma.sqlite3", List.of("**")));
        assertFalse(SqliteCheck.shouldBeDatabase("neostore.db", List.of("**")) || SqliteCheck.shouldBeDatabase("a.md", List.of("*.db")));
    }

    @Test
    @DisplayName("a file that cannot be read is no answer but an exception")
    void unreadable() {
        assertThrows(NoSuchFileException.class, () -> new SqliteCheck(scratch).problem(staged.resolve("gone.db")));
    }
}
