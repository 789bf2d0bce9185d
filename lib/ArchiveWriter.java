package pps;

//SOURCES ArchiveCheck.java
//SOURCES ArchivePacker.java
//SOURCES ArchiveReader.java
//SOURCES Archived.java
//SOURCES Contents.java
//SOURCES Durable.java
//SOURCES Failure.java
//SOURCES FileFacts.java
//SOURCES GzipFormat.java
//SOURCES Listener.java
//SOURCES Manifest.java
//SOURCES MemberFormat.java
//SOURCES Progress.java
//SOURCES Reason.java
//SOURCES SafeText.java
//SOURCES Workers.java
//SOURCES ZstdFormat.java

import java.io.EOFException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Future;
import java.util.function.BooleanSupplier;

/**
 * Writes an archive of files that are at rest. It gets its name only when it is complete, on disk, and has been read back with every
 * digest as it was when the file was read; until then it is called {@code .NAME.partial} and no tool takes it for a backup.
 */
public final class ArchiveWriter {
    /**
     * One file, symbolic link or directory to pack: {@code path} is its name below the source, empty for the source's own directory;
     * {@code original} is what {@code file} is a copy of, whose owner and mode are recorded, or null when it is no copy.
     */
    record Item(String source, String path, Path file, FileFacts original) {
        Item(String source, String path, Path file) {
            this(source, path, file, null);
        }

        /** Only root can give a copy its original's owner; its content and time are its own. */
        private FileFacts recorded(FileFacts own) {
            return original == null ? own : new FileFacts(own.kind(), own.size(), original.mode(), original.uid(), original.gid(), own.modified(),
                own.device());
        }
    }

    /**
     * Why an archive was not written: a file changed while it was read. It is the cause of the {@link Failure}, for callers that
     * would rather read it again.
     */
    public static final class Changed extends IOException {
        private static final long serialVersionUID = 1L;
        private final transient Item item;

        Changed(Item item, IOException cause) {
            super("'" + SafeText.quote(item.file()) + "' changed while it was read", cause);
            this.item = item;
        }

        /** Returns what changed. */
        public Item item() {
            return item;
        }
    }

    private ArchiveWriter() {
    }

    /**
     * Packs the items in the given order behind the manifest, readable by the owner alone from the first byte on; a name that ends in
     * {@code .zst} makes an archive in Zstandard frames, any other one in gzip members. Throws {@link Failure}
     * ({@link ExitCode#FAILED}) when it cannot be written or does not read back; nothing is left of it then.
     */
    public static Contents write(Path target, Manifest manifest, List<Item> items, Listener listener) {
        return writeIf(() -> true, target, manifest, items, listener).orElseThrow();
    }

    /**
     * Like {@link #write}, and asks when all is packed whether the archive is still wanted; if not, nothing is left of it. So its owner
     * can find something out while it is packed.
     */
    static Optional<Contents> writeIf(BooleanSupplier wanted, Path target, Manifest manifest, List<Item> items, Listener listener) {
        Path partial = partialOf(target);
        try {
            Files.createDirectories(target.getParent());
            Files.deleteIfExists(partial);
            Contents contents;
            try (FileChannel channel = Durable.createPrivate(partial); Workers beside = new Workers("sync", 1)) {
                Map<String, List<String>> digests = pack(channel, target.toString().endsWith(".zst") ? new ZstdFormat() : new GzipFormat(),
                    manifest, items, listener);
                // The disk works while the processor reads back.
                Future<Object> onDisk = beside.begin(() -> {
                    channel.force(true);
                    return null;
                });
                if (!wanted.getAsBoolean()) {
                    Files.delete(partial);
                    return Optional.empty();
                }
                contents = readBack(partial, manifest, digests, listener);
                Workers.await(onDisk, listener);
            }
            if (Files.exists(target)) {
                throw Failure.of(ExitCode.FAILED, "There is already a file " + SafeText.quote(target));
            }
            Files.move(partial, target, StandardCopyOption.ATOMIC_MOVE);
            Durable.syncDirectory(target.getParent());
            return Optional.of(new Contents(target, contents.compressedBytes(), contents.manifest(), contents.entries(), contents.remarks()));
        } catch (IOException e) {
            throw abandon(partial, Failure.of(ExitCode.FAILED, "Cannot write " + SafeText.quote(target) + ": " + Reason.of(e)).because(e));
        } catch (Failure e) {
            throw abandon(partial, e);
        }
    }

    /** Returns what an archive is called until it is complete; a kill leaves this behind, and no tool takes it for a backup. */
    static Path partialOf(Path target) {
        return target.resolveSibling("." + target.getFileName() + ".partial");
    }

    private static Failure abandon(Path partial, Failure failure) {
        try {
            Files.deleteIfExists(partial);
        } catch (IOException e) {
            failure.addSuppressed(e);
        }
        return failure;
    }

    private static Contents readBack(Path partial, Manifest manifest, Map<String, List<String>> digests, Listener listener) {
        Contents contents;
        try {
            // The digests of whole files were computed while they were packed.
            contents = ArchiveReader.read(partial, new ArchiveCheck(null, false, true, manifest.isSafety()), listener);
        } catch (Failure e) {
            throw e.exitCode() == ExitCode.BAD_BACKUP ? Failure.of(ExitCode.FAILED, "The new archive does not read back: " + e.getMessage())
                .because(e) : e;
        }
        Map<String, List<String>> missing = new HashMap<>(digests);
        for (Archived entry : contents.entries()) {
            List<String> written = missing.remove(entry.name());
            if (entry.kind() == Archived.Kind.FILE && (written == null || !entry.content().isOf(written))) {
                throw Failure.of(ExitCode.FAILED, "The new archive does not read back: '" + SafeText.quote(entry.name()) + "' differs");
            }
        }
        if (!missing.isEmpty()) {
            throw Failure.of(ExitCode.FAILED, "The new archive does not read back: " + missing.size() + " files are missing");
        }
        return contents;
    }

    private static Map<String, List<String>> pack(FileChannel file, MemberFormat format, Manifest manifest, List<Item> items, Listener listener)
        throws IOException {
        FileTime made = FileTime.from(LocalDateTime.parse(manifest.createdAt()).atZone(ZoneId.systemDefault()).toInstant());
        long bytes = manifest.sources().values().stream().mapToLong(Manifest.Promise::bytes).sum();
        try (Progress progress = listener.progress("Packing", bytes);
             ArchivePacker packer = new ArchivePacker(file, format, made, progress, listener)) {
            packer.begin(manifest.toJson().getBytes(StandardCharsets.UTF_8));
            for (Item item : items) {
                listener.checkInterrupted();
                packOne(packer, item);
            }
            return packer.finish();
        }
    }

    private static void packOne(ArchivePacker packer, Item item) throws IOException {
        try {
            FileFacts before = FileFacts.of(item.file());
            packer.add(item.source(), item.path(), item.file(), item.recorded(before));
            if (before.kind() == Archived.Kind.FILE && !before.equals(FileFacts.of(item.file()))) {
                throw new Changed(item, null);
            }
        } catch (EOFException | NoSuchFileException e) {
            throw new Changed(item, e);
        } catch (AccessDeniedException e) {
            throw Failure.of(ExitCode.FAILED, "Cannot read " + SafeText.quote(item.file()) + ": " + Reason.of(e)).next("Run it as root").because(e);
        }
    }
}
