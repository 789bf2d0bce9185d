package bench;

//SOURCES BenchFailure.java
//SOURCES Contest.java
//SOURCES DataSet.java
//SOURCES Machine.java
//SOURCES Report.java
//SOURCES Runner.java
//SOURCES Trees.java

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** What every part of the bench needs: where to work, how often to run, who takes part, and the archives of a data set, made once. */
public final class Workbench {
    /** Programs that people use instead, in the order of the tables. */
    public static final List<String> PEERS = List.of("tar", "gzip", "pigz", "zstd", "bsdtar", "restic", "borg", "python3");

    /** Bytes that stay free. */
    private static final long ROOM = 25L << 30;

    private static final long LARGE = 1 << 20;

    private static final String PYTHON = """
        # What a restore in one thread does: unpack to a temporary directory, then copy each file to its place.
        import os, shutil, sys, tarfile
        archive, scratch, target = sys.argv[1:]
        with tarfile.open(archive, 'r:gz') as tar:
            tar.extractall(scratch)
        for directory, _, names in os.walk(scratch):
            place = os.path.join(target, os.path.relpath(directory, scratch))
            os.makedirs(place, exist_ok=True)
            for name in names:
                shutil.copy2(os.path.join(directory, name), os.path.join(place, name))
        shutil.rmtree(scratch)
        """;

    final Path checkout;
    final Path work;
    final int runs;
    final double scale;
    final Runner runner;
    final Report report = new Report();
    final Consumer<String> progress;
    private final List<String> peers;
    private final Path repositories;
    private final Path discarded;
    private int count;
    private final String loadBefore = Machine.load();
    private final String commitBefore;

    /** Takes a directory of its own to work in, and the names of the peers that may take part. */
    public Workbench(Path checkout, Path work, int runs, double scale, List<String> wanted, Consumer<String> progress) {
        this.checkout = checkout;
        commitBefore = Machine.commit(checkout);
        this.work = work;
        this.runs = runs;
        this.scale = scale;
        this.progress = progress;
        runner = new Runner(work);
        peers = PEERS.stream().filter(wanted::contains).filter(peer -> Runner.onPath(peer) != null).toList();
        repositories = work.resolve("repositories");
        discarded = work.resolve("discarded");
        for (String needed : List.of("tar", "gzip", "sync")) {
            if (Runner.onPath(needed) == null) {
                throw new BenchFailure("There is no " + needed + " on PATH; without it no data set can be packed and compared");
            }
        }
    }

    /** Returns the report as far as it has come. */
    public String text() {
        String head = Machine.describe(checkout, work, peers, loadBefore, commitBefore) + "- Measured: " + (runs == 1 ? "1 run" : runs
            + " runs") + " in turns after one that does not count, medians; wall time around the process; " + runner.method()
            + "; peak of the largest process."
            + (runs < 5 ? " Issue 5 asks for 5 runs." : "") + (scale == 1 ? "" : "\n- Data at " + Report.number("%s", scale)
            + " of its size.") + "\n\n";
        return report.text(head, scale == 1);
    }

    /** Returns the directory to work in. */
    public Path directory() {
        return work;
    }

    /** Adds a paragraph or a heading to the report. */
    public void say(String paragraph) {
        report.say(paragraph);
    }

    /** Judges the memory that ours took on the smallest and on the largest data set, once all is measured. */
    public void judgePeaks() {
        report.peaks().forEach((data, peak) -> {
            if (data.equals("small") || data.equals("large")) {
                report.atMost("peak memory, " + (data.equals("small") ? "65 MB" : "3 GB") + ": at most 300 MB", 300, peak,
                    Report.number("%.0f MB, the most of all runs of ours", peak));
            }
        });
    }

    boolean has(String peer) {
        return peers.contains(peer);
    }

    /** Returns the command that runs a script of ours as its users do. */
    List<String> ours(String script, Object... arguments) {
        List<String> command = new ArrayList<>(List.of(checkout.resolve("jbang").toString(), script));
        Arrays.stream(arguments).forEach(argument -> command.add(argument.toString()));
        return command;
    }

    /** Returns a command of the shell in which {@code $1}, {@code $2} ... are the arguments, whatever characters they are made of. */
    static List<String> shell(String line, Object... arguments) {
        List<String> command = new ArrayList<>(List.of("sh", "-c", line, "sh"));
        Arrays.stream(arguments).forEach(argument -> command.add(argument.toString()));
        return command;
    }

    /** Returns an indexed archive of a data set, written by our own backup: gzip or zstd. */
    Path indexed(DataSet data, String compression) {
        Path directory = data.directory().resolve("archive-" + compression);
        make(directory, data.kind().name() + " with backup_pps, " + compression, unfinished -> runner.run(ours("backup_pps.java",
            "--project-root",
            data.project(), "--backup-dir", unfinished, "--no-containers", "--compression", compression), work, Map.of()));
        return only(directory);
    }

