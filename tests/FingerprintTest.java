package pps;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

//DEPS org.junit.jupiter:junit-jupiter:5.14.4
//SOURCES ../lib/Fingerprint.java

@DisplayName("The fingerprint of a content")
class FingerprintTest {
    private static final int PIECE = 100_000;

    @TempDir
    private Path directory;

    private static byte[] content(int length) {
        byte[] content = new byte[length];
        new Random(1).nextBytes(content);
        return content;
    }

    private static Fingerprint inPieces(byte[] content) {
        List<Fingerprint.Piece> pieces = new ArrayList<>();
        for (int at = 0; at < content.length; at += PIECE) {
            byte[] piece = Arrays.copyOfRange(content, at, Math.min(content.length, at + PIECE));
            pieces.add(new Fingerprint.Piece(piece.length, digest(piece)));
        }
        return new Fingerprint(pieces);
    }

    private static String digest(byte[] bytes) {
        MessageDigest sha256 = Digest.sha256();
        sha256.update(bytes);
        return Digest.hex(sha256);
    }

    @Test
    @DisplayName("matches a file with the same bytes, as a whole and in pieces, and none that differs anywhere, is shorter or longer")
    void matches() throws IOException {
        for (int length : new int[] {0, 1, PIECE, PIECE + 1, 3 * PIECE - 1}) {
            byte[] content = content(length);
            Path same = Files.write(directory.resolve("same"), content);
            for (Fingerprint fingerprint : List.of(inPieces(content), Fingerprint.ofWhole(length, digest(content)))) {
                assertTrue(fingerprint.matches(same, Listener.SILENT), length + " bytes");
                assertFalse(fingerprint.matches(Files.write(directory.resolve("longer"), Arrays.copyOf(content, length + 1)), Listener.SILENT));
                for (int at : length == 0 ? new int[0] : new int[] {0, length / 2, length - 1}) {
                    byte[] other = content.clone();
                    other[at] ^= 1;
                    assertFalse(fingerprint.matches(Files.write(directory.resolve("other"), other), Listener.SILENT), at + " of " + length);
                }
                if (length > 0) {
                    assertFalse(fingerprint.matches(Files.write(directory.resolve("shorter"), Arrays.copyOf(content, length - 1)), Listener.SILENT));
                }
            }
        }
    }

    @Test
    @DisplayName("is that of the chunks of an index, and of no others and no other order")
    void chunks() {
        IndexEntry.Chunk a = new IndexEntry.Chunk(10, 0, 0, 4, "a".repeat(64));
        IndexEntry.Chunk b = new IndexEntry.Chunk(20, 0, 4, 2, "b".repeat(64));
        Fingerprint fingerprint = Fingerprint.ofChunks(List.of(a, b));
        assertEquals(List.of(new Fingerprint.Piece(4, a.digest()), new Fingerprint.Piece(2, b.digest())), fingerprint.pieces());
        assertTrue(fingerprint.isOf(List.of(a.digest(), b.digest())));
        assertFalse(fingerprint.isOf(List.of(b.digest(), a.digest())));
        assertFalse(fingerprint.isOf(List.of(a.digest())));
        assertFalse(fingerprint.isOf(List.of(a.digest(), b.digest(), b.digest())));
        assertTrue(Fingerprint.ofChunks(List.of()).isOf(List.of()));
    }
}
