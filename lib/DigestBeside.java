package pps;

//SOURCES Digest.java
//SOURCES Workers.java

import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
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
    private Workers thread;
    private MessageDigest digest;
    private int at;

    /** Takes the bytes of a content. Throws {@link IOException} when they cannot be put where they go. */
    interface Sink {
        void write(byte[] bytes, int length) throws IOException;
    }

    /** Begins another content. */
    void begin() {
        if (thread == null) {
            thread = new Workers("hash", 1);
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
            hashing[mine] = thread.begin(() -> {
                into.update(buffer, 0, n);
                return null;
            });
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
        Workers.await(hashing[buffer]);
        hashing[buffer] = null;
    }

    @Override
    public void close() {
        if (thread != null) {
            thread.leave();
        }
    }
}
