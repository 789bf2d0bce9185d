package pps;

//DEPS org.apache.commons:commons-compress:1.28.0
//SOURCES ArchiveRules.java
//SOURCES FileRange.java
//SOURCES GzipFormat.java
//SOURCES IndexEntry.java
//SOURCES IndexJson.java
//SOURCES IndexParser.java
//SOURCES MemberFormat.java
//SOURCES MemberReader.java
//SOURCES StargzFooter.java
//SOURCES TarTail.java
//SOURCES ZstdFooter.java
//SOURCES ZstdFormat.java

import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.LongStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;

/**
 * The index of an archive, found through the footer at its end: what is in the archive, and where, without unpacking it. Until the
 * archive itself has been read, this is what somebody claims.
 */
final class ArchiveIndex {
    /** An honest index is hardly ever packed to less than a tenth, because digests cannot be; small ones of long names are. */
    private static final long MOST_BYTES = 128 << 20;
    private static final int MOST_RATIO = 20;
    /** Members are held in memory; an index with larger ones, which other tools might write, is not used. */
    private static final long LARGEST_MEMBER = 8 << 20;

    /**
     * A row of entries that are read one after the other: {@code skip} bytes into the unpacked stretch {@code first} lies the header of
     * {@code firstEntry}, and stretch {@code last} is the last that any of them is in.
     */
    record Run(int firstEntry, int lastEntry, int first, long skip, int last) {
    }

    private final List<IndexEntry> entries;
    private final MemberFormat format;
    private final long[] starts;
    private final long end;
    private final boolean usable;

    private ArchiveIndex(List<IndexEntry> entries, MemberFormat format, long offset, long end) throws IOException {
        this.entries = entries;
        this.format = format;
        this.end = end;
        this.starts = LongStream.concat(format.indexIsEntry() ? LongStream.of(0, offset) : LongStream.of(0),
            entries.stream().flatMap(entry -> entry.chunks().stream()).mapToLong(IndexEntry.Chunk::offset)).sorted().distinct().toArray();
        this.usable = checkChunks(offset);
    }

    /** Opens the index of an archive; empty when it has none. Throws {@link IOException} when it is damaged. */
    static Optional<ArchiveIndex> open(FileChannel file) throws IOException {
        return isZstd(file) ? openZstd(file) : openGzip(file);
    }

    /** Tells by its first bytes whether an archive is made of Zstandard frames. */
    static boolean isZstd(FileChannel file) throws IOException {
        byte[] first = new byte[Integer.BYTES];
        if (file.size() > ZstdFooter.LENGTH) {
            FileRange.readFully(file, 0, first);
        }
        return (first[0] & 0xff) == 0x28 && ZstdFormat.isFrame(first);
    }

    private static Optional<ArchiveIndex> openGzip(FileChannel file) throws IOException {
        long size = file.size();
        if (size <= StargzFooter.LENGTH) {
            return Optional.empty();
        }
        byte[] footer = new byte[StargzFooter.LENGTH];
        FileRange.readFully(file, size - footer.length, footer);
        long offset = StargzFooter.indexOffset(footer);
        if (offset < 0) {
            return Optional.empty();
        }
        if (offset == 0 || offset >= size - footer.length) {
            throw new IOException("its footer points to no index");
        }
        MemberFormat format = new GzipFormat();
        try (InputStream unpacked = format.unpack(file, offset, size - footer.length)) {
            return Optional.of(new ArchiveIndex(entries(unpacked, size - offset), format, offset, size - footer.length));
        }
    }

