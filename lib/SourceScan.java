package pps;

//SOURCES Archived.java
//SOURCES Coverage.java
//SOURCES Failure.java
//SOURCES FileFacts.java
//SOURCES Glob.java
//SOURCES LiveFiles.java
//SOURCES Reason.java
//SOURCES SafeText.java
//SOURCES SourceMap.java
//SOURCES SqliteCheck.java

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * What of one source lies on disk and belongs into a backup: its files and symbolic links, the directories around them (empty ones too),
 * and the logs beside its databases. {@code entries} are by their path below the source, empty for its own directory; {@code remarks} say
 * what was left out and why. Nothing is there when the source is not {@code present}.
 */
record SourceScan(SourceMap.Source source, Path directory, boolean present, TreeMap<String, FileFacts> entries, List<String> remarks) {

    /**
     * Looks at a source.
     *
     * @param all      every source of the project: a file that falls into another one's is that one's
     * @param excluded directories that are never part of a source, such as the one that the backups lie in
     */
    static SourceScan of(SourceMap.Source source, Path projectRoot, Collection<SourceMap.Source> all, Set<Path> excluded) {
        Path directory = LiveFiles.realPath(projectRoot.resolve(source.path()));
        if (!Files.exists(directory, LinkOption.NOFOLLOW_LINKS)) {
            return new SourceScan(source, directory, false, new TreeMap<>(), List.of());
        }
        if (!Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
            throw Failure.of(ExitCode.FAILED, SafeText.quote(directory) + " is not a directory, but source '" + SafeText.quote(source.name())
                + "' lies there");
        }
        Walk walk = new Walk(source, directory, all, excluded);
        try {
            Files.walkFileTree(directory, Set.of(), walk.glob.isDeep() ? Integer.MAX_VALUE : 1, walk);
        } catch (IOException e) {
            String file = e instanceof FileSystemException named && named.getFile() != null ? named.getFile() : directory.toString();
            throw Failure.of(ExitCode.FAILED, "Cannot look at " + SafeText.quote(file) + ": " + Reason.of(e)).because(e);
        }
        return new SourceScan(source, directory, true, walk.entries, List.copyOf(walk.remarks));
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

    private static final class Walk extends SimpleFileVisitor<Path> {
        private final SourceMap.Source source;
        private final Path top;
        private final Collection<SourceMap.Source> all;
        private final Set<Path> excluded;
        private final Glob glob;
        private final TreeMap<String, FileFacts> entries = new TreeMap<>();
        private final List<String> remarks = new ArrayList<>();

        Walk(SourceMap.Source source, Path top, Collection<SourceMap.Source> all, Set<Path> excluded) {
            this.source = source;
            this.top = top;
            this.all = all;
            this.excluded = excluded;
            this.glob = Glob.of(source.include());
        }

        @Override
        public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes) throws IOException {
            if (excluded.contains(directory) || directory.getFileName().toString().startsWith(LiveFiles.OWN_PREFIX)) {
                return FileVisitResult.SKIP_SUBTREE;
            }
            String relative = relative(directory);
            if (directory.equals(top) || source.isUnit() || isEmpty(directory)) {
                add(relative, directory);
            }
            return FileVisitResult.CONTINUE;
        }

        @Override
        public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
            String relative = relative(file);
            if (attributes.isDirectory() || !isWanted(relative)) {
                return FileVisitResult.CONTINUE;
            }
            if (!file.equals(top.resolve(relative))) {
                throw new FileSystemException(relative, null,
                    "its name is not text in this locale; set LC_ALL=C.UTF-8, or rename it if it is not UTF-8");
            }
            if (attributes.isOther()) {
                remarks.add("'" + SafeText.quote(file) + "' is left out: it is a socket, a fifo or a device");
                return FileVisitResult.CONTINUE;
            }
            if (attributes.isSymbolicLink() && !staysInside(relative, Files.readSymbolicLink(file))) {
                addTarget(relative, file);
                return FileVisitResult.CONTINUE;
            }
            addParents(relative);
            add(relative, file);
            return FileVisitResult.CONTINUE;
        }

        private boolean isWanted(String relative) {
            String database = Coverage.databaseOf(relative);
            return (glob.matches(relative) || database != null && glob.matches(database)) && Coverage.owner(source, relative, all) == null;
        }

        private void add(String relative, Path file) throws IOException {
            try {
                entries.put(relative, FileFacts.of(file));
            } catch (NoSuchFileException gone) {
                // Removed by the running stack between the listing and this look: it is not there.
                return;
            }
        }

        private void addParents(String relative) throws IOException {
            for (int slash = relative.lastIndexOf('/'); slash > 0; slash = relative.lastIndexOf('/', slash - 1)) {
                String parent = relative.substring(0, slash);
                if (entries.containsKey(parent)) {
                    return;
                }
                add(parent, top.resolve(parent));
            }
        }

        /** A link out of the source is refused in an archive; what it shows is somebody's data all the same. */
        private void addTarget(String relative, Path link) throws IOException {
            if (!Files.isRegularFile(link)) {
                remarks.add("'" + SafeText.quote(link) + "' is left out: it is a symbolic link out of its source, to something that is no file");
                return;
            }
            remarks.add("'" + SafeText.quote(link) + "' is a symbolic link out of its source: what it shows is in the backup as a file");
            addParents(relative);
            add(relative, link.toRealPath());
        }

        /** Judges by the names alone, and does not follow links in links: what is doubtful counts as outside. */
        private boolean staysInside(String relative, Path target) {
            if (target.isAbsolute() || target.toString().isEmpty()) {
                return false;
            }
            Path at = top.resolve(relative).getParent();
            for (Path part : target) {
                if (at.equals(top) && part.toString().equals("..")) {
                    return false;
                }
                at = at.resolve(part).normalize();
                if (Files.isSymbolicLink(at)) {
                    return false;
                }
            }
            return at.startsWith(top);
        }

        private String relative(Path file) {
            return top.relativize(file).toString();
        }

        private static boolean isEmpty(Path directory) throws IOException {
            try (Stream<Path> children = Files.list(directory)) {
                return children.findAny().isEmpty();
            }
        }
    }
}
