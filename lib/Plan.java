package pps;

//SOURCES Contents.java
//SOURCES Coverage.java
//SOURCES Manifest.java
//SOURCES SourceMap.java

import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** What a restore would do, source by source, measured by content: nothing in it depends on file times. All sizes are in bytes. */
public record Plan(Contents contents, Path projectRoot, List<OfSource> sources, List<String> leftOut, List<String> unknown,
                   List<String> remarks) {
    /** One file; {@code before} or {@code after} is -1 where it does not exist. */
    public record Change(String path, long before, long after) {
    }

    /**
     * One source: {@code destination} is the real directory its files go to, {@code unmatched} the names in the archive that match none
     * of the map's patterns, {@code kept} the live files that {@code --keep-extra} leaves where they are.
     */
    public record OfSource(SourceMap.Source source, Path destination, boolean exists, List<Change> added, List<Change> changed,
                           List<Change> removed, List<Change> unchanged, List<String> unmatched, List<String> kept) {
        /** Returns the number of files there now that belong to the source. */
        public long filesBefore() {
            return changed.size() + removed.size() + unchanged.size();
        }

        /** Returns the number of files that will be there. */
        public long filesAfter() {
            return added.size() + changed.size() + unchanged.size();
        }

        /** Returns the bytes there now. */
        public long bytesBefore() {
            return sumBefore(changed) + sumBefore(removed) + sumBefore(unchanged);
        }

        /** Returns the bytes that will be there. */
        public long bytesAfter() {
            return sumAfter(added) + sumAfter(changed) + sumAfter(unchanged);
        }

        /**
         * Tells whether the source would lose more than half of its files or bytes: how a partial backup destroys a whole database. What
         * SQLite keeps beside a database of its own does not count: a {@code -wal} is often larger than its database, and in no backup.
         */
        public boolean shrinks() {
            List<Change> before = Stream.of(changed, removed, unchanged).flatMap(List::stream).filter(OfSource::counts).toList();
            List<Change> after = Stream.of(added, changed, unchanged).flatMap(List::stream).filter(OfSource::counts).toList();
            return after.size() * 2 < before.size() || sumAfter(after) * 2 < sumBefore(before);
        }

        private static boolean counts(Change change) {
            return Coverage.databaseOf(change.path()) == null;
        }
    }

    /** Returns the services that ran before the restore of which this is the undo; none when it is no undo, or they are not known. */
    public List<String> ranBefore() {
        return contents.manifest().map(Manifest::ran).orElse(List.of());
    }

    /** Tells whether a path will be there because of this plan: a directory of its files, or one of its files. */
    boolean brings(Path path) {
        return sources.stream().anyMatch(source -> Stream.of(source.added(), source.changed(), source.unchanged()).flatMap(List::stream)
            .anyMatch(file -> source.destination().resolve(file.path()).startsWith(path)));
    }

    /** Returns the bytes of these files as they are now. */
    public static long sumBefore(List<Change> changes) {
        return changes.stream().mapToLong(change -> Math.max(0, change.before())).sum();
    }

    /** Returns the bytes of these files as they will be. */
    public static long sumAfter(List<Change> changes) {
        return changes.stream().mapToLong(change -> Math.max(0, change.after())).sum();
    }

    /** Returns the bytes that the restored files need. */
    public long bytesAfter() {
        return sources.stream().mapToLong(OfSource::bytesAfter).sum();
    }

    /** Tells whether live data is already exactly what the backup holds. */
    public boolean changesNothing() {
        return sources.stream().allMatch(s -> s.added().isEmpty() && s.changed().isEmpty() && s.removed().isEmpty());
    }

    /** Returns the sources that would lose more than half of their files or bytes. */
    public List<OfSource> shrinking() {
        return sources.stream().filter(OfSource::shrinks).toList();
    }
}
