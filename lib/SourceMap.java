package pps;

//SOURCES Failure.java
//SOURCES SafeText.java
//SOURCES Glob.java
//SOURCES Presence.java
//SOURCES SourceMapFile.java

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Which files of a project are backed up and restored, under which names. The built-in map is that of PPS; a {@code pps-sources.json}
 * replaces it for another compose application. Archives name the sources of an entity in two ways, and both are read: plainly
 * ({@code sqlite}) where there is one entity, with the entity in front ({@code lyra_sqlite}) where there are several.
 */
public final class SourceMap {
    /** The entity that a plain archive means when neither the project nor the command line tells. */
    public static final String DEFAULT_ENTITY = "lyra";

    /** What a source includes that is a unit. */
    static final List<String> UNIT = List.of("**");

    private static final String ENTITY = "{entity}";
    /** In the order in which Compose looks for them. */
    private static final List<String> COMPOSE_NAMES = List.of("compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml");

    /** One line of the map. {@code path} is relative to the project root and may hold <code>{entity}</code>. */
    public record Definition(String name, String suffix, String path, List<String> include, boolean critical, String description) {
        /** Tells whether each entity has a source of its own from this line. */
        public boolean perEntity() {
            return path.contains(ENTITY);
        }
    }

    /**
     * A source of one project: {@code name} as archives spell it, {@code kind} as the map spells it, {@code entity} or null when all
     * share it, {@code path} relative to the project root with {@code /} between its parts.
     */
    public record Source(String name, String kind, String entity, String path, List<String> include, boolean critical) {
        /** Tells whether the directory is a unit, all old or all new: a database whose files only make sense together. */
        public boolean isUnit() {
            return include.equals(UNIT);
        }

        /** Tells whether the map means the file at this path below the source. */
        public boolean matches(String relative) {
            return Glob.of(include).matches(relative);
        }
    }

    private static final SourceMap BUILT_IN = new SourceMap(List.of(
        new Definition("sqlite", "sqlite", "entities/{entity}/data", List.of("*.db"), true, "conversations and other SQLite databases"),
        new Definition("entity_identity", "identity", "entities/{entity}", List.of("identity.md", "relationships.md",
            "active_agency_framework.md", ".entity_token", "growth_notes.md", "goals.md", "current_scene.md"), true, "who the entity is"),
        new Definition("crystals", "crystals", "entities/{entity}/crystals", List.of("**/*.md"), true, "crystals"),
        new Definition("word_photos", "word_photos", "entities/{entity}/memories/word_photos", List.of("*.md"), true, "word photos"),
        new Definition("journals", "journals", "entities/{entity}/journals", List.of("**/*.md"), true, "journals"),
        new Definition("notebook", "notebook", "entities/{entity}/notebook", List.of("**/*.md"), true, "notebook"),
        new Definition("chromadb", "chromadb", "docker/pps/chromadb_data", List.of("**"), false, "rebuildable from word photos"),
        new Definition("neo4j", "neo4j", "docker/pps/neo4j_data", List.of("**"), false, "rebuildable from messages"),
        new Definition("haven", "haven", "haven/data", List.of("*.db"), true, "haven chat")),
        "pps/docker");

    private final List<Definition> definitions;
    private final String compose;

    SourceMap(List<Definition> definitions, String compose) {
        this.definitions = List.copyOf(definitions);
        this.compose = compose;
    }

    /** Returns the map of PPS itself. */
    public static SourceMap builtIn() {
        return BUILT_IN;
    }

    /**
     * Returns the map that holds for a project: the given file, else {@code pps-sources.json} at the project root, else the built-in one.
     * Throws {@link Failure} ({@link ExitCode#USAGE}) when the file is there and is not a source map.
     */
    public static SourceMap load(Path projectRoot, Path explicitFile) {
        if (explicitFile != null) {
            return SourceMapFile.read(explicitFile);
        }
        Path own = projectRoot.resolve(SourceMapFile.NAME);
        return Files.exists(own) ? SourceMapFile.read(own) : BUILT_IN;
    }

    /** Returns the lines of the map in their order. */
    public List<Definition> definitions() {
        return definitions;
    }

    /**
     * Returns the compose file of a project, which need not exist: the one that the map names, or, where that is a directory, the first of
     * Compose's default names in it.
     */
    public Path composeFile(Path projectRoot) {
        Path named = projectRoot.resolve(compose).normalize();
        if (Files.isRegularFile(named) || compose.endsWith(".yml") || compose.endsWith(".yaml")) {
            return named;
        }
        return COMPOSE_NAMES.stream().map(named::resolve).filter(Files::exists).findFirst().orElse(named.resolve("docker-compose.yml"));
    }

