package pps;

//SOURCES Archived.java
//SOURCES Durable.java
//SOURCES Failure.java
//SOURCES FileFacts.java
//SOURCES Listener.java
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
 * Copies files with their owner, mode and time, and looks before and after whether they changed meanwhile. The JDK copies inside the
 * kernel, and shares the blocks where it and the file system can.
 */
final class SteadyCopy {
    private static final int MOST_TRIES = 4;
    private static final long PAUSE_MILLISECONDS = 50;

    private final boolean live;
    private final Listener listener;
    private final List<String> unsteady = new ArrayList<>();

    /** @param live whether a running stack may write and remove the files; without one, a file that has gone is a failure */
    SteadyCopy(boolean live, Listener listener) {
        this.live = live;
        this.listener = listener;
    }

    /** Copies a file, or a symbolic link as such, again if it changed meanwhile; returns false when the running stack has removed it. */
    boolean copy(Path from, Path to) throws IOException {
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
                    return true;
                }
            } catch (NoSuchFileException gone) {
                if (!live) {
                    throw gone;
                }
                Files.deleteIfExists(to);
                listener.detail("'" + SafeText.quote(from) + "' was removed by the running stack meanwhile");
                return false;
            }
            listener.detail("'" + SafeText.quote(from) + "' changed while it was read");
            pause(PAUSE_MILLISECONDS * attempt);
        }
        unsteady.add("'" + SafeText.quote(from) + "' changed each of the " + MOST_TRIES
            + " times that it was read: the backup may hold a mixture");
        return true;
    }

    /** Returns what changed each time that it was read, in sentences. */
    List<String> unsteady() {
        return List.copyOf(unsteady);
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
