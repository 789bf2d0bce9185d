package bench;

//SOURCES Contest.java
//SOURCES DataSet.java
//SOURCES Report.java
//SOURCES RestoreBench.java
//SOURCES Trees.java
//SOURCES Workbench.java

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** Backups of a whole project that nothing runs on. */
public final class BackupBench {
    private final Workbench bench;
    private final DataSet data;
    private final Path result;
    private final Path unpacked;

    /** Measures backups of a data set. */
    public BackupBench(Workbench bench, DataSet data) {
        this.bench = bench;
        this.data = data;
        result = bench.work.resolve("packed");
        unpacked = bench.work.resolve("unpacked");
    }

    /** Packs with gzip. */
    public void gzip() {
        Contest contest = new Contest(data.kind().name() + ", backup, gzip", bench.work);
        ours(contest, "gzip");
        // One stream in one thread takes minutes for gigabytes, and who has them does not use it.
        boolean large = data.bytes() > 2e9;
        if (!large) {
            tar(contest, "tar -czf", "tar -C \"$1\" -czf \"$2\" .");
        }
        if (bench.has("pigz")) {
            tar(contest, "tar | pigz", "tar -C \"$1\" -cf - . | pigz >\"$2\"");
        }
        if (bench.has("bsdtar") && !large) {
            tar(contest, "bsdtar -czf", "bsdtar -C \"$1\" -czf \"$2\" .");
        }
        Map<String, Contest.Row> rows = show(contest, "A backup with gzip", "tar | pigz");
        Contest.Row ours = rows.get("ours");
        Contest.Row pigz = rows.get("tar | pigz");
        if (data.kind().name().equals("standard") && pigz != null) {
            bench.report.ratioAtMost("backup, gzip: not slower than `tar | pigz`", 1, ours, pigz);
            double size = (double) ours.bytes() / pigz.bytes();
            bench.report.atMost("backup, gzip: size within 2 % of `tar | pigz`", 1.02, size, Report.number("%.3f: %s to %s", size,
                Report.megabytes(ours.bytes()), Report.megabytes(pigz.bytes())));
        }
    }

    /** Packs with zstd, and with the tools that keep repositories of chunks, which use zstd and LZ4. */
    public void zstd() {
        Contest contest = new Contest(data.kind().name() + ", backup, zstd", bench.work);
        ours(contest, "zstd");
        if (bench.has("zstd")) {
            tar(contest, "tar | zstd -T0", "tar -C \"$1\" -cf - . | zstd -q -T0 >\"$2\"");
        }
        if (bench.has("restic")) {
            contest.add("restic backup, new repository", "restic", "-q", "-r", result.toString(), "backup", data.staged().toString())
                .env(bench.resticEnvironment()).before(() -> bench.resticInit(result)).after(this::afterRestic);
        }
        if (bench.has("borg")) {
            contest.add("borg create, new repository", "borg", "create", result + "::a", ".").in(data.staged()).env(bench.borgEnvironment())
                .before(() -> bench.borgInit(result)).after(this::afterBorg);
        }
        Map<String, Contest.Row> rows = show(contest, "A backup with zstd, and into repositories", "tar | zstd -T0");
        if (data.kind().name().equals("standard")) {
            bench.report.ratioAtMost("backup, zstd: at most 1.3 of `tar | zstd -T0`", 1.3, rows.get("ours"), rows.get("tar | zstd -T0"));
        }
    }

    private Map<String, Contest.Row> show(Contest contest, String heading, String baseline) {
        Map<String, Contest.Row> rows = contest.run(bench.runner, bench.runs, bench.progress);
        bench.report.say("#### " + heading);
        bench.report.table(rows.values(), baseline, "written");
        bench.report.peak(data.kind().name(), rows.get("ours"));
        return rows;
    }

    private void ours(Contest contest, String compression) {
        contest.add("ours", bench.ours("backup_pps.java", "--project-root", data.project(), "--backup-dir", result, "--no-containers",
            "--compression", compression)).before(this::fresh).after(thorough -> {
                Path archive = Workbench.only(result);
                if (thorough) {
                    unpack(List.of("tar", "-xf", archive.toString(), "-C", unpacked.toString()), Map.of(), unpacked, data.byArchive(),
                        "our backup");
                }
                return taken();
            });
    }

    private void tar(Contest contest, String name, String line) {
        Path archive = result.resolve("archive");
        contest.add(name, Workbench.shell(line, data.project(), archive)).before(this::fresh).after(thorough -> {
            if (thorough) {
                unpack(List.of("tar", "-xf", archive.toString(), "-C", unpacked.toString()), Map.of(), unpacked, data.byPlace(), name);
            }
            return taken();
        });
    }

    private long afterRestic(boolean thorough) {
        if (thorough) {
            unpack(List.of("restic", "-q", "-r", result.toString(), "restore", "latest", "--target", unpacked.toString()),
                bench.resticEnvironment(),
                unpacked.resolve(Path.of("/").relativize(data.staged())), data.byArchive(), "restic backup");
        }
        return taken();
    }

    private long afterBorg(boolean thorough) {
        if (thorough) {
            unpack(List.of("borg", "extract", result + "::a"), bench.borgEnvironment(), unpacked, data.byArchive(), "borg create");
        }
        return taken();
    }

    private void unpack(List<String> command, Map<String, String> environment, Path top, Map<String, Path> expected, String whose) {
        Trees.fresh(unpacked);
        bench.runner.run(command, unpacked, environment);
        Trees.requireSame(expected, top, RestoreBench.BESIDE_THE_SOURCES, whose);
        bench.discard(unpacked);
    }

    private void fresh() {
        bench.discard(result);
        Trees.fresh(result);
        Trees.warm(data.project());
    }

    private long taken() {
        long bytes = Trees.bytes(result);
        bench.discard(result);
        return bytes;
    }
}
