package pps;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

//SOURCES Points.java
//SOURCES RawTar.java
//SOURCES TestProject.java
//SOURCES ../lib/ArchiveReader.java

/**
 * Damage wherever it is: a damaged archive is never read as if it were whole, with anything in it that differs from the original. Both
 * fixtures, in CI a seeded sample of the places, all of them with {@code PPS_TEST_LONG=1}.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class DamagedArchivesTest {
    private static final int PIECE = 4096;
    private static final int FLIPS = Points.isLong() ? 3000 : 75;
    private static final int BLOCKS = Points.isLong() ? 500 : 20;
    /** In CI, one in so many of the places to cut at. */
    private static final int SAMPLE = Points.isLong() ? 1 : 16;

    private final Random random = new Random(Points.seed());
    private final Map<String, Integer> cases = new LinkedHashMap<>();
    private final Map<String, byte[]> archives = new LinkedHashMap<>();
    private final Map<String, byte[]> tars = new LinkedHashMap<>();
    private final Map<String, List<Archived>> originals = new LinkedHashMap<>();
    private Path scratch;
    private int readAsWhole;

    @BeforeAll
    void readFixtures(@TempDir Path directory) throws IOException {
        scratch = directory;
        for (String name : List.of(TestProject.FEBRUARY, TestProject.AUGUST)) {
            byte[] archive = Files.readAllBytes(TestProject.fixtures().resolve(name));
            archives.put(name, archive);
            try (GZIPInputStream gzip = new GZIPInputStream(new ByteArrayInputStream(archive))) {
                tars.put(name, gzip.readAllBytes());
            }
            originals.put(name, ArchiveReader.read(write(archive), ArchiveReader.CHECK_ONLY, Listener.SILENT).entries());
        }
    }

    @AfterAll
    void count() {
        int all = cases.values().stream().mapToInt(Integer::intValue).sum();
        System.out.println("DamagedArchives: " + all + " cases, " + (all - readAsWhole) + " refused, " + readAsWhole
            + " read with every byte as in the original, seed " + Points.seed() + ": " + cases);
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(strings = {TestProject.FEBRUARY, TestProject.AUGUST})
    @DisplayName("cut off after every 4 KiB")
    void cutAnywhere(String name) throws IOException {
        byte[] archive = archives.get(name);
        for (int at = start() * PIECE; at < archive.length; at += SAMPLE * PIECE) {
            refused("cut after 4 KiB", name, Arrays.copyOf(archive, at));
        }
        refused("cut after 4 KiB", name, Arrays.copyOf(archive, archive.length - 1));
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(strings = {TestProject.FEBRUARY, TestProject.AUGUST})
    @DisplayName("cut off between two entries, compressed again so that no checksum tells")
    void cutBetweenEntries(String name) throws IOException {
        byte[] tar = tars.get(name);
        List<Integer> boundaries = boundaries(tar);
        for (int i = start(); i < boundaries.size(); i += SAMPLE) {
            refused("cut between entries", name, RawTar.gzip(Arrays.copyOf(tar, boundaries.get(i))));
        }
        refused("cut between entries", name, RawTar.gzip(Arrays.copyOf(tar, boundaries.get(boundaries.size() - 1) + RawTar.BLOCK)));
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(strings = {TestProject.FEBRUARY, TestProject.AUGUST})
    @DisplayName("cut off between two gzip members, or one of them lost")
    void cutBetweenMembers(String name) throws IOException {
        byte[] tar = tars.get(name);
        List<byte[]> members = new ArrayList<>();
        int from = 0;
        for (int boundary : boundaries(tar)) {
            members.add(RawTar.gzip(Arrays.copyOfRange(tar, from, boundary)));
            from = boundary;
        }
        members.add(RawTar.gzip(Arrays.copyOfRange(tar, from, tar.length)));
        check("whole, in many members", name, joined(members));
        for (int i = 1 + start(); i < members.size(); i += SAMPLE) {
            refused("cut between members", name, joined(members.subList(0, i)));
        }
        refused("last member lost", name, joined(members.subList(0, members.size() - 1)));
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(strings = {TestProject.FEBRUARY, TestProject.AUGUST})
    @DisplayName("a single bit is another one")
    void flippedBits(String name) throws IOException {
        byte[] archive = archives.get(name);
        for (int bit = 0; bit < 80 + 64; bit++) {
            // Header and trailer, every bit: some of the header's mean nothing.
            int at = bit < 80 ? bit : archive.length * 8 - 64 + bit - 80;
            check("flipped bits", name, flipped(archive, at));
        }
        for (int i = 0; i < FLIPS; i++) {
            check("flipped bits", name, flipped(archive, random.nextInt(archive.length * 8)));
        }
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(strings = {TestProject.FEBRUARY, TestProject.AUGUST})
    @DisplayName("blocks that are zeroed, swapped, repeated or lost")
    void blocks(String name) throws IOException {
        byte[] archive = archives.get(name);
        for (int i = 0; i < BLOCKS; i++) {
            int size = random.nextBoolean() ? 512 : PIECE;
            int one = random.nextInt(archive.length / size) * size;
            int other = random.nextInt(archive.length / size) * size;
            byte[] zeroed = archive.clone();
            Arrays.fill(zeroed, one, one + size, (byte) 0);
            refused("zeroed blocks", name, zeroed);
            byte[] swapped = archive.clone();
            System.arraycopy(archive, one, swapped, other, size);
            System.arraycopy(archive, other, swapped, one, size);
            check("swapped blocks", name, swapped);
            refused("repeated blocks", name, joined(List.of(Arrays.copyOf(archive, one + size), Arrays.copyOfRange(archive, one, archive.length))));
            refused("lost blocks", name, joined(List.of(Arrays.copyOf(archive, one), Arrays.copyOfRange(archive, one + size, archive.length))));
        }
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(strings = {TestProject.FEBRUARY, TestProject.AUGUST})
    @DisplayName("a header of the tar is zeroed, and all is compressed again")
    void zeroedHeaders(String name) throws IOException {
        byte[] tar = tars.get(name);
        List<Integer> boundaries = boundaries(tar);
        for (int i = start(); i < boundaries.size() - 1; i += SAMPLE) {
            byte[] zeroed = tar.clone();
            Arrays.fill(zeroed, boundaries.get(i), boundaries.get(i) + RawTar.BLOCK, (byte) 0);
            refused("zeroed headers", name, RawTar.gzip(zeroed));
        }
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(strings = {TestProject.FEBRUARY, TestProject.AUGUST})
    @DisplayName("something behind the end")
    void behindTheEnd(String name) throws IOException {
        byte[] archive = archives.get(name);
        byte[] other = archives.get(name.equals(TestProject.FEBRUARY) ? TestProject.AUGUST : TestProject.FEBRUARY);
        for (byte[] junk : List.of(new byte[1], new byte[512], new byte[100_000], "x".getBytes(), "\n".getBytes(), new byte[] {0x1f},
            new byte[] {0x1f, (byte) 0x8b}, Arrays.copyOf(archive, 1000), archive, other, RawTar.gzip("x".getBytes()),
            RawTar.gzip(new RawTar().file("sqlite/hidden.db", "x").end().bytes()), RawTar.gzip(new byte[20 << 20]))) {
            refused("junk behind the end", name, joined(List.of(archive, junk)));
        }
        // What adds nothing may be there: an empty member, and zeros that fill up a tape's block.
        check("padding behind the end", name, joined(List.of(archive, RawTar.gzip())));
        check("padding behind the end", name, joined(List.of(archive, RawTar.gzip(new byte[10_240]))));
        refused("junk before the beginning", name, joined(List.of(new byte[1], archive)));
        refused("junk before the beginning", name, joined(List.of(RawTar.gzip(new byte[1024]), archive)));
    }

    /** Where in the first {@link #SAMPLE} places the sample begins. */
    private int start() {
        return random.nextInt(SAMPLE);
    }

    private static byte[] flipped(byte[] archive, int bit) {
        byte[] changed = archive.clone();
        changed[bit / 8] ^= (byte) (1 << bit % 8);
        return changed;
    }

    private static byte[] joined(List<byte[]> parts) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        parts.forEach(all::writeBytes);
        return all.toByteArray();
    }

    /** Returns where in a tar the headers begin, and where the end mark does; worked out without the code under test. */
    private static List<Integer> boundaries(byte[] tar) {
        List<Integer> boundaries = new ArrayList<>();
        int at = 0;
        while (tar[at] != 0) {
            boundaries.add(at);
            int size = Integer.parseInt(new String(tar, at + 124, 11).trim(), 8);
            at += RawTar.BLOCK + (size + RawTar.BLOCK - 1) / RawTar.BLOCK * RawTar.BLOCK;
        }
        boundaries.add(at);
        return boundaries;
    }

    private Path write(byte[] archive) throws IOException {
        return Files.write(scratch.resolve("archive.tar.gz"), archive);
    }

    /** The damaged archive must be refused as a bad backup. */
    private void refused(String family, String name, byte[] damaged) throws IOException {
        cases.merge(family, 1, Integer::sum);
        Path archive = write(damaged);
        Failure failure = assertThrows(Failure.class, () -> ArchiveReader.read(archive, ArchiveReader.CHECK_ONLY, Listener.SILENT),
            () -> family + " of " + name + " was read as whole: " + damaged.length + " bytes, seed " + Points.seed());
        assertEquals(ExitCode.BAD_BACKUP, failure.exitCode(), failure::getMessage);
    }

    /** The damaged archive must be refused, or hold exactly what the original does: damage in what means nothing is none. */
    private void check(String family, String name, byte[] damaged) throws IOException {
        cases.merge(family, 1, Integer::sum);
        try {
            List<Archived> read = ArchiveReader.read(write(damaged), ArchiveReader.CHECK_ONLY, Listener.SILENT).entries();
            assertTrue(originals.get(name).equals(read), () -> family + " of " + name + " was read as whole and differs, seed " + Points.seed());
            readAsWhole++;
        } catch (Failure e) {
            assertEquals(ExitCode.BAD_BACKUP, e.exitCode(), e::getMessage);
        }
    }
}
