package pps;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

//SOURCES Checkout.java
//SOURCES NotRoot.java
//SOURCES Scripts.java
//SOURCES TestProject.java

/** Tests of {@code ./jbang}, copied into a made-up checkout and mostly with made-up programs on PATH, so that they are quick. */
class LauncherTest {
    private static final String JAR = "jbang-cli-0.132.1-all.jar";
    private static final String JAVA = """
        case $1 in
            -version) echo 'openjdk version "17.0.1" 2021-10-19' >&2 ;;
            *) echo "fake JBang was asked: $*"; exit 3 ;;
        esac
        """;
    private static final String MAVEN = """
        echo downloading noise
        for word; do case $word in -DoutputDirectory=*) echo jar >"${word#*=}/%s" ;; esac; done
        """.formatted(JAR);

    private Path checkout;
    private Path elsewhere;
    private Path bin;

    @BeforeEach
    void makeCheckout(@TempDir Path directory) throws IOException {
        checkout = Files.createDirectories(directory.resolve("check out"));
        elsewhere = Files.createDirectories(directory.resolve("elsewhere"));
        bin = Files.createDirectories(directory.resolve("bin"));
        Files.copy(Checkout.root().resolve("jbang"), checkout.resolve("jbang"));
        Files.copy(Checkout.root().resolve("jbang-catalog.json"), checkout.resolve("jbang-catalog.json"));
        Files.writeString(checkout.resolve("list_backups.java"), "");
        executable(checkout.resolve("jbang"));
        for (String tool : List.of("cat", "grep", "mkdir", "mv", "readlink", "rm", "sed", "sh")) {
            Files.createSymbolicLink(bin.resolve(tool), onPath(tool));
        }
    }

    @Test
    @DisplayName("arguments, standard input and the exit code pass through, also by symlinks; the script's JVM gets no option of JBang's")
    void passesThrough() throws IOException {
        Path cached = Checkout.root().resolve(".jbang").resolve(JAR);
        if (Files.exists(cached)) {
            Files.createSymbolicLink(Files.createDirectory(checkout.resolve(".jbang")).resolve(JAR), cached);
        }
        Files.writeString(checkout.resolve("show.java"), """
            //JAVA 17+
            class show {
                public static void main(String[] arguments) throws Exception {
                    for (String argument : arguments) {
                        System.out.println("<" + argument + ">");
                    }
                    System.out.println(new String(System.in.readAllBytes()) + System.getenv("PPS_RESTORE_CHECKOUT"));
                    System.out.println(java.lang.management.ManagementFactory.getRuntimeMXBean().getInputArguments());
                    System.exit(42);
                }
            }
            """);
        Files.createSymbolicLink(elsewhere.resolve("first"), Path.of("../check out/jbang"));
        Files.createSymbolicLink(elsewhere.resolve("second"), elsewhere.resolve("first"));

        Scripts.Result result = real().env("LANG", null).env("JBANG_DIR", elsewhere.resolve("jbang-dir").toString())
            .stdin("typed ").runCommand(
                List.of("./second", "show.java", "a b", "it's", "\"$HOME\"", "`id`", "two\nlines\n", "*", "", "é"));

        assertAll(
            () -> assertEquals(42, result.exitCode(), result::toString),
            () -> assertEquals("<a b>\n<it's>\n<\"$HOME\">\n<`id`>\n<two\nlines\n>\n<*>\n<>\n<é>\ntyped " + checkout.toRealPath() + "\n[]\n",
                result.stdout()));
    }

    @Test
    @DisplayName("two first starts at the same time fetch JBang through Maven, with an empty home, and leave one whole jar")
    void fetchesThroughMaven() throws IOException {
        try (RunningScript other = real().startCommand(launch("version"))) {
            Scripts.Result result = real().runCommand(launch("version"));
            Scripts.Result otherResult = other.result(Duration.ofSeconds(120));
            assertAll(
                () -> assertEquals(0, result.exitCode(), result::toString),
                () -> assertEquals(0, otherResult.exitCode(), otherResult::toString),
                () -> assertTrue(result.stdout().matches("\\d+\\.\\d+\\.\\d+\\R"), result::toString),
                () -> assertFalse(result.stderr().contains("WARNING"), result::toString));
        }
        if (Files.exists(checkout.resolve(".jbang"))) {
            assertEquals(List.of(JAR), names(checkout.resolve(".jbang")));
        }
    }