    /** Returns an archive as the original Python tools make it: one gzip stream, the sources as top-level directories, no index. */
    Path plain(DataSet data) {
        Path archive = data.directory().resolve("pps_backup_20260106_040000.tar.gz");
        return make(archive, data.kind().name() + " with tar -cz", unfinished -> {
            try {
                Path list = Files.write(data.directory().resolve("list"), data.byArchive().keySet());
                runner.run(List.of("tar", "-czf", unfinished.toString(), "-C", data.staged().toString(), "--no-recursion", "-T",
                    list.toString()), work, Map.of());
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }

    /** Returns the script that stands in for the original tool's restore. */
    Path python() {
        try {
            return Files.writeString(work.resolve("extract_then_copy.py"), PYTHON);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Returns the interpreter itself, because a version manager's stand-in for it takes time of its own. */
    static String pythonItself() {
        String said = Runner.said(List.of("python3", "-c", "import sys; print(sys.executable)"));
        return said.startsWith("/") ? said : "python3";
    }

    Map<String, String> resticEnvironment() {
        Map<String, String> environment = new LinkedHashMap<>();
        environment.put("RESTIC_PASSWORD", "bench");
        environment.put("RESTIC_CACHE_DIR", repositories.resolve("restic-cache").toString());
        return environment;
    }

    Map<String, String> borgEnvironment() {
        return Map.of("BORG_BASE_DIR", repositories.resolve("borg-base").toString(), "BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK", "yes",
            "BORG_RELOCATED_REPO_ACCESS_IS_OK", "yes");
    }

    void resticInit(Path repository) {
        Trees.delete(repository);
        runner.run(List.of("restic", "-q", "-r", repository.toString(), "init"), work, resticEnvironment());
    }

    void borgInit(Path repository) {
        Trees.delete(repository);
        Trees.fresh(repositories.resolve("borg-base"));
        runner.run(List.of("borg", "init", "-e", "none", repository.toString()), work, borgEnvironment());
    }

    /** Returns a repository of restic with the data set in it as one snapshot. */
    Path restic(DataSet data) {
        Path repository = data.directory().resolve("restic");
        return make(repository, data.kind().name() + " with restic", unfinished -> {
            resticInit(unfinished);
            runner.run(List.of("restic", "-q", "-r", unfinished.toString(), "backup", data.staged().toString()), work, resticEnvironment());
        });
    }

    /** Returns a repository of borg with the data set in it as the archive {@code a}. */
    Path borg(DataSet data) {
        Path repository = data.directory().resolve("borg");
        return make(repository, data.kind().name() + " with borg", unfinished -> {
            borgInit(unfinished);
            runner.run(List.of("borg", "create", unfinished + "::a", "."), data.staged(), borgEnvironment());
        });
    }

    /** Makes what is not there yet, under another name first: after Ctrl-C, half an archive must not be taken for one by the next run. */
    private Path make(Path wanted, String what, Consumer<Path> maker) {
        if (!Files.exists(wanted)) {
            progress.accept("packing " + what);
            Path unfinished = wanted.resolveSibling("unfinished-" + wanted.getFileName());
            Trees.delete(unfinished);
            maker.accept(unfinished);
            try {
                Files.move(unfinished, wanted);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return wanted;
    }

    /** Takes away what an older commit of ours may have packed, and a run with {@code --keep} left there. */
    public void forgetOurArchives(DataSet data) {
        List.of("gzip", "zstd").forEach(compression -> Trees.delete(data.directory().resolve("archive-" + compression)));
    }

    /**
     * Takes a result out of the way. To delete it at once would slow down whoever runs next: for minutes ext4 gives no deleted file's place
     * in its tables to a new file, and looks through all of them for each (creating 50,000 files took tar 1.5 s, and 25 s after as many had
     * been deleted). So results are deleted only when room is needed, or in the end; but they may not fill the page cache either, which
     * would be taken from them again, page by page, while the next one writes.
     */
    public void discard(Path result) {
        if (!Files.exists(result)) {
            return;
        }
        try {
            Files.createDirectories(discarded);
            Path place = Files.move(result, discarded.resolve(String.valueOf(count++)));
            Runner.said(List.of("sync"));
            for (Path file : Files.isDirectory(place) ? Trees.files(place).values() : List.of(place)) {
                if (Trees.size(file) >= LARGE) {
                    Runner.said(List.of("dd", "if=" + file, "iflag=nocache", "count=0", "status=none"));
                }
            }
            if (Files.getFileStore(work).getUsableSpace() < ROOM) {
                Trees.delete(discarded);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Returns where discarded results are. */
    public Path discarded() {
        return discarded;
    }

    /** Returns the one archive in a backup directory. */
    static Path only(Path directory) {
        try (Stream<Path> files = Files.list(directory)) {
            List<Path> archives = files.filter(file -> file.getFileName().toString().startsWith("pps_backup_")).toList();
            if (archives.size() != 1) {
                throw new BenchFailure("There should be one backup in " + directory + ", and there are " + archives.size());
            }
            return archives.get(0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
