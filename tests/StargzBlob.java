package pps;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.zip.DataFormatException;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import java.util.zip.Inflater;

//DEPS com.google.code.gson:gson:2.13.2

/**
 * A checker written from the text of the eStargz specification, without the code under test: it finds members by unpacking one after the
 * other, tar entries by their headers, and compares both with the table of contents.
 */
record StargzBlob(byte[] bytes, long indexOffset, JsonObject index) {
    private static final int FOOTER = 51;
    private static final int BLOCK = 512;

    /** A tar entry: where its header and its content begin in the unpacked stream. */
    private record Entry(String name, char type, long headerAt, long contentAt, long size, int mode, long uid, long gid, String link) {
    }

    static StargzBlob of(byte[] bytes) {
        byte[] footer = Arrays.copyOfRange(bytes, bytes.length - FOOTER, bytes.length);
        // 10 bytes of header with the flag FEXTRA, 2 of XLEN (26), SI1 SI2, 2 of LEN (22), 16 digits + STARGZ, 5 of an empty block, 8 zeros
        assertEquals("1f8b0804", HexFormat.of().formatHex(footer, 0, 4));
        assertEquals("1a00" + "5347" + "1600", HexFormat.of().formatHex(footer, 10, 16));
        assertEquals("STARGZ", new String(footer, 32, 6, StandardCharsets.US_ASCII));
        assertEquals("010000ffff" + "0000000000000000", HexFormat.of().formatHex(footer, 38, FOOTER));
        long offset = Long.parseLong(new String(footer, 16, 16, StandardCharsets.US_ASCII), 16);
        try (GZIPInputStream in = new GZIPInputStream(new ByteArrayInputStream(bytes, (int) offset, (int) (bytes.length - offset)))) {
            byte[] tar = in.readAllBytes();
            List<Entry> entries = entries(tar);
            assertEquals(1, entries.size(), "the index is the last entry");
            assertEquals("stargz.index.json", entries.get(0).name());
            String json = new String(tar, (int) entries.get(0).contentAt(), (int) entries.get(0).size(), StandardCharsets.UTF_8);
            return new StargzBlob(bytes, offset, JsonParser.parseString(json).getAsJsonObject());
        } catch (IOException e) {
            throw new AssertionError("no gzip member at the offset in the footer", e);
        }
    }

