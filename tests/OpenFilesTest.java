package pps;

//DEPS org.junit.jupiter:junit-jupiter:5.14.4
//SOURCES ../lib/OpenFiles.java

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("Files that a swap moves away and a process has open")
class OpenFilesTest {
    @TempDir
    private Path live;

    @BeforeEach
    void needsProc() {
        assumeTrue(Files.isDirectory(Path.of("/proc/self/fdinfo")), "needs Linux's /proc");
    }

    private SwapGroup taking(String... paths) {
        return new SwapGroup("data", "data", true, true, List.of(), List.of(), List.of(), live, live.resolve("staged"), live.resolve("moved"),
            List.of(paths), List.of(), List.of(), List.of(), Map.of());
    }

    /** A shell that has a file open and says so; it ends with its standard input. */
    private static Process holding(String redirection, Path file) throws IOException {
        Process shell = new ProcessBuilder("sh", "-c", "exec 3" + redirection + "\"$0\"; echo ready; read end", file.toString()).start();
        BufferedReader out = shell.inputReader();
        assertEquals("ready", out.readLine());
        return shell;
    }

    private Optional<OpenFiles.Writer> writer(String redirection, Path file, SwapGroup... groups) throws IOException, InterruptedException {
        Process shell = holding(redirection, file);
        try {
            Optional<OpenFiles.Writer> found = OpenFiles.writerOf(List.of(groups));
            found.ifPresent(one -> assertEquals(shell.pid(), one.pid()));
            return found;
        } finally {
            shell.getOutputStream().close();
            shell.waitFor();
        }
    }

    @Test
    @DisplayName("for writing are told, with the process and the file's own place, in a source of single files and in a whole directory")
    void writing() throws IOException, InterruptedException {
        Path file = Files.writeString(live.resolve("a.db"), "a");
        Path below = Files.writeString(Files.createDirectories(live.resolve("x/y")).resolve("b.bin"), "b");
        OpenFiles.Writer writer = writer("<>", file, taking("b.md"), taking("a.db")).orElseThrow();
        assertEquals(file, writer.file());
        assertTrue(writer.words().matches("process \\d+ \\((sh|dash|bash|busybox)\\)"), writer::words);
        assertEquals(below, writer(">>", below, taking("")).orElseThrow().file());
        Path link = Files.createSymbolicLink(live.resolve("link.db"), file);
        assertEquals(link, writer(">>", file, taking("link.db")).orElseThrow().file(), "a link leads to it");
    }

    @Test
    @DisplayName("only for reading, or that stay where they are, are nobody's business")
    void reading() throws IOException, InterruptedException {
        Path file = Files.writeString(live.resolve("a.db"), "a");
        Path other = Files.writeString(live.resolve("b.db"), "b");
        Files.createSymbolicLink(live.resolve("nowhere"), Path.of("gone"));
        Files.createSymbolicLink(live.resolve("circle"), Path.of("circle"));
        assertEquals(Optional.empty(), writer("<", file, taking("a.db")));
        assertEquals(Optional.empty(), writer(">>", other, taking("a.db"), taking("nowhere"), taking("circle")));
    }

    @Test
    @DisplayName("are not known where there is no /proc, and nothing is said")
    void elsewhere() throws IOException {
        Files.writeString(live.resolve("a.db"), "a");
        assertEquals(Optional.empty(), new OpenFiles(live.resolve("no proc")).find(List.of(taking("a.db"))));
    }
}
