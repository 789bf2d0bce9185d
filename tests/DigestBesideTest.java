package pps;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

//DEPS org.junit.jupiter:junit-jupiter:5.14.4
//SOURCES ../lib/DigestBeside.java

@DisplayName("A content that is hashed beside its writing")
class DigestBesideTest {
    private static byte[] content(int length) {
        byte[] content = new byte[length];
        new Random(length).nextBytes(content);
        return content;
    }

    @Test
    @DisplayName("arrives whole and has its digest, one content after the other, whatever the lengths of the reads")
    void contents() throws IOException {
        try (DigestBeside beside = new DigestBeside()) {
            for (int length : new int[] {0, 1, 1 << 18, 5_000_000, (1 << 20) + 7}) {
                byte[] content = content(length);
                Random random = new Random(7);
                InputStream inPieces = new ByteArrayInputStream(content) {
                    @Override
                    public synchronized int read(byte[] into, int offset, int most) {
                        return super.read(into, offset, Math.min(most, 1 + random.nextInt(400_000)));
                    }
                };
                ByteArrayOutputStream written = new ByteArrayOutputStream();
                beside.begin();
                while (beside.next(inPieces, (bytes, count) -> written.write(bytes, 0, count)) > 0) {
                    // each call takes one piece
                    assertEquals(length, content.length);
                }
                MessageDigest sha256 = Digest.sha256();
                sha256.update(content);
                assertEquals(Digest.hex(sha256), beside.hex());
                assertArrayEquals(content, written.toByteArray());
            }
        }
    }

    @Test
    @DisplayName("fails as its reader or its writer fails, and begins anew with the next content")
    void failures() throws IOException {
        try (DigestBeside beside = new DigestBeside()) {
            beside.begin();
            InputStream broken = new InputStream() {
                @Override
                public int read() throws IOException {
                    throw new IOException("cannot be read");
                }
            };
            assertEquals("cannot be read", assertThrows(IOException.class, () -> beside.next(broken, (bytes, count) -> { })).getMessage());
            assertEquals("cannot be written", assertThrows(IOException.class, () -> beside.next(new ByteArrayInputStream(content(10)), (bytes, count) -> {
                throw new IOException("cannot be written");
            })).getMessage());
            beside.begin();
            beside.next(new ByteArrayInputStream(content(10)), (bytes, count) -> { });
            MessageDigest sha256 = Digest.sha256();
            sha256.update(content(10));
            assertEquals(Digest.hex(sha256), beside.hex());
        }
    }
}
