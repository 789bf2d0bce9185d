package pps;

//SOURCES Digest.java
//SOURCES IndexEntry.java
//SOURCES Listener.java

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.List;
import java.util.stream.IntStream;

/**
 * By what a content is known: the SHA-256 of its pieces, in their order, each {@code digest} as 64 hex digits of so many {@code size}
 * bytes. An archive with an index has one for each chunk, since they are hashed on all cores; any other one has one for the whole file.
 */
public record Fingerprint(List<Piece> pieces) {
    /** Some bytes of a file and their digest. */
    public record Piece(long size, String digest) {
    }

    private static final int BUFFER = 1 << 16;

    /** Returns that of a content whose digest as a whole is known. */
    static Fingerprint ofWhole(long size, String digest) {
        return new Fingerprint(List.of(new Piece(size, digest)));
    }

    /** Returns that of a content in chunks whose digests were checked. */
    static Fingerprint ofChunks(List<IndexEntry.Chunk> chunks) {
        return new Fingerprint(chunks.stream().map(chunk -> new Piece(chunk.size(), chunk.digest())).toList());
    }

    /** Tells whether this is that of a content with these pieces. */
    boolean isOf(List<String> digests) {
        return pieces.size() == digests.size() && IntStream.range(0, digests.size()).allMatch(i -> pieces.get(i).digest().equals(digests.get(i)));
    }

    /** Tells whether a file has this content, by reading it as far as the first piece that differs. */
    boolean matches(Path file, Listener listener) throws IOException {
        byte[] buffer = new byte[BUFFER];
        try (InputStream in = Files.newInputStream(file)) {
            for (Piece piece : pieces) {
                MessageDigest digest = Digest.sha256();
                for (long left = piece.size(); left > 0; ) {
                    listener.checkInterrupted();
                    int n = in.read(buffer, 0, (int) Math.min(left, buffer.length));
                    if (n < 0) {
                        return false;
                    }
                    digest.update(buffer, 0, n);
                    left -= n;
                }
                if (!Digest.hex(digest).equals(piece.digest())) {
                    return false;
                }
            }
            return in.read() < 0;
        }
    }
}
