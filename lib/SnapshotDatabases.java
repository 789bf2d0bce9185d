package pps;

//SOURCES Durable.java
//SOURCES Failure.java
//SOURCES Listener.java
//SOURCES Reason.java
//SOURCES SafeText.java
//SOURCES Snapshot.java
//SOURCES SourceMap.java
//SOURCES SourceScan.java
//SOURCES SqliteCheck.java
//SOURCES SqliteChecks.java
//SOURCES SqliteCopy.java

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** The SQLite databases of a snapshot: made whole in a single file each, and opened. */
final class SnapshotDatabases {
    private final Path area;
    private final Map<SourceScan, TreeMap<String, Path>> taken;
    private final Listener listener;
    private final Set<String> notInFull = new TreeSet<>();

    /** @param taken the files of each source by their paths in it; those below {@code area} are copies, which may be changed */
    SnapshotDatabases(Path area, Map<SourceScan, TreeMap<String, Path>> taken, Listener listener) {
        this.area = area;
        this.taken = taken;
        this.listener = listener;
    }

    /** A database that SQLite finds damaged: {@code problem} is the rest of a sentence that begins with its name. */
    record Damaged(SourceMap.Source source, String path, String problem) {
        /** Returns its name in an archive. */
        String name() {
            return source.name() + "/" + path;
        }
    }

    /** Returns a private directory for SQLite in a snapshot's area. */
    static Path scratch(Path area) throws IOException {
        Path scratch = area.resolve("scratch");
        Durable.createPrivateDirectories(scratch);
        return scratch;
    }

    private interface Visit {
        void at(SourceScan scan, String path, Path file) throws IOException;
    }

    private void each(Visit visit) {
        taken.forEach((scan, files) -> new TreeMap<>(files).forEach((path, file) -> {
            listener.checkInterrupted();
            try {
                if (Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)
                    && (SqliteCheck.shouldBeDatabase(path, scan.source().include()) || SqliteCheck.isDatabase(file))) {
                    visit.at(scan, path, file);
                }
            } catch (IOException e) {
                throw cannotCheck(scan, path, file, e);
            }
        }));
    }

    /** That a disk is full, or that a file cannot be opened, says nothing against the database, and a restore would be the wrong answer. */
    private static Failure cannotCheck(SourceScan scan, String path, Path file, IOException e) {
        return Failure.of(ExitCode.FAILED, "The database '" + SafeText.quote(scan.source().name() + "/" + path) + "' cannot be checked, in "
            + SafeText.quote(file) + ": " + Reason.of(e)).because(e)
            .next("See whether there is room on that file system and whether its disk is well, then back up again.");
    }

    /** Folds the logs of the copies into them; returns those of which SQLite cannot, which are left as they were found. */
    List<Damaged> fold() {
        List<Damaged> damaged = new ArrayList<>();
        each((scan, path, file) -> {
            try {
                if (file.startsWith(area) && SqliteCopy.hasLog(file)) {
                    new SqliteCopy(scratch(area)).fold(file);
                }
            } catch (SqliteCopy.Unreadable e) {
                keepLogs(path, file, taken.get(scan));
                damaged.add(new Damaged(scan.source(), path, "is damaged: " + e.getMessage()));
            }
        });
        return damaged;
    }

    /** Whoever repairs the database needs them. */
    private static void keepLogs(String path, Path file, TreeMap<String, Path> files) {
        for (String log : List.of("-wal", "-journal")) {
            Path beside = file.resolveSibling(file.getFileName() + log);
            if (Files.exists(beside, LinkOption.NOFOLLOW_LINKS)) {
                files.put(path + log, beside);
            }
        }
    }

    /** Begins to open every database. */
    void open(SqliteChecks checks) {
        each((scan, path, file) -> checks.begin(file));
    }

    /** Returns the databases that SQLite finds damaged, when all have been opened. */
    List<Damaged> damaged(SqliteChecks checks) {
        List<Damaged> damaged = new ArrayList<>();
        each((scan, path, file) -> {
            Damaged one;
            try {
                one = new Damaged(scan.source(), path, checks.problem(file, false).orElse(null));
            } catch (SqliteCheck.NotInFull e) {
                notInFull.add("the database '" + SafeText.quote(scan.source().name() + "/" + path) + "' " + e.getMessage());
                return;
            }
            if (one.problem() != null) {
                damaged.add(one);
            } else {
                listener.detail("'" + SafeText.quote(one.name()) + "' opens, integrity_check ok");
            }
        });
        return damaged;
    }

    /** Returns which of them could not be checked in full, in sentences, once {@link #damaged} has been asked. */
    List<String> notInFull() {
        return List.copyOf(notInFull);
    }
}
