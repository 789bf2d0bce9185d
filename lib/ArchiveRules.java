package pps;

//DEPS org.apache.commons:commons-compress:1.28.0
//SOURCES Archived.java
//SOURCES Failure.java
//SOURCES SafeText.java

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;

/**
 * What the entries of an archive may be. An archive is a stranger's word about files: a name in it must not lead out of its source, and
 * nothing in it may be of a kind that a backup of files never holds. One instance follows one archive from its first entry to its last.
 */
final class ArchiveRules {
    /** More entries than this do not fit the memory that a check may take; the largest project measured has 100,000. */
    static final int MOST_ENTRIES = 1_000_000;
    private static final int LONGEST_PART = 255;
    private static final int LONGEST_NAME = 4096;
    private static final int MOST_LINK_STEPS = 40;

    private final Map<String, Archived> byName = new HashMap<>();
    private final Set<String> parents = new HashSet<>();

    /** Thrown for an entry that is refused; the message ends up behind the archive's name. */
    static final class Refused extends IOException {
        private static final long serialVersionUID = 1L;

        Refused(String message) {
            super(message);
        }
    }

    /** Returns the parts of an entry's name, without a leading {@code ./}; none for the top directory itself. */
    static List<String> parts(String name) throws Refused {
        if (name.indexOf('\0') >= 0 || name.indexOf('\uFFFD') >= 0) {
            throw refused(name, "its name is not valid UTF-8 text");
        }
        if (name.startsWith("/") || File.separatorChar == '\\' && (name.indexOf('\\') >= 0 || name.indexOf(':') >= 0)) {
            throw refused(name, "its name is absolute");
        }
        if (name.getBytes(StandardCharsets.UTF_8).length > LONGEST_NAME) {
            throw refused(name.substring(0, 60) + "...", "its name is longer than " + LONGEST_NAME + " bytes");
        }
        List<String> parts = new ArrayList<>();
        for (String part : name.split("/", -1)) {
            if (part.equals("..")) {
                throw refused(name, "its name leads out of its source ('..')");
            }
            if (part.getBytes(StandardCharsets.UTF_8).length > LONGEST_PART) {
                throw refused(name, "a part of its name is longer than " + LONGEST_PART + " bytes");
            }
            if (!part.isEmpty() && !part.equals(".")) {
                parts.add(part);
            }
        }
        return parts;
    }

    /** Refuses an entry whose header is not as it was written. */
    static void checkHeader(TarArchiveEntry entry) throws Refused {
        if (!entry.isCheckSumOK()) {
            throw refused(entry.getName(), "its header is damaged (wrong checksum)");
        }
    }

    /** Returns the kind of an entry, or refuses it. A hard link is a file here; whether it may be one, {@link #hardLinkTarget} tells. */
    static Archived.Kind kind(TarArchiveEntry entry) throws Refused {
        if (entry.isSparse() || entry.isGNUSparse() || entry.isPaxGNUSparse()) {
            throw refused(entry.getName(), "sparse entries are not supported");
        }
        if (entry.isSymbolicLink()) {
            return Archived.Kind.SYMLINK;
        }
        if (entry.isDirectory()) {
            return Archived.Kind.DIRECTORY;
        }
        if (entry.isLink() || entry.isFile() && !entry.isCharacterDevice() && !entry.isBlockDevice() && !entry.isFIFO()) {
            return Archived.Kind.FILE;
        }
        throw refused(entry.getName(), entry.isFIFO() ? "it is a fifo" : entry.isCharacterDevice() || entry.isBlockDevice()
            ? "it is a device" : "it is of an unknown kind");
    }

    /** Refuses owners and sizes that no file has. */
    static void checkNumbers(TarArchiveEntry entry) throws Refused {
        if (entry.getSize() < 0) {
            throw refused(entry.getName(), "its size is negative");
        }
        if (entry.getLongUserId() < 0 || entry.getLongUserId() > Integer.MAX_VALUE || entry.getLongGroupId() < 0
            || entry.getLongGroupId() > Integer.MAX_VALUE) {
            throw refused(entry.getName(), "its owner is not a possible one");
        }
    }

