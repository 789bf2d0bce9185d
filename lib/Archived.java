package pps;

//SOURCES Fingerprint.java

import java.nio.file.attribute.FileTime;

/**
 * One entry of an archive, read and checked: {@code source} and {@code path} are the two halves of its name, {@code size} is in bytes,
 * {@code mode} holds the nine permission bits only, {@code content} says what is in a file and is null for what has no content. A hard
 * link to an earlier file appears as a file with that file's content.
 */
public record Archived(String source, String path, Kind kind, long size, int mode, long uid, long gid, FileTime modified,
                       String linkTarget, Fingerprint content) {
    /** What an entry is; archives with anything else in them are refused. */
    public enum Kind {
        /** A regular file. */
        FILE,
        /** A symbolic link that stays within its source. */
        SYMLINK,
        /** A directory. */
        DIRECTORY
    }

    /** Returns the name in the archive. */
    public String name() {
        return path.isEmpty() ? source : source + "/" + path;
    }

    /** Returns the same entry, now that its content is known. */
    Archived with(Fingerprint read) {
        return new Archived(source, path, kind, size, mode, uid, gid, modified, linkTarget, read);
    }

    /** Tells whether this counts as one of the files of a source (directories do not). */
    public boolean isContent() {
        return kind != Kind.DIRECTORY;
    }
}
