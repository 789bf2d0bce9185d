package pps;

//DEPS com.google.code.gson:gson:2.13.2

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * A compose project as it was when somebody looked: what its configuration says, and the containers that existed. {@code alsoStart} are
 * services that did not run then, and are started with those that did.
 */
public record Stack(String projectName, List<Service> services, List<Container> containers, Set<String> alsoStart) {

    /** Returns a project as somebody sees it. */
    public Stack(String projectName, List<Service> services, List<Container> containers) {
        this(projectName, services, containers, Set.of());
    }

    /** A service of the configuration; {@code restart} is its restart policy, empty when it has none. */
    public record Service(String name, Set<String> dependsOn, boolean hasHealthcheck, String restart, List<Bind> binds) {
    }

    /** A host path that a service mounts, and what lay there when somebody looked. */
    public record Bind(Path source, String target, boolean readOnly, boolean createHostPath, Kind kind) {
    }

    /**
     * A container of the project, as the engine describes it; {@code health} is empty without a health check, {@code startedAt} changes
     * whenever its program is started anew, {@code binds} are the host paths that it mounts.
     */
    public record Container(String project, String service, boolean oneOff, String name, String id, String state, String health,
                            int exitCode, int restartCount, String restart, String startedAt, List<Bind> binds) {
        /** Tells whether its program runs, is frozen, or is about to run again: in each case it may still write. */
        public boolean active() {
            return state.equals("running") || state.equals("restarting") || state.equals("paused");
        }
    }

    /** What a host path is, symbolic links followed. */
    public enum Kind {
        /** Nothing is there. */
        MISSING("missing"),
        /** A regular file. */
        FILE("a file"),
        /** A directory. */
        DIRECTORY("a directory"),
        /** A socket, a device, or something that may not be looked at. */
        OTHER("neither a file nor a directory");

        private final String words;

        Kind(String words) {
            this.words = words;
        }

        /** Returns what lies at the path now. */
        public static Kind of(Path path) {
            if (Files.isDirectory(path)) {
                return DIRECTORY;
            }
            if (Files.isRegularFile(path)) {
                return FILE;
            }
            return Files.notExists(path) ? MISSING : OTHER;
        }

        /** Returns the kind as a sentence names it. */
        public String words() {
            return words;
        }
    }

    /** Returns the services of which a container was active. */
    public Set<String> running() {
        return containers.stream().filter(Container::active).map(Container::service).collect(Collectors.toCollection(TreeSet::new));
    }

    /** Returns the same project, of which further services are to be started; those that its configuration does not know are left out. */
    public Stack alsoStarting(Collection<String> more) {
        return new Stack(projectName, services, containers, more.stream().filter(serviceNames()::contains)
            .collect(Collectors.toCollection(TreeSet::new)));
    }

    /** Returns the same project, of which only what ran is to be started. */
    public Stack asItRan() {
        return new Stack(projectName, services, containers);
    }

    /** Returns the services that a start brings up: what ran and what is to run with it, or all services when that is none. */
    public Set<String> toStart() {
        Set<String> start = running();
        start.addAll(alsoStart);
        return start.isEmpty() ? serviceNames() : start;
    }

    /** Returns the names of the services that the configuration knows. */
    public Set<String> serviceNames() {
        return services.stream().map(Service::name).collect(Collectors.toCollection(TreeSet::new));
    }

    /** Returns every host path that the configuration mounts into a service. */
    public Set<Path> bindSources() {
        Set<Path> sources = new LinkedHashSet<>();
        services.forEach(service -> service.binds().forEach(bind -> sources.add(bind.source())));
        return sources;
    }

    /** Returns what a later process needs to start what ran: names, identities and states, and no configuration values. */
    public JsonObject toJson() {
        JsonArray serviceList = new JsonArray();
        for (Service service : services) {
            JsonObject one = new JsonObject();
            one.addProperty("name", service.name());
            JsonArray binds = new JsonArray();
            for (Bind bind : service.binds()) {
                JsonObject mount = new JsonObject();
                mount.addProperty("source", bind.source().toString());
                mount.addProperty("target", bind.target());
                mount.addProperty("createHostPath", bind.createHostPath());
                mount.addProperty("kind", bind.kind().name());
                binds.add(mount);
            }
            one.add("binds", binds);
            serviceList.add(one);
        }
        JsonArray containerList = new JsonArray();
        for (Container container : containers) {
            JsonObject one = new JsonObject();
            one.addProperty("service", container.service());
            one.addProperty("name", container.name());
            one.addProperty("id", container.id());
            one.addProperty("state", container.state());
            one.addProperty("startedAt", container.startedAt());
            containerList.add(one);
        }
        JsonObject json = new JsonObject();
        json.addProperty("project", projectName);
        json.add("services", serviceList);
        json.add("containers", containerList);
        if (!alsoStart.isEmpty()) {
            JsonArray names = new JsonArray();
            alsoStart.forEach(names::add);
            json.add("alsoStart", names);
        }
        return json;
    }

    /** Reads what {@link #toJson()} wrote; what it left out comes back empty. */
    public static Stack fromJson(JsonObject json) {
        String project = json.get("project").getAsString();
        List<Service> services = new ArrayList<>();
        for (JsonElement element : json.getAsJsonArray("services")) {
            JsonObject one = element.getAsJsonObject();
            List<Bind> binds = new ArrayList<>();
            for (JsonElement mount : one.getAsJsonArray("binds")) {
                JsonObject bind = mount.getAsJsonObject();
                binds.add(new Bind(Path.of(bind.get("source").getAsString()), bind.get("target").getAsString(), false,
                    bind.get("createHostPath").getAsBoolean(), Kind.valueOf(bind.get("kind").getAsString())));
            }
            services.add(new Service(one.get("name").getAsString(), Set.of(), false, "", List.copyOf(binds)));
        }
        List<Container> containers = new ArrayList<>();
        for (JsonElement element : json.getAsJsonArray("containers")) {
            JsonObject one = element.getAsJsonObject();
            containers.add(new Container(project, one.get("service").getAsString(), false, one.get("name").getAsString(),
                one.get("id").getAsString(), one.get("state").getAsString(), "", 0, 0, "", one.get("startedAt").getAsString(), List.of()));
        }
        Set<String> also = new TreeSet<>();
        if (json.has("alsoStart")) {
            json.getAsJsonArray("alsoStart").forEach(name -> also.add(name.getAsString()));
        }
        return new Stack(project, List.copyOf(services), List.copyOf(containers), also);
    }
}
