package pps;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumSet;
import java.util.Set;

/**
 * Files that must be private from their first byte and must survive a power cut: archives, journals and staging hold private
 * conversations and tokens, so the permissions are given at creation and never widened by the umask.
 */
final class Durable {
    private static final FileAttribute<Set<PosixFilePermission>> PRIVATE_FILE =
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
    private static final FileAttribute<Set<PosixFilePermission>> PRIVATE_DIRECTORY =
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));

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

    /** Brings a file's content to the disk. */
    static void syncFile(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    /** Brings the names in a directory to the disk: without it a rename may be lost in a power cut. */
    static void syncDirectory(Path directory) throws IOException {
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }
}
