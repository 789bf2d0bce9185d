package pps;

//DEPS org.apache.commons:commons-compress:1.28.0
//SOURCES ArchiveRules.java
//SOURCES Contents.java
//SOURCES FileRange.java
//SOURCES GzipFormat.java
//SOURCES Manifest.java
//SOURCES StargzFooter.java
//SOURCES TarTail.java

import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;

/**
 * What an archive says that it holds, by its first entry alone, for listings: some KiB of an archive of any size. That it is complete
 * is told by the footer at its very end, which points to where the index begins; whether it is as it says, only reading tells.
 */
final class ArchivePromise {
    private static final int MEMBER_HEADER = 10;

    private ArchivePromise() {
    }

    /**
     * Returns what the manifest promises of each source; empty when there is no manifest, no gzip member, no footer that points to one, or
     * anything else that has to be looked at more closely.
     */
    static Optional<Map<String, Contents.Total>> of(Path archive) {
        return manifest(archive).map(ArchivePromise::totals);
    }

    /** Returns the manifest itself, or empty like {@link #of}. */
    static Optional<Manifest> manifest(Path archive) {
        try (FileChannel file = FileChannel.open(archive, StandardOpenOption.READ)) {
            long end = file.size() - StargzFooter.LENGTH;
            if (end <= MEMBER_HEADER) {
                return Optional.empty();
            }
            byte[] footer = new byte[StargzFooter.LENGTH];
            FileRange.readFully(file, end, footer);
            long index = StargzFooter.indexOffset(footer);
            if (index <= 0 || index > end - MEMBER_HEADER || !Arrays.equals(header(file, 0), header(file, index))) {
                return Optional.empty();
            }
            try (InputStream unpacked = new GzipFormat().unpack(file, 0, index)) {
                return manifest(unpacked);
            }
        } catch (IOException | Failure | IllegalArgumentException | IndexOutOfBoundsException | NegativeArraySizeException | ArithmeticException
                 | IllegalStateException damaged) {
            // Whoever reads all of it finds out what is wrong, and says it in better words; the library answers some damage unchecked.
            return Optional.empty();
        }
    }

    private static byte[] header(FileChannel file, long offset) throws IOException {
        byte[] header = new byte[MEMBER_HEADER];
        FileRange.readFully(file, offset, header);
        return header;
    }

    private static Optional<Manifest> manifest(InputStream unpacked) throws IOException {
        TarTail tail = new TarTail(unpacked);
        TarArchiveInputStream tar = new TarArchiveInputStream(tail, 20 * 512, 512, StandardCharsets.UTF_8.name(), false);
        TarArchiveEntry first = ArchiveRules.next(tar, tail);
        if (first == null || !first.getName().equals(Manifest.ENTRY) || ArchiveRules.kind(first) != Archived.Kind.FILE || first.isLink()
            || first.getSize() > Manifest.MOST_BYTES) {
            return Optional.empty();
        }
        return Optional.of(Manifest.read(new InputStreamReader(tar, StandardCharsets.UTF_8)));
    }

    /** Returns what a manifest promises of each source. */
    static Map<String, Contents.Total> totals(Manifest manifest) {
        Map<String, Contents.Total> totals = new LinkedHashMap<>();
        manifest.sources().forEach((name, promise) -> totals.put(name, new Contents.Total(promise.files(), promise.bytes())));
        return totals;
    }
}
