package bench;

//SOURCES BenchFailure.java
//SOURCES Contest.java
//SOURCES DataSet.java
//SOURCES Report.java
//SOURCES Runner.java
//SOURCES Trees.java
//SOURCES Workbench.java

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** How long the scripts take to start, beside a script that does nothing. */
public final class StartBench {
    private static final int ARCHIVES = 7;

    private final Workbench bench;
    private final DataSet data;

    /** Measures on archives of a data set. */
    public StartBench(Workbench bench, DataSet data) {
        this.bench = bench;
        this.data = data;
    }

    /** Lists seven archives, and shows help: through JBang, and exported. */
    public void run() {
        Path directory = Trees.fresh(bench.work.resolve("start"));
        Path backups = directory.resolve("backups");
        Path empty = directory.resolve("empty.java");
        try {
            Files.writeString(empty, "//JAVA 17+\nclass empty {\n    public static void main(String[] arguments) {\n    }\n}\n");
            Files.createDirectories(backups);
            for (int i = 1; i <= ARCHIVES; i++) {
                Files.copy(bench.indexed(data, "gzip"), backups.resolve("pps_backup_2026010" + i + "_040000.tar.gz"));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Path list = exported(directory, bench.checkout.resolve("list_backups.java"));
        Path restore = exported(directory, bench.checkout.resolve("restore_pps.java"));
        Path nothing = exported(directory, empty);
        String home = System.getenv("JAVA_HOME");
        String java = home == null || home.isEmpty() ? "java" : home + "/bin/java";
        Contest contest = new Contest("start", bench.work);
        contest.add("./jbang empty.java", bench.ours(empty.toString()));
        contest.add("./jbang list_backups.java", bench.ours("list_backups.java", "--backup-dir", backups)).after(this::listed);
        contest.add("./jbang restore_pps.java --help", bench.ours("restore_pps.java", "--help"));
        contest.add("exported empty.jar", java, "-jar", nothing.toString());
        contest.add("exported list_backups.jar", java, "-jar", list.toString(), "--backup-dir", backups.toString()).after(this::listed);
        contest.add("exported restore_pps.jar --help", java, "-jar", restore.toString(), "--help");
        Map<String, Contest.Row> rows = contest.run(bench.runner, bench.runs, bench.progress);
        bench.report.say("#### Start-up: " + ARCHIVES + " archives of " + data.kind().name() + " listed, and help shown");
        bench.report.table(rows.values(), "./jbang empty.java", "result");
        Contest.Row baseline = rows.get("./jbang empty.java");
        bench.report.ratioAtMost("`./jbang list_backups.java` on 7 archives: at most 1.3 of an empty script", 1.3,
            rows.get("./jbang list_backups.java"), baseline);
        bench.report.ratioAtMost("the same exported: under 0.35 of `./jbang` of an empty script", 0.35,
            rows.get("exported list_backups.jar"), baseline);
        Trees.delete(directory);
    }

    private Path exported(Path directory, Path script) {
        Path jar = directory.resolve("exported").resolve(script.getFileName().toString().replace(".java", ".jar"));
        bench.runner.run(bench.ours("export", "portable", "--force", "-O", jar, script), directory, Map.of());
        return jar;
    }

    private long listed(boolean thorough) {
        long listed = bench.runner.stdout().lines().filter(line -> line.contains("pps_backup_2026010")).count();
        if (listed != ARCHIVES) {
            throw new BenchFailure("A wrong result of list_backups: " + listed + " archives instead of " + ARCHIVES
                + " in\n" + bench.runner.stdout());
        }
        return 0;
    }
}
