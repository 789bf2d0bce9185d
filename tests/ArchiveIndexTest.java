package pps;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

//DEPS com.google.code.gson:gson:2.13.2
//SOURCES ../lib/ArchiveReader.java
//SOURCES StargzBlob.java
//SOURCES StargzTree.java

/** Archives that are whole, with an index that says something else. */
class ArchiveIndexTest {
    private static final String ZEROS = "sha256:" + "0".repeat(64);

    @TempDir
    private Path temporary;
    private StargzTree tree;
    private Path lying;
    private StargzBlob blob;
    private Map<String, String> contents;

    @BeforeEach
    void write() throws IOException {
        tree = new StargzTree(temporary.resolve("tree"));
        tree.file("crystals/a.md", "aaaa".getBytes());
        tree.file("crystals/b.md", "bbbb".getBytes());
        tree.file("crystals/empty.md", new byte[0]);
        tree.random("neo4j/store.db", (2 << 20) + 1000);
        tree.file("sqlite/lyra.db", "data".getBytes());
        Files.createSymbolicLink(temporary.resolve("tree/neo4j/zlink"), Path.of("store.db"));
        Path archive = temporary.resolve("honest.tar.gz");
        tree.write(archive);
        blob = StargzBlob.of(Files.readAllBytes(archive));
        contents = tree.contents();
        lying = temporary.resolve("lying.tar.gz");
    }

    @Test
    @DisplayName("an index that was taken out and put back is believed, so that what follows is refused for its lies")
    void honest() throws IOException {
        Files.write(lying, blob.withIndex(blob.index().toString(), blob.indexOffset()));
        assertEquals(contents, StargzTree.read(lying, source -> true, true));
        assertEquals(contents.get("crystals/a.md"), StargzTree.read(lying, "crystals"::equals, false).get("crystals/a.md"));
    }

