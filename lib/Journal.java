package pps;

//DEPS com.google.code.gson:gson:2.13.2
//SOURCES Durable.java
//SOURCES Failure.java
//SOURCES JournalText.java
//SOURCES LiveFiles.java
//SOURCES Places.java
//SOURCES Reason.java
//SOURCES SafeText.java
//SOURCES Stack.java
//SOURCES SwapGroup.java

import com.google.gson.JsonParseException;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * What a restore intends and how far it has come, on disk before it happens, so that another process can finish it or take it back after
 * a kill or a power cut. It exists exactly as long as a restore is under way.
 */
final class Journal {
    /** How far a restore has come. */
    enum Phase {
        /** Files are being staged; nothing live was touched. */
        STAGING("while it unpacked the backup", "Live data is as it was before."),
        /** The stack is being stopped or is down; no file was touched. */
        STOPPING("while the stack was stopped", "Live data is as it was before; the stack may be down."),
        /** Files are being swapped; recovery takes the swap back. */
        SWAPPING("while it swapped files", MIXED),
        /** The restored files are live and stay; what is left is the stack's start and the safety backup. */
        COMMITTED("after its files went live", "Live data is the backup's; what was there before is kept aside and not yet packed."),
        /** The restored files stay and the safety backup is complete; what is left is to let the moved files go. */
        PACKED("while it cleaned up", "Live data is the backup's; the safety backup is complete."),
        /** The old files are being put back; recovery goes on with that. */
        ROLLING_BACK("while it put the old files back", MIXED);

        private final String during;
        private final String state;

        Phase(String during, String state) {
            this.during = during;
            this.state = state;
        }
    }

    private static final String MIXED = "Live data may be half old and half new; recovery puts all of the old data back.";
    /** The purpose of a rehearsal, which never touches live data. */
    static final String DRILL = "drill";
    /** The purpose of a backup, which keeps a copy of live data, and may have stopped the stack for it. */
    static final String BACKUP = "backup";

    private static final String NAME = "restore_journal.json";

    private final Path file;
    private final Path root;
    private final Header header;
    private Phase phase;
    private boolean inDoubt;
    private String safetyName;
    private Stack stack;
    private List<SwapGroup> groups = List.of();
    private List<Path> areas = List.of();

    /**
     * What does not change during a restore: {@code composeFile} is null when containers are left alone, {@code archive} the backup's
     * file name, {@code purpose} is {@code restore}, {@code undo}, {@value #DRILL} or {@value #BACKUP}.
     */
    record Header(String id, String purpose, String archive, Path composeFile) {
    }

    private Journal(Path file, Path root, Header header) {
        this.file = file;
        this.root = root;
        this.header = header;
    }

    /** Begins a journal in phase {@link Phase#STAGING}. */
    static Journal begin(Path projectRoot, Header header, List<Path> areas) {
        Journal journal = new Journal(fileOf(projectRoot), LiveFiles.realPath(projectRoot), header);
        journal.areas = List.copyOf(areas);
        try {
            journal.enter(Phase.STAGING);
            return journal;
        } catch (Failure e) {
            journal.end();
            throw e.state("Nothing was touched.");
        }
    }

    /** Returns the journal that an unfinished restore of this project left, or null; where we may not look, there may well be one. */
    static Journal find(Path projectRoot) {
        Path file = fileOf(projectRoot);
        if (Files.notExists(file, LinkOption.NOFOLLOW_LINKS)) {
            return null;
        }
        try {
            JournalText written = JournalText.parse(Files.readString(file));
            refuseAnother(file, written, projectRoot);
            Journal journal = new Journal(file, LiveFiles.realPath(projectRoot), written.header());
            journal.phase = written.phase();
            journal.stack = written.stack();
            journal.safetyName = written.safetyName();
            journal.areas = written.areas();
            journal.groups = written.groups();
            return journal;
        } catch (AccessDeniedException e) {
            throw Failure.of(ExitCode.LOCKED, "Whether a restore of this project was interrupted cannot be seen: " + SafeText.quote(file)
                + ": permission denied").state("Nothing was touched now.").next("Run the same command as the user who restored it before, or as root.")
                .because(e);
        } catch (IOException | JsonParseException e) {
            throw Failure.of(ExitCode.LOCKED, "The journal of an interrupted restore cannot be read: " + SafeText.quote(file) + " ("
                + Reason.of(e) + ")").state("Live data may be half old and half new; nothing was touched now.")
                .next("Keep the directories restore_* beside it: they hold your files. Ask for help with that file at hand.").because(e);
        }
    }

    /** The paths in a journal are absolute: in a copy of the project they would lead to the files of the one that was copied. */
    private static void refuseAnother(Path file, JournalText written, Path projectRoot) {
        Path area = written.areas().get(0);
        Path root = written.root() != null ? written.root() : area;
        if (!area.startsWith(Places.home(projectRoot)) || written.root() != null && !root.equals(LiveFiles.realPath(projectRoot))) {
            throw Failure.of(ExitCode.LOCKED, "The journal " + SafeText.quote(file) + " is of a restore in another place, " + SafeText.quote(root))
                .state("Nothing was touched now.")
                .next("If this is a copy of that project, recover that one, and copy it again. If it was moved here, move it back and recover it there.");
        }
    }

