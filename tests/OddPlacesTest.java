package pps;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.LocalDateTime;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.opentest4j.TestAbortedException;

//SOURCES KillProject.java
//SOURCES NotRoot.java
//SOURCES Points.java
//SOURCES Strace.java
//SOURCES TestListener.java

/**
 * Restores where disks are full, destinations are mounts, links or in the way, files cannot be changed, clocks go backwards, and files
 * are many, long-named or huge: done exactly, or refused with everything as it was, or finished by a recovery when the cause is gone.
 */
@Timeout(value = 6, unit = TimeUnit.HOURS)
class OddPlacesTest {
    @TempDir
    static Path directory;
    private static KillProject template;
    private static int cases;

    private final Deque<List<String>> undo = new ArrayDeque<>();
    private TestProject project;

    @BeforeAll
    static void makeTemplate() {
        template = KillProject.create(directory);
    }

    @AfterAll
    static void report() {
        Points.report("odd places and odd files", cases, -1, Map.of());
    }

    @BeforeEach
    void copy() {
        cases++;
        project = template.copy();
    }

    /** What a test mounts or makes immutable would stand in the way of removing its directory. */
    @AfterEach
    void cleanUp() throws IOException {
        while (!undo.isEmpty()) {
            command(undo.pop());
        }
        KillProject.remove(project);
    }

    @Test
    @DisplayName("a project on a disk without room to unpack is left as it was, and a dry run says so before")
    void fullProject() {
        TestProject small = onSmallDisk("48m", 14 << 20);
        Tree before = small.tree();
        assertUntouched(small, before, 1, "are kept free there for the running stack", restore(small));
        Scripts.Result preview = small.restore("--latest", "--dry-run", "--only", "chromadb");
        assertEquals(0, preview.exitCode(), preview::toString);
        assertTrue(preview.stderr().contains("The restore itself would stop here: Not enough space for the restored files (14.0 MiB): "), preview::toString);
        assertTrue(preview.stdout().contains(" free, and 32.0 MiB are kept free for the running stack\n"), preview::toString);
    }

    @Test
    @DisplayName("a disk that fills while the safety backup is packed keeps every file, and a recovery ends it when there is room")
    void fullWhilePacking() {
        TestProject small = onSmallDisk("80m", 42 << 20);
        Scripts.Result result = restore(small);
        assertEquals(5, result.exitCode(), result::toString);
        assertTrue(result.stderr().contains("The restore itself is complete and live. What it replaced is whole, in "), result::toString);
        assertEquals(5, small.restore("--recover").exitCode());
        Path disk = small.root.getParent().getParent();
        run("mount", "-o", "remount,size=200m", disk.toString());
        assertEquals(0, small.restore("--recover").exitCode());
        KillProject.checkNothingLeft(small, 1, "after the recovery");
        assertTrue(Files.exists(small.root.resolve("docker/pps/neo4j_data/server_id")));
    }

    @Test
    @DisplayName("a safety backup's place of its own that is full costs nothing either")
    void fullSafetyPlace() {
        Path place = project.root.resolve("work/pps_backup/pre_restore_safety");
        project.directory("work/pps_backup/pre_restore_safety");
        tmpfs(place, "4k");
        Scripts.Result result = restore(project);
        assertEquals(5, result.exitCode(), result::toString);
        run("mount", "-o", "remount,size=10m", place.toString());
        assertEquals(0, project.restore("--recover").exitCode());
        assertTrue(template.isAfter(project, result));
    }

    @Test
    @DisplayName("a backup directory that is full and read-only is no hindrance: a restore only reads there")
    void readOnlyBackups() {
        Path mounted = project.root.resolveSibling("mounted");
        make(mounted);
        tmpfs(mounted, "1m");
        move(project.backups.resolve(KillProject.ARCHIVE), mounted.resolve(KillProject.ARCHIVE));
        run("mount", "-o", "remount,ro", mounted.toString());
        Scripts.Result result = Scripts.run("restore_pps", "--no-containers", "--project-root", project.root.toString(), "--backup-dir",
            mounted.toString(), "--latest", "--yes");
        assertEquals(0, result.exitCode(), result::toString);
        assertTrue(template.isAfter(project, result));
    }

