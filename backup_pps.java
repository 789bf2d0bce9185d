///usr/bin/env jbang "$0" "$@" ; exit $?
//JAVA 17+
//JAVA_OPTIONS -XX:+UseSerialGC -Xms64m
//SOURCES lib/Backup.java
//SOURCES lib/BackupReport.java
//SOURCES lib/Cli.java
//SOURCES lib/CommandText.java
//SOURCES lib/Listing.java
//SOURCES lib/Metrics.java
//SOURCES lib/Recovery.java

import com.google.gson.JsonObject;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDateTime;
import java.util.Map;
import java.util.Set;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import pps.Backup;
import pps.BackupPlan;
import pps.BackupReport;
import pps.Cli;
import pps.CommandText;
import pps.Console;
import pps.Contents;
import pps.ExitCode;
import pps.Failure;
import pps.JsonText;
import pps.Listing;
import pps.Metrics;
import pps.Recovery;
import pps.Retention;
import pps.SafeText;
import pps.SourceMap;

@Command(name = "backup_pps.java", sortOptions = false, synopsisHeading = "SYNOPSIS%n  jbang ", descriptionHeading = "%n",
    description = {"Backs a PPS project up into one archive, proves it by reading it back, and only then deletes what is older than wanted.", "",
        "The stack is stopped only for as long as its files are copied; it is packed from the copy. With --no-stop it goes on running.", "",
        "A backup asks nothing. When it fails there is no new backup, no older one was deleted, and what ran before runs again, or it says why "
            + "not. A damaged database of a critical source is a failure: what there is goes to pps_damaged_*.tar.gz, which no tool takes for a "
            + "backup. Exit code 4 means: the backup is done, but the stack did not come back healthy. When a source has shrunk by more than half "
            + "since the last backup, or has gone, or a symbolic link shows what cannot be taken, the backup is kept and older ones are not deleted."},
    optionListHeading = "%nOPTIONS%n", footerHeading = "%nEXAMPLES%n", footer = {
        "  jbang backup_pps.java",
        "  jbang backup_pps.java --dry-run",
        "  jbang backup_pps.java --no-stop --keep 3 --keep-daily 7 --keep-weekly 4 --keep-monthly 12",
        "  jbang backup_pps.java --check --max-age 2 || echo 'look after the backups'"})
public class backup_pps implements Cli.Script {
    private static final int KEEP = 7;

    @Option(names = "--keep", paramLabel = "N",
        description = "Keep the last N backups (7, unless another --keep-... option is given). What several options name is all kept.")
    private Integer keep;

    @Option(names = "--keep-daily", paramLabel = "N", description = "Keep the newest backup of each of the last N days that have one.")
    private int keepDaily;

    @Option(names = "--keep-weekly", paramLabel = "N", description = "Keep the newest backup of each of the last N weeks that have one.")
    private int keepWeekly;

    @Option(names = "--keep-monthly", paramLabel = "N", description = "Keep the newest backup of each of the last N months that have one.")
    private int keepMonthly;

    @Option(names = "--dry-run", description = "Show what would be backed up, and which old backups would go and why; write and stop nothing.")
    private boolean dryRun;

    @Option(names = "--no-stop",
        description = "The stack stays up: SQLite databases by online backup, other files until they hold still, other databases left out.")
    private boolean noStop;

    @Option(names = "--include-live", description = "With --no-stop: take also what cannot be copied safely while it is in use (Chroma, Neo4j).")
    private boolean includeLive;

    @Option(names = "--no-containers", description = "Leave Docker alone; nothing may be running on the data.")
    private boolean noContainers;

    @Option(names = "--entity", paramLabel = "NAME",
        description = "Of several entities, back up this one alone, without what they share; deletes no older backup.")
    private String entity;

    @Option(names = "--compression", paramLabel = "gzip|zstd", defaultValue = "gzip", description = "How to compress (default: ${DEFAULT-VALUE}).")
    private String compression;

    @Option(names = "--strict", description = "Exit with 1 when there are warnings; the backup is kept all the same.")
    private boolean strict;

    @Option(names = "--check", description = "For monitoring: makes no backup, prints OK, WARNING or ERROR; the exit code is 0 for OK, else 1.")
    private boolean check;

    @Option(names = "--max-age", paramLabel = "DAYS", defaultValue = "7",
        description = "With --check: how old the latest backup may be (default: ${DEFAULT-VALUE}).")
    private int maxAge;

    @Option(names = "--metrics", paramLabel = "FILE", description = "Write a text file for Prometheus: age, size, duration, sources, last success.")
    private Path metrics;

    @Option(names = "--health-timeout", paramLabel = "SECONDS", defaultValue = "180",
        description = "How long to wait for the stack to become healthy (default: ${DEFAULT-VALUE}).")
    private int healthTimeout;

    @Mixin
    private Cli.Common common;

    @Override
    public Cli.Common common() {
        return common;
    }

    @Override
    public ExitCode run(Console console) {
        checkOptions();
        if (check) {
            return check(console);
        }
        Path root = common.requireProjectRoot();
        SourceMap map = common.sourceMap(root);
        Backup backup = new Backup(new Backup.Request(root, map, common.backups(), entity, noContainers || noStop ? null : map.composeFile(root),
            noStop, includeLive, compression.equals("zstd"), retention(), Duration.ofSeconds(healthTimeout), CommandText.of("restore_pps.java", "--recover",
            "--project-root", root)), console);
        return dryRun ? preview(backup, root, console) : backUp(backup, console);
    }

