package pps;

//SOURCES Listener.java
//SOURCES SqliteCheck.java

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Opens databases one after the other in a thread of its own, while its owner does something else: SQLite's {@code integrity_check} uses
 * one core, so that it costs little time beside other work and much behind it.
 */
final class SqliteChecks implements AutoCloseable {
    private static final long POLL_MILLISECONDS = 100;

    private final Listener listener;
    private final SqliteCheck check;
    private final ExecutorService thread = Executors.newSingleThreadExecutor(task -> {
        Thread background = new Thread(task, "check");
        background.setDaemon(true);
        return background;
    });
    private final Map<Path, Future<Optional<String>>> begun = new HashMap<>();

    /** @param scratch a private directory for SQLite, which need not exist and which the caller removes */
    SqliteChecks(Path scratch, Listener listener) {
        this.listener = listener;
        this.check = new SqliteCheck(scratch);
    }

    /** Begins to check a database, which must not change any more. */
    void begin(Path database) {
        begun.put(database, thread.submit(() -> check.problem(database)));
    }

    /** Tells whether a file was taken as a database. */
    boolean includes(Path file) {
        return begun.containsKey(file);
    }

    /**
     * Returns what is wrong with a database, like {@link SqliteCheck#problem}, as soon as that is known.
     *
     * @param again whether it has to be opened now, because a log was put beside it since
     */
    Optional<String> problem(Path database, boolean again) throws IOException {
        Future<Optional<String>> known = again ? null : begun.get(database);
        return await(known != null ? known : thread.submit(() -> check.problem(database)), listener);
    }

    /** Waits for what another thread does, and lets an interruption of the process through. */
    static <T> T await(Future<T> future, Listener listener) throws IOException {
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
                throw new InterruptedIOException("interrupted");
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
