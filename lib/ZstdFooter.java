package pps;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * The last 48 bytes of an indexed {@code .tar.zst}, as in zstd:chunked: a frame that decoders skip, which tells where the index lies,
 * itself in a skipped frame before it. {@code offset} is that of the packed index behind its frame's header; lengths are in bytes.
 */
record ZstdFooter(long offset, long packed, long unpacked) {
    /** Its length in bytes. */
    static final int LENGTH = 48;
    /** What is before the content of a skipped frame: a magic number and a length. */
    static final int HEADER = 8;
    private static final int SKIPPED = 0x184D2A50;
    private static final int KINDS = 0xfffffff0;
    private static final byte[] MAGIC = "GNUlInUx".getBytes(StandardCharsets.US_ASCII);
    private static final long INDEX_OF_FILES = 1;

    /** Returns the header of a skipped frame of this length. Throws {@link ArithmeticException} when a frame cannot be as long. */
    static byte[] frameHeader(long length) {
        if (length > 0xffffffffL) {
            throw new ArithmeticException("the index is larger than a frame can be");
        }
        return ByteBuffer.allocate(HEADER).order(ByteOrder.LITTLE_ENDIAN).putInt(SKIPPED).putInt((int) length).array();
    }

    /** Returns the footer as bytes. */
    byte[] bytes() {
        return ByteBuffer.allocate(LENGTH).order(ByteOrder.LITTLE_ENDIAN).put(frameHeader(LENGTH - HEADER)).putLong(offset).putLong(packed)
            .putLong(unpacked).putLong(INDEX_OF_FILES).put(MAGIC).array();
    }

    /** Returns the footer that these bytes are to the last bit, or null. */
    static ZstdFooter of(byte[] bytes) {
        ByteBuffer in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).position(HEADER);
        ZstdFooter footer = new ZstdFooter(in.getLong(), in.getLong(), in.getLong());
        return footer.offset > 0 && footer.packed > 0 && footer.unpacked > 0 && Arrays.equals(footer.bytes(), bytes) ? footer : null;
    }

    /** Tells whether these bytes were meant to be a footer, damaged or not. */
    static boolean resembles(byte[] bytes) {
        ByteBuffer in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        return (in.getInt() & KINDS) == SKIPPED && in.getInt() == LENGTH - HEADER;
    }
}
