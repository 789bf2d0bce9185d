package pps;

//SOURCES ArchiveReader.java
//SOURCES Archived.java
//SOURCES Coverage.java
//SOURCES Durable.java
//SOURCES Failure.java
//SOURCES Listener.java
//SOURCES Places.java
//SOURCES Reason.java
//SOURCES SafeText.java
//SOURCES SourceMap.java
//SOURCES SqliteCheck.java

import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Unpacks only the SQLite databases of an archive, into a private scratch directory under numbers instead of their names, to open them.
 * Closing it removes the scratch directory.
 */
final class DatabaseExtraction implements ArchiveReader.Receiver, AutoCloseable {
    private final SourceMap map;
    private final boolean isOwnSafetyBackup;
    private final Path scratch;
    private final Map<String, Path> files = new LinkedHashMap<>();
    private final Map<Archived, Path> databases = new LinkedHashMap<>();

    /** @param isOwnSafetyBackup see {@link ArchiveReader.Receiver#isOwnSafetyBackup} */
    DatabaseExtraction(SourceMap map, boolean isOwnSafetyBackup) {
        this.map = map;
        this.isOwnSafetyBackup = isOwnSafetyBackup;
        try {
            // Private by the JDK's own promise for temporary directories.
            scratch = Files.createTempDirectory("pps-validate-");
        } catch (IOException e) {
            throw Failure.of(ExitCode.FAILED, "Cannot create a temporary directory: " + Reason.of(e)).because(e);
        }
    }

    @Override
    public boolean isOwnSafetyBackup() {
        return isOwnSafetyBackup;
    }

    /** Opens the databases and returns those that are not whole, with what is wrong. */
    Map<Archived, String> problems(Listener listener) {
        Map<Archived, String> problems = new LinkedHashMap<>();
        SqliteCheck check = new SqliteCheck(scratch);
        databases.forEach((entry, file) -> {
            listener.checkInterrupted();
            try {
                Optional<String> problem = check.problem(file);
                problem.ifPresent(what -> problems.put(entry, what));
            } catch (IOException e) {
                throw Failure.of(ExitCode.FAILED, "Cannot check '" + SafeText.quote(entry.name()) + "': " + Reason.of(e)).because(e);
            }
        });
        return problems;
    }

    @Override
    public boolean wants(String source) {
        return true;
    }

    @Override
    public OutputStream file(Archived file) {
        String database = Coverage.databaseOf(file.path());
        Path beside = database == null ? null : files.get(file.source() + "/" + database);
        List<String> include = map.resolve(file.source(), SourceMap.DEFAULT_ENTITY).map(SourceMap.Source::include).orElse(List.of());
        boolean expected = SqliteCheck.shouldBeDatabase(file.path(), include);
        Path target = beside != null ? beside.resolveSibling(beside.getFileName() + file.path().substring(database.length()))
            : scratch.resolve(String.valueOf(files.size()));
        return new Sniffing(file, target, expected || beside != null);
    }

    @Override
    public void other(Archived entry) {
        // neither directories nor links are databases
    }

    @Override
    public void copy(Archived file, Archived earlier) {
        // the same content has been looked at under its first name
    }

    @Override
    public void close() {
        try {
            Places.deleteTree(scratch);
        } catch (IOException e) {
            throw Failure.of(ExitCode.FAILED, "Cannot remove " + SafeText.quote(scratch) + ": " + Reason.of(e)).because(e);
        }
    }

    /** Writes a file only when it is expected to be a database or begins like one. */
    private final class Sniffing extends OutputStream {
        private final Archived file;
        private final Path target;
        private OutputStream out;
        private boolean decided;

        Sniffing(Archived file, Path target, boolean wanted) {
            this.file = file;
            this.target = target;
            if (wanted) {
                open();
            }
        }

        private void open() {
            try {
                out = Channels.newOutputStream(Durable.createPrivate(target));
                decided = true;
                files.put(file.name(), target);
                if (Coverage.databaseOf(file.path()) == null) {
                    databases.put(file, target);
                }
            } catch (IOException e) {
                throw failure(e);
            }
        }

        @Override
        public void write(int b) {
            write(new byte[] {(byte) b}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) {
            if (!decided) {
                decided = true;
                if (SqliteCheck.isDatabase(bytes, offset, length)) {
                    open();
                }
            }
            if (out != null) {
                try {
                    out.write(bytes, offset, length);
                } catch (IOException e) {
                    throw failure(e);
                }
            }
        }

        @Override
        public void close() {
            try {
                if (out != null) {
                    out.close();
                }
            } catch (IOException e) {
                throw failure(e);
            }
        }

        private Failure failure(IOException e) {
            return Failure.of(ExitCode.FAILED, "Cannot unpack '" + SafeText.quote(file.name()) + "' into " + SafeText.quote(scratch) + ": "
                + Reason.of(e)).next("TMPDIR has to have room for the databases; set -Djava.io.tmpdir=DIR through JDK_JAVA_OPTIONS").because(e);
        }
    }
}
