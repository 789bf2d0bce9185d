package pps;

//SOURCES ArchiveReader.java
//SOURCES Archived.java

import java.io.OutputStream;
import java.util.function.Predicate;

/** A receiver that throws away what it gets, for the sake of the reader's own checks. */
final class ArchiveCheck implements ArchiveReader.Receiver {
    private final Predicate<String> wanted;
    private final boolean wholeDigests;
    private final boolean hashes;

    /**
     * @param wanted the sources that count, or null when everything is to be checked
     * @param wholeDigests see {@link #checksWholeDigests}
     * @param hashes see {@link #hashes}
     */
    ArchiveCheck(Predicate<String> wanted, boolean wholeDigests, boolean hashes) {
        this.wanted = wanted;
        this.wholeDigests = wholeDigests;
        this.hashes = hashes;
    }

    @Override
    public boolean hashes() {
        return hashes;
    }

    @Override
    public boolean checksWholeDigests() {
        return wholeDigests;
    }

    @Override
    public boolean wants(String source) {
        return wanted != null && wanted.test(source);
    }

    @Override
    public boolean checksAll() {
        return wanted == null;
    }

    @Override
    public OutputStream file(Archived file) {
        return OutputStream.nullOutputStream();
    }

    @Override
    public void other(Archived entry) {
        // only the reader's own checks are wanted
    }

    @Override
    public void copy(Archived file, Archived earlier) {
        // only the reader's own checks are wanted
    }
}
