package pps;

//SOURCES Failure.java
//SOURCES Listener.java

import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Threads that do a part of a procedure's work beside it. They do not keep the process alive, and a procedure that waits for one of them
 * still hears that it is to end.
 */
final class Workers implements AutoCloseable {
    private static final int MOST_CORES = 32;
    private static final long POLL_MILLISECONDS = 100;

    private final ExecutorService threads;

    /** @param name what the threads do, for whoever looks at them from outside */
    Workers(String name, int count) {
        threads = Executors.newFixedThreadPool(count, task -> {
            Thread thread = new Thread(task, name);
            thread.setDaemon(true);
            return thread;
        });
    }

    /** Returns how many threads can work at once here, within reason: each needs memory too. */
    static int cores() {
        return Math.min(Runtime.getRuntime().availableProcessors(), MOST_CORES);
    }

    /** Begins a piece of work; pieces begin in the order in which they are handed in. */
    <T> Future<T> begin(Callable<T> work) {
        return threads.submit(work);
    }

    /** Returns what a piece of work gives, and throws what it throws; an interruption of the process comes through meanwhile. */
    static <T> T await(Future<T> work, Listener listener) throws IOException {
        while (true) {
            listener.checkInterrupted();
            try {
                return work.get(POLL_MILLISECONDS, TimeUnit.MILLISECONDS);
            } catch (TimeoutException e) {
                continue;
            } catch (ExecutionException e) {
                throw thrown(e.getCause());
            } catch (InterruptedException e) {
                throw interrupted();
            }
        }
    }

    /** As {@link #await(Future, Listener)}, for work that takes no time that a person would notice. */
    static <T> T await(Future<T> work) throws IOException {
        try {
            return work.get();
        } catch (ExecutionException e) {
            throw thrown(e.getCause());
        } catch (InterruptedException e) {
            throw interrupted();
        }
    }

    private static IOException thrown(Throwable cause) {
        if (cause instanceof RuntimeException unchecked) {
            throw unchecked;
        }
        if (cause instanceof Error error) {
            throw error;
        }
        return cause instanceof IOException failed ? failed : new IOException(cause);
    }

    private static IOException interrupted() {
        Thread.currentThread().interrupt();
        return new InterruptedIOException("interrupted");
    }

    /** Takes no more work, and lets what was handed in end by itself: an interrupt would close the files that it reads. */
    void leave() {
        threads.shutdown();
    }

    /** Drops what has not begun, and returns when what is under way has ended. */
    @Override
    public void close() {
        close(() -> { });
    }

    /** As {@link #close()}, and does something that makes the work end, again and again until it has. */
    void close(Runnable end) {
        threads.shutdownNow();
        try {
            do {
                end.run();
            } while (!threads.awaitTermination(POLL_MILLISECONDS, TimeUnit.MILLISECONDS));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
