package pps;

//DEPS com.google.code.gson:gson:2.13.2
//SOURCES Failure.java
//SOURCES Glob.java
//SOURCES Manifest.java

import com.google.gson.JsonParseException;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import java.io.IOException;
import java.io.Reader;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Reads a {@link Manifest} out of an archive that anybody may have made: nothing in it is of another type than it should be, no name leads
 * out of its source, and it holds no more than fits into memory. Keys that are not known are passed over; a later version may write them.
 */
final class ManifestReader {
    private static final int MOST_SOURCES = 300;
    private static final int MOST_NAMES = 1_000_000;
    /** Characters of all patterns of a source: matching takes time in proportion to them. */
    private static final int MOST_PATTERNS = 16 << 10;

    /** What Linux takes for a path. */
    private static final int MOST_PATH = 4096;

    private final JsonReader json;
    private int names;

    ManifestReader(Reader text) {
        json = new JsonReader(text);
    }

    Manifest read() throws IOException {
        Map<String, String> texts = new LinkedHashMap<>();
        Map<String, Manifest.Promise> sources = null;
        Map<String, String> leftOut = Map.of();
        List<String> ran = List.of();
        Boolean stopped = null;
        boolean format = false;
        Set<String> seen = new HashSet<>();
        json.beginObject();
        while (json.hasNext()) {
            String key = key(seen);
            switch (key) {
                case "format" -> {
                    checkFormat();
                    format = true;
                }
                case "kind", "createdAt", "tool", "restored" -> texts.put(key, text());
                case "projectRoot" -> texts.put(key, place());
                case "containersStopped" -> stopped = json.nextBoolean();
                case "sources" -> sources = sources();
                case "leftOut" -> leftOut = leftOut();
                case "ran" -> ran = names();
                default -> json.skipValue();
            }
        }
        json.endObject();
        if (json.peek() != JsonToken.END_DOCUMENT) {
            throw new JsonParseException("something behind the end");
        }
        if (!format || sources == null || stopped == null || !texts.keySet().containsAll(Set.of("kind", "createdAt", "tool"))) {
            throw new JsonParseException("something is missing");
        }
        Manifest manifest = new Manifest(texts.get("kind"), texts.get("createdAt"), texts.get("tool"), stopped, texts.get("restored"), sources,
            leftOut, ran, texts.get("projectRoot"));
        if (!manifest.isSafety()) {
            if (!ran.isEmpty()) {
                throw new JsonParseException("it speaks like a safety backup and is none");
            }
            sources.forEach(ManifestReader::refuseUndo);
        }
        return manifest;
    }

    private void checkFormat() throws IOException {
        int format = json.nextInt();
        if (format != Manifest.FORMAT) {
            throw Failure.of(ExitCode.BAD_BACKUP, "The backup was written in format " + format + "; this version reads format " + Manifest.FORMAT)
                .next("Use a version of pps-restore at least as new as the one that wrote it.");
        }
    }

    private Map<String, Manifest.Promise> sources() throws IOException {
        Map<String, Manifest.Promise> sources = new LinkedHashMap<>();
        Set<String> seen = new HashSet<>();
        json.beginObject();
        while (json.hasNext()) {
            String name = key(seen);
            if (!isRelative(name) || name.contains("/") || name.equals(".") || sources.size() == MOST_SOURCES) {
                throw new JsonParseException("a name that no source has, or too many sources");
            }
            sources.put(name, promise());
        }
        json.endObject();
        return sources;
    }

    private Map<String, String> leftOut() throws IOException {
        Map<String, String> reasons = new LinkedHashMap<>();
        Set<String> seen = new HashSet<>();
        json.beginObject();
        while (json.hasNext()) {
            if (reasons.size() == MOST_SOURCES) {
                throw new JsonParseException("too many sources");
            }
            reasons.put(key(seen), text());
        }
        json.endObject();
        return reasons;
    }

    private Manifest.Promise promise() throws IOException {
        Boolean critical = null;
        Boolean existed = null;
        String path = null;
        Integer files = null;
        Long bytes = null;
        Map<String, List<String>> lists = new LinkedHashMap<>();
        Set<String> seen = new HashSet<>();
        json.beginObject();
        while (json.hasNext()) {
            String key = key(seen);
            switch (key) {
                case "critical" -> critical = json.nextBoolean();
                case "path" -> path = text();
                case "files" -> files = json.nextInt();
                case "bytes" -> bytes = json.nextLong();
                case "existed" -> existed = json.nextBoolean();
                case "covers" -> lists.put(key, patterns());
                case "added", "kept", "made" -> lists.put(key, names());
                default -> json.skipValue();
            }
        }
        json.endObject();
        if (critical == null || path == null || files == null || bytes == null || existed == null || files < 0 || bytes < 0) {
            throw new JsonParseException("something is missing, or a negative count");
        }
        if (!existed && files > 0) {
            throw new JsonParseException("a source that did not exist, and had files");
        }
        return new Manifest.Promise(critical, path, lists.getOrDefault("covers", List.of()), files, bytes, existed,
            lists.getOrDefault("added", List.of()), lists.getOrDefault("kept", List.of()), lists.getOrDefault("made", List.of()));
    }

    /** What only an undo needs would let any other archive take live files away. */
    private static void refuseUndo(String source, Manifest.Promise promise) {
        if (!promise.existed() || !promise.added().isEmpty() || !promise.kept().isEmpty() || !promise.made().isEmpty()) {
            throw new JsonParseException("it speaks like a safety backup and is none");
        }
    }

    private List<String> patterns() throws IOException {
        List<String> patterns = new ArrayList<>();
        int characters = 0;
        json.beginArray();
        while (json.hasNext()) {
            patterns.add(text());
            characters += patterns.get(patterns.size() - 1).length() + 1;
            if (characters > MOST_PATTERNS) {
                throw new JsonParseException("its patterns are too long");
            }
        }
        json.endArray();
        Glob.of(patterns);
        return patterns;
    }

    private List<String> names() throws IOException {
        List<String> list = new ArrayList<>();
        json.beginArray();
        while (json.hasNext()) {
            String name = text();
            if (!isRelative(name) || ++names > MOST_NAMES) {
                throw new JsonParseException("a name that leads out, or too many names");
            }
            list.add(name);
        }
        json.endArray();
        return list;
    }

    /** Without this, {@code "a": 1, "a": 2} would mean one thing to this reader and another to the next. */
    private String key(Set<String> seen) throws IOException {
        String key = json.nextName();
        if (!seen.add(key)) {
            throw new JsonParseException("a key is there twice");
        }
        return key;
    }

    private String text() throws IOException {
        if (json.peek() != JsonToken.STRING) {
            throw new JsonParseException("not a text");
        }
        return json.nextString();
    }

    private String place() throws IOException {
        String place = text();
        if (place.isEmpty() || place.length() > MOST_PATH || place.indexOf('\0') >= 0) {
            throw new JsonParseException("a path that no project has");
        }
        return place;
    }

    private static boolean isRelative(String name) {
        return !name.isEmpty() && name.length() <= MOST_PATH && !name.startsWith("/") && name.indexOf('\0') < 0
            && !List.of(name.split("/", -1)).contains("..");
    }
}
