package pps;

//DEPS org.apache.commons:commons-compress:1.28.0
//SOURCES ArchiveAhead.java
//SOURCES ArchiveBounds.java
//SOURCES ArchiveCheck.java
//SOURCES ArchiveEntries.java
//SOURCES ArchiveGzip.java
//SOURCES ArchiveIndex.java
//SOURCES ArchiveRules.java
//SOURCES Archived.java
//SOURCES Contents.java
//SOURCES Failure.java
//SOURCES Listener.java
//SOURCES IndexEntry.java
//SOURCES IndexJson.java
//SOURCES MemberReader.java
//SOURCES Progress.java
//SOURCES Reason.java
//SOURCES SafeText.java
//SOURCES TarTail.java
//SOURCES ZstdFormat.java

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;

/**
 * Reads an archive once, in constant memory but for the list of its entries, and checks what can be checked on the way: the checksums,
 * the tar structure up to the end mark and beyond it, names and kinds, the manifest's promises, and the index, if there is one, against
 * all that. An archive with an index is unpacked on all cores, and only where it is needed; one without is read from its first byte to
 * its last. An archive is good only when {@link #read} has returned; until then nothing that a {@link Receiver} got may be used.
 */
public final class ArchiveReader {
    private static final int BLOCK = 512;
    /** Bytes that are unpacked ahead; there are two such buffers. */
    private static final int AHEAD = 1 << 20;
    private static final String STEP = "Reading";

    /** Takes the content of an archive while it is read. What it throws ends the reading and reaches the caller as it is. */
    public interface Receiver {
        /** Takes the manifest, if there is one, before everything else. */
        default void manifest(Manifest manifest) {
            // only some want to know
        }

        /** Tells whether this source's content is wanted; the reader checks it in any case. */
        boolean wants(String source);

        /** Returns where the content of this file goes; the reader closes it after the last byte. */
        OutputStream file(Archived file);

        /** Takes a symbolic link or a directory. */
        void other(Archived entry);

        /**
         * Tells whether the sources that are not wanted are to be read and checked as well. If not, and the archive has an index, they
         * are left alone: what is returned of them is what the index says.
         */
        default boolean checksAll() {
            return true;
        }

        /** Tells whether contents are to be hashed where no index has their digests; what is returned of them is null otherwise. */
        default boolean hashes() {
            return true;
        }

        /**
         * Tells whether the digest that an index gives a file of several chunks as a whole is to be checked too, which takes as long again
         * as to check those of its chunks. The content is proven without it; other tools of this format may go by it.
         */
        default boolean checksWholeDigests() {
            return true;
        }

        /**
         * Tells whether this is the project's own safety backup, for its place and not for what it says: its symbolic links may then lead
         * out of their source, as they did where the restore found them. A stranger's never may.
         */
        default boolean isOwnSafetyBackup() {
            return false;
        }

        /** Takes a file that has the content of an earlier one, which was handed over before if its source is wanted. */
        void copy(Archived file, Archived earlier);
    }

    /** A receiver for callers that only want the archive checked. */
    public static final Receiver CHECK_ONLY = new ArchiveCheck(null, true, true, false);

    private final Path archive;
    private final Receiver receiver;
    private final Listener listener;
    private final ArchiveBounds bounds = new ArchiveBounds();
    private final ArchiveEntries found;
    private final byte[] buffer = new byte[1 << 18];
    private long compressed;
    private boolean begun;
    private boolean unpacksAhead;
    private boolean ended;

    private ArchiveReader(Path archive, Receiver receiver, Listener listener) {
        this.archive = archive;
        this.receiver = receiver;
        this.listener = listener;
        this.found = new ArchiveEntries(receiver, bounds, listener);
    }

    /**
     * Reads and checks an archive, handing its content to the receiver. Throws {@link Failure} ({@link ExitCode#BAD_BACKUP}) when the
     * archive is missing, damaged or unsafe, and whatever the receiver or {@link Listener#checkInterrupted()} throws.
     */
    public static Contents read(Path archive, Receiver receiver, Listener listener) {
        return new ArchiveReader(archive, receiver, listener).read(!receiver.checksAll());
    }

    /**
     * Returns what an archive says that it holds, by reading its manifest and its index alone; one without an index is read and checked
     * whole. Throws like {@link #read}.
     */
    public static Contents look(Path archive, Listener listener) {
        return read(archive, ArchiveCheck.look(false), listener);
    }

