package pps;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.zip.Inflater;

/** A range of a file, read through a buffer and at positions of its own, so that several threads can read one open file. */
final class FileRange {
    private final FileChannel file;
    private final byte[] buffer = new byte[1 << 16];
    private final long to;
    private long next;
    private int position;
    private int limit;

    FileRange(FileChannel file, long from, long to) {
        this.file = file;
        this.next = from;
        this.to = to;
    }

    /** Fills an array with what lies at an offset of a file. */
    static void readFully(FileChannel file, long offset, byte[] bytes) throws IOException {
        ByteBuffer into = ByteBuffer.wrap(bytes);
        while (into.hasRemaining()) {
            if (file.read(into, offset + into.position()) < 0) {
                throw new EOFException("the file ends too early");
            }
        }
    }

    /** Makes sure that there is something to take; returns false at the end of the range. */
    boolean fill() throws IOException {
        if (position < limit) {
            return true;
        }
        int length = (int) Math.min(buffer.length, to - next);
        if (length <= 0) {
            return false;
        }
        int n = file.read(ByteBuffer.wrap(buffer, 0, length), next);
        if (n < 0) {
            throw new EOFException("the file ends too early");
        }
        position = 0;
        limit = n;
        next += n;
        return true;
    }

    /** Takes at most this many bytes; returns how many, or -1 at the end of the range. */
    int read(byte[] bytes, int offset, int length) throws IOException {
        if (!fill()) {
            return -1;
        }
        int n = Math.min(length, limit - position);
        System.arraycopy(buffer, position, bytes, offset, n);
        position += n;
        return n;
    }

    /** Takes this many bytes. */
    byte[] take(int length) throws IOException {
        byte[] taken = new byte[length];
        for (int done = 0; done < length; ) {
            if (!fill()) {
                throw new EOFException("a compressed member is cut off");
            }
            int n = Math.min(length - done, limit - position);
            System.arraycopy(buffer, position, taken, done, n);
            position += n;
            done += n;
        }
        return taken;
    }

    /** Hands an inflater all that is in the buffer; what it leaves over is to be given back with {@link #unread}. */
    void giveTo(Inflater inflater) {
        inflater.setInput(buffer, position, limit - position);
        position = limit;
    }

    /** Takes back the last bytes that were handed out. */
    void unread(int length) {
        position -= length;
    }
}
