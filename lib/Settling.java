package pps;

//SOURCES Durable.java
//SOURCES ExitCode.java
//SOURCES Failure.java
//SOURCES Listener.java
//SOURCES Reason.java
//SOURCES SafeText.java
//SOURCES SqliteCheck.java

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * What is done with staged files while the rest of the archive is read: databases are opened, large files brought to the disk. Both wait
 * for the disk or use one core, so that they cost little time beside the unpacking and much behind it.
 */
final class Settling implements AutoCloseable {
    /** From this size on, in bytes, a file is brought to the disk at once; smaller ones together, at the end. */
    private static final long LARGE = 4 << 20;
    private static final long POLL_MILLISECONDS = 100;

    private final Listener listener;
    private final SqliteCheck check;
    private final ExecutorService thread = Executors.newSingleThreadExecutor(task -> {
        Thread background = new Thread(task, "settle");
        background.setDaemon(true);
        return background;
    });
    private final Map<Path, Future<Optional<String>>> opened = new HashMap<>();
    private final List<Future<?>> syncing = new ArrayList<>();
    private final List<Path> small = new ArrayList<>();

    /** @param scratch a private directory for SQLite, which need not exist and which the caller removes */
    Settling(Path scratch, Listener listener) {
        this.listener = listener;
        this.check = new SqliteCheck(scratch);
    }

    /** Takes a file that is written and will not change any more. */
    void take(Path file, long size, boolean database) {
        if (database) {
            opened.put(file, thread.submit(() -> check.problem(file)));
        }
        if (size < LARGE) {
            small.add(file);
        } else {
            syncing.add(thread.submit(() -> {
                Durable.syncFile(file);
                return null;
            }));
        }
    }

    /** Tells whether a file was taken as a database. */
    boolean opens(Path file) {
        return opened.containsKey(file);
    }

    /**
     * Returns what is wrong with a database, like {@link SqliteCheck#problem}.
     *
     * @param again whether it has to be opened now, because a log was put beside it since
     */
    Optional<String> problem(Path database, boolean again) throws IOException {
        Future<Optional<String>> known = again ? null : opened.get(database);
        return await(known != null ? known : thread.submit(() -> check.problem(database)));
    }

    /** Returns when the content of every file is on the disk. Throws {@link Failure} when one could not be brought there. */
    void sync() {
        try {
            for (Future<?> one : syncing) {
                await(one);
            }
            await(thread.submit(() -> {
                Durable.syncFiles(small);
                return null;
            }));
        } catch (IOException e) {
            String file = e instanceof FileSystemException named && named.getFile() != null ? SafeText.quote(named.getFile()) : "the staged files";
            throw Failure.of(ExitCode.FAILED, "Cannot bring " + file + " to the disk: " + Reason.of(e)).state("Nothing was touched.").because(e);
        }
    }

    private <T> T await(Future<T> future) throws IOException {
        while (true) {
            listener.checkInterrupted();
            try {
                return future.get(POLL_MILLISECONDS, TimeUnit.MILLISECONDS);
            } catch (TimeoutException e) {
                continue;
            } catch (ExecutionException e) {
                if (e.getCause() instanceof IOException failed) {
                    throw failed;
                }
                throw e.getCause() instanceof RuntimeException unexpected ? unexpected : new IllegalStateException(e.getCause());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new java.io.InterruptedIOException("interrupted");
            }
        }
    }

    /** Ends what is still under way, and returns when nothing writes to the scratch directory any more. */
    @Override
    public void close() {
        thread.shutdownNow();
        try {
            do {
                check.cancel();
            } while (!thread.awaitTermination(POLL_MILLISECONDS, TimeUnit.MILLISECONDS));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
