package pps;

//SOURCES FileRange.java
//SOURCES MemberFormat.java

import java.io.EOFException;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.util.Arrays;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.Inflater;

/** Gzip members (RFC 1952), always with the same header: no time, no name, so that the same content is the same member. */
final class GzipFormat implements MemberFormat {
    /**
     * Measured on 60 MB of SQLite text in members of 1 MiB: level 1 24.9 MB in 0.61 s, level 3 24.7 MB in 0.63 s, level 4 23.1 MB in 0.85 s,
     * level 5 22.8 MB in 1.00 s, level 6 22.8 MB in 1.02 s; of a Neo4j store levels 4 to 7 make the same. Where a whole project was packed,
     * 4 made it 0.4 % larger than 5.
     */
    private static final int LEVEL = 4;
    private static final byte[] HEADER = {0x1f, (byte) 0x8b, 8, 0, 0, 0, 0, 0, 0, (byte) 0xff};
    private static final int TRAILER = 8;
    /**
     * Deflating what cannot be shrunk takes longest of all (48 MB of random vectors 0.99 s, 48 MB of text 0.85 s) and gains nothing, so
     * so many samples of a member are tried at the fastest level first, and where they keep this share of their size it is stored.
     */
    private static final int SAMPLES = 8;
    private static final int SAMPLE = 4096;
    private static final double HARDLY_SMALLER = 0.97;

    @Override
    public boolean indexIsEntry() {
        return true;
    }

    @Override
    public ByteBuffer pack(byte[] raw, int length) {
        // What deflate cannot shrink it stores, with five bytes for each 16 KiB; one byte more tells that nothing was cut off.
        byte[] packed = new byte[HEADER.length + TRAILER + length + length / 1000 + 64];
        System.arraycopy(HEADER, 0, packed, 0, HEADER.length);
        Deflater deflater = new Deflater(shrinks(raw, length) ? LEVEL : Deflater.NO_COMPRESSION, true);
        try {
            deflater.setInput(raw, 0, length);
            deflater.finish();
            int end = HEADER.length + deflater.deflate(packed, HEADER.length, packed.length - HEADER.length - TRAILER);
            if (!deflater.finished()) {
                throw new IllegalStateException("deflate grew " + length + " bytes by more than it can");
            }
            CRC32 crc = new CRC32();
            crc.update(raw, 0, length);
            ByteBuffer member = ByteBuffer.wrap(packed).order(ByteOrder.LITTLE_ENDIAN);
            member.position(end).putInt((int) crc.getValue()).putInt(length);
            return member.flip();
        } finally {
            deflater.end();
        }
    }

    private static boolean shrinks(byte[] raw, int length) {
        if (length < 2 * SAMPLES * SAMPLE) {
            return true;
        }
        byte[] samples = new byte[SAMPLES * SAMPLE];
        for (int i = 0; i < SAMPLES; i++) {
            System.arraycopy(raw, (int) ((long) (length - SAMPLE) * i / (SAMPLES - 1)), samples, i * SAMPLE, SAMPLE);
        }
        Deflater deflater = new Deflater(Deflater.BEST_SPEED, true);
        try {
            deflater.setInput(samples);
            deflater.finish();
            deflater.deflate(new byte[(int) (samples.length * HARDLY_SMALLER)]);
            return deflater.finished();
        } finally {
            deflater.end();
        }
    }

    @Override
    public OutputStream packTo(OutputStream file) throws IOException {
        file.write(HEADER);
        CRC32 crc = new CRC32();
        Deflater deflater = new Deflater(LEVEL, true);
        return new FilterOutputStream(new DeflaterOutputStream(file, deflater, 1 << 16)) {
            private boolean closed;

            @Override
            public void write(int b) throws IOException {
                write(new byte[] {(byte) b}, 0, 1);
            }

            @Override
            public void write(byte[] bytes, int offset, int length) throws IOException {
                crc.update(bytes, offset, length);
                out.write(bytes, offset, length);
            }

            @Override
            public void close() throws IOException {
                if (closed) {
                    return;
                }
                closed = true;
                try {
                    ((DeflaterOutputStream) out).finish();
                    file.write(ByteBuffer.allocate(TRAILER).order(ByteOrder.LITTLE_ENDIAN).putInt((int) crc.getValue())
                        .putInt((int) deflater.getBytesRead()).array());
                } finally {
                    deflater.end();
                }
            }
        };
    }

    @Override
    public InputStream unpack(FileChannel file, long from, long to) throws IOException {
        byte[] first = new byte[HEADER.length];
        FileRange.readFully(file, 0, first);
        return new Members(new FileRange(file, from, to), first);
    }

    /** The members of a range, unpacked. */
    private static final class Members extends InputStream {
        private final FileRange in;
        private final byte[] first;
        private final Inflater inflater = new Inflater(true);
        private final CRC32 crc = new CRC32();
        private boolean inMember;

        /** @param first the file's first header, which all others must be equal to: their fields have no checksum of their own */
        Members(FileRange in, byte[] first) {
            this.in = in;
            this.first = first;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            while (length > 0) {
                if (!inMember && !begin()) {
                    return -1;
                }
                int n = inflate(bytes, offset, length);
                crc.update(bytes, offset, n);
                if (inflater.finished()) {
                    end();
                }
                if (n > 0) {
                    return n;
                }
            }
            return 0;
        }

        private int inflate(byte[] bytes, int offset, int length) throws IOException {
            try {
                int n = inflater.inflate(bytes, offset, length);
                while (n == 0 && !inflater.finished()) {
                    if (inflater.needsDictionary()) {
                        throw new IOException("a compressed member asks for a dictionary");
                    }
                    if (!in.fill()) {
                        throw new EOFException("a compressed member is cut off");
                    }
                    in.giveTo(inflater);
                    n = inflater.inflate(bytes, offset, length);
                }
                return n;
            } catch (DataFormatException e) {
                throw new IOException("a compressed member is damaged: " + e.getMessage(), e);
            }
        }

        private boolean begin() throws IOException {
            if (!in.fill()) {
                return false;
            }
            byte[] header = in.take(HEADER.length);
            if (!Arrays.equals(header, first)) {
                throw new IOException("a compressed member has a damaged header");
            }
            inflater.reset();
            crc.reset();
            in.giveTo(inflater);
            inMember = true;
            return true;
        }

        private void end() throws IOException {
            in.unread(inflater.getRemaining());
            ByteBuffer trailer = ByteBuffer.wrap(in.take(TRAILER)).order(ByteOrder.LITTLE_ENDIAN);
            if (trailer.getInt() != (int) crc.getValue() || trailer.getInt() != (int) inflater.getBytesWritten()) {
                throw new IOException("a compressed member has a wrong checksum");
            }
            if (inflater.getBytesWritten() == 0) {
                throw new IOException("there is an empty member that belongs to nothing");
            }
            inMember = false;
        }

        @Override
        public void close() {
            inflater.end();
        }
    }
}
