package pps;

//DEPS org.apache.commons:commons-compress:1.28.0
//SOURCES ArchiveRules.java
//SOURCES Archived.java
//SOURCES Contents.java
//SOURCES Digest.java
//SOURCES Failure.java
//SOURCES Listener.java
//SOURCES Manifest.java
//SOURCES Reason.java
//SOURCES SafeText.java
//SOURCES TarTail.java

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.compressors.gzip.GzipCompressorInputStream;

/**
 * Reads an archive from its first byte to its last, once, in constant memory but for the list of its entries, and checks what can be
 * checked on the way: the gzip checksums, the tar structure up to the end mark and beyond it, names and kinds, the manifest's promises.
 * An archive is good only when {@link #read} has returned; until then nothing that a {@link Receiver} got may be used.
 */
public final class ArchiveReader {
    /** Headers (long names, PAX records) of one entry longer than this are an attack on memory, not a backup; in bytes. */
    private static final long MOST_HEADER_BYTES = 1 << 20;
    private static final int MOST_MANIFEST_BYTES = 64 << 20;
    /** Text compresses up to 20 times and databases up to 50; deflate can do 1,032. Beyond this and this many bytes it is a bomb. */
    private static final long BOMB_RATIO = 250;
    private static final long BOMB_BYTES = 4L << 30;
    private static final Set<String> OWN_ENTRIES = Set.of("stargz.index.json", ".prefetch.landmark", ".no.prefetch.landmark");

    /** Takes the content of an archive while it is read. What it throws ends the reading and reaches the caller as it is. */
    public interface Receiver {
        /** Tells whether this source's content is wanted; the reader checks it in any case. */
        boolean wants(String source);

        /** Returns where the content of this file goes; the reader closes it after the last byte. */
        OutputStream file(Archived file);

        /** Takes a symbolic link or a directory. */
        void other(Archived entry);

        /** Takes a file that has the content of an earlier one, which was handed over before if its source is wanted. */
        void copy(Archived file, Archived earlier);
    }

    /** A receiver for callers that only want the archive checked. */
    public static final Receiver CHECK_ONLY = new Receiver() {
        @Override
        public boolean wants(String source) {
            return false;
        }

        @Override
        public OutputStream file(Archived file) {
            return OutputStream.nullOutputStream();
        }

        @Override
        public void other(Archived entry) {
            // only the reader's own checks are wanted
        }

        @Override
        public void copy(Archived file, Archived earlier) {
            // only the reader's own checks are wanted
        }
    };

    private final Path archive;
    private final Receiver receiver;
    private final Listener listener;
    private final ArchiveRules rules = new ArchiveRules();
    private final List<Archived> entries = new ArrayList<>();
    private final List<String> remarks = new ArrayList<>();
    private final byte[] buffer = new byte[1 << 16];
    private Manifest manifest;
    private int specialModes;
    private boolean ended;

    private ArchiveReader(Path archive, Receiver receiver, Listener listener) {
        this.archive = archive;
        this.receiver = receiver;
        this.listener = listener;
    }

    /**
     * Reads and checks an archive, handing its content to the receiver. Throws {@link Failure} ({@link ExitCode#BAD_BACKUP}) when the
     * archive is missing, damaged or unsafe, and whatever the receiver or {@link Listener#checkInterrupted()} throws.
     */
    public static Contents read(Path archive, Receiver receiver, Listener listener) {
        return new ArchiveReader(archive, receiver, listener).read();
    }

    private Contents read() {
        try {
            long compressed = Files.size(archive);
            try (InputStream file = new BufferedInputStream(Files.newInputStream(archive), 1 << 16)) {
                TarTail tail = new TarTail(decompress(file));
                readEntries(tail, compressed);
            }
            rules.checkLinks();
            if (specialModes > 0) {
                remarks.add(specialModes + " entries have set-user-ID, set-group-ID or sticky bits, which are not restored");
            }
            checkPromises();
            if (entries.isEmpty() && manifest == null) {
                throw new ArchiveRules.Refused("it holds no file");
            }
            return new Contents(archive, compressed, Optional.ofNullable(manifest), List.copyOf(entries), List.copyOf(remarks));
        } catch (ArchiveRules.Refused e) {
            throw bad("is refused: " + e.getMessage()).because(e);
        } catch (java.nio.file.FileSystemException e) {
            throw Failure.of(ExitCode.BAD_BACKUP, "Cannot read " + SafeText.quote(archive) + ": " + Reason.of(e)).because(e);
        } catch (Failure e) {
            throw e;
        } catch (IOException | IllegalArgumentException | IndexOutOfBoundsException | NegativeArraySizeException | ArithmeticException
                 | IllegalStateException e) {
            // The library answers some malformed headers with unchecked exceptions; for the owner of the archive it is damage all the same.
            throw bad("is damaged" + where() + ": " + Reason.of(e)).because(e);
        }
    }

    private static InputStream decompress(InputStream file) throws IOException {
        return GzipCompressorInputStream.builder().setInputStream(file).setDecompressConcatenated(true).get();
    }

