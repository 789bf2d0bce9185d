package pps;

//SOURCES Archived.java
//SOURCES ArchiveWriter.java
//SOURCES BackupDirectory.java
//SOURCES Durable.java
//SOURCES Failure.java
//SOURCES FileFacts.java
//SOURCES Journal.java
//SOURCES Listener.java
//SOURCES LiveFiles.java
//SOURCES Manifest.java
//SOURCES Reason.java
//SOURCES SafeText.java
//SOURCES Stack.java
//SOURCES SwapGroup.java
//SOURCES Version.java

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Packs what a restore moved out of the way into an archive that the same restore reads: the way back. */
final class SafetyBackup {
    /** How many safety backups a project keeps. */
    static final int KEPT = 5;

    private SafetyBackup() {
    }

    /** Returns the name for the next safety backup of a project, newer than all there are. */
    static String nextName(Path projectRoot) {
        return BackupDirectory.nameFor(BackupDirectory.SAFETY, freeTime(BackupDirectory.safetyBackupsOf(projectRoot)));
    }

    /** Returns the file that a safety backup of this name is, or null for the name null. */
    static Path fileOf(Path projectRoot, String name) {
        return name == null ? null : BackupDirectory.safetyBackupsOf(projectRoot).path().resolve(name);
    }

    /**
     * Packs the moved files, checks the archive, and returns it. It has its name only when it is whole: one that is there was packed before
     * an interruption. Throws {@link Failure} when that fails; the moved files stay then.
     *
     * @param before the stack as it was before it was stopped, or null when it was left alone
     */
    static Path pack(Path projectRoot, String name, Journal.Header header, Stack before, List<SwapGroup> groups, Listener listener) {
        Path target = fileOf(projectRoot, name);
        if (Files.exists(target, LinkOption.NOFOLLOW_LINKS)) {
            return target;
        }
        List<ArchiveWriter.Item> items = new ArrayList<>();
        Map<String, Manifest.Promise> promises = new LinkedHashMap<>();
        try {
            Durable.createPrivateDirectories(target.getParent());
            for (SwapGroup group : groups) {
                promises.put(group.source(), collect(LiveFiles.realPath(projectRoot), group, items, listener));
            }
            String time = BackupDirectory.timeIn(name).orElseThrow().toString();
            Manifest manifest = new Manifest("safety", time, Version.TOOL, header.composeFile() != null, header.archive(), promises,
                Map.of(), before == null ? List.of() : List.copyOf(before.running()));
            ArchiveWriter.write(target, manifest, items, listener);
            return target;
        } catch (IOException | UncheckedIOException e) {
            String file = e instanceof FileSystemException named && named.getFile() != null ? SafeText.quote(named.getFile()) + ": " : "";
            throw Failure.of(ExitCode.FAILED, "Cannot pack what the restore replaced: " + file + Reason.of(e)).because(e);
        }
    }

    /** Deletes all but the newest {@value #KEPT} safety backups. */
    static void prune(Path projectRoot, Listener listener) {
        List<BackupDirectory.Backup> all;
        try {
            all = BackupDirectory.safetyBackupsOf(projectRoot).newestFirst();
        } catch (Failure e) {
            // The restore is complete; that it keeps one safety backup too many is no failure of it.
            listener.warning(e.getMessage());
            return;
        }
        for (BackupDirectory.Backup old : all.subList(Math.min(KEPT, all.size()), all.size())) {
            try {
                Files.delete(old.file());
                listener.detail("Deleted the old safety backup " + old.name());
            } catch (IOException e) {
                listener.warning("Cannot delete the old safety backup " + SafeText.quote(old.file()) + ": " + Reason.of(e));
            }
        }
    }

    /** The newest name decides what {@code --undo} means, so a clock that went back must not give an older one. */
    private static LocalDateTime freeTime(BackupDirectory directory) {
        LocalDateTime now = LocalDateTime.now().truncatedTo(ChronoUnit.SECONDS);
        List<BackupDirectory.Backup> there = directory.newestFirst();
        if (!there.isEmpty() && !there.get(0).createdAt().isBefore(now)) {
            return there.get(0).createdAt().plusSeconds(1);
        }
        return now;
    }

    private static Manifest.Promise collect(Path projectRoot, SwapGroup group, List<ArchiveWriter.Item> items, Listener listener) throws IOException {
        for (String take : group.takes()) {
            Path taken = take.isEmpty() ? group.moved() : group.moved().resolve(take);
            if (!Files.exists(taken, LinkOption.NOFOLLOW_LINKS)) {
                // All of them were moved before the restore was complete: an archive without one would make the undo delete it.
                throw new NoSuchFileException(taken.toString());
            }
        }
        int files = 0;
        long bytes = 0;
        if (Files.exists(group.moved(), LinkOption.NOFOLLOW_LINKS)) {
            List<Path> found;
            try (Stream<Path> walk = Files.walk(group.moved())) {
                found = walk.sorted().toList();
            }
            for (Path file : found) {
                FileFacts facts;
                try {
                    facts = FileFacts.of(file);
                } catch (NoSuchFileException e) {
                    throw e;
                } catch (FileSystemException e) {
                    listener.warning("Not in the safety backup: " + SafeText.quote(file) + " (" + Reason.of(e) + ")");
                    continue;
                }
                items.add(new ArchiveWriter.Item(group.source(), group.moved().relativize(file).toString(), file));
                if (facts.kind() != Archived.Kind.DIRECTORY) {
                    files++;
                    bytes += facts.kind() == Archived.Kind.FILE ? facts.size() : 0;
                }
            }
        }
        // Directories that were there and held none of the moved files: without an entry an undo would take them for the restore's.
        for (Path directory : group.times().keySet()) {
            if (directory.startsWith(group.live()) && !directory.equals(group.live()) && Files.isDirectory(directory)
                && !Files.exists(group.moved().resolve(group.live().relativize(directory).toString()))) {
                items.add(new ArchiveWriter.Item(group.source(), group.live().relativize(directory).toString(), directory));
            }
        }
        return new Manifest.Promise(group.critical(), group.path(), group.covers(), files, bytes, group.existed(), group.added(),
            group.kept(), group.makes().stream().filter(made -> made.startsWith(projectRoot))
                .map(made -> projectRoot.relativize(made).toString()).toList());
    }
}
