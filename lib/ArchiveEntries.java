package pps;

//DEPS org.apache.commons:commons-compress:1.28.0
//SOURCES ArchiveBounds.java
//SOURCES ArchiveReader.java
//SOURCES ArchiveRules.java
//SOURCES Archived.java
//SOURCES Digest.java
//SOURCES DigestBeside.java
//SOURCES Fingerprint.java
//SOURCES IndexEntry.java
//SOURCES IndexJson.java
//SOURCES Listener.java
//SOURCES Manifest.java
//SOURCES Progress.java

import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.LongSupplier;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;

/** Takes the entries of an archive one by one, in its order: refuses what may not be, and hands the content to the receiver. */
final class ArchiveEntries implements AutoCloseable {
    /** From this size on, in bytes, a content is hashed in another thread. */
    private static final int LARGE = 1 << 20;
    private static final int TOLD_EVERY = 1 << 20;
    private static final Set<String> OWN_ENTRIES = Set.of(IndexJson.ENTRY, ".prefetch.landmark", ".no.prefetch.landmark");

    private final ArchiveReader.Receiver receiver;
    private final ArchiveBounds bounds;
    private final Listener listener;
    private final ArchiveRules rules = new ArchiveRules();
    private final List<Archived> entries = new ArrayList<>();
    private final byte[] buffer = new byte[1 << 18];
    private final DigestBeside beside = new DigestBeside();
    private Progress progress = Progress.NONE;
    private LongSupplier position = this::done;
    private long done;
    private long nextTold = TOLD_EVERY;
    private Manifest manifest;
    private int specialModes;

    ArchiveEntries(ArchiveReader.Receiver receiver, ArchiveBounds bounds, Listener listener) {
        this.receiver = receiver;
        this.bounds = bounds;
        this.listener = listener;
    }

    /** Returns what was taken so far, without the archive's own entries. */
    List<Archived> entries() {
        return entries;
    }

    /** Returns how many bytes of contents were read so far. */
    private long done() {
        return done;
    }

    /** Says where to tell how far the reading has come, which is measured in bytes of contents. */
    void tell(Progress where) {
        progress = where;
    }

    /** Says where to tell how far the reading has come, and how that is measured. */
    void tell(Progress where, LongSupplier measured) {
        progress = where;
        position = measured;
    }

    /** Returns the manifest, or null when there was none. */
    Manifest manifest() {
        return manifest;
    }

    /** Checks what can be told only when all entries are known. */
    void complete() throws IOException {
        rules.checkLinks();
        if (entries.isEmpty() && manifest == null) {
            throw new ArchiveRules.Refused("it holds no file");
        }
    }

    /** Returns what the owner of the archive may want to know. */
    List<String> remarks() {
        return specialModes == 0 ? List.of()
            : List.of(specialModes + " entries have set-user-ID, set-group-ID or sticky bits, which are not restored");
    }

    /**
     * Takes an entry and returns the digest of its content; null when it has none of its own.
     *
     * @param content the content, or null when it is not to be read; the receiver is not asked then
     * @param claimed what the index says of the entry, or null; the digests of its chunks are checked by whoever unpacks them
     */
    String read(TarArchiveEntry entry, InputStream content, IndexEntry claimed) throws IOException {
        List<String> parts = ArchiveRules.parts(entry.getName());
        Archived.Kind kind = ArchiveRules.kind(entry);
        ArchiveRules.checkNumbers(entry);
        bounds.entry(entry.getName(), entry.getSize());
        if (parts.isEmpty() && kind == Archived.Kind.DIRECTORY) {
            return null;
        }
        if (parts.isEmpty()) {
            throw ArchiveRules.refused(entry.getName(), "it belongs to no source");
        }
        boolean file = kind == Archived.Kind.FILE && !entry.isLink();
        if (parts.size() == 1 && file && OWN_ENTRIES.contains(parts.get(0))) {
            return content == null ? null : digest(content);
        }
        if (parts.size() == 1 && file && parts.get(0).equals(Manifest.ENTRY)) {
            return readManifest(entry, content);
        }
        if (parts.size() == 1 && kind != Archived.Kind.DIRECTORY) {
            throw ArchiveRules.refused(entry.getName(), "it belongs to no source");
        }
        String source = parts.get(0);
        if (kind == Archived.Kind.SYMLINK) {
            rules.checkTarget(entry.getName(), entry.getLinkName());
        }
        if ((entry.getMode() & 07000) != 0) {
            specialModes++;
        }
        boolean wanted = content != null && receiver.wants(source);
        Archived archived = new Archived(source, String.join("/", parts.subList(1, parts.size())), kind, file ? entry.getSize() : 0,
            entry.getMode() & 0777, entry.getLongUserId(), entry.getLongGroupId(), entry.getLastModifiedTime(),
            kind == Archived.Kind.SYMLINK ? entry.getLinkName() : null, null);
        if (entry.isLink()) {
            Archived earlier = rules.hardLinkTarget(entry.getName(), source, entry.getLinkName());
            Archived link = new Archived(source, archived.path(), kind, earlier.size(), earlier.mode(), earlier.uid(), earlier.gid(),
                earlier.modified(), null, earlier.content());
            bounds.link(link);
            keep(link);
            if (wanted) {
                receiver.copy(link, earlier);
            }
            return null;
        }
        if (file) {
            return readFile(archived, content, claimed, wanted);
        }
        keep(archived);
        if (wanted) {
            receiver.other(archived);
        }
        return null;
    }

