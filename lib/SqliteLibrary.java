package pps;

//DEPS org.xerial:sqlite-jdbc:3.50.3.0

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.sqlite.SQLiteJDBCLoader;

/**
 * SQLite's own code, which has to be a file for the moment in which it is loaded. sqlite-jdbc removes that file when the process ends, but
 * not when it ends by a signal: so it is put into a directory of its own, which is removed at once.
 */
final class SqliteLibrary {
    private static final String PLACE = "org.sqlite.tmpdir";
    private static boolean loaded;

    private SqliteLibrary() {
    }

    /** Loads it, the first time. That this fails, in a full temporary directory for one, says nothing about a database. */
    static synchronized void load() throws IOException {
        if (loaded) {
            return;
        }
        String temporary = System.getProperty(PLACE, System.getProperty("java.io.tmpdir"));
        try {
            Path own = Files.createTempDirectory(Path.of(temporary), "pps-sqlite-");
            try {
                System.setProperty(PLACE, own.toString());
                SQLiteJDBCLoader.initialize();
            } finally {
                System.setProperty(PLACE, temporary);
                remove(own);
            }
            loaded = true;
        } catch (Exception e) {
            throw new IOException("SQLite cannot be loaded from the temporary directory " + temporary + ": " + e.getMessage(), e);
        }
    }

    private static void remove(Path directory) throws IOException {
        File[] files = directory.toFile().listFiles();
        for (File file : files == null ? new File[0] : files) {
            Files.deleteIfExists(file.toPath());
        }
        Files.deleteIfExists(directory);
    }
}
