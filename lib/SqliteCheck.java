package pps;

//DEPS org.xerial:sqlite-jdbc:3.50.3.0
//DEPS org.slf4j:slf4j-nop:2.0.17
//SOURCES Durable.java
//SOURCES SafeText.java

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteJDBCLoader;

/**
 * Opens SQLite databases to see whether they are whole, without changing a byte of them or leaving a file beside them. The name of the
 * file never reaches SQLite, which would take parts of some names as options: it is opened under a fixed name in a private directory.
 */
public final class SqliteCheck {
    /** What a database of SQLite 3 begins with (SQLite's file format document, section 1.3). */
    private static final byte[] MAGIC = "SQLite format 3\0".getBytes(java.nio.charset.StandardCharsets.US_ASCII);
    /** What SQLite keeps beside a database, and what belongs to that one database alone. */
    public static final List<String> SIDECARS = List.of("-wal", "-shm", "-journal");
    private static final int MOST_PROBLEMS = 3;

    private final Path scratch;
    private int number;
    private volatile Statement running;

    /** Returns a checker that works in {@code scratch}, a private directory that exists and that the caller removes. */
    public SqliteCheck(Path scratch) {
        this.scratch = scratch;
    }

    /** Tells whether a file begins like a SQLite database. */
    public static boolean isDatabase(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            return Arrays.equals(in.readNBytes(MAGIC.length), MAGIC);
        }
    }

    /** Tells whether these first bytes of a file are those of a SQLite database. */
    static boolean isDatabase(byte[] bytes, int offset, int length) {
        return length >= MAGIC.length && Arrays.equals(bytes, offset, offset + MAGIC.length, MAGIC, 0, MAGIC.length);
    }

    /** Tells whether a file of this name in a source with these patterns has to be a SQLite database. */
    public static boolean shouldBeDatabase(String name, List<String> include) {
        return name.endsWith(".sqlite3") || name.endsWith(".sqlite") || name.endsWith(".db") && include.contains("*.db");
    }

    /**
     * Returns what is wrong with a database in a few words, or empty when SQLite's {@code integrity_check} finds nothing. A database
     * with a {@code -wal} or {@code -journal} beside it is checked together with it, on a copy, since opening it alters both. An empty
     * file is an empty database. Throws {@link IOException} when the file cannot be read.
     */
    public Optional<String> problem(Path link) throws IOException {
        // Behind a symbolic link: that is where SQLite keeps the log.
        Path database = link.toRealPath();
        if (Files.size(database) == 0) {
            return Optional.empty();
        }
        if (!isDatabase(database)) {
            return Optional.of("is not a SQLite database");
        }
        Path place = scratch.resolve("check-" + number++);
        Durable.createPrivateDirectories(place);
        Path opened = place.resolve("database");
        boolean copied = false;
        for (String sidecar : List.of("-wal", "-journal")) {
            Path beside = database.resolveSibling(database.getFileName() + sidecar);
            if (Files.isRegularFile(beside, LinkOption.NOFOLLOW_LINKS) && Files.size(beside) > 0) {
                Files.copy(beside, place.resolve("database" + sidecar), StandardCopyOption.REPLACE_EXISTING);
                copied = true;
            }
        }
        try {
            if (copied) {
                Files.copy(database, opened);
                return integrity("jdbc:sqlite:" + opened, false);
            }
            Files.createSymbolicLink(opened, database);
            // immutable: SQLite takes no lock, looks for no -wal, and writes nothing, not even for a database in WAL mode.
            return integrity("jdbc:sqlite:" + opened.toUri().toString().replace("file:///", "file:/") + "?immutable=1", true);
        } finally {
            for (String name : List.of("database", "database-wal", "database-shm", "database-journal")) {
                Files.deleteIfExists(place.resolve(name));
            }
            Files.delete(place);
        }
    }

    /** Ends a check that runs in another thread; what that returns then means nothing. */
    void cancel() {
        Statement statement = running;
        try {
            if (statement != null) {
                statement.cancel();
            }
        } catch (SQLException e) {
            // It had come to its end in this moment.
            running = null;
        }
    }

    /** That SQLite's own code cannot be loaded, in a full temporary directory for one, says nothing about the database. */
    private static void requireSqlite() throws IOException {
        try {
            SQLiteJDBCLoader.initialize();
        } catch (Exception e) {
            throw new IOException("SQLite cannot be loaded from the temporary directory " + System.getProperty("java.io.tmpdir") + ": "
                + e.getMessage(), e);
        }
    }

    private Optional<String> integrity(String url, boolean readOnly) throws IOException {
        SQLiteConfig config = new SQLiteConfig();
        config.setReadOnly(readOnly);
        config.enableLoadExtension(false);
        List<String> problems = new ArrayList<>();
        requireSqlite();
        try (Connection connection = config.createConnection(url); Statement statement = connection.createStatement()) {
            running = statement;
            statement.execute("PRAGMA trusted_schema = OFF");
            statement.execute("PRAGMA cell_size_check = ON");
            // A constraint is code of whoever made the database, and may take for ever; whether rows obey it is no question of damage.
            statement.execute("PRAGMA ignore_check_constraints = ON");
            try (ResultSet rows = statement.executeQuery("PRAGMA integrity_check(" + MOST_PROBLEMS + ")")) {
                while (rows.next()) {
                    String row = rows.getString(1);
                    if (!"ok".equals(row)) {
                        problems.add(SafeText.quote(row));
                    }
                }
            }
        } catch (SQLException e) {
            problems.add(SafeText.quote("" + e.getMessage()));
        } finally {
            running = null;
        }
        return problems.isEmpty() ? Optional.empty() : Optional.of("is damaged: " + String.join("; ", problems));
    }
}
