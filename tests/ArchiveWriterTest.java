package pps;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

//SOURCES TestListener.java ../lib/ArchiveWriter.java

class ArchiveWriterTest {
    private Path source;
    private Path backups;
    private Path target;

    @BeforeEach
    void directories(@TempDir Path directory) throws IOException {
        source = Files.createDirectories(directory.resolve("source/sub")).getParent();
        backups = Files.createDirectory(directory.resolve("backups"));
        target = backups.resolve("pps_backup_20260102_030405.tar.gz");
        Files.writeString(source.resolve("a.md"), "hello");
        Files.setPosixFilePermissions(source.resolve("a.md"), PosixFilePermissions.fromString("rw-r-----"));
        Files.setLastModifiedTime(source.resolve("a.md"), FileTime.from(Instant.parse("2026-01-05T06:07:08.123456789Z")));
        Files.writeString(source.resolve("sub/" + "long".repeat(40) + "\u00e9\n.md"), "");
        Files.createSymbolicLink(source.resolve("link"), Path.of("a.md"));
    }

    private static Manifest manifest(int files, long bytes) {
        return new Manifest("backup", "2026-01-02T03:04:05", "test", true, null, Map.of("crystals",
            new Manifest.Promise(true, "p", List.of("**/*.md"), files, bytes, true, List.of(), List.of(), List.of())));
    }

    private List<ArchiveWriter.Item> items() throws IOException {
        try (Stream<Path> walk = Files.walk(source)) {
            return walk.sorted().map(file -> new ArchiveWriter.Item("crystals", source.relativize(file).toString(), file)).toList();
        }
    }

    private List<String> inBackups() throws IOException {
        try (Stream<Path> files = Files.list(backups)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    @DisplayName("what is written is read again with content, mode and time to the nanosecond")
    void roundTrip() throws IOException {
        Contents written = ArchiveWriter.write(target, manifest(3, 5), items(), Listener.SILENT);
        Contents read = ArchiveReader.read(target, ArchiveReader.CHECK_ONLY, Listener.SILENT);
        assertEquals(written.entries(), read.entries());
        assertEquals(manifest(3, 5), read.manifest().orElseThrow());
        Archived file = read.entries().stream().filter(entry -> entry.path().equals("a.md")).findFirst().orElseThrow();
        assertEquals(0640, file.mode());
        assertEquals(Instant.parse("2026-01-05T06:07:08.123456789Z"), file.modified().toInstant());
        assertEquals(new TreeSet<>(items().stream().map(ArchiveWriter.Item::path).toList()), new TreeSet<>(read.entries().stream().map(Archived::path).toList()));
        assertEquals(List.of(target.getFileName().toString()), inBackups());
    }

    @Test
    @DisplayName("an archive is its owner's alone from the first byte on, and has no archive's name until it is whole")
    void privateFromTheFirstByte() throws IOException {
        List<String> seen = new java.util.ArrayList<>();
        Listener watching = watching(() -> {
            try (Stream<Path> files = Files.list(backups)) {
                for (Path file : files.toList()) {
                    seen.add(file.getFileName() + " " + PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
                }
            }
        });
        ArchiveWriter.write(target, manifest(3, 5), items(), watching);
        assertTrue(!seen.isEmpty() && seen.stream().allMatch(("." + target.getFileName() + ".partial rw-------")::equals), seen::toString);
        assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(target)));
    }

    private interface Look {
        void look() throws IOException;
    }

    /** Looks each time the writer asks whether it is interrupted. */
    private static Listener watching(Look look) {
        return TestListener.atSafePoints(() -> {
            try {
                look.look();
            } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        });
    }

    @Test
    @DisplayName("an interrupted write leaves nothing behind")
    void interrupted() throws IOException {
        Failure failure = assertThrows(Failure.class, () -> ArchiveWriter.write(target, manifest(3, 5), items(), watching(() -> {
            throw Failure.of(ExitCode.DECLINED, "Interrupted");
        })));
        assertEquals(ExitCode.DECLINED, failure.exitCode());
        assertEquals(List.of(), inBackups());
    }

    @Test
    @DisplayName("an archive that does not hold what its manifest promises is not kept")
    void wrongManifest() throws IOException {
        Failure failure = assertThrows(Failure.class, () -> ArchiveWriter.write(target, manifest(4, 5), items(), Listener.SILENT));
        assertEquals(ExitCode.FAILED, failure.exitCode());
        assertEquals(List.of(), inBackups());
    }

    @Test
    @DisplayName("an archive that is there is never written over")
    void existing() throws IOException {
        Files.writeString(target, "an old one");
        assertThrows(Failure.class, () -> ArchiveWriter.write(target, manifest(3, 5), items(), Listener.SILENT));
        assertEquals("an old one", Files.readString(target));
        assertEquals(List.of(target.getFileName().toString()), inBackups());
    }

    @Test
    @DisplayName("a file that is gone is a failure that names it, and leaves nothing behind")
    void gone() throws IOException {
        List<ArchiveWriter.Item> items = List.of(new ArchiveWriter.Item("crystals", "gone.md", source.resolve("gone.md")));
        assertEquals(ExitCode.FAILED, assertThrows(Failure.class, () -> ArchiveWriter.write(target, manifest(1, 1), items, Listener.SILENT)).exitCode());
        assertEquals(List.of(), inBackups());
    }
}
