package pps;

//DEPS org.apache.commons:commons-compress:1.28.0

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import org.apache.commons.compress.compressors.gzip.GzipCompressorInputStream;

/**
 * Decompresses gzip members one behind the other, and bounds what may be read of the file without a byte coming out: the name and comment
 * in a member's header have no end but a zero byte, and the library collects them.
 */
final class ArchiveGzip extends FilterInputStream {
    /** What one read may take from the file; honest members of a few bytes each, 64 KiB of them, stay far below. */
    private static final long MOST_FOR_ONE_READ = 16 << 20;

    private final Metered metered;

    private ArchiveGzip(InputStream decompressed, Metered metered) {
        super(decompressed);
        this.metered = metered;
    }

    /** Returns the decompressed bytes of a buffered file. What stands behind the last member must be nothing. */
    static InputStream open(InputStream file) throws IOException {
        Metered metered = new Metered(file);
        return new ArchiveGzip(GzipCompressorInputStream.builder().setInputStream(metered).setDecompressConcatenated(true).get(), metered);
    }

    @Override
    public int read() throws IOException {
        metered.left = MOST_FOR_ONE_READ;
        return in.read();
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
        metered.left = MOST_FOR_ONE_READ;
        return in.read(bytes, offset, length);
    }

    private static final class Metered extends FilterInputStream {
        private long left = MOST_FOR_ONE_READ;

        Metered(InputStream in) {
            super(in);
        }

        @Override
        public int read() throws IOException {
            count(1);
            return in.read();
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            int n = in.read(bytes, offset, length);
            count(Math.max(0, n));
            return n;
        }

        private void count(int bytes) throws IOException {
            left -= bytes;
            if (left < 0) {
                throw new IOException("the header of a gzip member is longer than any honest one");
            }
        }
    }
}