    /** Refuses an entry that {@link #add} would refuse, and forgets it again. */
    void check(Archived entry) throws Refused {
        add(entry);
        byName.remove(entry.name());
    }

    /** Takes the next entry, or refuses it as a duplicate, or as being above or below something that is no directory. */
    void add(Archived entry) throws Refused {
        String name = entry.name();
        if (byName.size() >= MOST_ENTRIES) {
            throw new Refused("it has more than " + MOST_ENTRIES + " entries");
        }
        if (byName.putIfAbsent(name, entry) != null) {
            throw refused(name, "it is there twice");
        }
        if (entry.kind() != Archived.Kind.DIRECTORY && parents.contains(name)) {
            throw refused(name, "another entry lies below it, and it is not a directory");
        }
        for (int slash = name.lastIndexOf('/'); slash > 0; slash = name.lastIndexOf('/', slash - 1)) {
            String parent = name.substring(0, slash);
            Archived above = byName.get(parent);
            if (above != null && above.kind() != Archived.Kind.DIRECTORY) {
                throw refused(name, "it lies below '" + SafeText.quote(parent) + "', which is not a directory");
            }
            if (!parents.add(parent)) {
                break;
            }
        }
    }

    /** Returns the earlier file of the same source that a hard link means, or refuses it. */
    Archived hardLinkTarget(String name, String source, String target) throws Refused {
        Archived earlier = byName.get(String.join("/", parts(target)));
        if (earlier == null || earlier.kind() != Archived.Kind.FILE || !earlier.source().equals(source)) {
            throw refused(name, "it is a hard link to '" + SafeText.quote(target) + "', which is not an earlier file of the same source");
        }
        return earlier;
    }

    /** Refuses symbolic links that lead out of their source; to be called when all entries are known, since links may lead over links. */
    void checkLinks() throws Refused {
        for (Archived entry : byName.values()) {
            if (entry.kind() == Archived.Kind.SYMLINK) {
                follow(entry);
            }
        }
    }

    private void follow(Archived link) throws Refused {
        Deque<String> at = new ArrayDeque<>(List.of(link.path().split("/")));
        at.removeLast();
        Deque<String> ahead = new ArrayDeque<>();
        int steps = push(ahead, link, link.linkTarget(), 0);
        while (!ahead.isEmpty()) {
            String part = ahead.removeFirst();
            if (part.isEmpty() || part.equals(".")) {
                continue;
            }
            if (part.equals("..")) {
                if (at.isEmpty()) {
                    throw refused(link.name(), "it is a symbolic link out of its source, to '" + SafeText.quote(link.linkTarget()) + "'");
                }
                at.removeLast();
                continue;
            }
            at.addLast(part);
            Archived there = byName.get(link.source() + "/" + String.join("/", at));
            if (there != null && there.kind() == Archived.Kind.SYMLINK) {
                at.removeLast();
                steps = push(ahead, link, there.linkTarget(), steps);
            }
        }
    }

    private static int push(Deque<String> ahead, Archived link, String target, int steps) throws Refused {
        if (target == null || target.isEmpty() || target.startsWith("/") || target.indexOf('\0') >= 0 || target.indexOf('\uFFFD') >= 0) {
            throw refused(link.name(), "it is a symbolic link out of its source, to '" + SafeText.quote("" + target) + "'");
        }
        if (steps >= MOST_LINK_STEPS) {
            throw refused(link.name(), "it is a symbolic link that leads in a circle");
        }
        String[] parts = target.split("/", -1);
        for (int i = parts.length - 1; i >= 0; i--) {
            ahead.addFirst(parts[i]);
        }
        return steps + 1;
    }

    static Refused refused(String name, String why) {
        return new Refused("entry '" + SafeText.quote(name) + "' is refused: " + why);
    }
}
