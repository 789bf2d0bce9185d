package pps;

//SOURCES ArchiveWriter.java
//SOURCES BackupDirectory.java
//SOURCES BackupPlan.java
//SOURCES CommandText.java
//SOURCES Contents.java
//SOURCES Failure.java
//SOURCES Listener.java
//SOURCES Manifest.java
//SOURCES Reason.java
//SOURCES SafeText.java
//SOURCES SnapshotDatabases.java

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What is kept when a critical database turns out to be damaged. A damaged database is often the first that is seen of a dying disk: then
 * the other files of today are worth having, and so is the database itself, for whoever repairs it. But nothing that a restore would
 * refuse may be called a backup, be the latest, or take an older one's place. So it is packed under a name that no tool takes for a
 * backup; a restore reads it when it is named with its path. Only the newest is kept.
 */
final class DamagedBackup {
    /** The word for it in the manifest. */
    static final String KIND = "damaged";

    private static final String PREFIX = "pps_damaged_";
    private static final Pattern NAME = Pattern.compile(PREFIX + "\\d{8}_\\d{6}\\.tar\\.gz");

    private DamagedBackup() {
    }

    /** Packs what there is, and returns the failure that says so. */
    static Failure write(BackupPlan plan, List<SnapshotDatabases.Damaged> damaged, Manifest manifest, List<ArchiveWriter.Item> items, Listener listener) {
        String what = damaged.stream().map(one -> "'" + SafeText.quote(one.name()) + "' " + one.problem())
            .collect(Collectors.joining("; "));
        Path directory = plan.target().getParent();
        Path target = freeName(directory, plan.time());
        Contents contents = ArchiveWriter.write(target, manifest, items, listener);
        removeOlder(directory, target, listener);
        String sources = damaged.stream().map(one -> SafeText.quote(one.source().name())).distinct().collect(Collectors.joining(" "));
        return Failure.of(ExitCode.FAILED, "The live project is damaged: " + what)
            .state("All that there is was packed into " + SafeText.quote(contents.archive()) + ", which is not named as a backup.")
            .next("Put the last good one back: " + CommandText.of("restore_pps.java", "--latest", "--only") + " " + sources
                + "   or, after a repair of your own, back up again");
    }

    private static Path freeName(Path directory, LocalDateTime time) {
        Path name = directory.resolve(PREFIX + BackupDirectory.stamp(time) + ".tar.gz");
        return Files.exists(name) ? freeName(directory, time.plusSeconds(1)) : name;
    }

    private static void removeOlder(Path directory, Path newest, Listener listener) {
        try (Stream<Path> files = Files.list(directory)) {
            for (Path file : files.filter(file -> NAME.matcher(file.getFileName().toString()).matches() && !file.equals(newest)).toList()) {
                Files.delete(file);
            }
        } catch (IOException e) {
            listener.warning("Cannot delete an older " + PREFIX + "* in " + SafeText.quote(directory) + ": " + Reason.of(e));
        }
    }
}
