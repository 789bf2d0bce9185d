package pps;

//DEPS org.xerial:sqlite-jdbc:3.50.3.0
//SOURCES Archived.java
//SOURCES ArchiveWriter.java
//SOURCES BackupDirectory.java
//SOURCES Coverage.java
//SOURCES Digest.java
//SOURCES FileFacts.java
//SOURCES Listener.java
//SOURCES LiveFiles.java
//SOURCES Manifest.java
//SOURCES Places.java
//SOURCES SourceMap.java
//SOURCES SqliteLibrary.java
//SOURCES Version.java

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.LocalDateTime;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

/** A small made-up PPS project for demonstrations: real SQLite databases, invented words. */
public final class DemoProject {
    private final Path root;
    private final Path backups;

    private DemoProject(Path directory) {
        root = directory.resolve("project");
        backups = directory.resolve("backups");
    }

    /** Makes the project and an empty backup directory in a directory that the caller owns. */
    public static DemoProject create(Path directory) throws IOException {
        DemoProject project = new DemoProject(directory);
        Files.createDirectories(project.backups);
        Files.createDirectories(project.root.resolve("pps/docker"));
        for (String name : List.of("identity.md", "relationships.md", "active_agency_framework.md", ".entity_token")) {
            project.write("entities/lyra/" + name, "# " + name + "\n\nInvented for a demonstration.\n");
        }
        for (int i = 0; i < 12; i++) {
            project.write("entities/lyra/crystals/" + (i < 8 ? "archive" : "current") + "/crystal_" + i + ".md", "A thought, number " + i + ".\n");
            project.write("entities/lyra/memories/word_photos/2026-01-" + (10 + i) + "-light.md", "A picture in words, number " + i + ".\n");
        }
        project.sql("entities/lyra/data/conversations.db", "CREATE TABLE messages(id INTEGER PRIMARY KEY, words TEXT)",
            "INSERT INTO messages(words) VALUES ('Hello'), ('Do you remember the lighthouse?')");
        project.sql("docker/pps/chromadb_data/chroma.sqlite3", "CREATE TABLE embeddings(id INTEGER PRIMARY KEY, segment TEXT)");
        Random random = new Random(1);
        for (String name : List.of("docker/pps/chromadb_data/0a1b2c3d/data_level0.bin", "docker/pps/neo4j_data/databases/neo4j/neostore",
            "docker/pps/neo4j_data/transactions/neo4j/neostore.transaction.db.0")) {
            byte[] bytes = new byte[64 << 10];
            random.nextBytes(bytes);
            Files.createDirectories(project.root.resolve(name).getParent());
            Files.write(project.root.resolve(name), bytes);
        }
        return project;
    }

    /** Returns the project root. */
    public Path root() {
        return root;
    }

    /** Returns the backup directory. */
    public Path backups() {
        return backups;
    }

    /** Makes a backup that was made this many days ago, as its name tells. */
    public void backUp(int daysAgo) throws IOException {
        LocalDateTime time = LocalDateTime.now().minusDays(daysAgo).truncatedTo(ChronoUnit.SECONDS);
        List<ArchiveWriter.Item> items = new ArrayList<>();
        Map<String, Manifest.Promise> promises = new LinkedHashMap<>();
        for (SourceMap.Source source : SourceMap.builtIn().sources(List.of("lyra"))) {
            Path directory = root.resolve(source.path());
            if (!Files.isDirectory(directory)) {
                continue;
            }
            TreeMap<String, FileFacts> files = LiveFiles.list(directory, true, source::matches);
            files.keySet().forEach(path -> items.add(new ArchiveWriter.Item(source.name(), path, directory.resolve(path))));
            promises.put(source.name(), new Manifest.Promise(source.critical(), source.path(), source.include(), files.size(),
                files.values().stream().mapToLong(FileFacts::size).sum(), true, List.of(), List.of(), List.of()));
        }
        ArchiveWriter.write(backups.resolve(BackupDirectory.nameFor(BackupDirectory.BACKUP, time)),
            new Manifest("backup", time.toString(), Version.TOOL, false, null, promises), items, Listener.SILENT);
    }

    /** Lets a week go by: a conversation goes on, a thought is added. */
    public void live() throws IOException {
        sql("entities/lyra/data/conversations.db", "INSERT INTO messages(words) VALUES ('I do. The light was green.')");
        write("entities/lyra/crystals/current/crystal_12.md", "The lighthouse had a green light.\n");
    }

    /** Breaks the project in the ways that bad days have; returns what was done. */
    public List<String> breakIt() throws IOException {
        Path database = root.resolve("entities/lyra/data/conversations.db");
        byte[] bytes = Files.readAllBytes(database);
        new Random(2).nextBytes(bytes);
        Files.write(database, bytes);
        write("entities/lyra/data/conversations.db-wal", "what a crashed program left behind");
        Places.deleteTree(root.resolve("entities/lyra/crystals"));
        write("entities/lyra/identity.md", "");
        Places.deleteTree(root.resolve("docker/pps/neo4j_data/databases"));
        return List.of("conversations.db is overwritten with noise, with a stale -wal beside it", "all crystals are deleted",
            "identity.md is empty", "half of the Neo4j database is gone");
    }

    /** Returns what the restored conversations end with, read through SQLite. */
    public String conversations() throws IOException {
        SqliteLibrary.load();
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + root.resolve("entities/lyra/data/conversations.db"));
             Statement statement = connection.createStatement();
             ResultSet rows = statement.executeQuery("SELECT count(*), (SELECT words FROM messages ORDER BY id DESC LIMIT 1) FROM messages")) {
            rows.next();
            return "The conversations open again: " + rows.getInt(1) + " messages, the last one is \"" + rows.getString(2) + "\"";
        } catch (SQLException e) {
            throw new IOException("conversations.db does not open: " + e.getMessage(), e);
        }
    }

    /** Returns every file of the project but the tool's own, with the digest of its content, its mode and its time. */
    public Map<String, String> snapshot() throws IOException {
        Map<String, String> snapshot = new TreeMap<>();
        for (Map.Entry<String, FileFacts> file : LiveFiles.list(root, true, path -> !path.startsWith("work/")).entrySet()) {
            snapshot.put(file.getKey(), Digest.ofFile(root.resolve(file.getKey()), Listener.SILENT) + " "
                + Integer.toOctalString(file.getValue().mode()) + " " + file.getValue().modified());
        }
        return snapshot;
    }

    /** Deletes a directory with all that is in it. */
    public static void delete(Path directory) throws IOException {
        Places.deleteTree(directory);
    }

    private void write(String path, String text) throws IOException {
        Path file = root.resolve(path);
        Files.createDirectories(file.getParent());
        Files.write(file, text.getBytes(StandardCharsets.UTF_8));
    }

    private void sql(String path, String... statements) throws IOException {
        Path file = root.resolve(path);
        Files.createDirectories(file.getParent());
        SqliteLibrary.load();
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file); Statement statement = connection.createStatement()) {
            for (String one : statements) {
                statement.execute(one);
            }
        } catch (SQLException e) {
            throw new IOException("cannot write " + path + ": " + e.getMessage(), e);
        }
    }
}
