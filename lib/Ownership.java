package pps;

//SOURCES Archived.java
//SOURCES CountText.java
//SOURCES FileFacts.java
//SOURCES Listener.java
//SOURCES SafeText.java

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermission;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/**
 * Gives files the owner, group, mode and time that an archive records, and reads them back. Owners are numbers: what counts is whether
 * the user inside a container may read the file, and names mean other numbers there. Without root only some owners can be given; what
 * could not be is collected, and said once.
 */
final class Ownership {
    private static final PosixFilePermission[] BITS = {
        PosixFilePermission.OTHERS_EXECUTE, PosixFilePermission.OTHERS_WRITE, PosixFilePermission.OTHERS_READ,
        PosixFilePermission.GROUP_EXECUTE, PosixFilePermission.GROUP_WRITE, PosixFilePermission.GROUP_READ,
        PosixFilePermission.OWNER_EXECUTE, PosixFilePermission.OWNER_WRITE, PosixFilePermission.OWNER_READ};
    /** The coarsest time stamps that a file system in use has (FAT), in milliseconds. */
    private static final long COARSEST_TIME = 2000;

    private final Map<String, Integer> ownersNotGiven = new TreeMap<>();
    private int modesNotKept;
    private int timesNotKept;

    /** Applies owner, group, mode and time to a file, a directory or a symbolic link (which has no mode of its own). */
    void apply(Path file, long uid, long gid, int mode, FileTime modified, boolean symlink) throws IOException {
        if (!symlink) {
            // A symbolic link has no mode, and the JDK has no call that sets its own time; nothing reads it.
            Files.setPosixFilePermissions(file, permissions(mode));
            if (modified != null) {
                // Before 1970 the JDK takes whole seconds only; anything else it would turn into 1970.
                Files.setLastModifiedTime(file, modified.toMillis() < 0
                    ? FileTime.from(Math.floorDiv(modified.toMillis(), 1000), TimeUnit.SECONDS) : modified);
            }
        }
        FileFacts facts = FileFacts.of(file);
        if (facts.uid() != uid || facts.gid() != gid) {
            giveOwner(file, facts, uid, gid);
        }
        if (!symlink && facts.mode() != mode) {
            modesNotKept++;
        }
        if (!symlink && modified != null && Math.abs(facts.modified().toMillis() - modified.toMillis()) > COARSEST_TIME) {
            timesNotKept++;
        }
    }

    /** Says, once for all files, what this file system or this user could not do. */
    void report(Listener listener) {
        ownersNotGiven.forEach((owner, files) -> listener.warning(CountText.of(files, "file") + " should belong to " + owner + " (user:group), which only root can give "
            + (files == 1 ? "it; it belongs" : "them; they belong") + " to you. Run as root to restore owners."));
        if (modesNotKept > 0) {
            listener.warning(CountText.of(modesNotKept, "file did not take its", "files did not take their") + " permissions on this file system");
        }
        if (timesNotKept > 0) {
            listener.warning(CountText.of(timesNotKept, "file did not take its", "files did not take their") + " modification time on this file system");
        }
    }

    /** Gives a directory that was there before its old time back, as far as its owner is who we are: nobody else can, and nothing is lost by it. */
    static void giveTime(Path directory, FileTime time) throws IOException {
        try {
            Files.setLastModifiedTime(directory, time);
        } catch (FileSystemException e) {
            if (Files.getOwner(directory).getName().equals(System.getProperty("user.name"))) {
                throw e;
            }
        }
    }

    private void giveOwner(Path file, FileFacts now, long uid, long gid) throws IOException {
        try {
            if (now.gid() != gid) {
                Files.setAttribute(file, "unix:gid", (int) gid, LinkOption.NOFOLLOW_LINKS);
            }
            if (now.uid() != uid) {
                Files.setAttribute(file, "unix:uid", (int) uid, LinkOption.NOFOLLOW_LINKS);
            }
        } catch (FileSystemException e) {
            FileFacts after = FileFacts.of(file);
            if (after.uid() != uid || after.gid() != gid) {
                ownersNotGiven.merge(uid + ":" + gid, 1, Integer::sum);
            }
        }
    }

    /** Returns the permissions in their Java form. */
    static Set<PosixFilePermission> permissions(int mode) {
        Set<PosixFilePermission> permissions = EnumSet.noneOf(PosixFilePermission.class);
        for (int i = 0; i < BITS.length; i++) {
            if ((mode & (1 << i)) != 0) {
                permissions.add(BITS[i]);
            }
        }
        return permissions;
    }
}