    /** Tells whether a directory looks like the root of a project: it holds the directories that the map's sources lie in. */
    public static boolean looksLikeProjectRoot(Path directory) {
        return Files.exists(directory.resolve(SourceMapFile.NAME))
            || Files.isDirectory(directory.resolve("entities"))
            && (Files.isDirectory(directory.resolve("docker/pps")) || Files.isDirectory(directory.resolve("pps/docker")));
    }

    /** Returns the entities of a project, sorted: directories below {@code entities/} with a {@code data/} in them, templates left out. */
    public static List<String> entities(Path projectRoot) {
        Path all = projectRoot.resolve("entities");
        if (!Presence.isDirectory(all)) {
            return List.of();
        }
        try (Stream<Path> children = Files.list(all)) {
            return children.filter(child -> !child.getFileName().toString().startsWith("_"))
                // Where entities/ is a disk of its own; only root may look into it.
                .filter(child -> !child.getFileName().toString().equals("lost+found"))
                .filter(child -> Presence.isDirectory(child.resolve("data")))
                .map(child -> child.getFileName().toString()).sorted().toList();
        } catch (IOException e) {
            throw Presence.cannotLook(all, e);
        }
    }

    /**
     * Returns the source that an archive means by a name, or empty when the map knows none of that name.
     *
     * @param plainEntity the entity that names without an entity belong to
     */
    public Optional<Source> resolve(String archiveName, String plainEntity) {
        for (Definition definition : definitions) {
            if (definition.name().equals(archiveName)) {
                return Optional.of(bind(definition, archiveName, definition.perEntity() ? plainEntity : null));
            }
        }
        for (Definition definition : definitions) {
            String ending = "_" + definition.suffix();
            if (definition.perEntity() && archiveName.endsWith(ending) && archiveName.length() > ending.length()) {
                String entity = archiveName.substring(0, archiveName.length() - ending.length());
                if (isEntityName(entity)) {
                    return Optional.of(bind(definition, archiveName, entity));
                }
            }
        }
        return Optional.empty();
    }

    /** Names of entities go into messages and into the commands that these suggest; templates and hidden directories are none. */
    private static boolean isEntityName(String name) {
        return !name.isEmpty() && !name.startsWith("_") && !name.startsWith(".") && name.indexOf('/') < 0
            && name.codePoints().allMatch(c -> SafeText.isVisible(c) && "\\\"'`$&|;<>(){}*?!#~".indexOf(c) < 0);
    }

    /**
     * Returns the sources of a project in the order of the map, present on disk or not: plain names for one entity, names with the
     * entity in front for several.
     */
    public List<Source> sources(Collection<String> entities) {
        List<Source> sources = new ArrayList<>();
        for (String entity : entities) {
            for (Definition definition : definitions) {
                if (definition.perEntity()) {
                    String name = entities.size() == 1 ? definition.name() : entity + "_" + definition.suffix();
                    sources.add(bind(definition, name, entity));
                }
            }
        }
        for (Definition definition : definitions) {
            if (!definition.perEntity()) {
                sources.add(bind(definition, definition.name(), null));
            }
        }
        return sources;
    }

    /** Returns the entity of a plain source that lies, or lay, at a path below a project root; empty where the map would not put it there. */
    Optional<String> entityIn(String plainName, String path) {
        for (Definition definition : definitions) {
            int at = definition.path().indexOf(ENTITY);
            if (definition.name().equals(plainName) && at >= 0 && path.length() > at && path.startsWith(definition.path().substring(0, at))) {
                int end = path.indexOf('/', at);
                String entity = path.substring(at, end < 0 ? path.length() : end);
                return Optional.of(entity).filter(SourceMap::isEntityName).filter(one -> path.equals(bind(definition, plainName, one).path()));
            }
        }
        return Optional.empty();
    }

    /** Tells whether anything of an entity's sources is there, though it may have lost what makes it one. */
    boolean hasTracesOf(Path projectRoot, String entity) {
        return definitions.stream().filter(Definition::perEntity).map(definition -> bind(definition, definition.name(), entity)).anyMatch(source -> {
            Path place = projectRoot.resolve(source.path());
            boolean wholeEntity = source.path().endsWith("/" + entity);
            return wholeEntity ? source.include().stream().anyMatch(name -> !Glob.hasWildcard(name) && Files.exists(place.resolve(name)))
                : Files.isDirectory(place);
        });
    }

    /** Returns the names that the map's lines have, for messages that list what is known. */
    public List<String> names() {
        return definitions.stream().map(Definition::name).toList();
    }

    private static Source bind(Definition definition, String name, String entity) {
        String path = entity == null ? definition.path() : definition.path().replace(ENTITY, entity);
        return new Source(name, definition.name(), entity, path, definition.include(), definition.critical());
    }
}