    /** Returns the archive with another index in place of its own, in a whole member, and a footer that points to an offset. */
    byte[] withIndex(String json, long offset) {
        byte[] text = json.getBytes(StandardCharsets.UTF_8);
        byte[] tar = new byte[BLOCK + (text.length + BLOCK - 1) / BLOCK * BLOCK + 2 * BLOCK];
        try (GZIPInputStream in = new GZIPInputStream(new ByteArrayInputStream(bytes, (int) indexOffset, (int) (bytes.length - indexOffset)))) {
            in.readNBytes(tar, 0, BLOCK);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        System.arraycopy(String.format("%011o", text.length).getBytes(StandardCharsets.US_ASCII), 0, tar, 124, 11);
        Arrays.fill(tar, 148, 156, (byte) ' ');
        int sum = 0;
        for (int i = 0; i < BLOCK; i++) {
            sum += tar[i] & 0xff;
        }
        System.arraycopy(String.format("%06o\0 ", sum).getBytes(StandardCharsets.US_ASCII), 0, tar, 148, 8);
        System.arraycopy(text, 0, tar, BLOCK, text.length);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(bytes, 0, (int) indexOffset);
        try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
            gzip.write(tar);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        byte[] blob = Arrays.copyOf(out.toByteArray(), out.size() + FOOTER);
        // Java before 16 says that the system is FAT; ours, like Go's, that it is unknown.
        blob[(int) indexOffset + 9] = bytes[9];
        System.arraycopy(bytes, bytes.length - FOOTER, blob, out.size(), FOOTER);
        System.arraycopy(String.format("%016x", offset).getBytes(StandardCharsets.US_ASCII), 0, blob, out.size() + 16, 16);
        return blob;
    }

    void assertValid() {
        List<Long> starts = new ArrayList<>();
        List<Long> unpackedStarts = new ArrayList<>();
        byte[] tar = unpack(starts, unpackedStarts);
        assertTrue(starts.contains(0L) && starts.contains(indexOffset) && starts.contains((long) bytes.length - FOOTER));
        assertEquals(1, index.get("version").getAsInt());
        List<Entry> entries = entries(tar);
        int at = 0;
        Entry current = null;
        long expected = 0;
        MessageDigest whole = null;
        JsonObject file = null;
        for (JsonElement element : index.getAsJsonArray("entries")) {
            JsonObject entry = element.getAsJsonObject();
            String type = entry.get("type").getAsString();
            assertTrue(entry.has("mode") && entry.has("uid") && entry.has("gid"), () -> "required properties: " + entry);
            if (!type.equals("chunk")) {
                assertWhole(file, current, expected, whole);
                current = entries.get(at++);
                file = entry;
                expected = 0;
                whole = sha256();
                assertSame(current, entry, type);
            } else {
                assertTrue(entry.has("offset") && entry.has("chunkOffset") && entry.has("chunkSize"), () -> "a chunk has these: " + entry);
            }
            assertEquals(current.name(), entry.get("name").getAsString());
            if (type.equals("chunk") || type.equals("reg") && current.size() > 0) {
                long chunkOffset = number(entry, "chunkOffset");
                assertEquals(expected, chunkOffset, entry::toString);
                long size = number(entry, "chunkSize") == 0 ? current.size() - chunkOffset : number(entry, "chunkSize");
                int member = starts.indexOf(entry.get("offset").getAsLong());
                assertTrue(member > 0, () -> "a gzip header lies at the offset, and not at the top of the blob: " + entry);
                long lies = unpackedStarts.get(member) + number(entry, "innerOffset");
                assertEquals(current.contentAt() + chunkOffset, lies, entry::toString);
                MessageDigest chunk = sha256();
                chunk.update(tar, (int) lies, (int) size);
                whole.update(tar, (int) lies, (int) size);
                assertEquals("sha256:" + HexFormat.of().formatHex(chunk.digest()), entry.get("chunkDigest").getAsString());
                expected += size;
            }
        }
        assertWhole(file, current, expected, whole);
        assertEquals(entries.size() - 1, at, "all entries but the index itself are in the index");
        assertEquals("stargz.index.json", entries.get(at).name());
        assertEquals(unpackedStarts.get(starts.indexOf(indexOffset)), entries.get(at).headerAt(), "a member begins at the header of the index");
        Entry landmark = entries.stream().filter(entry -> entry.name().equals(".no.prefetch.landmark")).findFirst().orElseThrow();
        assertArrayEquals(new byte[] {0xf}, Arrays.copyOfRange(tar, (int) landmark.contentAt(), (int) (landmark.contentAt() + landmark.size())));
    }

    private static void assertSame(Entry tar, JsonObject entry, String type) {
        assertEquals(switch (tar.type()) {
            case '5' -> "dir";
            case '2' -> "symlink";
            default -> "reg";
        }, type);
        assertEquals(tar.size(), number(entry, "size"));
        assertEquals(tar.mode(), entry.get("mode").getAsInt());
        assertEquals(tar.uid(), entry.get("uid").getAsLong());
        assertEquals(tar.gid(), entry.get("gid").getAsLong());
        assertTrue(!type.equals("symlink") || entry.get("linkName").getAsString().equals(tar.link()));
        assertTrue(entry.get("modtime").getAsString().endsWith("Z"));
        Instant.parse(entry.get("modtime").getAsString());
    }

    private static void assertWhole(JsonObject file, Entry tar, long covered, MessageDigest whole) {
        if (file != null && file.get("type").getAsString().equals("reg")) {
            assertEquals(tar.size(), covered, "chunks cover the file");
            assertEquals("sha256:" + HexFormat.of().formatHex(whole.digest()), file.get("digest").getAsString());
        }
    }

    private static long number(JsonObject entry, String key) {
        return entry.has(key) ? entry.get(key).getAsLong() : 0;
    }

    /** Unpacks member by member, and notes where each begins in the blob and in the unpacked stream. */
    private byte[] unpack(List<Long> starts, List<Long> unpackedStarts) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        byte[] buffer = new byte[1 << 16];
        for (int at = 0; at < bytes.length; ) {
            assertEquals("1f8b08", HexFormat.of().formatHex(bytes, at, at + 3));
            starts.add((long) at);
            unpackedStarts.add((long) out.size());
            int header = bytes[at + 3] == 4 ? 12 + (bytes[at + 10] & 0xff) : 10;
            Inflater inflater = new Inflater(true);
            inflater.setInput(bytes, at + header, bytes.length - at - header);
            try {
                while (!inflater.finished()) {
                    out.write(buffer, 0, inflater.inflate(buffer));
                }
            } catch (DataFormatException e) {
                throw new AssertionError(e);
            }
            at += header + (int) inflater.getBytesRead() + 8;
            inflater.end();
        }
        return out.toByteArray();
    }

    private static List<Entry> entries(byte[] tar) {
        List<Entry> entries = new ArrayList<>();
        String longName = null;
        String longLink = null;
        long bigSize = -1;
        for (int at = 0; tar[at] != 0; ) {
            char type = (char) tar[at + 156];
            long size = bigSize >= 0 ? bigSize : octal(tar, at + 124, 12);
            if (type == 'x') {
                for (String record : new String(tar, at + BLOCK, (int) size, StandardCharsets.UTF_8).split("\n")) {
                    String value = record.substring(record.indexOf('=') + 1);
                    longName = record.contains(" path=") ? value : longName;
                    longLink = record.contains(" linkpath=") ? value : longLink;
                    bigSize = record.contains(" size=") ? Long.parseLong(value) : bigSize;
                }
            } else {
                entries.add(new Entry(longName == null ? text(tar, at, 100) : longName, type, at, at + BLOCK, size,
                    (int) octal(tar, at + 100, 8), octal(tar, at + 108, 8), octal(tar, at + 116, 8), longLink == null ? text(tar, at + 157, 100) : longLink));
                longName = null;
                longLink = null;
                bigSize = -1;
            }
            at += BLOCK + (int) ((size + BLOCK - 1) / BLOCK * BLOCK);
        }
        return entries;
    }

    private static String text(byte[] bytes, int at, int length) {
        String text = new String(bytes, at, length, StandardCharsets.UTF_8);
        return text.contains("\0") ? text.substring(0, text.indexOf('\0')) : text;
    }

    private static long octal(byte[] bytes, int at, int length) {
        String digits = text(bytes, at, length).strip();
        return digits.isEmpty() ? 0 : Long.parseLong(digits, 8);
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
