package bench;

//SOURCES BenchFailure.java

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Predicate;

/** Directories full of files: compared with what they should be, counted, read once, deleted. */
public final class Trees {
    private Trees() {
    }

    /** Returns the files below a directory by their path in it; a symbolic link counts as a file. */
    public static TreeMap<String, Path> files(Path top) {
        TreeMap<String, Path> files = new TreeMap<>();
        walk(top, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                files.put(top.relativize(file).toString(), file);
                return FileVisitResult.CONTINUE;
            }
        });
        return files;
    }

    /**
     * Compares what lies below a directory with the files that should: the same paths, and each with the same bytes, mode and modification
     * time. Throws {@link BenchFailure} with the first difference.
     *
     * @param ignored tells which paths of the result do not matter
     */
    public static void requireSame(Map<String, Path> expected, Path top, Predicate<String> ignored, String whose) {
        TreeMap<String, Path> found = files(top);
        found.keySet().removeIf(ignored);
        Optional<String> wrong = expected.keySet().stream().filter(path -> !found.containsKey(path)).findFirst().map(path -> path
            + " is missing")
            .or(() -> found.keySet().stream().filter(path -> !expected.containsKey(path)).findFirst().map(path -> path + " is too much"))
            .or(() -> found.keySet().parallelStream().map(path -> difference(path, expected.get(path), found.get(path)))
                .filter(difference -> difference != null).findFirst());
        if (wrong.isPresent()) {
            throw new BenchFailure("A wrong result of " + whose + ": " + wrong.get());
        }
    }

    private static String difference(String path, Path expected, Path found) {
        try {
            Map<String, Object> should = Files.readAttributes(expected, "unix:mode,size,lastModifiedTime", LinkOption.NOFOLLOW_LINKS);
            Map<String, Object> is = Files.readAttributes(found, "unix:mode,size,lastModifiedTime", LinkOption.NOFOLLOW_LINKS);
            if (!should.equals(is)) {
                return path + " has " + is + " and should have " + should;
            }
            long at = Files.mismatch(expected, found);
            return at < 0 ? null : path + " differs from byte " + at;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Returns the bytes of all files below a directory. */
    public static long bytes(Path top) {
        return files(top).values().stream().mapToLong(Trees::size).sum();
    }

    /** Returns the size of a file. */
    public static long size(Path file) {
        try {
            return Files.size(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Reads a file, or all files below a directory, so that the page cache holds them. */
    public static void warm(Path path) {
        byte[] buffer = new byte[1 << 20];
        for (Path file : Files.isDirectory(path) ? files(path).values() : java.util.List.of(path)) {
            try (InputStream in = Files.newInputStream(file)) {
                while (in.read(buffer) >= 0) {
                    // Reading is all that is wanted.
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /** Deletes a directory with all that is in it, or a file; what is not there is no trouble. */
    public static void delete(Path path) {
        if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        walk(path, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.delete(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path directory, IOException trouble) throws IOException {
                Files.delete(directory);
                return FileVisitResult.CONTINUE;
            }
        });
    }

    /** Makes a directory anew, empty. */
    public static Path fresh(Path directory) {
        delete(directory);
        try {
            return Files.createDirectories(directory);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void walk(Path top, SimpleFileVisitor<Path> visitor) {
        try {
            Files.walkFileTree(top, visitor);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
