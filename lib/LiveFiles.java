package pps;

//SOURCES Archived.java
//SOURCES Failure.java
//SOURCES FileFacts.java
//SOURCES Presence.java
//SOURCES Reason.java
//SOURCES SafeText.java
//SOURCES Spelling.java

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.TreeMap;
import java.util.function.Predicate;

/** The files that lie in the place of a source now. Symbolic links are looked at, never followed, except the place itself being one. */
final class LiveFiles {
    /** What the names of this tool's own directories on other file systems begin with; they are never part of a source. */
    static final String OWN_PREFIX = ".pps_restore_";

    private LiveFiles() {
    }

    /**
     * Returns the directory that a path below the project root really is: symbolic links on the way are followed as far as the path
     * exists, since a project may keep its databases on another disk. Throws {@link Failure} when one may not look how far that is.
     */
    static Path realPath(Path path) {
        return realPath(path, Presence::isThere);
    }

    /** Like {@link #realPath}, but follows only as far as this user may look: for what is the tool's own, and nobody's data. */
    static Path visiblePath(Path path) {
        return realPath(path, existing -> Files.exists(existing, LinkOption.NOFOLLOW_LINKS));
    }

    private static Path realPath(Path path, Predicate<Path> isThere) {
        Path absolute = path.toAbsolutePath().normalize();
        Path existing = absolute;
        try {
            while (existing != null && !isThere.test(existing)) {
                existing = existing.getParent();
            }
            return existing == null ? absolute : existing.toRealPath().resolve(existing.relativize(absolute)).normalize();
        } catch (IOException e) {
            throw Failure.of(ExitCode.FAILED, "Cannot follow " + SafeText.quote(path) + ": " + Reason.of(e)).state("Nothing was touched.")
                .because(e);
        }
    }

    /** Returns the place of an archive's entry below a directory. Throws {@link Failure} for a name that this locale cannot spell. */
    static Path place(Path directory, Archived entry) {
        try {
            return directory.resolve(entry.path());
        } catch (InvalidPathException e) {
            throw Spelling.failure(entry.name()).state("Nothing was touched.").because(e);
        }
    }

    /**
     * Lists the files (and symbolic links) below a directory for which {@code wanted} holds, by their path below it with {@code /}
     * between its parts; none when the directory does not exist.
     *
     * @param deep whether sub-directories are entered
     */
    static TreeMap<String, FileFacts> list(Path directory, boolean deep, Predicate<String> wanted) {
        TreeMap<String, FileFacts> files = new TreeMap<>();
        if (!Presence.isThere(directory)) {
            return files;
        }
        try {
            Files.walkFileTree(directory, java.util.EnumSet.noneOf(java.nio.file.FileVisitOption.class), deep ? Integer.MAX_VALUE : 1,
                new Collector(directory, wanted, files));
        } catch (IOException e) {
            throw Presence.cannotLook(directory, e);
        }
        return files;
    }

    private static final class Collector extends SimpleFileVisitor<Path> {
        private final Path top;
        private final Predicate<String> wanted;
        private final TreeMap<String, FileFacts> files;

        Collector(Path top, Predicate<String> wanted, TreeMap<String, FileFacts> files) {
            this.top = top;
            this.wanted = wanted;
            this.files = files;
        }

        @Override
        public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes) {
            return !directory.equals(top) && directory.getFileName().toString().startsWith(OWN_PREFIX) ? FileVisitResult.SKIP_SUBTREE
                : FileVisitResult.CONTINUE;
        }

        /** A running stack removes files between the listing of a directory and the look at them; they are not there then. */
        @Override
        public FileVisitResult visitFileFailed(Path file, IOException failure) throws IOException {
            if (failure instanceof java.nio.file.NoSuchFileException && !file.equals(top)) {
                return FileVisitResult.CONTINUE;
            }
            throw failure;
        }

        @Override
        public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
            String relative = top.relativize(file).toString();
            if (attributes.isDirectory() || !wanted.test(relative)) {
                return FileVisitResult.CONTINUE;
            }
            if (!Spelling.isPossible(top, relative, file)) {
                throw Spelling.failure(file).state("Nothing was touched.");
            }
            try {
                files.put(relative, FileFacts.of(file));
            } catch (java.nio.file.NoSuchFileException gone) {
                // The stack is still running and removed it between the listing and this look: it is not there.
                return FileVisitResult.CONTINUE;
            }
            return FileVisitResult.CONTINUE;
        }
    }
}