    private Contents read(boolean onlyWanted) {
        try (found; FileChannel file = FileChannel.open(archive, StandardOpenOption.READ)) {
            compressed = file.size();
            bounds.compressed(compressed, ArchiveIndex.isZstd(file));
            Optional<ArchiveIndex> index = ArchiveIndex.open(file);
            begun = true;
            if (index.isEmpty() || !index.get().isUsable()) {
                readPlain(file, index.isPresent());
            } else {
                long bytes = index.get().entries().stream().mapToLong(IndexEntry::size).sum();
                try (MemberReader members = index.get().members(file); Progress progress = listener.progress(STEP, bytes)) {
                    BitSet wanted = wanted(index.get());
                    found.tell(progress);
                    if (onlyWanted && wanted.cardinality() < index.get().entries().size()) {
                        readWanted(index.get(), members, wanted);
                    } else {
                        readAll(index.get(), members);
                    }
                }
            }
            found.complete();
            Contents contents = new Contents(archive, compressed, Optional.ofNullable(found.manifest()), List.copyOf(found.entries()),
                found.remarks());
            String broken = contents.brokenPromise();
            if (broken != null) {
                throw new ArchiveRules.Refused(broken);
            }
            return contents;
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

    private TarArchiveInputStream tar(TarTail tail) {
        bounds.follow(tail);
        return new TarArchiveInputStream(tail, 20 * 512, 512, StandardCharsets.UTF_8.name(), false);
    }

    private TarArchiveEntry next(TarArchiveInputStream tar, TarTail tail) throws IOException {
        listener.checkInterrupted();
        return ArchiveRules.next(tar, tail);
    }

    /** Unpacking takes longest and needs one core, so it goes ahead in a thread of its own, while this one checks, hashes and writes. */
    private void readPlain(FileChannel file, boolean withIndex) throws IOException {
        boolean zstd = ArchiveIndex.isZstd(file);
        InputStream in = new BufferedInputStream(Channels.newInputStream(file), 1 << 16);
        try (Progress progress = listener.progress(STEP, compressed);
             InputStream ahead = ArchiveAhead.of(zstd ? ZstdFormat.unpack(in) : ArchiveGzip.open(in), AHEAD)) {
            unpacksAhead = true;
            found.tell(progress, () -> position(file));
            TarTail tail = new TarTail(ahead);
            TarArchiveInputStream tar = tar(tail);
            for (TarArchiveEntry entry; (entry = next(tar, tail)) != null; ) {
                if (entry.getName().equals(zstd ? IndexJson.LANDMARK : IndexJson.ENTRY) && !withIndex) {
                    throw new IOException("it has an index, but not the footer that belongs to it at its end");
                }
                found.read(entry, tar, null);
                tail.endOfData();
            }
            ended = true;
            tail.checkEnd(buffer);
        }
    }

    /** How far an archive has come whose unpacked size nobody knows. */
    private static long position(FileChannel file) {
        try {
            return file.position();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void readAll(ArchiveIndex index, MemberReader members) throws IOException {
        TarTail tail = new TarTail(members);
        TarArchiveInputStream tar = tar(tail);
        for (IndexEntry claimed : index.entries()) {
            readIndexed(claimed, index, members, tar, tail, 0);
        }
        if (index.isEntry()) {
            long at = (tail.total() + BLOCK - 1) / BLOCK * BLOCK;
            TarArchiveEntry own = next(tar, tail);
            if (own == null || !own.getName().equals(IndexJson.ENTRY) || members.unpackedAt(index.ownStretch()) != at) {
                throw new IOException("its index does not name all that it holds");
            }
            found.read(own, tar, null);
            tail.endOfData();
        }
        if (next(tar, tail) != null) {
            throw new IOException("its index does not name all that it holds");
        }
        ended = true;
        tail.checkEnd(buffer);
    }

    private void readWanted(ArchiveIndex index, MemberReader members, BitSet wanted) throws IOException {
        int done = 0;
        for (ArchiveIndex.Run run : index.runs(wanted)) {
            for (; done < run.firstEntry(); done++) {
                found.read(ArchiveIndex.header(index.entries().get(done)), null, index.entries().get(done));
            }
            members.begin(run.first(), run.last());
            members.skipNBytes(run.skip());
            TarTail tail = new TarTail(members);
            TarArchiveInputStream tar = tar(tail);
            for (; done <= run.lastEntry(); done++) {
                readIndexed(index.entries().get(done), index, members, tar, tail, run.skip());
            }
        }
        for (; done < index.entries().size(); done++) {
            found.read(ArchiveIndex.header(index.entries().get(done)), null, index.entries().get(done));
        }
    }

    private void readIndexed(IndexEntry claimed, ArchiveIndex index, MemberReader members, TarArchiveInputStream tar, TarTail tail,
                             long skipped) throws IOException {
        TarArchiveEntry entry = next(tar, tail);
        if (entry == null) {
            throw new IOException("its index names more than it holds");
        }
        long contentAt = skipped + tail.total();
        String digest = found.read(entry, tar, claimed);
        tail.endOfData();
        ArchiveIndex.checkSame(claimed, entry, digest);
        for (IndexEntry.Chunk chunk : claimed.chunks()) {
            if (members.unpackedAt(index.stretchAt(chunk.offset())) + chunk.innerOffset() != contentAt + chunk.chunkOffset()) {
                throw new IOException("its index is wrong about where '" + SafeText.quote(claimed.name()) + "' lies");
            }
        }
    }

    /** What is about the archive itself is always wanted. */
    private BitSet wanted(ArchiveIndex index) throws IOException {
        BitSet wanted = new BitSet();
        for (int i = 0; i < index.entries().size(); i++) {
            IndexEntry entry = index.entries().get(i);
            List<String> parts = ArchiveRules.parts(entry.name());
            wanted.set(i, parts.isEmpty() || parts.size() == 1 && entry.type().equals("reg") || receiver.wants(parts.get(0)));
        }
        return wanted;
    }

    private String where() {
        List<Archived> entries = found.entries();
        // What is unpacked ahead is lost with the damage behind it: that nothing was read yet does not say that the damage is at the beginning.
        return !begun || unpacksAhead && entries.isEmpty() ? "" : ended ? " at its end" : entries.isEmpty() ? " at its beginning"
            : " after '" + SafeText.quote(entries.get(entries.size() - 1).name()) + "'";
    }

    private Failure bad(String what) {
        return Failure.of(ExitCode.BAD_BACKUP, "The backup " + SafeText.quote(archive) + " " + what);
    }
}
