package pps;

//SOURCES Digest.java
//SOURCES IndexEntry.java
//SOURCES MemberFormat.java
//SOURCES Workers.java

import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.security.MessageDigest;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.Future;

/**
 * Unpacks the members of an archive on all cores and hands them on in their order, as the one stream that they are. What an index says of
 * their content is checked on the way: a chunk has to have its digest. Where the index is wrong about where members begin, unpacking
 * fails, because a stretch between two offsets has to consist of whole members.
 */
final class MemberReader extends InputStream {
    /** Where the members lie: {@code starts} are rising offsets, the last stretch ends at {@code end}. */
    record Layout(long[] starts, long end, List<List<IndexEntry.Chunk>> chunks) {
        long endOf(int stretch) {
            return stretch + 1 < starts.length ? starts[stretch + 1] : end;
        }
    }

    /** Beyond its chunks a member holds a few headers; what does not fit is unpacked when its turn comes. */
    private static final int BESIDE = 1 << 16;
    private static final long MEMORY = 64 << 20;

    private final FileChannel file;
    private final MemberFormat format;
    private final Layout layout;
    private final int bufferSize;
    private final int ahead;
    private final Workers threads;
    private final Deque<Future<Block>> coming = new ArrayDeque<>();
    private final Deque<byte[]> spare = new ArrayDeque<>();
    private final long[] unpackedAt;
    private int at;
    private int submitted;
    private int last;
    private Block block;
    private int taken;
    private long position;

    /** What was unpacked ahead, and the stream of what did not fit, or null. */
    private record Block(byte[] bytes, int length, InputStream rest) {
    }

    MemberReader(FileChannel file, MemberFormat format, Layout layout) {
        this.file = file;
        this.format = format;
        this.layout = layout;
        long most = layout.chunks().stream().flatMap(List::stream).mapToLong(chunk -> chunk.innerOffset() + chunk.size()).max().orElse(0);
        bufferSize = Math.toIntExact(most) + BESIDE;
        int cores = Workers.cores();
        ahead = (int) Math.max(1, Math.min(2L * cores, MEMORY / bufferSize));
        threads = new Workers("unpack", cores);
        unpackedAt = new long[layout.starts().length];
        begin(0, unpackedAt.length - 1);
    }

    /** Goes to the beginning of a stretch; the stream ends behind the last one. Positions are counted from here. */
    void begin(int first, int newLast) {
        dropComing();
        Arrays.fill(unpackedAt, -1);
        at = first;
        submitted = first;
        last = newLast;
        position = 0;
    }

    /** Returns the position at which a stretch begins, or -1 when the stream has not come there yet. */
    long unpackedAt(int stretch) {
        return unpackedAt[stretch];
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
        if (length == 0) {
            return 0;
        }
        while (true) {
            if (block == null && !next()) {
                return -1;
            }
            int n = Math.min(length, block.length() - taken);
            if (n > 0) {
                System.arraycopy(block.bytes(), taken, bytes, offset, n);
                taken += n;
            } else if (block.rest() != null) {
                n = block.rest().read(bytes, offset, length);
            }
            if (n > 0) {
                position += n;
                return n;
            }
            release();
            at++;
        }
    }

    private boolean next() throws IOException {
        if (at > last) {
            return false;
        }
        while (submitted <= last && submitted - at <= ahead) {
            int stretch = submitted++;
            byte[] again = spare.poll();
            byte[] buffer = again == null ? new byte[bufferSize] : again;
            coming.add(threads.begin(() -> unpack(stretch, buffer)));
        }
        try {
            block = Workers.await(coming.remove());
        } catch (RuntimeException unpacking) {
            throw new IllegalStateException(unpacking);
        }
        taken = 0;
        unpackedAt[at] = position;
        return true;
    }

    private Block unpack(int stretch, byte[] buffer) throws IOException {
        InputStream in = format.unpack(file, layout.starts()[stretch], layout.endOf(stretch));
        boolean more = false;
        try {
            int length = in.readNBytes(buffer, 0, buffer.length);
            for (IndexEntry.Chunk chunk : layout.chunks().get(stretch)) {
                check(chunk, buffer, length);
            }
            more = length == buffer.length;
            return new Block(buffer, length, more ? in : null);
        } finally {
            if (!more) {
                in.close();
            }
        }
    }

    private static void check(IndexEntry.Chunk chunk, byte[] buffer, int length) throws IOException {
        if (chunk.innerOffset() + chunk.size() > length) {
            throw new IOException("its index names content that is not there");
        }
        MessageDigest sha256 = Digest.sha256();
        sha256.update(buffer, (int) chunk.innerOffset(), (int) chunk.size());
        if (!HexFormat.of().formatHex(sha256.digest()).equals(chunk.digest())) {
            throw new IOException("a chunk does not have the digest that its index says");
        }
    }

    private void release() throws IOException {
        if (block != null) {
            spare.add(block.bytes());
            if (block.rest() != null) {
                block.rest().close();
            }
            block = null;
        }
    }

    private void dropComing() {
        // What is under way ends by itself within a member's time; its buffers and streams are left to the garbage collector.
        coming.forEach(future -> future.cancel(false));
        coming.clear();
        block = null;
    }

    @Override
    public void close() {
        dropComing();
        threads.leave();
    }
}
