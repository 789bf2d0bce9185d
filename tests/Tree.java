package pps;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * What lies below a directory at one moment: each path with its kind, content, mode, owner and modification time to the nanosecond. Two of
 * them are compared to show that something was restored exactly, or that nothing was touched.
 */
record Tree(TreeMap<String, Tree.Entry> entries) {
    /** One path; {@code content} is the SHA-256 of a file or the target of a symbolic link, {@code modified} is null where it does not matter. */
    record Entry(char kind, String content, long size, int mode, String owner, FileTime modified) {
        @Override
        public String toString() {
            return kind + " " + Integer.toOctalString(mode) + " " + owner + (modified == null ? "" : " " + modified)
                + (kind == 'd' ? "" : " " + size + " bytes " + content);
        }
    }

    /** Looks at everything below a directory, and at the directory itself, which has the empty path. */
    static Tree of(Path top) {
        TreeMap<String, Entry> entries = new TreeMap<>();
        if (Files.exists(top, LinkOption.NOFOLLOW_LINKS)) {
            try (Stream<Path> walk = Files.walk(top)) {
                for (Path path : walk.toList()) {
                    entries.put(top.relativize(path).toString(), entry(path));
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return new Tree(entries);
    }

    private static Entry entry(Path path) throws IOException {
        Map<String, Object> facts = Files.readAttributes(path, "unix:mode,uid,gid,size,lastModifiedTime", LinkOption.NOFOLLOW_LINKS);
        char kind = Files.isSymbolicLink(path) ? 'l' : Files.isDirectory(path) ? 'd' : Files.isRegularFile(path) ? 'f' : '?';
        String content = kind == 'l' ? Files.readSymbolicLink(path).toString() : kind == 'f' ? sha256(path) : "";
        return new Entry(kind, content, kind == 'd' ? 0 : (Long) facts.get("size"), (Integer) facts.get("mode") & 07777,
            facts.get("uid") + ":" + facts.get("gid"), (FileTime) facts.get("lastModifiedTime"));
    }

    private static String sha256(Path file) throws IOException {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Returns the entry at a path, or null. */
    Entry at(String path) {
        return entries.get(path);
    }

    /** Returns the part whose paths pass. */
    Tree only(Predicate<String> wanted) {
        return change((path, entry) -> wanted.test(path) ? Optional.of(Map.entry(path, entry)) : Optional.empty());
    }

    /** Returns the tree without a path and all that lies below it. */
    Tree without(String top) {
        return only(path -> !path.equals(top) && !path.startsWith(top + "/"));
    }

    /** Returns what lies below a path, which becomes the top. */
    Tree below(String top) {
        return only(path -> path.startsWith(top + "/")).moved(path -> path.substring(top.length() + 1));
    }

    /** Returns the files and symbolic links alone. */
    Tree files() {
        return change((path, entry) -> entry.kind() == 'd' ? Optional.empty() : Optional.of(Map.entry(path, entry)));
    }

    /** Returns the tree with other paths. */
    Tree moved(Function<String, String> to) {
        return change((path, entry) -> Optional.of(Map.entry(to.apply(path), entry)));
    }

    /** Returns the tree without the times of directories, which change whenever a file in them is replaced. */
    Tree withoutDirectoryTimes() {
        return change((path, entry) -> Optional.of(Map.entry(path, entry.kind() != 'd' ? entry
            : new Entry(entry.kind(), entry.content(), entry.size(), entry.mode(), entry.owner(), null))));
    }

    /** Returns the tree without the times of symbolic links, which the JDK has no call to set, nor those of directories. */
    Tree withoutLinkTimes() {
        return change((path, entry) -> Optional.of(Map.entry(path, entry.kind() == 'f' ? entry
            : new Entry(entry.kind(), entry.content(), entry.size(), entry.mode(), entry.owner(), null))));
    }

    /** Returns the tree without the owners, which only root can give. */
    Tree withoutOwners() {
        return change((path, entry) -> Optional.of(Map.entry(path,
            new Entry(entry.kind(), entry.content(), entry.size(), entry.mode(), "", entry.modified()))));
    }

    private interface Change {
        Optional<Map.Entry<String, Entry>> of(String path, Entry entry);
    }

    private Tree change(Change change) {
        TreeMap<String, Entry> changed = new TreeMap<>();
        entries.forEach((path, entry) -> change.of(path, entry).ifPresent(to -> {
            if (changed.put(to.getKey(), to.getValue()) != null) {
                throw new IllegalStateException("two paths become one: " + to.getKey());
            }
        }));
        return new Tree(changed);
    }

    /** Returns what differs in another tree, a line for each path; empty when nothing does. */
    String differences(Tree other) {
        StringBuilder text = new StringBuilder();
        TreeSet<String> paths = new TreeSet<>(entries.keySet());
        paths.addAll(other.entries.keySet());
        for (String path : paths) {
            Entry here = at(path);
            Entry there = other.at(path);
            if (here == null) {
                text.append("only now:    ").append(path).append("  ").append(there).append('\n');
            } else if (there == null) {
                text.append("missing now: ").append(path).append("  ").append(here).append('\n');
            } else if (!here.equals(there)) {
                text.append("differs:     ").append(path).append("\n    expected ").append(here).append("\n    but is   ").append(there).append('\n');
            }
        }
        return text.toString();
    }

    /** Fails with the differences, unless another tree is the same. */
    void assertSame(Tree actual, Object context) {
        assertEquals("", differences(actual), () -> String.valueOf(context));
    }
}
