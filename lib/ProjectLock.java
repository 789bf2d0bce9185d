package pps;

//SOURCES Durable.java
//SOURCES Failure.java
//SOURCES Places.java
//SOURCES Reason.java
//SOURCES SafeText.java

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.LocalDateTime;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Stream;

/**
 * One run at a time for each project. The lock is the operating system's own, so it ends with the process that held it, however that
 * ended; the file's text only says who holds it.
 */
final class ProjectLock implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofMillis(300);

    private final Path file;
    private final FileChannel channel;
    private final List<Path> madeDirectories;

    private ProjectLock(Path file, FileChannel channel, List<Path> madeDirectories) {
        this.file = file;
        this.channel = channel;
        this.madeDirectories = madeDirectories;
    }

    /** Takes the lock. Throws {@link Failure}: {@link ExitCode#LOCKED} when another run holds it, {@link ExitCode#FAILED} when it cannot be. */
    static ProjectLock take(Path projectRoot, String purpose) {
        Path file = Places.home(projectRoot).resolve("lock");
        String text = purpose + ", process " + ProcessHandle.current().pid() + ", since " + LocalDateTime.now().truncatedTo(ChronoUnit.SECONDS)
            + "\n" + " ".repeat(ThreadLocalRandom.current().nextInt(1 << 16)) + "\n";
        // Whoever looks who holds it, holds it for that moment: a nightly backup must not fail because of a look.
        long patience = System.nanoTime() + PATIENCE.toNanos();
        try {
            List<Path> made = makeHome(file.getParent());
            while (true) {
                FileChannel channel = FileChannel.open(file, Set.of(StandardOpenOption.CREATE, StandardOpenOption.READ,
                    StandardOpenOption.WRITE), PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
                FileLock lock = tryLock(channel, file);
                if (lock == null) {
                    channel.close();
                    if (System.nanoTime() > patience) {
                        throw heldBy(file);
                    }
                    pause();
                    continue;
                }
                channel.truncate(0);
                channel.write(ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)), 0);
                if (isStill(file, channel.size())) {
                    return new ProjectLock(file, channel, made);
                }
                // The one before deleted the file between our opening and locking it: what we hold is no longer the lock.
                channel.close();
            }
        } catch (IOException e) {
            throw Failure.of(ExitCode.FAILED, "Cannot lock the project with " + SafeText.quote(file) + ": " + Reason.of(e))
                .state("Nothing was touched.").because(e)
                .next(e instanceof AccessDeniedException ? "Run the same command as the user who restored it before, or as root." : null);
        }
    }

    private static void pause() {
        try {
            Thread.sleep(10);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw Failure.of(ExitCode.DECLINED, "Interrupted").state("Nothing was touched.").because(e);
        }
    }

    private static FileLock tryLock(FileChannel channel, Path file) throws IOException {
        try {
            return channel.tryLock();
        } catch (OverlappingFileLockException e) {
            return null;
        } catch (IOException e) {
            channel.close();
            throw Failure.of(ExitCode.FAILED, "This file system does not support locks: " + SafeText.quote(file) + " (" + Reason.of(e) + ")")
                .state("Nothing was touched.")
                .next("Work on a local file system: two runs at once on this one could not be told from each other.").because(e);
        }
    }

    /** Returns who holds the lock of a project now, or null; looks only, and leaves nothing behind. */
    static String holder(Path projectRoot) {
        Path file = Places.home(projectRoot).resolve("lock");
        if (!Files.isWritable(file)) {
            return null;
        }
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE);
             FileLock lock = tryLock(channel, file)) {
            return lock == null ? Files.readAllLines(file).stream().findFirst().map(SafeText::quote).orElse("another run") : null;
        } catch (NoSuchFileException e) {
            return null;
        } catch (IOException e) {
            throw Failure.of(ExitCode.FAILED, "Cannot look at the lock " + SafeText.quote(file) + ": " + Reason.of(e)).because(e);
        }
    }

    private static Failure heldBy(Path file) throws IOException {
        String holder = Files.readAllLines(file).stream().findFirst().orElse("a run that has just begun");
        return Failure.of(ExitCode.LOCKED, "Another run works on this project: " + SafeText.quote(holder))
            .state("This run has touched nothing.").next("Wait until it has ended, then try again.");
    }

    /**
     * Tells whether the file under this name is the one that was locked, by its size, which is random: to open it a second time would
     * end the lock, since POSIX drops a process's locks on a file when any of its descriptors is closed.
     */
    private static boolean isStill(Path file, long size) throws IOException {
        try {
            return Files.size(file) == size;
        } catch (NoSuchFileException e) {
            return false;
        }
    }

    /** Makes the directories that are missing and returns them, the innermost first, so that a run can leave a project as it found it. */
    private static List<Path> makeHome(Path home) throws IOException {
        List<Path> made = new ArrayList<>();
        for (Path up = home; up != null && !Files.exists(up, LinkOption.NOFOLLOW_LINKS); up = up.getParent()) {
            made.add(up);
        }
        Files.createDirectories(home.getParent());
        if (!Files.isDirectory(home)) {
            Durable.createPrivateDirectories(home);
        }
        return made;
    }

    /** Ends the lock; in a project that had no {@code work/pps_backup} before, it and the file go too unless something lies there now. */
    @Override
    public void close() {
        try {
            if (!madeDirectories.isEmpty() && isAlone(file)) {
                Files.deleteIfExists(file);
            }
            channel.close();
            for (Path directory : madeDirectories) {
                if (!isEmpty(directory)) {
                    return;
                }
                Files.deleteIfExists(directory);
            }
        } catch (IOException e) {
            // The lock ends with the process, and a file that is left locks nobody out: what the run has done must not be called a failure.
        }
    }

    private static boolean isAlone(Path file) throws IOException {
        try (Stream<Path> children = Files.list(file.getParent())) {
            return children.allMatch(child -> child.equals(file));
        }
    }

    private static boolean isEmpty(Path directory) throws IOException {
        try (Stream<Path> children = Files.list(directory)) {
            return children.findAny().isEmpty();
        }
    }
}
