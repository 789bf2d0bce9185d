package pps;

//DEPS com.google.code.gson:gson:2.13.2
//SOURCES IndexEntry.java
//SOURCES Reason.java

import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import java.io.FilterReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Reads the JSON text of an archive's index, entry by entry. The text is a stranger's word: what contradicts itself is refused here,
 * what contradicts the archive is found when the archive is read. Memory is taken for what is returned and no more.
 */
final class IndexParser {
    private static final int MOST_CHUNKS = 8_000_000;
    /** The longest text of one value, in characters; names have 4,096 bytes at most. */
    private static final int LONGEST_VALUE = 1 << 20;
    private static final Pattern SHA256 = Pattern.compile("sha256:[0-9a-f]{64}");

    private final int mostEntries;
    private final List<IndexEntry> entries = new ArrayList<>();
    private int chunks;

    /** What one object of the index says; numbers it does not mention are zero. */
    private static final class Fields {
        private String name;
        private String type;
        private String modified;
        private String linkName;
        private String digest;
        private String chunkDigest;
        private long size;
        private long mode;
        private long uid;
        private long gid;
        private long offset;
        private long innerOffset;
        private long chunkOffset;
        private long chunkSize;
    }

    private IndexParser(int mostEntries) {
        this.mostEntries = mostEntries;
    }

    /** Returns the entries of an index in its order. Throws {@link IOException} when the text is damaged or contradicts itself. */
    static List<IndexEntry> parse(InputStream text, int mostEntries) throws IOException {
        IndexParser parser = new IndexParser(mostEntries);
        try {
            parser.parse(new Measured(new InputStreamReader(text, StandardCharsets.UTF_8)));
        } catch (IllegalStateException | NumberFormatException | DateTimeParseException e) {
            throw new IOException("its index is damaged: " + Reason.plain("" + e.getMessage()), e);
        }
        return parser.entries;
    }

    private void parse(Measured text) throws IOException {
        JsonReader json = new JsonReader(text);
        long version = 0;
        boolean listed = false;
        json.beginObject();
        while (json.hasNext()) {
            String key = json.nextName();
            text.restart();
            if (key.equals("version")) {
                version = json.nextLong();
            } else if (key.equals("entries")) {
                if (listed) {
                    throw new IOException("its index lists its entries twice");
                }
                listed = true;
                list(json, text);
            } else {
                json.skipValue();
            }
        }
        json.endObject();
        if (version != 1 || !listed || json.peek() != JsonToken.END_DOCUMENT) {
            throw new IOException("its index is not one of version 1");
        }
    }

    private void list(JsonReader json, Measured text) throws IOException {
        List<IndexEntry.Chunk> pieces = new ArrayList<>();
        Fields file = null;
        json.beginArray();
        while (json.hasNext()) {
            Fields fields = fields(json, text);
            if (fields.name == null || fields.type == null) {
                throw new IOException("its index has an entry without a name or a type");
            }
            if (fields.type.equals("chunk")) {
                if (file == null || !file.type.equals("reg") || !file.name.equals(fields.name)) {
                    throw new IOException("its index has a chunk without its file");
                }
            } else {
                complete(file, pieces);
                file = fields;
                pieces = new ArrayList<>(1);
            }
            if (fields.type.equals("chunk") || fields.type.equals("reg") && fields.size > 0) {
                pieces.add(chunk(file, fields, pieces));
            }
        }
        json.endArray();
        complete(file, pieces);
    }

    private IndexEntry.Chunk chunk(Fields file, Fields fields, List<IndexEntry.Chunk> before) throws IOException {
        IndexEntry.Chunk last = before.isEmpty() ? null : before.get(before.size() - 1);
        long expected = last == null ? 0 : last.chunkOffset() + last.size();
        long left = file.size - expected;
        long size = fields.chunkSize == 0 ? left : fields.chunkSize;
        if (fields.chunkOffset != expected || size <= 0 || size > left || ++chunks > MOST_CHUNKS) {
            throw new IOException("its index cuts a file into pieces that do not fit");
        }
        return new IndexEntry.Chunk(fields.offset, fields.innerOffset, expected, size, sha256(fields.chunkDigest));
    }

    private void complete(Fields file, List<IndexEntry.Chunk> pieces) throws IOException {
        if (file == null) {
            return;
        }
        if (entries.size() >= mostEntries) {
            throw new IOException("its index has more than " + mostEntries + " entries");
        }
        long covered = pieces.isEmpty() ? 0 : pieces.get(pieces.size() - 1).chunkOffset() + pieces.get(pieces.size() - 1).size();
        if (file.size < 0 || covered != file.size && file.type.equals("reg")) {
            throw new IOException("its index does not cover a file");
        }
        String digest = sha256(file.digest);
        String only = pieces.size() == 1 ? pieces.get(0).digest() : null;
        if (digest != null && only != null && !digest.equals(only)) {
            throw new IOException("its index gives one content two digests");
        }
        entries.add(new IndexEntry(file.name, file.type, file.size, file.modified == null ? null : Instant.parse(file.modified),
            Math.toIntExact(file.mode & 07777), file.uid, file.gid, file.linkName, digest == null ? only : digest, List.copyOf(pieces)));
    }

    /** Returns the 64 digits, or null when there is no digest or one of another kind. */
    private static String sha256(String digest) {
        return digest == null || !SHA256.matcher(digest).matches() ? null : digest.substring("sha256:".length());
    }

    private static Fields fields(JsonReader json, Measured text) throws IOException {
        Fields fields = new Fields();
        json.beginObject();
        while (json.hasNext()) {
            String key = json.nextName();
            text.restart();
            switch (key) {
                case "name" -> fields.name = json.nextString();
                case "type" -> fields.type = json.nextString();
                case "modtime" -> fields.modified = json.nextString();
                case "linkName" -> fields.linkName = json.nextString();
                case "digest" -> fields.digest = json.nextString();
                case "chunkDigest" -> fields.chunkDigest = json.nextString();
                case "size" -> fields.size = json.nextLong();
                case "mode" -> fields.mode = json.nextLong();
                case "uid" -> fields.uid = json.nextLong();
                case "gid" -> fields.gid = json.nextLong();
                case "offset" -> fields.offset = json.nextLong();
                case "innerOffset" -> fields.innerOffset = json.nextLong();
                case "chunkOffset" -> fields.chunkOffset = json.nextLong();
                case "chunkSize" -> fields.chunkSize = json.nextLong();
                default -> json.skipValue();
            }
            text.restart();
        }
        json.endObject();
        return fields;
    }

    /** A text of which no single value may be longer than any honest one: the JSON reader would collect it in memory. */
    private static final class Measured extends FilterReader {
        private int sinceRestart;

        Measured(Reader in) {
            super(in);
        }

        void restart() {
            sinceRestart = 0;
        }

        @Override
        public int read(char[] into, int offset, int length) throws IOException {
            if (sinceRestart > LONGEST_VALUE) {
                throw new IOException("its index has a value that is longer than any honest one");
            }
            int n = super.read(into, offset, length);
            sinceRestart += Math.max(n, 0);
            return n;
        }
    }
}
