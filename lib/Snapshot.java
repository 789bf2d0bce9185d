package pps;

//SOURCES Archived.java
//SOURCES ArchiveWriter.java
//SOURCES Coverage.java
//SOURCES Durable.java
//SOURCES Failure.java
//SOURCES FileFacts.java
//SOURCES Listener.java
//SOURCES Manifest.java
//SOURCES Ownership.java
//SOURCES Progress.java
//SOURCES Reason.java
//SOURCES SafeText.java
//SOURCES SnapshotDatabases.java
//SOURCES SourceMap.java
//SOURCES SourceScan.java
//SOURCES SqliteCheck.java
//SOURCES SqliteCopy.java
//SOURCES SteadyCopy.java

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The sources as they were at one moment, copied to a private directory, so that the stack need not wait while they are packed. Databases
 * in it are whole in a single file. Where there is no room for a copy, the live files themselves are packed, while the stack is down.
 */
final class Snapshot {
    /** How the files lie while they are copied. */
    enum Mode {
        /** Nothing writes them: they are copied as they are. */
        AT_REST,
        /** Nothing writes them, and there is no room for a copy: only databases with a log are copied. */
        IN_PLACE,
        /** The stack goes on writing: databases through SQLite's online backup, other files until they held still. */
        LIVE
    }

    private final Path area;
    private final Mode mode;
    private final Listener listener;
    private final Map<SourceScan, TreeMap<String, Path>> taken = new LinkedHashMap<>();
    private final SteadyCopy steady;

    /** @param area a directory of the project's own for the copies and for scratch files; the caller removes it */
    Snapshot(Path area, Mode mode, Listener listener) {
        this.area = area;
        this.mode = mode;
        this.listener = listener;
        this.steady = new SteadyCopy(mode == Mode.LIVE, listener);
    }

    /** Copies the sources. While this runs the stack may be waiting: nothing is checked and nothing is made durable here. */
    void take(List<SourceScan> scans) {
        try (Progress progress = listener.progress("Copying", scans.stream().mapToLong(SourceScan::bytes).sum())) {
            take(scans, progress);
        }
    }

    private void take(List<SourceScan> scans, Progress progress) {
        long bytes = 0;
        for (SourceScan scan : scans) {
            TreeMap<String, Path> files = new TreeMap<>();
            Path top = area.resolve("files").resolve(scan.source().name());
            try {
                Durable.createPrivateDirectories(top);
                for (Map.Entry<String, FileFacts> entry : scan.entries().entrySet()) {
                    listener.checkInterrupted();
                    takeOne(scan, entry.getKey(), entry.getValue(), top, files);
                    bytes += entry.getValue().kind() == Archived.Kind.FILE ? entry.getValue().size() : 0;
                    progress.to(bytes);
                }
            } catch (IOException e) {
                throw failure(scan, e);
            }
            taken.put(scan, files);
        }
    }

    private void takeOne(SourceScan scan, String path, FileFacts facts, Path top, TreeMap<String, Path> files) throws IOException {
        Path live = path.isEmpty() ? scan.directory() : scan.directory().resolve(path);
        Path copy = path.isEmpty() ? top : top.resolve(path);
        String database = Coverage.databaseOf(path);
        if (facts.kind() == Archived.Kind.FILE && database != null && isDatabase(scan, database)) {
            // What is in a log goes into its database; in a live one, SQLite's own backup sees to that.
            if (mode == Mode.AT_REST && !path.endsWith("-shm")) {
                steady.copy(live, copy);
            }
            return;
        }
        if (facts.kind() == Archived.Kind.DIRECTORY) {
            Durable.createPrivateDirectories(copy);
            files.put(path, mode == Mode.IN_PLACE ? live : copy);
            return;
        }
        if (facts.kind() == Archived.Kind.FILE && isDatabase(scan, path)) {
            files.put(path, takeDatabase(scan, live, copy));
            return;
        }
        if (mode == Mode.IN_PLACE) {
            files.put(path, facts.kind() == Archived.Kind.FILE ? live.toRealPath() : live);
        } else if (steady.copy(facts.kind() == Archived.Kind.FILE ? live.toRealPath() : live, copy)) {
            files.put(path, copy);
        }
    }