    private void checkOptions() {
        if (healthTimeout < 1) {
            throw Failure.of(ExitCode.USAGE, "--health-timeout is a positive number of seconds, not " + healthTimeout);
        }
        if (maxAge < 0) {
            throw Failure.of(ExitCode.USAGE, "--max-age is a number of days, not " + maxAge);
        }
        if (keep != null && keep < 0 || keepDaily < 0 || keepWeekly < 0 || keepMonthly < 0) {
            throw Failure.of(ExitCode.USAGE, "--keep and --keep-... are numbers of backups, and none is negative");
        }
        if (!retention().keepsAny()) {
            throw Failure.of(ExitCode.USAGE, "These options would keep no backup at all").next("Give at least one --keep... a number above 0");
        }
        if (includeLive && !noStop) {
            throw Failure.of(ExitCode.USAGE, "--include-live goes with --no-stop; without it everything is backed up anyway");
        }
        if (!compression.equals("gzip") && !compression.equals("zstd")) {
            throw Failure.of(ExitCode.USAGE, "Unknown compression '" + SafeText.quote(compression) + "'").state("Nothing was touched.")
                .next("Use --compression gzip or --compression zstd");
        }
    }

    private Retention retention() {
        boolean others = keepDaily > 0 || keepWeekly > 0 || keepMonthly > 0;
        return new Retention(keep != null ? keep : others ? 0 : KEEP, keepDaily, keepWeekly, keepMonthly);
    }

    private ExitCode check(Console console) {
        Listing.Check verdict = Listing.Check.of(() -> judge(console));
        console.print(common.json() ? JsonText.of(verdict.toJson()) : verdict.status() + ": " + verdict.message());
        return verdict.isOk() ? ExitCode.DONE : ExitCode.FAILED;
    }

    private Listing.Check judge(Console console) {
        Path root = common.projectRootOrNull();
        if (root != null) {
            Recovery.pending(root).ifPresent(console::warning);
        }
        LocalDateTime now = LocalDateTime.now();
        Listing listing = Listing.read(common.backups(), common.sourceMapOrNull(root), now, console);
        if (metrics != null) {
            Metrics.write(metrics, common.backups(), null, listing.entries().isEmpty() ? Map.of() : listing.entries().get(0).sources(), now);
        }
        return listing.check(maxAge);
    }

    private ExitCode preview(Backup backup, Path root, Console console) {
        Recovery.pending(root).ifPresent(console::warning);
        BackupPlan plan = backup.preview();
        plan.warnings().forEach(console::warning);
        String containers = "left alone";
        try {
            Set<String> running = backup.wouldStop();
            containers = noContainers || noStop ? containers : running.isEmpty() ? "none runs"
                : "stopped for the copy and started again: " + SafeText.quote(String.join(", ", running));
        } catch (Failure e) {
            console.warning("The backup itself would stop here: " + e.getMessage() + (e.next() == null ? "" : ". Next: " + e.next()));
            containers = "cannot be looked at; the backup itself would stop before it touches anything";
        }
        if (common.json()) {
            JsonObject json = BackupReport.toJson(plan, containers, backup.wouldKeep(plan));
            json.addProperty("result", "dry run: nothing was written");
            console.print(JsonText.of(json));
        } else {
            console.print(BackupReport.toText(plan, containers, backup.wouldKeep(plan), retention()) + "(dry run: nothing was written)");
        }
        return ExitCode.DONE;
    }

    private ExitCode backUp(Backup backup, Console console) {
        long began = System.nanoTime();
        Backup.Outcome outcome;
        try {
            outcome = backup.run();
        } catch (Failure e) {
            writeMetrics(new Metrics.Run(e.exitCode(), Duration.ofNanos(System.nanoTime() - began), null, 0), Map.of(), console);
            throw e;
        }
        boolean doubtful = strict && !outcome.warnings().isEmpty();
        ExitCode code = outcome.unhealthy() != null ? ExitCode.UNHEALTHY : doubtful ? ExitCode.FAILED : ExitCode.DONE;
        if (common.json()) {
            JsonObject json = BackupReport.toJson(outcome);
            json.addProperty("result", code == ExitCode.DONE ? "done" : code == ExitCode.UNHEALTHY ? "done, but the stack is not healthy"
                : "done, with warnings under --strict");
            console.print(JsonText.of(json));
        } else {
            console.print(BackupReport.toText(outcome, console::bold));
        }
        writeMetrics(new Metrics.Run(code, outcome.took(), outcome.down() == null ? null : outcome.down().down(), outcome.warnings().size()),
            outcome.contents().totals(), console);
        if (outcome.unhealthy() != null) {
            Failure trouble = outcome.unhealthy();
            console.failure(trouble.state("The backup is done and whole. " + (trouble.state() == null ? "" : trouble.state())));
        } else if (doubtful) {
            console.failure(Failure.of(code, "--strict: there were warnings, " + outcome.warnings().size() + " in all")
                .state("The backup is done and whole; it holds what there was.").next("Look at the warnings above."));
        }
        return code;
    }

    /** That metrics cannot be written must not hide how the backup went. */
    private void writeMetrics(Metrics.Run run, Map<String, Contents.Total> sources, Console console) {
        if (metrics == null) {
            return;
        }
        try {
            Metrics.write(metrics, common.backups(), run, sources, LocalDateTime.now());
        } catch (Failure e) {
            console.warning(e.getMessage());
        }
    }

    public static void main(String... args) {
        Cli.main(new backup_pps(), args);
    }
}
