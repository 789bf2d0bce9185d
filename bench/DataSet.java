package bench;

//DEPS org.xerial:sqlite-jdbc:3.50.3.0
//SOURCES BenchFailure.java
//SOURCES Trees.java

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * A made-up PPS project, the same bytes from the same seed wherever it is made: SQLite databases of words, random vectors in Chroma, a Neo4j
 * store that compresses somewhat, Markdown files. {@code project} has the files in their places; {@code staged} has the same files, by hard
 * links, as an archive names them.
 */
public final class DataSet {
    /** The sources as archives name them, with their places in the project. */
    private static final Map<String, String> PLACES = new LinkedHashMap<>();

    static {
        PLACES.put("sqlite", "entities/lyra/data");
        PLACES.put("crystals", "entities/lyra/crystals");
        PLACES.put("word_photos", "entities/lyra/memories/word_photos");
        PLACES.put("journals", "entities/lyra/journals");
        PLACES.put("entity_identity", "entities/lyra");
        PLACES.put("chromadb", "docker/pps/chromadb_data");
        PLACES.put("neo4j", "docker/pps/neo4j_data");
        PLACES.put("haven", "haven/data");
    }

    private static final long SEED = 5;
    /** Whole seconds, because the oldest dialect of tar knows no others. */
    private static final Instant WRITTEN = Instant.parse("2026-01-05T06:07:08Z");
    private static final int WORDS = 8000;
    private static final int PARAGRAPHS = 20000;
    private static final int PARAGRAPH = 400;
    private static final int PAGE = 4096;
    private static final int RANDOM_IN_PAGE = 900;
    private static final int STORE_PART = 48 << 20;

    /** How large it is: megabytes of words in databases, of vectors and of the graph, and how many crystals. */
    public record Kind(String name, double textMb, double blobsMb, double graphMb, int crystals, String says) {
        Kind scaled(double scale) {
            return new Kind(name, textMb * scale, blobsMb * scale, graphMb * scale, (int) Math.max(1, crystals * scale), says);
        }
    }

    /** All kinds, in the order in which they are measured. */
    public static final List<Kind> KINDS = List.of(
        new Kind("small", 28, 19, 17, 60, "like a real PPS"),
        new Kind("standard", 330, 240, 165, 480, "like a PPS after some years"),
        new Kind("large", 1340, 980, 670, 480, "four times that"),
        new Kind("files", 1, 1, 1, 50000, "50,000 small crystals"),
        new Kind("incompressible", 10, 480, 10, 480, "mostly random"));

    private final Kind kind;
    private final Path directory;
    private final SplittableRandom random = new SplittableRandom(SEED);
    private final List<String> paragraphs = new ArrayList<>();
    private final TreeMap<String, Path> byArchive = new TreeMap<>();
    private final TreeMap<String, Path> byPlace = new TreeMap<>();

    private DataSet(Kind kind, Path directory) {
        this.kind = kind;
        this.directory = directory;
    }

    /** Makes a data set in a directory, or takes the one that a run with {@code --keep} left there. */
    public static DataSet in(Path directory, Kind kind, double scale) {
        Kind scaled = kind.scaled(scale);
        DataSet data = new DataSet(scaled, directory);
        Path done = directory.resolve("made");
        try {
            String description = scaled + " seed " + SEED;
            if (!Files.exists(done) || !Files.readString(done).equals(description)) {
                Trees.fresh(directory);
                data.make();
                Files.writeString(done, description);
            }
            data.look();
            return data;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Returns which kind it is. */
    public Kind kind() {
        return kind;
    }

    /** Returns its directory, in which archives and repositories of it may be put too. */
    public Path directory() {
        return directory;
    }

    /** Returns the root of the project. */
    public Path project() {
        return directory.resolve("project");
    }

    /** Returns the directory with the same files under the names that archives give them. */
    public Path staged() {
        return directory.resolve("staged");
    }

    /** Returns the files by the names that archives give them. */
    public Map<String, Path> byArchive() {
        return byArchive;
    }

    /** Returns the files by their places in the project. */
    public Map<String, Path> byPlace() {
        return byPlace;
    }

    /** Returns the bytes of all files. */
    public long bytes() {
        return byPlace.values().stream().mapToLong(Trees::size).sum();
    }

    private void look() {
        byPlace.putAll(Trees.files(project()));
        byArchive.putAll(Trees.files(staged()));
    }

    private void make() throws IOException {
        words();
        database("entities/lyra/data/conversations.db", kind.textMb * 0.88);
        database("entities/lyra/data/inventory.db", kind.textMb * 0.03);
        database("docker/pps/chromadb_data/chroma.sqlite3", kind.textMb * 0.07);
        database("haven/data/haven.db", kind.textMb * 0.02);
        parts("docker/pps/chromadb_data/5d4c1c1e-8c36-4c0b-9f65-0d9d1f6f7a1%x/data_level0.bin", kind.blobsMb, PAGE);
        parts("docker/pps/neo4j_data/databases/neo4j/neostore.propertystore.db.%d", kind.graphMb * 0.9, RANDOM_IN_PAGE);
        parts("docker/pps/neo4j_data/transactions/neo4j/neostore.transaction.db.%d", kind.graphMb * 0.1, RANDOM_IN_PAGE);
        write("docker/pps/neo4j_data/server_id", "0123456789abcdef\n");
        for (String name : List.of("identity.md", "relationships.md", "active_agency_framework.md", ".entity_token")) {
            write("entities/lyra/" + name, "# " + name + "\n\n" + text(3));
        }
        // Thousands of small files are small ones; some hundreds are of the length that a person writes in an evening.
        int longest = kind.crystals > 5000 ? 4 : 20;
        for (int i = 0; i < kind.crystals; i++) {
            write("entities/lyra/crystals/%d/crystal_%05d.md".formatted(2020 + i % 7, i), "# Crystal " + i
                + "\n\n" + text(1 + random.nextInt(longest)));
        }
        for (int i = 0; i < 30; i++) {
            write("entities/lyra/memories/word_photos/2026-01-%02d-light.md".formatted(i + 1), text(5));
            write("entities/lyra/journals/2026/%02d.md".formatted(i), text(8));
        }
        settle();
        link();
    }

    /** Words of which a few are frequent and most are rare, in paragraphs that come back: text as gzip meets it in conversations. */
    private void words() {
        List<String> words = new ArrayList<>();
        for (int i = 0; i < WORDS; i++) {
            words.add(random.ints(2 + random.nextInt(8), 'a', 'z' + 1).collect(StringBuilder::new, StringBuilder::appendCodePoint,
                StringBuilder::append)
                .toString());
        }
        for (int i = 0; i < PARAGRAPHS; i++) {
            StringBuilder paragraph = new StringBuilder();
            while (paragraph.length() < PARAGRAPH) {
                paragraph.append(words.get((int) Math.min(-Math.log(1 - random.nextDouble()) * 900, WORDS - 1))).append(' ');
            }
            paragraphs.add(paragraph.toString());
        }
    }

    private String text(int count) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < count; i++) {
            text.append(paragraphs.get(random.nextInt(PARAGRAPHS))).append('\n');
        }
        return text.toString();
    }

