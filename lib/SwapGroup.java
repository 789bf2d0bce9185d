package pps;

//DEPS com.google.code.gson:gson:2.13.2

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The renames of one source. {@code takes} go from {@code live} to {@code moved}, then {@code puts} from {@code staged} to {@code live};
 * both are paths below those directories, the empty path meaning the directory itself. {@code makes} are live directories that have to
 * be made first, the outermost first; {@code unmakes} those that an undo takes away again if they are empty; {@code times} the modification times of the live directories whose contents change, to be put back
 * by a rollback. The rest is what the safety backup's manifest has to say: see {@link Manifest.Promise}.
 */
record SwapGroup(String source, String path, boolean critical, boolean existed, List<String> covers, List<String> added,
                 List<String> kept, Path live, Path staged, Path moved, List<String> takes, List<String> puts,
                 List<Path> makes, List<Path> unmakes, Map<Path, Instant> times) {

    JsonObject toJson() {
        JsonObject json = new JsonObject();
        json.addProperty("source", source);
        json.addProperty("path", path);
        json.addProperty("critical", critical);
        json.addProperty("existed", existed);
        json.add("covers", array(covers));
        json.add("added", array(added));
        json.add("kept", array(kept));
        json.addProperty("live", live.toString());
        json.addProperty("staged", staged.toString());
        json.addProperty("moved", moved.toString());
        json.add("takes", array(takes));
        json.add("puts", array(puts));
        json.add("makes", array(makes.stream().map(Path::toString).toList()));
        json.add("unmakes", array(unmakes.stream().map(Path::toString).toList()));
        JsonObject stamps = new JsonObject();
        times.forEach((directory, time) -> stamps.addProperty(directory.toString(), time.toString()));
        json.add("times", stamps);
        return json;
    }

    static SwapGroup fromJson(JsonObject json) {
        Map<Path, Instant> times = new LinkedHashMap<>();
        json.getAsJsonObject("times").entrySet().forEach(e -> times.put(Path.of(e.getKey()), Instant.parse(e.getValue().getAsString())));
        return new SwapGroup(json.get("source").getAsString(), json.get("path").getAsString(), json.get("critical").getAsBoolean(),
            json.get("existed").getAsBoolean(), strings(json, "covers"), strings(json, "added"), strings(json, "kept"),
            Path.of(json.get("live").getAsString()), Path.of(json.get("staged").getAsString()), Path.of(json.get("moved").getAsString()),
            strings(json, "takes"), strings(json, "puts"), strings(json, "makes").stream().map(Path::of).toList(),
            strings(json, "unmakes").stream().map(Path::of).toList(), times);
    }

    private static JsonArray array(List<String> values) {
        JsonArray array = new JsonArray();
        values.forEach(array::add);
        return array;
    }

    private static List<String> strings(JsonObject json, String key) {
        List<String> values = new ArrayList<>();
        json.getAsJsonArray(key).forEach(value -> values.add(value.getAsString()));
        return values;
    }
}
