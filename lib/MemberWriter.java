package pps;

//SOURCES Digest.java
//SOURCES Listener.java
//SOURCES MemberFormat.java
//SOURCES Workers.java

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.security.MessageDigest;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.Future;

/**
 * Writes bytes to a file as a row of members, which all cores compress and hash while the caller fills the next. The file is the same
 * whatever the number of cores: where a member ends is for the caller to say. Memory holds a few members for each core.
 */
final class MemberWriter implements AutoCloseable {
    /** A piece of a file's content. Its digest and its member's offset are there once {@link #finish} has returned. */
    static final class Chunk {
        private final Member member;
        private final int innerOffset;
        private final int size;
        private byte[] sha256;

        Chunk(Member member, int innerOffset, int size) {
            this.member = member;
            this.innerOffset = innerOffset;
            this.size = size;
        }

        long offset() {
            return member.offset;
        }

        int innerOffset() {
            return innerOffset;
        }

        int size() {
            return size;
        }

        byte[] sha256() {
            return sha256;
        }
    }

    private static final class Member {
        private final List<Chunk> chunks = new ArrayList<>();
        private long offset = -1;
        private byte[] raw;
        private int length;
        private Future<ByteBuffer> packed;
    }

    /** What else than a chunk a member holds: headers of small files, mostly. */
    private static final int BESIDE = 1 << 16;

    private final FileChannel file;
    private final MemberFormat format;
    private final int chunkSize;
    private final Listener listener;
    private final int ahead;
    private final Workers threads;
    private final Deque<Member> waiting = new ArrayDeque<>();
    private final Deque<byte[]> spare = new ArrayDeque<>();
    private Member current = new Member();

    MemberWriter(FileChannel file, MemberFormat format, int chunkSize, Listener listener) {
        this.file = file;
        this.format = format;
        this.chunkSize = chunkSize;
        this.listener = listener;
        int cores = Workers.cores();
        ahead = 2 * cores;
        threads = new Workers("pack", cores);
        current.raw = new byte[chunkSize + BESIDE];
    }

    /** Returns how many bytes the current member holds. */
    int length() {
        return current.length;
    }

    /** Puts bytes into the current member. */
    void write(byte[] bytes) {
        reserve(bytes.length);
        System.arraycopy(bytes, 0, current.raw, current.length, bytes.length);
        current.length += bytes.length;
    }

    /** Puts exactly {@code size} bytes of content into the current member. Throws {@link EOFException} when there are fewer. */
    Chunk chunk(InputStream content, int size, MessageDigest alsoInto) throws IOException {
        reserve(size);
        Chunk chunk = new Chunk(current, current.length, size);
        if (content.readNBytes(current.raw, current.length, size) < size) {
            throw new EOFException("it became shorter while it was read");
        }
        if (alsoInto != null) {
            alsoInto.update(current.raw, current.length, size);
        }
        current.length += size;
        current.chunks.add(chunk);
        return chunk;
    }

    private void reserve(int more) {
        if (current.length + more > current.raw.length) {
            current.raw = Arrays.copyOf(current.raw, current.length + more + BESIDE);
        }
    }

    /** Ends the current member, unless it is empty, and begins another. */
    void cut() throws IOException {
        listener.checkInterrupted();
        if (current.length == 0) {
            return;
        }
        Member full = current;
        full.packed = threads.begin(() -> pack(full));
        waiting.add(full);
        current = new Member();
        while (waiting.size() > ahead) {
            writeFirst();
        }
        byte[] again = spare.poll();
        current.raw = again == null ? new byte[chunkSize + BESIDE] : again;
    }

    private ByteBuffer pack(Member member) {
        for (Chunk chunk : member.chunks) {
            MessageDigest digest = Digest.sha256();
            digest.update(member.raw, chunk.innerOffset, chunk.size);
            chunk.sha256 = digest.digest();
        }
        return format.pack(member.raw, member.length);
    }

    private void writeFirst() throws IOException {
        Member member = waiting.remove();
        ByteBuffer packed = packed(member);
        member.offset = file.position();
        while (packed.hasRemaining()) {
            file.write(packed);
        }
        if (member.raw.length == chunkSize + BESIDE) {
            spare.add(member.raw);
        }
        member.raw = null;
        member.packed = null;
    }

    private static ByteBuffer packed(Member member) throws IOException {
        try {
            return Workers.await(member.packed);
        } catch (RuntimeException | Error e) {
            throw new IOException("cannot compress: " + e, e);
        }
    }

    /** Ends the last member and writes all that are left. */
    void finish() throws IOException {
        cut();
        while (!waiting.isEmpty()) {
            writeFirst();
        }
    }

    @Override
    public void close() {
        threads.leave();
    }
}
