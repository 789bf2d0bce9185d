package pps;

//DEPS org.junit.jupiter:junit-jupiter:5.14.4
//SOURCES ../lib/LiveFiles.java ../lib/Presence.java

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("What is there")
class PresenceTest {
    @TempDir
    private Path directory;

    @Test
    @DisplayName("is told from what is not: no such name, a link that leads nowhere, a name below a file")
    void absent() throws IOException {
        Path file = Files.writeString(directory.resolve("file"), "");
        Path link = Files.createSymbolicLink(directory.resolve("link"), Path.of("nowhere"));
        Path place = Files.createSymbolicLink(directory.resolve("place"), directory);
        assertTrue(Presence.isThere(file) && Presence.isThere(link) && Presence.isThere(place));
        assertTrue(Presence.isDirectory(directory) && Presence.isDirectory(place));
        assertFalse(Presence.isDirectory(file) || Presence.isDirectory(link) || Presence.isDirectory(directory.resolve("gone")));
        for (String name : new String[] {"gone", "gone/deeper", "file/below", "file/below/deeper", "link/below"}) {
            assertFalse(Presence.isThere(directory.resolve(name)), name);
            assertFalse(Presence.isDirectory(directory.resolve(name)), name);
        }
    }

    @Test
    @DisplayName("is not told from what is not when the file system gives no answer, and that is a failure with the name and the reason")
    void noAnswer() {
        Path path = directory.resolve("x".repeat(300));
        for (Failure failure : new Failure[] {assertThrows(Failure.class, () -> Presence.isThere(path)),
            assertThrows(Failure.class, () -> Presence.isDirectory(path)), assertThrows(Failure.class, () -> LiveFiles.realPath(path))}) {
            assertEquals("Cannot look at " + path + ": File name too long", failure.getMessage());
        }
    }
}
