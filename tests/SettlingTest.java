package pps;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

//DEPS org.junit.jupiter:junit-jupiter:5.14.4
//SOURCES ../lib/Settling.java

@DisplayName("What is done with staged files beside the reading")
class SettlingTest {
    @TempDir
    private Path directory;
    private Path scratch;
    private Settling settling;

    @BeforeEach
    void begin() {
        scratch = directory.resolve("scratch");
        settling = new Settling(scratch, Listener.SILENT);
    }

    @Test
    @DisplayName("has databases opened, and no other files")
    void databases() throws IOException {
        Path bad = Files.writeString(directory.resolve("bad.db"), "no database");
        Path other = Files.writeString(directory.resolve("notes.md"), "notes");
        try (Settling open = settling) {
            settling.take(bad, Files.size(bad), true);
            settling.take(other, Files.size(other), false);
            assertEquals(Optional.of("is not a SQLite database"), settling.problem(bad, false));
            assertTrue(settling.opens(bad));
            assertFalse(settling.opens(other));
        }
        assertFalse(Files.exists(scratch));
    }

    @ParameterizedTest(name = "of {0} files, one that cannot be brought to the disk is named")
    @ValueSource(ints = {1, 199, 201})
    void sync(int files) throws IOException {
        try (Settling open = settling) {
            for (int i = 0; i < files; i++) {
                settling.take(Files.writeString(directory.resolve("file" + i), "x"), 1, false);
            }
            settling.sync();
            Path gone = directory.resolve("gone");
            settling.take(gone, 1L << 40, false);
            Failure failure = assertThrows(Failure.class, settling::sync);
            assertTrue(failure.getMessage().contains(gone.toString()), failure.getMessage());
            assertEquals(ExitCode.FAILED, failure.exitCode());
        }
    }

    @ParameterizedTest(name = "{0} {1} says when data could not be written by syncfs: {2}")
    @CsvSource({"Linux,6.1.0-18-amd64,true", "Linux,5.8.0,true", "Linux,5.15.90.1-microsoft-standard-WSL2,true", "Linux,5.4.0-200-generic,false",
        "Linux,4.19.0,false", "Linux,unknown,false", "Mac OS X,14.5,false"})
    void syncfs(String system, String version, boolean reports) {
        assertEquals(reports, Durable.syncfsReports(system, version));
    }
}
