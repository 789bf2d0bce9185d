package pps;

//SOURCES Durable.java
//SOURCES Failure.java
//SOURCES LiveFiles.java
//SOURCES Ownership.java
//SOURCES Reason.java
//SOURCES SafeText.java

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where a restore keeps its files: a directory {@code restore_ID} in {@code work/pps_backup} of the project, and one at the root of each
 * further file system that a source lies on, since only within one mount is a rename possible.
 */
final class Places {
    private static final Path MOUNTS = Path.of("/proc/self/mountinfo");
    private static final Pattern OCTAL = Pattern.compile("\\\\([0-7]{3})");

    private final Path home;
    private final String id;
    private final List<Path> mountPoints;

    Places(Path projectRoot, String id) {
        this.home = home(projectRoot);
        this.id = id;
        this.mountPoints = mountPoints();
    }

    /** Returns the directory of a project that the journal, the lock and the safety backups lie in. */
    static Path home(Path projectRoot) {
        return LiveFiles.visiblePath(projectRoot.resolve("work/pps_backup"));
    }

    /** Returns the directory for what comes from or goes to a destination; it is on the destination's own mount. */
    Path areaFor(Path destination) {
        Path mount = mountOf(destination);
        if (mount.equals(mountOf(home))) {
            return home.resolve("restore_" + id);
        }
        return firstWritable(mount, destination).resolve(LiveFiles.OWN_PREFIX + id);
    }

    /** As high up as possible on the mount, in the destination itself only when nothing above it will do: a directory has to be moved out. */
    private static Path firstWritable(Path mount, Path destination) {
        for (int names = mount.getNameCount(); names < destination.getNameCount(); names++) {
            Path candidate = names == 0 ? mount : destination.getRoot().resolve(destination.subpath(0, names));
            if (Files.isDirectory(candidate) && Files.isWritable(candidate)) {
                return candidate;
            }
        }
        return destination;
    }

    /** Tells whether the destination itself can be moved: of a mount point, or in a directory that is not ours, only what is in it can be. */
    boolean canBeRenamed(Path destination) {
        return !mountPoints.contains(destination) && (!Files.exists(destination) || Files.isWritable(destination.getParent()));
    }

    /** Tells whether another file system is mounted here now, be it a directory of this very one. */
    static boolean isMounted(Path directory) {
        return mountPoints().contains(directory);
    }

    /** Refuses a destination with another file system mounted somewhere below it: a rename would carry it away. */
    void refuseMountsBelow(Path destination) {
        for (Path mount : mountPoints) {
            if (mount.startsWith(destination) && !mount.equals(destination)) {
                throw Failure.of(ExitCode.FAILED, "Another file system is mounted below " + SafeText.quote(destination) + ", at "
                    + SafeText.quote(mount)).state("Nothing was touched.").next("Unmount it, or leave the source out with --skip.");
            }
        }
    }

    private Path mountOf(Path path) {
        Path best = path.getRoot();
        for (Path mount : mountPoints) {
            if (path.startsWith(mount) && mount.getNameCount() > best.getNameCount()) {
                best = mount;
            }
        }
        return best;
    }

    /** Bind mounts have the device number of what they show, so only the kernel's list tells them; elsewhere than on Linux there is none. */
    private static List<Path> mountPoints() {
        List<Path> points = new ArrayList<>();
        if (!Files.isReadable(MOUNTS)) {
            return points;
        }
        try {
            for (String line : Files.readAllLines(MOUNTS, StandardCharsets.UTF_8)) {
                Matcher octal = OCTAL.matcher(line.split(" ")[4]);
                points.add(Path.of(octal.replaceAll(m -> Matcher.quoteReplacement(String.valueOf((char) Integer.parseInt(m.group(1), 8))))));
            }
        } catch (IOException e) {
            throw Failure.of(ExitCode.FAILED, "Cannot read " + MOUNTS + ": " + Reason.of(e)).state("Nothing was touched.").because(e);
        }
        return points;
    }

    /** Makes an area. On another file system it may lie in a source's own directory, whose time is none of a restore's business. */
    static void makeArea(Path area) {
        try {
            keepingTime(area.getParent(), () -> Durable.createPrivateDirectories(area));
        } catch (IOException e) {
            throw Failure.of(ExitCode.FAILED, "Cannot create " + SafeText.quote(area) + ": " + Reason.of(e)).state("Nothing was touched.")
                .because(e);
        }
    }

    /** Deletes an area with all that is in it; it need not exist. */
    static void removeArea(Path area) throws IOException {
        if (Files.exists(area, LinkOption.NOFOLLOW_LINKS)) {
            keepingTime(area.getParent(), () -> deleteTree(area));
        }
    }

    private interface Step {
        void run() throws IOException;
    }

    private static void keepingTime(Path directory, Step step) throws IOException {
        FileTime time = Files.isDirectory(directory) ? Files.getLastModifiedTime(directory) : null;
        step.run();
        if (time != null) {
            Ownership.giveTime(directory, time);
        }
    }

    /** Deletes a directory with all that is in it; symbolic links are deleted, not followed. It need not exist. */
    static void deleteTree(Path top) throws IOException {
        if (!Files.exists(top, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        Files.walkFileTree(top, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes) throws IOException {
                if (!Files.isWritable(directory)) {
                    Files.setPosixFilePermissions(directory, Ownership.permissions(0700));
                }
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.delete(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path directory, IOException failure) throws IOException {
                if (failure != null) {
                    throw failure;
                }
                Files.delete(directory);
                return FileVisitResult.CONTINUE;
            }
        });
    }
}