    @Test
    @DisplayName("a unit that is a mount point is replaced by what is in it, also when killed on the way")
    void mountPoint() {
        Path chroma = project.root.resolve("docker/pps/chromadb_data");
        Path aside = project.root.resolveSibling("aside");
        move(chroma, aside);
        make(chroma);
        tmpfs(chroma, "50m");
        run("cp", "-a", aside + "/.", chroma.toString());
        Tree before = project.tree();
        List<Strace.Call> swaps = swaps(project);
        for (Strace.Call call : Points.choose(swaps, 3)) {
            Scripts.with().runCommand(Strace.killing(call, KillProject.restoreCommand(project, "--yes", "--latest")));
            KillProject.recover(project);
            before.assertSame(project.tree(), "recovered after " + call);
        }
        assertEquals(0, restore(project).exitCode());
        assertTrue(template.isAfter(project, "on a mount point"));
    }

    @ParameterizedTest(name = "killed {0}")
    @CsvSource({"in the swap, rename, entities/lyra/data/conversations.db", "after the commit, mkdir, work/pps_backup/pre_restore_safety"})
    @DisplayName("a recovery waits for the disk of a source that is not mounted, and loses nothing of it")
    void diskNotMounted(String moment, String call, String path) {
        Strace.require();
        Path data = project.root.resolve("entities/lyra/data");
        Path disk = project.root.resolveSibling("disk");
        move(data, disk);
        make(data);
        bind(disk, data);
        Tree before = project.tree();
        Scripts.Result killed = Scripts.with().runCommand(Strace.killingOn(project.root.resolve(path), call,
            KillProject.restoreCommand(project, "--yes", "--latest")));
        assertEquals(137, killed.exitCode(), killed::toString);
        run("umount", data.toString());
        Tree interrupted = Tree.of(disk);
        for (int i = 0; i < 2; i++) {
            Scripts.Result recovery = project.restore("--recover");
            assertEquals(5, recovery.exitCode(), recovery::toString);
            assertTrue(recovery.stderr().contains(data + "/.pps_restore_") && recovery.stderr().contains("is not there; is its disk mounted?")
                && recovery.stderr().contains("--recover --project-root " + project.root), recovery::toString);
            interrupted.assertSame(Tree.of(disk), recovery);
        }
        run("mount", "--bind", disk.toString(), data.toString());
        Scripts.Result recovered = project.restore("--recover");
        assertEquals(0, recovered.exitCode(), recovered::toString);
        if (moment.startsWith("in")) {
            before.assertSame(project.tree(), recovered);
            KillProject.checkNothingLeft(project, 0, recovered);
        } else {
            assertTrue(template.isAfter(project, recovered));
            project.restored("--undo");
            template.before().files().assertSame(project.tree().files(), "undone");
        }
    }

    /** The renames between the journal's beginning of the swap and its end, from a run of a copy. */
    private static List<Strace.Call> swaps(TestProject project) {
        TestProject copy = KillProject.copyOf(project);
        Path log = directory.resolve("swaps.strace");
        Scripts.with().runCommand(Strace.recording(log, KillProject.restoreCommand(copy, "--yes", "--latest")));
        List<Strace.Call> renames = Strace.changesBelow(log, List.of(copy.root)).stream().filter(call -> call.kind().startsWith("rename")).toList();
        KillProject.remove(copy);
        return renames.stream().filter(call -> !call.text().contains(".next") && !call.text().contains(".partial")).toList();
    }

