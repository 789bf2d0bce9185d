package pps;

//DEPS com.google.code.gson:gson:2.13.2
//SOURCES Journal.java
//SOURCES Stack.java
//SOURCES SwapGroup.java

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import java.nio.file.Path;
import java.util.List;

/**
 * What stands in a journal at one moment, and how it is written down. {@code root} is the project's real path, so that a copy of the
 * project does not take the journal for its own; null where an earlier version wrote it. {@code safetyName} and {@code stack} are null where the restore has
 * none, or none yet. The same version reads it that wrote it, but a later one may have to end what an earlier one began: so a key that may
 * be missing is asked for, and one that is not known is passed over.
 */
record JournalText(Path root, Journal.Header header, Journal.Phase phase, String safetyName, Stack stack, List<SwapGroup> groups,
                   List<Path> areas) {
    private static final int FORMAT = 1;

    /** Returns the text of the file. */
    String toJson() {
        JsonObject top = new JsonObject();
        top.addProperty("format", FORMAT);
        top.addProperty("phase", phase.name());
        if (root != null) {
            top.addProperty("root", root.toString());
        }
        top.addProperty("id", header.id());
        top.addProperty("purpose", header.purpose());
        top.addProperty("archive", header.archive());
        if (header.composeFile() != null) {
            top.addProperty("composeFile", header.composeFile().toString());
        }
        if (safetyName != null) {
            top.addProperty("safetyName", safetyName);
        }
        if (stack != null) {
            top.add("stack", stack.toJson());
        }
        JsonArray areaNames = new JsonArray();
        areas.forEach(area -> areaNames.add(area.toString()));
        top.add("areas", areaNames);
        JsonArray groupArray = new JsonArray();
        groups.forEach(group -> groupArray.add(group.toJson()));
        top.add("groups", groupArray);
        return top.toString();
    }

    /** Reads the text of a file. Throws {@link JsonParseException} when it is no journal, or one of another format. */
    static JournalText parse(String text) {
        try {
            return parse(JsonParser.parseString(text).getAsJsonObject());
        } catch (JsonParseException e) {
            throw e;
        } catch (RuntimeException e) {
            // Gson, paths, times and enums each have exceptions of their own for what is of another shape than it should be.
            throw new JsonParseException("it is damaged", e);
        }
    }

    private static JournalText parse(JsonObject top) {
        if (top.get("format").getAsInt() != FORMAT) {
            throw new JsonParseException("it is of format " + top.get("format") + ", this version knows " + FORMAT);
        }
        Journal.Header header = new Journal.Header(top.get("id").getAsString(), top.get("purpose").getAsString(), top.get("archive").getAsString(),
            top.has("composeFile") ? Path.of(top.get("composeFile").getAsString()) : null);
        List<Path> areas = top.getAsJsonArray("areas").asList().stream().map(area -> Path.of(area.getAsString())).toList();
        if (areas.isEmpty() || !areas.stream().allMatch(Path::isAbsolute)) {
            throw new JsonParseException("it does not say where its directories are");
        }
        return new JournalText(top.has("root") ? Path.of(top.get("root").getAsString()) : null, header, Journal.Phase.valueOf(top.get("phase").getAsString()),
            top.has("safetyName") ? top.get("safetyName").getAsString() : null, top.has("stack") ? Stack.fromJson(top.getAsJsonObject("stack")) : null,
            top.getAsJsonArray("groups").asList().stream().map(group -> SwapGroup.fromJson(group.getAsJsonObject())).toList(), areas);
    }
}
