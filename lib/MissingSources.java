package pps;

//SOURCES Contents.java
//SOURCES Failure.java
//SOURCES Plan.java
//SOURCES SafeText.java
//SOURCES Selection.java
//SOURCES SourceMap.java

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Which critical sources an archive lacks. An archive with a manifest says itself what it holds, and the reader has compared; one without
 * is judged by what its layout has always had, since the first version of the original tools.
 */
public final class MissingSources {
    private static final List<String> PLAIN = List.of("sqlite", "entity_identity", "crystals", "word_photos");
    private static final List<String> PREFIXED = List.of("sqlite", "identity");

    private MissingSources() {
    }

    /** Returns the names of critical sources that should be in the archive and are not. */
    public static List<String> of(Contents contents, SourceMap map) {
        List<String> missing = new ArrayList<>();
        if (contents.manifest().isPresent() || map != SourceMap.builtIn()) {
            return missing;
        }
        Set<String> names = contents.totals().keySet();
        Set<String> entities = new TreeSet<>();
        boolean plain = false;
        for (String name : names) {
            Optional<SourceMap.Source> source = map.resolve(name, SourceMap.DEFAULT_ENTITY);
            if (source.isPresent() && source.get().entity() != null) {
                if (source.get().kind().equals(name)) {
                    plain = true;
                } else {
                    entities.add(source.get().entity());
                }
            }
        }
        if (plain || entities.isEmpty()) {
            PLAIN.stream().filter(name -> !names.contains(name)).forEach(missing::add);
        }
        for (String entity : entities) {
            PREFIXED.stream().map(kind -> entity + "_" + kind).filter(name -> !names.contains(name)).forEach(missing::add);
        }
        return missing;
    }

    /** Returns why an archive with these sources would be refused, or null. */
    static String problem(Set<String> names, List<String> missing, SourceMap map) {
        return knowsNone(names, map) ? "The backup holds none of this project's sources"
            : missing.isEmpty() ? null : "The backup is incomplete: it has no " + SafeText.quote(String.join(", ", missing));
    }

    /** Tells whether the map knows none of these sources of an archive: it is another application's. */
    static boolean knowsNone(Set<String> names, SourceMap map) {
        return !names.isEmpty() && names.stream().allMatch(name -> map.resolve(name, SourceMap.DEFAULT_ENTITY).isEmpty());
    }

    /**
     * Throws {@link Failure} when a critical source is missing that the selection does not leave out ({@link ExitCode#BAD_BACKUP}), and when
     * nothing is left to restore.
     */
    static void refuse(Plan plan, SourceMap map, Selection selection) {
        Set<String> names = plan.contents().totals().keySet();
        List<String> missing = of(plan.contents(), map).stream().filter(name -> selection.wants(name, map)).toList();
        String holds = "The backup holds: " + SafeText.quote(String.join(", ", names));
        if (knowsNone(names, map)) {
            // Of another application's backup nothing is missing, so no --skip makes it one of this project's.
            throw Failure.of(missing.isEmpty() ? ExitCode.USAGE : ExitCode.BAD_BACKUP,
                "Nothing is left to restore: the backup holds none of this project's sources").state("Nothing was touched.")
                .next(holds + ". Name a backup of this project, or the project it is of: --project-root DIR, --source-map FILE");
        }
        if (!missing.isEmpty()) {
            throw Failure.of(ExitCode.BAD_BACKUP, problem(names, missing, map))
                .state("Nothing was touched.")
                .next("Try another backup, or restore what there is: --skip " + SafeText.quote(String.join(" ", missing)));
        }
        if (plan.sources().isEmpty()) {
            throw Failure.of(ExitCode.USAGE, "Nothing is left to restore: every source of the backup was left out")
                .state("Nothing was touched.").next(holds);
        }
    }
}