    @ParameterizedTest(name = "on {0}, whose directory above belongs to {1}")
    @CsvSource({"another disk, nobody", "another disk, root", "the same disk, nobody", "the same disk, root"})
    @DisplayName("without root, a unit is replaced by what is in it where the directory above it may not be written")
    void unitNotAsRoot(String disk, String owner) {
        NotRoot.require();
        Path above = project.root.resolve("docker/pps");
        if (disk.startsWith("another")) {
            Path aside = project.root.resolveSibling("aside");
            move(above, aside);
            make(above);
            tmpfs(above, "50m");
            run("cp", "-a", aside + "/.", above.toString());
        }
        run("chown", "-R", "nobody:" + NotRoot.NOBODY, project.root.toString(), project.backups.toString());
        run("chown", owner, above.toString());
        Tree before = project.tree();
        TestProject.mode(directory, "rwxr-xr-x");
        Scripts.Result restored = NotRoot.run(project.root.getParent(), "restore_pps", project.arguments("--yes", "--latest", "--only", "chromadb"));
        assertEquals(0, restored.exitCode(), restored::toString);
        String chroma = "docker/pps/chromadb_data";
        template.after().below(chroma).withoutOwners().withoutDirectoryTimes().assertSame(
            project.tree().below(chroma).withoutOwners().withoutDirectoryTimes(), restored);
        before.only(path -> !path.startsWith(chroma)).withoutDirectoryTimes().assertSame(
            project.tree().only(path -> !path.startsWith(chroma)).withoutDirectoryTimes(), "nothing else is touched, and no area is left");
        Scripts.Result undone = NotRoot.run(project.root.getParent(), "restore_pps", project.arguments("--yes", "--undo"));
        assertEquals(0, undone.exitCode(), undone::toString);
        before.withoutDirectoryTimes().assertSame(project.tree().withoutDirectoryTimes(), undone);
    }

    @Test
    @DisplayName("another file system below a unit is a refusal before anything is touched")
    void nestedMount() {
        Path nested = project.root.resolve("docker/pps/chromadb_data/nested");
        make(nested);
        tmpfs(nested, "1m");
        Tree before = project.tree();
        assertUntouched(project, before, 1, "Another file system is mounted below", restore(project));
    }

    @Test
    @DisplayName("an entity that is a symbolic link to another file system is restored there")
    void symlinkToOtherFileSystem() {
        Path entity = project.root.resolve("entities/lyra");
        Path disk = project.root.resolveSibling("disk");
        make(disk);
        tmpfs(disk, "50m");
        move(entity, disk.resolve("lyra"));
        link(entity, disk.resolve("lyra"));
        assertEquals(0, restore(project).exitCode());
        template.after().below("entities/lyra").files().assertSame(Tree.of(disk.resolve("lyra")).files(), "on the other file system");
        assertEquals(List.of("lyra"), List.of(disk.toFile().list()), "nothing is left there");
        assertEquals(0, project.restore("--undo", "--yes").exitCode());
        template.before().below("entities/lyra").files().assertSame(Tree.of(disk.resolve("lyra")).files(), "and undone there");
    }

    @Test
    @DisplayName("a source bound from elsewhere read-only is left as it was")
    void readOnlyBind() {
        Path journals = project.root.resolve("entities/lyra/data");
        run("mount", "--bind", journals.toString(), journals.toString());
        undo.push(List.of("umount", journals.toString()));
        run("mount", "-o", "remount,ro,bind", journals.toString());
        Tree before = project.tree();
        assertUntouched(project, before, 1, "", restore(project));
    }

    @Test
    @DisplayName("an immutable file makes the swap fail, and everything is put back")
    void immutableFile() {
        immutable(project.root.resolve("entities/lyra/identity.md"));
        Tree before = project.tree();
        assertUntouched(project, before, 1, "identity.md", restore(project));
    }

