package pps;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

//DEPS org.junit.jupiter:junit-jupiter:5.14.4
//SOURCES RawTar.java StargzTree.java TestProject.java ../lib/ArchivePromise.java

@DisplayName("What an archive says of itself by its first entry")
class ArchivePromiseTest {
    @TempDir
    private Path directory;
    private Path archive;
    private Contents contents;

    @BeforeEach
    void write() throws IOException {
        StargzTree tree = new StargzTree(directory.resolve("tree"));
        tree.file("crystals/a.md", "aaaa".getBytes());
        tree.file("crystals/b.md", new byte[0]);
        tree.random("neo4j/store.db", 3 << 20);
        archive = directory.resolve("a.tar.gz");
        contents = tree.write(archive);
    }

    @Test
    @DisplayName("is what a look at all of it finds, and does not change when a content is damaged")
    void same() throws IOException {
        assertEquals(Optional.of(contents.totals()), ArchivePromise.of(archive));
        assertEquals(Map.of("crystals", new Contents.Total(2, 4), "neo4j", new Contents.Total(1, 3 << 20)), ArchivePromise.of(archive).orElseThrow());
        byte[] bytes = Files.readAllBytes(archive);
        bytes[bytes.length / 2] ^= 1;
        assertEquals(Optional.of(contents.totals()), ArchivePromise.of(Files.write(directory.resolve("damaged.tar.gz"), bytes)));
    }

    @Test
    @DisplayName("is not taken for true when the archive is cut off, longer, of another tool, or damaged in what is looked at")
    void notBelieved() throws IOException {
        byte[] bytes = Files.readAllBytes(archive);
        Path other = directory.resolve("other.tar.gz");
        for (int length : new int[] {0, 9, 51, 60, bytes.length / 2, bytes.length - 51, bytes.length - 1, bytes.length + 1}) {
            assertEquals(Optional.empty(), ArchivePromise.of(Files.write(other, Arrays.copyOf(bytes, length))), length + " bytes");
        }
        for (int at : new int[] {0, 3, 40, bytes.length - 51, bytes.length - 20, bytes.length - 1}) {
            byte[] damaged = bytes.clone();
            damaged[at] ^= 4;
            assertEquals(Optional.empty(), ArchivePromise.of(Files.write(other, damaged)), "byte " + at);
        }
        assertEquals(Optional.empty(), ArchivePromise.of(TestProject.fixtures().resolve(TestProject.AUGUST)));
        assertEquals(Optional.empty(), ArchivePromise.of(directory.resolve("nowhere.tar.gz")));
        new RawTar().file("crystals/a.md", "x").end().gzipTo(other);
        assertTrue(ArchivePromise.of(other).isEmpty());
    }

    @Test
    @DisplayName("is not read further than any honest manifest goes, which could fill the memory of a listing")
    void enormous() throws IOException {
        Manifest manifest = contents.manifest().orElseThrow();
        for (int spaces : new int[] {0, Manifest.MOST_BYTES + 1}) {
            byte[] tar = new RawTar().file(Manifest.ENTRY, manifest.toJson() + " ".repeat(spaces)).end().bytes();
            byte[] members = RawTar.gzip(tar);
            Path other = Files.write(directory.resolve("other.tar.gz"), members);
            Files.write(other, RawTar.gzip("index".getBytes()), StandardOpenOption.APPEND);
            Files.write(other, StargzFooter.of(members.length), StandardOpenOption.APPEND);
            assertEquals(spaces == 0, ArchivePromise.of(other).isPresent(), spaces + " spaces");
        }
    }
}
