package pps;

//SOURCES Contents.java
//SOURCES Failure.java
//SOURCES PlainEntity.java
//SOURCES SafeText.java
//SOURCES SourceMap.java

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;

/**
 * Which sources of an archive the user wants, as given on the command line: {@code only} and {@code skip} name sources as the archive or
 * the map spells them, {@code entity} is null when it was not given.
 */
public record Selection(List<String> only, List<String> skip, String entity) {
    /** Everything. */
    public static final Selection ALL = new Selection(List.of(), List.of(), null);

    /** The sources of an archive, sorted out: what is restored, what was left out by choice, and names that the map does not know. */
    public record Sorted(Map<String, SourceMap.Source> chosen, List<String> leftOut, List<String> unknown) {
    }

    /**
     * Refuses names that no archive of this map can have, before a long archive is read for nothing. Throws {@link Failure}
     * ({@link ExitCode#USAGE}) that lists the known names.
     */
    public void checkNames(SourceMap map) {
        for (String name : named()) {
            if (map.resolve(name, SourceMap.DEFAULT_ENTITY).isEmpty()) {
                throw unknownName(name, map.names());
            }
        }
    }

    /** Tells for one source of an archive whether it is wanted. The archive is not yet known as a whole, so this can be asked while it is read. */
    public boolean wants(String name, SourceMap map) {
        return map.resolve(name, entity == null ? SourceMap.DEFAULT_ENTITY : entity).filter(this::isWanted).isPresent();
    }

    /** Sorts the sources of an archive. Throws {@link Failure} ({@link ExitCode#USAGE}) for a name that is neither in it nor in the map. */
    public Sorted sort(Contents contents, SourceMap map, Path projectRoot) {
        Collection<String> names = contents.totals().keySet();
        PlainEntity.refuseUnknown(projectRoot, entity, map, contents.manifest(), names);
        String plainEntity = PlainEntity.of(projectRoot, entity, map, contents.manifest(), names);
        Map<String, SourceMap.Source> chosen = new LinkedHashMap<>();
        List<String> leftOut = new ArrayList<>();
        List<String> unknown = new ArrayList<>();
        TreeSet<String> kinds = new TreeSet<>();
        boolean severalEntities = names.stream().map(name -> map.resolve(name, plainEntity)).flatMap(Optional::stream)
            .anyMatch(source -> !source.name().equals(source.kind()));
        for (String name : names) {
            Optional<SourceMap.Source> source = map.resolve(name, plainEntity);
            source.ifPresent(known -> kinds.add(known.kind()));
            if (source.isEmpty()) {
                unknown.add(name);
            } else if (isWanted(source.get()) && !(entity != null && severalEntities && source.get().entity() == null)) {
                // What all entities share is not one entity's to put back.
                chosen.put(name, source.get());
            } else {
                leftOut.add(name);
            }
        }
        for (String name : only) {
            if (!names.contains(name) && !kinds.contains(name)) {
                throw unknownName(name, new TreeSet<>(names)).state("The backup does not hold it, and nothing was touched.");
            }
        }
        checkAmbiguity(names);
        if (entity != null && chosen.isEmpty()) {
            throw Failure.of(ExitCode.USAGE, "The backup holds nothing of entity '" + SafeText.quote(entity) + "'")
                .next("Known sources: " + SafeText.quote(String.join(", ", names)));
        }
        return new Sorted(chosen, leftOut, unknown);
    }

    private boolean isWanted(SourceMap.Source source) {
        if (entity != null && source.entity() != null && !entity.equals(source.entity())) {
            return false;
        }
        if (!only.isEmpty() && !only.contains(source.name()) && !only.contains(source.kind())) {
            return false;
        }
        return !skip.contains(source.name()) && !skip.contains(source.kind());
    }

    /** An entity called "entity" would make {@code entity_identity} mean two things; guessing would overwrite somebody's identity. */
    private static void checkAmbiguity(Collection<String> names) {
        if (names.contains("entity_identity") && names.stream().anyMatch(name -> name.startsWith("entity_") && !name.equals("entity_identity"))) {
            throw Failure.of(ExitCode.BAD_BACKUP, "The backup is refused: its source 'entity_identity' may belong to an entity named 'entity'")
                .next("Restore the other sources with --skip entity_identity, after renaming the entity if it is yours.");
        }
    }

    private List<String> named() {
        List<String> named = new ArrayList<>(only);
        named.addAll(skip);
        return named;
    }

    private static Failure unknownName(String name, Collection<String> known) {
        return Failure.of(ExitCode.USAGE, "Unknown source '" + SafeText.quote(name) + "'")
            .next("Known sources: " + SafeText.quote(String.join(", ", known)));
    }
}
