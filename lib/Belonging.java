package pps;

//SOURCES Coverage.java
//SOURCES Glob.java
//SOURCES LiveFiles.java
//SOURCES SourceMap.java

import java.nio.file.Path;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/** Which of the files below a source are its own, and not another source's. */
final class Belonging {
    private final SourceMap.Source source;
    private final Path projectRoot;
    private final Collection<SourceMap.Source> all;
    private final Set<Path> excluded;
    private final Glob glob;
    private final Map<String, Path> places = new HashMap<>();

    /** @param excluded directories that are never part of a source */
    Belonging(SourceMap.Source source, Path projectRoot, Collection<SourceMap.Source> all, Set<Path> excluded) {
        this.source = source;
        this.projectRoot = projectRoot;
        this.all = all;
        this.excluded = excluded;
        this.glob = Glob.of(source.include());
    }

    Set<Path> excluded() {
        return excluded;
    }

    boolean isUnit() {
        return source.isUnit();
    }

    /** Tells whether files in sub-directories can be the source's. */
    boolean isDeep() {
        return glob.isDeep();
    }

    /** Tells whether the file at this path below the source is one of its files, itself or as what SQLite keeps beside a database. */
    boolean isWanted(String relative) {
        String database = Coverage.databaseOf(relative);
        return (glob.matches(relative) || database != null && glob.matches(database)) && Coverage.owner(source, relative, all) == null;
    }

    /** Tells whether a file, by its place without links, is under its own name in every backup that this source is in. */
    boolean isHeldAnyway(Path file) {
        for (SourceMap.Source other : all) {
            Path place = places.computeIfAbsent(other.path(), path -> LiveFiles.realPath(projectRoot.resolve(path)));
            // One entity can be backed up alone, and what can be rebuilt may be left out.
            boolean together = Objects.equals(other.entity(), source.entity()) && (other.critical() || other.name().equals(source.name()));
            if (together && file.startsWith(place)) {
                String relative = place.relativize(file).toString();
                if (Coverage.isExpected(other, relative) && Coverage.owner(other, relative, all) == null) {
                    return true;
                }
            }
        }
        return false;
    }
}
