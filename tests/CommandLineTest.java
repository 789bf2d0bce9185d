package pps;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

//SOURCES Checkout.java
//SOURCES Scripts.java
//SOURCES TestProject.java
//SOURCES TestTar.java
//SOURCES Tree.java
//SOURCES ../lib/ExitCode.java
//SOURCES ../lib/Version.java

class CommandLineTest {
    private static final Pattern OPTION = Pattern.compile("(?m)^ {2,6}(?:(-\\w), )?(--[a-z-]+)");
    private static final String COMMON = "## Options of every script\n";

    /** Returns the scripts of this checkout. */
    static List<String> scripts() throws IOException {
        try (Stream<Path> files = Files.list(Checkout.root())) {
            return files.map(file -> file.getFileName().toString()).filter(name -> name.endsWith(".java"))
                .map(name -> name.replace(".java", "")).sorted().toList();
        }
    }

    private static Set<String> optionsIn(String help) {
        Set<String> options = new TreeSet<>();
        OPTION.matcher(help).results().forEach(option -> options.add(option.group(2)));
        return options;
    }

    private static String section(String document, String heading) {
        int start = document.indexOf(heading);
        if (start < 0) {
            return "";
        }
        int end = document.indexOf("\n## ", start + 1);
        return document.substring(start, end < 0 ? document.length() : end);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("scripts")
    @DisplayName("--help has a synopsis, options, every exit code and examples; each option is in the quick reference")
    void help(String script) throws IOException {
        Scripts.Result help = Scripts.run(script, "--help");
        assertEquals(0, help.exitCode(), help::toString);
        assertEquals("", help.stderr());
        String text = help.stdout();
        assertTrue(text.startsWith("SYNOPSIS\n  jbang " + script + ".java "), help::toString);
        assertAll(Stream.of("\nOPTIONS\n", "\nEXIT STATUS\n", "\nEXAMPLES\n  jbang " + script + ".java")
            .map(part -> () -> assertTrue(text.contains(part), part)));
        String reference = Files.readString(Checkout.root().resolve("docs/QUICK_REFERENCE.md"));
        for (ExitCode code : ExitCode.values()) {
            assertTrue(text.matches("(?s).*\n {2}" + code.number() + " +" + Pattern.quote(code.meaning()) + "\n.*"), code + " is missing: " + help);
            assertTrue(reference.contains("| " + code.number() + " | " + code.meaning() + " |"), code + " is not in docs/QUICK_REFERENCE.md");
        }
        Set<String> options = optionsIn(text);
        assertTrue(options.containsAll(List.of("--backup-dir", "--project-root", "--help", "--version")), options::toString);
        assertEquals(!script.equals("demo_pps"), options.contains("--json"), options::toString);
        String documented = section(reference, COMMON) + section(reference, "\n## " + script + ".java");
        assertEquals(List.of(), options.stream().filter(option -> !documented.matches("(?s).*`" + option + "[` ].*")).toList(),
            "not in the section '" + script + ".java' of docs/QUICK_REFERENCE.md");
    }

    @Test
    @DisplayName("the quick reference names no option that its script does not have")
    void noInventedOptions() throws IOException {
        String reference = Files.readString(Checkout.root().resolve("docs/QUICK_REFERENCE.md"));
        for (String script : scripts()) {
            Set<String> documented = new TreeSet<>();
            Pattern.compile("(?m)^\\| (?:`-\\w`, )?`(--[a-z-]+)").matcher(section(reference, "\n## " + script + ".java")).results()
                .forEach(option -> documented.add(option.group(1)));
            documented.removeAll(optionsIn(Scripts.run(script, "--help").stdout()));
            assertEquals(Set.of(), documented, script);
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("scripts")
    @DisplayName("the examples of --help work when they are pasted into a shell")
    void examples(String script, @TempDir Path directory) throws IOException {
        TestProject project = TestProject.create(directory).entity("caia").settle();
        Path home = Files.createDirectories(directory.resolve("home/awareness_backups")).getParent();
        for (String fixture : List.of(TestProject.FEBRUARY, TestProject.AUGUST)) {
            Files.copy(TestProject.fixtures().resolve(fixture), home.resolve("awareness_backups").resolve(fixture));
        }
        Path temporary = Files.createDirectory(directory.resolve("tmp"));
        // What "jbang X.java ARGUMENTS" does, with the answers and the Docker engine that a test does not have.
        List<String> java = new ArrayList<>(Scripts.command("X"));
        java.remove("X");
        java.add("-Djava.io.tmpdir=" + temporary);
        Path jbang = Files.createDirectory(directory.resolve("bin")).resolve("jbang");
        Files.writeString(jbang, "#!/bin/sh\nscript=${1%.java}; shift\ncase \"$script $*\" in\n"
            + "  restore_pps*--list*|restore_pps*--no-containers*) ;;\n  restore_pps*) set -- \"$@\" --yes --no-containers --allow-shrink ;;\n"
            + "  backup_pps*--no-containers*|backup_pps*--no-stop*) ;;\n  backup_pps*) set -- \"$@\" --no-containers ;;\nesac\n"
            + "exec '" + String.join("' '", java) + "' \"$script\" \"$@\"\n");
        TestProject.mode(jbang, "rwxr-xr-x");
        String help = Scripts.run(script, "--help").stdout();
        List<String> examples = help.substring(help.indexOf("\nEXAMPLES\n") + 10).lines().map(String::strip).filter(line -> !line.isEmpty()).toList();
        assertTrue(examples.size() >= 2, help);
        for (String example : examples) {
            String line = example.replace("/mnt/nas/pps", "'" + home.resolve("awareness_backups") + "'").replace("/tmp/look", "'" + directory.resolve("look") + "'");
            Scripts.Result result = Scripts.with().env("HOME", home.toString()).env("PATH", jbang.getParent() + ":" + System.getenv("PATH"))
                .in(project.root.resolve("entities")).runCommand(List.of("sh", "-c", line));
            assertTrue(result.exitCode() == 0 || example.contains("--strict") && result.exitCode() == 3, () -> example + "\n" + result);
        }
    }

    @ParameterizedTest(name = "{0} {1}")
    @CsvSource({
        "restore_pps, --latest --dry-rum, Unknown option: '--dry-rum', --dry-run",
        "restore_pps, --latets, '--latets', --latest",
        "restore_pps, --dry-run, Missing required argument, --latest",
        "restore_pps, --latest --undo, mutually exclusive, --undo",
        "restore_pps, --latest --health-timeout soon, Invalid value for option '--health-timeout', soon",
        "restore_pps, --latest --health-timeout 0, --health-timeout is a positive number of seconds, not 0",
        "restore_pps, --latest --only, Missing required parameter, --only",
        "list_backups, pps_backup.tar.gz, Unmatched argument, pps_backup.tar.gz",
        "list_backups, --check --max-age -1, --max-age is a number of days, not -1",
        "validate_backup, --stric, --stric, --strict",
    })
    @DisplayName("wrong usage is exit code 2, says what is wrong and how to find help, and touches nothing")
    void wrongUsage(String script, String arguments, String what, String suggestion, @TempDir Path directory) {
        TestProject project = TestProject.create(directory);
        Tree before = Tree.of(project.root);
        Scripts.Result result = Scripts.with().in(project.root).runScript(script, arguments.split(" "));
        assertEquals(2, result.exitCode(), result::toString);
        assertEquals("", result.stdout());
        assertTrue(result.stderr().startsWith("Error: ") && !result.stderr().startsWith("Error: Error"), result::toString);
        assertTrue(result.stderr().contains(what) && result.stderr().contains(suggestion), result::toString);
        assertTrue(result.stderr().contains(script + ".java --help") || result.stderr().contains(", not "), result::toString);
        assertTrue(result.stderr().lines().count() <= 6, () -> "the whole help hides what is wrong: " + result);
        before.assertSame(Tree.of(project.root), result);
    }

    @Test
    @DisplayName("without a project root, a restore says where it looked and how to name one")
    void noProjectRoot() {
        Scripts.Result result = Scripts.run("restore_pps", "--latest", "--dry-run");
        assertEquals(2, result.exitCode(), result::toString);
        assertTrue(result.stderr().contains("No project root: "), result::toString);
        assertTrue(result.stderr().contains("--project-root DIR, or PPS_ROOT"), result::toString);
        Scripts.Result notThere = Scripts.with().env("PPS_ROOT", "/does/not/exist").runScript("restore_pps", "--latest", "--dry-run");
        assertEquals(2, notThere.exitCode(), notThere::toString);
        assertTrue(notThere.stderr().contains("The project root /does/not/exist is not a directory"), notThere::toString);
        assertTrue(notThere.stderr().contains("Next:  mkdir -p /does/not/exist "), notThere::toString);
        Scripts.Result file = Scripts.with().env("PPS_ROOT", "/etc/passwd").runScript("restore_pps", "--latest", "--dry-run");
        assertTrue(file.stderr().contains("Next:  Name the directory: --project-root DIR, or PPS_ROOT\n"), file::toString);
    }

    @Test
    @DisplayName("the project root is found upwards of the current directory, and the environment names it and the backups")
    void findsTheProject(@TempDir Path directory) {
        TestProject project = TestProject.create(directory);
        project.backUp("pps_backup_20260301_000000.tar.gz");
        Scripts.Result inside = Scripts.with().in(project.root.resolve("entities/lyra/data")).env("PPS_BACKUP_DIR", project.backups.toString())
            .runScript("restore_pps", "--latest", "--dry-run", "--no-containers");
        assertEquals(0, inside.exitCode(), inside::toString);
        assertTrue(inside.stdout().contains("Project  " + project.root + "\n"), inside::toString);
        Scripts.Result outside = Scripts.with().env("PPS_ROOT", project.root.toString()).env("PPS_BACKUP_DIR", project.backups.toString())
            .runScript("restore_pps", "--latest", "--dry-run", "--no-containers");
        assertEquals(0, outside.exitCode(), outside::toString);
    }

    @Test
    @DisplayName("what is proposed to be typed begins with the launcher that the script was started with, and can be typed")
    void proposals(@TempDir Path directory) throws IOException {
        Path backups = Files.createDirectory(directory.resolve("it's here"));
        for (String called : List.of("", "./jbang", "/opt/my tools/jbang")) {
            Scripts.Result help = Scripts.with().env("PPS_RESTORE_CALLED", called).runScript("list_backups", "--chek");
            String shown = called.isEmpty() ? "jbang" : called.contains(" ") ? "'" + called + "'" : called;
            assertTrue(help.stderr().contains("   " + shown + " list_backups.java --help   shows"), help::toString);
        }
        Scripts.Result none = Scripts.run("validate_backup", "x.tar.gz", "--backup-dir", backups.toString());
        assertTrue(none.stderr().contains("Next:  jbang list_backups.java --backup-dir '" + directory + "/it'\\\\''s here'   shows"), none::toString);
    }

    @Test
    @DisplayName("--version is one line, the same for every script")
    void version() throws IOException {
        Set<String> versions = new TreeSet<>();
        for (String script : scripts()) {
            versions.add(Scripts.run(script, "--version").stdout());
        }
        assertEquals(Set.of(Version.TOOL + "\n"), versions);
    }

    @Test
    @DisplayName("colour is for terminals, and NO_COLOR and TERM=dumb turn it off")
    void colour() {
        String[] arguments = {"--backup-dir", TestProject.fixtures().toString()};
        assertFalse(Scripts.run("list_backups", arguments).stdout().contains("\u001b"));
        assertTrue(Scripts.runInTerminal(List.of(), "list_backups", arguments).stdout().contains("\u001b[1m"));
        for (String[] setting : new String[][] {{"NO_COLOR", "1"}, {"TERM", "dumb"}}) {
            Scripts.Result result = Scripts.with().env(setting[0], setting[1]).runScriptInTerminal(List.of(), "list_backups", arguments);
            assertFalse(result.stdout().contains("\u001b"), result::toString);
        }
        assertFalse(Scripts.run("list_backups", "--backup-dir", "/does/not/exist").stderr().contains("\u001b"));
    }

    @Test
    @DisplayName("a closed stdout, as by head, ends a script quietly")
    void closedStdout() {
        String fixtures = TestProject.fixtures().toString();
        String listing = "'" + String.join("' '", Scripts.command("list_backups", "--json", "--backup-dir", fixtures)) + "'";
        Scripts.Result head = Scripts.with().runCommand(List.of("bash", "-c", listing + " | head -1; exit ${PIPESTATUS[1]}"));
        assertEquals(0, head.exitCode(), head::toString);
        assertEquals("{\n", head.stdout());
        assertEquals("", head.stderr());
        Scripts.Result gone = Scripts.with().runCommand(List.of("bash", "-c", listing + " | true; exit ${PIPESTATUS[0]}"));
        assertEquals("", gone.stderr());
        Scripts.Result full = Scripts.with().runCommand(List.of("bash", "-c", listing + " > /dev/full"));
        assertTrue(full.stderr().contains("The results could not be written: No space left on device"), full::toString);
    }

    @Test
    @DisplayName("in a locale without UTF-8, names that it cannot spell are an error that says so, with nothing touched")
    void plainLocale(@TempDir Path directory) throws IOException {
        TestProject project = TestProject.create(directory);
        project.write("entities/lyra/crystals/current/мысль.md", "in the backup");
        project.backUp("pps_backup_20260301_000000.tar.gz");
        Tree before = project.everything();
        for (String[] arguments : List.of(new String[] {"--latest", "--yes"}, new String[] {"--latest", "--dry-run"})) {
            Scripts.Result result = Scripts.with().env("LANG", null).env("LC_ALL", "C").runScript("restore_pps", project.arguments(arguments));
            assertEquals(1, result.exitCode(), result::toString);
            assertTrue(result.stderr().contains("LC_ALL=C.UTF-8"), result::toString);
            assertTrue(result.stderr().contains("Nothing was touched."), result::toString);
            before.assertSame(project.everything(), result);
        }
        // Where such names are only listed, they need not be spelled.
        Scripts.Result valid = Scripts.with().env("LANG", null).env("LC_ALL", "C").runScript("validate_backup", "--backup-dir", project.backups.toString());
        assertEquals(0, valid.exitCode(), valid::toString);
        project.delete("entities/lyra/crystals/current/мысль.md");
        project.restored("--latest");
        assertTrue(Files.exists(project.root.resolve("entities/lyra/crystals/current/мысль.md")));
    }

    @Test
    @DisplayName("in a locale without UTF-8, a live file or a directory on the command line is named in the error, with what to type")
    void plainLocaleLive(@TempDir Path directory) {
        TestProject project = TestProject.create(directory);
        project.backUp("pps_backup_20260301_000000.tar.gz");
        Path file = project.write("entities/lyra/crystals/current/Ünï–日本.md", "not in the backup");
        Scripts plain = Scripts.with().env("LANG", null).env("LC_ALL", "C");
        for (String how : List.of("--dry-run", "--drill", "--yes")) {
            Scripts.Result result = plain.runScript("restore_pps", project.arguments("--latest", how));
            assertEquals(1, result.exitCode(), result::toString);
            assertTrue(result.stderr().contains("Error: The name '" + file + "' is not possible in this locale.\nState: Nothing was touched.\n"
                + "Next:  export LC_ALL=C.UTF-8   and try again"), result::toString);
        }
        Scripts.Result backup = plain.runScript("backup_pps", "--no-containers", "--project-root",
            project.root.toString(), "--backup-dir", project.backups.toString());
        assertEquals(1, backup.exitCode(), backup::toString);
        assertTrue(backup.stderr().contains("'" + file + "' is not possible in this locale.\n"), backup::toString);
        for (String[] arguments : new String[][] {{"--latest", "--backup-dir", "/tmp/bäck"}, {"--backup", "/tmp/bäck.tar.gz"}}) {
            Scripts.Result result = plain.in(project.root).runScript("restore_pps", arguments);
            assertEquals(arguments.length == 3 ? 2 : 1, result.exitCode(), result::toString);
            assertTrue(result.stderr().matches("(?s)Error: .*[Tt]he name '/tmp/b.*ck.*' is not possible in this locale\\.\n.*"
                + "Next:  export LC_ALL=C.UTF-8   and try again\n"), result::toString);
            assertFalse(result.stderr().contains("Exception") || result.stderr().contains("efect"), result::toString);
        }
    }

    @Test
    @DisplayName("names of files cannot drive the terminal: control characters are shown as escapes")
    void hostileNames(@TempDir Path directory) {
        TestProject project = TestProject.create(directory);
        project.backUp("pps_backup_20260301_000000.tar.gz");
        project.write("entities/lyra/crystals/current/\u001b]0;owned\u0007\nError: forged.md", "x");
        Scripts.Result result = project.restore("--latest", "--dry-run");
        assertEquals(0, result.exitCode(), result::toString);
        assertTrue(result.stdout().contains("\\x1b]0;owned\\x07\\nError: forged.md"), result::toString);
        assertTrue(Arrays.stream((result.stdout() + result.stderr()).split("\n")).noneMatch(line -> line.startsWith("Error")), result::toString);
    }
}
