package pps;

//SOURCES ArchiveWriter.java
//SOURCES BackupDirectory.java
//SOURCES Coverage.java
//SOURCES Failure.java
//SOURCES FileFacts.java
//SOURCES Listener.java
//SOURCES Manifest.java
//SOURCES Places.java
//SOURCES Reason.java
//SOURCES SafeText.java
//SOURCES SizeText.java
//SOURCES Snapshot.java
//SOURCES SourceMap.java
//SOURCES SourceScan.java

import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What a backup would do: which sources it takes, which it leaves out and why ({@code leftOut}, by name; {@code absent}
 * are those of them that are not there), what its file will be called,
 * whether a {@code stack} is stopped for it, how the files are copied, and what its owner should know. Made by looking alone.
 */
public record BackupPlan(List<SourceScan> scans, Map<String, String> leftOut, Set<String> absent, LocalDateTime time, Path target, boolean stack,
                         Snapshot.Mode mode, List<String> warnings) {
    /** Why another entity's sources are left out. */
    static final String NOT_ASKED = "not asked for (--entity)";

    /** Bytes left free for the running stack while its disk is being filled. */
    private static final long RESERVE = 32L << 20;
    /** When summer time ends, clocks rightly show the same hour twice. */
    private static final int CLOCK_HOURS = 2;

    /**
     * Looks at a project.
     *
     * @param entity      the only entity to back up, or null for all
     * @param stack       whether a stack is stopped for this backup, and waits until it may start again
     * @param live        whether a stack goes on running
     * @param includeLive whether databases that cannot be copied while they are in use are taken all the same
     */
    static BackupPlan of(Path root, SourceMap map, BackupDirectory directory, String entity, boolean stack, boolean live,
                         boolean includeLive, LocalDateTime now, Listener listener) {
        List<String> warnings = new ArrayList<>();
        Map<String, String> leftOut = new LinkedHashMap<>();
        Set<String> absent = new LinkedHashSet<>();
        List<String> entities = SourceMap.entities(root);
        if (entity != null && !entities.contains(entity)) {
            throw Failure.of(ExitCode.USAGE, "Unknown entity '" + SafeText.quote(entity) + "'").state("Nothing was touched.")
                .next("Known entities: " + SafeText.quote(String.join(", ", entities)));
        }
        Path backups = directory.path().toAbsolutePath().normalize();
        Set<Path> excluded = new HashSet<>(List.of(Places.home(root), backups));
        if (Files.exists(backups)) {
            excluded.add(realPath(backups));
        }
        List<SourceMap.Source> all = map.sources(entities);
        List<SourceScan> scans = new ArrayList<>();
        for (SourceMap.Source source : all) {
            listener.checkInterrupted();
            checkName(source, map, entities);
            if (entity != null && entities.size() > 1 && !entity.equals(source.entity())) {
                leftOut.put(source.name(), NOT_ASKED);
                continue;
            }
            if (live && !includeLive && source.isUnit() && !source.critical()
                && Files.exists(root.resolve(source.path()), LinkOption.NOFOLLOW_LINKS)) {
                leftOut.put(source.name(), "a database that cannot be copied while the stack runs (--include-live takes it all the same)");
                continue;
            }
            SourceScan scan = SourceScan.of(source, root, all, excluded);
            warnings.addAll(scan.remarks());
            warnings.addAll(scan.missing());
            if (scan.present()) {
                scans.add(scan);
                if (live && source.isUnit()) {
                    warnings.add("source '" + SafeText.quote(source.name()) + "' is copied while the stack may write it: its files may not fit together");
                }
            } else {
                leftOut.put(source.name(), "there is no " + SafeText.quote(source.path()));
                absent.add(source.name());
            }
        }
        requireSomething(scans, map, entities, root);
        LocalDateTime time = time(directory, now, warnings);
        Path target = backups.resolve(BackupDirectory.nameFor(BackupDirectory.BACKUP, time));
        return new BackupPlan(List.copyOf(scans), leftOut, absent, time, target, stack, mode(scans, root, directory, stack, live), List.copyOf(warnings));
    }

    /** Returns the same plan for an archive in Zstandard frames. */
    BackupPlan asZstd() {
        return new BackupPlan(scans, leftOut, absent, time, target.resolveSibling(BackupDirectory.zstdNameFor(BackupDirectory.BACKUP, time)), stack,
            mode, warnings);
    }

    /** Returns the same plan with a copy that is packed instead of the files themselves. */
    BackupPlan withCopy() {
        return new BackupPlan(scans, leftOut, absent, time, target, stack, Snapshot.Mode.AT_REST, warnings);
    }

    /**
     * Returns this plan with the files that {@code now} has seen: a stack writes until it has stopped, and a database that is closed takes
     * its log away. Throws {@link Failure} when a whole source has gone since.
     */
    BackupPlan atRest(BackupPlan now) {
        Set<String> there = now.scans.stream().map(scan -> scan.source().name()).collect(Collectors.toSet());
        scans.stream().map(scan -> scan.source().name()).filter(name -> !there.contains(name)).findFirst().ifPresent(name -> {
            throw Failure.of(ExitCode.FAILED, "Source '" + SafeText.quote(name) + "' was there when this backup began, and is gone")
                .next("See what has become of it; where it is no longer wanted, back up again.");
        });
        return new BackupPlan(now.scans, now.leftOut, now.absent, time, target, stack, mode, now.warnings);
    }

    /** Tells whether something is missing that an older backup may hold. */
    boolean lacksSomething() {
        return scans.stream().anyMatch(scan -> !scan.missing().isEmpty());
    }

    /** Tells whether the new backup had to be named after a time that has not come yet, behind one that was. */
    boolean isAhead() {
        return time.isAfter(LocalDateTime.now().plusHours(CLOCK_HOURS));
    }

    /** Returns about what the manifest will promise; the logs of databases are still counted beside them. */
    Map<String, Manifest.Promise> promises() {
        Map<String, Manifest.Promise> promises = new LinkedHashMap<>();
        scans.forEach(scan -> promises.put(scan.source().name(), new Manifest.Promise(scan.source().critical(), scan.source().path(),
            scan.source().include(), scan.files(), scan.bytes(), true, List.of(), List.of(), List.of())));
        return promises;
    }

    /** Returns what every one of the files will be called. */
    List<ArchiveWriter.Item> items() {
        return scans.stream().flatMap(scan -> scan.entries().keySet().stream()
            .map(path -> new ArchiveWriter.Item(scan.source().name(), path, scan.directory().resolve(path)))).toList();
    }

    /** Returns the sources that are left out though they may be there. */
    Set<String> leftOutOnPurpose() {
        return leftOut.keySet().stream().filter(name -> !absent.contains(name)).collect(Collectors.toSet());
    }

    /** Returns the bytes of all sources. */
    public long bytes() {
        return scans.stream().mapToLong(SourceScan::bytes).sum();
    }

    /** Returns the number of files of all sources. */
    public int files() {
        return scans.stream().mapToInt(SourceScan::files).sum();
    }

    /** A backup whose names mean something else to a restore would go to the wrong place on the worst day. */
    private static void checkName(SourceMap.Source source, SourceMap map, List<String> entities) {
        Optional<SourceMap.Source> understood = map.resolve(source.name(), entities.size() == 1 ? entities.get(0) : null);
        if (understood.isEmpty() || !source.path().equals(understood.get().path())) {
            throw Failure.of(ExitCode.FAILED, "The name '" + SafeText.quote(source.name()) + "' for " + SafeText.quote(source.path())
                + " would mean another source to a restore").state("Nothing was touched.").next("Rename the entity '"
                + SafeText.quote("" + source.entity()) + "'.");
        }
    }

    /** Where the entities or every critical source are missing, a disk is not mounted, or it is the wrong place: no state to be saved. */
    private static void requireSomething(List<SourceScan> scans, SourceMap map, List<String> entities, Path root) {
        boolean needsEntity = map.definitions().stream().anyMatch(definition -> definition.perEntity() && definition.critical());
        boolean needsCritical = map.definitions().stream().anyMatch(SourceMap.Definition::critical);
        if (scans.isEmpty() || needsEntity && entities.isEmpty() || needsCritical && scans.stream().noneMatch(scan -> scan.source().critical())) {
            throw Failure.of(ExitCode.FAILED, "There is nothing critical to back up in " + SafeText.quote(root))
                .state("No backup was written, and no older one was deleted.")
                .next("Is it the right project, and is its disk mounted? Name another with --project-root DIR.");
        }
    }

    /** The newest name decides what {@code --latest} means, so a clock that went back must not give an older one. */
    private static LocalDateTime time(BackupDirectory directory, LocalDateTime clock, List<String> warnings) {
        LocalDateTime now = clock.truncatedTo(ChronoUnit.SECONDS);
        List<BackupDirectory.Backup> there = directory.newestFirst();
        if (there.isEmpty() || there.get(0).createdAt().isBefore(now)) {
            return now;
        }
        BackupDirectory.Backup newest = there.get(0);
        if (newest.createdAt().isAfter(now.plusHours(CLOCK_HOURS))) {
            warnings.add("the newest backup, " + SafeText.quote(newest.name()) + ", is named after a time that has not come yet; so that the new "
                + "one counts as newer, it is named one second later. Check the clock, and move wrongly named backups away.");
        }
        return newest.createdAt().plusSeconds(1);
    }

    /** A copy is made so that a stack need not wait for the packing. Where none waits, it would only cost time and room. */
    private static Snapshot.Mode mode(List<SourceScan> scans, Path root, BackupDirectory directory, boolean stack, boolean live) {
        if (!stack && !live) {
            return Snapshot.Mode.IN_PLACE;
        }
        long bytes = scans.stream().mapToLong(SourceScan::bytes).sum();
        Path home = existing(Places.home(root));
        Path backups = existing(directory.path().toAbsolutePath());
        try {
            FileStore store = Files.getFileStore(home);
            // How well it compresses is told by the last backup; without one, not at all.
            long archive = directory.newestFirst().stream().findFirst().map(BackupDirectory.Backup::file).map(BackupPlan::sizeOf).orElse(bytes);
            long needed = bytes + (live ? 0 : largestFold(scans)) + RESERVE + (store.equals(Files.getFileStore(backups)) ? Math.min(archive, bytes) : 0);
            long free = store.getUsableSpace();
            if (free >= needed) {
                return live ? Snapshot.Mode.LIVE : Snapshot.Mode.AT_REST;
            }
            if (live) {
                throw Failure.of(ExitCode.FAILED, "Not enough space for a copy of the sources (" + SizeText.of(needed) + "): " + SizeText.of(free)
                    + " are free on the file system of " + SafeText.quote(home)).state("No backup was written, and no older one was deleted.")
                    .next("Make room there; or without --no-stop the stack is stopped and no copy is needed.");
            }
            return Snapshot.Mode.IN_PLACE;
        } catch (IOException e) {
            throw Failure.of(ExitCode.FAILED, "Cannot see how much space is free at " + SafeText.quote(home) + ": " + Reason.of(e)).because(e);
        }
    }

    /** A log is folded into a copy of the copy, one database after the other; meanwhile the log's rows are there a third time. */
    private static long largestFold(List<SourceScan> scans) {
        long largest = 0;
        for (SourceScan scan : scans) {
            Map<String, Long> folds = new HashMap<>();
            scan.entries().forEach((path, facts) -> {
                FileFacts database = scan.entries().get("" + Coverage.databaseOf(path));
                if (database != null && facts.size() > 0 && !path.endsWith("-shm")) {
                    folds.merge(Coverage.databaseOf(path), database.size() + 2 * facts.size(), Long::sum);
                }
            });
            largest = Math.max(largest, folds.values().stream().mapToLong(Long::longValue).max().orElse(0));
        }
        return largest;
    }

    private static long sizeOf(Path file) {
        try {
            return Files.size(file);
        } catch (IOException e) {
            throw Failure.of(ExitCode.FAILED, "Cannot look at " + SafeText.quote(file) + ": " + Reason.of(e)).because(e);
        }
    }

    private static Path existing(Path path) {
        Path up = path;
        while (!Files.exists(up)) {
            up = up.getParent();
        }
        return up;
    }

    private static Path realPath(Path path) {
        try {
            return path.toRealPath();
        } catch (IOException e) {
            throw Failure.of(ExitCode.FAILED, "Cannot follow " + SafeText.quote(path) + ": " + Reason.of(e)).because(e);
        }
    }
}
