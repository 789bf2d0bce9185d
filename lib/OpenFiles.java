package pps;

//SOURCES ExitCode.java
//SOURCES Failure.java
//SOURCES SafeText.java
//SOURCES SwapGroup.java

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Who has files open for writing that a swap moves away: what such a process writes afterwards is in nobody's files any more, and it gets
 * no error. Linux tells in {@code /proc} (proc(5), "fd" and "fdinfo"), of the processes in containers too, to root of all and to anybody
 * else of his own. Elsewhere, and of other users' processes, nothing is known, and nothing is said.
 */
final class OpenFiles {
    private static final int ACCESS_MODE = 3;
    private static final int OCTAL = 8;

    /** A process that has a file open for writing; {@code command} is its name as the kernel cuts it off. */
    record Writer(long pid, String command, Path file) {
        /** Returns who it is, in words for a message. */
        String words() {
            return "process " + pid + " (" + SafeText.quote(command) + ")";
        }
    }

    private final Path proc;

    OpenFiles(Path proc) {
        this.proc = proc;
    }

    /** Throws {@link Failure} ({@link ExitCode#FAILED}) when a process has one of these files open for writing. */
    static void refuseWriters(List<SwapGroup> groups) throws IOException {
        Optional<Writer> writer = writerOf(groups);
        if (writer.isPresent()) {
            throw Failure.of(ExitCode.FAILED, SafeText.quote(writer.get().file()) + " is open for writing in " + writer.get().words())
                .state("Nothing was touched.").next("End it, or stop the container that it runs in, then try again.");
        }
    }

    /** Returns the first process that has one of the files open for writing that these groups take away. */
    static Optional<Writer> writerOf(List<SwapGroup> groups) throws IOException {
        return new OpenFiles(Path.of("/proc")).find(groups);
    }

    Optional<Writer> find(List<SwapGroup> groups) throws IOException {
        Map<Object, Writer> open = open();
        if (open.isEmpty()) {
            return Optional.empty();
        }
        Map<Object, Path> taken = new HashMap<>();
        for (SwapGroup group : groups) {
            for (String take : group.takes()) {
                addFiles(take.isEmpty() ? group.live() : group.live().resolve(take), taken);
            }
        }
        return open.entrySet().stream().filter(one -> taken.containsKey(one.getKey()))
            .map(one -> new Writer(one.getValue().pid(), one.getValue().command(), taken.get(one.getKey()))).findFirst();
    }

    /** Every regular file that a process has open for writing, by what identifies it on this machine: its path may be a container's. */
    private Map<Object, Writer> open() throws IOException {
        Map<Object, Writer> open = new LinkedHashMap<>();
        if (!Files.isDirectory(proc.resolve("self"))) {
            return open;
        }
        long self = ProcessHandle.current().pid();
        try (DirectoryStream<Path> processes = Files.newDirectoryStream(proc, "[0-9]*")) {
            for (Path process : processes) {
                long pid = Long.parseLong(process.getFileName().toString());
                if (pid != self && Files.isReadable(process.resolve("fd"))) {
                    addOpen(process, pid, open);
                }
            }
        }
        return open;
    }

    private static void addOpen(Path process, long pid, Map<Object, Writer> open) throws IOException {
        try (DirectoryStream<Path> descriptors = Files.newDirectoryStream(process.resolve("fd"))) {
            for (Path descriptor : descriptors) {
                try {
                    BasicFileAttributes file = Files.readAttributes(descriptor, BasicFileAttributes.class);
                    if (file.isRegularFile() && writes(process.resolve("fdinfo").resolve(descriptor.getFileName()))) {
                        open.put(file.fileKey(), new Writer(pid, Files.readString(process.resolve("comm")).strip(), descriptor));
                    }
                } catch (IOException closed) {
                    // Closed, or the process ended, between the listing and this look: it writes nothing more.
                    continue;
                }
            }
        } catch (IOException | java.nio.file.DirectoryIteratorException ended) {
            // The process has ended, or is not ours to look at: readable to the owner alone, whatever its mode says.
            return;
        }
    }

    private static boolean writes(Path fdinfo) throws IOException {
        for (String line : Files.readAllLines(fdinfo)) {
            if (line.startsWith("flags:")) {
                return (Long.parseLong(line.substring("flags:".length()).strip(), OCTAL) & ACCESS_MODE) != 0;
            }
        }
        return false;
    }

    private static void addFiles(Path top, Map<Object, Path> taken) throws IOException {
        try {
            if (!Files.isDirectory(top, LinkOption.NOFOLLOW_LINKS)) {
                taken.put(Files.readAttributes(top, BasicFileAttributes.class).fileKey(), top);
                return;
            }
        } catch (FileSystemException leadsNowhere) {
            if (leadsNowhere instanceof NoSuchFileException || Files.isSymbolicLink(top)) {
                // Gone, or a link to nothing or in a circle: nobody writes through it.
                return;
            }
            throw leadsNowhere;
        }
        Files.walkFileTree(top, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                taken.put(attributes.fileKey(), file);
                return FileVisitResult.CONTINUE;
            }
        });
    }
}
