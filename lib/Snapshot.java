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
//SOURCES Workers.java

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Future;

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
    private final List<Copy> copies = new ArrayList<>();
    private final List<String> unsteady = new ArrayList<>();

    /** A file that is to be copied; {@code path} is its name among the {@code files} of the backup, or null for what goes into a database. */
    private record Copy(SourceScan scan, TreeMap<String, Path> files, String path, Path from, Path to, long size) {
    }

    /** @param area a directory of the project's own for the copies and for scratch files; the caller removes it */
    Snapshot(Path area, Mode mode, Listener listener) {
        this.area = area;
        this.mode = mode;
        this.listener = listener;
        this.steady = new SteadyCopy(mode == Mode.LIVE);
    }

    /** Copies the sources. While this runs the stack may be waiting: nothing is checked and nothing is made durable here. */
    void take(List<SourceScan> scans) {
        try (Progress progress = listener.progress("Copying", scans.stream().mapToLong(SourceScan::bytes).sum())) {
            take(scans, progress);
        }
    }

    private void take(List<SourceScan> scans, Progress progress) {
        for (SourceScan scan : scans) {
            TreeMap<String, Path> files = new TreeMap<>();
            Path top = area.resolve("files").resolve(scan.source().name());
            try {
                Durable.createPrivateDirectories(top);
                for (Map.Entry<String, FileFacts> entry : scan.entries().entrySet()) {
                    listener.checkInterrupted();
                    takeIfThere(scan, entry.getKey(), entry.getValue(), top, files);
                }
            } catch (IOException e) {
                throw failure(scan, e);
            }
            taken.put(scan, files);
        }
        copyAll(progress);
    }

    /** On all cores, since the stack may be waiting; the largest first, so that none is left to one core at the end. */
    private void copyAll(Progress progress) {
        copies.sort(Comparator.comparingLong(Copy::size).reversed());
        try (Workers workers = new Workers("copy", Workers.cores())) {
            List<Future<SteadyCopy.Copied>> begun = copies.stream().map(one -> workers.begin(() -> steady.copy(one.from(), one.to()))).toList();
            long bytes = 0;
            for (int i = 0; i < begun.size(); i++) {
                Copy one = copies.get(i);
                noteCopied(one, awaitCopied(one, begun.get(i)));
                bytes += one.size();
                progress.to(bytes);
            }
        }
        copies.clear();
    }

    private SteadyCopy.Copied awaitCopied(Copy one, Future<SteadyCopy.Copied> copied) {
        try {
            return Workers.await(copied, listener);
        } catch (IOException e) {
            throw failure(one.scan(), e);
        }
    }

    private void noteCopied(Copy one, SteadyCopy.Copied copied) {
        copied.details().forEach(listener::detail);
        if (copied.there() && one.path() != null) {
            one.files().put(one.path(), one.to());
        }
        if (copied.unsteady() != null) {
            unsteady.add(copied.unsteady());
        }
    }

    private void takeIfThere(SourceScan scan, String path, FileFacts facts, Path top, TreeMap<String, Path> files) throws IOException {
        try {
            takeOne(scan, path, facts, top, files);
        } catch (NoSuchFileException gone) {
            Path live = scan.directory().resolve(path);
            if (mode != Mode.LIVE || path.isEmpty() || Files.exists(live)) {
                throw gone;
            }
            listener.detail("'" + SafeText.quote(live) + "' was removed by the running stack meanwhile");
        }
    }

    private void takeOne(SourceScan scan, String path, FileFacts facts, Path top, TreeMap<String, Path> files) throws IOException {
        Path copy = path.isEmpty() ? top : top.resolve(path);
        String database = Coverage.databaseOf(path);
        if (facts.kind() == Archived.Kind.FILE && database != null && isDatabase(scan, database)) {
            // What is in a log goes into its database; in a live one, SQLite's own backup sees to that.
            if (mode == Mode.AT_REST && !path.endsWith("-shm")) {
                copies.add(new Copy(scan, files, null, scan.place(path), copy, facts.size()));
            }
            return;
        }
        if (facts.kind() == Archived.Kind.DIRECTORY) {
            Durable.createPrivateDirectories(copy);
            files.put(path, mode == Mode.IN_PLACE ? scan.place(path) : copy);
            return;
        }
        Path live = scan.place(path);
        if (facts.kind() == Archived.Kind.FILE && isDatabase(scan, path)) {
            takeDatabase(scan, path, live, copy, files);
            return;
        }
        if (mode == Mode.IN_PLACE) {
            files.put(path, live);
        } else {
            copies.add(new Copy(scan, files, path, live, copy, facts.kind() == Archived.Kind.FILE ? facts.size() : 0));
        }
    }

    /** @param live the database's own file, beside which its log is */
    private void takeDatabase(SourceScan scan, String path, Path live, Path copy, TreeMap<String, Path> files) throws IOException {
        FileFacts facts = FileFacts.of(live);
        if (mode == Mode.LIVE) {
            new SqliteCopy(SnapshotDatabases.scratch(area)).online(live, copy);
            new Ownership().apply(copy, facts.uid(), facts.gid(), facts.mode(), facts.modified(), false);
            files.put(path, copy);
            return;
        }
        if (mode == Mode.IN_PLACE) {
            if (!SqliteCopy.hasLog(live)) {
                files.put(path, live);
                return;
            }
            for (String log : List.of("-wal", "-journal")) {
                Path beside = beside(live, log);
                if (Files.exists(beside, LinkOption.NOFOLLOW_LINKS)) {
                    copies.add(new Copy(scan, files, null, beside, beside(copy, log), Files.size(beside)));
                }
            }
        }
        copies.add(new Copy(scan, files, path, live, copy, facts.size()));
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
        return List.copyOf(unsteady);
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
        return Failure.of(ExitCode.FAILED, "Cannot copy " + Reason.file(e, scan.directory()) + " of source '" + SafeText.quote(scan.source().name()) + "': "
            + Reason.of(e)).because(e);
    }
}
