package pps;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

//SOURCES RawTar.java
//SOURCES ../lib/ArchiveReader.java

/** What the reader hands on; what it refuses is in {@link HostileArchivesTest} and {@link DamagedArchivesTest}. */
class ArchiveReaderTest {
    @TempDir
    private Path directory;

    /** Keeps what it is given, and notes the order. */
    private static class Collector implements ArchiveReader.Receiver {
        final Map<String, ByteArrayOutputStream> files = new LinkedHashMap<>();
        final List<String> events = new ArrayList<>();
        private final String wanted;

        Collector(String wanted) {
            this.wanted = wanted;
        }

        @Override
        public boolean wants(String source) {
            return wanted == null || wanted.equals(source);
        }

        @Override
        public OutputStream file(Archived file) {
            events.add("file " + file.name());
            return files.computeIfAbsent(file.name(), name -> new ByteArrayOutputStream());
        }

        @Override
        public void other(Archived entry) {
            events.add(entry.kind() + " " + entry.name());
        }

        @Override
        public void copy(Archived file, Archived earlier) {
            events.add("copy " + file.name() + " of " + earlier.name());
        }
    }

    private Path archive(RawTar tar) throws IOException {
        Path file = directory.resolve("a.tar.gz");
        tar.gzipTo(file);
        return file;
    }

    @Test
    @DisplayName("an archive is handed on in its order, with names, kinds, sizes, modes, times and digests")
    void entries() throws IOException {
        Path archive = archive(new RawTar().directory("./crystals/").pax("path", "crystals/\u00e9?.md", "mtime", "1770036000.25").file("crystals/e", "hello")
            .symlink("crystals/l", "\u00e9?.md").hardLink("crystals/h", "crystals/\u00e9?.md").end());
        Collector collector = new Collector(null);
        Contents contents = ArchiveReader.read(archive, collector, Listener.SILENT);
        assertEquals(List.of("DIRECTORY crystals", "file crystals/\u00e9?.md", "SYMLINK crystals/l", "copy crystals/h of crystals/\u00e9?.md"), collector.events);
        assertEquals("hello", collector.files.get("crystals/\u00e9?.md").toString(StandardCharsets.UTF_8));
        Archived file = contents.entries().get(1);
        assertEquals(Fingerprint.ofWhole(5, "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"), file.content());
        assertEquals("2026-02-02T12:40:00.250Z", file.modified().toInstant().toString());
        assertEquals(0644, file.mode());
        assertEquals(new Contents.Total(3, 10), contents.totals().get("crystals"));
        assertEquals(file.content(), contents.entries().get(3).content());
    }

    @Test
    @DisplayName("what is not wanted is checked and not handed on")
    void wanted() throws IOException {
        Path archive = archive(new RawTar().file("crystals/a.md", "x").file("haven/b.db", "y").end());
        Collector collector = new Collector("haven");
        assertEquals(2, ArchiveReader.read(archive, collector, Listener.SILENT).entries().size());
        assertEquals(List.of("file haven/b.db"), collector.events);
    }

    @Test
    @DisplayName("a refused name never reaches the receiver")
    void refusedFirst() throws IOException {
        Path archive = archive(new RawTar().file("crystals/a.md", "x").file("crystals/a.md", "y").end());
        Collector collector = new Collector(null);
        assertThrows(Failure.class, () -> ArchiveReader.read(archive, collector, Listener.SILENT));
        assertEquals("x", collector.files.get("crystals/a.md").toString(StandardCharsets.UTF_8));
        assertEquals(1, collector.events.size());
    }

    @Test
    @DisplayName("a failure of the receiver or an interrupt ends the reading and comes through as it is")
    void failuresPassThrough() throws IOException {
        Path archive = archive(new RawTar().file("crystals/a.md", "x").end());
        Failure full = Failure.of(ExitCode.FAILED, "disk full");
        assertEquals(full, assertThrows(Failure.class, () -> ArchiveReader.read(archive, new Collector(null) {
            @Override
            public OutputStream file(Archived file) {
                throw full;
            }
        }, Listener.SILENT)));
    }

    @Test
    @DisplayName("a missing archive, a directory and no archive at all are bad backups, and the message names the file")
    void notAnArchive() throws IOException {
        Path text = Files.writeString(directory.resolve("text\u001b.tar.gz"), "hello");
        for (Path path : List.of(directory.resolve("gone.tar.gz"), directory, text)) {
            Failure failure = assertThrows(Failure.class, () -> ArchiveReader.read(path, ArchiveReader.CHECK_ONLY, Listener.SILENT));
            assertEquals(ExitCode.BAD_BACKUP, failure.exitCode());
            assertTrue(failure.getMessage().contains(SafeText.quote(path)), failure::getMessage);
        }
    }

    @Test
    @DisplayName("bits that give rights beyond reading and writing are left out, and said so")
    void specialModes() throws IOException {
        Path archive = archive(new RawTar().entry(new RawTar.Header('0', "crystals/a.md", 1).mode(06755), RawTar.utf8("x")).end());
        Contents contents = ArchiveReader.read(archive, ArchiveReader.CHECK_ONLY, Listener.SILENT);
        assertEquals(0755, contents.entries().get(0).mode());
        assertTrue(contents.remarks().get(0).contains("set-user-ID"), contents.remarks()::toString);
    }
}
