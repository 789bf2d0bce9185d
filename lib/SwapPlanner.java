package pps;

//SOURCES Archived.java
//SOURCES Contents.java
//SOURCES Glob.java
//SOURCES LiveFiles.java
//SOURCES Manifest.java
//SOURCES Places.java
//SOURCES Plan.java
//SOURCES SourceMap.java
//SOURCES Staging.java
//SOURCES SwapGroup.java

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * Turns a plan into the list of renames. It is worked out from a second plan, made when the stack is stopped: while it ran it may have
 * written, deleted, or opened a {@code -wal}.
 */
final class SwapPlanner {
    private final Places places;
    private final Staging staging;

    SwapPlanner(Places places, Staging staging) {
        this.places = places;
        this.staging = staging;
    }

    /** Returns the renames for a plan whose stack is at rest. */
    List<SwapGroup> groups(Plan plan) throws IOException {
        List<SwapGroup> groups = new ArrayList<>();
        for (Plan.OfSource source : plan.sources()) {
            groups.add(group(source, plan.contents(), LiveFiles.realPath(plan.projectRoot())));
        }
        return groups;
    }

    private SwapGroup group(Plan.OfSource plan, Contents contents, Path root) throws IOException {
        SourceMap.Source source = plan.source();
        Path live = plan.destination();
        Path staged = staging.top(source.name());
        Path moved = places.areaFor(live).resolve("moved").resolve(source.name());
        Manifest.Promise promise = contents.manifest().map(manifest -> manifest.sources().get(source.name())).orElse(null);
        List<String> takes = new ArrayList<>();
        List<String> puts = new ArrayList<>();
        if (source.isUnit()) {
            places.refuseMountsBelow(live);
            if (!places.canBeRenamed(live)) {
                children(live, takes);
                children(staged, puts);
            } else {
                if (plan.exists()) {
                    takes.add("");
                }
                puts.add("");
            }
            if (promise != null && !promise.existed()) {
                // The undo of a restore that brought the whole directory: it was not there before.
                puts.clear();
            }
        } else {
            paths(plan.changed(), takes);
            paths(plan.unchanged(), takes);
            paths(plan.removed(), takes);
            puts.addAll(contents.of(source.name()).stream().filter(Archived::isContent).map(Archived::path).toList());
        }
        List<Path> makes = makes(source, live, puts, contents);
        List<String> covers = source.isUnit() ? source.include() : promise != null ? promise.covers()
            : source.include().stream().filter(Glob::hasWildcard).toList();
        List<String> added = source.isUnit() ? List.of() : plan.added().stream().map(Plan.Change::path).toList();
        List<String> kept = Stream.concat(plan.kept().stream(), promise == null ? Stream.of() : promise.kept().stream()).distinct().toList();
        return new SwapGroup(source.name(), source.path(), source.critical(), plan.exists(), covers, added, kept, live, staged, moved,
            takes, puts, makes, unmakes(promise, root, live), times(live, takes, puts, makes));
    }

    /** Names in a manifest are a stranger's word: only the source's own directory, those in it and those it lies in are ever taken away, and only empty ones. */
    private static List<Path> unmakes(Manifest.Promise promise, Path root, Path live) {
        return promise == null ? List.of() : promise.made().stream().map(made -> root.resolve(made).normalize())
            .filter(made -> made.startsWith(root) && !made.equals(root) && (made.startsWith(live) || live.startsWith(made)))
            .filter(made -> LiveFiles.realPath(made).equals(made)).toList();
    }

    private static void paths(List<Plan.Change> changes, List<String> into) {
        changes.forEach(change -> into.add(change.path()));
    }

    private static void children(Path directory, List<String> into) throws IOException {
        if (!Files.exists(directory)) {
            return;
        }
        try (Stream<Path> children = Files.list(directory)) {
            children.map(child -> child.getFileName().toString()).filter(name -> !name.startsWith(LiveFiles.OWN_PREFIX)).sorted()
                .forEach(into::add);
        }
    }

    /** The live directories that are missing, the outermost first. */
    private static List<Path> makes(SourceMap.Source source, Path live, List<String> puts, Contents contents) {
        Set<Path> missing = new TreeSet<>();
        Set<Path> seen = new HashSet<>();
        for (String put : puts) {
            addMissing(put.isEmpty() ? live.getParent() : live.resolve(put).getParent(), missing, seen);
        }
        if (!source.isUnit()) {
            for (Archived entry : contents.of(source.name())) {
                if (entry.kind() == Archived.Kind.DIRECTORY) {
                    addMissing(entry.path().isEmpty() ? live : live.resolve(entry.path()), missing, seen);
                }
            }
        }
        return List.copyOf(missing);
    }

    private static void addMissing(Path directory, Set<Path> missing, Set<Path> seen) {
        for (Path up = directory; up != null && seen.add(up) && !Files.exists(up, LinkOption.NOFOLLOW_LINKS); up = up.getParent()) {
            missing.add(up);
        }
    }

    private static Map<Path, Instant> times(Path live, List<String> takes, List<String> puts, List<Path> makes) throws IOException {
        Set<Path> directories = new LinkedHashSet<>();
        Stream.concat(takes.stream(), puts.stream())
            .forEach(path -> directories.add(path.isEmpty() ? live.getParent() : live.resolve(path).getParent()));
        makes.forEach(made -> directories.add(made.getParent()));
        Map<Path, Instant> times = new LinkedHashMap<>();
        for (Path directory : directories) {
            if (Files.exists(directory, LinkOption.NOFOLLOW_LINKS)) {
                times.put(directory, Files.getLastModifiedTime(directory, LinkOption.NOFOLLOW_LINKS).toInstant());
            }
        }
        return times;
    }
}
