package pps;

//SOURCES Archived.java
//SOURCES Durable.java
//SOURCES Ownership.java
//SOURCES SparseOutput.java
//SOURCES Staging.java

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.function.Consumer;

/** A file that is being staged: its owner's alone until its last byte is written, when it gets the owner, mode and time of the archive. */
final class StagedFile extends OutputStream {
    /** As much of the beginning as tells what kind of file it is. */
    private static final int BEGINNING = 16;

    private final Path target;
    private final Archived file;
    private final Ownership ownership;
    private final Consumer<byte[]> complete;
    private final OutputStream out;
    private byte[] begins = new byte[0];

    /**
     * Creates it. Throws {@link IOException} when that is not possible, while all that goes wrong later is a {@link Failure}: whoever reads
     * the archive would take it for damage.
     *
     * @param complete gets the first bytes of the file when it will not change any more
     */
    StagedFile(Path target, Archived file, Ownership ownership, Consumer<byte[]> complete) throws IOException {
        this.target = target;
        this.file = file;
        this.ownership = ownership;
        this.complete = complete;
        this.out = new SparseOutput(Durable.createPrivate(target));
    }

    @Override
    public void write(int b) {
        write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) {
        if (begins.length < BEGINNING && length > 0) {
            int more = Math.min(BEGINNING - begins.length, length);
            byte[] longer = Arrays.copyOf(begins, begins.length + more);
            System.arraycopy(bytes, offset, longer, begins.length, more);
            begins = longer;
        }
        try {
            out.write(bytes, offset, length);
        } catch (IOException e) {
            throw Staging.failure(file, e);
        }
    }

    @Override
    public void close() {
        try {
            out.close();
            ownership.apply(target, file.uid(), file.gid(), file.mode(), file.modified(), false);
        } catch (IOException e) {
            throw Staging.failure(file, e);
        }
        complete.accept(begins);
    }
}
