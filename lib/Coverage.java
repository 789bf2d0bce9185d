package pps;

//SOURCES Glob.java
//SOURCES Manifest.java
//SOURCES SourceMap.java
//SOURCES SqliteCheck.java

import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Which live files a backup of a source speaks for: those that must be gone after a restore when the backup does not hold them. With a
 * manifest these are the patterns that it records; without one the map's patterns with a wildcard, so that a file which is named alone in
 * the map ({@code goals.md}) is never removed because an older backup did not know it.
 */
final class Coverage {
    private final SourceMap.Source source;
    private final Glob glob;
    private final boolean deep;
    private final Set<String> added;
    private final Set<String> kept;
    private final Collection<SourceMap.Source> others;

    private Coverage(SourceMap.Source source, List<String> patterns, Collection<String> added, Collection<String> kept,
                     Collection<SourceMap.Source> others) {
        this.source = source;
        this.glob = Glob.of(patterns);
        this.deep = glob.isDeep();
        this.added = new HashSet<>(added);
        this.kept = new HashSet<>(kept);
        this.others = others;
    }

    /** @param promise what the archive's manifest says of the source, or null; {@code others} the sources whose files are never this one's */
    static Coverage of(SourceMap.Source source, Manifest.Promise promise, Collection<SourceMap.Source> others) {
        return promise == null
            ? new Coverage(source, source.include().stream().filter(Glob::hasWildcard).toList(), List.of(), List.of(), others)
            : new Coverage(source, promise.covers(), promise.added(), promise.kept(), others);
    }

    /** Tells whether the live file at this path below the source has to go when the backup does not hold it. */
    boolean covers(String relative) {
        // Both must mean it: an archive's own patterns alone could name files that no source of this project has ever held.
        return (glob.matches(relative) && source.matches(relative) || added.contains(relative)) && !kept.contains(relative)
            && owner(source, relative, others) == null;
    }

    /** Tells whether files in sub-directories can be covered. */
    boolean isDeep() {
        return deep || added.stream().anyMatch(path -> path.contains("/"));
    }

    /** Returns the other source that a file of this one falls into, itself or as what SQLite keeps beside a database, or null. */
    static SourceMap.Source owner(SourceMap.Source source, String relative, Collection<SourceMap.Source> others) {
        String path = source.path().equals(".") ? relative : source.path() + "/" + relative;
        for (SourceMap.Source other : others) {
            if (!other.path().equals(source.path()) && path.startsWith(other.path() + "/")
                && other.path().length() > source.path().length() && isExpected(other, path.substring(other.path().length() + 1))) {
                return other;
            }
            if (other.path().equals(source.path()) && !other.name().equals(source.name()) && !other.kind().equals(source.kind())
                && !isExpected(source, relative) && isExpected(other, relative)) {
                return other;
            }
        }
        return null;
    }

    /** Tells whether an entry matches a pattern of its source, by itself or as what belongs to a database that does. */
    static boolean isExpected(SourceMap.Source source, String relative) {
        String database = databaseOf(relative);
        return source.matches(relative) || database != null && source.matches(database);
    }

    /** Returns the database that a file beside it belongs to ({@code x.db} for {@code x.db-wal}), or null for an ordinary file. */
    static String databaseOf(String relative) {
        for (String suffix : SqliteCheck.SIDECARS) {
            if (relative.endsWith(suffix) && relative.length() > suffix.length()) {
                return relative.substring(0, relative.length() - suffix.length());
            }
        }
        return null;
    }
}