    @Test
    @DisplayName("an immutable file in a unit is moved aside with it, and only the last cleaning waits until it may be deleted")
    void immutableInUnit() {
        Path file = project.root.resolve("docker/pps/chromadb_data/9e9e/length.bin");
        immutable(file);
        Scripts.Result result = restore(project);
        assertEquals(5, result.exitCode(), result::toString);
        assertTrue(result.stderr().contains("The safety backup is complete."), result::toString);
        run("chattr", "-R", "-f", "-i", project.root.resolve("work").toString());
        undo.clear();
        assertEquals(0, project.restore("--recover").exitCode());
        assertTrue(template.isAfter(project, result));
    }

    @Test
    @DisplayName("files and directories of the wrong kind are named and left where they are")
    void inTheWay() {
        for (String[] one : new String[][] {{"docker/pps/chromadb_data", "file"}, {"entities/lyra/crystals", "file"},
            {"entities/lyra/crystals/archive", "file"}, {"entities/lyra/identity.md", "directory"}, {"haven", "file"},
            {"entities/lyra/crystals/current", "link"}}) {
            TestProject copy = template.copy();
            Path place = copy.root.resolve(one[0]);
            run("rm", "-rf", place.toString());
            if (one[1].equals("file")) {
                copy.write(one[0], "in the way");
            } else if (one[1].equals("directory")) {
                copy.write(one[0] + "/inside", "in the way");
            } else {
                link(place, copy.root.resolve("entities/lyra/journals"));
            }
            Tree before = copy.tree();
            Scripts.Result result = restore(copy);
            assertUntouched(copy, before, 1, place.getFileName().toString(), result);
            KillProject.remove(copy);
            cases++;
        }
    }

    @Test
    @DisplayName("backups among the files that would be replaced are not carried off")
    void backupsInSource() {
        Path inside = project.root.resolve("docker/pps/chromadb_data/backups/" + KillProject.ARCHIVE);
        make(inside.getParent());
        move(project.backups.resolve(KillProject.ARCHIVE), inside);
        Tree before = project.tree();
        for (String[] arguments : new String[][] {{"--dry-run"}, {"--yes"}}) {
            List<String> all = new ArrayList<>(List.of(arguments));
            all.addAll(List.of("--backup", inside.toString()));
            assertUntouched(project, before, 1, "lies among the files of source 'chromadb'", project.restore(all.toArray(String[]::new)));
        }
    }

    @Test
    @DisplayName("an archive that is replaced once it was checked changes nothing: what was checked is what goes live")
    void replacedAfterCheck() {
        Path archive = project.backups.resolve(KillProject.ARCHIVE);
        restoreInProcess(archive, (plan, toStop) -> write(archive, "something else"));
        assertTrue(template.isAfter(project, "replaced at the prompt"));
    }

    @Test
    @DisplayName("an archive that is changed while it is read is damaged, and nothing is touched; one that is replaced by a rename is read on")
    void replacedWhileRead() {
        Path archive = project.backups.resolve(KillProject.ARCHIVE);
        Path other = write(project.root.resolveSibling("other"), "something else");
        AtomicInteger calls = new AtomicInteger();
        Restore renamed = new Restore(request(archive), TestListener.atSafePoints(() -> {
            if (calls.incrementAndGet() == 5) {
                move(other, archive);
            }
        }));
        renamed.run((plan, toStop) -> { });
        assertTrue(template.isAfter(project, "replaced by a rename"));

        TestProject second = template.copy();
        Path big = second.backups.resolve(KillProject.ARCHIVE);
        byte[] noise = new byte[4 << 20];
        new Random(1).nextBytes(noise);
        new TestTar(TestTar.Style.GNU).file("crystals/a.md", "a").file("chromadb/noise.bin", noise).gzip(big);
        Tree before = second.tree();
        AtomicInteger more = new AtomicInteger();
        Failure failure = null;
        try {
            new Restore(new Restore.Request(big, second.root, SourceMap.builtIn(), new Selection(List.of("chromadb"), List.of(), null), "restore",
                null, true, true, false, false, Duration.ofSeconds(9), "--recover"), TestListener.atSafePoints(() -> {
                    if (more.incrementAndGet() == 5) {
                        run("truncate", "-s", "1M", big.toString());
                    }
                })).run((plan, toStop) -> { });
        } catch (Failure e) {
            failure = e;
        }
        assertTrue(failure != null && failure.exitCode() == ExitCode.BAD_BACKUP, String.valueOf(failure));
        before.assertSame(second.tree(), "truncated while it was read");
        KillProject.remove(second);
        cases++;
    }

