package pps;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

//SOURCES KillProject.java
//SOURCES Points.java
//SOURCES Strace.java

/** Archives hold private conversations and tokens: nobody else may read what a restore writes, not even for a moment, and nothing is told. */
@Timeout(value = 1, unit = TimeUnit.HOURS)
class SecretsTest {
    private static final String SECRET = "xyzzy-plugh-never-to-be-seen";
    /** What a call gives a new file or directory, before the umask. */
    private static final Pattern MADE = Pattern.compile("\"([^\"]*/work/pps_backup/[^\"]*)\".*, 0([0-7]{3})\\b");

    @TempDir
    static Path directory;
    private static KillProject template;

    @BeforeAll
    static void makeTemplate() {
        Strace.require();
        template = KillProject.create(directory);
    }

    @Test
    @DisplayName("journals, staging and safety backups are the owner's alone from their first byte, whatever the umask")
    void modes() {
        TestProject project = template.copy();
        Path log = directory.resolve("modes.strace");
        List<String> command = new ArrayList<>(List.of("sh", "-c", "umask 000; exec \"$@\"", "sh"));
        command.addAll(KillProject.restoreCommand(project, "--yes", "--latest"));
        Scripts.Result result = Scripts.with().runCommand(Strace.recording(log, command));
        assertEquals(0, result.exitCode(), result::toString);
        int files = 0;
        int directories = 0;
        for (Strace.Call call : Strace.changesBelow(log, List.of(project.root.resolve("work")))) {
            Matcher made = MADE.matcher(call.text());
            if (!made.find()) {
                continue;
            }
            String path = project.root.relativize(Path.of(made.group(1))).toString();
            if (call.kind().startsWith("open") && call.text().contains("O_CREAT")) {
                assertEquals("600", made.group(2), call::toString);
                files++;
            } else if (call.kind().startsWith("mkdir") && !call.text().contains("EEXIST")) {
                // The directories of a taken file are mirrored with their own modes, below a private one.
                assertTrue(made.group(2).equals("700") || path.contains("/moved/"), call::toString);
                directories++;
            }
        }
        assertTrue(files > 15 && directories > 10, files + " files and " + directories + " directories");
        for (Map.Entry<String, Tree.Entry> left : Tree.of(project.root.resolve("work/pps_backup")).entries().entrySet()) {
            assertEquals(left.getValue().kind() == 'd' ? 0700 : 0600, left.getValue().mode(), left.getKey());
        }
        Points.report("new files and directories whose mode was looked at", files + directories, -1, Map.of());
        KillProject.remove(project);
    }

    @Test
    @DisplayName("nothing of the content of files, databases, tokens or .env is told, in success or failure, as text or JSON")
    void nothingIsTold() throws IOException {
        TestProject project = template.copy();
        project.write("pps/docker/.env", "NEO4J_PASSWORD=" + SECRET + "\n");
        project.write("pps/docker/docker-compose.yml", "services: {web: {image: x, environment: {P: \"" + SECRET + "\"}}}\n");
        for (String file : List.of("identity.md", ".entity_token", "crystals/current/crystal_002.md", "data/newer.db")) {
            project.write("entities/lyra/" + file, SECRET);
        }
        Path good = archive(project, 1, "", false);
        Path damaged = archive(project, 2, "SQLite format 3\0" + SECRET.repeat(300), false);
        Path torn = archive(project, 3, "", true);
        Path work = project.root.resolve("work/pps_backup");
        List<String[]> runs = new ArrayList<>();
        for (Path archive : List.of(good, damaged, torn)) {
            for (String how : List.of("--dry-run", "--drill", "--yes")) {
                runs.add(new String[] {"restore_pps", "--no-containers", how, "--backup", archive.toString(), "--allow-shrink"});
            }
            runs.add(new String[] {"validate_backup", archive.toString()});
        }
        runs.add(new String[] {"restore_pps", "--latest", "--yes"});
        runs.add(new String[] {"restore_pps", "--latest", "--dry-run"});
        runs.add(new String[] {"restore_pps", "--undo", "--yes", "--no-containers"});
        runs.add(new String[] {"restore_pps", "--recover", "--no-containers"});
        runs.add(new String[] {"list_backups"});
        int outputs = 0;
        Map<String, Integer> codes = new java.util.TreeMap<>();
        for (String[] run : runs) {
            List<String> arguments = new ArrayList<>(List.of(run).subList(1, run.length));
            arguments.addAll(List.of("--verbose", "--project-root", project.root.toString(), "--backup-dir", project.backups.toString()));
            if (outputs++ % 2 == 0) {
                arguments.add("--json");
            }
            Scripts.Result result = Scripts.run(run[0], arguments.toArray(String[]::new));
            assertFalse((result.stdout() + result.stderr()).contains("xyzzy"), () -> run[0] + arguments + result);
            codes.merge("exit code " + result.exitCode(), 1, Integer::sum);
        }
        try (var walk = Files.walk(work)) {
            for (Path file : walk.filter(path -> path.toString().endsWith(".json")).toList()) {
                assertFalse(new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1).contains("xyzzy"), file.toString());
            }
        }
        assertTrue(codes.keySet().containsAll(List.of("exit code 0", "exit code 1", "exit code 3")), codes.toString());
        Points.report("outputs searched for secrets", outputs, outputs, codes);
        KillProject.remove(project);
    }

    private static Path archive(TestProject project, int day, String database, boolean cut) throws IOException {
        Path archive = new TestTar(TestTar.Style.PYTHON).file("sqlite/conversations.db", database.getBytes(StandardCharsets.ISO_8859_1))
            .file("entity_identity/identity.md", SECRET).file("entity_identity/.entity_token", SECRET).file("crystals/a.md", SECRET)
            .file("word_photos/a.md", SECRET.repeat(100)).gzip(project.backups.resolve("pps_backup_2026050" + day + "_040000.tar.gz"));
        if (cut) {
            byte[] all = Files.readAllBytes(archive);
            Files.write(archive, java.util.Arrays.copyOf(all, all.length * 2 / 3));
        }
        return archive;
    }
}
