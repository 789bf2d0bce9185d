package pps;

//SOURCES Digest.java

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.security.MessageDigest;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Hashes a content in a thread of its own while its caller writes it: both take about as long, and one after the other they would be
 * slower than what unpacks the content. One content at a time.
 */
final class DigestBeside implements AutoCloseable {
    private static final int BUFFERS = 4;
    private static final int BUFFER = 1 << 18;

    private final byte[][] buffers = new byte[BUFFERS][];
    private final Future<?>[] hashing = new Future<?>[BUFFERS];
    private ExecutorService thread;
    private MessageDigest digest;
    private int at;

    /** Takes the bytes of a content. Throws {@link IOException} when they cannot be put where they go. */
    interface Sink {
        void write(byte[] bytes, int length) throws IOException;
    }

    /** Begins another content. */
    void begin() {
        if (thread == null) {
            thread = Executors.newSingleThreadExecutor(task -> {
                Thread background = new Thread(task, "hash");
                background.setDaemon(true);
                return background;
            });
        }
        digest = Digest.sha256();
    }

    /** Reads a piece of the content, has it hashed, and hands it to the sink meanwhile; returns its length, 0 or less at the end. */
    int next(InputStream content, Sink sink) throws IOException {
        int mine = at;
        at = (at + 1) % BUFFERS;
        await(mine);
        if (buffers[mine] == null) {
            buffers[mine] = new byte[BUFFER];
        }
        byte[] buffer = buffers[mine];
        int n = content.read(buffer);
        if (n > 0) {
            MessageDigest into = digest;
            hashing[mine] = thread.submit(() -> into.update(buffer, 0, n));
            sink.write(buffer, n);
        }
        return n;
    }

    /** Ends the content and returns its digest. */
    String hex() throws IOException {
        for (int i = 0; i < BUFFERS; i++) {
            await(i);
        }
        return Digest.hex(digest);
    }

    private void await(int buffer) throws IOException {
        if (hashing[buffer] == null) {
            return;
        }
        try {
            hashing[buffer].get();
            hashing[buffer] = null;
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted");
        }
    }

    @Override
    public void close() {
        if (thread != null) {
            thread.shutdownNow();
        }
    }
}