    @Test
    @DisplayName("a clock that goes backwards does not make an older safety backup the newest")
    void clockBackwards() {
        assertEquals(0, restore(project).exitCode());
        Path first = project.safetyBackup();
        Path future = first.resolveSibling("pre_restore_safety_20991231_235959.tar.gz");
        move(first, future);
        project.write("entities/lyra/identity.md", "written before the second restore");
        assertEquals(0, restore(project).exitCode());
        assertEquals("pre_restore_safety_21000101_000000.tar.gz", project.safetyBackup().getFileName().toString());
        assertEquals(0, project.restore("--undo", "--yes").exitCode());
        assertEquals("written before the second restore", read(project.root.resolve("entities/lyra/identity.md")));
    }

    @Test
    @DisplayName("names in every script, and as long as they can be, come back as they were")
    void names() {
        List<String> names = new ArrayList<>(List.of("Übermut.md", "Пушкин.md", "日本語.md", "العربية.md", "עברית.md", "ไทย.md", "हिन्दी.md", "한국어.md",
            "ქართული.md", "🜁 emoji 👩‍🚀.md", " leading and trailing .md", "quote' \" \\ $HOME `x` *.md", "-rf.md", "a\tb.md", "x".repeat(252) + ".md",
            "é (composed).md", "é (decomposed).md", "%s %n {} %2F.md", "#hash;semi&and|pipe.md"));
        TestTar tar = new TestTar(TestTar.Style.PYTHON);
        for (String source : List.of("crystals", "notebook", "chromadb")) {
            names.forEach(name -> tar.file(source + "/" + name, "content of " + name));
        }
        tar.gzip(project.backups.resolve("pps_backup_20260401_040000.tar.gz"));
        Scripts.Result result = project.restore("--latest", "--yes", "--only", "crystals", "notebook", "chromadb", "--allow-shrink");
        assertEquals(0, result.exitCode(), result::toString);
        for (String name : names) {
            for (String place : List.of("entities/lyra/crystals/", "entities/lyra/notebook/", "docker/pps/chromadb_data/")) {
                assertEquals("content of " + name, read(project.root.resolve(place + name)));
            }
        }
        assertEquals(0, project.restore("--undo", "--yes").exitCode());
        template.before().files().assertSame(project.tree().files(), "undone");
    }

    @Test
    @DisplayName("a path that would be too long beside its destination is refused, and everything is as it was")
    void longPaths() {
        String deep = ("d".repeat(200) + "/").repeat(20);
        new TestTar(TestTar.Style.PYTHON).file("crystals/" + deep + "crystal.md", "deep").gzip(project.backups.resolve("pps_backup_20260401_040000.tar.gz"));
        Tree before = project.tree();
        Scripts.Result deepest = project.restore("--latest", "--yes", "--only", "crystals", "--allow-shrink");
        assertTrue(deepest.exitCode() == 1 || deepest.exitCode() == 3, deepest::toString);
        before.assertSame(project.tree(), deepest);
        KillProject.checkNothingLeft(project, 0, deepest);
        String possible = ("d".repeat(200) + "/").repeat(15);
        new TestTar(TestTar.Style.PYTHON).file("crystals/" + possible + "crystal.md", "deep").gzip(project.backups.resolve("pps_backup_20260402_040000.tar.gz"));
        Scripts.Result done = project.restore("--latest", "--yes", "--only", "crystals", "--allow-shrink");
        assertEquals(0, done.exitCode(), done::toString);
        assertEquals("deep", read(project.root.resolve("entities/lyra/crystals/" + possible + "crystal.md")));
    }

