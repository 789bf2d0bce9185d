package pps;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

//DEPS org.junit.jupiter:junit-jupiter:5.14.4
//DEPS org.xerial:sqlite-jdbc:3.50.3.0
//SOURCES ../lib/Settling.java

@DisplayName("What is done with staged files beside the reading")
class SettlingTest {
    @TempDir
    private Path directory;
    private Path scratch;
    private Settling settling;

    @BeforeEach
    void begin() {
        scratch = directory.resolve("scratch");
        settling = new Settling(scratch, Listener.SILENT);
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
        try (Settling open = settling) {
            settling.take(good, Files.size(good), true);
            settling.take(bad, Files.size(bad), true);
            settling.take(other, Files.size(other), false);
            assertEquals(Optional.empty(), settling.problem(good, false));
            assertEquals(Optional.of("is not a SQLite database"), settling.problem(bad, false));
            assertTrue(settling.opens(good));
            assertFalse(settling.opens(other));
        }
        assertNothingIn(scratch);
    }

    @ParameterizedTest(name = "of {0} files, one that cannot be brought to the disk is named")
    @ValueSource(ints = {1, 199, 201})
    void sync(int files) throws IOException {
        try (Settling open = settling) {
            for (int i = 0; i < files; i++) {
                settling.take(Files.writeString(directory.resolve("file" + i), "x"), 1, false);
            }
            settling.sync();
            Path gone = directory.resolve("gone");
            settling.take(gone, 1L << 40, false);
            Failure failure = assertThrows(Failure.class, settling::sync);
            assertTrue(failure.getMessage().contains(gone.toString()), failure.getMessage());
            assertEquals(ExitCode.FAILED, failure.exitCode());
        }
    }

    @Test
    @DisplayName("ends when it is closed in the middle of a check, and leaves nothing in the scratch directory")
    void close() throws IOException, SQLException {
        Path large = database("large.db", 50_000);
        try (Settling open = settling) {
            for (int i = 0; i < 50; i++) {
                settling.take(large, Files.size(large), true);
            }
        }
        assertNothingIn(scratch);
    }

    @ParameterizedTest(name = "{0} {1} says when data could not be written by syncfs: {2}")
    @CsvSource({"Linux,6.1.0-18-amd64,true", "Linux,5.8.0,true", "Linux,5.15.90.1-microsoft-standard-WSL2,true", "Linux,5.4.0-200-generic,false",
        "Linux,4.19.0,false", "Linux,unknown,false", "Mac OS X,14.5,false"})
    void syncfs(String system, String version, boolean reports) {
        assertEquals(reports, Durable.syncfsReports(system, version));
    }

    private static void assertNothingIn(Path directory) throws IOException {
        if (Files.exists(directory)) {
            try (var left = Files.list(directory)) {
                assertEquals(0, left.count(), "left in the scratch directory");
            }
        }
    }
}
