package pps;

//SOURCES Belonging.java
//SOURCES Coverage.java
//SOURCES FileFacts.java
//SOURCES LiveFiles.java
//SOURCES SafeText.java
//SOURCES Spelling.java
//SOURCES SqliteCheck.java

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * The walk that finds what belongs to a source. A symbolic link stays one where what it shows is in the backup too; otherwise what it
 * shows is taken, under the link's name: a file, or, where the source has sub-directories, the files of a directory. What cannot be taken
 * that way is {@code missing}. A link that leads back to what the backup holds anyway is no reason to hold it twice.
 */
final class SourceWalk extends SimpleFileVisitor<Path> {
    private final Belonging belonging;
    private final Path top;
    private final Found found;
    /** The directory that is walked, without links, and what its files' names begin with: itself and nothing, but behind a link. */
    private final Path base;
    private final String prefix;
    /** The directories that were entered to come here, this one too: no link leads there again. */
    private final List<Path> way;

    /** What the walk and those behind links have found. {@code followed} are the directories behind links. */
    private record Found(TreeMap<String, FileFacts> entries, List<String> remarks, List<String> missing, Set<Path> followed) {
    }

    /** @param top the source's directory, without links */
    SourceWalk(Belonging belonging, Path top) {
        this(belonging, top, new Found(new TreeMap<>(), new ArrayList<>(), new ArrayList<>(), new HashSet<>()), top, "", List.of(top));
    }

    private SourceWalk(Belonging belonging, Path top, Found found, Path base, String prefix, List<Path> way) {
        this.belonging = belonging;
        this.top = top;
        this.found = found;
        this.base = base;
        this.prefix = prefix;
        this.way = way;
    }

    void run() throws IOException {
        Files.walkFileTree(base, Set.of(), belonging.isDeep() ? Integer.MAX_VALUE : 1, this);
    }

    TreeMap<String, FileFacts> entries() {
        return found.entries();
    }

    List<String> remarks() {
        return List.copyOf(found.remarks());
    }

    List<String> missing() {
        return List.copyOf(found.missing());
    }

