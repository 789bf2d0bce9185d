package pps;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

//SOURCES ../lib/ArchiveReader.java
//SOURCES ../lib/ArchiveWriter.java
//SOURCES Scripts.java
//SOURCES StargzTree.java
//SOURCES TestProject.java
//SOURCES Tree.java

/** Archives in Zstandard frames. */
class ZstdTest {
    @TempDir
    private Path temporary;
    private StargzTree tree;
    private Path archive;

    @BeforeEach
    void prepare() {
        tree = new StargzTree(temporary.resolve("tree"));
        archive = temporary.resolve("pps_backup_20260101_000000.tar.zst");
    }

    @Test
    @DisplayName("a .tar.zst is the same each time, and tar extracts the same files from it without a word")
    void tar() throws IOException {
        tree.awkward();
        tree.write(archive);
        Path again = temporary.resolve("again.tar.zst");
        tree.write(again);
        assertEquals(-1, Files.mismatch(archive, again));
        Path out = Files.createDirectory(temporary.resolve("out"));
        Scripts.Result result = Scripts.with().runCommand(List.of("bsdtar", "-C", out.toString(), "-xpf", archive.toString()));
        assertEquals(0, result.exitCode(), result::toString);
        assertEquals("", result.stderr());
        tree.asPacked().assertSame(Tree.of(out).only(path -> path.contains("/") || path.matches("[a-z0-9]+")), result);
    }

    @Test
    @DisplayName("the end of a .tar.zst is as zstd:chunked has it: a skipped frame with the index, and one that points to it")
    void layout() throws IOException {
        tree.awkward();
        tree.write(archive);
        byte[] bytes = Files.readAllBytes(archive);
        java.nio.ByteBuffer in = java.nio.ByteBuffer.wrap(bytes).order(java.nio.ByteOrder.LITTLE_ENDIAN);
        in.position(bytes.length - 48);
        assertEquals(0x184D2A50, in.getInt());
        assertEquals(40, in.getInt());
        int offset = (int) in.getLong();
        int packed = (int) in.getLong();
        int unpacked = (int) in.getLong();
        assertEquals(1, in.getLong());
        byte[] magic = new byte[8];
        in.get(magic);
        assertEquals("GNUlInUx", new String(magic));
        assertEquals(bytes.length - 48, offset + packed);
        assertEquals(0x184D2A50, in.getInt(offset - 8));
        assertEquals(packed, in.getInt(offset - 4));
        byte[] json = com.github.luben.zstd.Zstd.decompress(Arrays.copyOfRange(bytes, offset, offset + packed), unpacked);
        assertEquals(unpacked, json.length);
        assertTrue(new String(json).startsWith("{\"version\":1,\"entries\":["));
    }

    @Test
    @DisplayName("what is read from a .tar.zst is what was there, for everything and for one source alone")
    void read() throws IOException {
        tree.awkward();
        tree.write(archive);
        Map<String, String> all = tree.contents();
        assertEquals(all, StargzTree.read(archive, source -> true, true));
        for (String source : List.of("crystals", "neo4j", "sqlite")) {
            Map<String, String> only = StargzTree.read(archive, source::equals, false);
            all.forEach((name, content) -> assertEquals(name.startsWith(source + "/") ? content : null, only.get(name), name));
        }
        assertEquals(ArchiveReader.read(archive, ArchiveReader.CHECK_ONLY, Listener.SILENT).totals(),
            ArchiveReader.look(archive, Listener.SILENT).totals());
    }

    @Test
    @DisplayName("a .tar.zst of another tool, without an index, is read as well")
    void plain() throws IOException {
        tree.awkward();
        Scripts.Result made = Scripts.with().runCommand(List.of("bsdtar", "-C", temporary.resolve("tree").toString(), "--no-read-sparse", "--zstd", "-cf",
            archive.toString(), "crystals", "neo4j", "sqlite"));
        assertEquals(0, made.exitCode(), made::toString);
        Map<String, String> expected = tree.contents();
        Map<String, String> got = StargzTree.read(archive, source -> true, true);
        assertEquals(expected.get("neo4j/store.db"), got.get("neo4j/store.db"));
        assertEquals(expected.size(), got.size());
    }

    @Test
    @DisplayName("a .tar.zst with a flipped bit is refused, or gives the same contents; one that is cut off is refused")
    void damage() throws IOException {
        tree.file("crystals/one.md", "one\n".getBytes());
        tree.file("sqlite/a.db", new byte[0]);
        tree.write(archive);
        Map<String, String> contents = StargzTree.read(archive, source -> true, true);
        byte[] good = Files.readAllBytes(archive);
        int unnoticed = 0;
        Path bad = temporary.resolve("bad.tar.zst");
        for (int i = 0; i < good.length; i++) {
            byte[] flipped = good.clone();
            flipped[i] ^= (byte) (1 << i % 8);
            if (!StargzTree.isRefused(bad, flipped)) {
                assertEquals(contents, StargzTree.read(bad, source -> true, true), "flipped " + i);
                unnoticed++;
            }
            if (i % 5 == 0 || i > good.length - 60) {
                assertTrue(StargzTree.isRefused(bad, Arrays.copyOf(good, i)), "cut after " + i + " of " + good.length);
            }
        }
        assertTrue(unnoticed < good.length / 50, unnoticed + " of " + good.length);
    }

    @Test
    @DisplayName("damage in one source of a .tar.zst does not keep another from being read alone")
    void elsewhere() throws IOException {
        tree.random("neo4j/store.db", 3 << 20);
        tree.file("crystals/one.md", "one\n".getBytes());
        tree.write(archive);
        byte[] bytes = Files.readAllBytes(archive);
        bytes[bytes.length / 2] ^= 1;
        assertTrue(StargzTree.isRefused(archive, bytes));
        assertThrows(Failure.class, () -> StargzTree.read(archive, "neo4j"::equals, false));
        assertEquals(tree.contents().get("crystals/one.md"), StargzTree.read(archive, "crystals"::equals, false).get("crystals/one.md"));
    }

    @Test
    @DisplayName("backup_pps --compression zstd makes a backup that is listed, valid and restored like any other")
    void scripts() throws IOException {
        TestProject project = TestProject.create(temporary);
        try (var old = Files.list(project.backups)) {
            for (Path file : old.toList()) {
                Files.delete(file);
            }
        }
        Scripts.Result backup = Scripts.run("backup_pps", project.arguments("--compression", "zstd"));
        assertEquals(0, backup.exitCode(), backup::toString);
        Path made = BackupDirectory.of(project.backups).latest().file();
        assertTrue(made.toString().endsWith(".tar.zst"), made::toString);
        Scripts.Result valid = Scripts.run("validate_backup", "--backup-dir", project.backups.toString(), "--project-root", project.root.toString());
        assertEquals(0, valid.exitCode(), valid::toString);
        Path crystals = project.root.resolve("entities/lyra/crystals");
        Tree before = Tree.of(crystals).files().only(path -> path.endsWith(".md"));
        before.entries().keySet().forEach(file -> project.delete("entities/lyra/crystals/" + file));
        project.restored("--latest", "--only", "crystals");
        before.assertSame(Tree.of(crystals).files().only(path -> path.endsWith(".md")), made);
    }
}