    @Test
    @DisplayName("an index that says anything else than the archive holds is refused, and never gives a wrong content")
    void lies() throws IOException {
        Map<String, Consumer<JsonArray>> lies = new LinkedHashMap<>();
        lies.put("another digest", all -> set(all, "crystals/b.md", 0, Map.of("digest", ZEROS, "chunkDigest", ZEROS)));
        lies.put("another digest of the whole file", all -> set(all, "neo4j/store.db", 0, Map.of("digest", ZEROS)));
        lies.put("another digest of a chunk", all -> set(all, "neo4j/store.db", 1, Map.of("chunkDigest", ZEROS)));
        lies.put("two digests of one content", all -> set(all, "crystals/b.md", 0, Map.of("digest", ZEROS)));
        lies.put("a digest of nothing", all -> set(all, "crystals/empty.md", 0, Map.of("digest", ZEROS)));
        lies.put("a smaller size", all -> set(all, "crystals/b.md", 0, Map.of("size", 3)));
        lies.put("a larger size", all -> set(all, "crystals/b.md", 0, Map.of("size", 600)));
        lies.put("a size beyond all numbers", all -> set(all, "crystals/b.md", 0, Map.of("size", Long.MAX_VALUE)));
        lies.put("a negative size", all -> set(all, "crystals/b.md", 0, Map.of("size", -4)));
        lies.put("contents exchanged", all -> exchange(all, "name"));
        lies.put("places exchanged", all -> exchange(all, "innerOffset"));
        lies.put("order exchanged", all -> all.add(all.remove(at(all, "crystals/b.md", 0))));
        lies.put("another mode", all -> set(all, "crystals/b.md", 0, Map.of("mode", 0777)));
        lies.put("another owner", all -> set(all, "crystals/b.md", 0, Map.of("uid", 7474)));
        lies.put("another time", all -> set(all, "crystals/b.md", 0, Map.of("modtime", "2001-01-01T00:00:00Z")));
        lies.put("no time at all", all -> set(all, "crystals/b.md", 0, Map.of("modtime", "yesterday")));
        lies.put("another kind", all -> set(all, "crystals/empty.md", 0, Map.of("type", "dir")));
        lies.put("a device", all -> set(all, "crystals/empty.md", 0, Map.of("type", "char")));
        lies.put("another target of a link", all -> set(all, "neo4j/zlink", 0, Map.of("linkName", "../../etc/passwd")));
        lies.put("an entry left out", all -> all.remove(at(all, "crystals/b.md", 0)));
        lies.put("an empty entry left out", all -> all.remove(at(all, "crystals/empty.md", 0)));
        lies.put("the last entry left out", all -> all.remove(all.size() - 1));
        lies.put("an entry invented", all -> all.add(set(all.get(at(all, "crystals/empty.md", 0)).deepCopy(), Map.of("name", "crystals/new.md"))));
        lies.put("an entry twice", all -> all.add(all.get(at(all, "crystals/empty.md", 0)).deepCopy()));
        lies.put("a name that leads out", all -> set(all, "crystals/b.md", 0, Map.of("name", "crystals/../../b.md")));
        lies.put("a chunk left out", all -> all.remove(at(all, "neo4j/store.db", 1)));
        lies.put("a chunk twice", all -> all.asList().add(at(all, "neo4j/store.db", 1), set(all, "neo4j/store.db", 1, Map.of())));
        lies.put("a chunk elsewhere in the file", all -> set(all, "neo4j/store.db", 1, Map.of("chunkOffset", 1 << 19)));
        lies.put("a chunk of another size", all -> set(all, "neo4j/store.db", 1, Map.of("chunkSize", 1 << 19)));
        lies.put("an enormous chunk", all -> set(all, "neo4j/store.db", 1, Map.of("chunkSize", Long.MAX_VALUE)));
        lies.put("a chunk within a member", all -> set(all, "neo4j/store.db", 1, Map.of("offset", number(all, "neo4j/store.db", 1) + 100)));
        lies.put("a chunk behind its place", all -> set(all, "neo4j/store.db", 0, Map.of("offset", number(all, "neo4j/store.db", 1))));
        lies.put("a chunk in the index itself", all -> set(all, "sqlite/lyra.db", 0, Map.of("offset", blob.indexOffset())));
        lies.put("a chunk beyond the archive", all -> set(all, "sqlite/lyra.db", 0, Map.of("offset", 1L << 40)));
        lies.put("a chunk before the archive", all -> set(all, "sqlite/lyra.db", 0, Map.of("offset", -1)));
        lies.put("a chunk deeper in its member", all -> set(all, "sqlite/lyra.db", 0, Map.of("innerOffset", 512)));
        lies.put("a chunk far behind its member", all -> set(all, "sqlite/lyra.db", 0, Map.of("innerOffset", 7 << 20)));
        lies.put("a chunk at the end of all numbers", all -> set(all, "sqlite/lyra.db", 0, Map.of("innerOffset", Long.MAX_VALUE)));
        for (Map.Entry<String, Consumer<JsonArray>> lie : lies.entrySet()) {
            JsonObject index = blob.index().deepCopy();
            lie.getValue().accept(index.getAsJsonArray("entries"));
            assertFalse(index.equals(blob.index()), lie.getKey());
            assertRefused(lie.getKey(), blob.withIndex(index.toString(), blob.indexOffset()));
        }
    }

    @Test
    @DisplayName("an index that is no index is refused, and takes no memory")
    void texts() throws IOException {
        String good = blob.index().toString();
        Map<String, String> texts = new LinkedHashMap<>();
        texts.put("nothing", "");
        texts.put("cut off", good.substring(0, good.length() / 2));
        texts.put("something behind it", good + "{}");
        texts.put("another version", good.replace("\"version\":1", "\"version\":2"));
        texts.put("a list", "[]");
        texts.put("no entries", "{\"version\":1}");
        texts.put("entries twice", good.substring(0, good.length() - 1) + ",\"entries\":[]}");
        texts.put("a number for a name", good.replace("\"name\":\"crystals/b.md\"", "\"name\":[]"));
        texts.put("deep", "[".repeat(100_000));
        texts.put("deep within", "{\"version\":1,\"more\":" + "[".repeat(100_000));
        texts.put("a name of 10 MB", good.replace("crystals/b.md", "b".repeat(10 << 20)));
        texts.put("a number of 10 MB", good.replace("\"version\":1", "\"version\":" + "1".repeat(10 << 20)));
        texts.put("not text", good.replace("crystals/b.md", "crystals/\\u0000b.md"));
        for (Map.Entry<String, String> text : texts.entrySet()) {
            assertRefused(text.getKey(), blob.withIndex(text.getValue(), blob.indexOffset()));
        }
    }

