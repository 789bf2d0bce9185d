package pps;

//DEPS org.junit.jupiter:junit-jupiter:5.14.4
//SOURCES Points.java Scripts.java Strace.java TestProject.java Tree.java ../lib/ArchiveReader.java ../lib/BackupDirectory.java

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Kills backups at the calls that change files: a sample of them, or with PPS_TEST_LONG=1 at every single one. */
@DisplayName("A backup that is killed")
class BackupKilledTest {
    private static final String OLD = "pps_backup_20260301_040000.tar.gz";
    private static final int SAMPLE = 5;

    @TempDir
    private Path directory;

    @BeforeEach
    void needsStrace() {
        Strace.require();
    }

    private TestProject project(String name) {
        TestProject project = TestProject.create(directory.resolve(name));
        project.backUp(OLD);
        return project;
    }

    private static List<String> command(TestProject project, String... more) {
        List<String> command = new java.util.ArrayList<>(Scripts.command("backup_pps", project.arguments(more)));
        command.addAll(List.of("--keep", "1"));
        command.add(1, "-XX:-UsePerfData");
        return command;
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(strings = {"--quiet", "--no-stop"})
    @DisplayName("anywhere, while it packs in place or from copies, leaves no file named like a backup that is not one, costs no old one its place, and the next run is clean")
    void anywhere(String how) {
        TestProject watched = project("watched");
        Path log = directory.resolve("calls");
        Scripts.Result recorded = Scripts.with().timeout(Duration.ofSeconds(120)).runCommand(Strace.recording(log, command(watched, how)));
        assertEquals(0, recorded.exitCode(), recorded::toString);
        List<Strace.Call> calls = Strace.changesBelow(log, List.of(watched.root, watched.backups));
        assertTrue(calls.size() > 30, () -> "calls that change files: " + calls);
        List<Strace.Call> chosen = Points.choose(calls, SAMPLE);
        System.out.println("    killed at " + chosen.size() + " of " + calls.size() + " calls, " + how);
        Points.inParallel(chosen, call -> killAt(call, how));
    }

    private void killAt(Strace.Call call, String how) {
        TestProject project = project("run" + Math.abs(call.toString().hashCode()) + "-" + System.nanoTime());
        Tree before = project.tree();
        Scripts.with().timeout(Duration.ofSeconds(120)).runCommand(Strace.killing(call, command(project, how)));
        // Whoever reads a live database writes to its -shm, in which no data is.
        before.only(path -> !path.endsWith("-shm")).assertSame(project.tree().only(path -> !path.endsWith("-shm")), call);
        List<BackupDirectory.Backup> there = BackupDirectory.of(project.backups).newestFirst();
        there.forEach(backup -> ArchiveReader.read(backup.file(), ArchiveReader.CHECK_ONLY, Listener.SILENT));
        assertTrue(there.stream().anyMatch(backup -> backup.name().equals(OLD)) || there.size() == 1, () -> there + " " + call);
        assertFalse(there.isEmpty(), call::toString);
        Scripts.Result next = Scripts.run("backup_pps", project.arguments("--keep", "1"));
        assertEquals(0, next.exitCode(), () -> call + " " + next);
        assertEquals(1, names(project.backups).size(), () -> names(project.backups) + " " + call);
        Path home = project.root.resolve("work/pps_backup");
        assertTrue(!Files.exists(home) || names(home).equals(List.of("lock")), () -> names(home) + " " + call);
    }

    @Test
    @DisplayName("or refused by the disk at the end, though it reads back, leaves no backup and costs no old one its place")
    void notOnDisk() throws IOException {
        TestProject project = project("project");
        // A backup is named after the newest one where the clock is behind it; so its name is known beforehand.
        Files.move(project.backups.resolve(OLD), project.backups.resolve("pps_backup_20990101_000000.tar.gz"));
        Path partial = project.backups.resolve(".pps_backup_20990101_000001.tar.gz.partial");
        Scripts.Result result = Scripts.with().timeout(Duration.ofSeconds(120))
            .runCommand(Strace.failingOn(partial, "fsync", "EIO", command(project)));
        assertEquals(1, result.exitCode(), result::toString);
        assertTrue(result.stderr().contains("Cannot write " + project.backups.resolve("pps_backup_20990101_000001.tar.gz")), result::toString);
        assertEquals(List.of("pps_backup_20990101_000000.tar.gz"), names(project.backups));
    }

    private static List<String> names(Path of) {
        try (Stream<Path> files = Files.list(of)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
