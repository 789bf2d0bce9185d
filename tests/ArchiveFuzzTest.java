package pps;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

//SOURCES Points.java
//SOURCES RawTar.java
//SOURCES ../lib/ArchiveReader.java

/**
 * Mutates what an archive is made of, below the checksums that would hide it, and expects of the reader nothing but contents or a
 * {@link Failure}: no other exception, no error, no hang. A few thousand inputs in CI; with {@code PPS_TEST_LONG=1} ten minutes for each
 * target, with {@code PPS_TEST_SEED} from another beginning. An input that fails is printed as hex, to be kept in {@link HostileArchives}.
 */
class ArchiveFuzzTest {
    private static final int INPUTS = 3000;
    private static final Duration LONG = Duration.ofMinutes(10);
    private static final Duration HANG = Duration.ofSeconds(20);
    /** What finds more in headers and JSON than random bytes do: ends of ranges, signs, quotes, separators. */
    private static final List<String> TOKENS = List.of("\0", "\u00ff", "/", "..", "../", "-1", "9999999999999999999", "\"", "{", "}", "[", "]", ",", ":",
        "null", "true", "1e999", "\\u0000", "**/", "*", "{a,b}", "[!a-z]", "\\", "path=", "size=", "mtime=", "GNU.sparse.major=1\n", "\n", " ", "77777777777");

    private static int inputs;
    private static int accepted;

    @AfterAll
    static void count() {
        System.out.println("ArchiveFuzz: " + inputs + " inputs, " + (inputs - accepted) + " refused, " + accepted + " accepted, nothing else; seed "
            + Points.seed());
    }

    private final Random random = new Random(Points.seed());

