package pps;

//SOURCES Durable.java
//SOURCES ExitCode.java
//SOURCES Failure.java
//SOURCES Listener.java
//SOURCES Reason.java
//SOURCES SqliteChecks.java
//SOURCES Workers.java

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Future;

/**
 * What is done with staged files while the rest of the archive is read: databases are opened, large files brought to the disk. Both wait
 * for the disk or use one core, so that they cost little time beside the unpacking and much behind it.
 */
final class Settling implements AutoCloseable {
    /** From this size on, in bytes, a file is brought to the disk at once; smaller ones together, at the end. */
    private static final long LARGE = 4 << 20;

    private final Listener listener;
    private final SqliteChecks databases;
    private final Workers thread = new Workers("settle", 1);
    private final List<Future<?>> syncing = new ArrayList<>();
    private final List<Path> small = new ArrayList<>();

    /** @param scratch a private directory for SQLite, which need not exist and which the caller removes */
    Settling(Path scratch, Listener listener) {
        this.listener = listener;
        this.databases = new SqliteChecks(scratch, listener);
    }

    /** Takes a file that is written and will not change any more. */
    void take(Path file, long size, boolean database) {
        if (database) {
            databases.begin(file);
        }
        if (size < LARGE) {
            small.add(file);
        } else {
            syncing.add(thread.begin(() -> {
                Durable.syncFile(file);
                return null;
            }));
        }
    }

    /** Tells whether a file was taken as a database. */
    boolean opens(Path file) {
        return databases.includes(file);
    }

    /** Returns what is wrong with a database, like {@link SqliteChecks#problem}. */
    Optional<String> problem(Path database, boolean again) throws IOException {
        return databases.problem(database, again);
    }

    /** Returns when the content of every file is on the disk. Throws {@link Failure} when one could not be brought there. */
    void sync() {
        try {
            for (Future<?> one : syncing) {
                Workers.await(one, listener);
            }
            Workers.await(thread.begin(() -> {
                Durable.syncFiles(small);
                return null;
            }), listener);
        } catch (IOException e) {
            throw Failure.of(ExitCode.FAILED, "Cannot bring " + Reason.file(e, "the staged files") + " to the disk: " + Reason.of(e)).state("Nothing was touched.").because(e);
        }
    }

    /** Ends what is still under way, and returns when nothing writes to the scratch directory any more. */
    @Override
    public void close() {
        databases.close();
        // An fsync cannot be interrupted; it ends when the disk has the file.
        thread.close();
    }
}