    private void database(String path, double megabytes) throws IOException {
        Path file = place(path);
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file); Statement statement = connection.createStatement()) {
            statement.execute("PRAGMA journal_mode = OFF");
            statement.execute("PRAGMA synchronous = OFF");
            statement.execute("CREATE TABLE messages (id INTEGER PRIMARY KEY, at TEXT, body TEXT)");
            statement.execute("CREATE INDEX by_time ON messages (at)");
            connection.setAutoCommit(false);
            try (PreparedStatement insert = connection.prepareStatement("INSERT INTO messages (at, body) VALUES (?, ?)")) {
                long left = (long) (megabytes * 1e6);
                for (int i = 0; left > 0; i++) {
                    String body = text(3).substring(random.nextInt(200));
                    insert.setString(1, WRITTEN.plusSeconds(i).toString());
                    insert.setString(2, body);
                    insert.executeUpdate();
                    // A page of SQLite that holds long rows is full to about six sevenths, and the index takes some.
                    left -= body.length() * 117 / 100 + 90;
                }
            }
            connection.commit();
            connection.setAutoCommit(true);
            // As a program leaves it that works with a write-ahead log and was stopped in order.
            statement.execute("PRAGMA journal_mode = WAL");
            statement.execute("INSERT INTO messages (at, body) VALUES ('now', 'the last one')");
            statement.execute("PRAGMA wal_checkpoint(TRUNCATE)");
        } catch (SQLException e) {
            throw new BenchFailure("cannot make " + file + ": " + e.getMessage(), e);
        }
    }

    /** Writes files of pages that begin with so many random bytes and go on with what looks like records. */
    private void parts(String pattern, double megabytes, int randomInPage) throws IOException {
        long left = Math.max(1, (long) (megabytes * 1e6 / PAGE));
        byte[] page = new byte[PAGE];
        for (int i = randomInPage; i < PAGE; i++) {
            page[i] = (byte) (i % 16 == 0 ? i / 16 : 0);
        }
        byte[] noise = new byte[randomInPage];
        for (int part = 0; left > 0; part++) {
            try (OutputStream out = new java.io.BufferedOutputStream(Files.newOutputStream(place(pattern.formatted(part))), 1 << 20)) {
                for (int written = 0; written < STORE_PART && left > 0; written += PAGE, left--) {
                    random.nextBytes(noise);
                    System.arraycopy(noise, 0, page, 0, randomInPage);
                    out.write(page);
                }
            }
        }
    }

    private void write(String path, String text) throws IOException {
        Files.write(place(path), text.getBytes(StandardCharsets.UTF_8));
    }

    private Path place(String path) throws IOException {
        Path file = project().resolve(path);
        Files.createDirectories(file.getParent());
        return file;
    }

    private void settle() throws IOException {
        int i = 0;
        for (Map.Entry<String, Path> file : Trees.files(project()).entrySet()) {
            boolean narrow = file.getKey().contains("neo4j_data") || file.getKey().endsWith("token");
            Files.setPosixFilePermissions(file.getValue(), PosixFilePermissions.fromString(narrow ? "rw-------" : "rw-r--r--"));
            Files.setLastModifiedTime(file.getValue(), FileTime.from(WRITTEN.plusSeconds(i++)));
        }
    }

    private void link() throws IOException {
        for (Map.Entry<String, String> source : PLACES.entrySet()) {
            Path place = project().resolve(source.getValue());
            boolean identity = source.getKey().equals("entity_identity");
            List<Path> files;
            try (Stream<Path> walk = Files.walk(place, identity ? 1 : Integer.MAX_VALUE)) {
                files = walk.filter(Files::isRegularFile).sorted().toList();
            }
            for (Path file : files) {
                Path link = staged().resolve(source.getKey()).resolve(place.relativize(file));
                Files.createDirectories(link.getParent());
                Files.createLink(link, file);
            }
        }
    }
}