    @Test
    @DisplayName("the reader answers a mutated tar with its contents or a failure")
    void reader(@TempDir Path directory) {
        RawTar tar = new RawTar().file("pps_manifest.json", manifest()).directory("crystals/").file("crystals/a.md", "hello")
            .pax("path", "crystals/\u00e9.md", "mtime", "1770036000.25").file("crystals/e.md", "world")
            .longName('L', RawTar.utf8("crystals/" + "x".repeat(120) + "\0")).file("crystals/x", "long")
            .symlink("crystals/l", "a.md").hardLink("crystals/h", "crystals/a.md").file("sqlite/x.db", "x".repeat(700)).end();
        Path archive = directory.resolve("fuzz.tar.gz");
        fuzz(tar.bytes(), mutated -> {
            try (GZIPOutputStream out = new GZIPOutputStream(Files.newOutputStream(archive))) {
                out.write(withChecksums(mutated));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            ArchiveReader.read(archive, ArchiveReader.CHECK_ONLY, Listener.SILENT);
        });
    }

    @Test
    @DisplayName("the reader answers mutated gzip with its contents or a failure")
    void gzip(@TempDir Path directory) {
        Path archive = directory.resolve("fuzz.tar.gz");
        fuzz(RawTar.gzip(new RawTar().file("crystals/a.md", "hello".repeat(50)).end().bytes()), mutated -> {
            try {
                Files.write(archive, mutated);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            ArchiveReader.read(archive, ArchiveReader.CHECK_ONLY, Listener.SILENT);
        });
    }

    @Test
    @DisplayName("a mutated manifest is read or refused, and what is read is written and read again as the same")
    void manifests() {
        fuzz(RawTar.utf8(manifest()), mutated -> {
            Manifest read = Manifest.parse(new String(mutated, StandardCharsets.UTF_8));
            assertEquals(read, Manifest.parse(read.toJson()));
            read.sources().values().forEach(promise -> Glob.of(promise.covers()).matches("crystals/current/crystal_001.md"));
        });
    }

    @Test
    @DisplayName("a mutated name has parts that stay inside, or is refused")
    void names() {
        fuzz(RawTar.utf8("./crystals//current/../x\u00e9/a.md"), mutated -> {
            try {
                for (String part : ArchiveRules.parts(new String(mutated, StandardCharsets.UTF_8))) {
                    assertEquals(false, part.isEmpty() || part.equals(".") || part.equals("..") || part.contains("/") || part.indexOf(0) >= 0, part);
                }
            } catch (ArchiveRules.Refused e) {
                throw Failure.of(ExitCode.BAD_BACKUP, e.getMessage());
            }
        });
    }

    private static String manifest() {
        return "{\"format\": 1, \"kind\": \"safety\", \"createdAt\": \"2026-02-02T12:37:31\", \"tool\": \"test\", \"containersStopped\": true, "
            + "\"sources\": {\"crystals\": {\"critical\": true, \"path\": \"x\", \"covers\": [\"**/*.md\", \"[a-z]?{x,y}\"], \"files\": 5, \"bytes\": 19, "
            + "\"existed\": true, \"added\": [\"new.md\"], \"kept\": [], \"made\": [\"entities/lyra\"]}, \"sqlite\": {\"critical\": true, "
            + "\"path\": \"y\", \"covers\": [\"*.db\"], \"files\": 1, \"bytes\": 700, \"existed\": true}}}";
    }

    private void fuzz(byte[] original, Consumer<byte[]> target) {
        long end = System.nanoTime() + LONG.toNanos();
        for (int i = 0; Points.isLong() ? System.nanoTime() < end : i < INPUTS; i++) {
            byte[] mutated = mutate(original);
            inputs++;
            try {
                assertTimeoutPreemptively(HANG, () -> target.accept(mutated));
                accepted++;
            } catch (Failure refused) {
                assertEquals(ExitCode.BAD_BACKUP, refused.exitCode(), refused::getMessage);
            } catch (RuntimeException | Error e) {
                throw new AssertionError("seed " + Points.seed() + ", input " + i + ": " + java.util.HexFormat.of().formatHex(mutated), e);
            }
        }
    }

    /** Changes one to four things: a bit, a byte, a token, a piece moved, doubled or cut out. */
    private byte[] mutate(byte[] original) {
        byte[] bytes = original.clone();
        for (int changes = 1 + random.nextInt(4); changes > 0 && bytes.length > 1; changes--) {
            // Most of a tar is zeros, where nothing happens: go on to the next byte that means something.
            int at = random.nextInt(bytes.length);
            for (int steps = 0; bytes[at] == 0 && steps < 600; steps++) {
                at = (at + 1) % bytes.length;
            }
            int length = Math.min(bytes.length - at, 1 + random.nextInt(random.nextBoolean() ? 8 : 600));
            switch (random.nextInt(7)) {
                case 0 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
                case 1 -> bytes[at] = (byte) random.nextInt(256);
                case 2 -> {
                    byte[] token = RawTar.utf8(TOKENS.get(random.nextInt(TOKENS.size())));
                    System.arraycopy(token, 0, bytes, at, Math.min(token.length, bytes.length - at));
                }
                case 3 -> bytes = joined(Arrays.copyOf(bytes, at), RawTar.utf8(TOKENS.get(random.nextInt(TOKENS.size()))),
                    Arrays.copyOfRange(bytes, at, bytes.length));
                case 4 -> bytes = joined(Arrays.copyOf(bytes, at), Arrays.copyOfRange(bytes, at + length, bytes.length));
                case 5 -> bytes = joined(Arrays.copyOf(bytes, at + length), Arrays.copyOfRange(bytes, at, bytes.length));
                default -> {
                    int to = random.nextInt(bytes.length - length + 1);
                    System.arraycopy(bytes.clone(), at, bytes, to, length);
                }
            }
        }
        return bytes;
    }

    private static byte[] joined(byte[]... parts) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            all.writeBytes(part);
        }
        return all.toByteArray();
    }

    /** Mends the checksums of what may be headers, or hardly any mutation of one would get past them. */
    private byte[] withChecksums(byte[] tar) {
        byte[] mended = tar.clone();
        for (int at = 0; at + RawTar.BLOCK <= mended.length && random.nextInt(10) > 0; at += RawTar.BLOCK) {
            if (new String(mended, at + 257, 5, StandardCharsets.ISO_8859_1).equals("ustar")) {
                Arrays.fill(mended, at + 148, at + 156, (byte) ' ');
                int sum = 0;
                for (int i = 0; i < RawTar.BLOCK; i++) {
                    sum += mended[at + i] & 0xff;
                }
                byte[] text = String.format("%06o\0 ", sum).getBytes(StandardCharsets.US_ASCII);
                System.arraycopy(text, 0, mended, at + 148, 8);
            }
        }
        return mended;
    }
}