    @Test
    @DisplayName("Maven's noise is hidden, and what it fetched is used the next time without it")
    void hidesMavensNoise() throws IOException {
        program("java", JAVA);
        program("javac", "");
        program("mvn", MAVEN);
        Scripts.Result first = launcher().runCommand(launch("x"));
        program("mvn", "exit 1");
        Scripts.Result second = launcher().runCommand(launch("x"));
        assertAll(
            () -> assertEquals(3, first.exitCode(), first::toString),
            () -> assertTrue(first.stderr().matches("Fetching JBang .*\\R"), first::toString),
            () -> assertEquals(first.stdout(), second.stdout()),
            () -> assertEquals("", second.stderr()));
    }

    @Test
    @DisplayName("when Maven fails, its messages are shown and no half jar is left")
    void showsMavensFailure() throws IOException {
        program("java", JAVA);
        program("javac", "");
        program("mvn", MAVEN + "echo no such host\nexit 1");
        Scripts.Result result = launcher().runCommand(launch("x"));
        assertFailure(result, "no such host\nError: Maven could not fetch JBang", "Try: ");
        assertEquals(List.of(), names(checkout.resolve(".jbang")));
    }

    @Test
    @DisplayName("without Maven it says so")
    void noMaven() throws IOException {
        program("java", JAVA);
        program("javac", "");
        assertFailure(launcher().runCommand(launch("x")), "there is neither jbang nor mvn on PATH", "Try: install Maven");
    }

    @Test
    @DisplayName("without Java it says so")
    void noJava() {
        assertFailure(launcher().runCommand(launch("x")), "no java on PATH", "Try: install a JDK 17");
    }

    @Test
    @DisplayName("a Java that is too old is named, and JAVA_HOME goes before PATH")
    void oldJava() throws IOException {
        program("java", JAVA);
        Path home = Files.createDirectories(elsewhere.resolve("jdk 11/bin")).getParent();
        write(home.resolve("bin/java"), JAVA.replace("17.0.1", "11.0.2"));
        assertFailure(launcher().env("JAVA_HOME", home.toString()).runCommand(launch("x")),
            home + "/bin/java is Java 11, not Java 17 or newer", "Try: set JAVA_HOME");
        assertFailure(launcher().env("JAVA_HOME", "/nowhere").runCommand(launch("x")), "/nowhere/bin/java is not", "Try: set JAVA_HOME");
    }

    @Test
    @DisplayName("a Java without a compiler is refused before JBang downloads another one")
    void noCompiler() throws IOException {
        program("java", JAVA);
        assertFailure(launcher().runCommand(launch("x")), "has no compiler", "Try: install a JDK 17");
    }

    @Test
    @DisplayName("a checkout that cannot be written keeps the jar in JBang's own directory")
    void readOnlyCheckout() throws IOException {
        program("java", JAVA);
        program("javac", "");
        program("mvn", MAVEN);
        Files.writeString(checkout.resolve(".jbang"), "in the way");
        Scripts.Result result = launcher().env("JBANG_DIR", elsewhere.resolve("own").toString()).runCommand(launch("x"));
        assertEquals(3, result.exitCode(), result::toString);
        assertEquals(List.of(JAR), names(elsewhere.resolve("own/pps-restore")));

        Scripts.Result nowhere = launcher().env("JBANG_DIR", "/proc/nowhere").runCommand(launch("x"));
        assertFailure(nowhere, "can be written", "Try: set JBANG_DIR");
    }

    @Test
    @DisplayName("a jbang on PATH is preferred, but never this launcher itself, a link to it, or a copy of it")
    void jbangOnPath() throws IOException {
        Path linked = Files.createDirectory(elsewhere.resolve("linked"));
        Files.createSymbolicLink(linked.resolve("jbang"), checkout.resolve("jbang"));
        Path copied = Files.createDirectory(elsewhere.resolve("copied"));
        Files.copy(checkout.resolve("jbang"), copied.resolve("jbang"));
        executable(copied.resolve("jbang"));
        program("jbang", "echo \"the other jbang: $*\"; exit 9");
        Scripts.Result result = launcher().env("PATH", checkout + ":" + linked + ":" + copied + ":" + bin).runCommand(launch("x", "y z"));
        assertEquals("the other jbang: x y z\n", result.stdout(), result::toString);
        assertEquals(9, result.exitCode());
    }

