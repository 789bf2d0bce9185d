package bench;

//SOURCES Contest.java
//SOURCES DataSet.java
//SOURCES ReadBytes.java
//SOURCES Report.java
//SOURCES Trees.java
//SOURCES Workbench.java

import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;

/** Restores of everything: into an empty place from each kind of archive, and over a project that is there. */
public final class RestoreBench {
    /** The manifest and the index of an archive, which tar unpacks as files beside the sources. */
    static final Predicate<String> BESIDE_THE_SOURCES = path -> !path.contains("/");
    /** What a restore of ours leaves in the project: the safety backup. */
    static final Predicate<String> OUR_OWN = path -> path.startsWith("work/");
    /** Where a database has a counter of its changes, which means nothing while nobody has it open. */
    private static final int CHANGED_BYTE = 27;

    private final Workbench bench;
    private final DataSet data;
    private final Path result;

    /** Measures restores of a data set. */
    public RestoreBench(Workbench bench, DataSet data) {
        this.bench = bench;
        this.data = data;
        result = bench.work.resolve("result");
    }

    /** Restores an indexed archive of gzip members, as our backup writes it. */
    public void indexed() {
        Path archive = bench.indexed(data, "gzip");
        Contest contest = contest("indexed .tar.gz");
        ours(contest, archive);
        peersOfGzip(contest, archive);
        repositories(contest);
        Map<String, Contest.Row> rows = show(contest, "A restore of everything from an indexed .tar.gz (" + size(archive) + ")", "tar -xzf");
        String name = data.kind().name();
        if (name.equals("standard")) {
            bench.report.ratioAtMost("full restore, 740 MB, indexed: at most 0.45 of `tar -xzf`", 0.45, rows.get("ours"), rows.get("tar -xzf"));
            bench.report.ratioAtMost("full restore, 740 MB, indexed: not slower than `restic restore`", 1, rows.get("ours"),
                rows.get("restic restore"));
        } else if (name.equals("files")) {
            bench.report.ratioAtMost("50,000 small files: not slower than `tar -xzf`", 1, rows.get("ours"), rows.get("tar -xzf"));
        }
    }

    /** Restores an archive as the original Python tools write it. */
    public void plain() {
        Path archive = bench.plain(data);
        Contest contest = contest("plain .tar.gz");
        ours(contest, archive);
        peersOfGzip(contest, archive);
        if (bench.has("python3")) {
            Path scratch = bench.work.resolve("scratch");
            peer(contest, "Python, extract then copy", archive, List.of(Workbench.pythonItself(), bench.python().toString(), archive.toString(),
                scratch.toString(), result.toString()));
        }
        Map<String, Contest.Row> rows = show(contest, "A restore of everything from a plain .tar.gz of one stream (" + size(archive)
            + ")", "tar -xzf");
        if (data.kind().name().equals("standard")) {
            bench.report.ratioAtMost("full restore, plain archive: at most 0.75 of `tar -xzf`", 0.75, rows.get("ours"), rows.get("tar -xzf"));
            bench.report.ratioAtMost("full restore, plain archive: at most 0.4 of Python's", 0.4, rows.get("ours"),
                rows.get("Python, extract then copy"));
        }
    }

    /** Restores an indexed archive of zstd frames. */
    public void zstd() {
        Path archive = bench.indexed(data, "zstd");
        Contest contest = contest(".tar.zst");
        ours(contest, archive);
        if (bench.has("zstd")) {
            peer(contest, "tar --zstd -x", archive, List.of("tar", "--zstd", "-xf", archive.toString(), "-C", result.toString()));
        }
        if (bench.has("bsdtar")) {
            peer(contest, "bsdtar -x", archive, List.of("bsdtar", "-xpf", archive.toString(), "-C", result.toString()));
        }
        Map<String, Contest.Row> rows = show(contest, "A restore of everything from an indexed .tar.zst (" + size(archive) + ")",
            "tar --zstd -x");
        if (data.kind().name().equals("standard")) {
            bench.report.ratioAtMost("zstd archive: at most 1.3 of `tar --zstd -x`, digests verified", 1.3, rows.get("ours"),
                rows.get("tar --zstd -x"));
        }
    }