    private void readEntries(TarTail tail, long compressed) throws IOException {
        TarArchiveInputStream tar = new TarArchiveInputStream(tail, 20 * 512, 512, StandardCharsets.UTF_8.name(), false);
        while (true) {
            listener.checkInterrupted();
            tail.allow(MOST_HEADER_BYTES);
            TarArchiveEntry entry = tar.getNextEntry();
            tail.allow(Long.MAX_VALUE);
            if (entry == null) {
                break;
            }
            readEntry(tar, entry);
            tail.endOfData();
            if (tail.total() > BOMB_BYTES && tail.total() / BOMB_RATIO > compressed && manifest == null) {
                throw new ArchiveRules.Refused("it unpacks to more than " + BOMB_RATIO + " times its size (a decompression bomb)");
            }
        }
        ended = true;
        tail.checkEnd(buffer);
    }

    private void readEntry(TarArchiveInputStream tar, TarArchiveEntry entry) throws IOException {
        List<String> parts = ArchiveRules.parts(entry.getName());
        Archived.Kind kind = ArchiveRules.kind(entry);
        ArchiveRules.checkNumbers(entry);
        if (parts.isEmpty()) {
            return;
        }
        if (parts.size() == 1 && kind == Archived.Kind.FILE && !entry.isLink() && readOwnEntry(tar, entry, parts.get(0))) {
            return;
        }
        if (parts.size() == 1 && kind != Archived.Kind.DIRECTORY) {
            throw ArchiveRules.refused(entry.getName(), "it belongs to no source");
        }
        String source = parts.get(0);
        if ((entry.getMode() & 07000) != 0) {
            specialModes++;
        }
        Archived archived = new Archived(source, String.join("/", parts.subList(1, parts.size())), kind, entry.isLink() ? 0
            : kind == Archived.Kind.FILE ? entry.getSize() : 0, entry.getMode() & 0777, entry.getLongUserId(), entry.getLongGroupId(),
            entry.getLastModifiedTime(), kind == Archived.Kind.SYMLINK ? entry.getLinkName() : null, null);
        if (entry.isLink()) {
            Archived earlier = rules.hardLinkTarget(entry.getName(), source, entry.getLinkName());
            Archived link = new Archived(source, archived.path(), kind, earlier.size(), earlier.mode(), earlier.uid(), earlier.gid(),
                earlier.modified(), null, earlier.sha256());
            keep(link);
            if (receiver.wants(source)) {
                receiver.copy(link, earlier);
            }
        } else if (kind == Archived.Kind.FILE) {
            readFile(tar, archived);
        } else {
            keep(archived);
            if (receiver.wants(source)) {
                receiver.other(archived);
            }
        }
    }

    private void keep(Archived archived) throws IOException {
        rules.add(archived);
        entries.add(archived);
    }

    private void readFile(TarArchiveInputStream tar, Archived file) throws IOException {
        // Registered first without its digest, so that a refused name never reaches the receiver.
        rules.check(file);
        MessageDigest sha256 = Digest.sha256();
        long read = 0;
        try (OutputStream out = receiver.wants(file.source()) ? receiver.file(file) : OutputStream.nullOutputStream()) {
            for (int n; (n = tar.read(buffer)) > 0; ) {
                listener.checkInterrupted();
                sha256.update(buffer, 0, n);
                out.write(buffer, 0, n);
                read += n;
            }
        }
        if (read != file.size()) {
            throw new IOException("'" + file.name() + "' ends after " + read + " of " + file.size() + " bytes");
        }
        keep(file.withDigest(Digest.hex(sha256)));
    }

    /** Reads an entry that is about the archive and belongs to no source; returns false when it is not one. */
    private boolean readOwnEntry(TarArchiveInputStream tar, TarArchiveEntry entry, String name) throws IOException {
        if (OWN_ENTRIES.contains(name)) {
            while (tar.read(buffer) > 0) {
                listener.checkInterrupted();
            }
            return true;
        }
        if (!name.equals(Manifest.ENTRY)) {
            return false;
        }
        if (manifest != null || !entries.isEmpty()) {
            throw ArchiveRules.refused(name, manifest != null ? "it is there twice" : "it is not the first entry");
        }
        if (entry.getSize() > MOST_MANIFEST_BYTES) {
            throw ArchiveRules.refused(name, "it is larger than " + MOST_MANIFEST_BYTES + " bytes");
        }
        manifest = Manifest.parse(new String(tar.readNBytes((int) entry.getSize()), StandardCharsets.UTF_8));
        return true;
    }

    private void checkPromises() throws ArchiveRules.Refused {
        if (manifest == null) {
            return;
        }
        Map<String, Contents.Total> totals = new Contents(archive, 0, Optional.of(manifest), entries, List.of()).totals();
        for (Map.Entry<String, Contents.Total> there : totals.entrySet()) {
            Manifest.Promise promise = manifest.sources().get(there.getKey());
            String source = "source '" + SafeText.quote(there.getKey()) + "'";
            if (promise == null) {
                throw new ArchiveRules.Refused(source + " is not in its manifest");
            }
            if (promise.files() != there.getValue().files() || promise.bytes() != there.getValue().bytes()) {
                throw new ArchiveRules.Refused(source + " holds " + there.getValue().files() + " files and " + there.getValue().bytes()
                    + " bytes, but its manifest promises " + promise.files() + " files and " + promise.bytes() + " bytes");
            }
        }
    }

    private String where() {
        return ended ? " at its end" : entries.isEmpty() ? " at its beginning"
            : " after '" + SafeText.quote(entries.get(entries.size() - 1).name()) + "'";
    }

    private Failure bad(String what) {
        return Failure.of(ExitCode.BAD_BACKUP, "The backup " + SafeText.quote(archive) + " " + what);
    }
}
