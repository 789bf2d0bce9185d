package pps;

//SOURCES Archived.java
//SOURCES Belonging.java
//SOURCES Coverage.java
//SOURCES Failure.java
//SOURCES FileFacts.java
//SOURCES LiveFiles.java
//SOURCES Presence.java
//SOURCES SafeText.java
//SOURCES SourceMap.java
//SOURCES SourceWalk.java

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;

/**
 * What of one source lies on disk and belongs into a backup: its files and symbolic links, the directories around them (empty ones too),
 * and the logs beside its databases. {@code entries} are by their path below the source, empty for its own directory; {@code remarks} say
 * what was left out and why, {@code missing} what somebody may take to be in the backup and is not: then older backups may be the only
 * ones that hold it. Nothing is there when the source is not {@code present}.
 */
record SourceScan(SourceMap.Source source, Path directory, boolean present, TreeMap<String, FileFacts> entries, List<String> remarks,
                  List<String> missing) {

    /**
     * Looks at a source.
     *
     * @param all      every source of the project: a file that falls into another one's is that one's
     * @param excluded directories that are never part of a source, such as the one that the backups lie in
     */
    static SourceScan of(SourceMap.Source source, Path projectRoot, Collection<SourceMap.Source> all, Set<Path> excluded) {
        Path directory = LiveFiles.realPath(projectRoot.resolve(source.path()));
        if (!Presence.isThere(directory)) {
            return new SourceScan(source, directory, false, new TreeMap<>(), List.of(), List.of());
        }
        if (!Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
            throw Failure.of(ExitCode.FAILED, SafeText.quote(directory) + " is not a directory, but source '" + SafeText.quote(source.name())
                + "' lies there");
        }
        SourceWalk walk = new SourceWalk(new Belonging(source, projectRoot, all, excluded), directory);
        try {
            walk.run();
        } catch (IOException e) {
            throw Presence.cannotLook(directory, e);
        }
        return new SourceScan(source, directory, true, walk.entries(), walk.remarks(), walk.missing());
    }

    /**
     * Returns where an entry really lies: a file or directory behind symbolic links, and what SQLite keeps beside a database beside the
     * database's own file. Throws {@link NoSuchFileException} when it has gone.
     */
    Path place(String path) throws IOException {
        Path at = path.isEmpty() ? directory : directory.resolve(path);
        if (entries.get(path).kind() == Archived.Kind.SYMLINK) {
            return at;
        }
        String database = Coverage.databaseOf(path);
        if (database == null || !entries.containsKey(database) || entries.get(database).kind() != Archived.Kind.FILE) {
            return at.toRealPath();
        }
        Path real = directory.resolve(database).toRealPath();
        return real.resolveSibling(real.getFileName() + path.substring(database.length())).toRealPath();
    }

    /** Returns the number of files and symbolic links; what lies beside a database counts as part of it. */
    int files() {
        return (int) entries.entrySet().stream().filter(entry -> entry.getValue().kind() != Archived.Kind.DIRECTORY)
            .filter(entry -> Coverage.databaseOf(entry.getKey()) == null || !entries.containsKey(Coverage.databaseOf(entry.getKey()))).count();
    }

    /** Returns the bytes of content, logs included. */
    long bytes() {
        return entries.values().stream().filter(facts -> facts.kind() == Archived.Kind.FILE).mapToLong(FileFacts::size).sum();
    }
}
