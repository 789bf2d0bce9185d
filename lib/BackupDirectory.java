package pps;

//SOURCES CommandText.java
//SOURCES Failure.java
//SOURCES Reason.java
//SOURCES SafeText.java

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.time.format.ResolverStyle;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A directory of archives. When an archive was made is told by its name, never by the file's own time, which every copy changes; files
 * that are not named like an archive are not looked at.
 */
public final class BackupDirectory {
    /** What the names of ordinary backups begin with. */
    public static final String BACKUP = "pps_backup_";
    /** What the names of safety backups begin with. */
    public static final String SAFETY = "pre_restore_safety_";

    private static final Path SAFETY_PLACE = Path.of("work/pps_backup/pre_restore_safety");
    private static final String NAME_IT = "Name the directory that holds your " + BACKUP + "*.tar.gz files: --backup-dir DIR, or PPS_BACKUP_DIR";
    private static final DateTimeFormatter STAMP = DateTimeFormatter.ofPattern("uuuuMMdd_HHmmss").withResolverStyle(ResolverStyle.STRICT);
    private static final Pattern NAME = Pattern.compile("(pps_backup_|pre_restore_safety_)(\\d{8}_\\d{6})\\.tar\\.(gz|zst)");

    /** One archive; {@code createdAt} is local time of the machine that made it. */
    public record Backup(Path file, LocalDateTime createdAt) {
        /** Returns the file's name. */
        public String name() {
            return file.getFileName().toString();
        }
    }

    private final Path directory;
    private final String prefix;

    private BackupDirectory(Path directory, String prefix) {
        this.directory = directory;
        this.prefix = prefix;
    }

    /** Returns the directory's ordinary backups. */
    public static BackupDirectory of(Path directory) {
        return new BackupDirectory(directory, BACKUP);
    }

    /** Returns the safety backups of a project: what its restores moved out of the way. */
    public static BackupDirectory safetyBackupsOf(Path projectRoot) {
        return new BackupDirectory(projectRoot.resolve(SAFETY_PLACE), SAFETY);
    }

    /** Returns the directory itself. */
    public Path path() {
        return directory;
    }

    /** Returns when an archive of this name was made, or empty when it is not the name of an archive. */
    public static Optional<LocalDateTime> timeIn(String fileName) {
        Matcher name = NAME.matcher(fileName);
        if (!name.matches()) {
            return Optional.empty();
        }
        try {
            return Optional.of(LocalDateTime.parse(name.group(2), STAMP));
        } catch (DateTimeParseException e) {
            // Eight and six digits that are no date: somebody's own file, left alone like every other foreign name.
            return Optional.empty();
        }
    }

    /** Returns the name of an archive made at this time, in the form that the original tools know. */
    public static String nameFor(String prefix, LocalDateTime time) {
        return prefix + stamp(time) + ".tar.gz";
    }

    /** Returns the name of an archive in Zstandard frames made at this time. */
    static String zstdNameFor(String prefix, LocalDateTime time) {
        return prefix + stamp(time) + ".tar.zst";
    }

    /** Returns a time in the form that names of archives have it. */
    static String stamp(LocalDateTime time) {
        return STAMP.format(time);
    }

    /** Returns the archives, the newest first; none when the directory does not exist. Throws {@link Failure} when it cannot be read. */
    public List<Backup> newestFirst() {
        if (Files.notExists(directory)) {
            return List.of();
        }
        List<Backup> backups = new ArrayList<>();
        try (Stream<Path> files = Files.list(directory)) {
            files.filter(file -> file.getFileName().toString().startsWith(prefix)).filter(Files::isRegularFile)
                .forEach(file -> timeIn(file.getFileName().toString()).ifPresent(time -> backups.add(new Backup(file, time))));
        } catch (IOException | java.io.UncheckedIOException e) {
            throw Failure.of(ExitCode.BAD_BACKUP, "Cannot list the backup directory " + SafeText.quote(directory) + ": " + Reason.of(e))
                .state("Nothing was touched.").next(e instanceof AccessDeniedException ? "Run the same command as its owner, or as root." : null).because(e);
        }
        backups.sort(Comparator.comparing(Backup::createdAt).thenComparing(Backup::name).reversed());
        return backups;
    }

    /** Tells whether a file is one of these archives, by its name and by where it is; a link that lies there and leads elsewhere is none. */
    boolean holds(Path file) {
        try {
            return file.getFileName().toString().startsWith(prefix) && timeIn(file.getFileName().toString()).isPresent()
                && Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS) && Files.isDirectory(directory)
                && Files.isSameFile(file.toAbsolutePath().getParent(), directory);
        } catch (IOException e) {
            // What cannot be looked at is not known to be one.
            return false;
        }
    }

    /** Tells whether a file is a safety backup of some project, that in whose {@code work} it lies. */
    static boolean isSafetyBackupWhereItLies(Path file) {
        Path parent = file.toAbsolutePath().normalize().getParent();
        return parent.endsWith(SAFETY_PLACE) && new BackupDirectory(parent, SAFETY).holds(file);
    }

    /** Returns the newest archive that is older than this one by its name, or any other when the name tells no time. */
    public Optional<Backup> before(Path archive) {
        Optional<LocalDateTime> time = timeIn(archive.getFileName().toString());
        return newestFirst().stream().filter(backup -> !backup.name().equals(archive.getFileName().toString()))
            .filter(backup -> time.isEmpty() || backup.createdAt().isBefore(time.get())).findFirst();
    }

    /** Returns the newest archive. Throws {@link Failure} ({@link ExitCode#BAD_BACKUP}) when there is none. */
    public Backup latest() {
        return newestFirst().stream().findFirst().orElseThrow(() -> {
            if (prefix.equals(SAFETY)) {
                return Failure.of(ExitCode.BAD_BACKUP, "There is nothing to undo: no restore of this project has left a safety backup in "
                    + SafeText.quote(directory)).state("Nothing was touched.");
            }
            String what = Files.isDirectory(directory) ? "There is no backup in " : "There is no backup directory ";
            return Failure.of(ExitCode.BAD_BACKUP, what + SafeText.quote(directory)).state("Nothing was touched.")
                .next(NAME_IT);
        });
    }

    /** Returns what to type to find a good backup: in this directory, or where a bad one lies if this is none. */
    public String howToFindGood(Path bad) {
        Path place = Files.isDirectory(directory) ? directory : bad.toAbsolutePath().normalize().getParent();
        return of(place).newestFirst().isEmpty() ? NAME_IT
            : CommandText.of("validate_backup.java", "--all", "--backup-dir", place) + "   shows which backups are good";
    }

    /** Returns the archive that a user means: a path that exists, or the name of a file in this directory. */
    public Path find(String given) {
        Path asPath = Path.of(given);
        if (Files.isRegularFile(asPath)) {
            return asPath;
        }
        Path inDirectory = directory.resolve(given);
        if (Files.isRegularFile(inDirectory)) {
            return inDirectory;
        }
        String what = Files.exists(asPath) ? "Not a file: " + SafeText.quote(asPath)
            : "There is no backup '" + SafeText.quote(given) + "', neither at that path nor in " + SafeText.quote(directory);
        throw Failure.of(ExitCode.BAD_BACKUP, what).state("Nothing was touched.")
            .next(Files.isDirectory(directory) ? CommandText.of("list_backups.java", "--backup-dir", directory) + "   shows what is there" : NAME_IT);
    }
}
