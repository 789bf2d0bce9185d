package pps;

//SOURCES ArchivePromise.java
//SOURCES ArchiveReader.java
//SOURCES BackupDirectory.java
//SOURCES BackupPlan.java
//SOURCES Contents.java
//SOURCES Failure.java
//SOURCES Listener.java
//SOURCES Manifest.java
//SOURCES PlainEntity.java
//SOURCES SourceMap.java

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;

/**
 * What one backup holds, so that others can be weighed against it: by its manifest or its index, which is a few KiB; only an archive of
 * the original tools, which has neither, is read, and only when it is asked for. Sources count by what they mean: the plain name of a
 * single entity's source and the one with the entity in front are the same source.
 */
final class Holding {
    /** One source of it, under the name that it has there. */
    record Held(String name, Contents.Total total) {
        /** Tells whether this is at least half of the other, in files and in bytes. */
        boolean isHalfOf(Held other) {
            return total.files() * 2L >= other.total.files() && total.bytes() * 2 >= other.total.bytes();
        }
    }

    private final BackupDirectory.Backup backup;
    private final Path projectRoot;
    private final SourceMap map;
    private final Listener listener;
    private Optional<Manifest> manifest;
    private Map<String, Held> sources;
    private String problem;

    private Holding(BackupDirectory.Backup backup, Optional<Manifest> manifest, Path projectRoot, SourceMap map, Listener listener) {
        this.backup = backup;
        this.manifest = manifest;
        this.projectRoot = projectRoot;
        this.map = map;
        this.listener = listener;
    }

    /** Returns what a backup in the directory holds. */
    static Holding of(BackupDirectory.Backup backup, Path projectRoot, SourceMap map, Listener listener) {
        Holding holding = new Holding(backup, ArchivePromise.manifest(backup.file()), projectRoot, map, listener);
        if (holding.manifest.isEmpty() && backup.name().endsWith(".zst")) {
            // Only this tool writes these, so that there is an index, and a manifest to be found by it.
            holding.sources();
        }
        return holding;
    }

    /** Returns what a new backup holds, or would hold, by its manifest. */
    static Holding of(BackupDirectory.Backup backup, Manifest manifest, Path projectRoot, SourceMap map) {
        return new Holding(backup, Optional.of(manifest), projectRoot, map, Listener.SILENT);
    }

    /** Returns how a manifest names a project: by the one path that stays the same whichever links lead to it. */
    static String nameOf(Path projectRoot) {
        try {
            return projectRoot.toRealPath().toString();
        } catch (IOException e) {
            // It is only compared; where it cannot be followed, nothing in it could be backed up either.
            return projectRoot.toAbsolutePath().normalize().toString();
        }
    }

    /** Returns the backup itself. */
    BackupDirectory.Backup backup() {
        return backup;
    }

    /** Returns the root of the other project that it says it is of; empty when it is of this one, or says nothing. */
    Optional<String> otherProject() {
        return manifest.map(Manifest::projectRoot).filter(root -> !root.equals(nameOf(projectRoot)));
    }

    /** Returns the entity that it was made of alone, of several; empty when it is of the whole project. */
    Optional<String> onlyEntity() {
        return manifest.filter(known -> known.leftOut().containsValue(BackupPlan.NOT_ASKED)).map(known -> {
            TreeSet<String> entities = new TreeSet<>();
            known.sources().keySet().forEach(name -> map.resolve(name, null).map(SourceMap.Source::entity).ifPresent(entities::add));
            return String.join(", ", entities);
        });
    }

    /** Returns why it cannot be told what it holds, or null. */
    String problem() {
        sources();
        return problem;
    }

    /** Returns its sources by what they mean; none when there is a {@link #problem()}. */
    Map<String, Held> sources() {
        if (sources == null) {
            try {
                sources = byMeaning(manifest.isPresent() ? ArchivePromise.totals(manifest.get()) : read());
            } catch (Failure e) {
                if (e.exitCode() != ExitCode.BAD_BACKUP && e.exitCode() != ExitCode.USAGE) {
                    throw e;
                }
                sources = Map.of();
                problem = e.getMessage();
            }
        }
        return sources;
    }

    private Map<String, Contents.Total> read() {
        Contents contents = ArchiveReader.look(backup.file(), listener);
        manifest = contents.manifest();
        return contents.totals();
    }

    private Map<String, Held> byMeaning(Map<String, Contents.Total> totals) {
        String plainEntity = PlainEntity.of(projectRoot, null, map, manifest, totals.keySet());
        Map<String, Held> all = new LinkedHashMap<>();
        totals.forEach((name, total) -> all.merge(meaning(name, plainEntity), new Held(name, total),
            (one, other) -> new Held(one.name(), one.total().plus(other.total()))));
        return all;
    }

    /** Returns what a name means here; a name that the map does not know means itself. */
    String meaning(String name) {
        return meaning(name, PlainEntity.of(projectRoot, null, map, manifest, List.of(name)));
    }

    private String meaning(String name, String plainEntity) {
        return map.resolve(name, plainEntity).map(source -> source.kind() + " at " + source.path()).orElse(name);
    }
}
