package pps;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;

/**
 * How the members of an archive are compressed: pieces that can be unpacked by themselves, and which one behind the other are what any
 * tool unpacks as a whole.
 */
interface MemberFormat {
    /** Tells whether the index is the last entry of the archive, or lies behind all entries, where decoders skip it. */
    boolean indexIsEntry();

    /** Returns these bytes as a member. May be called by several threads at once. */
    ByteBuffer pack(byte[] raw, int length);

    /** Returns a stream that becomes one member of whatever is written to it; closing it ends the member and leaves {@code file} open. */
    OutputStream packTo(OutputStream file) throws IOException;

    /**
     * Unpacks the members that lie between two offsets of a file. The stream fails unless whole members fill the range exactly, with
     * right checksums.
     */
    InputStream unpack(FileChannel file, long from, long to) throws IOException;
}