    /**
     * Throws {@link Failure} ({@link ExitCode#LOCKED}) when a restore of this project was interrupted and has to be recovered first; also
     * when it had touched nothing yet, so that its owner reads once what state things are in. A drill has nothing to recover, and a backup
     * only when it may have left the stack down.
     */
    static void requireNone(Path projectRoot, String recoverCommand) {
        Journal left = find(projectRoot);
        if (left != null && !left.header.purpose().equals(DRILL) && !(left.isBackup() && left.phase == Phase.STAGING)) {
            throw Failure.of(ExitCode.LOCKED, left.describe()).state(left.state()).next(recoverCommand);
        }
    }

    /** Tells whether a restore of this project has left a journal, or a piece of one that it was writing when it was killed. */
    static boolean isLeft(Path projectRoot) {
        Path file = fileOf(projectRoot);
        return !Files.notExists(file, LinkOption.NOFOLLOW_LINKS) || Durable.isUnfinished(file);
    }

    /** Removes what a kill can leave of the very writing of a journal; whoever holds the lock knows that nobody writes one now. */
    static void removeUnfinishedWrite(Path projectRoot) {
        Path file = fileOf(projectRoot);
        try {
            Durable.removeUnfinished(file);
        } catch (IOException e) {
            throw Failure.of(ExitCode.FAILED, "Cannot delete what is left of " + SafeText.quote(file) + ": " + Reason.of(e)).because(e);
        }
    }

    private boolean isBackup() {
        return header.purpose().equals(BACKUP);
    }

    /** Returns in a sentence that a restore was interrupted, and which. */
    String describe() {
        if (isBackup()) {
            return "A backup was interrupted" + (phase == Phase.STAGING ? "" : " while the stack was stopped");
        }
        return "A " + header.purpose() + " of " + SafeText.quote(header.archive()) + " was interrupted " + phase.during;
    }

    /** Returns in a sentence what state live data is in. */
    String state() {
        return phase == Phase.STAGING && isBackup()
            ? "Live data is as it was before; no backup was written, unless one of that time is there." : phase.state;
    }

    /** Goes on to the next phase; it is on disk when this returns. When it throws, this journal is in the phase before. */
    void enter(Phase next) {
        try {
            // Until this has returned, the file may say the one or the other.
            inDoubt = true;
            Durable.replace(file, new JournalText(root, header, next, safetyName, stack, groups, areas).toJson());
            inDoubt = false;
            phase = next;
        } catch (IOException e) {
            throw Failure.of(ExitCode.FAILED, "Cannot write the journal " + SafeText.quote(file) + ": " + Reason.of(e)).because(e);
        }
    }

    /**
     * Makes sure that a recovery would put the old files back, before the first of them is. In the middle of the swap the journal says so
     * already, and a full disk, where nothing can be written, must not keep us from going back.
     */
    void enterRollBack(Path projectRoot) {
        if (phase == Phase.SWAPPING && !inDoubt) {
            return;
        }
        try {
            enter(Phase.ROLLING_BACK);
        } catch (Failure e) {
            Journal written = find(projectRoot);
            if (written == null || written.phase != Phase.SWAPPING && written.phase != Phase.ROLLING_BACK) {
                throw e;
            }
        }
    }

    /** Notes a further directory that files are going to be staged in, and makes it; it is on disk when this returns. */
    void addArea(Path area) {
        if (!areas.contains(area)) {
            List<Path> more = new ArrayList<>(areas);
            more.add(area);
            areas = List.copyOf(more);
            enter(phase);
            Places.makeArea(area);
        }
    }

    /** Notes how the stack was before it is stopped; written with the next phase. */
    void stack(Stack before) {
        // The restore itself then knows no more of it than a recovery would.
        stack = Stack.fromJson(before.toJson());
    }

    /** Notes the name of the safety backup that this restore leaves, so that it leaves one; written with the next phase. */
    void safetyName(String name) {
        safetyName = name;
    }

    /** Notes the renames of the swap, none when they were taken back; written with the next phase. */
    void groups(List<SwapGroup> swap) {
        groups = List.copyOf(swap);
    }

    /**
     * Lets the file say no more that a swap has begun, where it may say so of one that has not: what the swap would have moved is deleted
     * next, and a recovery would look for it in vain.
     */
    void forgetSwapInDoubt() {
        if (!inDoubt) {
            return;
        }
        groups = List.of();
        try {
            enter(phase);
        } catch (Failure e) {
            // The file is deleted next; where it cannot be, whoever tries to says so.
            return;
        }
    }

    /** Ends the journal: the restore is complete, or completely taken back. */
    void end() {
        try {
            Durable.removeUnfinished(file);
            Files.deleteIfExists(file);
            inDoubt = false;
            Durable.syncDirectory(file.getParent());
        } catch (IOException e) {
            throw Failure.of(ExitCode.FAILED, "Cannot delete the journal " + SafeText.quote(file) + ": " + Reason.of(e)).because(e);
        }
    }

    /** Returns how far the restore has come. */
    Phase phase() {
        return phase;
    }

    /** Returns the name of the safety backup, or null when none is wanted, or nothing was swapped yet. */
    String safetyName() {
        return safetyName;
    }

    /** Returns what does not change during the restore. */
    Header header() {
        return header;
    }

    /** Returns how the stack was before it was stopped, or null when containers were left alone. */
    Stack stack() {
        return stack;
    }

    /** Returns the renames of the swap, in their order. */
    List<SwapGroup> groups() {
        return groups;
    }

    /** Returns the directories that hold staged and moved files. */
    List<Path> areas() {
        return areas;
    }

    private static Path fileOf(Path projectRoot) {
        return Places.home(projectRoot).resolve(NAME);
    }
}
