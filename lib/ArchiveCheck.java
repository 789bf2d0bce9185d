package pps;

//SOURCES ArchiveReader.java
//SOURCES Archived.java

import java.io.OutputStream;
import java.util.function.Predicate;

/**
 * A receiver that throws away what it gets, for the sake of the reader's own checks: {@code wanted} are the sources that count, or null
 * when everything is to be checked; see {@link ArchiveReader.Receiver} for the rest.
 */
record ArchiveCheck(Predicate<String> wanted, boolean checksWholeDigests, boolean hashes, boolean isOwnSafetyBackup)
    implements ArchiveReader.Receiver {

    /** Returns one with which only the manifest and the index are read, where there are any. */
    static ArchiveCheck look(boolean isOwnSafetyBackup) {
        return new ArchiveCheck(source -> false, true, false, isOwnSafetyBackup);
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
