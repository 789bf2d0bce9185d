package pps;

//DEPS org.xerial:sqlite-jdbc:3.50.3.0
//DEPS org.slf4j:slf4j-nop:2.0.17
//SOURCES Durable.java
//SOURCES SafeText.java
//SOURCES SqliteCheck.java
//SOURCES SqliteLibrary.java

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteConnection;
import org.sqlite.SQLiteOpenMode;

/**
 * Copies of SQLite databases that are whole in a single file: of a live one through SQLite's own online backup, while others read and
 * write it; of one at rest by folding what its {@code -wal} or {@code -journal} holds into it, since tools that know only {@code *.db}
 * would lose those rows. As in {@link SqliteCheck}, SQLite never sees a database's own name.
 */
final class SqliteCopy {
    private static final int BUSY_MILLISECONDS = 10_000;
    /** SQLite's own word for a copy that has reached the end. */
    private static final int SQLITE_DONE = 101;
    private static final int SQLITE_OK = 0;
    private static final int WAIT_MILLISECONDS = 100;
    private static final int MOST_WAITS = 300;
    /** All in one step, within one read transaction: a copy in several steps starts again whenever somebody writes. */
    private static final int WHOLE = -1;

    private final Path scratch;
    private int number;

    /** Returns one that works in {@code scratch}, a private directory on the copies' file system that exists and that the caller removes. */
    SqliteCopy(Path scratch) {
        this.scratch = scratch;
    }

    /** Thrown when SQLite cannot copy a database, or finds one damaged that is to be folded; the message says why in its words. */
    static final class Unreadable extends IOException {
        private static final long serialVersionUID = 1L;

        Unreadable(String message, Throwable cause) {
            super(message, cause);
        }
    }

    /**
     * Copies a database that others may be writing, as it is at one moment, to a file that does not exist yet. Other connections go on
     * undisturbed in WAL mode; in the older modes writers wait for as long as the copy takes. Throws {@link NoSuchFileException} when it has
     * been removed.
     */
    void online(Path live, Path copy) throws IOException {
        Path place = place();
        Path link = place.resolve("live");
        Path made = place.resolve("copy");
        // Behind a symbolic link: that is where SQLite keeps the log.
        Path real = live.toRealPath();
        Files.createSymbolicLink(link, real);
        SQLiteConfig config = config();
        // The last connection that could write folds the log into the database when it closes, which is not a backup's to do. Without a log
        // it is the other way round: only a connection that may write takes the empty -wal and -shm away again that it had to make.
        Path log = real.resolveSibling(real.getFileName() + "-wal");
        config.setReadOnly(Files.exists(log, LinkOption.NOFOLLOW_LINKS) && Files.size(log) > 0 || !Files.isWritable(real));
        // Removed in this very moment, it must not come back as an empty one.
        config.resetOpenMode(SQLiteOpenMode.CREATE);
        try (Connection connection = config.createConnection("jdbc:sqlite:" + link)) {
            int result = connection.unwrap(SQLiteConnection.class).getDatabase()
                .backup("main", made.toString(), null, WAIT_MILLISECONDS, MOST_WAITS, WHOLE);
            if (result != SQLITE_OK && result != SQLITE_DONE) {
                throw new Unreadable("SQLite cannot copy it (its error " + result + ")", null);
            }
        } catch (SQLException e) {
            throw Files.exists(real) ? new Unreadable(SafeText.quote("" + e.getMessage()), e) : new NoSuchFileException(real.toString());
        } finally {
            Files.delete(link);
        }
        Files.move(made, copy, StandardCopyOption.ATOMIC_MOVE);
        remove(place, List.of("copy-wal", "copy-shm", "copy-journal"));
    }

    /** Tells whether a database at rest, or what a symbolic link to it shows, has a log beside it that holds something of it. */
    static boolean hasLog(Path link) throws IOException {
        Path database = link.toRealPath();
        for (String sidecar : List.of("-wal", "-journal")) {
            Path beside = database.resolveSibling(database.getFileName() + sidecar);
            if (Files.isRegularFile(beside, LinkOption.NOFOLLOW_LINKS) && Files.size(beside) > 0) {
                return true;
            }
        }
        return false;
    }

    /**
     * Folds the logs that lie beside a private copy of a database into it and removes them; the copy keeps its owner, the later of the
     * times, and its mode but for its owner, who can read and write it afterwards. When SQLite cannot, all of them are left as they were:
     * throws {@link Unreadable} where they are damaged, else another {@link IOException}.
     */
    void fold(Path database) throws IOException {
        Path place = place();
        FileTime modified = Files.getLastModifiedTime(database);
        for (String suffix : List.of("", "-wal", "-journal")) {
            Path from = database.resolveSibling(database.getFileName() + suffix);
            if (Files.isRegularFile(from, LinkOption.NOFOLLOW_LINKS)) {
                FileTime time = Files.getLastModifiedTime(from);
                modified = time.compareTo(modified) > 0 ? time : modified;
                // A copy, because what SQLite does to a damaged log cannot be undone.
                Path copy = place.resolve("database" + suffix);
                Files.copy(from, copy, StandardCopyOption.COPY_ATTRIBUTES);
                SqliteCheck.makeWritable(copy);
            }
        }
        try (Connection connection = config().createConnection("jdbc:sqlite:" + place.resolve("database"));
             Statement statement = connection.createStatement()) {
            statement.execute("PRAGMA trusted_schema = OFF");
            statement.execute("PRAGMA wal_checkpoint(TRUNCATE)");
            // In the older journal modes the checkpoint touches nothing, and only a first read rolls a left-behind transaction back.
            statement.execute("SELECT count(*) FROM sqlite_master");
        } catch (SQLException e) {
            remove(place, List.of("database", "database-wal", "database-shm", "database-journal"));
            // With these statements even SQLITE_ERROR means the file: nothing in them could be missing.
            if (SqliteCheck.isDamage(e) || SqliteCheck.lacksSomething(e)) {
                throw new Unreadable(SafeText.quote("" + e.getMessage()), e);
            }
            throw new IOException("SQLite cannot fold its log into it: " + SafeText.quote("" + e.getMessage()), e);
        }
        Files.setLastModifiedTime(place.resolve("database"), modified);
        Files.move(place.resolve("database"), database, StandardCopyOption.ATOMIC_MOVE);
        for (String sidecar : SqliteCheck.SIDECARS) {
            Files.deleteIfExists(database.resolveSibling(database.getFileName() + sidecar));
        }
        remove(place, List.of("database-wal", "database-shm", "database-journal"));
    }

    private Path place() throws IOException {
        Path place = scratch.resolve("copy-" + number++);
        Durable.createPrivateDirectories(place);
        return place;
    }

    private static void remove(Path place, List<String> names) throws IOException {
        for (String name : names) {
            Files.deleteIfExists(place.resolve(name));
        }
        Files.delete(place);
    }

    private static SQLiteConfig config() throws IOException {
        SqliteLibrary.load();
        SQLiteConfig config = new SQLiteConfig();
        config.setBusyTimeout(BUSY_MILLISECONDS);
        config.enableLoadExtension(false);
        return config;
    }
}
