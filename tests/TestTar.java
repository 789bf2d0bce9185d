package pps;

import java.io.BufferedOutputStream;
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
 * Writes archives for tests, byte by byte from the format's own document and with no code of the toolkit, as GNU tar or Python's tarfile
 * would: GNU's long names and whole seconds, or pax headers with fractions of a second.
 */
final class TestTar {
    /** Whose archives these look like. */
    enum Style {
        GNU, PYTHON
    }

    private static final int BLOCK = 512;

    private final Style style;
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private int mode = 0644;
    private int uid;
    private int gid;
    private String modified = "1770036000.25";

    TestTar(Style style) {
        this.style = style;
    }

    /** Sets mode and owner of the entries that follow. */
    TestTar as(int newMode, int newUid, int newGid) {
        mode = newMode;
        uid = newUid;
        gid = newGid;
        return this;
    }

    /** Sets the modification time of the entries that follow, in seconds since 1970 with a fraction. */
    TestTar modified(String seconds) {
        modified = seconds;
        return this;
    }

    TestTar file(String name, byte[] content) {
        return entry('0', name, "", content, mode);
    }

    TestTar file(String name, String content) {
        return file(name, content.getBytes(StandardCharsets.UTF_8));
    }

    TestTar directory(String name, int directoryMode) {
        return entry('5', name + "/", "", new byte[0], directoryMode);
    }

    TestTar symlink(String name, String target) {
        return entry('2', name, target, new byte[0], 0777);
    }

    /** Adds the file with its own mode, owner and time. */
    TestTar copy(String name, Path file) {
        try {
            var facts = Files.readAttributes(file, "unix:mode,uid,gid,lastModifiedTime");
            var time = ((java.nio.file.attribute.FileTime) facts.get("lastModifiedTime")).toInstant();
            return as((Integer) facts.get("mode") & 0777, (Integer) facts.get("uid"), (Integer) facts.get("gid"))
                .modified(time.getEpochSecond() + String.format(".%09d", time.getNano())).file(name, Files.readAllBytes(file));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Ends the archive and compresses it into a file. */
    Path gzip(Path target) {
        try (OutputStream file = new GZIPOutputStream(new BufferedOutputStream(Files.newOutputStream(target)))) {
            out.writeTo(file);
            // Two empty blocks end an archive, and the whole is filled up to 20 blocks.
            file.write(new byte[(2 * BLOCK + 20 * BLOCK - (out.size() + 2 * BLOCK) % (20 * BLOCK))]);
            return target;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private TestTar entry(char type, String name, String link, byte[] content, int entryMode) {
        byte[] encoded = name.getBytes(StandardCharsets.UTF_8);
        if (style == Style.PYTHON) {
            String pax = record("mtime", modified) + (encoded.length > 100 || encoded.length != name.length() ? record("path", name) : "");
            byte[] bytes = pax.getBytes(StandardCharsets.UTF_8);
            block('x', "././@PaxHeader".getBytes(StandardCharsets.UTF_8), "", bytes.length, 0, "0");
            content(bytes);
        } else if (encoded.length > 100) {
            block('L', "././@LongLink".getBytes(StandardCharsets.UTF_8), "", encoded.length + 1, 0, "0");
            content(Arrays.copyOf(encoded, encoded.length + 1));
        }
        block(type, encoded, link, content.length, entryMode, modified);
        content(content);
        return this;
    }

    private void block(char type, byte[] name, String link, int size, int blockMode, String time) {
        byte[] header = new byte[BLOCK];
        System.arraycopy(name, 0, header, 0, Math.min(name.length, 100));
        octal(header, 100, 7, blockMode);
        octal(header, 108, 7, uid);
        octal(header, 116, 7, gid);
        octal(header, 124, 11, size);
        octal(header, 136, 11, Long.parseLong(time.replaceAll("\\..*", "")));
        header[156] = (byte) type;
        put(header, 157, link);
        put(header, 257, style == Style.GNU ? "ustar  \0" : "ustar\00000");
        Arrays.fill(header, 148, 156, (byte) ' ');
        int sum = 0;
        for (byte b : header) {
            sum += b & 0xff;
        }
        octal(header, 148, 6, sum);
        header[154] = 0;
        out.writeBytes(header);
    }

    private void content(byte[] bytes) {
        out.writeBytes(bytes);
        out.writeBytes(new byte[(BLOCK - bytes.length % BLOCK) % BLOCK]);
    }

    /** A pax record begins with its own length, in which that number's digits count too. */
    private static String record(String key, String value) {
        String rest = " " + key + "=" + value + "\n";
        int length = rest.getBytes(StandardCharsets.UTF_8).length;
        int total = length + String.valueOf(length).length();
        total = length + String.valueOf(total).length();
        return total + rest;
    }

    private static void octal(byte[] header, int at, int digits, long value) {
        put(header, at, String.format("%0" + digits + "o", value));
    }

    private static void put(byte[] header, int at, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        System.arraycopy(bytes, 0, header, at, bytes.length);
    }
}
