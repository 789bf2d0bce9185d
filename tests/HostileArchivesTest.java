package pps;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

//DEPS org.xerial:sqlite-jdbc:3.50.3.0
//SOURCES HostileArchives.java
//SOURCES Points.java
//SOURCES Scripts.java
//SOURCES TestListener.java
//SOURCES TestProject.java
//SOURCES Tree.java
//SOURCES ../lib/Restore.java
//SOURCES ../lib/PlanReport.java
//SOURCES ../lib/Listing.java
//SOURCES ../lib/Validation.java

/**
 * Every kind of hostile archive is refused before anything is touched, or restored without harm: no byte outside the sources, nothing that
 * can drive a terminal, seconds and not minutes, and 512 MB of memory.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class HostileArchivesTest {
    private static final String NAME = "pps_backup_20260102_030405.tar.gz";
    private static final Duration SECONDS = Duration.ofSeconds(20);
    /** In CI, one in so many of the big kinds; the seed says which. */
    private static final int BIG_SAMPLE = 4;

    private Path surroundings;
    private TestProject project;
    private Tree pristine;
    private HostileArchives archives;
    private int refused;
    private int restored;

    @BeforeAll
    void makeProject(@TempDir Path directory) throws IOException {
        surroundings = directory;
        newProject();
        Path slow = surroundings.resolve("slow.db");
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + slow); Statement statement = connection.createStatement()) {
            statement.execute("PRAGMA ignore_check_constraints = ON");
            statement.execute("CREATE TABLE t (x CHECK (length(hex(randomblob(200000000))) > x))");
            statement.execute("INSERT INTO t VALUES (1), (2), (3), (4), (5), (6), (7), (8), (9), (10)");
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
        archives = new HostileArchives(Files.readAllBytes(project.root.resolve("haven/data/haven.db")), Files.readAllBytes(slow),
            surroundings.resolve("outside"));
    }

    @AfterAll
    void count() {
        System.out.println("HostileArchives: " + (refused + restored) + " kinds, all refused or harmless: " + refused + " refused, " + restored
            + " restored without harm");
    }

    Stream<HostileArchives.Kind> small() {
        return archives.kinds().stream().filter(kind -> !kind.big());
    }

    Stream<HostileArchives.Kind> big() {
        List<HostileArchives.Kind> all = archives.kinds().stream().filter(HostileArchives.Kind::big).toList();
        return all.stream().filter(kind -> Points.isLong() || Math.floorMod(all.indexOf(kind) + Points.seed(), BIG_SAMPLE) == 0);
    }

    /** A few of each sort, for which the very process is looked at. */
    Stream<HostileArchives.Kind> asProcesses() {
        List<String> sample = List.of("name ../outside/evil", "escape sequences in a name", "line feeds in an unknown source", "right-to-left marks in a refused name",
            "C1 controls in the target of a link", "line feeds in the name of a database", "escape sequences in a promised source", "set-user-ID bits");
        return archives.kinds().stream().filter(kind -> sample.stream().anyMatch(title -> kind.title().endsWith(title)));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("small")
    @DisplayName("is refused before anything is touched, or restored without harm")
    void refusedOrHarmless(HostileArchives.Kind kind) throws IOException {
        Path archive = write(kind);
        Tree before = Tree.of(surroundings);
        long start = System.nanoTime();
        List<String> shown = new ArrayList<>();
        looksOnly(archive, shown);
        before.assertSame(Tree.of(surroundings), "a look has changed something");
        Failure failure = restore(archive, shown);
        assertTrue(System.nanoTime() - start < SECONDS.toNanos(), "it took longer than " + SECONDS.toSeconds() + " s");
        shown.forEach(HostileArchivesTest::assertSafe);
        judge(kind, before, failure == null ? 0 : failure.exitCode().number(), String.valueOf(failure == null ? null : failure.getMessage()));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("big")
    @DisplayName("is refused in seconds and in 512 MB")
    void bounded(HostileArchives.Kind kind) throws IOException {
        write(kind);
        Tree before = Tree.of(surroundings);
        long start = System.nanoTime();
        Scripts.Result result = run("restore_pps", "--backup", NAME, "--yes", "--allow-shrink");
        System.out.println(kind + ": " + (System.nanoTime() - start) / 1_000_000 + " ms");
        judge(kind, before, result.exitCode(), result.toString());
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("asProcesses")
    @DisplayName("is shown safely by every script")
    void processes(HostileArchives.Kind kind) throws IOException {
        write(kind);
        Tree before = Tree.of(surroundings);
        for (String[] look : new String[][] {{"list_backups", "--json"}, {"validate_backup", NAME}, {"restore_pps", "--backup", NAME, "--dry-run", "--verbose"}}) {
            String[] arguments = Stream.of(look).skip(1).toArray(String[]::new);
            Scripts.Result result = run(look[0], arguments);
            assertSafe(result.stdout() + result.stderr());
            assertFalse(result.toString().contains("defect"), result::toString);
            assertTrue(Set.of(0, 1, 3).contains(result.exitCode()), result::toString);
        }
        before.assertSame(Tree.of(surroundings), "a look has changed something");
        Scripts.Result result = run("restore_pps", "--backup", NAME, "--yes", "--allow-shrink");
        assertSafe(result.stdout() + result.stderr());
        judge(kind, before, result.exitCode(), result.toString());
    }

    private Scripts.Result run(String script, String... arguments) {
        List<String> all = new ArrayList<>(List.of("--project-root", project.root.toString(), "--backup-dir", project.backups.toString()));
        if (script.equals("restore_pps")) {
            all.add("--no-containers");
        }
        all.addAll(List.of(arguments));
        return Scripts.with().env("JDK_JAVA_OPTIONS", "-Xmx512m").timeout(Duration.ofSeconds(Points.isLong() ? 600 : 120)).runScript(script, all.toArray(String[]::new));
    }

    private Path write(HostileArchives.Kind kind) throws IOException {
        Path archive = project.backups.resolve(NAME);
        Files.deleteIfExists(archive);
        kind.maker().write(archive);
        return archive;
    }

    private void newProject() throws IOException {
        try (Stream<Path> there = Files.list(surroundings)) {
            for (Path path : there.toList()) {
                delete(path);
            }
        }
        project = TestProject.create(surroundings);
        project.directory("docker/pps/ntfy_cache");
        Path outside = Files.createDirectories(surroundings.resolve("outside/empty")).getParent();
        Files.writeString(outside.resolve("keep"), "not yours");
        pristine = project.tree();
    }

    private static void delete(Path top) throws IOException {
        try (Stream<Path> tree = Files.walk(top)) {
            for (Path path : tree.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }

    private Restore.Request request(Path archive) {
        return new Restore.Request(archive, project.root, SourceMap.builtIn(), Selection.ALL, "restore", null, true, true, false, false,
            Duration.ofSeconds(5), "recover");
    }

    /** Looks at the archive in every way there is, and notes what is shown. */
    private void looksOnly(Path archive, List<String> shown) {
        Listing listing = Listing.read(BackupDirectory.of(project.backups), null, LocalDateTime.now(), Listener.SILENT);
        shown.add(listing.toText(text -> text));
        shown.add(JsonText.of(listing.toJson()));
        shown.add(listing.check(7).message());
        Validation validation = Validation.of(archive, SourceMap.builtIn(), false, Listener.SILENT);
        shown.add(validation.toText(text -> text));
        shown.add(JsonText.of(validation.toJson()));
        try {
            Plan plan = new Restore(request(archive), Listener.SILENT).preview();
            PlanReport report = new PlanReport(plan, "left alone", Set.of(), project.root, 1, true);
            shown.add(report.toText(LocalDateTime.now(), true));
            shown.add(JsonText.of(report.toJson()));
        } catch (Failure e) {
            show(e, shown);
            assertEquals(ExitCode.BAD_BACKUP, e.exitCode(), e::getMessage);
        }
    }

    private Failure restore(Path archive, List<String> shown) {
        Listener listener = new TestListener() {
            @Override
            public void info(String message) {
                shown.add(message);
            }

            @Override
            public void warning(String message) {
                shown.add(message);
            }

            @Override
            public void detail(String message) {
                shown.add(message);
            }
        };
        try {
            new Restore(request(archive), listener).run((plan, toStop) ->
                shown.add(new PlanReport(plan, "left alone", Set.of(), project.root, 1, true).toText(LocalDateTime.now(), true)));
            return null;
        } catch (Failure e) {
            show(e, shown);
            return e;
        }
    }

    private static void show(Failure failure, List<String> shown) {
        shown.add(failure.getMessage());
        shown.add(String.valueOf(failure.state()));
        shown.add(String.valueOf(failure.next()));
    }

    private void judge(HostileArchives.Kind kind, Tree before, int exitCode, String shown) throws IOException {
        Tree after = Tree.of(surroundings);
        boolean held = false;
        try {
            judge(kind, before, after, exitCode, shown);
            held = exitCode != 0;
        } finally {
            // What one kind has done must not be held against the next.
            if (!held) {
                newProject();
            }
        }
    }

    private void judge(HostileArchives.Kind kind, Tree before, Tree after, int exitCode, String shown) throws IOException {
        if (exitCode == 0) {
            restored++;
            assertTrue(kind.because() == null, () -> "it was restored, and not refused: " + shown);
            assertHarmless(before, after);
        } else {
            refused++;
            assertAll(
                () -> assertEquals(3, exitCode, shown),
                () -> before.without("project/work").without("project").assertSame(after.without("project/work").without("project"), shown),
                () -> pristine.assertSame(project.tree(), shown),
                () -> assertTrue(leftovers().isEmpty(), () -> "left behind: " + leftovers()),
                () -> assertTrue(kind.because() == null || shown.contains(kind.because()), () -> "refused for another reason than '"
                    + kind.because() + "': " + shown));
        }
    }

    /** Restored or not: nothing outside of the sources, nothing of theirs that their patterns do not mean, and no bits that rule others. */
    private void assertHarmless(Tree before, Tree after) throws IOException {
        before.without("project").assertSame(after.without("project"), "outside of the project");
        List<String> places = List.of("entities", "docker/pps/chromadb_data", "docker/pps/neo4j_data", "haven/data", "work");
        Tree now = project.everything();
        withoutAll(pristine, places).withoutDirectoryTimes().assertSame(withoutAll(now, places).withoutDirectoryTimes(), "beside the sources");
        for (String path : pristine.entries().keySet()) {
            if (path.matches(".*/(sketch.txt|notes.txt|picture.png|drafts/c.md|_template.*|\\.entity_token)")) {
                assertEquals(pristine.at(path), now.at(path), path);
            }
        }
        assertNotEquals(pristine.at("entities/lyra/identity.md"), now.at("entities/lyra/identity.md"), "it was not restored");
        assertEquals(List.of(), project.rows("entities/lyra/data/conversations.db").stream().filter(row -> !row.equals("room")).toList());
        now.entries().forEach((path, entry) -> assertTrue(entry.mode() < 01000, path));
        try (Stream<Path> entities = Files.list(project.root.resolve("entities"))) {
            for (Path entity : entities.toList()) {
                assertFalse(entity.getFileName().toString().startsWith(".") || Files.isSymbolicLink(entity), entity.toString());
            }
        }
    }

    private static Tree withoutAll(Tree tree, List<String> tops) {
        Tree left = tree;
        for (String top : tops) {
            left = left.without(top);
        }
        return left;
    }

    /** What a refused restore has left in its own place, but for the lock and safety backups of earlier restores. */
    private List<String> leftovers() {
        Path own = project.root.resolve("work/pps_backup");
        if (!Files.exists(own, LinkOption.NOFOLLOW_LINKS)) {
            return List.of();
        }
        try (Stream<Path> children = Files.list(own)) {
            return children.map(path -> path.getFileName().toString()).filter(name -> !name.equals("lock") && !name.equals("pre_restore_safety"))
                .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void assertSafe(String shown) {
        shown.codePoints().forEach(c -> assertTrue(c == '\n' || c == '\t' || SafeText.isVisible(c),
            () -> String.format("U+%04X is shown as it is, in: %s", c, SafeText.quote(shown))));
    }
}