    /** Restores over a project of which every file differs, so that all of it goes into a safety backup. */
    public void over() {
        Path archive = bench.indexed(data, "gzip");
        Contest contest = contest("over a project");
        contest.add("ours, with safety backup", bench.ours("restore_pps.java", "--backup", archive, "--project-root", result, "--yes",
            "--no-containers")).before(() -> live(data.project(), archive)).after(thorough -> {
                Trees.requireSame(data.byPlace(), result, OUR_OWN, "ours");
                return taken();
            });
        contest.add("ours, --no-safety-backup", bench.ours("restore_pps.java", "--backup", archive, "--project-root", result, "--yes",
            "--no-containers", "--no-safety-backup")).before(() -> live(data.project(), archive)).after(thorough -> {
                Trees.requireSame(data.byPlace(), result, OUR_OWN, "ours");
                return taken();
            });
        if (bench.has("pigz")) {
            Path safety = bench.work.resolve("safety.tar.gz");
            contest.add("tar -I pigz -c, then tar -I pigz -x",
                Workbench.shell("tar -I pigz -cf \"$1\" -C \"$2\" . && tar -I pigz -xf \"$3\" -C \"$2\"",
                safety, result, archive)).before(() -> live(data.staged(), archive)).after(thorough -> {
                    Trees.requireSame(data.byArchive(), result, BESIDE_THE_SOURCES, "tar over a project");
                    long bytes = Trees.size(safety);
                    Trees.delete(safety);
                    return bytes + taken();
                });
        }
        show(contest, "A restore over a project of which every file differs", "tar -I pigz -c, then tar -I pigz -x");
    }

    /** Restores the crystals alone, and counts what is read of the archive for that. */
    public void crystals() {
        Path archive = bench.indexed(data, "gzip");
        Map<String, Path> wanted = new TreeMap<>(data.byPlace());
        wanted.keySet().removeIf(path -> !path.startsWith("entities/lyra/crystals/"));
        Map<String, Path> staged = new TreeMap<>(data.byArchive());
        staged.keySet().removeIf(path -> !path.startsWith("crystals/"));
        List<String> command = new ArrayList<>(restore(archive));
        command.addAll(List.of("--only", "crystals"));
        Contest contest = contest("--only crystals");
        contest.add("ours --help", bench.ours("restore_pps.java", "--help"));
        contest.add("ours", command).before(() -> empty(archive)).after(thorough -> {
            Trees.requireSame(wanted, result, OUR_OWN, "ours --only crystals");
            return taken();
        });
        contest.add("tar -xzf, crystals alone", "tar", "-xzf", archive.toString(), "-C", result.toString(),
            "crystals").before(() -> empty(archive)).after(thorough -> {
                Trees.requireSame(staged, result, BESIDE_THE_SOURCES, "tar");
                return taken();
            });
        if (bench.has("restic")) {
            Path repository = bench.restic(data);
            contest.add("restic restore --include", "restic", "-q", "-r", repository.toString(), "restore", "latest", "--target",
                result.toString(),
                "--include", data.staged().resolve("crystals").toString()).env(bench.resticEnvironment()).before(() -> empty(repository)).after(thorough -> {
                    Trees.requireSame(staged, inRestic(), BESIDE_THE_SOURCES, "restic");
                    return taken();
                });
        }
        Map<String, Contest.Row> rows = show(contest, "The crystals alone from an indexed .tar.gz (" + size(archive) + ")",
            "tar -xzf, crystals alone");
        double more = rows.get("ours").wall() - rows.get("ours --help").wall();
        boolean large = data.kind().name().equals("large");
        if (large) {
            bench.report.atMost("`--only crystals` of 3 GB: under 1 s more than `--help`", 1, more, Report.number("%.2f s more", more));
        }
        empty(archive);
        long read = new ReadBytes(bench).of(archive, command);
        if (read < 0) {
            bench.report.say("Bytes read of the archive: not measured, strace is not installed or may not trace.");
        } else {
            double percent = 100.0 * read / Trees.size(archive);
            String words = Report.number("%s of %s, %.2f %%", Report.megabytes(read), size(archive), percent);
            bench.report.say("Bytes that ours read of the archive, by strace in a run of its own: " + words + ".");
            if (large) {
                bench.report.atMost("`--only crystals` of 3 GB: reads under 2 % of the file", 2, percent, words);
            }
        }
        Trees.delete(result);
    }

