package pps;

import java.io.ByteArrayOutputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;

/**
 * The bytes of a tar archive, watched: tar readers take the end of the stream for the end of the archive and look no further than the
 * end mark, so that an archive cut between two entries, or one with another behind it, passes as whole. This knows where the data of the
 * last entry ended, and checks that nothing but zeros, and at least the two blocks of 512 of the end mark, come after it.
 */
final class TarTail extends FilterInputStream {
    private static final int BLOCK = 512;
    /** Tools pad an archive to their record size: 10 KiB by default, a few MiB on tapes. */
    private static final long MOST_PADDING = 16 << 20;

    private long total;
    private long dataEnd;
    private long lastNonZero;
    private long allowedUntil = Long.MAX_VALUE;
    private long headerBytes;
    private ByteArrayOutputStream header;

    TarTail(InputStream in) {
        super(in);
    }

    /** Says that a header follows, of at most so many bytes; the next one fails. It may not make its reader collect without end. */
    void beginHeader(long most) {
        allowedUntil = total + most;
        header = new ByteArrayOutputStream();
    }

    /** Says that the header is read. */
    void endHeader() {
        allowedUntil = Long.MAX_VALUE;
        headerBytes += header.size();
    }

    /** Returns the number of bytes of all headers so far. */
    long headerBytes() {
        return headerBytes;
    }

    /**
     * Tells whether these characters, as UTF-8, are in the last header. The library turns what is no UTF-8 into question marks; a name
     * with one that is not in the header was not text.
     */
    boolean headerHolds(String text) {
        String bytes = header.toString(StandardCharsets.ISO_8859_1);
        return bytes.contains(new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1));
    }

    /** Says that everything read so far belongs to entries. */
    void endOfData() {
        dataEnd = total;
    }

    /** Returns the number of bytes read so far. */
    long total() {
        return total;
    }

    /** Reads what is left, and fails unless it is a proper end of an archive. */
    void checkEnd(byte[] buffer) throws IOException {
        while (read(buffer, 0, buffer.length) >= 0) {
            if (lastNonZero > dataEnd || total - dataEnd > MOST_PADDING) {
                break;
            }
        }
        if (total - dataEnd > MOST_PADDING) {
            throw new IOException("there are more than " + MOST_PADDING + " zero bytes behind its end");
        }
        if (lastNonZero > dataEnd) {
            throw new IOException("there is something behind its end");
        }
        long padding = (BLOCK - dataEnd % BLOCK) % BLOCK;
        if (total - dataEnd - padding < 2 * BLOCK) {
            throw new IOException("the mark of its end is missing; it was cut off");
        }
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
        if (total >= allowedUntil) {
            throw new IOException("the header of an entry is longer than any honest one");
        }
        int n = in.read(bytes, offset, (int) Math.min(length, Math.max(1, allowedUntil - total)));
        for (int i = offset + n - 1; i >= offset; i--) {
            if (bytes[i] != 0) {
                lastNonZero = total + i - offset + 1;
                break;
            }
        }
        total += Math.max(n, 0);
        if (n > 0 && allowedUntil != Long.MAX_VALUE) {
            header.write(bytes, offset, n);
        }
        return n;
    }

    @Override
    public long skip(long n) throws IOException {
        byte[] thrown = new byte[(int) Math.min(Math.max(n, 0), 8192)];
        return thrown.length == 0 ? 0 : Math.max(0, read(thrown, 0, thrown.length));
    }

    @Override
    public boolean markSupported() {
        return false;
    }
}