    private Path takeDatabase(SourceScan scan, Path live, Path copy) throws IOException {
        if (mode == Mode.LIVE) {
            FileFacts facts = FileFacts.of(live.toRealPath());
            new SqliteCopy(SnapshotDatabases.scratch(area)).online(live, copy);
            new Ownership().apply(copy, facts.uid(), facts.gid(), facts.mode(), facts.modified(), false);
            return copy;
        }
        if (mode == Mode.IN_PLACE) {
            if (!SqliteCopy.hasLog(live)) {
                return live.toRealPath();
            }
            for (String log : List.of("-wal", "-journal")) {
                if (Files.exists(beside(live, log), LinkOption.NOFOLLOW_LINKS)) {
                    steady.copy(beside(live, log), beside(copy, log));
                }
            }
        }
        steady.copy(live.toRealPath(), copy);
        return copy;
    }

    private static Path beside(Path database, String suffix) {
        return database.resolveSibling(database.getFileName() + suffix);
    }

    private boolean isDatabase(SourceScan scan, String path) throws IOException {
        FileFacts facts = scan.entries().get(path);
        if (facts == null || facts.kind() != Archived.Kind.FILE) {
            return false;
        }
        try {
            return SqliteCheck.isDatabase(scan.directory().resolve(path));
        } catch (NoSuchFileException gone) {
            return false;
        }
    }

    /** Returns the databases among what was taken. */
    SnapshotDatabases databases() {
        return new SnapshotDatabases(area, taken, listener);
    }

    /** Gives the directories their owners, modes and times, once nothing more is put into them. */
    void finish() {
        taken.forEach(this::finishDirectories);
    }

    /** From the innermost outwards, since giving a directory its time comes after everything that is put into it. */
    private void finishDirectories(SourceScan scan, TreeMap<String, Path> files) {
        try {
            for (String path : files.descendingKeySet()) {
                FileFacts facts = scan.entries().get(path);
                if (facts != null && facts.kind() == Archived.Kind.DIRECTORY && mode != Mode.IN_PLACE) {
                    new Ownership().apply(files.get(path), facts.uid(), facts.gid(), facts.mode(), facts.modified(), false);
                }
            }
        } catch (IOException e) {
            throw failure(scan, e);
        }
    }

    /** Leaves a source out after all. */
    void leaveOut(SourceMap.Source source) {
        taken.keySet().removeIf(scan -> scan.source().equals(source));
    }

    /** Returns what changed each time that it was read, in sentences. */
    List<String> unsteady() {
        return steady.unsteady();
    }

    /** Returns which of the files that were packed where they lie changed meanwhile, in sentences. */
    List<String> changedInPlace() {
        List<String> changed = new ArrayList<>();
        taken.forEach((scan, files) -> files.forEach((path, file) -> {
            FileFacts then = scan.entries().get(path);
            if (then == null || then.kind() != Archived.Kind.FILE || file.startsWith(area)) {
                return;
            }
            try {
                if (!FileFacts.of(file).equals(then)) {
                    changed.add("'" + SafeText.quote(file) + "' changed while it was packed: the backup may hold a mixture");
                }
            } catch (IOException e) {
                changed.add("'" + SafeText.quote(file) + "' cannot be looked at any more: " + Reason.of(e));
            }
        }));
        return changed;
    }

    /** Returns what is to be packed, in the order of the sources and of the paths in them. */
    List<ArchiveWriter.Item> items() {
        List<ArchiveWriter.Item> items = new ArrayList<>();
        taken.forEach((scan, files) -> files.forEach((path, file) -> items.add(
            new ArchiveWriter.Item(scan.source().name(), path, file, scan.entries().get(path)))));
        return items;
    }

    /** Returns what the manifest promises of each source, counted from the very files that are to be packed. */
    Map<String, Manifest.Promise> promises() {
        Map<String, Manifest.Promise> promises = new LinkedHashMap<>();
        taken.forEach((scan, files) -> {
            int count = 0;
            long bytes = 0;
            for (Path file : files.values()) {
                try {
                    FileFacts facts = FileFacts.of(file);
                    count += facts.kind() == Archived.Kind.DIRECTORY ? 0 : 1;
                    bytes += facts.kind() == Archived.Kind.FILE ? facts.size() : 0;
                } catch (IOException e) {
                    throw failure(scan, e);
                }
            }
            SourceMap.Source source = scan.source();
            promises.put(source.name(), new Manifest.Promise(source.critical(), source.path(), source.include(), count, bytes, true,
                List.of(), List.of(), List.of()));
        });
        return promises;
    }

    static Failure failure(SourceScan scan, IOException e) {
        String file = e instanceof java.nio.file.FileSystemException named && named.getFile() != null ? named.getFile()
            : scan.directory().toString();
        return Failure.of(ExitCode.FAILED, "Cannot copy " + SafeText.quote(file) + " of source '" + SafeText.quote(scan.source().name()) + "': "
            + Reason.of(e)).because(e);
    }
}
