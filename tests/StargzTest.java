package pps;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

//SOURCES ../lib/ArchiveReader.java
//SOURCES ../lib/ArchiveWriter.java
//SOURCES ../restore_pps.java
//SOURCES Points.java
//SOURCES Scripts.java
//SOURCES StargzBlob.java
//SOURCES StargzTree.java
//SOURCES TestListener.java
//SOURCES Tree.java

/** Archives as they are written: by the letter of the eStargz specification, and as other tools read them. */
class StargzTest {
    private static final Duration LONG = Duration.ofMinutes(10);

    @TempDir
    private Path temporary;
    private StargzTree tree;
    private Path archive;

    @BeforeEach
    void prepare() {
        tree = new StargzTree(temporary.resolve("tree"));
        archive = temporary.resolve("pps_backup_20260101_000000.tar.gz");
    }

    @Test
    @DisplayName("a written archive is an eStargz blob by the letter of the specification")
    void specification() throws IOException {
        tree.awkward();
        tree.write(archive);
        StargzBlob.of(Files.readAllBytes(archive)).assertValid();
    }

    @Test
    @DisplayName("the same files make the same archive, bit for bit")
    void deterministic() throws IOException {
        tree.awkward();
        tree.write(archive);
        Path again = temporary.resolve("again.tar.gz");
        tree.write(again);
        assertEquals(-1, Files.mismatch(archive, again));
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(strings = {"tar", "bsdtar", "python"})
    @DisplayName("other tools give back the same files, and have nothing to say about it:")
    void otherTools(String tool) throws IOException {
        tree.awkward();
        tree.write(archive);
        Path out = Files.createDirectory(temporary.resolve("out"));
        String code = "import sys,tarfile\nt=tarfile.open(sys.argv[1])\nt.extractall(sys.argv[2])\nprint(len(t.getnames()))";
        Scripts.Result result = Scripts.with().timeout(LONG).runCommand(switch (tool) {
            case "tar" -> List.of("tar", "-C", out.toString(), "-xpzf", archive.toString());
            case "bsdtar" -> List.of("bsdtar", "-C", out.toString(), "-xpf", archive.toString());
            default -> List.of("python3", "-W", "ignore::DeprecationWarning", "-c", code, archive.toString(), out.toString());
        });
        assertEquals(0, result.exitCode(), result::toString);
        assertEquals("", result.stderr());
        // Python sets the times of directories from rounded numbers, and of links not at all.
        Tree expected = tree.asPacked();
        Tree actual = Tree.of(out).only(path -> path.contains("/") || path.matches("[a-z0-9]+"));
        if (tool.equals("python")) {
            StargzTree.coarse(expected).assertSame(StargzTree.coarse(actual), tool);
        } else {
            expected.assertSame(actual, tool);
        }
    }

    @Test
    @DisplayName("gzip finds the archive whole, and tar lists the manifest first and the index last")
    void listed() throws IOException {
        tree.awkward();
        tree.write(archive);
        Scripts.Result gzip = Scripts.with().runCommand(List.of("gzip", "-t", archive.toString()));
        assertEquals(0, gzip.exitCode(), gzip::toString);
        assertEquals("", gzip.stderr());
        Scripts.Result tar = Scripts.with().runCommand(List.of("tar", "-tzf", archive.toString()));
        assertEquals("", tar.stderr());
        List<String> names = tar.stdout().lines().toList();
        assertEquals("pps_manifest.json", names.get(0));
        assertEquals("stargz.index.json", names.get(names.size() - 1));
    }

    @Test
    @DisplayName("what is read through the index is what tar extracts, for everything and for one source alone")
    void read() throws IOException {
        tree.awkward();
        tree.write(archive);
        Map<String, String> all = tree.contents();
        assertEquals(all, StargzTree.read(archive, source -> true, true));
        for (String source : List.of("crystals", "neo4j", "sqlite")) {
            Map<String, String> only = StargzTree.read(archive, source::equals, false);
            all.forEach((name, content) -> assertEquals(name.startsWith(source + "/") ? content : null, only.get(name), name));
        }
    }

    @Test
    @DisplayName("a restore brings back content, owners, modes, times, empty directories, links and holes, also from before 1970")
    void restored() throws IOException {
        tree.awkward();
        Tree unused = Tree.of(temporary.resolve("tree/sqlite"));
        for (String file : unused.files().entries().keySet()) {
            Files.delete(temporary.resolve("tree/sqlite").resolve(file));
        }
        Files.delete(temporary.resolve("tree/sqlite"));
        Path sparse = tree.file("neo4j/hole.db", new byte[0]);
        try (var channel = java.nio.channels.FileChannel.open(sparse, java.nio.file.StandardOpenOption.WRITE)) {
            channel.write(java.nio.ByteBuffer.wrap(new byte[] {1}), 64 << 20);
        }
        tree.file("neo4j/zeros.db", new byte[1 << 20]);
        tree.time("neo4j/zeros.db", Instant.parse("1965-04-03T02:01:00Z"));
        tree.time("neo4j/hole.db", Instant.parse("1899-12-31T23:59:59Z"));
        tree.write(archive);
        Path project = temporary.resolve("project");
        Files.createDirectories(project.resolve("entities/lyra/data"));
        Files.createDirectories(project.resolve("docker/pps"));
        Scripts.Result result = Scripts.with().timeout(LONG).runScript("restore_pps", "--backup", archive.toString(), "--project-root",
            project.toString(), "--no-containers", "--yes");
        assertEquals(0, result.exitCode(), result::toString);
        Path neo4j = project.resolve("docker/pps/neo4j_data");
        StargzTree.withoutLinkTimes(Tree.of(temporary.resolve("tree/neo4j"))).assertSame(StargzTree.withoutLinkTimes(Tree.of(neo4j)), result);
        Tree.of(temporary.resolve("tree/crystals")).files().assertSame(Tree.of(project.resolve("entities/lyra/crystals")).files(), result);
        Scripts.Result disk = Scripts.with().runCommand(List.of("du", "-k", neo4j.resolve("hole.db").toString()));
        assertTrue(Integer.parseInt(disk.stdout().split("\\s")[0]) < 1024, disk::toString);
    }

    @Test
    @DisplayName("a file that grows, shrinks or is rewritten while it is read is named, and no archive is left")
    void changing() throws IOException {
        Path file = tree.file("sqlite/changing.db", new byte[3 << 20]);
        ArchiveWriter.Item item = new ArchiveWriter.Item("sqlite", "changing.db", file);
        AtomicLong calls = new AtomicLong();
        for (String how : List.of("append", "truncate", "rewrite")) {
            calls.set(0);
            Files.write(file, new byte[3 << 20]);
            Failure failure = assertThrows(Failure.class, () -> ArchiveWriter.write(archive, tree.manifest(), List.of(item),
                TestListener.atSafePoints(() -> {
                    if (calls.incrementAndGet() == 3) {
                        StargzTree.change(file, how);
                    }
                })), how);
            assertInstanceOf(ArchiveWriter.Changed.class, failure.getCause(), how);
            assertEquals(item, ((ArchiveWriter.Changed) failure.getCause()).item());
            try (var left = Files.list(temporary)) {
                assertEquals(List.of("tree"), left.map(path -> path.getFileName().toString()).toList(), how);
            }
        }
    }

    @Test
    @DisplayName("20,000 small files, or 100,000 in the long run, are packed and read back in little memory")
    void manyFiles() throws IOException {
        int files = Points.isLong() ? 100_000 : 20_000;
        for (int i = 0; i < files; i++) {
            tree.file("crystals/" + i % 100 + "/crystal " + i + ".md", ("# crystal " + i + "\n").repeat(i % 40).getBytes());
        }
        tree.writeInProcess(archive, 200);
        assertEquals(files, ArchiveReader.read(archive, ArchiveReader.CHECK_ONLY, Listener.SILENT).totals().get("crystals").files());
    }

    @Test
    @DisplayName("a file of 100 MB, or 3 GB in the long run, is packed and read back in little memory, and one source is read without it")
    void bigFile() throws IOException {
        long size = Points.isLong() ? 3L << 30 : 100L << 20;
        tree.file("crystals/one.md", "one\n".getBytes());
        tree.random("neo4j/store.db", size);
        tree.file("sqlite/last.db", new byte[1 << 12]);
        tree.writeInProcess(archive, 200);
        assertTrue(Files.size(archive) > size);
        for (String source : List.of("crystals", "sqlite")) {
            long read = StargzTree.bytesRead(temporary, archive, source);
            assertTrue(read < (size == 100L << 20 ? 3 << 20 : size / 50), "read " + read + " bytes of " + Files.size(archive));
        }
    }

    @Test
    @DisplayName("50 archives are listed by reading less than 64 KiB and the index of each")
    void listing() throws IOException {
        tree.random("neo4j/store.db", 3 << 20);
        tree.file("crystals/one.md", "one\n".getBytes());
        tree.write(archive);
        Path backups = Files.createDirectory(temporary.resolve("backups"));
        for (int i = 10; i < 60; i++) {
            Files.copy(archive, backups.resolve("pps_backup_202601" + String.format("%02d", i % 30 + 1) + "_0000" + i + ".tar.gz"));
        }
        long index = Files.size(archive) - StargzBlob.of(Files.readAllBytes(archive)).indexOffset();
        long read = StargzTree.bytesRead(temporary, backups, null);
        assertTrue(read < 50 * ((64 << 10) + index), "read " + read + " bytes");
        assertFalse(read == 0);
    }

    @Test
    @DisplayName("an archive with a flipped bit is refused, unless the bit is one that no tool looks at; one that is cut off always")
    void damage() throws IOException {
        tree.file("crystals/one.md", "one\n".getBytes());
        tree.file("sqlite/a.db", new byte[0]);
        tree.write(archive);
        Map<String, String> contents = StargzTree.read(archive, source -> true, true);
        byte[] good = Files.readAllBytes(archive);
        int unnoticed = 0;
        for (int i = 0; i < good.length; i += 2) {
            byte[] bad = good.clone();
            bad[i] ^= (byte) (1 << i / 2 % 8);
            Path flipped = temporary.resolve("flipped.tar.gz");
            if (!StargzTree.isRefused(flipped, bad)) {
                // The last byte of a deflated member may have bits that mean nothing.
                assertEquals(contents, StargzTree.read(flipped, source -> true, true));
                unnoticed++;
            }
            if (i % 8 == 0) {
                assertTrue(StargzTree.isRefused(temporary.resolve("cut.tar.gz"), Arrays.copyOf(good, i)), "cut after " + i + " bytes");
            }
        }
        assertTrue(unnoticed < 10, unnoticed + " of " + good.length / 2);
    }
}
