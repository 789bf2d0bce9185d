package pps;

//SOURCES ExitCode.java
//SOURCES Failure.java
//SOURCES Manifest.java
//SOURCES Reason.java
//SOURCES SafeText.java
//SOURCES SourceMap.java

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Which entity the plain names of an archive belong to ({@code sqlite} rather than {@code lyra_sqlite}). What the archive itself says
 * comes before what the project looks like: on the day of a restore the entity is often the very thing that is missing.
 */
final class PlainEntity {
    private static final String NAME = "[\\p{L}\\p{N}][\\p{L}\\p{N}_.-]*";

    private PlainEntity() {
    }

    /**
     * Returns the entity that was asked for, else the one that the manifest records, else the only one of the project, else
     * {@value SourceMap#DEFAULT_ENTITY}. What a restore replaced goes back to where it was, whatever is asked for. Throws {@link Failure}
     * ({@link ExitCode#USAGE}) when only a guess would be left: without a manifest, where another entity may be the one that lost its data.
     *
     * @param asked the entity named on the command line, or null
     * @param names those of the archive's sources that are known so far
     */
    static String of(Path projectRoot, String asked, SourceMap map, Optional<Manifest> manifest, Collection<String> names) {
        Optional<String> recorded = manifest.flatMap(known -> recorded(known, map));
        if (recorded.isPresent() && manifest.get().isSafety()) {
            return recorded.get();
        }
        if (asked != null && !inArchive(names, map).contains(asked)) {
            checkName(asked);
            return asked;
        }
        if (recorded.isPresent()) {
            return recorded.get();
        }
        List<String> known = SourceMap.entities(projectRoot);
        if (known.size() == 1 && hasPlainNames(names, map)) {
            refuseGuess(projectRoot, map, known.get(0));
        }
        return known.size() == 1 ? known.get(0) : SourceMap.DEFAULT_ENTITY;
    }

    /** Refuses an entity that neither the project nor the archive has, unless the project has lost all of its entities. */
    static void refuseUnknown(Path projectRoot, String asked, SourceMap map, Optional<Manifest> manifest, Collection<String> names) {
        if (asked == null) {
            return;
        }
        checkName(asked);
        List<String> inProject = SourceMap.entities(projectRoot);
        Set<String> known = inArchive(names, map);
        manifest.flatMap(one -> recorded(one, map)).ifPresent(known::add);
        if (inProject.isEmpty() || inProject.contains(asked) || known.contains(asked)
            || Files.isDirectory(projectRoot.resolve("entities").resolve(asked), LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        known.addAll(inProject);
        throw Failure.of(ExitCode.USAGE, "Unknown entity '" + SafeText.quote(asked) + "'")
            .next("Known entities: " + SafeText.quote(String.join(", ", known)));
    }

    private static void checkName(String asked) {
        if (!asked.matches(NAME)) {
            throw Failure.of(ExitCode.USAGE, "Not a name of an entity: '" + SafeText.quote(asked) + "'");
        }
    }

    /** A manifest says of each source where it lay. A stranger may have written it, so only what the map itself could say is believed. */
    private static Optional<String> recorded(Manifest manifest, SourceMap map) {
        Set<String> entities = new TreeSet<>();
        manifest.sources().forEach((name, promise) -> map.entityIn(name, promise.path()).ifPresent(entities::add));
        return entities.size() == 1 ? entities.stream().findFirst() : Optional.empty();
    }

    private static Set<String> inArchive(Collection<String> names, SourceMap map) {
        return names.stream().map(name -> map.resolve(name, null)).flatMap(Optional::stream).map(SourceMap.Source::entity)
            .filter(entity -> entity != null).collect(Collectors.toCollection(TreeSet::new));
    }

    private static boolean hasPlainNames(Collection<String> names, SourceMap map) {
        return names.stream().anyMatch(name -> map.definitions().stream().anyMatch(one -> one.perEntity() && one.name().equals(name)));
    }

    /** An entity without its data counts as none (that is what makes one), but may be the one whose data was lost. */
    private static void refuseGuess(Path projectRoot, SourceMap map, String only) {
        Path all = projectRoot.resolve("entities");
        try (Stream<Path> children = Files.list(all)) {
            Optional<String> other = children.map(child -> child.getFileName().toString())
                .filter(name -> name.matches(NAME) && !name.equals(only) && map.hasTracesOf(projectRoot, name)).sorted().findFirst();
            if (other.isPresent()) {
                throw Failure.of(ExitCode.USAGE, "The backup does not say whose it is: of entity '" + SafeText.quote(only) + "', or of '"
                    + SafeText.quote(other.get()) + "', which has no data/ now").state("Nothing was touched.")
                    .next("Say whose it is: --entity " + SafeText.quote(other.get()) + "   or --entity " + SafeText.quote(only));
            }
        } catch (IOException e) {
            throw Failure.of(ExitCode.FAILED, "Cannot list the entities in " + SafeText.quote(all) + ": " + Reason.of(e)).because(e);
        }
    }
}