    @Test
    @DisplayName("a jbang on PATH that only calls this launcher does not make it run in circles")
    void noCircle() throws IOException {
        program("java", JAVA);
        program("javac", "");
        program("mvn", MAVEN);
        program("jbang", "exec '" + checkout.resolve("jbang") + "' \"$@\"");
        Scripts.Result result = launcher().runCommand(launch("x"));
        assertTrue(result.stdout().startsWith("fake JBang was asked: "), result::toString);
    }

    @Test
    @DisplayName("scripts and aliases of the checkout are found from another directory, unless a file there has the name")
    void fromElsewhere() throws IOException {
        program("jbang", "echo \"$*\"");
        Path real = checkout.toRealPath();
        assertEquals(real + "/list_backups.java --json\n", launcher().runCommand(launch("list_backups.java", "--json")).stdout());
        assertEquals("test@" + real + "/jbang-catalog.json A\n", launcher().runCommand(launch("test", "A")).stdout());
        assertEquals("version\n", launcher().runCommand(launch("version")).stdout());
        assertEquals("--verbose x\n", launcher().runCommand(launch("--verbose", "x")).stdout());
        assertEquals("\n", launcher().runCommand(launch()).stdout());
        Files.writeString(elsewhere.resolve("list_backups.java"), "");
        assertEquals("list_backups.java\n", launcher().runCommand(launch("list_backups.java")).stdout());
    }

    @Test
    @DisplayName("Java gets a UTF-8 locale where there is none, and the user's options and no others")
    void environmentForJava() throws IOException {
        program("jbang", "echo \"$PPS_RESTORE_CALLED\"");
        assertEquals(launch("x").get(0) + "\n", launcher().runCommand(launch("x")).stdout(), "what was typed, for messages");
        program("jbang", "echo \"${LC_ALL:-} ${JBANG_JAVA_OPTIONS:-}\"");
        assertEquals("C.UTF-8 \n", launcher().env("LANG", null).runCommand(launch("x")).stdout());
        assertEquals("C.UTF-8 \n", launcher().env("LC_ALL", "C").runCommand(launch("x")).stdout());
        assertEquals(" \n", launcher().env("LANG", "de_DE.utf8").runCommand(launch("x")).stdout());
        assertEquals(" -Xmx99m\n", launcher().env("JBANG_JAVA_OPTIONS", "-Xmx99m").runCommand(launch("x")).stdout());
    }

    @Test
    @DisplayName("JBang is asked about a script of the checkout once, and again as soon as a source, the Java, its settings or a jar is not the same")
    void asksOnce() throws IOException {
        Path asked = elsewhere.resolve("asked");
        Path jar = Files.writeString(elsewhere.resolve("the jar"), "");
        program("the java", "echo \"ran $*\"");
        program("java", "case $1 in -version) echo 'openjdk version \"17.0.1\"' >&2 ;; *) echo asked >>'" + asked + "'; echo \"'" + bin.resolve("the java")
            + "' -classpath '/:" + jar + "' main\"; exit 255 ;; esac");
        program("javac", "");
        program("mvn", MAVEN);
        for (String tool : List.of("env", "find", "sort", "touch", "tr")) {
            Files.createSymbolicLink(bin.resolve(tool), onPath(tool));
        }
        Path source = Files.writeString(Files.createDirectory(checkout.resolve("lib")).resolve("A.java"), "a");
        List<Step> steps = List.of(
            new Step("the first time", true, () -> { }),
            new Step("nothing has changed", false, () -> { }),
            new Step("a source changed", true, () -> Files.writeString(source, "b")),
            new Step("a source was replaced by one with an older time", true, () -> {
                Path other = Files.writeString(elsewhere.resolve("other"), "c");
                Files.setLastModifiedTime(other, FileTime.fromMillis(0));
                Files.move(other, source, StandardCopyOption.REPLACE_EXISTING);
            }),
            new Step("nothing has changed since", false, () -> { }),
            new Step("a source is new", true, () -> Files.writeString(checkout.resolve("lib/B.java"), "")),
            new Step("a source has gone", true, () -> Files.delete(checkout.resolve("lib/B.java"))),
            new Step("the script changed", true, () -> Files.writeString(checkout.resolve("list_backups.java"), "x")),
            new Step("a jar has gone", true, () -> Files.delete(jar)),
            new Step("it is back", false, () -> Files.writeString(jar, "")),
            new Step("nothing has changed in the end", false, () -> { }));
        long times = 0;
        for (Step step : steps) {
            // Times of files come in steps of some milliseconds; nobody edits as fast as this test.
            pause();
            step.change().run();
            pause();
            Scripts.Result result = launcher().runCommand(launch("list_backups.java", "a b", "", "it's"));
            assertEquals("ran -classpath /:" + jar + " main a b  it's\n", result.stdout(), () -> step.when() + " " + result);
            times += step.asks() ? 1 : 0;
            assertEquals(times, Files.readAllLines(asked).size(), step.when());
        }
        launcher().env("JBANG_JAVA_OPTIONS", "-Xmx99m").runCommand(launch("list_backups.java"));
        launcher().env("JBANG_DIR", elsewhere.toString()).runCommand(launch("list_backups.java"));
        assertEquals(times + 2, Files.readAllLines(asked).size(), "other settings");
        assertEquals(List.of("command-list_backups.java", JAR), names(checkout.resolve(".jbang")).stream().sorted().toList());
    }

