package pps;

//SOURCES Archived.java
//SOURCES BackupDirectory.java
//SOURCES Contents.java
//SOURCES Coverage.java
//SOURCES Failure.java
//SOURCES FileFacts.java
//SOURCES Listener.java
//SOURCES LiveFiles.java
//SOURCES Manifest.java
//SOURCES Places.java
//SOURCES Plan.java
//SOURCES Reason.java
//SOURCES SafeText.java
//SOURCES Selection.java
//SOURCES SourceMap.java

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** Works out what a restore would do, by comparing a checked archive with what lies in the place of its sources now. */
public final class Planner {
    private final SourceMap map;
    private final Path projectRoot;
    private final boolean keepExtra;
    private final Listener listener;

    /** @param keepExtra whether covered files that the backup does not hold stay where they are (not in directories that are a unit) */
    public Planner(SourceMap map, Path projectRoot, boolean keepExtra, Listener listener) {
        this.map = map;
        this.projectRoot = projectRoot;
        this.keepExtra = keepExtra;
        this.listener = listener;
    }

    /**
     * Returns the plan. Throws {@link Failure} when the selection names what does not exist, when an entry falls among another source's
     * files ({@link ExitCode#BAD_BACKUP}), or when something other than a file or directory is in the way ({@link ExitCode#FAILED}).
     */
    public Plan plan(Contents contents, Selection selection) {
        return plan(contents, selection, Map.of());
    }

    /**
     * Returns the plan anew now that the stack is at rest: what has come and gone since. Contents are not read again, since the stack
     * would be down for as long as that takes; a file that still has its size stays what the shown plan called it.
     */
    Plan planAtRest(Plan shown, Selection selection) {
        Map<String, Boolean> known = new HashMap<>();
        for (Plan.OfSource source : shown.sources()) {
            source.unchanged().forEach(change -> known.put(source.source().name() + "/" + change.path(), true));
            source.changed().forEach(change -> known.put(source.source().name() + "/" + change.path(), false));
        }
        return plan(shown.contents(), selection, known);
    }

    private Plan plan(Contents contents, Selection selection, Map<String, Boolean> known) {
        Selection.Sorted sorted = selection.sort(contents, map, projectRoot);
        List<Plan.OfSource> plans = new ArrayList<>();
        List<String> remarks = new ArrayList<>(contents.remarks());
        Collection<SourceMap.Source> all = everySource(sorted);
        for (Map.Entry<String, SourceMap.Source> chosen : sorted.chosen().entrySet()) {
            Manifest.Promise promise = contents.manifest().map(manifest -> manifest.sources().get(chosen.getKey())).orElse(null);
            plans.add(planSource(contents.of(chosen.getKey()), chosen.getValue(), promise, all, known));
        }
        refuseOnePlaceTwice(plans);
        return new Plan(contents, projectRoot, plans, sorted.leftOut(), sorted.unknown(), remarks);
    }

    /** A plain and a prefixed name, or two entities over a symbolic link: whose files came last would be chance. */
    private static void refuseOnePlaceTwice(List<Plan.OfSource> plans) {
        Map<String, String> places = new LinkedHashMap<>();
        for (Plan.OfSource plan : plans) {
            String before = places.put(plan.source().kind() + " " + plan.destination(), plan.source().name());
            if (before != null) {
                throw Failure.of(ExitCode.BAD_BACKUP, "The backup is refused: its sources '" + SafeText.quote(before) + "' and '"
                    + SafeText.quote(plan.source().name()) + "' mean the same place").state("Nothing was touched.")
                    .next("Restore one of them: --skip SOURCE");
            }
        }
    }

    private Collection<SourceMap.Source> everySource(Selection.Sorted sorted) {
        Set<String> entities = new LinkedHashSet<>(SourceMap.entities(projectRoot));
        sorted.chosen().values().stream().map(SourceMap.Source::entity).filter(entity -> entity != null).forEach(entities::add);
        Map<String, SourceMap.Source> byPath = new LinkedHashMap<>();
        for (SourceMap.Source source : map.sources(entities)) {
            byPath.put(source.kind() + ":" + source.path(), source);
        }
        return byPath.values();
    }

    private Plan.OfSource planSource(List<Archived> entries, SourceMap.Source source, Manifest.Promise promise,
                                     Collection<SourceMap.Source> all, Map<String, Boolean> known) {
        Path destination = LiveFiles.realPath(projectRoot.resolve(source.path()));
        boolean exists = Files.exists(destination, LinkOption.NOFOLLOW_LINKS);
        if (exists && !Files.isDirectory(destination, LinkOption.NOFOLLOW_LINKS)) {
            throw inTheWay(destination, "it is not a directory, but source '" + SafeText.quote(source.name()) + "' goes there");
        }
        Map<String, Archived> incoming = new LinkedHashMap<>();
        List<String> unmatched = new ArrayList<>();
        for (Archived entry : entries) {
            if (entry.isContent()) {
                LiveFiles.place(destination, entry);
                incoming.put(entry.path(), entry);
                if (!source.matches(entry.path())) {
                    refuseForeign(entry, source, all);
                }
                if (!Coverage.isExpected(source, entry.path())) {
                    unmatched.add(entry.path());
                }
            }
        }
        Coverage coverage = Coverage.of(source, promise, all);
        TreeMap<String, FileFacts> live = liveFiles(source, destination, coverage, incoming);
        Set<Path> free = new HashSet<>();
        List<Plan.Change> added = new ArrayList<>();
        List<Plan.Change> changed = new ArrayList<>();
        List<Plan.Change> unchanged = new ArrayList<>();
        for (Archived entry : incoming.values()) {
            FileFacts there = live.remove(entry.path());
            if (!source.isUnit()) {
                checkWay(destination, entry, free);
            }
            if (there == null) {
                added.add(new Plan.Change(entry.path(), -1, entry.size()));
            } else {
                (isSame(destination.resolve(entry.path()), there, entry, known.get(entry.name())) ? unchanged : changed)
                    .add(new Plan.Change(entry.path(), there.size(), entry.size()));
            }
        }
        List<Plan.Change> removed = new ArrayList<>();
        List<String> kept = new ArrayList<>();
        for (Map.Entry<String, FileFacts> rest : live.entrySet()) {
            String database = Coverage.databaseOf(rest.getKey());
            boolean sidecarOfReplaced = database != null && incoming.containsKey(database);
            if (keepExtra && !source.isUnit() && !sidecarOfReplaced) {
                kept.add(rest.getKey());
            } else {
                removed.add(new Plan.Change(rest.getKey(), rest.getValue().size(), -1));
            }
        }
        refuseBackupsAmong(removed, destination, source);
        return new Plan.OfSource(source, destination, exists, added, changed, removed, unchanged, unmatched, kept);
    }

