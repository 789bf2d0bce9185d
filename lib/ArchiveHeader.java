package pps;

//DEPS org.apache.commons:commons-compress:1.28.0
//SOURCES Archived.java
//SOURCES FileFacts.java

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;

/**
 * The tar header of a file as it lies on disk. Owners are numbers only: with names beside them, tools would give the file to whoever has
 * that name where it is unpacked. Times keep their nanoseconds.
 */
final class ArchiveHeader extends TarArchiveEntry {
    /** The latest time that the eleven octal digits of the old header hold, in seconds. */
    private static final long LATEST = (1L << 33) - 1;

    ArchiveHeader(String name, byte kind, FileFacts facts) {
        super(name, kind);
        setNames("", "");
        setUserId(facts.uid());
        setGroupId(facts.gid());
        setMode(facts.mode());
        setLastModifiedTime(facts.modified());
        setSize(0);
    }

    /** Returns the header of an entry that is about the archive. */
    static TarArchiveEntry own(String name, long size, int mode, FileTime modified) {
        ArchiveHeader header = new ArchiveHeader(name, TarConstants.LF_NORMAL,
            new FileFacts(Archived.Kind.FILE, size, mode, 0, 0, modified, 0));
        header.setSize(size);
        return header;
    }

    /**
     * Returns the header as it stands in the archive: with PAX records before it for what the old form does not hold. Names in other
     * scripts fit the old form as bytes of UTF-8; of PAX records some tools bring back another normal form of them.
     */
    static byte[] bytes(TarArchiveEntry entry) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(512);
        // It is not closed: that would ask for the content, which does not go through here.
        TarArchiveOutputStream tar = new TarArchiveOutputStream(bytes, StandardCharsets.UTF_8.name());
        tar.setLongFileMode(TarArchiveOutputStream.LONGFILE_POSIX);
        tar.setBigNumberMode(TarArchiveOutputStream.BIGNUMBER_POSIX);
        tar.putArchiveEntry(entry);
        tar.flush();
        return bytes.toByteArray();
    }

    /** The library writes the PAX record of a time only when its seconds do not fit the old header. */
    @Override
    public Map<String, String> getExtraPaxHeaders() {
        Map<String, String> headers = new HashMap<>(super.getExtraPaxHeaders());
        Instant time = getLastModifiedTime().toInstant();
        if (time.getNano() != 0 || time.getEpochSecond() < 0 || time.getEpochSecond() > LATEST) {
            headers.put("mtime", BigDecimal.valueOf(time.getEpochSecond()).add(BigDecimal.valueOf(time.getNano(), 9)).stripTrailingZeros()
                .toPlainString());
        }
        return headers;
    }

    @Override
    public boolean equals(Object other) {
        return this == other;
    }

    @Override
    public int hashCode() {
        return System.identityHashCode(this);
    }
}