    @Test
    @DisplayName("very many small files are restored and undone in bounded memory")
    void manyFiles() {
        int many = Points.isLong() ? 100_000 : 20_000;
        // In memory, because each file is brought to the disk by itself: what is measured here is not the disk.
        Path disk = project.root.resolveSibling("disk");
        make(disk);
        tmpfs(disk, "2g");
        run("cp", "-a", project.root.toString(), project.backups.toString(), disk.toString());
        TestProject inMemory = TestProject.empty(disk);
        TestTar tar = new TestTar(TestTar.Style.GNU);
        for (int i = 0; i < many; i++) {
            tar.file("crystals/" + i % 100 + "/crystal_" + i + ".md", "crystal " + i);
        }
        tar.gzip(inMemory.backups.resolve("pps_backup_20260401_040000.tar.gz"));
        assertEquals(0, inSmallMemory(inMemory, "--yes", "--latest", "--only", "crystals").exitCode());
        assertEquals("crystal 77", read(inMemory.root.resolve("entities/lyra/crystals/77/crystal_77.md")));
        assertEquals(many, inMemory.tree().files().only(path -> path.matches("entities/lyra/crystals/.*\\.md")).entries().size());
        assertEquals(0, inSmallMemory(inMemory, "--yes", "--undo").exitCode());
        template.before().files().assertSame(inMemory.tree().files(), "undone");
    }

    /** A few random bytes in each MiB: what is nothing but zeros for gigabytes is refused as a bomb. */
    @Test
    @DisplayName("one huge sparse file is restored in bounded memory")
    void hugeFile() throws IOException {
        long size = Points.isLong() ? 6L << 30 : 300L << 20;
        Path source = project.root.resolveSibling("huge/chromadb");
        make(source);
        Random random = new Random(7);
        byte[] bytes = new byte[16 << 10];
        try (var channel = java.nio.channels.FileChannel.open(source.resolve("huge.bin"), java.nio.file.StandardOpenOption.CREATE_NEW,
            java.nio.file.StandardOpenOption.WRITE)) {
            for (long at = 0; at < size; at += 1 << 20) {
                random.nextBytes(bytes);
                channel.write(java.nio.ByteBuffer.wrap(bytes), at);
            }
        }
        run("tar", "-czf", project.backups.resolve("pps_backup_20260401_040000.tar.gz").toString(), "-C", source.getParent().toString(), "chromadb");
        Scripts.Result result = inSmallMemory(project, "--yes", "--latest", "--only", "chromadb", "--allow-shrink");
        assertEquals(0, result.exitCode(), result::toString);
        assertEquals(-1, Files.mismatch(source.resolve("huge.bin"), project.root.resolve("docker/pps/chromadb_data/huge.bin")));
    }

