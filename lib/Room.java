package pps;

//SOURCES Archived.java
//SOURCES Failure.java
//SOURCES Places.java
//SOURCES Plan.java
//SOURCES Reason.java
//SOURCES SafeText.java
//SOURCES SizeText.java

import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** The room that staged files need on their file systems, which the running stack writes to as well. */
final class Room {
    /** Bytes left free for the running stack while its disk is being filled. */
    static final long RESERVE = 32L << 20;
    /** What a file takes at least, in bytes. */
    private static final long BLOCK = 4096;
    private static final long ASKED_EVERY = 64L << 20;

    private final Map<FileStore, Long> known = new HashMap<>();

    /**
     * Throws {@link Failure} when a file has no room. Asking a file system takes as long as writing a small file, so it is asked again only
     * when some of what was free may be used.
     */
    void require(Archived file, FileStore store, Path directory) throws IOException {
        long needed = Math.max(file.size(), BLOCK);
        long left = known.getOrDefault(store, 0L) - needed;
        if (left < 0) {
            long free = store.getUsableSpace();
            if (free - RESERVE < needed) {
                throw none("'" + SafeText.quote(file.name()) + "' (" + SizeText.of(file.size()) + ")", free, directory);
            }
            left = Math.min(free - RESERVE - needed, ASKED_EVERY);
        }
        known.put(store, left);
    }

    /** Throws {@link Failure} when all the files of a plan together have no room, as far as can be said before the first is staged. */
    static void require(Plan plan, Places places) {
        Map<FileStore, Long> needed = new LinkedHashMap<>();
        Map<FileStore, Path> directories = new HashMap<>();
        try {
            for (Plan.OfSource source : plan.sources()) {
                Path directory = places.areaFor(source.destination());
                while (!Files.isDirectory(directory)) {
                    directory = directory.getParent();
                }
                FileStore store = Files.getFileStore(directory);
                directories.put(store, directory);
                needed.merge(store, Stream.of(source.added(), source.changed(), source.unchanged()).flatMap(List::stream)
                    .mapToLong(file -> Math.max(file.after(), BLOCK)).sum(), Long::sum);
            }
            for (Map.Entry<FileStore, Long> all : needed.entrySet()) {
                long free = all.getKey().getUsableSpace();
                if (free - RESERVE < all.getValue()) {
                    throw none("the restored files (" + SizeText.of(all.getValue()) + ")", free, directories.get(all.getKey()));
                }
            }
        } catch (IOException e) {
            throw Failure.of(ExitCode.FAILED, "Cannot see how much space is free below " + SafeText.quote(plan.projectRoot()) + ": "
                + Reason.of(e)).state("Nothing was touched.").because(e);
        }
    }

    private static Failure none(String what, long free, Path directory) {
        return Failure.of(ExitCode.FAILED, "Not enough space for " + what + ": " + SizeText.of(free) + " are free on the file system of "
            + SafeText.quote(directory) + ", and " + SizeText.of(RESERVE) + " are kept free there for the running stack")
            .state("Nothing was touched.").next("Make room there, then try again.");
    }
}
