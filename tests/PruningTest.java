package pps;

//DEPS org.junit.jupiter:junit-jupiter:5.14.4
//SOURCES TestProject.java ../lib/Backup.java

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.TreeSet;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("Of the older backups, a new one")
class PruningTest {
    @TempDir
    private Path directory;
    private TestProject project;

    @BeforeEach
    void create() {
        project = TestProject.create(directory);
    }

    private static Backup backup(TestProject project, Path backups, Retention retention, String entity, boolean zstd) {
        return new Backup(new Backup.Request(project.root, SourceMap.builtIn(), BackupDirectory.of(backups), entity, null, false, false, zstd,
            retention, Duration.ofSeconds(10), "restore_pps.java --recover"), Listener.SILENT);
    }

    private Backup keeping(int last) {
        return backup(project, project.backups, new Retention(last, 0, 0, 0), null, false);
    }

    private Backup ofEntity(String entity) {
        return backup(project, project.backups, new Retention(2, 0, 0, 0), entity, false);
    }

    private static String name(Backup.Outcome outcome) {
        return outcome.contents().archive().getFileName().toString();
    }

    private List<String> names() {
        return BackupDirectory.of(project.backups).newestFirst().stream().map(BackupDirectory.Backup::name).sorted().toList();
    }

    private void deleteTree(String path, String ending) {
        try (Stream<Path> walk = Files.walk(project.root.resolve(path))) {
            for (Path file : walk.sorted(Comparator.reverseOrder()).filter(file -> file.toString().endsWith(ending)).toList()) {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Works out what a run says that it would do, does it, and holds the one against the other. */
    private Backup.Outcome asForetold(Supplier<Backup> made) {
        Backup backup = made.get();
        TreeSet<String> foretold = new TreeSet<>();
        backup.wouldKeep(backup.preview()).stream().filter(Retention.Verdict::goes).forEach(verdict -> foretold.add(verdict.backup().name()));
        Backup.Outcome outcome = made.get().run();
        TreeSet<String> gone = new TreeSet<>();
        outcome.pruned().forEach(old -> gone.add(old.name()));
        assertEquals(foretold, gone, "the dry run says what the run does");
        return outcome;
    }

    @Test
    @DisplayName("keeps the last one that holds what no later one does, names it and what it holds, and says how to delete it; older ones go")
    void lastHolder() {
        List<String> good = new ArrayList<>();
        for (int night = 0; night < 3; night++) {
            good.add(name(keeping(2).run()));
        }
        deleteTree("entities/lyra/journals", "");
        Backup.Outcome outcome = null;
        for (int night = 0; night < 4; night++) {
            outcome = asForetold(() -> keeping(2));
        }
        assertTrue(names().contains(good.get(2)) && names().size() == 3, names()::toString);
        String warning = outcome.warnings().stream().filter(text -> text.contains(good.get(2))).findFirst().orElseThrow();
        assertTrue(warning.contains("'journals' (1 file, ") && warning.contains("rm " + project.backups.resolve(good.get(2))), warning);
        assertTrue(keeping(2).wouldKeep(keeping(2).preview()).stream().filter(verdict -> verdict.backup().name().equals(good.get(2)))
            .allMatch(verdict -> verdict.keptBy().toString().contains("'journals'")));
    }

    @Test
    @DisplayName("deletes none while a critical source is empty that was not always, however many nights that lasts")
    void empty() {
        List<String> good = List.of(name(keeping(2).run()), name(keeping(2).run()));
        for (String path : List.of("data", "journals", "crystals")) {
            deleteTree("entities/lyra/" + path, path.equals("data") ? ".db" : ".md");
        }
        for (int night = 0; night < 4; night++) {
            assertTrue(asForetold(() -> keeping(2)).notPruned() != null);
        }
        assertTrue(names().containsAll(good), names()::toString);
    }

    @Test
    @DisplayName("goes on to delete where a critical source has never held a file")
    void alwaysEmpty() {
        deleteTree("entities/lyra/notebook", ".md");
        keeping(1).run();
        keeping(1).run();
        assertEquals(1, asForetold(() -> keeping(1)).pruned().size());
        assertEquals(1, names().size());
    }

    @Test
    @DisplayName("keeps the last one of an entity that is lost; that the other's names have lost theirs in front makes no difference")
    void lostEntity() {
        project.entity("caia");
        List<String> both = List.of(name(keeping(1).run()), name(keeping(1).run()));
        deleteTree("entities/caia", "");
        Backup.Outcome first = asForetold(() -> keeping(1));
        assertTrue(first.warnings().stream().noneMatch(text -> text.contains("lyra")), first.warnings()::toString);
        Backup.Outcome second = asForetold(() -> keeping(1));
        assertEquals(List.of(both.get(1), name(second)), names());
        String warning = second.warnings().stream().filter(text -> text.contains(both.get(1))).findFirst().orElseThrow();
        assertTrue(warning.contains("'caia_sqlite'") && warning.contains("'caia_identity'") && !warning.contains("lyra") && !warning.contains("haven"),
            warning);
    }

    @Test
    @DisplayName("deletes one from before a second entity came, whose names have none in front")
    void secondEntity() {
        keeping(1).run();
        project.entity("caia");
        Backup.Outcome outcome = asForetold(() -> keeping(1));
        assertEquals(List.of(name(outcome)), names());
        assertEquals(List.of(), outcome.warnings());
    }

    @Test
    @DisplayName("gives those of one entity alone no place of those of the whole project, and counts them for themselves")
    void oneEntityAlone() {
        project.entity("caia");
        List<String> whole = List.of(name(keeping(2).run()), name(keeping(2).run()));
        List<String> alone = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            alone.add(name(asForetold(() -> ofEntity("lyra"))));
        }
        assertEquals(5, names().size());
        Backup.Outcome outcome = asForetold(() -> keeping(2));
        assertEquals(List.of(whole.get(1), alone.get(1), alone.get(2), name(outcome)), names());
        assertEquals(List.of(), outcome.warnings());
    }

    @Test
    @DisplayName("leaves those of another project in the same directory alone, and neither counts them nor compares with them")
    void otherProject() {
        TestProject other = TestProject.create(directory.resolve("other"));
        other.entity("zoe");
        List<String> mine = new ArrayList<>();
        List<String> others = new ArrayList<>();
        for (int night = 0; night < 3; night++) {
            mine.add(name(asForetold(() -> keeping(2))));
            Backup.Outcome outcome = backup(other, project.backups, new Retention(2, 0, 0, 0), null, night == 1).run();
            assertEquals(List.of(), outcome.warnings());
            others.add(name(outcome));
        }
        assertEquals(List.of(mine.get(1), others.get(1), mine.get(2), others.get(2)), names());
    }

    @Test
    @DisplayName("deletes none while the newest is named after a time that has not come yet")
    void clock() throws IOException {
        Backup first = keeping(2);
        Path made = first.run().contents().archive();
        LocalDateTime future = LocalDateTime.now().plusYears(1);
        Files.copy(made, project.backups.resolve(BackupDirectory.nameFor(BackupDirectory.BACKUP, future)));
        for (int night = 0; night < 3; night++) {
            Backup.Outcome outcome = asForetold(() -> backup(project, project.backups, new Retention(0, 1, 0, 0), null, false));
            assertTrue(outcome.notPruned().contains("a time that has not come"), outcome.notPruned());
            assertTrue(outcome.warnings().toString().contains("Check the clock"), outcome.warnings()::toString);
        }
        assertEquals(5, names().size());
    }

    @Test
    @DisplayName("keeps one that nobody can read, and says so; one of the original tools is read and goes")
    void unreadable() throws IOException {
        Path python = project.backUp("pps_backup_20260301_040000.tar.gz");
        byte[] bytes = Files.readAllBytes(python);
        Path cut = Files.write(project.backups.resolve("pps_backup_20260302_040000.tar.gz"), Arrays.copyOf(bytes, bytes.length / 2));
        String last = name(keeping(1).run());
        Backup.Outcome outcome = asForetold(() -> keeping(1));
        assertAll(
            () -> assertEquals(List.of(cut.getFileName().toString(), name(outcome)), names()),
            () -> assertEquals(List.of(last, python.getFileName().toString()), outcome.pruned().stream().map(BackupDirectory.Backup::name).toList()),
            () -> assertTrue(outcome.warnings().stream().anyMatch(text -> text.contains("cannot be told") && text.contains("rm " + cut)),
                outcome.warnings()::toString),
            () -> assertNull(outcome.notPruned()));
    }
}
