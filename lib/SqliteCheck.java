package pps;

//DEPS org.xerial:sqlite-jdbc:3.50.3.0
//DEPS org.slf4j:slf4j-nop:2.0.17
//SOURCES Durable.java
//SOURCES SafeText.java
//SOURCES SqliteLibrary.java

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermission;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.sqlite.SQLiteConfig;

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
    /** SQLite's own numbers (sqlite.org/rescode.html): something that a statement names is not there; the file is damaged; it is none. */
    private static final int SQLITE_ERROR = 1;
    private static final int SQLITE_CORRUPT = 11;
    private static final int SQLITE_NOTADB = 26;

    private final Path scratch;
    private int number;
    private volatile Statement running;

    /** Returns a checker that works in {@code scratch}, a private directory that exists and that the caller removes. */
    public SqliteCheck(Path scratch) {
        this.scratch = scratch;
    }

    /**
     * Thrown for a database in which no damage was found, but not all could be looked at: it needs a function, a collation or a module
     * that only its application has. The message is the rest of a sentence that begins with its name.
     */
    static final class NotInFull extends IOException {
        private static final long serialVersionUID = 1L;

        NotInFull(SQLException cause) {
            super("cannot be checked in full, since SQLite alone lacks something that its application gives it: " + SafeText.quote("" + cause.getMessage()),
                cause);
        }
    }

    /** Tells whether SQLite says by this that a file is damaged, and not that a disk is full or a file cannot be opened. */
    static boolean isDamage(SQLException e) {
        return primary(e) == SQLITE_CORRUPT || primary(e) == SQLITE_NOTADB;
    }

    /** Tells whether SQLite says by this that something is not there which a statement, or the database's schema, names. */
    static boolean lacksSomething(SQLException e) {
        return primary(e) == SQLITE_ERROR;
    }

    /** The numbers of the variants have the one that they belong to in their last eight bits. */
    private static int primary(SQLException e) {
        return e.getErrorCode() & 0xff;
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
     * file is an empty database. Throws {@link NotInFull} when what could be looked at is whole, and {@link IOException} when the file, or
     * the room to check it in, cannot be had: neither says anything against the database.
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
                makeWritable(place.resolve("database" + sidecar));
                copied = true;
            }
        }
        try {
            if (copied) {
                Files.copy(database, opened);
                makeWritable(opened);
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

    /** A file that its own owner may not write is one that only root's SQLite can open together with its log. */
    static void makeWritable(Path copy) throws IOException {
        Set<PosixFilePermission> mode = EnumSet.of(PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE);
        mode.addAll(Files.getPosixFilePermissions(copy));
        Files.setPosixFilePermissions(copy, mode);
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

    private Optional<String> integrity(String url, boolean readOnly) throws IOException {
        SQLiteConfig config = new SQLiteConfig();
        config.setReadOnly(readOnly);
        config.enableLoadExtension(false);
        List<String> problems = new ArrayList<>();
        SqliteLibrary.load();
        try (Connection connection = config.createConnection(url); Statement statement = connection.createStatement()) {
            running = statement;
            statement.execute("PRAGMA trusted_schema = OFF");
            statement.execute("PRAGMA cell_size_check = ON");
            // A constraint is code of whoever made the database, and may take for ever; whether rows obey it is no question of damage.
            statement.execute("PRAGMA ignore_check_constraints = ON");
            SQLException lacking = ask(statement, "PRAGMA integrity_check(" + MOST_PROBLEMS + ")", problems);
            if (lacking != null) {
                // Which pages belong to what, and whether rows can be read, is told without the indexes: a function in one is not missed then.
                if (ask(statement, "PRAGMA quick_check(" + MOST_PROBLEMS + ")", problems) != null) {
                    askTableByTable(statement, problems);
                }
                if (problems.isEmpty()) {
                    throw new NotInFull(lacking);
                }
            }
        } catch (SQLException e) {
            if (!isDamage(e)) {
                throw new IOException("SQLite cannot check it: " + SafeText.quote("" + e.getMessage()), e);
            }
            problems.add(SafeText.quote("" + e.getMessage()));
        } finally {
            running = null;
        }
        return problems.isEmpty() ? Optional.empty() : Optional.of("is damaged: " + String.join("; ", problems));
    }

    /** Adds the problems that a check tells, and returns null, or why SQLite cannot even begin it for lack of something. */
    private static SQLException ask(Statement statement, String check, List<String> problems) throws SQLException {
        try (ResultSet rows = statement.executeQuery(check)) {
            while (rows.next()) {
                String row = rows.getString(1);
                if (!"ok".equals(row)) {
                    problems.add(SafeText.quote(row));
                }
            }
            return null;
        } catch (SQLException e) {
            if (lacksSomething(e)) {
                return e;
            }
            throw e;
        }
    }

    /** Those tables that can be looked at; a schema of which not even a list can be had is damaged. */
    private static void askTableByTable(Statement statement, List<String> problems) throws SQLException {
        List<String> tables = new ArrayList<>();
        SQLException unreadable = null;
        try (ResultSet rows = statement.executeQuery("SELECT name FROM sqlite_master WHERE type = 'table' AND rootpage > 0")) {
            while (rows.next()) {
                tables.add(rows.getString(1));
            }
        } catch (SQLException e) {
            if (!lacksSomething(e)) {
                throw e;
            }
            unreadable = e;
        }
        if (unreadable != null) {
            problems.add(SafeText.quote("" + unreadable.getMessage()));
        }
        for (String table : tables) {
            if (problems.size() < MOST_PROBLEMS) {
                ask(statement, "PRAGMA quick_check('" + table.replace("'", "''") + "')", problems);
            }
        }
    }
}
