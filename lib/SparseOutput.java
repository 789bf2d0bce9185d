package pps;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.Arrays;

/**
 * Writes a new file, and leaves a hole where a longer run of zeros would come: database files are often larger than what is in them, and
 * would fill a disk that held them before.
 */
final class SparseOutput extends OutputStream {
    /** Runs that are no whole pages of a file system give no hole. */
    private static final int SHORTEST = 1 << 14;
    private static final byte[] ZEROS = new byte[1 << 16];

    private final FileChannel file;
    private long position;
    private long written;

    SparseOutput(FileChannel file) {
        this.file = file;
    }

    @Override
    public void write(int b) throws IOException {
        write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
        int kept = 0;
        for (int done = 0; done < length; ) {
            int n = Math.min(length - done, ZEROS.length);
            if (n >= SHORTEST && Arrays.equals(bytes, offset + done, offset + done + n, ZEROS, 0, n)) {
                putAt(position + kept, ByteBuffer.wrap(bytes, offset + kept, done - kept));
                kept = done + n;
            }
            done += n;
        }
        putAt(position + kept, ByteBuffer.wrap(bytes, offset + kept, length - kept));
        position += length;
    }

    private void putAt(long from, ByteBuffer bytes) throws IOException {
        for (long at = from; bytes.hasRemaining(); ) {
            at += file.write(bytes, at);
            written = at;
        }
    }

    @Override
    public void close() throws IOException {
        try (file) {
            if (written < position) {
                // A file ends with what was written to it, never with a hole.
                putAt(position - 1, ByteBuffer.allocate(1));
            }
        }
    }
}
