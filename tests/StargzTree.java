package pps;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

//DEPS com.google.code.gson:gson:2.13.2
//SOURCES ../lib/ArchiveReader.java
//SOURCES ../lib/ArchiveWriter.java
//SOURCES ../lib/Listing.java
//SOURCES Scripts.java
//SOURCES Tree.java

/** A directory of sources to be packed, and what can be done with its archive; as a process of its own, too. */
final class StargzTree {
    private static final Pattern OPENED = Pattern.compile("openat\\(.*\\.tar\\.(?:gz|zst)\".*= (\\d+)$");
    private static final Pattern READ = Pattern.compile("(?:read|pread64)\\((\\d+),.*= (\\d+)$");

    private final Path top;

    StargzTree(Path top) {
        this.top = top;
    }

    Path file(String path, byte[] content) {
        try {
            Path file = top.resolve(path);
            Files.createDirectories(file.getParent());
            return Files.write(file, content);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Makes a file that does not compress. */
    Path random(String path, long size) throws IOException {
        Path file = file(path, new byte[0]);
        Random random = new Random(size);
        byte[] buffer = new byte[1 << 20];
        try (OutputStream out = Files.newOutputStream(file)) {
            for (long left = size; left > 0; left -= buffer.length) {
                random.nextBytes(buffer);
                out.write(buffer, 0, (int) Math.min(left, buffer.length));
            }
        }
        return file;
    }

    /** Makes what archives have trouble with. */
    void awkward() throws IOException {
        file("sqlite/empty.db", new byte[0]);
        file("sqlite/lyra.db", "SQLite format 3\0".repeat(5000).getBytes());
        for (String name : List.of("плач.md", "日記 二.md", "العربية.md", "emoji 🌊 ~.md", "-rf", "new\nline.md", "tab\t'quote\".md", "e\u0301.md")) {
            file("crystals/" + name, name.getBytes());
        }
        String deep = "crystals/" + "a long directory name, ".repeat(5) + "/" + "ж".repeat(120);
        file(deep + "/1.md", "deep".getBytes());
        Path secret = file("neo4j/dbms/auth.ini", "secret".getBytes());
        Files.setPosixFilePermissions(secret, PosixFilePermissions.fromString("rw-------"));
        if (System.getProperty("user.name").equals("root")) {
            Files.setAttribute(secret, "unix:uid", 7474);
            Files.setAttribute(secret, "unix:gid", 7474);
        }
        try (FileChannel hole = FileChannel.open(file("neo4j/store.db", new byte[0]), StandardOpenOption.WRITE)) {
            hole.write(java.nio.ByteBuffer.wrap("begin".getBytes()));
            hole.write(java.nio.ByteBuffer.wrap("end".getBytes()), 3 << 20);
        }
        random("neo4j/exactly one chunk", 1 << 20);
        random("neo4j/exactly two chunks", 2 << 20);
        random("neo4j/a little more", (1 << 20) + 1);
        Files.createDirectories(top.resolve("neo4j/empty/directory"));
        Files.createSymbolicLink(top.resolve("neo4j/link"), Path.of("dbms/auth.ini"));
        Files.createSymbolicLink(top.resolve("neo4j/dangling " + "l".repeat(120)), Path.of("empty/" + "t".repeat(150)));
        time("crystals/-rf", Instant.parse("2001-02-03T04:05:06.123456789Z"));
        time("sqlite/lyra.db", Instant.parse("2025-02-03T04:05:06Z"));
        time("neo4j/empty/directory", Instant.parse("2005-02-03T04:05:06.5Z"));
    }

    void time(String path, Instant time) throws IOException {
        Files.setLastModifiedTime(top.resolve(path), FileTime.from(time));
    }

    List<ArchiveWriter.Item> items() {
        List<ArchiveWriter.Item> items = new ArrayList<>();
        try (Stream<Path> walk = Files.walk(top)) {
            for (Path file : walk.sorted().filter(path -> !path.equals(top)).toList()) {
                Path relative = top.relativize(file);
                String path = relative.getNameCount() == 1 ? "" : relative.subpath(1, relative.getNameCount()).toString();
                items.add(new ArchiveWriter.Item(relative.getName(0).toString(), path, file));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return items;
    }

    Manifest manifest() {
        JsonObject sources = new JsonObject();
        Map<String, int[]> files = new LinkedHashMap<>();
        Map<String, long[]> bytes = new LinkedHashMap<>();
        for (ArchiveWriter.Item item : items()) {
            files.computeIfAbsent(item.source(), any -> new int[1]);
            bytes.computeIfAbsent(item.source(), any -> new long[1]);
            if (!Files.isDirectory(item.file(), LinkOption.NOFOLLOW_LINKS)) {
                files.get(item.source())[0]++;
                bytes.get(item.source())[0] += Files.isSymbolicLink(item.file()) ? 0 : item.file().toFile().length();
            }
        }
        files.forEach((source, count) -> sources.add(source, JsonParser.parseString("{critical: true, path: 'data/" + source
            + "', covers: ['**'], files: " + count[0] + ", bytes: " + bytes.get(source)[0] + ", existed: true}")));
        JsonObject manifest = JsonParser.parseString("{format: 1, kind: backup, createdAt: '2026-01-01T00:00:00', tool: test, "
            + "containersStopped: true}").getAsJsonObject();
        manifest.add("sources", sources);
        return Manifest.parse(manifest.toString());
    }

    Contents write(Path archive) {
        return ArchiveWriter.write(archive, manifest(), items(), Listener.SILENT);
    }

    /** Writes and reads back in a process with little memory. */
    void writeInProcess(Path archive, int megabytes) {
        List<String> command = new ArrayList<>(Scripts.command(StargzTree.class.getName(), "write", top.toString(), archive.toString()));
        command.add(1, "-Xmx" + megabytes + "m");
        command.remove("-XX:TieredStopAtLevel=1");
        Scripts.Result result = Scripts.with().timeout(Duration.ofMinutes(20)).runCommand(command);
        assertEquals(0, result.exitCode(), result::toString);
    }

    /** Returns the digest of every file and the target of every link, by its name in the archive. */
    Map<String, String> contents() {
        Map<String, String> contents = new TreeMap<>();
        Tree.of(top).files().entries().forEach((path, entry) -> contents.put(path, entry.content()));
        return contents;
    }

    /** Returns the tree as it should come out of an archive: without the directory above it, whose time no entry has. */
    Tree asPacked() {
        return Tree.of(top).only(path -> !path.isEmpty());
    }

    /** Rounds times to two seconds before they are compared, and leaves out those of links. */
    static Tree coarse(Tree tree) {
        TreeMap<String, Tree.Entry> entries = new TreeMap<>();
        tree.entries().forEach((path, entry) -> entries.put(path, new Tree.Entry(entry.kind(), entry.content(), entry.size(), entry.mode(),
            entry.owner(), entry.kind() == 'l' ? null : FileTime.fromMillis(Math.floorDiv(entry.modified().toMillis() + 5, 2000)))));
        return new Tree(entries);
    }

    /** Leaves out the times of links, which the JDK cannot set. */
    static Tree withoutLinkTimes(Tree tree) {
        TreeMap<String, Tree.Entry> entries = new TreeMap<>();
        tree.entries().forEach((path, entry) -> entries.put(path, entry.kind() != 'l' ? entry
            : new Tree.Entry('l', entry.content(), entry.size(), entry.mode(), entry.owner(), null)));
        return new Tree(entries);
    }

    /** Reads an archive and returns the digests of what the receiver really got. */
    static Map<String, String> read(Path archive, Predicate<String> wanted, boolean all) {
        Map<String, String> got = new TreeMap<>();
        ArchiveReader.read(archive, new ArchiveReader.Receiver() {
            @Override
            public boolean wants(String source) {
                return wanted.test(source);
            }

            @Override
            public boolean checksAll() {
                return all;
            }

            @Override
            public OutputStream file(Archived file) {
                return new ByteArrayOutputStream() {
                    @Override
                    public void close() {
                        java.security.MessageDigest sha256 = Digest.sha256();
                        sha256.update(toByteArray());
                        got.put(file.name(), HexFormat.of().formatHex(sha256.digest()));
                    }
                };
            }

            @Override
            public void other(Archived entry) {
                if (entry.kind() == Archived.Kind.SYMLINK) {
                    got.put(entry.name(), entry.linkTarget());
                }
            }

            @Override
            public void copy(Archived file, Archived earlier) {
                got.put(file.name(), got.get(earlier.name()));
            }
        }, Listener.SILENT);
        return got;
    }

    static void change(Path file, String how) {
        try {
            switch (how) {
                case "append" -> Files.write(file, new byte[1], StandardOpenOption.APPEND);
                case "truncate" -> Files.write(file, new byte[1]);
                default -> {
                    Files.write(file, new byte[3 << 20]);
                    Files.setLastModifiedTime(file, FileTime.from(Instant.now().plusSeconds(5)));
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Tells whether these bytes are refused as a backup, and as nothing else. */
    static boolean isRefused(Path file, byte[] archive) throws IOException {
        Files.write(file, archive);
        try {
            ArchiveReader.read(file, ArchiveReader.CHECK_ONLY, Listener.SILENT);
            return false;
        } catch (Failure e) {
            assertEquals(ExitCode.BAD_BACKUP, e.exitCode(), e.getMessage());
            return true;
        }
    }

    /** Returns how many bytes of archives a process reads that reads one source, or lists a directory. */
    static long bytesRead(Path scratch, Path archive, String source) throws IOException {
        Path log = scratch.resolve("strace.log");
        List<String> command = new ArrayList<>(List.of("strace", "-f", "-s", "0", "-e", "trace=openat,close,read,pread64", "-o", log.toString()));
        command.addAll(source == null ? Scripts.command(StargzTree.class.getName(), "list", archive.toString())
            : Scripts.command(StargzTree.class.getName(), "read", archive.toString(), source));
        Scripts.Result result = Scripts.with().runCommand(command);
        assertEquals(0, result.exitCode(), result::toString);
        long read = 0;
        String open = null;
        for (String line : Files.readAllLines(log)) {
            Matcher opened = OPENED.matcher(line);
            Matcher call = READ.matcher(line);
            if (opened.find()) {
                open = opened.group(1);
            } else if (line.contains("openat(") && line.endsWith("= " + open)) {
                open = null;
            } else if (open != null && call.find() && call.group(1).equals(open)) {
                read += Long.parseLong(call.group(2));
            }
        }
        return read;
    }

    public static void main(String[] args) {
        switch (args[0]) {
            case "write" -> new StargzTree(Path.of(args[1])).write(Path.of(args[2]));
            case "list" -> {
                Listing listing = Listing.read(BackupDirectory.of(Path.of(args[1])), null, LocalDateTime.now(), Listener.SILENT);
                if (listing.entries().size() != 50 || listing.entries().stream().anyMatch(entry -> entry.problem() != null)) {
                    throw new IllegalStateException(listing.toText(text -> text));
                }
            }
            default -> read(Path.of(args[1]), args[2]::equals, false);
        }
    }
}
