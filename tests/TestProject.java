package pps;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.opentest4j.TestAbortedException;

//DEPS com.google.code.gson:gson:2.13.2
//DEPS org.xerial:sqlite-jdbc:3.50.3.0
//DEPS org.opentest4j:opentest4j:1.3.0
//SOURCES Checkout.java
//SOURCES Scripts.java
//SOURCES TestTar.java
//SOURCES Tree.java

/**
 * A small PPS project with a directory of backups beside it. Where each source lies is written down here a second time, so that a mistake
 * in the toolkit's own map does not hide itself.
 */
final class TestProject {
    /** The fixture of one entity, whose chromadb and neo4j are not whole. */
    static final String FEBRUARY = "pps_backup_20260202_123731.tar.gz";
    /** The fixture of two entities, with 15 sources and 298 files. */
    static final String AUGUST = "pps_backup_20260820_040012.tar.gz";
    /** The user and group that Neo4j's container runs as. */
    static final int NEO4J = 7474;
    /** The time of every file of a new project, before that of any backup made here. */
    private static final Instant LONG_AGO = Instant.parse("2026-01-05T06:07:08.123456789Z");

    final Path root;
    final Path backups;

    private TestProject(Path directory) {
        root = directory.resolve("project");
        backups = directory.resolve("backups");
    }

    /** Returns the directory of the fixtures; a test that asks for them where there are none counts as skipped. */
    static Path fixtures() {
        Path fixtures = Checkout.root().resolve("../shared/fixtures").normalize();
        if (!Files.isDirectory(fixtures)) {
            throw new TestAbortedException("needs the fixtures beside the checkout: " + fixtures);
        }
        return fixtures;
    }

    static boolean isRoot() {
        return "root".equals(System.getProperty("user.name"));
    }

    /** Makes an empty project: a root that looks like one, and no entity. */
    static TestProject empty(Path directory) {
        TestProject project = new TestProject(directory);
        project.directory("entities", "pps/docker");
        project.backups();
        return project;
    }

    /** Makes a project of the entity lyra with every source, and files beside them that belong to none. */
    static TestProject create(Path directory) {
        TestProject project = empty(directory);
        project.write("entities/_template/identity.md", "a template");
        project.entity("lyra");
        project.write("docker/pps/chromadb_data/5d4c1c1e/data_level0.bin", "vectors");
        project.database("docker/pps/chromadb_data/chroma.sqlite3", "segment");
        project.write("docker/pps/neo4j_data/server_id", "neo4j's id");
        project.write("docker/pps/neo4j_data/databases/neo4j/neostore", "nodes and relations of a graph");
        project.write("docker/pps/neo4j_data/transactions/neo4j/neostore.transaction.db.0", "its log");
        project.database("haven/data/haven.db", "room");
        project.write("pps/docker/README", "no compose file here");
        project.settle();
        return project;
    }

    /** Adds an entity with every source of its own. */
    TestProject entity(String name) {
        String home = "entities/" + name + "/";
        write(home + "identity.md", "I am " + name);
        write(home + "relationships.md", "my friends");
        write(home + "active_agency_framework.md", "what I may do");
        write(home + ".entity_token", "secret of " + name);
        write(home + "sketch.txt", "matches no pattern");
        databaseWithWal(home + "data/conversations.db", "hello from " + name, "second");
        database(home + "data/inventory.db", "a thing");
        write(home + "data/notes.txt", "matches no pattern");
        write(home + "crystals/current/crystal_002.md", "the second crystal");
        write(home + "crystals/archive/crystal_001.md", "the first crystal");
        write(home + "crystals/archive/picture.png", "matches no pattern");
        write(home + "memories/word_photos/a.md", "a word photo");
        write(home + "memories/word_photos/b.md", "another one");
        write(home + "memories/word_photos/drafts/c.md", "matches no pattern, since it lies deeper");
        write(home + "journals/2026/01.md", "January");
        write(home + "notebook/ideas.md", "an idea");
        return this;
    }

