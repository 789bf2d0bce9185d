package pps;

//SOURCES Archived.java

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Map;

/**
 * What the file system says of a file without following a symbolic link: size in bytes, the nine permission bits, numeric owner and
 * group, modification time, and the device number of its file system.
 */
record FileFacts(Archived.Kind kind, long size, int mode, long uid, long gid, FileTime modified, long device) {
    private static final int TYPE = 0170000;
    private static final int REGULAR = 0100000;
    private static final int LINK = 0120000;
    private static final int DIR = 0040000;

    /** Reads the facts. Throws {@link FileSystemException} for what no archive can hold: sockets, fifos, devices. */
    static FileFacts of(Path file) throws IOException {
        Map<String, Object> unix = Files.readAttributes(file, "unix:mode,uid,gid,size,lastModifiedTime,dev", LinkOption.NOFOLLOW_LINKS);
        int mode = (Integer) unix.get("mode");
        Archived.Kind kind = switch (mode & TYPE) {
            case REGULAR -> Archived.Kind.FILE;
            case LINK -> Archived.Kind.SYMLINK;
            case DIR -> Archived.Kind.DIRECTORY;
            default -> throw new FileSystemException(file.toString(), null, "it is a socket, a fifo or a device");
        };
        return new FileFacts(kind, (Long) unix.get("size"), mode & 0777, (Integer) unix.get("uid"), (Integer) unix.get("gid"),
            (FileTime) unix.get("lastModifiedTime"), (Long) unix.get("dev"));
    }
}
