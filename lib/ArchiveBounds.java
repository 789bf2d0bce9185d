package pps;

//SOURCES ArchiveRules.java
//SOURCES Archived.java
//SOURCES Manifest.java
//SOURCES TarTail.java

import java.util.HashMap;
import java.util.Map;

/**
 * How much an archive may hold: what is more than its manifest promises, than its own bytes can stand for, or than honest archives ever
 * have, is refused before it is read. One instance follows one archive.
 */
final class ArchiveBounds {
    /** Text compresses up to 20 times and databases up to 50; deflate can do 1,032. Beyond this and this many bytes it is a bomb. */
    private static final long BOMB_RATIO = 250;
    private static final long BOMB_BYTES = 1L << 30;
    /** No byte of deflate can stand for more than this (RFC 1951: 258 bytes in 2 bits), so a larger size is a lie. */
    private static final long DEFLATE_RATIO = 1032;
    /** The same for Zstandard (RFC 8878: a block of 128 KiB in 4 bytes). */
    private static final long ZSTD_RATIO = 1 << 15;
    /** All headers together may be this long, and so much more for each entry; honest ones have 2 KiB at most. */
    private static final long MOST_HEADERS = 16 << 20;
    private static final long MOST_HEADERS_EACH = 4096;

    private final Map<String, Long> bytesOf = new HashMap<>();
    private long compressed;
    private long ratio;
    private TarTail tail;
    private Manifest manifest;
    private long linked;
    private int entries;

    /** Takes the archive's own size in bytes, and how it is compressed. */
    void compressed(long bytes, boolean zstd) {
        compressed = bytes;
        ratio = zstd ? ZSTD_RATIO : DEFLATE_RATIO;
    }

    /** Takes the bytes that the entries which follow are read from. */
    void follow(TarTail bytes) {
        tail = bytes;
    }

    /** Takes the archive's promises; what it has them for may be larger than any honest ratio allows, as a sparse database is. */
    void promised(Manifest promises) {
        manifest = promises;
    }

    /** Takes the next entry of any kind; {@code size} is what its header says. */
    void entry(String name, long size) throws ArchiveRules.Refused {
        if (++entries > ArchiveRules.MOST_ENTRIES) {
            throw new ArchiveRules.Refused("it has more than " + ArchiveRules.MOST_ENTRIES + " entries");
        }
        if (tail != null && tail.headerBytes() > MOST_HEADERS + MOST_HEADERS_EACH * entries) {
            throw new ArchiveRules.Refused("the headers of its entries are longer than any honest ones");
        }
        if (size / ratio > compressed) {
            throw ArchiveRules.refused(name, "it says that it has " + size + " bytes, more than the archive can hold");
        }
        refuseBomb(size);
    }

    /** Takes a file that is about to be read. */
    void file(Archived file) throws ArchiveRules.Refused {
        if (manifest == null) {
            return;
        }
        Manifest.Promise promise = manifest.sources().get(file.source());
        if (promise == null) {
            throw ArchiveRules.refused(file.name(), "its source is not in its manifest");
        }
        if (bytesOf.merge(file.source(), file.size(), Long::sum) > promise.bytes()) {
            throw ArchiveRules.refused(file.name(), "with it, its source has more bytes than the manifest promises");
        }
    }

    /** Takes a hard link, which becomes a copy: small archives can be made to grow by them as well. */
    void link(Archived link) throws ArchiveRules.Refused {
        file(link);
        linked += link.size();
        refuseBomb(0);
    }

    private void refuseBomb(long size) throws ArchiveRules.Refused {
        long unpacked = (tail == null ? 0 : tail.total()) + linked + size;
        if (manifest == null && unpacked > BOMB_BYTES && unpacked / BOMB_RATIO > compressed) {
            throw new ArchiveRules.Refused("it unpacks to more than " + BOMB_RATIO + " times its size (a decompression bomb)");
        }
    }
}
