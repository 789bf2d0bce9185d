package pps;

//SOURCES BackupDirectory.java
//SOURCES Durable.java
//SOURCES ExitCode.java
//SOURCES Failure.java
//SOURCES Reason.java
//SOURCES SafeText.java

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.temporal.ChronoUnit;
import java.util.function.Function;

/**
 * The mark, beside the safety backups, that the last restore kept nothing of what it replaced: the newest of them is then what an earlier
 * one replaced, and to put that back is no undo. It is made and taken away while the restore's journal is there, which stops an undo, so
 * that no kill leaves a moment in which it is missing.
 */
public final class NotKept {
    private static final String NAME = "not_kept";

    private NotKept() {
    }

    /** Notes that a restore of this archive kept nothing. Where there is no safety backup at all, there is nothing to take for one of it. */
    static void mark(Path projectRoot, String archive) throws IOException {
        if (!BackupDirectory.safetyBackupsOf(projectRoot).newestFirst().isEmpty()) {
            Durable.replace(fileOf(projectRoot), LocalDateTime.now().truncatedTo(ChronoUnit.SECONDS) + "\n" + archive);
        }
    }

    /** Notes that what the last restore replaced is the newest safety backup. */
    static void unmark(Path projectRoot) throws IOException {
        Path file = fileOf(projectRoot);
        Durable.removeUnfinished(file);
        if (Files.deleteIfExists(file)) {
            Durable.syncDirectory(file.getParent());
        }
    }

    /**
     * Returns the safety backup of the last restore. Throws {@link Failure} ({@link ExitCode#BAD_BACKUP}) when there is none, or only ones
     * of earlier restores.
     *
     * @param restoreCommand what to type to restore an archive
     */
    public static Path safetyBackupToUndo(Path projectRoot, Function<Path, String> restoreCommand) {
        BackupDirectory.Backup newest = BackupDirectory.safetyBackupsOf(projectRoot).latest();
        Path mark = fileOf(projectRoot);
        if (!Files.exists(mark, LinkOption.NOFOLLOW_LINKS)) {
            return newest.file();
        }
        throw Failure.of(ExitCode.BAD_BACKUP, "There is nothing to undo: the last restore" + describe(mark)
            + ", kept nothing of what it replaced (--no-safety-backup)").state("Nothing was touched.")
            .next(restoreCommand.apply(newest.file()) + "   puts back what an earlier restore replaced, at "
                + newest.createdAt().toString().replace('T', ' '));
    }

    private static String describe(Path mark) {
        try {
            String[] lines = Files.readString(mark).split("\n", 2);
            return lines.length < 2 ? "" : ", of " + SafeText.quote(lines[1]) + " at " + SafeText.quote(lines[0].replace('T', ' '));
        } catch (IOException e) {
            return " (" + SafeText.quote(mark) + " cannot be read: " + Reason.of(e) + ")";
        }
    }

    private static Path fileOf(Path projectRoot) {
        return BackupDirectory.safetyBackupsOf(projectRoot).path().resolve(NAME);
    }
}
