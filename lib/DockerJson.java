package pps;

//DEPS com.google.code.gson:gson:2.13.2
//SOURCES Stack.java

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.gson.JsonStreamParser;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** Reads what docker prints as JSON. */
final class DockerJson {
    /** Docker Desktop's virtual machine shows host paths below these directories. */
    private static final List<String> DESKTOP_PREFIXES = List.of("/run/desktop/mnt/host", "/host_mnt");

    private DockerJson() {
    }

    /** Returns the objects of a listing: some commands and versions print one array, others one object per line. */
    static List<JsonObject> objects(String text) {
        List<JsonObject> objects = new ArrayList<>();
        if (text.isBlank()) {
            return objects;
        }
        JsonStreamParser parser = new JsonStreamParser(text);
        while (parser.hasNext()) {
            JsonElement element = parser.next();
            if (element.isJsonArray()) {
                element.getAsJsonArray().forEach(one -> objects.add(one.getAsJsonObject()));
            } else {
                objects.add(element.getAsJsonObject());
            }
        }
        return objects;
    }

    /** Reads {@code docker compose config --format json}; the kinds of its bind sources are those of now. */
    static Stack configuration(String text) {
        JsonObject config = JsonParser.parseString(text).getAsJsonObject();
        List<Stack.Service> services = new ArrayList<>();
        JsonObject all = object(config, "services");
        for (String name : new TreeSet<>(all.keySet())) {
            JsonObject service = all.getAsJsonObject(name);
            boolean healthcheck = service.has("healthcheck") && !flag(object(service, "healthcheck"), "disable");
            services.add(new Stack.Service(undouble(name), dependencies(service), healthcheck, string(service, "restart"),
                binds(config, service)));
        }
        return new Stack(undouble(string(config, "name")), List.copyOf(services), List.of());
    }

    private static Set<String> dependencies(JsonObject service) {
        JsonElement dependsOn = service.get("depends_on");
        Set<String> names = new TreeSet<>();
        if (dependsOn != null && dependsOn.isJsonArray()) {
            dependsOn.getAsJsonArray().forEach(name -> names.add(name.getAsString()));
        } else if (dependsOn != null && dependsOn.isJsonObject()) {
            names.addAll(dependsOn.getAsJsonObject().keySet());
        }
        return names;
    }

    private static List<Stack.Bind> binds(JsonObject config, JsonObject service) {
        List<Stack.Bind> binds = new ArrayList<>();
        for (JsonObject mount : list(service, "volumes")) {
            if (string(mount, "type").equals("bind")) {
                add(binds, string(mount, "source"), string(mount, "target"), flag(mount, "read_only"),
                    flag(object(mount, "bind"), "create_host_path"));
            } else if (string(mount, "type").equals("volume")) {
                // A named volume can be a bind mount in disguise: driver_opts {o: bind, device: /path}.
                JsonObject volume = object(object(config, "volumes"), string(mount, "source"));
                JsonObject options = object(volume, "driver_opts");
                if (List.of(string(options, "o").split(",")).stream().anyMatch(o -> o.equals("bind") || o.equals("rbind"))) {
                    add(binds, string(options, "device"), string(mount, "target"), flag(mount, "read_only"), false);
                }
            }
        }
        // Secrets and configs that come from files are mounted as such.
        for (String kind : List.of("secrets", "configs")) {
            for (JsonObject use : list(service, kind)) {
                String file = string(object(object(config, kind), string(use, "source")), "file");
                add(binds, file, string(use, "target"), true, false);
            }
        }
        return List.copyOf(binds);
    }

    private static void add(List<Stack.Bind> binds, String source, String target, boolean readOnly, boolean createHostPath) {
        if (!source.isEmpty()) {
            Path path = Path.of(undouble(source));
            binds.add(new Stack.Bind(path, undouble(target), readOnly, createHostPath, Stack.Kind.of(path)));
        }
    }