    @Test
    @DisplayName("a footer that points elsewhere, or is missing, is refused")
    void footers() throws IOException {
        List<Long> offsets = new ArrayList<>(List.of(0L, 1L, blob.indexOffset() - 1, blob.indexOffset() + 1, (long) blob.bytes().length - 51,
            (long) blob.bytes().length, Long.MAX_VALUE));
        blob.index().getAsJsonArray("entries").forEach(entry -> {
            if (entry.getAsJsonObject().has("offset")) {
                offsets.add(entry.getAsJsonObject().get("offset").getAsLong());
            }
        });
        for (long offset : offsets) {
            assertRefused("a footer to " + offset, blob.withIndex(blob.index().toString(), offset));
        }
        byte[] without = java.util.Arrays.copyOf(blob.bytes(), blob.bytes().length - 51);
        assertRefused("no footer", without);
        byte[] twice = java.util.Arrays.copyOf(blob.bytes(), blob.bytes().length + 51);
        System.arraycopy(blob.bytes(), without.length, twice, blob.bytes().length, 51);
        assertRefused("two footers", twice);
    }

    @Test
    @DisplayName("damage in one source is found when all is read, and does not keep another from being read alone")
    void elsewhere() throws IOException {
        byte[] bytes = blob.bytes().clone();
        bytes[(int) number(blob.index().getAsJsonArray("entries"), "neo4j/store.db", 1) + 5000] ^= 1;
        assertTrue(StargzTree.isRefused(lying, bytes));
        assertThrows(Failure.class, () -> StargzTree.read(lying, "neo4j"::equals, false));
        assertEquals(contents.get("crystals/b.md"), StargzTree.read(lying, "crystals"::equals, false).get("crystals/b.md"));
    }

    private void assertRefused(String lie, byte[] bytes) throws IOException {
        assertTrue(StargzTree.isRefused(lying, bytes), lie);
        for (String source : List.of("crystals", "neo4j", "sqlite")) {
            try {
                Map<String, String> got = new TreeMap<>(StargzTree.read(lying, source::equals, false));
                Map<String, String> right = new TreeMap<>(contents);
                right.keySet().removeIf(name -> !name.startsWith(source + "/"));
                assertEquals(right, got, lie + ", reading " + source);
            } catch (Failure e) {
                assertEquals(ExitCode.BAD_BACKUP, e.exitCode(), lie + ", reading " + source);
            }
        }
        try {
            ArchiveReader.look(lying, Listener.SILENT);
        } catch (Failure e) {
            assertEquals(ExitCode.BAD_BACKUP, e.exitCode(), lie + ", looking");
        }
    }

    private static int at(JsonArray all, String name, int chunk) {
        int seen = 0;
        for (int i = 0; i < all.size(); i++) {
            if (all.get(i).getAsJsonObject().get("name").getAsString().equals(name) && seen++ == chunk) {
                return i;
            }
        }
        throw new AssertionError("no chunk " + chunk + " of " + name);
    }

    private static long number(JsonArray all, String name, int chunk) {
        return all.get(at(all, name, chunk)).getAsJsonObject().get("offset").getAsLong();
    }

    private static JsonElement set(JsonArray all, String name, int chunk, Map<String, Object> values) {
        return set(all.get(at(all, name, chunk)), values);
    }

    private static JsonElement set(JsonElement entry, Map<String, Object> values) {
        values.forEach((key, value) -> {
            if (value instanceof Number number) {
                entry.getAsJsonObject().addProperty(key, number);
            } else {
                entry.getAsJsonObject().addProperty(key, (String) value);
            }
        });
        return entry;
    }

    private static void exchange(JsonArray all, String key) {
        JsonObject a = all.get(at(all, "crystals/a.md", 0)).getAsJsonObject();
        JsonObject b = all.get(at(all, "crystals/b.md", 0)).getAsJsonObject();
        JsonElement ofA = a.remove(key);
        a.add(key, b.remove(key));
        if (ofA != null) {
            b.add(key, ofA);
        }
    }
}
