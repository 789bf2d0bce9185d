package pps;

//DEPS com.google.code.gson:gson:2.13.2
//SOURCES Failure.java
//SOURCES Reason.java
//SOURCES SafeText.java
//SOURCES Glob.java
//SOURCES SourceMap.java

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.PatternSyntaxException;

/** Reads {@value #NAME}, the source map of another compose application; {@code docs/pps-sources.schema.json} is its schema. */
final class SourceMapFile {
    /** The file's name at the project root. */
    static final String NAME = "pps-sources.json";

    static final Set<String> TOP = Set.of("$schema", "compose", "sources");
    static final Set<String> SOURCE = Set.of("path", "include", "critical", "description");

    private static final String HOME = "work/pps_backup";

    private SourceMapFile() {
    }

    static SourceMap read(Path file) {
        try {
            JsonObject top = object(JsonParser.parseString(Files.readString(file)), "the file");
            onlyKnown(top, TOP, "the file");
            JsonObject sources = object(top.get("sources"), "\"sources\"");
            if (sources.size() == 0) {
                throw new JsonParseException("\"sources\" names no source");
            }
            List<SourceMap.Definition> definitions = new ArrayList<>();
            for (Map.Entry<String, JsonElement> source : sources.entrySet()) {
                definitions.add(definition(source.getKey(), object(source.getValue(), "source \"" + source.getKey() + "\"")));
            }
            refuseInUnits(definitions);
            String compose = top.has("compose") ? relativePath(top.get("compose").getAsString(), "\"compose\"") : ".";
            return new SourceMap(definitions, compose);
        } catch (IOException e) {
            throw Failure.of(ExitCode.USAGE, "Cannot read the source map " + SafeText.quote(file) + ": " + Reason.of(e)).because(e);
        } catch (JsonParseException | IllegalStateException | UnsupportedOperationException | ClassCastException e) {
            throw Failure.of(ExitCode.USAGE, "The source map " + SafeText.quote(file) + " is not valid: " + Reason.plain("" + e.getMessage()))
                .state("Nothing was touched.").next("docs/pps-sources.schema.json says what it may hold").because(e);
        }
    }

    /** A unit is moved as the whole directory that it is, with whatever lies in it. */
    private static void refuseInUnits(List<SourceMap.Definition> definitions) {
        for (SourceMap.Definition unit : definitions) {
            if (!unit.include().equals(SourceMap.UNIT)) {
                continue;
            }
            if (isAtOrBelow(HOME, unit.path())) {
                throw new JsonParseException("source \"" + unit.name() + "\": \"**\" means the whole directory, and in " + unit.path() + " lies " + HOME
                    + ", where restores keep their own files");
            }
            for (SourceMap.Definition other : definitions) {
                if (other != unit && isAtOrBelow(other.path(), unit.path())) {
                    throw new JsonParseException("source \"" + other.name() + "\" lies in source \"" + unit.name()
                        + "\", which is restored as a whole (\"**\"); give \"" + unit.name() + "\" other patterns, like \"**/*\"");
                }
            }
        }
    }

    private static boolean isAtOrBelow(String path, String top) {
        return Path.of(path).normalize().startsWith(Path.of(top).normalize()) || Path.of(top).normalize().toString().isEmpty();
    }

    private static SourceMap.Definition definition(String name, JsonObject source) {
        String where = "source \"" + name + "\"";
        if (!name.matches("[A-Za-z0-9][A-Za-z0-9_.-]*")) {
            throw new JsonParseException(where + ": a name consists of letters, digits, '_', '.' and '-'");
        }
        onlyKnown(source, SOURCE, where);
        if (!source.has("path") || !source.has("include") || !source.has("critical")) {
            throw new JsonParseException(where + " needs \"path\", \"include\" and \"critical\"");
        }
        List<String> include = new ArrayList<>();
        JsonArray patterns = source.getAsJsonArray("include");
        for (JsonElement pattern : patterns) {
            include.add(relativePath(pattern.getAsString(), where + ", \"include\""));
        }
        if (include.isEmpty()) {
            throw new JsonParseException(where + ": \"include\" is empty");
        }
        try {
            Glob.of(include);
        } catch (PatternSyntaxException e) {
            throw new JsonParseException(where + ": not a pattern: " + e.getMessage());
        }
        String description = source.has("description") ? source.get("description").getAsString() : "";
        return new SourceMap.Definition(name, name, relativePath(source.get("path").getAsString(), where), include,
            source.get("critical").getAsBoolean(), description);
    }

    /** A path that stays below the project root; a source map may come from a stranger as well. */
    private static String relativePath(String path, String where) {
        if (path.isEmpty() || path.startsWith("/") || path.contains("\\") || List.of(path.split("/", -1)).contains("..")) {
            throw new JsonParseException(where + ": not a path below the project root: \"" + path + "\"");
        }
        return path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
    }

    private static JsonObject object(JsonElement element, String where) {
        if (element == null || !element.isJsonObject()) {
            throw new JsonParseException(where + " is not a JSON object");
        }
        return element.getAsJsonObject();
    }

    private static void onlyKnown(JsonObject object, Set<String> known, String where) {
        for (String key : object.keySet()) {
            if (!known.contains(key)) {
                throw new JsonParseException(where + " has an unknown key \"" + key + "\"");
            }
        }
    }
}
