package pps;

//DEPS org.apache.commons:commons-compress:1.28.0
//SOURCES ArchiveReader.java
//SOURCES Archived.java
//SOURCES Contents.java
//SOURCES Digest.java
//SOURCES Durable.java
//SOURCES Failure.java
//SOURCES FileFacts.java
//SOURCES Listener.java
//SOURCES Manifest.java
//SOURCES Reason.java
//SOURCES SafeText.java

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.math.BigDecimal;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.security.DigestOutputStream;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.apache.commons.compress.compressors.gzip.GzipCompressorOutputStream;
import org.apache.commons.io.output.CloseShieldOutputStream;

/**
 * Writes an archive of files that are at rest. It gets its name only when it is complete, on disk, and has been read back with every
 * digest as it was when the file was read; until then it is called {@code .NAME.partial} and no tool takes it for a backup.
 */
public final class ArchiveWriter {
    /** One file, symbolic link or directory to pack: {@code path} is its name below the source, empty for the source's own directory. */
    public record Item(String source, String path, Path file) {
    }

    private ArchiveWriter() {
    }

    /**
     * Packs the items in the given order behind the manifest, readable by the owner alone from the first byte on. Throws {@link Failure}
     * ({@link ExitCode#FAILED}) when it cannot be written or does not read back; nothing is left of it then.
     */
    public static Contents write(Path target, Manifest manifest, List<Item> items, Listener listener) {
        Path partial = target.resolveSibling("." + target.getFileName() + ".partial");
        try {
            Files.createDirectories(target.getParent());
            Files.deleteIfExists(partial);
            Map<String, String> digests = new HashMap<>();
            try (FileChannel channel = Durable.createPrivate(partial)) {
                // The channel stays open behind the closed streams: what they wrote has yet to be brought to the disk.
                pack(CloseShieldOutputStream.wrap(Channels.newOutputStream(channel)), manifest, items, digests, listener);
                channel.force(true);
            }
            Contents contents = readBack(partial, digests, listener);
            if (Files.exists(target)) {
                throw Failure.of(ExitCode.FAILED, "There is already a file " + SafeText.quote(target));
            }
            Files.move(partial, target, StandardCopyOption.ATOMIC_MOVE);
            Durable.syncDirectory(target.getParent());
            return new Contents(target, contents.compressedBytes(), contents.manifest(), contents.entries(), contents.remarks());
        } catch (IOException e) {
            throw abandon(partial, Failure.of(ExitCode.FAILED, "Cannot write " + SafeText.quote(target) + ": " + Reason.of(e)).because(e));
        } catch (Failure e) {
            throw abandon(partial, e);
        }
    }

    private static Failure abandon(Path partial, Failure failure) {
        try {
            Files.deleteIfExists(partial);
        } catch (IOException e) {
            failure.addSuppressed(e);
        }
        return failure;
    }

    private static Contents readBack(Path partial, Map<String, String> digests, Listener listener) {
        Contents contents;
        try {
            contents = ArchiveReader.read(partial, ArchiveReader.CHECK_ONLY, listener);
        } catch (Failure e) {
            throw e.exitCode() == ExitCode.BAD_BACKUP ? Failure.of(ExitCode.FAILED, "The new archive does not read back: " + e.getMessage())
                .because(e) : e;
        }
        Map<String, String> missing = new HashMap<>(digests);
        for (Archived entry : contents.entries()) {
            String written = missing.remove(entry.name());
            if (entry.kind() == Archived.Kind.FILE && !entry.sha256().equals(written)) {
                throw Failure.of(ExitCode.FAILED, "The new archive does not read back: '" + SafeText.quote(entry.name()) + "' differs");
            }
        }
        if (!missing.isEmpty()) {
            throw Failure.of(ExitCode.FAILED, "The new archive does not read back: " + missing.size() + " files are missing");
        }
        return contents;
    }

    private static void pack(OutputStream out, Manifest manifest, List<Item> items, Map<String, String> digests, Listener listener)
        throws IOException {
        try (TarArchiveOutputStream tar = new TarArchiveOutputStream(
            new GzipCompressorOutputStream(new BufferedOutputStream(out, 1 << 16)), StandardCharsets.UTF_8.name())) {
            tar.setLongFileMode(TarArchiveOutputStream.LONGFILE_POSIX);
            tar.setBigNumberMode(TarArchiveOutputStream.BIGNUMBER_POSIX);
            tar.setAddPaxHeadersForNonAsciiNames(true);
            byte[] json = manifest.toJson().getBytes(StandardCharsets.UTF_8);
            TarArchiveEntry first = new TarArchiveEntry(Manifest.ENTRY);
            first.setSize(json.length);
            first.setMode(0600);
            tar.putArchiveEntry(first);
            tar.write(json);
            tar.closeArchiveEntry();
            for (Item item : items) {
                listener.checkInterrupted();
                packOne(tar, item, digests, listener);
            }
        }
    }

    private static void packOne(TarArchiveOutputStream tar, Item item, Map<String, String> digests, Listener listener) throws IOException {
        FileFacts facts = FileFacts.of(item.file());
        String name = item.path().isEmpty() ? item.source() : item.source() + "/" + item.path();
        TarArchiveEntry entry = switch (facts.kind()) {
            case DIRECTORY -> new Exact(name + "/", TarConstants.LF_DIR, facts.modified());
            case SYMLINK -> new Exact(name, TarConstants.LF_SYMLINK, facts.modified());
            case FILE -> new Exact(name, TarConstants.LF_NORMAL, facts.modified());
        };
        entry.setIds(0, 0);
        entry.setUserId(facts.uid());
        entry.setGroupId(facts.gid());
        entry.setMode(facts.mode());
        entry.setLastModifiedTime(facts.modified());
        if (facts.kind() == Archived.Kind.SYMLINK) {
            entry.setLinkName(Files.readSymbolicLink(item.file()).toString());
        }
        entry.setSize(facts.kind() == Archived.Kind.FILE ? facts.size() : 0);
        tar.putArchiveEntry(entry);
        if (facts.kind() == Archived.Kind.FILE) {
            DigestOutputStream digesting = new DigestOutputStream(tar, Digest.sha256());
            try (InputStream in = Files.newInputStream(item.file())) {
                byte[] buffer = new byte[1 << 16];
                for (int n; (n = in.read(buffer)) > 0; ) {
                    listener.checkInterrupted();
                    digesting.write(buffer, 0, n);
                }
            }
            digests.put(name, Digest.hex(digesting.getMessageDigest()));
        }
        tar.closeArchiveEntry();
    }

    /** An entry whose time keeps its nanoseconds: the library writes the PAX record only for times that do not fit the old header. */
    private static final class Exact extends TarArchiveEntry {
        private final FileTime modified;

        Exact(String name, byte kind, FileTime modified) {
            super(name, kind);
            this.modified = modified;
        }

        @Override
        public Map<String, String> getExtraPaxHeaders() {
            Map<String, String> headers = new HashMap<>(super.getExtraPaxHeaders());
            Instant time = modified.toInstant();
            headers.put("mtime", BigDecimal.valueOf(time.getEpochSecond()).add(BigDecimal.valueOf(time.getNano(), 9)).stripTrailingZeros()
                .toPlainString());
            return headers;
        }

        @Override
        public boolean equals(Object other) {
            return this == other;
        }

        @Override
        public int hashCode() {
            return System.identityHashCode(this);
        }
    }
}
