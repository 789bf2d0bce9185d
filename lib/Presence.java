package pps;

//SOURCES Failure.java
//SOURCES Reason.java
//SOURCES SafeText.java

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;

/**
 * Whether something is there. Java's own {@code exists} also says no where one may not look, or where the disk fails, and what is only
 * closed to this user would count as lost. Here that is a {@link Failure}.
 */
final class Presence {
    private Presence() {
    }

    /** Tells whether there is anything of this name; a symbolic link is, wherever it leads. */
    static boolean isThere(Path path) {
        return look(path, LinkOption.NOFOLLOW_LINKS) != null;
    }

    /** Tells whether a directory is there, itself or behind a symbolic link. */
    static boolean isDirectory(Path path) {
        BasicFileAttributes there = look(path);
        return there != null && there.isDirectory();
    }

    private static BasicFileAttributes look(Path path, LinkOption... options) {
        try {
            return Files.readAttributes(path, BasicFileAttributes.class, options);
        } catch (NoSuchFileException absent) {
            return null;
        } catch (IOException e) {
            if (isBelowFile(path)) {
                return null;
            }
            throw cannotLook(path, e);
        }
    }

    private static boolean isBelowFile(Path path) {
        Path nearest = nearest(path.toAbsolutePath().getParent());
        return nearest != null && !Files.isDirectory(nearest);
    }

    /** Returns the failure to look at a file, the one that the exception names or this one, with what to do about a lack of permission. */
    static Failure cannotLook(Path place, IOException e) {
        String file = e instanceof FileSystemException named && named.getFile() != null ? named.getFile() : place.toString();
        Failure failure = Failure.of(ExitCode.FAILED, "Cannot look at " + SafeText.quote(file) + ": " + Reason.of(e)).state("Nothing was touched.")
            .because(e);
        Path closed = e instanceof AccessDeniedException ? nearest(Path.of(file).toAbsolutePath()) : null;
        return closed == null ? failure
            : failure.next("Run it as root, or let this user into " + SafeText.quote(closed) + owner(closed) + ".");
    }

    /** Returns the last part of a path that can be seen, or null. */
    private static Path nearest(Path path) {
        Path up = path;
        while (up != null && !Files.exists(up, LinkOption.NOFOLLOW_LINKS)) {
            up = up.getParent();
        }
        return up;
    }

    private static String owner(Path path) {
        try {
            return ", which belongs to " + SafeText.quote(Files.getOwner(path, LinkOption.NOFOLLOW_LINKS).getName());
        } catch (IOException e) {
            // It has gone since: then its owner does not matter.
            return "";
        }
    }
}
