package pps;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.GZIPOutputStream;

/**
 * Writes tar archives block by block, right or wrong: every field of a header can hold any bytes, so that the tests can express what no
 * honest tool would write. It uses no code of the toolkit and no library.
 */
final class RawTar {
    static final int BLOCK = 512;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    /** One header of 512 bytes; the checksum is right unless {@link #checksum} says otherwise. */
    static final class Header {
        private final byte[] bytes = new byte[BLOCK];
        private Long checksum;

        Header(char type, String name, long size) {
            name(name.getBytes(StandardCharsets.UTF_8));
            octal(100, 8, 0644);
            octal(108, 8, 0);
            octal(116, 8, 0);
            octal(124, 12, size);
            octal(136, 12, 1770036000L);
            bytes[156] = (byte) type;
            put(257, "ustar\00000".getBytes(StandardCharsets.US_ASCII));
        }

        Header name(byte[] name) {
            Arrays.fill(bytes, 0, 100, (byte) 0);
            return put(0, Arrays.copyOf(name, Math.min(100, name.length)));
        }

        Header link(String target) {
            byte[] encoded = target.getBytes(StandardCharsets.UTF_8);
            return put(157, Arrays.copyOf(encoded, Math.min(100, encoded.length)));
        }

        Header mode(int mode) {
            return octal(100, 8, mode);
        }

        Header prefix(String prefix) {
            return put(345, prefix.getBytes(StandardCharsets.UTF_8));
        }

        /** Makes it a header of GNU tar. */
        Header gnu() {
            return put(257, "ustar  \0".getBytes(StandardCharsets.US_ASCII));
        }

        Header octal(int at, int width, long value) {
            String digits = Long.toOctalString(value);
            return put(at, utf8("0".repeat(width - 1 - digits.length()) + digits + "\0"));
        }

        /** Writes a number as GNU tar does when it has no octal form: binary, the first bit set; negative ones too. */
        Header binary(int at, int width, long value) {
            for (int i = 0; i < width; i++) {
                int shift = 8 * (width - 1 - i);
                bytes[at + i] = (byte) (shift < 64 ? value >> shift : value < 0 ? -1 : 0);
            }
            bytes[at] |= (byte) 0x80;
            return this;
        }

        Header put(int at, byte[] raw) {
            System.arraycopy(raw, 0, bytes, at, raw.length);
            return this;
        }

        Header checksum(long wrong) {
            checksum = wrong;
            return this;
        }

        byte[] bytes() {
            byte[] block = bytes.clone();
            Arrays.fill(block, 148, 156, (byte) ' ');
            long sum = 0;
            for (byte b : block) {
                sum += b & 0xff;
            }
            String digits = Long.toOctalString(checksum == null ? sum : checksum);
            System.arraycopy(utf8("0".repeat(6 - digits.length()) + digits + "\0 "), 0, block, 148, 8);
            return block;
        }
    }

    static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    RawTar raw(byte[] bytes) {
        out.writeBytes(bytes);
        return this;
    }

    RawTar header(Header header) {
        return raw(header.bytes());
    }

    /** Writes a header and its content, filled up to whole blocks. */
    RawTar entry(Header header, byte[] content) {
        header(header).raw(content);
        return raw(new byte[(BLOCK - content.length % BLOCK) % BLOCK]);
    }

    RawTar file(String name, byte[] content) {
        if (utf8(name).length > 100) {
            longName('L', utf8(name + "\0"));
        }
        return entry(new Header('0', name, content.length), content);
    }

    RawTar file(String name, String content) {
        return file(name, utf8(content));
    }

    /** Writes a file whose name is any bytes at all. */
    RawTar file(byte[] name, String content) {
        return entry(new Header('0', "", content.length()).name(name), utf8(content));
    }

    RawTar directory(String name) {
        return header(new Header('5', name, 0).mode(0755));
    }

    RawTar symlink(String name, String target) {
        return header(new Header('2', name, 0).link(target).mode(0777));
    }

    RawTar hardLink(String name, String target) {
        return header(new Header('1', name, 0).link(target));
    }

    RawTar type(char type, String name) {
        return header(new Header(type, name, 0));
    }

    /** Writes a GNU long name (L) or long link target (K) for the entry that follows. */
    RawTar longName(char kind, byte[] name) {
        return entry(new Header(kind, "././@LongLink", name.length).gnu(), name);
    }

    /** Writes pax records for the entry that follows. */
    RawTar pax(String... keysAndValues) {
        return paxBytes('x', paxRecords(keysAndValues));
    }

    RawTar paxBytes(char kind, byte[] records) {
        return entry(new Header(kind, "././@PaxHeader", records.length), records);
    }

    /** A pax record begins with its own length, in which that number's digits count too. */
    static byte[] paxRecords(String... keysAndValues) {
        ByteArrayOutputStream records = new ByteArrayOutputStream();
        for (int i = 0; i < keysAndValues.length; i += 2) {
            byte[] rest = utf8(" " + keysAndValues[i] + "=" + keysAndValues[i + 1] + "\n");
            int total = rest.length + String.valueOf(rest.length).length();
            total = rest.length + String.valueOf(total).length();
            records.writeBytes(utf8(String.valueOf(total)));
            records.writeBytes(rest);
        }
        return records.toByteArray();
    }

    RawTar end() {
        return raw(new byte[2 * BLOCK]);
    }

    byte[] bytes() {
        return out.toByteArray();
    }

    /** Returns these bytes as one gzip member. */
    static byte[] gzip(byte[]... parts) {
        ByteArrayOutputStream compressed = new ByteArrayOutputStream();
        try (OutputStream gzip = new GZIPOutputStream(compressed, 1 << 16)) {
            for (byte[] part : parts) {
                gzip.write(part);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return compressed.toByteArray();
    }

    /** Writes what was collected as a compressed archive. */
    void gzipTo(Path file) throws IOException {
        Files.write(file, gzip(bytes()));
    }
}
