package pps;

//DEPS org.apache.commons:commons-compress:1.28.0
//SOURCES Archived.java
//SOURCES Failure.java
//SOURCES Reason.java
//SOURCES SafeText.java
//SOURCES TarTail.java

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;

/**
 * What the entries of an archive may be. An archive is a stranger's word about files: a name in it must not lead out of its source, and
 * nothing in it may be of a kind that a backup of files never holds. One instance follows one archive from its first entry to its last.
 */
final class ArchiveRules {
    /**
     * More entries than this do not fit the time and memory that a check may take: each may become a file before the last one is read.
     * The largest project measured has 100,000.
     */
    static final int MOST_ENTRIES = 300_000;
    /** Six for each entity and three for all; what is worked out for each source with each other one must not take for ever. */
    static final int MOST_SOURCES = 300;
    /** Headers (long names, PAX records) of one entry longer than this are an attack on memory, not a backup; in bytes. */
    private static final long MOST_HEADER_BYTES = 1 << 20;
    private static final int LONGEST_PART = 255;
    private static final int LONGEST_NAME = 4096;
    private static final int MOST_PARTS = 100;
    private static final int MOST_LINK_STEPS = 40;
    /** Characters of the names of all entries and of the directories they lie in: they are kept in memory while an archive is read. */
    private static final long MOST_NAMES = 48L << 20;
    private static final long MOST_LINK_WORK = 256L << 20;
    private static final FileTime EARLIEST = FileTime.from(Instant.parse("0001-01-01T00:00:00Z"));
    private static final FileTime LATEST = FileTime.from(Instant.parse("9999-12-31T00:00:00Z"));

