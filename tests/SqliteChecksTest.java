package pps;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

//DEPS org.junit.jupiter:junit-jupiter:5.14.4
//DEPS org.xerial:sqlite-jdbc:3.50.3.0
//SOURCES ../lib/SqliteChecks.java

@DisplayName("Databases that are opened beside other work")
class SqliteChecksTest {
    @TempDir
    private Path directory;
    private Path scratch;
    private SqliteChecks checks;

    @BeforeEach
    void begin() {
        scratch = directory.resolve("scratch");
        checks = new SqliteChecks(scratch, Listener.SILENT);
    }

    private Path database(String name, int rows) throws SQLException {
        Path file = directory.resolve(name);
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file); Statement statement = connection.createStatement()) {
            statement.execute("CREATE TABLE t (x)");
            statement.execute("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < " + rows
                + ") INSERT INTO t SELECT 'row ' || i || hex(zeroblob(200)) FROM n");
        }
        return file;
    }

    @Test
    @DisplayName("opens databases, says of each what is wrong with it, and leaves nothing of that")
    void databases() throws IOException, SQLException {
        Path good = database("good.db", 100);
        Path bad = Files.writeString(directory.resolve("bad.db"), "no database");
        Path other = Files.writeString(directory.resolve("notes.md"), "notes");
        try (SqliteChecks open = checks) {
            checks.begin(good);
            checks.begin(bad);
            assertEquals(Optional.empty(), checks.problem(good, false));
            assertEquals(Optional.of("is not a SQLite database"), checks.problem(bad, false));
            assertTrue(checks.includes(good));
            assertFalse(checks.includes(other));
        }
        assertNothingIn(scratch);
    }

    @Test
    @DisplayName("opens a database again when something was put beside it since")
    void again() throws IOException, SQLException {
        Path file = database("good.db", 100);
        try (SqliteChecks open = checks) {
            checks.begin(file);
            assertEquals(Optional.empty(), checks.problem(file, false));
            Files.writeString(file, "no database any more");
            assertEquals(Optional.empty(), checks.problem(file, false));
            assertEquals(Optional.of("is not a SQLite database"), checks.problem(file, true));
        }
    }

    @Test
    @DisplayName("ends when it is closed in the middle of a check, and leaves nothing in the scratch directory")
    void close() throws IOException, SQLException {
        Path large = database("large.db", 50_000);
        try (SqliteChecks open = checks) {
            for (int i = 0; i < 50; i++) {
                checks.begin(large);
            }
        }
        assertNothingIn(scratch);
    }

    private static void assertNothingIn(Path directory) throws IOException {
        if (Files.exists(directory)) {
            try (var left = Files.list(directory)) {
                assertEquals(0, left.count(), "left in the scratch directory");
            }
        }
    }
}