    private static Optional<ArchiveIndex> openZstd(FileChannel file) throws IOException {
        byte[] bytes = new byte[ZstdFooter.LENGTH];
        long end = file.size() - bytes.length;
        FileRange.readFully(file, end, bytes);
        ZstdFooter footer = ZstdFooter.of(bytes);
        if (footer == null && !ZstdFooter.resembles(bytes)) {
            return Optional.empty();
        }
        byte[] header = new byte[ZstdFooter.HEADER];
        if (footer != null && footer.offset() > header.length && footer.offset() < end) {
            FileRange.readFully(file, footer.offset() - header.length, header);
        }
        if (footer == null || footer.packed() != end - footer.offset() || !Arrays.equals(header, ZstdFooter.frameHeader(footer.packed()))
            || footer.unpacked() > MOST_BYTES + MOST_RATIO * footer.packed()) {
            throw new IOException("its footer points to no index");
        }
        MemberFormat format = new ZstdFormat();
        long offset = footer.offset() - header.length;
        try (InputStream unpacked = format.unpack(file, footer.offset(), end)) {
            List<IndexEntry> entries = IndexParser.parse(unpacked, ArchiveRules.MOST_ENTRIES);
            if (unpacked.read() >= 0) {
                throw new IOException("there is something behind its index");
            }
            return Optional.of(new ArchiveIndex(entries, format, offset, offset));
        }
    }

    private static List<IndexEntry> entries(InputStream unpacked, long packed) throws IOException {
        TarTail tail = new TarTail(unpacked);
        TarArchiveInputStream tar = new TarArchiveInputStream(tail, 20 * 512, 512, StandardCharsets.UTF_8.name(), false);
        TarArchiveEntry entry = ArchiveRules.next(tar, tail);
        if (entry == null || !entry.getName().equals(IndexJson.ENTRY) || ArchiveRules.kind(entry) != Archived.Kind.FILE || entry.isLink()
            || entry.getSize() > MOST_BYTES + MOST_RATIO * packed) {
            throw new IOException("its footer points to something that is no index");
        }
        List<IndexEntry> entries = IndexParser.parse(tar, ArchiveRules.MOST_ENTRIES);
        byte[] buffer = new byte[1 << 13];
        while (tar.read(buffer) > 0) {
            // Space behind the text, which belongs to the entry all the same.
            Arrays.fill(buffer, (byte) 0);
        }
        tail.endOfData();
        tail.checkEnd(buffer);
        return entries;
    }

    /** Refuses chunks that overlap or lie elsewhere; returns whether every content has a digest and members fit into memory. */
    private boolean checkChunks(long offset) throws IOException {
        boolean complete = true;
        long lastOffset = 0;
        long lastEnd = 0;
        for (IndexEntry entry : entries) {
            complete &= !entry.type().equals("reg") || entry.size() == 0 || entry.digest() != null;
            for (IndexEntry.Chunk chunk : entry.chunks()) {
                if (chunk.offset() < lastOffset || chunk.offset() == lastOffset && chunk.innerOffset() < lastEnd
                    || chunk.innerOffset() < 0 || chunk.offset() >= offset) {
                    throw new IOException("its index names places that overlap or are not in order");
                }
                lastOffset = chunk.offset();
                lastEnd = Math.addExact(chunk.innerOffset(), chunk.size());
                complete &= chunk.digest() != null && lastEnd <= LARGEST_MEMBER;
            }
        }
        return complete;
    }

    /** Tells whether the archive can be read through this index. */
    boolean isUsable() {
        return usable;
    }

    List<IndexEntry> entries() {
        return entries;
    }

    /** Returns the stretch between members that begins at an offset which the index names. */
    int stretchAt(long offset) {
        return Arrays.binarySearch(starts, offset);
    }

    /** Tells whether the index is the last entry of the archive. */
    boolean isEntry() {
        return format.indexIsEntry();
    }

    /** Returns the stretch with the index itself, the last one; where it is no entry, the one that would come then. */
    int ownStretch() {
        return isEntry() ? starts.length - 1 : starts.length;
    }

    /** Opens the members for reading, from the first on. */
    MemberReader members(FileChannel file) {
        List<List<IndexEntry.Chunk>> chunks = new ArrayList<>();
        for (int i = 0; i < starts.length; i++) {
            chunks.add(new ArrayList<>(1));
        }
        entries.forEach(entry -> entry.chunks().forEach(chunk -> chunks.get(stretchAt(chunk.offset())).add(chunk)));
        return new MemberReader(file, format, new MemberReader.Layout(starts, end, chunks));
    }