    /** Gives every file one old time, and some the modes and owners that real ones have. */
    TestProject settle() {
        try (Stream<Path> walk = Files.walk(root)) {
            for (Path path : walk.sorted(java.util.Comparator.reverseOrder()).toList()) {
                String relative = root.relativize(path).toString();
                boolean neo4j = relative.startsWith("docker/pps/neo4j_data");
                if (Files.isDirectory(path)) {
                    mode(path, neo4j ? "rwx------" : "rwxr-xr-x");
                } else {
                    mode(path, neo4j || relative.endsWith(".entity_token") ? "rw-------" : "rw-r--r--");
                    Files.setLastModifiedTime(path, FileTime.from(LONG_AGO));
                }
                if (neo4j && isRoot()) {
                    owner(path, NEO4J, NEO4J);
                }
            }
            return this;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Returns where a source lies below the project root. */
    static String place(String source) {
        return switch (source) {
            case "sqlite", "identity", "crystals", "word_photos", "journals", "notebook", "entity_identity" -> place("lyra_" + source
                .replace("entity_", ""));
            case "chromadb" -> "docker/pps/chromadb_data";
            case "neo4j" -> "docker/pps/neo4j_data";
            case "haven" -> "haven/data";
            default -> {
                String entity = source.substring(0, source.indexOf('_'));
                String below = switch (source.substring(source.indexOf('_') + 1)) {
                    case "sqlite" -> "/data";
                    case "identity" -> "";
                    case "crystals" -> "/crystals";
                    case "word_photos" -> "/memories/word_photos";
                    case "journals" -> "/journals";
                    case "notebook" -> "/notebook";
                    default -> throw new IllegalArgumentException(source);
                };
                yield "entities/" + entity + below;
            }
        };
    }

    /** Returns where an entry of an archive belongs below the project root. */
    static String place(String source, String relative) {
        return place(source) + "/" + relative;
    }

    /** Returns the project's files by the names that a backup gives them; with several entities, theirs have the entity in front. */
    Map<String, Path> filesToBackUp() {
        List<String> entities;
        try (Stream<Path> children = Files.list(root.resolve("entities"))) {
            entities = children.map(path -> path.getFileName().toString()).filter(name -> !name.startsWith("_")).sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Map<String, Path> files = new LinkedHashMap<>();
        for (String entity : entities) {
            String before = entities.size() == 1 ? "" : entity + "_";
            String home = "entities/" + entity;
            add(files, before + "sqlite", home + "/data", "[^/]+\\.db");
            add(files, entities.size() == 1 ? "entity_identity" : entity + "_identity", home,
                "identity.md|relationships.md|active_agency_framework.md|.entity_token|growth_notes.md|goals.md|current_scene.md");
            add(files, before + "crystals", home + "/crystals", ".*\\.md");
            add(files, before + "word_photos", home + "/memories/word_photos", "[^/]+\\.md");
            add(files, before + "journals", home + "/journals", ".*\\.md");
            add(files, before + "notebook", home + "/notebook", ".*\\.md");
        }
        add(files, "chromadb", "docker/pps/chromadb_data", ".*");
        add(files, "neo4j", "docker/pps/neo4j_data", ".*");
        add(files, "haven", "haven/data", "[^/]+\\.db");
        return files;
    }

    private void add(Map<String, Path> files, String source, String directory, String pattern) {
        Path top = root.resolve(directory);
        if (!Files.isDirectory(top)) {
            return;
        }
        try (Stream<Path> walk = Files.walk(top)) {
            walk.filter(Files::isRegularFile).sorted().filter(file -> top.relativize(file).toString().matches(pattern))
                .forEach(file -> files.put(source + "/" + top.relativize(file), file));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Backs the project up as Python's tarfile would; databases in WAL mode without what is still in the {@code -wal}. */
    Path backUp(String name) {
        TestTar tar = new TestTar(TestTar.Style.PYTHON);
        filesToBackUp().forEach(tar::copy);
        return tar.gzip(backups().resolve(name));
    }

    /** Returns what a file of the project says. */
    String read(String path) {
        try {
            return Files.readString(root.resolve(path));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Runs restore_pps on this project without Docker. */
    Scripts.Result restore(String... arguments) {
        return Scripts.run("restore_pps", arguments(arguments));
    }

    /** Runs restore_pps without questions, and expects it to end with 0. */
    Scripts.Result restored(String... arguments) {
        List<String> all = new ArrayList<>(List.of("--yes"));
        all.addAll(List.of(arguments));
        Scripts.Result result = restore(all.toArray(String[]::new));
        assertEquals(0, result.exitCode(), result::toString);
        return result;
    }

    /** Returns the arguments of restore_pps for this project without Docker. */
    String[] arguments(String... more) {
        List<String> all = new ArrayList<>(List.of("--no-containers", "--project-root", root.toString(), "--backup-dir", backups.toString()));
        all.addAll(Arrays.asList(more));
        return all.toArray(String[]::new);
    }

    /** Returns what a dry run says of each source. */
    JsonObject dryRun(String... arguments) {
        List<String> all = new ArrayList<>(List.of(arguments));
        all.addAll(List.of("--dry-run", "--json"));
        Scripts.Result result = restore(all.toArray(String[]::new));
        assertEquals(0, result.exitCode(), result::toString);
        return JsonParser.parseString(result.stdout()).getAsJsonObject().getAsJsonObject("sources");
    }

    /** Returns the newest safety backup of the project. */
    Path safetyBackup() {
        List<Path> all = safetyBackups();
        assertTrue(!all.isEmpty(), "there is no safety backup in " + root);
        return all.get(all.size() - 1);
    }

    /** Returns the safety backups, the oldest first. */
    List<Path> safetyBackups() {
        Path directory = root.resolve("work/pps_backup/pre_restore_safety");
        if (!Files.exists(directory)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(directory)) {
            return files.sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Looks at the whole project, but for what the tool itself keeps in {@code work}, and the root's own time, which that changes. */
    Tree tree() {
        return everything().without("work");
    }

    /** Looks at the whole project but for the root's own time, which changes when the tool's lock comes and goes. */
    Tree everything() {
        return Tree.of(root).only(path -> !path.isEmpty());
    }

    Path backups() {
        try {
            return Files.createDirectories(backups);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    void directory(String... paths) {
        try {
            for (String path : paths) {
                Files.createDirectories(root.resolve(path));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    Path write(String path, String content) {
        try {
            Path file = root.resolve(path);
            Files.createDirectories(file.getParent());
            return Files.writeString(file, content);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    void delete(String path) {
        try {
            Files.delete(root.resolve(path));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static void mode(Path path, String mode) {
        try {
            Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(mode));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static void owner(Path path, int uid, int gid) {
        try {
            Files.setAttribute(path, "unix:uid", uid);
            Files.setAttribute(path, "unix:gid", gid);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Makes a SQLite database at rest with these rows. */
    Path database(String path, String... rows) {
        Path file = write(path, "");
        fill(file, "DELETE", rows, () -> { });
        return file;
    }

    /** Makes a SQLite database whose last row is still in its {@code -wal}, as after the kill of the process that had it open. */
    Path databaseWithWal(String path, String... rows) {
        Path file = write(path, "");
        try {
            Path scratch = Files.createTempFile("pps-test", ".db");
            fill(scratch, "WAL", rows, () -> {
                for (String suffix : List.of("", "-wal", "-shm")) {
                    Files.copy(Path.of(scratch + suffix), Path.of(file + suffix), StandardCopyOption.REPLACE_EXISTING);
                }
            });
            Files.delete(scratch);
            return file;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private interface WhileOpen {
        void run() throws IOException;
    }

    private static void fill(Path file, String journal, String[] rows, WhileOpen whileOpen) {
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file); Statement statement = connection.createStatement()) {
            statement.execute("PRAGMA journal_mode = " + journal);
            statement.execute("CREATE TABLE messages (text TEXT)");
            for (int i = 0; i < rows.length; i++) {
                if (journal.equals("WAL") && i == rows.length - 1) {
                    statement.execute("PRAGMA wal_checkpoint(TRUNCATE)");
                }
                statement.execute("INSERT INTO messages VALUES ('" + rows[i] + "')");
            }
            whileOpen.run();
        } catch (SQLException | IOException e) {
            throw new IllegalStateException("cannot make " + file, e);
        }
    }

    /** Opens a database as its owner would and returns its rows. */
    List<String> rows(String path) {
        List<String> rows = new ArrayList<>();
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + root.resolve(path));
             Statement statement = connection.createStatement(); ResultSet result = statement.executeQuery("SELECT text FROM messages")) {
            while (result.next()) {
                rows.add(result.getString(1));
            }
            return rows;
        } catch (SQLException e) {
            throw new IllegalStateException("cannot read " + path, e);
        }
    }
}
