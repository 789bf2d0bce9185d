package pps;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;

/**
 * The last 51 bytes of an indexed {@code .tar.gz}: an empty gzip member, by the eStargz specification, whose extra field tells where in
 * the file the member with the index begins.
 */
final class StargzFooter {
    /** Its length in bytes. */
    static final int LENGTH = 51;
    private static final int DIGITS = 16;
    private static final int OFFSET = 16;
    private static final byte[] HEAD = {0x1f, (byte) 0x8b, 8, 4, 0, 0, 0, 0, 0, (byte) 0xff, 26, 0, 'S', 'G', 22, 0};
    private static final byte[] TAIL = {'S', 'T', 'A', 'R', 'G', 'Z', 1, 0, 0, (byte) 0xff, (byte) 0xff, 0, 0, 0, 0, 0, 0, 0, 0};

    private StargzFooter() {
    }

    /** Returns the footer for an index at this offset. */
    static byte[] of(long indexOffset) {
        byte[] footer = Arrays.copyOf(HEAD, LENGTH);
        byte[] digits = HexFormat.of().toHexDigits(indexOffset).getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(digits, 0, footer, OFFSET, DIGITS);
        System.arraycopy(TAIL, 0, footer, OFFSET + DIGITS, TAIL.length);
        return footer;
    }

    /** Returns the offset of the index, or -1 when these bytes are no footer to the last bit. */
    static long indexOffset(byte[] bytes) {
        String digits = new String(bytes, OFFSET, DIGITS, StandardCharsets.US_ASCII);
        if (!digits.matches("[0-7][0-9a-f]{15}")) {
            return -1;
        }
        long offset = HexFormat.fromHexDigitsToLong(digits);
        return Arrays.equals(bytes, of(offset)) ? offset : -1;
    }
}