    private void keep(Archived archived) throws IOException {
        rules.add(archived);
        entries.add(archived);
    }

    private String readFile(Archived file, InputStream content, IndexEntry claimed, boolean wanted) throws IOException {
        bounds.file(file);
        if (content == null) {
            keep(file.with(Fingerprint.ofChunks(claimed.chunks())));
            return null;
        }
        // Registered first without its content, so that a refused name never reaches the receiver.
        rules.check(file);
        boolean known = claimed == null ? !receiver.hashes()
            : claimed.chunks().size() == 1 || claimed.chunks().size() > 1 && !receiver.checksWholeDigests();
        String digest = claimed != null && known ? claimed.digest() : null;
        long read = 0;
        try (OutputStream out = wanted ? receiver.file(file) : OutputStream.nullOutputStream()) {
            if (!known && file.size() >= LARGE) {
                beside.begin();
                for (int n; (n = beside.next(content, (bytes, length) -> out.write(bytes, 0, length))) > 0; read += n) {
                    step(n);
                }
                digest = beside.hex();
            } else {
                MessageDigest sha256 = known ? null : Digest.sha256();
                for (int n; (n = content.read(buffer)) > 0; read += n) {
                    step(n);
                    if (sha256 != null) {
                        sha256.update(buffer, 0, n);
                    }
                    out.write(buffer, 0, n);
                }
                digest = sha256 == null ? digest : Digest.hex(sha256);
            }
        }
        if (read != file.size()) {
            throw new IOException("'" + file.name() + "' ends after " + read + " of " + file.size() + " bytes");
        }
        keep(file.with(claimed != null ? Fingerprint.ofChunks(claimed.chunks()) : digest == null ? null : Fingerprint.ofWhole(file.size(), digest)));
        return digest;
    }

    @Override
    public void close() {
        beside.close();
    }

    private void step(int n) {
        listener.checkInterrupted();
        done += n;
        if (done >= nextTold) {
            progress.to(position.getAsLong());
            nextTold = done + TOLD_EVERY;
        }
    }

    private String digest(InputStream content) throws IOException {
        MessageDigest sha256 = Digest.sha256();
        for (int n; (n = content.read(buffer)) > 0; ) {
            listener.checkInterrupted();
            sha256.update(buffer, 0, n);
        }
        return Digest.hex(sha256);
    }

    private String readManifest(TarArchiveEntry entry, InputStream content) throws IOException {
        if (manifest != null || !entries.isEmpty()) {
            throw ArchiveRules.refused(entry.getName(), manifest != null ? "it is there twice" : "it is not the first entry");
        }
        if (entry.getSize() > Manifest.MOST_BYTES) {
            throw ArchiveRules.refused(entry.getName(), "it is larger than " + Manifest.MOST_BYTES + " bytes");
        }
        DigestInputStream digesting = new DigestInputStream(content, Digest.sha256());
        manifest = Manifest.read(new InputStreamReader(digesting, StandardCharsets.UTF_8));
        bounds.promised(manifest);
        if (manifest.isSafety() && receiver.isOwnSafetyBackup()) {
            rules.letLinksLeadAnywhere();
        }
        receiver.manifest(manifest);
        return Digest.hex(digesting.getMessageDigest());
    }
}