    /** Reads {@code docker inspect} of containers. */
    static List<Stack.Container> containers(String text) {
        return objects(text).stream().map(DockerJson::container).toList();
    }

    private static Stack.Container container(JsonObject json) {
        JsonObject state = object(json, "State");
        JsonObject labels = object(object(json, "Config"), "Labels");
        JsonObject hostConfig = object(json, "HostConfig");
        return new Stack.Container(string(labels, "com.docker.compose.project"), string(labels, "com.docker.compose.service"),
            string(labels, "com.docker.compose.oneoff").equalsIgnoreCase("true"), string(json, "Name").replaceFirst("^/", ""),
            string(json, "Id"), string(state, "Status"), healthOf(state), number(state, "ExitCode"), number(json, "RestartCount"),
            string(object(hostConfig, "RestartPolicy"), "Name"), string(state, "StartedAt"), mounts(json, hostConfig));
    }

    private static String healthOf(JsonObject state) {
        String health = string(object(state, "Health"), "Status");
        return health.equals("none") ? "" : health;
    }

    /** What the engine mounts, and what it was asked to mount: on Docker Desktop only the latter is a path of this machine. */
    private static List<Stack.Bind> mounts(JsonObject json, JsonObject hostConfig) {
        List<Stack.Bind> binds = new ArrayList<>();
        for (JsonObject mount : list(json, "Mounts")) {
            if (string(mount, "Type").equals("bind")) {
                mounted(binds, string(mount, "Source"), string(mount, "Destination"), mount.has("RW") && !flag(mount, "RW"));
            }
        }
        for (JsonObject mount : list(hostConfig, "Mounts")) {
            if (string(mount, "Type").equals("bind")) {
                mounted(binds, string(mount, "Source"), string(mount, "Target"), flag(mount, "ReadOnly"));
            }
        }
        JsonElement asked = hostConfig.get("Binds");
        if (asked != null && asked.isJsonArray()) {
            for (JsonElement bind : asked.getAsJsonArray()) {
                String[] parts = bind.getAsString().split(":");
                if (parts.length >= 2 && parts[0].startsWith("/")) {
                    mounted(binds, parts[0], parts[1], parts.length > 2 && List.of(parts[2].split(",")).contains("ro"));
                }
            }
        }
        return List.copyOf(binds);
    }

    private static void mounted(List<Stack.Bind> binds, String source, String target, boolean readOnly) {
        for (String prefix : DESKTOP_PREFIXES) {
            if (source.startsWith(prefix + "/")) {
                source = source.substring(prefix.length());
            }
        }
        Path path = Path.of(source);
        if (!source.isEmpty() && binds.stream().noneMatch(bind -> bind.source().equals(path) && bind.target().equals(target))) {
            binds.add(new Stack.Bind(path, target, readOnly, false, Stack.Kind.of(path)));
        }
    }

    /** {@code config} prints every dollar sign twice, so that its output could be read as a compose file again. */
    private static String undouble(String text) {
        return text.replace("$$", "$");
    }

    private static JsonObject object(JsonObject json, String key) {
        JsonElement element = json.get(key);
        return element != null && element.isJsonObject() ? element.getAsJsonObject() : new JsonObject();
    }

    private static List<JsonObject> list(JsonObject json, String key) {
        JsonElement element = json.get(key);
        JsonArray array = element != null && element.isJsonArray() ? element.getAsJsonArray() : new JsonArray();
        List<JsonObject> objects = new ArrayList<>();
        array.forEach(one -> {
            if (one.isJsonObject()) {
                objects.add(one.getAsJsonObject());
            }
        });
        return objects;
    }

    private static String string(JsonObject json, String key) {
        JsonElement element = json.get(key);
        return element != null && element.isJsonPrimitive() ? element.getAsString() : "";
    }

    private static boolean flag(JsonObject json, String key) {
        return Boolean.parseBoolean(string(json, key));
    }

    private static int number(JsonObject json, String key) {
        String text = string(json, key);
        return text.isEmpty() ? 0 : Integer.parseInt(text);
    }
}
