package pps;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileStore;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Files that must be private from their first byte and must survive a power cut: archives, journals and staging hold private
 * conversations and tokens, so the permissions are given at creation and never widened by the umask.
 */
final class Durable {
    private static final FileAttribute<Set<PosixFilePermission>> PRIVATE_FILE =
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
    private static final FileAttribute<Set<PosixFilePermission>> PRIVATE_DIRECTORY =
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));

    /** From this number of files on, one call for the file system is cheaper: 5,000 of 1 KiB took 0.06 s instead of 0.9 s. */
    private static final int MANY = 200;
    private Durable() {
    }

    /** Creates a file that only its owner can read, and opens it for writing; fails when the name is taken. */
    static FileChannel createPrivate(Path file) throws IOException {
        return FileChannel.open(file, EnumSet.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE), PRIVATE_FILE);
    }

    /** Creates a directory, and those above it that are missing, that only its owner can enter. */
    static void createPrivateDirectories(Path directory) throws IOException {
        Files.createDirectories(directory, PRIVATE_DIRECTORY);
    }

    /** Replaces a file's content at once: after a crash it holds either the old text or the new one, whole and on disk. */
    static void replace(Path file, String text) throws IOException {
        Path next = nextOf(file);
        Files.deleteIfExists(next);
        try (FileChannel channel = createPrivate(next)) {
            ByteBuffer bytes = StandardCharsets.UTF_8.encode(text);
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            channel.force(true);
        }
        Files.move(next, file, StandardCopyOption.ATOMIC_MOVE);
        syncDirectory(file.getParent());
    }

    /** Removes what a kill in the middle of {@link #replace} leaves beside a file. */
    static void removeUnfinished(Path file) throws IOException {
        Files.deleteIfExists(nextOf(file));
    }

    /** Tells whether a kill in the middle of {@link #replace} has left something beside a file. */
    static boolean isUnfinished(Path file) {
        return Files.exists(nextOf(file), LinkOption.NOFOLLOW_LINKS);
    }

    private static Path nextOf(Path file) {
        return file.resolveSibling("." + file.getFileName() + ".next");
    }

    /** Brings a file's content to the disk. Throws {@link FileSystemException}, which names the file, when that fails. */
    static void syncFile(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            channel.force(true);
        } catch (FileSystemException e) {
            throw e;
        } catch (IOException e) {
            throw (IOException) new FileSystemException(file.toString(), null, e.getMessage()).initCause(e);
        }
    }

    /**
     * Brings the content of many files to the disk: where there is a command for it, with one call for each file system, since an fsync of
     * each takes longer than to write them. Throws {@link IOException} when one could not be brought there.
     */
    static void syncFiles(List<Path> files) throws IOException {
        if (files.size() < MANY || !syncfsReports(System.getProperty("os.name"), System.getProperty("os.version"))) {
            for (Path file : files) {
                syncFile(file);
            }
            return;
        }
        Map<FileStore, Path> fileSystems = new HashMap<>();
        Set<Path> directories = new HashSet<>();
        for (Path file : files) {
            if (directories.add(file.getParent())) {
                fileSystems.putIfAbsent(Files.getFileStore(file), file);
            }
        }
        for (Path one : fileSystems.values()) {
            if (!syncFileSystem(one)) {
                for (Path file : files) {
                    syncFile(file);
                }
                return;
            }
        }
    }

    /** Tells whether syncfs says when data could not be written: on Linux from 5.8 on (syncfs(2), "ERRORS"). */
    static boolean syncfsReports(String system, String version) {
        Matcher numbers = Pattern.compile("(\\d{1,4})\\.(\\d{1,4}).*").matcher(version);
        return system.equals("Linux") && numbers.matches()
            && Integer.parseInt(numbers.group(1)) * 10_000 + Integer.parseInt(numbers.group(2)) >= 5_0008;
    }

    private static boolean syncFileSystem(Path file) throws IOException {
        Process sync;
        try {
            sync = new ProcessBuilder("sync", "-f", file.toString()).redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
        } catch (IOException e) {
            // There is no such command; each file has its own call then.
            return false;
        }
        try {
            return sync.waitFor() == 0;
        } catch (InterruptedException e) {
            sync.destroy();
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted");
        }
    }

    /** Brings the names in a directory to the disk: without it a rename may be lost in a power cut. */
    static void syncDirectory(Path directory) throws IOException {
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }
}