    @Override
    public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes) throws IOException {
        if (belonging.excluded().contains(directory) || directory.getFileName().toString().startsWith(LiveFiles.OWN_PREFIX)) {
            return FileVisitResult.SKIP_SUBTREE;
        }
        if (directory.equals(top) || belonging.isUnit() || !directory.equals(base) && isEmpty(directory)) {
            add(relative(directory), directory);
        }
        return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
        String relative = relative(file);
        if (attributes.isSymbolicLink()) {
            try {
                visitLink(relative, file);
            } catch (NoSuchFileException gone) {
                if (Files.isSymbolicLink(file)) {
                    missing(file, "is left out: what it shows was removed while it was looked at");
                }
            }
            return FileVisitResult.CONTINUE;
        }
        if (attributes.isDirectory() || !belonging.isWanted(relative) || !prefix.isEmpty() && belonging.isHeldAnyway(file)) {
            return FileVisitResult.CONTINUE;
        }
        requireName(relative, file);
        if (isBesideLink(relative)) {
            if (attributes.size() > 0 && !relative.endsWith("-shm")) {
                found.remarks().add("'" + SafeText.quote(file) + "' is left out: the database is a symbolic link, and its log is beside what "
                    + "the link shows");
            }
            return FileVisitResult.CONTINUE;
        }
        if (attributes.isOther()) {
            found.remarks().add("'" + SafeText.quote(file) + "' is left out: it is a socket, a fifo or a device");
            return FileVisitResult.CONTINUE;
        }
        addParents(relative);
        add(relative, file);
        return FileVisitResult.CONTINUE;
    }

    /** A running stack removes files between the listing of a directory and the look at them; they are not there then. */
    @Override
    public FileVisitResult visitFileFailed(Path file, IOException failure) throws IOException {
        if (failure instanceof NoSuchFileException && !file.equals(top)) {
            return FileVisitResult.CONTINUE;
        }
        throw failure;
    }

    private void requireName(String relative, Path file) {
        if (!Spelling.isPossible(base, relative.substring(prefix.length()), file)) {
            throw Spelling.failure(file);
        }
    }

    private void visitLink(String relative, Path link) throws IOException {
        boolean wanted = belonging.isWanted(relative);
        boolean deep = belonging.isDeep() && !belonging.isUnit();
        if (!wanted && !deep || wanted && isBesideLink(relative)) {
            return;
        }
        requireName(relative, link);
        if (wanted && isKept(link)) {
            addParents(relative);
            add(relative, link);
            return;
        }
        BasicFileAttributes shown = shownBy(link);
        if (shown == null) {
            missing(link, "is left out: it is a symbolic link to something that is not there");
        } else if (shown.isDirectory() && deep) {
            follow(relative, link);
        } else if (shown.isDirectory()) {
            missing(link, "is left out: it is a symbolic link to a directory out of its source, whose files are not in the backup");
        } else if (wanted && shown.isRegularFile()) {
            found.remarks().add("'" + SafeText.quote(link) + "' is a symbolic link to what is not in the backup by itself: what it shows is in "
                + "the backup as a file");
            addParents(relative);
            addTarget(relative, link.toRealPath());
        } else if (wanted) {
            missing(link, "is left out: it is a symbolic link to something that is no file");
        }
    }

    /** SQLite follows a link to a database, and keeps the log beside the database itself. */
    private void addTarget(String relative, Path target) throws IOException {
        add(relative, target);
        if (SqliteCheck.isDatabase(target)) {
            for (String suffix : SqliteCheck.SIDECARS) {
                Path beside = target.resolveSibling(target.getFileName() + suffix);
                if (Files.isRegularFile(beside, LinkOption.NOFOLLOW_LINKS)) {
                    add(relative + suffix, beside);
                }
            }
        }
    }

    /** Tells whether a file would be the log of a database of which only a link lies beside it: SQLite does not read it. */
    private boolean isBesideLink(String relative) throws IOException {
        String database = Coverage.databaseOf(relative);
        if (database == null) {
            return false;
        }
        Path link = base.resolve(database.substring(prefix.length()));
        return Files.isSymbolicLink(link) && !isKept(link) && Files.isRegularFile(link) && SqliteCheck.isDatabase(link);
    }

    /** Returns null for a link that leads nowhere. That one may not look there is another thing. */
    private static BasicFileAttributes shownBy(Path link) throws IOException {
        try {
            return Files.readAttributes(link, BasicFileAttributes.class);
        } catch (AccessDeniedException e) {
            throw e;
        } catch (FileSystemException nowhere) {
            return null;
        }
    }

    /**
     * Tells whether a link is good as a link, since what it shows is in the backup too. Judges by the names alone, and does not follow
     * links in links: what is doubtful counts as outside.
     */
    private boolean isKept(Path link) throws IOException {
        Path target = Files.readSymbolicLink(link);
        if (target.isAbsolute() || target.toString().isEmpty()) {
            return false;
        }
        Path at = link.getParent();
        for (Path part : target) {
            if (at.equals(base) && part.toString().equals("..")) {
                return false;
            }
            at = at.resolve(part).normalize();
            if (Files.isSymbolicLink(at)) {
                return false;
            }
        }
        return at.startsWith(base) && (belonging.isUnit() || belonging.isWanted(relative(at)));
    }

    /** Takes the files of a directory behind a link. One that lies around what is walked now would bring everything again, without end. */
    private void follow(String relative, Path link) throws IOException {
        Path target = link.toRealPath();
        if (way.contains(target) || Stream.concat(found.followed().stream(), belonging.excluded().stream()).anyMatch(target::startsWith)) {
            return;
        }
        if (Stream.concat(way.stream(), belonging.excluded().stream()).anyMatch(one -> one.startsWith(target))) {
            missing(link, "is left out: it is a symbolic link to " + SafeText.quote(target) + ", which lies around the source or the backups");
            return;
        }
        found.followed().add(target);
        int before = found.entries().size();
        new SourceWalk(belonging, top, found, target, relative + "/", Stream.concat(way.stream(), Stream.of(target)).toList()).run();
        if (found.entries().size() > before) {
            found.remarks().add("'" + SafeText.quote(link) + "' is a symbolic link to a directory: the files in it are in the backup as if they "
                + "lay here");
        }
    }

    private void missing(Path link, String why) {
        found.missing().add("'" + SafeText.quote(link) + "' " + why);
    }

    private void add(String relative, Path file) throws IOException {
        try {
            found.entries().put(relative, FileFacts.of(file));
        } catch (NoSuchFileException gone) {
            // Removed by the running stack between the listing and this look: it is not there.
            return;
        }
    }

    private void addParents(String relative) throws IOException {
        for (int slash = relative.lastIndexOf('/'); slash > 0; slash = relative.lastIndexOf('/', slash - 1)) {
            String parent = relative.substring(0, slash);
            if (found.entries().containsKey(parent)) {
                return;
            }
            // Behind a link, the directory is what the link shows.
            add(parent, prefix.isEmpty() ? top.resolve(parent) : top.resolve(parent).toRealPath());
        }
    }

    private String relative(Path file) {
        return file.equals(base) && !prefix.isEmpty() ? prefix.substring(0, prefix.length() - 1) : prefix + base.relativize(file);
    }

    private static boolean isEmpty(Path directory) throws IOException {
        try (Stream<Path> children = Files.list(directory)) {
            return children.findAny().isEmpty();
        } catch (NoSuchFileException gone) {
            // Removed by the running stack: there is nothing to be kept of it.
            return false;
        }
    }
}