    private final Map<String, Archived> byName = new HashMap<>();
    private final Set<String> parents = new HashSet<>();
    private final Set<String> sources = new HashSet<>();
    private boolean linksLeadAnywhere;
    private long names;
    private long linkWork;

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
        if (parts.size() > MOST_PARTS) {
            throw refused(name.substring(0, 60) + "...", "it lies more than " + MOST_PARTS + " directories deep");
        }
        return parts;
    }

    /** Reads the next header, or null at the end. Throws {@link IOException} for one that is damaged, too long, or no text. */
    static TarArchiveEntry next(TarArchiveInputStream tar, TarTail tail) throws IOException {
        tail.beginHeader(MOST_HEADER_BYTES);
        TarArchiveEntry entry;
        try {
            entry = tar.getNextEntry();
        } catch (RuntimeException e) {
            // The library answers some malformed headers with unchecked exceptions; for the owner of the archive it is damage all the same.
            throw new IOException("a header is malformed (" + Reason.of(e) + ")", e);
        }
        tail.endHeader();
        if (entry == null) {
            return null;
        }
        if (!entry.isCheckSumOK()) {
            throw refused(entry.getName(), "its header is damaged (wrong checksum)");
        }
        requireText(entry.getName(), tail);
        requireText(entry.getLinkName(), tail);
        return entry;
    }

    /** Refuses a name in which the library has put question marks for what was no text: it would be restored under another name. */
    private static void requireText(String name, TarTail tail) throws Refused {
        if (name.indexOf('?') < 0) {
            return;
        }
        String whole = name.endsWith("/") ? name.substring(0, name.length() - 1) : name;
        boolean there = tail.headerHolds(whole);
        // Old headers have long names in two halves.
        for (int slash = whole.indexOf('/'); slash >= 0 && !there; slash = whole.indexOf('/', slash + 1)) {
            there = tail.headerHolds(whole.substring(0, slash)) && tail.headerHolds(whole.substring(slash + 1));
        }
        if (!there) {
            throw refused(name, "its name is not valid UTF-8 text");
        }
    }

    /** Returns the kind of an entry, or refuses it. A hard link is a file here; whether it may be one, {@link #hardLinkTarget} tells. */
    static Archived.Kind kind(TarArchiveEntry entry) throws Refused {
        if (entry.isSparse() || entry.isGNUSparse() || entry.isPaxGNUSparse()) {
            throw refused(entry.getName(), "sparse entries are not supported");
        }
        Archived.Kind kind = switch (entry.getLinkFlag()) {
            case TarConstants.LF_NORMAL, TarConstants.LF_OLDNORM, TarConstants.LF_CONTIG -> Archived.Kind.FILE;
            case TarConstants.LF_LINK -> Archived.Kind.FILE;
            case TarConstants.LF_SYMLINK -> Archived.Kind.SYMLINK;
            case TarConstants.LF_DIR -> Archived.Kind.DIRECTORY;
            case TarConstants.LF_FIFO -> throw refused(entry.getName(), "it is a fifo");
            case TarConstants.LF_CHR, TarConstants.LF_BLK -> throw refused(entry.getName(), "it is a device");
            default -> throw refused(entry.getName(), "it is of an unknown kind");
        };
        if ((kind != Archived.Kind.FILE || entry.isLink()) && entry.getSize() > 0) {
            throw refused(entry.getName(), "it has content and is no file");
        }
        if (kind != Archived.Kind.DIRECTORY && entry.getName().endsWith("/")) {
            throw refused(entry.getName(), "its name is a directory's and it is none");
        }
        return kind;
    }

    /** Refuses owners, sizes and times that no file has. */
    static void checkNumbers(TarArchiveEntry entry) throws Refused {
        if (entry.getSize() < 0) {
            throw refused(entry.getName(), "its size is negative");
        }
        if (entry.getLongUserId() < 0 || entry.getLongUserId() > Integer.MAX_VALUE || entry.getLongGroupId() < 0
            || entry.getLongGroupId() > Integer.MAX_VALUE) {
            throw refused(entry.getName(), "its owner is not a possible one");
        }
        if (entry.getLastModifiedTime().compareTo(EARLIEST) < 0 || entry.getLastModifiedTime().compareTo(LATEST) > 0) {
            throw refused(entry.getName(), "its time is not a possible one");
        }
    }

    /** Refuses an entry that {@link #add} would refuse, and forgets it again. */
    void check(Archived entry) throws Refused {
        add(entry);
        byName.remove(entry.name());
        names -= entry.name().length();
    }

    /** Takes the next entry, or refuses it as a duplicate, or as being above or below something that is no directory. */
    void add(Archived entry) throws Refused {
        String name = entry.name();
        if (byName.size() >= MOST_ENTRIES) {
            throw new Refused("it has more than " + MOST_ENTRIES + " entries");
        }
        if (sources.add(entry.source()) && sources.size() > MOST_SOURCES) {
            throw new Refused("it has more than " + MOST_SOURCES + " sources");
        }
        if (byName.putIfAbsent(name, entry) != null) {
            throw refused(name, "it is there twice");
        }
        names += name.length();
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
            names += parent.length();
        }
        if (names > MOST_NAMES) {
            throw new Refused("the names of its entries have more than " + MOST_NAMES + " characters");
        }
    }

    /** Lets symbolic links lead anywhere, in circles too: they are put back as they were found. Nothing may lie below one all the same. */
    void letLinksLeadAnywhere() {
        linksLeadAnywhere = true;
    }

    /** Refuses a symbolic link whose target is none at all, before it is made anywhere; where it leads, {@link #checkLinks} tells. */
    void checkTarget(String name, String target) throws Refused {
        if (target == null || target.isEmpty() || target.startsWith("/") && !linksLeadAnywhere || target.indexOf('\0') >= 0 || target.indexOf('\uFFFD') >= 0
            || target.length() > LONGEST_NAME) {
            String shown = target == null ? "" : target.substring(0, Math.min(target.length(), 200));
            throw refused(name, "it is a symbolic link out of its source, to '" + SafeText.quote(shown) + "'");
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
            if (entry.kind() == Archived.Kind.SYMLINK && !linksLeadAnywhere) {
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
            if (at.size() > MOST_PARTS) {
                throw refused(link.name(), "it is a symbolic link more than " + MOST_PARTS + " directories deep");
            }
            String name = link.source() + "/" + String.join("/", at);
            linkWork += name.length();
            if (linkWork > MOST_LINK_WORK) {
                throw new Refused("its symbolic links lead over too many steps");
            }
            Archived there = byName.get(name);
            if (there != null && there.kind() == Archived.Kind.SYMLINK) {
                at.removeLast();
                steps = push(ahead, link, there.linkTarget(), steps);
            }
        }
    }

    private int push(Deque<String> ahead, Archived link, String target, int steps) throws Refused {
        checkTarget(link.name(), target);
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