    @Test
    @DisplayName("a user who may not write beside the jar that another has fetched runs scripts all the same")
    void fetchedByAnother() throws IOException {
        NotRoot.require();
        program("the java", "echo \"ran $*\"");
        program("java", "case $1 in -version) echo 'openjdk version \"17.0.1\"' >&2 ;; *) echo \"'" + bin.resolve("the java") + "' main\"; exit 255 ;; esac");
        program("javac", "");
        program("mvn", MAVEN);
        for (String tool : List.of("env", "find", "sort", "touch", "tr")) {
            Files.createSymbolicLink(bin.resolve(tool), onPath(tool));
        }
        TestProject.mode(checkout.getParent(), "rwxr-xr-x");
        for (List<String> asWhom : List.of(List.<String>of(), NotRoot.COMMAND)) {
            List<String> command = new ArrayList<>(asWhom);
            command.addAll(launch("list_backups.java", "x"));
            Files.deleteIfExists(checkout.resolve(".jbang/command-list_backups.java"));
            Scripts.Result result = launcher().runCommand(command);
            assertEquals("ran main x\n", result.stdout(), result::toString);
        }
    }

    /** What happens before the launcher is started again, and whether it has to ask JBang then. */
    private record Step(String when, boolean asks, Change change) {
        interface Change {
            void run() throws IOException;
        }
    }

    private static void pause() {
        try {
            Thread.sleep(20);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private Scripts launcher() {
        return Scripts.with().in(elsewhere).env("PATH", bin.toString());
    }

    private Scripts real() {
        return Scripts.with().in(elsewhere).env("JAVA_HOME", System.getenv("JAVA_HOME"));
    }

    private List<String> launch(String... arguments) {
        return Stream.concat(Stream.of(checkout.resolve("jbang").toString()), Arrays.stream(arguments)).toList();
    }

    private void program(String name, String lines) throws IOException {
        write(bin.resolve(name), lines);
    }

    private static void write(Path file, String lines) throws IOException {
        Files.writeString(file, "#!/bin/sh\n" + lines + "\n");
        executable(file);
    }

    private static void executable(Path file) throws IOException {
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private static Path onPath(String tool) {
        return Arrays.stream(System.getenv("PATH").split(":")).map(directory -> Path.of(directory, tool)).filter(Files::isExecutable)
            .findFirst().orElseThrow();
    }

    private static List<String> names(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(file -> file.getFileName().toString()).toList();
        }
    }

    private static void assertFailure(Scripts.Result result, String... texts) {
        assertEquals(1, result.exitCode(), result::toString);
        assertEquals("", result.stdout());
        for (String text : texts) {
            assertTrue(result.stderr().contains(text), () -> "no '" + text + "' in " + result);
        }
    }
}
