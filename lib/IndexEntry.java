package pps;

import java.time.Instant;
import java.util.List;

/**
 * One file, link or directory in the index of an archive (a "TOCEntry" of the eStargz specification together with its chunks).
 * {@code type} is reg, dir, symlink or hardlink, or one of those that a backup never holds; {@code modified} and the texts are null
 * when the index does not say; {@code digest} and those of the chunks are 64 hex digits of SHA-256.
 */
record IndexEntry(String name, String type, long size, Instant modified, int mode, long uid, long gid, String linkName, String digest,
                  List<Chunk> chunks) {
    /**
     * A piece of the file's content: {@code offset} is that of its member in the archive, {@code innerOffset} where it begins in the
     * unpacked member, {@code chunkOffset} where in the file.
     */
    record Chunk(long offset, long innerOffset, long chunkOffset, long size, String digest) {
    }
}
