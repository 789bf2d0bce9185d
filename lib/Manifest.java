package pps;

//DEPS com.google.code.gson:gson:2.13.2
//SOURCES Failure.java
//SOURCES ManifestReader.java

import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.stream.MalformedJsonException;
import java.io.IOException;
import java.io.Reader;
import java.io.StringReader;
import java.util.List;
import java.util.Map;
import java.util.regex.PatternSyntaxException;

/**
 * What a backup promises about itself: {@value #ENTRY}, the first entry of an archive that this tool wrote. {@code kind} is
 * {@code backup} or {@code safety}, {@code createdAt} an ISO local time, {@code restored} the name of the archive whose restore moved
 * aside what a safety backup holds (else null), {@code leftOut} the sources that a backup knows of and does not hold, with the reason,
 * {@code ran} the services that ran before the restore whose safety backup this is, {@code projectRoot} the project that it is of, or
 * null where nobody wrote it down: two projects may share a backup directory.
 */
public record Manifest(String kind, String createdAt, String tool, boolean containersStopped, String restored,
                       Map<String, Promise> sources, Map<String, String> leftOut, List<String> ran, String projectRoot) {
    /** The entry's name. */
    public static final String ENTRY = "pps_manifest.json";
    /** A manifest of more bytes is none: it would have to be kept in memory before anything of it can be judged. */
    static final int MOST_BYTES = 64 << 20;
    /** The only format there is; an archive with a higher one was written by a later version, and is not guessed at. */
    public static final int FORMAT = 1;

    /**
     * What is promised of one source: {@code covers} are the patterns of which the archive holds every file there was, {@code added} the
     * files that a restore brought which had not been there, {@code kept} the files below the patterns that were not in the way and are
     * not in the archive; {@code existed} tells whether the source's directory was there at all, {@code made} the
     * directories that the restore had to make for it, below the project root, the outermost first. The last four speak only in a safety
     * backup, for the undo.
     */
    public record Promise(boolean critical, String path, List<String> covers, int files, long bytes, boolean existed,
                          List<String> added, List<String> kept, List<String> made) {
    }

    /** Tells whether the archive holds what a restore replaced: it may be broken, and an undo puts exactly that back. */
    public boolean isSafety() {
        return kind.equals("safety");
    }

    /** Returns one that does not say which project it is of. */
    public Manifest(String kind, String createdAt, String tool, boolean containersStopped, String restored, Map<String, Promise> sources,
                    Map<String, String> leftOut, List<String> ran) {
        this(kind, createdAt, tool, containersStopped, restored, sources, leftOut, ran, null);
    }

    /** Returns one that is no safety backup's. */
    public Manifest(String kind, String createdAt, String tool, boolean containersStopped, String restored, Map<String, Promise> sources,
                    Map<String, String> leftOut) {
        this(kind, createdAt, tool, containersStopped, restored, sources, leftOut, List.of());
    }

    /** Returns one that leaves nothing out. */
    public Manifest(String kind, String createdAt, String tool, boolean containersStopped, String restored, Map<String, Promise> sources) {
        this(kind, createdAt, tool, containersStopped, restored, sources, Map.of());
    }

    /** Returns the same manifest with the project that it is of. */
    Manifest ofProject(String root) {
        return new Manifest(kind, createdAt, tool, containersStopped, restored, sources, leftOut, ran, root);
    }

    /** Returns the manifest as the JSON text that is written into the archive. */
    public String toJson() {
        JsonObject top = new JsonObject();
        top.addProperty("format", FORMAT);
        top.addProperty("kind", kind);
        top.addProperty("createdAt", createdAt);
        top.addProperty("tool", tool);
        top.addProperty("containersStopped", containersStopped);
        if (restored != null) {
            top.addProperty("restored", restored);
        }
        if (projectRoot != null) {
            top.addProperty("projectRoot", projectRoot);
        }
        JsonObject all = new JsonObject();
        sources.forEach((name, promise) -> {
            JsonObject one = new JsonObject();
            one.addProperty("critical", promise.critical());
            one.addProperty("path", promise.path());
            one.add("covers", array(promise.covers()));
            one.addProperty("files", promise.files());
            one.addProperty("bytes", promise.bytes());
            one.addProperty("existed", promise.existed());
            if (!promise.added().isEmpty()) {
                one.add("added", array(promise.added()));
            }
            if (!promise.kept().isEmpty()) {
                one.add("kept", array(promise.kept()));
            }
            if (!promise.made().isEmpty()) {
                one.add("made", array(promise.made()));
            }
            all.add(name, one);
        });
        top.add("sources", all);
        if (!leftOut.isEmpty()) {
            JsonObject reasons = new JsonObject();
            leftOut.forEach(reasons::addProperty);
            top.add("leftOut", reasons);
        }
        if (!ran.isEmpty()) {
            top.add("ran", array(ran));
        }
        return new GsonBuilder().setPrettyPrinting().disableHtmlEscaping().create().toJson(top) + "\n";
    }

    /** Returns the manifest in a JSON text. Throws {@link Failure} ({@link ExitCode#BAD_BACKUP}) when it is none, or of a later version. */
    public static Manifest parse(String json) {
        try {
            return read(new StringReader(json));
        } catch (IOException e) {
            throw damaged(e);
        }
    }

    /**
     * Reads a manifest piece by piece: a tree of what a stranger wrote could take any amount of memory. Throws {@link Failure}
     * ({@link ExitCode#BAD_BACKUP}) when it is none, or of a later version, and whatever reading the text throws.
     */
    static Manifest read(Reader text) throws IOException {
        try {
            ManifestReader reader = new ManifestReader(text);
            return reader.read();
        } catch (MalformedJsonException | JsonParseException | IllegalStateException | NumberFormatException | PatternSyntaxException e) {
            throw damaged(e);
        }
    }

    private static Failure damaged(Exception e) {
        return Failure.of(ExitCode.BAD_BACKUP, "The backup's " + ENTRY + " is damaged").because(e);
    }

    private static JsonArray array(List<String> values) {
        JsonArray array = new JsonArray();
        values.forEach(array::add);
        return array;
    }
}
