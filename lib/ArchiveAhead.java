package pps;

//DEPS commons-io:commons-io:2.20.0

import java.io.EOFException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import org.apache.commons.io.input.ReadAheadInputStream;

/**
 * Unpacks ahead of its reader, in a thread of its own. The library takes an {@link EOFException} for a proper end and drops what was read
 * with it; but that is how a decompressor says that its input was cut, so here it is an error like any other.
 */
final class ArchiveAhead extends FilterInputStream {
    private ArchiveAhead(InputStream unpacked) {
        super(unpacked);
    }

    /** Returns a stream of the same bytes; there are two buffers of this size. */
    static InputStream of(InputStream unpacked, int buffer) throws IOException {
        return ReadAheadInputStream.builder().setInputStream(new ArchiveAhead(unpacked)).setBufferSize(buffer).get();
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
        try {
            return super.read(into, offset, length);
        } catch (EOFException e) {
            throw new IOException("it ends too early", e);
        }
    }
}
