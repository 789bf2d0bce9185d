package pps;

//SOURCES Archived.java
//SOURCES Durable.java
//SOURCES ExitCode.java
//SOURCES Failure.java
//SOURCES FileFacts.java
//SOURCES SafeText.java

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;

/**
 * Copies files with their owner, mode and time, and looks before and after whether they changed meanwhile. Several threads may copy at
 * once.
 */
final class SteadyCopy {
    private static final int MOST_TRIES = 4;
    private static final long PAUSE_MILLISECONDS = 50;

    private final boolean live;

    /**
     * What has become of a file: whether it is {@code there} or the running stack has removed it, and, in sentences, what happened on the
     * way, and that it never held still ({@code unsteady}, or null).
     */
    record Copied(boolean there, String unsteady, List<String> details) {
    }

    /** @param live whether a running stack may write and remove the files; without one, a file that has gone is a failure */
    SteadyCopy(boolean live) {
        this.live = live;
    }

    /** Copies a file, or a symbolic link as such, again if it changed meanwhile. */
    Copied copy(Path from, Path to) throws IOException {
        List<String> details = new ArrayList<>();
        Durable.createPrivateDirectories(to.getParent());
        for (int attempt = 1; attempt <= MOST_TRIES; attempt++) {
            try {
                FileFacts before = FileFacts.of(from);
                if (live) {
                    letTimePass(before);
                }
                Files.copy(from, to, StandardCopyOption.COPY_ATTRIBUTES, StandardCopyOption.REPLACE_EXISTING, LinkOption.NOFOLLOW_LINKS);
                if (before.kind() == Archived.Kind.FILE) {
                    // The JDK copies the time without its nanoseconds.
                    Files.setLastModifiedTime(to, before.modified());
                }
                if (before.equals(FileFacts.of(from)) && FileFacts.of(to).size() == before.size()) {
                    return new Copied(true, null, details);
                }
            } catch (NoSuchFileException gone) {
                if (!live) {
                    throw gone;
                }
                Files.deleteIfExists(to);
                details.add("'" + SafeText.quote(from) + "' was removed by the running stack meanwhile");
                return new Copied(false, null, details);
            }
            details.add("'" + SafeText.quote(from) + "' changed while it was read");
            pause(PAUSE_MILLISECONDS * attempt);
        }
        return new Copied(true, "'" + SafeText.quote(from) + "' changed each of the " + MOST_TRIES
            + " times that it was read: the backup may hold a mixture", details);
    }

    /** Time stamps come in steps of some milliseconds: of two writes within one step, the second would not be seen. */
    private static void letTimePass(FileFacts facts) {
        if (Math.abs(System.currentTimeMillis() - facts.modified().toMillis()) < PAUSE_MILLISECONDS) {
            pause(PAUSE_MILLISECONDS);
        }
    }

    private static void pause(long milliseconds) {
        try {
            Thread.sleep(milliseconds);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw Failure.of(ExitCode.DECLINED, "Interrupted").because(e);
        }
    }
}
