package pps;

//SOURCES ArchiveReader.java
//SOURCES Archived.java
//SOURCES Contents.java
//SOURCES Coverage.java
//SOURCES Durable.java
//SOURCES Failure.java
//SOURCES FileFacts.java
//SOURCES Listener.java
//SOURCES LiveFiles.java
//SOURCES Manifest.java
//SOURCES Ownership.java
//SOURCES PlainEntity.java
//SOURCES Places.java
//SOURCES Plan.java
//SOURCES Reason.java
//SOURCES Room.java
//SOURCES SafeText.java
//SOURCES Selection.java
//SOURCES Settling.java
//SOURCES SourceMap.java
//SOURCES SqliteCheck.java
//SOURCES StagedFile.java

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * The restored files, complete and checked, beside their destination, before anything live is touched. It takes the archive's content
 * while the archive is read, so that the bytes which are checked, compared and shown in the plan are the very ones that go live.
 */
final class Staging implements ArchiveReader.Receiver, AutoCloseable {
    private final Path projectRoot;
    private final SourceMap map;
    private final Selection selection;
    private final Places places;
    private final Consumer<Path> usesArea;
    private final boolean isOwnSafetyBackup;
    private final Listener listener;
    private final Ownership ownership = new Ownership();
    private final Settling settling;
    private final Map<Path, FileStore> fileSystems = new HashMap<>();
    private final Room room = new Room();
    private final Map<String, SourceMap.Source> sources = new HashMap<>();
    private Optional<Manifest> manifest = Optional.empty();
    private final Map<String, Path> tops = new LinkedHashMap<>();
    private final Map<Path, Archived> firstBelow = new HashMap<>();

    /**
     * @param usesArea told of each area before the first file is put there, so that a kill leaves none that nobody knows of
     * @param scratch a private directory for SQLite
     * @param isOwnSafetyBackup see {@link ArchiveReader.Receiver#isOwnSafetyBackup}
     */
    Staging(Path projectRoot, SourceMap map, Selection selection, Places places, Consumer<Path> usesArea, Path scratch,
            boolean isOwnSafetyBackup, Listener listener) {
        this.projectRoot = projectRoot;
        this.map = map;
        this.selection = selection;
        this.places = places;
        this.usesArea = usesArea;
        this.isOwnSafetyBackup = isOwnSafetyBackup;
        this.listener = listener;
        this.settling = new Settling(scratch, listener);
    }

    /** Returns the directory that the files of a source were staged in, whether or not there were any. */
    Path top(String source) {
        return tops.computeIfAbsent(source, name -> {
            Path area = places.areaFor(LiveFiles.realPath(projectRoot.resolve(source(name).path())));
            usesArea.accept(area);
            return area.resolve("staged").resolve(name);
        });
    }

    private SourceMap.Source source(String name) {
        return sources.computeIfAbsent(name, one -> map.resolve(one, PlainEntity.of(projectRoot, selection.entity(), map, manifest, List.of(one)))
            .orElseThrow());
    }

    @Override
    public void manifest(Manifest read) {
        manifest = Optional.of(read);
    }

    @Override
    public boolean wants(String source) {
        return selection.wants(source, map);
    }

    @Override
    public boolean checksAll() {
        return selection.equals(Selection.ALL);
    }

    @Override
    public boolean isOwnSafetyBackup() {
        return isOwnSafetyBackup;
    }

    @Override
    public boolean checksWholeDigests() {
        return false;
    }

    @Override
    public OutputStream file(Archived file) {
        try {
            Path target = place(file);
            room.require(file, fileSystem(file.source(), target.getParent()), target.getParent());
            boolean mayBeDatabase = Coverage.databaseOf(file.path()) == null;
            boolean expected = mayBeDatabase && SqliteCheck.shouldBeDatabase(file.path(), source(file.source()).include());
            return new StagedFile(target, file, ownership, begins -> settling.take(target, file.size(),
                expected || mayBeDatabase && SqliteCheck.isDatabase(begins, 0, begins.length)));
        } catch (IOException e) {
            throw failure(file, e);
        }
    }

    @Override
    public void other(Archived entry) {
        try {
            if (entry.kind() == Archived.Kind.DIRECTORY) {
                Durable.createPrivateDirectories(entry.path().isEmpty() ? top(entry.source()) : LiveFiles.place(top(entry.source()), entry));
            } else {
                Path target = place(entry);
                Files.createSymbolicLink(target, Path.of(entry.linkTarget()));
                ownership.apply(target, entry.uid(), entry.gid(), entry.mode(), null, true);
            }
        } catch (IOException | InvalidPathException e) {
            throw failure(entry, e);
        }
    }

    @Override
    public void copy(Archived file, Archived earlier) {
        try (OutputStream out = file(file)) {
            Files.copy(top(earlier.source()).resolve(earlier.path()), out);
        } catch (IOException e) {
            throw failure(file, e);
        }
    }

    /** To find it takes the kernel's list of all mounts, too much for each of many small files; below a source's top there is only one. */
    private FileStore fileSystem(String source, Path directory) throws IOException {
        Path top = top(source);
        if (!fileSystems.containsKey(top)) {
            fileSystems.put(top, Files.getFileStore(directory));
        }
        return fileSystems.get(top);
    }