    /** Runs a restore with a heap of 256 MB and sees to it that the whole process stays under 512. */
    private static Scripts.Result inSmallMemory(TestProject project, String... arguments) {
        List<String> command = KillProject.restoreCommand(project, arguments);
        command.add(1, "-Xmx256m");
        AtomicLong peak = new AtomicLong();
        try (RunningScript running = Scripts.with().timeout(Duration.ofMinutes(20)).startCommand(command)) {
            while (running.process().isAlive()) {
                Path status = Path.of("/proc/" + running.process().pid() + "/status");
                if (Files.exists(status)) {
                    read(status).lines().filter(line -> line.startsWith("VmHWM:")).forEach(line -> peak.set(Long.parseLong(line.replaceAll("\\D", ""))));
                }
                Thread.sleep(50);
            }
            Scripts.Result result = running.result(Duration.ofSeconds(5));
            assertTrue(peak.get() < 512 << 10, "it took " + peak.get() + " KiB");
            return result;
        } catch (UncheckedIOException e) {
            throw new AssertionError("it ended while it was looked at", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    private Restore.Request request(Path archive) {
        return new Restore.Request(archive, project.root, SourceMap.builtIn(), Selection.ALL, "restore", null, true, false, false, false,
            Duration.ofSeconds(9), "--recover");
    }

    private void restoreInProcess(Path archive, Restore.Consent consent) {
        new Restore(request(archive), Listener.SILENT).run(consent);
    }

    /** Returns a copy of the project on a disk of its own, with a file of so many bytes in each, the project and its backup, that cannot be compressed. */
    private TestProject onSmallDisk(String size, int bytes) {
        Path disk = project.root.resolveSibling("disk");
        make(disk);
        tmpfs(disk, size);
        byte[] noise = new byte[bytes];
        new Random(3).nextBytes(noise);
        TestProject small = TestProject.empty(disk.resolve("copy"));
        run("cp", "-a", project.root + "/.", small.root.toString());
        try {
            Files.write(small.root.resolve("docker/pps/chromadb_data/noise.bin"), noise);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        run("rm", "-rf", small.backups.toString());
        link(small.backups, project.backups);
        if (bytes < 20 << 20) {
            new TestTar(TestTar.Style.GNU).file("chromadb/noise.bin", noise).gzip(project.backups.resolve("pps_backup_20260401_040000.tar.gz"));
        }
        return small;
    }

    private static Scripts.Result restore(TestProject project) {
        List<String> arguments = new ArrayList<>(List.of("--latest", "--yes", "--allow-shrink"));
        if (Files.exists(project.backups.resolve("pps_backup_20260401_040000.tar.gz"))) {
            arguments.addAll(List.of("--only", "chromadb"));
        }
        return project.restore(arguments.toArray(String[]::new));
    }

    private static void assertUntouched(TestProject project, Tree before, int exitCode, String says, Scripts.Result result) {
        assertEquals(exitCode, result.exitCode(), result::toString);
        assertTrue(result.stderr().contains(says), result::toString);
        assertTrue(result.stderr().contains("othing was touched") || result.stderr().contains("as it was before"), result::toString);
        before.assertSame(project.tree(), result);
        KillProject.checkNothingLeft(project, 0, result);
    }

    private void tmpfs(Path place, String size) {
        try {
            run("mount", "-t", "tmpfs", "-o", "mode=755,size=" + size, "pps-test", place.toString());
        } catch (IllegalStateException e) {
            throw new TestAbortedException("needs to mount: " + e.getMessage());
        }
        undo.push(List.of("umount", place.toString()));
    }

    private void bind(Path shown, Path place) {
        try {
            run("mount", "--bind", shown.toString(), place.toString());
        } catch (IllegalStateException e) {
            throw new TestAbortedException("needs to mount: " + e.getMessage());
        }
        undo.push(List.of("umount", place.toString()));
    }

    private void immutable(Path file) {
        try {
            run("chattr", "+i", file.toString());
        } catch (IllegalStateException e) {
            throw new TestAbortedException("needs a file system with immutable files: " + e.getMessage());
        }
        undo.push(List.of("chattr", "-R", "-f", "-i", project.root.toString()));
    }

    private static void run(String... words) {
        Scripts.Result result = command(List.of(words));
        if (result.exitCode() != 0) {
            throw new IllegalStateException(String.join(" ", words) + ": " + result.stderr().strip());
        }
    }

    private static Scripts.Result command(List<String> words) {
        return Scripts.with().runCommand(words);
    }

    private static void make(Path path) {
        try {
            Files.createDirectories(path);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void move(Path from, Path to) {
        if (Files.isDirectory(from, LinkOption.NOFOLLOW_LINKS)) {
            run("mv", "-T", from.toString(), to.toString());
            return;
        }
        try {
            Files.move(from, to, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void link(Path link, Path target) {
        try {
            Files.createSymbolicLink(link, target);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Path write(Path file, String text) {
        try {
            return Files.writeString(file, text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String read(Path file) {
        try {
            return new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
