package pps;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.time.LocalDateTime;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

//SOURCES ../lib/BackupDirectory.java

class BackupDirectoryTest {
    @TempDir
    private Path directory;

    private Path file(String name, String modified) throws IOException {
        Path file = Files.writeString(directory.resolve(name), "");
        return Files.setLastModifiedTime(file, FileTime.from(Instant.parse(modified)));
    }

    @Test
    @DisplayName("the latest backup is told by its name, whatever the files' own times")
    void latest() throws IOException {
        file("pps_backup_20260101_000000.tar.gz", "2026-12-31T00:00:00Z");
        file("pps_backup_20260820_040012.tar.gz", "2020-01-01T00:00:00Z");
        file("pps_backup_20260820_040011.tar.zst", "2026-06-01T00:00:00Z");
        assertEquals(List.of("pps_backup_20260820_040012.tar.gz", "pps_backup_20260820_040011.tar.zst", "pps_backup_20260101_000000.tar.gz"),
            BackupDirectory.of(directory).newestFirst().stream().map(BackupDirectory.Backup::name).toList());
        assertEquals(LocalDateTime.of(2026, 8, 20, 4, 0, 12), BackupDirectory.of(directory).latest().createdAt());
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(strings = {"pps_backup_20260230_000000.tar.gz", "pps_backup_20261301_000000.tar.gz", "pps_backup_20260101_250000.tar.gz",
        "pps_backup_20260101_000000.tar", "pps_backup_20260101_000000.tar.gz.part", ".pps_backup_20260101_000000.tar.gz.partial",
        "my_pps_backup_20260101_000000.tar.gz", "pps_backup_latest.tar.gz", "pps_backup_20260101_0000000.tar.gz"})
    @DisplayName("a name that is not quite an archive's is left alone")
    void foreign(String name) throws IOException {
        file(name, "2026-01-01T00:00:00Z");
        assertEquals(List.of(), BackupDirectory.of(directory).newestFirst());
        assertEquals(Optional.empty(), BackupDirectory.timeIn(name));
    }

    @Test
    @DisplayName("directories, broken links and safety backups are no backups")
    void onlyFiles() throws IOException {
        Files.createDirectory(directory.resolve("pps_backup_20260101_000000.tar.gz"));
        Files.createSymbolicLink(directory.resolve("pps_backup_20260101_000001.tar.gz"), Path.of("gone"));
        file("pre_restore_safety_20260101_000002.tar.gz", "2026-01-01T00:00:00Z");
        assertEquals(List.of(), BackupDirectory.of(directory).newestFirst());
    }

    @Test
    @DisplayName("without a backup the failure says where it looked and how to name another place")
    void none() {
        Failure failure = assertThrows(Failure.class, () -> BackupDirectory.of(directory.resolve("gone")).latest());
        assertEquals(ExitCode.BAD_BACKUP, failure.exitCode());
        assertTrue(failure.getMessage().contains("gone") && failure.next().contains("--backup-dir"), failure::getMessage);
    }

    @Test
    @DisplayName("a backup is found by its path or by its name in the directory, and a name that is neither is shown safely")
    void find() throws IOException {
        Path backup = file("pps_backup_20260101_000000.tar.gz", "2026-01-01T00:00:00Z");
        assertEquals(backup, BackupDirectory.of(directory).find(backup.toString()));
        assertEquals(backup, BackupDirectory.of(directory).find(backup.getFileName().toString()));
        Failure failure = assertThrows(Failure.class, () -> BackupDirectory.of(directory).find("no\u001b[2J.tar.gz"));
        assertEquals(ExitCode.BAD_BACKUP, failure.exitCode());
        assertTrue(failure.getMessage().contains("no\\x1b[2J"), failure::getMessage);
    }

    @Test
    @DisplayName("the name for a time is the one that the original tools give")
    void names() {
        String name = BackupDirectory.nameFor(BackupDirectory.BACKUP, LocalDateTime.of(2026, 2, 2, 12, 37, 31));
        assertEquals("pps_backup_20260202_123731.tar.gz", name);
        assertEquals(Optional.of(LocalDateTime.of(2026, 2, 2, 12, 37, 31)), BackupDirectory.timeIn(name));
    }
}