    private Contest contest(String what) {
        return new Contest(data.kind().name() + ", " + what, bench.work);
    }

    private Map<String, Contest.Row> show(Contest contest, String heading, String baseline) {
        Map<String, Contest.Row> rows = contest.run(bench.runner, bench.runs, bench.progress);
        bench.report.say("#### " + heading);
        bench.report.table(rows.values(), baseline, "result");
        rows.values().stream().filter(row -> row.name().startsWith("ours")).forEach(row -> bench.report.peak(data.kind().name(), row));
        return rows;
    }

    private List<String> restore(Path archive) {
        return bench.ours("restore_pps.java", "--backup", archive, "--project-root", data.project(), "--target", result, "--yes",
            "--no-containers");
    }

    private void ours(Contest contest, Path archive) {
        contest.add("ours", restore(archive)).before(() -> empty(archive)).after(thorough -> {
            Trees.requireSame(data.byPlace(), result, OUR_OWN, "ours");
            return taken();
        });
    }

    private void peersOfGzip(Contest contest, Path archive) {
        peer(contest, "tar -xzf", archive, List.of("tar", "-xzf", archive.toString(), "-C", result.toString()));
        if (bench.has("pigz")) {
            peer(contest, "tar -I pigz -x", archive, List.of("tar", "-I", "pigz", "-xf", archive.toString(), "-C", result.toString()));
        }
        if (bench.has("bsdtar")) {
            peer(contest, "bsdtar -xzf", archive, List.of("bsdtar", "-xzpf", archive.toString(), "-C", result.toString()));
        }
    }

    private void repositories(Contest contest) {
        if (bench.has("restic")) {
            Path repository = bench.restic(data);
            contest.add("restic restore", "restic", "-q", "-r", repository.toString(), "restore", "latest", "--target", result.toString())
                .env(bench.resticEnvironment()).before(() -> empty(repository)).after(thorough -> {
                    Trees.requireSame(data.byArchive(), inRestic(), BESIDE_THE_SOURCES, "restic");
                    return taken();
                });
        }
        if (bench.has("borg")) {
            Path repository = bench.borg(data);
            peer(contest, "borg extract", repository, List.of("borg", "extract", repository + "::a")).env(bench.borgEnvironment()).in(result);
        }
    }

    /** restic restores below the whole path that was backed up. */
    private Path inRestic() {
        return result.resolve(Path.of("/").relativize(data.staged()));
    }

    private Contest.Contestant peer(Contest contest, String name, Path from, List<String> command) {
        return contest.add(name, command).before(() -> empty(from)).after(thorough -> {
            Trees.requireSame(data.byArchive(), result, BESIDE_THE_SOURCES, name);
            return taken();
        });
    }

    private void empty(Path from) {
        bench.discard(result);
        Trees.fresh(result);
        Trees.delete(bench.work.resolve("scratch"));
        Trees.warm(from);
    }

    private long taken() {
        long bytes = Trees.bytes(result);
        bench.discard(result);
        return bytes;
    }

    /** Makes a project that was good once: the same files, one byte of each changed. */
    private void live(Path good, Path archive) {
        Trees.delete(result);
        bench.runner.run(List.of("cp", "-a", good.toString(), result.toString()), bench.work, Map.of());
        Trees.files(result).values().forEach(RestoreBench::change);
        try {
            Files.createDirectories(result.resolve("pps/docker"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Trees.warm(archive);
    }

    /** Changes one byte of a file. */
    static void change(Path file) {
        try (RandomAccessFile open = new RandomAccessFile(file.toFile(), "rw")) {
            long at = Math.min(CHANGED_BYTE, open.length() - 1);
            open.seek(at);
            int old = open.read();
            open.seek(at);
            open.write(old ^ 1);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String size(Path archive) {
        return Report.megabytes(Trees.size(archive));
    }
}