    /** Returns what has to be read to get at these entries: each with its header, and others whose headers lie between. */
    List<Run> runs(BitSet wanted) {
        List<Run> runs = new ArrayList<>();
        int first = 0;
        int stretch = 0;
        long skip = 0;
        for (int i = 0; i < entries.size(); i++) {
            IndexEntry entry = entries.get(i);
            if (wanted.get(i)) {
                Run before = runs.isEmpty() ? null : runs.get(runs.size() - 1);
                if (before != null && first <= before.lastEntry() + 1) {
                    runs.set(runs.size() - 1, new Run(before.firstEntry(), i, before.first(), before.skip(), lastStretch(i)));
                } else {
                    runs.add(new Run(first, i, stretch, skip, lastStretch(i)));
                }
            }
            if (!entry.chunks().isEmpty()) {
                IndexEntry.Chunk end = entry.chunks().get(entry.chunks().size() - 1);
                first = i + 1;
                stretch = stretchAt(end.offset());
                skip = end.innerOffset() + end.size() + (512 - entry.size() % 512) % 512;
            }
        }
        return runs;
    }

    /** The header of an entry without content lies somewhere before the next content. */
    private int lastStretch(int entry) {
        if (!entries.get(entry).chunks().isEmpty()) {
            List<IndexEntry.Chunk> chunks = entries.get(entry).chunks();
            return stretchAt(chunks.get(chunks.size() - 1).offset());
        }
        for (int i = entry + 1; i < entries.size(); i++) {
            if (!entries.get(i).chunks().isEmpty()) {
                IndexEntry.Chunk next = entries.get(i).chunks().get(0);
                return stretchAt(next.offset()) - (next.innerOffset() == 0 ? 1 : 0);
            }
        }
        return ownStretch() - 1;
    }

    /** Returns the header that an entry should have in the archive. */
    static TarArchiveEntry header(IndexEntry claimed) throws IOException {
        byte type = switch (claimed.type()) {
            case "reg" -> TarConstants.LF_NORMAL;
            case "dir" -> TarConstants.LF_DIR;
            case "symlink" -> TarConstants.LF_SYMLINK;
            case "hardlink" -> TarConstants.LF_LINK;
            default -> throw ArchiveRules.refused(claimed.name(), "it is of a kind that no backup holds");
        };
        TarArchiveEntry entry = new TarArchiveEntry(claimed.name(), type, true);
        entry.setSize(claimed.size());
        entry.setMode(claimed.mode());
        entry.setUserId(claimed.uid());
        entry.setGroupId(claimed.gid());
        entry.setLastModifiedTime(FileTime.from(claimed.modified() == null ? Instant.EPOCH : claimed.modified()));
        entry.setLinkName(claimed.linkName() == null ? "" : claimed.linkName());
        return entry;
    }

    /** Refuses an entry of the archive that is not as the index says. {@code digest} is null for what has no content of its own. */
    static void checkSame(IndexEntry claimed, TarArchiveEntry entry, String digest) throws IOException {
        String type = entry.isLink() ? "hardlink" : entry.isSymbolicLink() ? "symlink" : entry.isDirectory() ? "dir" : "reg";
        boolean link = entry.isLink() || entry.isSymbolicLink();
        if (!ArchiveRules.parts(claimed.name()).equals(ArchiveRules.parts(entry.getName())) || !claimed.type().equals(type)
            || type.equals("reg") && claimed.size() != entry.getSize() || claimed.mode() != (entry.getMode() & 07777)
            || claimed.uid() != entry.getLongUserId() || claimed.gid() != entry.getLongGroupId()
            || link && !entry.getLinkName().equals(claimed.linkName()) || !sameTime(claimed, entry)
            || type.equals("reg") && (claimed.size() > 0 || claimed.digest() != null) && !Objects.equals(claimed.digest(), digest)) {
            throw ArchiveRules.refused(entry.getName(), "it is not as the index of the archive says");
        }
    }

    /** An index may leave out the time, or its fraction of a second. */
    private static boolean sameTime(IndexEntry claimed, TarArchiveEntry entry) {
        Instant time = entry.getLastModifiedTime().toInstant();
        return claimed.modified() == null || claimed.modified().equals(time)
            || claimed.modified().getNano() == 0 && claimed.modified().getEpochSecond() == time.getEpochSecond();
    }
}