    private Path place(Archived entry) throws IOException {
        Path target = LiveFiles.place(top(entry.source()), entry);
        if (!Files.isDirectory(target.getParent(), LinkOption.NOFOLLOW_LINKS)) {
            Durable.createPrivateDirectories(target.getParent());
        }
        for (Path up = target.getParent(); firstBelow.putIfAbsent(up, entry) == null && !up.equals(top(entry.source())); ) {
            up = up.getParent();
        }
        return target;
    }

    /**
     * Completes the staging once the archive is known to be good: waits until every database was opened, gives directories their owner and
     * mode, and brings everything to the disk. Throws {@link Failure} ({@link ExitCode#BAD_BACKUP}) for a damaged database.
     *
     * @param undo whether what a restore replaced is put back, also when it was broken; an archive's own word is not enough for that
     */
    void complete(Plan plan, boolean undo) {
        Contents contents = plan.contents();
        for (Plan.OfSource source : plan.sources()) {
            Set<String> logged = new HashSet<>();
            contents.of(source.source().name()).forEach(entry -> logged.add(Coverage.databaseOf(entry.path())));
            for (Archived entry : contents.of(source.source().name())) {
                listener.checkInterrupted();
                checkDatabase(entry, logged.contains(entry.path()), undo);
            }
        }
        plan.sources().forEach(source -> finishDirectories(source, contents));
        settling.sync();
        ownership.report(listener);
    }

    private void checkDatabase(Archived entry, boolean logged, boolean undo) {
        Path staged = top(entry.source()).resolve(entry.path());
        if (entry.kind() != Archived.Kind.FILE || !settling.opens(staged)) {
            return;
        }
        try {
            Optional<String> problem = settling.problem(staged, logged);
            if (problem.isPresent() && undo) {
                listener.warning("What the restore replaced was broken already: '" + SafeText.quote(entry.name()) + "' " + problem.get());
            } else if (problem.isPresent()) {
                throw Failure.of(ExitCode.BAD_BACKUP, "In the backup, '" + SafeText.quote(entry.name()) + "' " + problem.get())
                    .state("Nothing was touched.")
                    .next("Try an older backup, or leave this source out: --skip " + SafeText.quote(entry.source()));
            } else {
                listener.detail("'" + SafeText.quote(entry.name()) + "' opens, integrity_check ok");
            }
        } catch (SqliteCheck.NotInFull e) {
            listener.warning("In the backup, '" + SafeText.quote(entry.name()) + "' " + e.getMessage());
        } catch (IOException e) {
            throw failure(entry, e);
        }
    }

    /** Ends what is still done with staged files; nothing writes to the areas any more then. */
    @Override
    public void close() {
        settling.close();
    }

    /**
     * Gives the directories of a unit their owner, mode and time: as the archive has them, else those of the live directory in the same
     * place, else the owner of the first file below, so that a database can write where its files lie.
     */
    private void finishDirectories(Plan.OfSource plan, Contents contents) {
        Path top = top(plan.source().name());
        try {
            Durable.createPrivateDirectories(top);
            TreeMap<Path, Archived> archived = new TreeMap<>(Comparator.reverseOrder());
            for (Archived entry : contents.of(plan.source().name())) {
                if (entry.kind() == Archived.Kind.DIRECTORY) {
                    archived.put(top.resolve(entry.path()).normalize(), entry);
                }
            }
            Set<Path> all = new HashSet<>(firstBelow.keySet().stream().filter(d -> d.startsWith(top)).toList());
            all.addAll(archived.keySet());
            all.add(top);
            for (Path directory : all.stream().sorted(Comparator.reverseOrder()).toList()) {
                Path live = plan.destination().resolve(top.relativize(directory).toString());
                Archived entry = archived.get(directory);
                if (entry != null) {
                    ownership.apply(directory, entry.uid(), entry.gid(), entry.mode(), entry.modified(), false);
                } else if (Files.isDirectory(live, LinkOption.NOFOLLOW_LINKS)) {
                    FileFacts facts = FileFacts.of(live);
                    ownership.apply(directory, facts.uid(), facts.gid(), facts.mode(), null, false);
                } else {
                    Archived first = firstBelow.get(directory);
                    FileFacts now = FileFacts.of(directory);
                    ownership.apply(directory, first == null ? now.uid() : first.uid(), first == null ? now.gid() : first.gid(), 0755,
                        null, false);
                }
                Durable.syncDirectory(directory);
            }
        } catch (IOException e) {
            throw Failure.of(ExitCode.FAILED, "Cannot complete " + SafeText.quote(top) + ": " + Reason.of(e)).state("Nothing was touched.")
                .because(e);
        }
    }

    static Failure failure(Archived entry, Exception e) {
        if (e instanceof FileAlreadyExistsException) {
            return Failure.of(ExitCode.BAD_BACKUP, "The backup is refused: two of its names are one on this file system: '"
                + SafeText.quote(entry.name()) + "'").state("Nothing was touched.").because(e);
        }
        return Failure.of(ExitCode.FAILED, "Cannot stage '" + SafeText.quote(entry.name()) + "': " + Reason.of(e))
            .state("Nothing was touched.").because(e);
    }
}