    /** The live files that the restore touches: those in the backup, those that it covers, and what belongs to a database among them. */
    private TreeMap<String, FileFacts> liveFiles(SourceMap.Source source, Path destination, Coverage coverage,
                                                 Map<String, Archived> incoming) {
        Path home = Places.home(projectRoot);
        boolean holdsHome = home.startsWith(destination);
        boolean deep = coverage.isDeep() || source.isUnit() || incoming.keySet().stream().anyMatch(path -> path.contains("/"));
        TreeMap<String, FileFacts> all = LiveFiles.list(destination, deep, relative -> {
            String database = Coverage.databaseOf(relative);
            if (holdsHome && destination.resolve(relative).startsWith(home)) {
                // What this very restore has staged, for one.
                return false;
            }
            return source.isUnit() || incoming.containsKey(relative) || coverage.covers(relative)
                || database != null && (incoming.containsKey(database) || coverage.covers(database));
        });
        return all;
    }

    private static void refuseForeign(Archived entry, SourceMap.Source source, Collection<SourceMap.Source> all) {
        SourceMap.Source owner = Coverage.owner(source, entry.path(), all);
        if (owner != null) {
            throw Failure.of(ExitCode.BAD_BACKUP, "The backup is refused: its entry '" + SafeText.quote(entry.name())
                + "' falls among the files of source '" + SafeText.quote(owner.name()) + "'").state("Nothing was touched.");
        }
    }

    /** A backup directory in the place of a source: a restore would carry off the very backups that it is made from. */
    private static void refuseBackupsAmong(List<Plan.Change> removed, Path destination, SourceMap.Source source) {
        for (Plan.Change change : removed) {
            Path file = destination.resolve(change.path());
            if (BackupDirectory.timeIn(file.getFileName().toString()).isPresent()) {
                throw Failure.of(ExitCode.FAILED, "The backup " + SafeText.quote(file) + " lies among the files of source '" + source.name()
                    + "', which this restore would remove").state("Nothing was touched.")
                    .next("Move your backups to a directory of their own, then try again.");
            }
        }
    }

    /**
     * Refuses to go through a symbolic link or a file where the entry needs directories, and to replace a directory by a file.
     *
     * @param free the directories that were found not to exist, so that nothing can be in the way below them
     */
    private static void checkWay(Path destination, Archived entry, Set<Path> free) {
        if (free.contains(destination.resolve(entry.path()).getParent())) {
            return;
        }
        Path way = destination;
        String[] parts = entry.path().split("/");
        for (int i = 0; i < parts.length; i++) {
            way = way.resolve(parts[i]);
            boolean last = i == parts.length - 1;
            if (!Files.exists(way, LinkOption.NOFOLLOW_LINKS)) {
                for (int below = i; below < parts.length - 1; below++) {
                    free.add(way);
                    way = way.resolve(parts[below + 1]);
                }
                return;
            }
            boolean directory = Files.isDirectory(way, LinkOption.NOFOLLOW_LINKS);
            if (last && directory) {
                throw inTheWay(way, "it is a directory where the backup has a file");
            }
            if (!last && !directory) {
                throw inTheWay(way, Files.isSymbolicLink(way) ? "it is a symbolic link where the backup has a directory"
                    : "it is a file where the backup has a directory");
            }
        }
    }

    private static Failure inTheWay(Path what, String why) {
        return Failure.of(ExitCode.FAILED, SafeText.quote(what) + " is in the way: " + why).state("Nothing was touched.")
            .next("Move it aside yourself, then try again.");
    }

    private boolean isSame(Path file, FileFacts live, Archived entry, Boolean known) {
        if (live.kind() != entry.kind()) {
            return false;
        }
        if (known != null && entry.kind() == Archived.Kind.FILE) {
            return known && live.size() == entry.size();
        }
        try {
            return switch (entry.kind()) {
                case SYMLINK -> Files.readSymbolicLink(file).toString().equals(entry.linkTarget());
                case FILE -> live.size() == entry.size() && entry.content().matches(file, listener);
                case DIRECTORY -> true;
            };
        } catch (java.nio.file.NoSuchFileException gone) {
            // Removed by the running stack since the listing.
            return false;
        } catch (IOException e) {
            throw Failure.of(ExitCode.FAILED, "Cannot read " + SafeText.quote(file) + ": " + Reason.of(e)).state("Nothing was touched.")
                .because(e);
        }
    }
}
