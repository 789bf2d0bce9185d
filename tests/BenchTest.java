package pps;

//DEPS org.junit.jupiter:junit-jupiter:5.14.4
//SOURCES Checkout.java Scripts.java ../bench/run_bench.java

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
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** run_bench on very little data: that it measures, compares and prints; the numbers mean nothing here. */
@DisplayName("The bench")
class BenchTest {
    private static final String BEGIN = "<!-- what run_bench.java printed begins here -->\n";
    private static final String END = "<!-- what run_bench.java printed ends here -->\n";

    @TempDir
    private Path directory;
    private Path work;

    @BeforeEach
    void createWork() throws IOException {
        work = Files.createDirectory(directory.resolve("w o r k"));
    }

    private Scripts.Result bench(Scripts scripts, String... more) {
        List<String> arguments = new ArrayList<>(List.of("--scale", "0.01", "--runs", "1", "--data", "small", "--only", "restore-plain",
            "--work", work.toString()));
        arguments.addAll(Arrays.asList(more));
        return scripts.env("JAVA_HOME", System.getenv("JAVA_HOME")).env("JBANG_DIR", System.getenv("JBANG_DIR")).in(Checkout.root())
            .runScript("run_bench", arguments.toArray(String[]::new));
    }

    private List<String> left() throws IOException {
        try (Stream<Path> files = Files.walk(work)) {
            return files.filter(Files::isRegularFile).map(Path::toString).toList();
        }
    }

    @Test
    @DisplayName("prints a table of ours beside tar, with what it depends on, puts it between the marks of a document, and leaves nothing behind")
    void table() throws IOException {
        Path document = Files.writeString(directory.resolve("document.md"), "before\n" + BEGIN + "old\n" + END + "after\n");
        Scripts.Result result = bench(Scripts.with(), "--peers", "tar", "--into", document.toString());
        assertAll(
            () -> assertEquals(0, result.exitCode(), result::toString),
            () -> assertTrue(result.stdout().matches("(?s)- Machine: .*\\d cores.*\n- Peers: GNU tar [\\d.]+\n.*\n- Data at 0\\.01 of its size\\.\n.*"), result::toString),
            () -> assertTrue(result.stdout().matches("(?s).*\n\\| ours +\\| \\d+\\.\\d\\d \\(.*\n\\| tar -xzf \\| \\d+\\.\\d\\d \\(\\d.*\\) +\\| 1 \\(baseline\\) .*"),
                result::toString),
            () -> assertTrue(result.stderr().contains("ours, warm-up") && result.stderr().contains("tar -xzf, run 1 of 1"), result::toString),
            () -> assertEquals("before\n" + BEGIN + "\n" + result.stdout() + "\n" + END + "after\n", Files.readString(document)),
            () -> assertEquals(List.of(), left()));
    }

    @Test
    @DisplayName("fails when a tool restores something else than it was given, names the file, and prints no table")
    void wrongResult() throws IOException {
        Path bin = Files.createDirectory(directory.resolve("bin"));
        Path tar = Files.writeString(bin.resolve("tar"), """
            #!/bin/sh
            PATH=${PATH#*:}
            tar "$@" || exit
            case $1 in -x*) for last; do :; done; printf X | dd of="$last/crystals/2020/crystal_00000.md" conv=notrunc status=none; esac
            """);
        assertTrue(tar.toFile().setExecutable(true));
        Scripts.Result result = bench(Scripts.with().env("PATH", bin + ":" + System.getenv("PATH")), "--peers", "tar");
        assertAll(
            () -> assertEquals(1, result.exitCode(), result::toString),
            () -> assertTrue(result.stderr().contains("Error: A wrong result of tar -xzf: crystals/2020/crystal_00000.md "), result::toString),
            () -> assertEquals("", result.stdout()),
            () -> assertEquals(List.of(), left()));
    }

    @Test
    @DisplayName("knows its parts, data sets and tools: another one is wrong usage that lists them; docs/BENCHMARKS.md has the two marks")
    void usage() throws IOException {
        for (List<String> wrong : List.of(List.of("--only", "restores", "restore-indexed"), List.of("--data", "huge", "standard"),
            List.of("--peers", "zip", "pigz"))) {
            Scripts.Result result = Scripts.with().in(Checkout.root()).runScript("run_bench", wrong.get(0), wrong.get(1));
            assertEquals(2, result.exitCode(), result::toString);
            assertTrue(result.stderr().lines().findFirst().orElse("").contains(wrong.get(2)), result::toString);
        }
        String document = Files.readString(Checkout.root().resolve("docs/BENCHMARKS.md"));
        assertFalse(document.indexOf(BEGIN) < 0 || document.indexOf(END) < document.indexOf(BEGIN), "the two marks, in their order");
    }
}
