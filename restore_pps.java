///usr/bin/env jbang "$0" "$@" ; exit $?
//JAVA 17+
//JAVA_OPTIONS -XX:+UseSerialGC -Xms64m
//SOURCES lib/Cli.java
//SOURCES lib/CommandText.java
//SOURCES lib/CountText.java
//SOURCES lib/GitStatus.java
//SOURCES lib/Listing.java
//SOURCES lib/NotKept.java
//SOURCES lib/PlanReport.java
//SOURCES lib/Recovery.java
//SOURCES lib/Restore.java

import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import pps.BackupDirectory;
import pps.Cli;
import pps.CommandText;
import pps.Console;
import pps.CountText;
import pps.ExitCode;
import pps.Failure;
import pps.JsonText;
import pps.Listing;
import pps.NotKept;
import pps.Plan;
import pps.PlanReport;
import pps.Reason;
import pps.Recovery;
import pps.Restore;
import pps.SafeText;
import pps.Selection;
import pps.SourceMap;

@Command(name = "restore_pps.java", sortOptions = false, synopsisHeading = "SYNOPSIS%n  jbang ", descriptionHeading = "%n",
    description = {"Puts a backup of a PPS project back. What it replaces is kept, and can be put back with --undo.", "",
        "Everything is unpacked and checked before anything live is touched. The containers are stopped only for the moment in which "
            + "files are swapped, by renames alone; what ran before is started again, and waited for until it is healthy."},
    optionListHeading = "%nOPTIONS%n", footerHeading = "%nEXAMPLES%n", footer = {
        "  jbang restore_pps.java --list",
        "  jbang restore_pps.java --latest --dry-run",
        "  jbang restore_pps.java --latest",
        "  jbang restore_pps.java --backup pps_backup_20260820_040012.tar.gz --skip chromadb neo4j",
        "  jbang restore_pps.java --latest --target /tmp/look",
        "  jbang restore_pps.java --undo"})
public class restore_pps implements Cli.Script {
    /** What to do: exactly one of these. */
    static class What {
        @Option(names = "--list", required = true, description = "List the backups.")
        boolean list;

        @Option(names = "--latest", required = true, description = "Restore the latest backup; its name tells, not the file's time.")
        boolean latest;

        @Option(names = "--backup", required = true, paramLabel = "FILE", description = "Restore this one: a path, or a name in the backup directory.")
        String backup;

        @Option(names = "--undo", required = true, description = "Put back what the last restore replaced.")
        boolean undo;

        @Option(names = "--recover", required = true, description = "Finish an interrupted restore, or take it back.")
        boolean recover;
    }

    @ArgGroup(multiplicity = "1")
    private What what;

    @Option(names = "--dry-run", description = "Show what would happen, file by file with --verbose; write nothing at all.")
    private boolean dryRun;

    @Option(names = "--drill", description = "Rehearse: unpack and check everything in a scratch directory, compare, remove it again.")
    private boolean drill;

    @Option(names = "--skip", paramLabel = "SOURCE", arity = "1..*", split = ",", description = "Leave these sources as they are.")
    private List<String> skip = new ArrayList<>();

    @Option(names = "--only", paramLabel = "SOURCE", arity = "1..*", split = ",", description = "Restore only these sources.")
    private List<String> only = new ArrayList<>();

    @Option(names = "--entity", paramLabel = "NAME",
        description = "The entity that a backup of one entity goes to; of a backup of several, restore only this one.")
    private String entity;

    @Option(names = "--target", paramLabel = "DIR", description = "Restore under another root; containers are left alone.")
    private Path target;

    @Option(names = "--no-containers", description = "Leave Docker alone; nothing may be running on the data.")
    private boolean noContainers;

    @Option(names = "--no-safety-backup", description = "DANGEROUS: do not keep what is replaced; there is no undo.")
    private boolean noSafetyBackup;

    @Option(names = "--yes", description = "DANGEROUS: do not ask.")
    private boolean yes;

    @Option(names = "--allow-shrink", description = "Restore also where more than half of a source's files or bytes would be lost.")
    private boolean allowShrink;

    @Option(names = "--keep-extra", description = "Leave files in place that the backup does not hold (not inside databases).")
    private boolean keepExtra;

    @Option(names = "--rollback-if-unhealthy", description = "Put the old data back if the stack does not become healthy.")
    private boolean rollbackIfUnhealthy;

    @Option(names = "--health-timeout", paramLabel = "SECONDS", defaultValue = "180",
        description = "How long to wait for the stack to become healthy (default: ${DEFAULT-VALUE}).")
    private int healthTimeout;

    @Mixin
    private Cli.Common common;

    /** What a plan says of the containers when they are left alone; null when they are not. */
    private String leftAlone;

    @Override
    public Cli.Common common() {
        return common;
    }

    @Override
    public ExitCode run(Console console) {
        if (healthTimeout < 1) {
            throw Failure.of(ExitCode.USAGE, "--health-timeout is a positive number of seconds, not " + healthTimeout);
        }
        if (what.list) {
            Listing listing = Listing.read(common.backups(), common.sourceMapOrNull(common.projectRootIfThere()), LocalDateTime.now(), console);
            if (listing.entries().isEmpty()) {
                common.backups().latest();
            }
            console.print(common.json() ? JsonText.of(listing.toJson()) : listing.toText(console::bold));
            return ExitCode.DONE;
        }
        Path root = root();
        if (what.recover) {
            return dryRun ? describePending(root, console) : recover(root, console);
        }
        SourceMap map = common.sourceMap(root);
        Path archive = what.undo ? NotKept.safetyBackupToUndo(root,
            earlier -> CommandText.of("restore_pps.java", "--backup", earlier, rootOption(), root))
            : what.latest ? common.backups().latest().file() : common.backups().find(what.backup);
        leftAlone = drill ? "left alone (drill)" : noContainers || target != null ? "left alone" : null;
        Restore restore = new Restore(new Restore.Request(archive, root, map, new Selection(only, skip, entity),
            what.undo ? "undo" : "restore", leftAlone == null ? map.composeFile(root) : null, !noSafetyBackup, allowShrink || what.undo,
            keepExtra, rollbackIfUnhealthy, Duration.ofSeconds(healthTimeout), recoverCommand(root)), console);
        try {
            return restore(restore, root, console);
        } catch (Failure e) {
            throw e.exitCode() == ExitCode.BAD_BACKUP && e.next() == null ? e.next(insteadOf(archive, root)) : e;
        }
    }

    private ExitCode restore(Restore restore, Path root, Console console) {
        if (dryRun) {
            return preview(restore, root, console);
        }
        if (drill) {
            Plan plan = restore.drill();
            return show(new PlanReport(plan, leftAlone, Set.of(), safetyDirectory(root), free(root), allowShrink || what.undo), "drill passed", console);
        }
        if (!yes && !console.canAsk()) {
            throw Failure.of(ExitCode.DECLINED, "A restore asks before it replaces anything, and there is no terminal to ask on")
                .state("Nothing was touched.").next("Look at the plan with --dry-run; then run it on a terminal, or add --yes");
        }
        return report(restore.run((plan, toStop) -> ask(plan, toStop, root, console)), console);
    }

    /** What to type when a backup turns out to be none. */
    private String insteadOf(Path archive, Path root) {
        String all = common.backups().howToFindGood(archive);
        return what.undo ? all : common.backups().before(archive).map(older -> CommandText.of("restore_pps.java", sameOptions(older.file(), root))
            + "   takes the one before it; " + all).orElse(all);
    }

    /** What was typed, for another backup; a consent to lose something was given to the first one alone. */
    private Object[] sameOptions(Path archive, Path root) {
        List<Object> words = new ArrayList<>(List.of("--backup", archive, rootOption(), root));
        words.addAll(dryRun ? List.of("--dry-run") : List.of());
        words.addAll(drill ? List.of("--drill") : List.of());
        words.addAll(noContainers ? List.of("--no-containers") : List.of());
        words.addAll(keepExtra ? List.of("--keep-extra") : List.of());
        words.addAll(rollbackIfUnhealthy ? List.of("--rollback-if-unhealthy") : List.of());
        words.addAll(entity != null ? List.of("--entity", entity) : List.of());
        words.addAll(common.sourceMapFile() != null ? List.of("--source-map", common.sourceMapFile()) : List.of());
        words.addAll(only.isEmpty() ? List.of() : List.of("--only", String.join(",", only)));
        words.addAll(skip.isEmpty() ? List.of() : List.of("--skip", String.join(",", skip)));
        return words.toArray();
    }

    private Path root() {
        if (target == null) {
            return common.requireProjectRoot();
        }
        if (target.toString().isEmpty()) {
            throw Failure.of(ExitCode.USAGE, "--target names no directory").state("Nothing was touched.");
        }
        if (Files.exists(target) && !Files.isDirectory(target)) {
            throw Failure.of(ExitCode.USAGE, "--target " + SafeText.quote(target) + " is not a directory");
        }
        Path other = target.toAbsolutePath().normalize();
        Path compose = common.sourceMap(other).composeFile(other);
        if (Files.exists(compose)) {
            // Containers are left alone under another root, so it must not be one that containers work on.
            throw Failure.of(ExitCode.USAGE, "--target " + SafeText.quote(target) + " is a project with a stack of its own, " + SafeText.quote(compose))
                .state("Nothing was touched.").next("Restore it as what it is, with --project-root " + SafeText.quote(target) + " instead, or name an empty directory.");
        }
        return other;
    }

    private ExitCode preview(Restore restore, Path root, Console console) {
        Recovery.pending(root).ifPresent(console::warning);
        Plan plan = restore.preview();
        String containers;
        Set<String> running = Set.of();
        try {
            running = restore.wouldStop(plan);
            containers = containersSentence(plan, running);
        } catch (Failure e) {
            console.warning("The restore itself would stop here: " + e.getMessage() + (e.next() == null ? "" : ". Next: " + e.next()));
            containers = "left as they are; the restore itself would stop before it touches anything";
        }
        return show(new PlanReport(plan, containers, running, safetyDirectory(root), free(root), allowShrink || what.undo), "dry run: nothing was written", console);
    }

    private String containersSentence(Plan plan, Set<String> running) {
        Set<String> also = new TreeSet<>(what.undo ? plan.ranBefore() : List.of());
        also.removeAll(running);
        String ranBefore = SafeText.quote(String.join(", ", also));
        return leftAlone != null ? leftAlone
            : running.isEmpty() ? "none runs; " + (also.isEmpty() ? "all would be started afterwards" : "started afterwards is what ran before the restore: " + ranBefore)
            : "stopped for the swap and started again: " + SafeText.quote(String.join(", ", running))
                + (also.isEmpty() ? "" : "; started with them, since they ran before the restore: " + ranBefore);
    }

    private Path safetyDirectory(Path root) {
        return noSafetyBackup ? null : BackupDirectory.safetyBackupsOf(root).path();
    }

    private ExitCode show(PlanReport report, String result, Console console) {
        if (common.json()) {
            JsonObject json = report.toJson();
            json.addProperty("result", result);
            console.print(JsonText.of(json));
        } else {
            console.print(report.toText(LocalDateTime.now(), common.verbose()) + "(" + result + ")");
        }
        return ExitCode.DONE;
    }

    private void ask(Plan plan, Set<String> toStop, Path root, Console console) {
        PlanReport report = new PlanReport(plan, containersSentence(plan, toStop), toStop, safetyDirectory(root), free(root), allowShrink || what.undo);
        console.show(report.toText(LocalDateTime.now(), common.verbose()));
        if (yes) {
            return;
        }
        int replaced = plan.sources().stream().mapToInt(source -> source.changed().size() + source.removed().size()).sum();
        String sources = SafeText.quote(String.join(", ", plan.sources().stream().map(source -> source.source().name()).toList()));
        String entityOfThese = report.plainEntity().map(name -> " of entity '" + SafeText.quote(name) + "'").orElse("");
        if (!console.confirm("Replace " + sources + entityOfThese + " in " + SafeText.quote(root) + "?")
            || !console.confirm("Really? " + CountText.of(replaced, "file is", "files are") + " replaced or removed"
                + (noSafetyBackup ? ", and NOT kept" : ", and kept for --undo") + (toStop.isEmpty() ? "." : "; the stack is stopped meanwhile."))) {
            throw Failure.of(ExitCode.DECLINED, "Declined").state("Nothing was touched.");
        }
    }

    private ExitCode report(Restore.Outcome outcome, Console console) {
        ExitCode code = outcome.unhealthy() == null ? ExitCode.DONE : ExitCode.UNHEALTHY;
        Plan plan = outcome.plan();
        if (common.json()) {
            JsonObject json = new PlanReport(plan, whatBecameOfTheStack(outcome), outcome.running(), safetyDirectory(plan.projectRoot()), free(plan.projectRoot()), true)
                .toJson();
            json.addProperty("result", code == ExitCode.DONE ? "restored" : "restored, but the stack is not healthy");
            json.addProperty("safetyBackup", outcome.safetyBackup() == null ? null : outcome.safetyBackup().toString());
            console.print(JsonText.of(json));
        } else {
            int files = plan.sources().stream().mapToInt(source -> (int) source.filesAfter()).sum();
            console.print((what.undo ? "Put back " : "Restored ") + CountText.of(files, "file") + " of " + CountText.of(plan.sources().size(), "source") + " from "
                + SafeText.quote(plan.contents().archive().getFileName()));
            if (!outcome.running().isEmpty() && code == ExitCode.DONE) {
                console.print("Running and healthy: " + SafeText.quote(String.join(", ", outcome.running())));
            }
            console.print(outcome.safetyBackup() == null ? "What was replaced was not kept." : "What was replaced is kept in "
                + SafeText.quote(outcome.safetyBackup()) + "\n--undo puts it back.");
        }
        pps.GitStatus.changedFiles(plan).ifPresent(console::info);
        if (outcome.unhealthy() != null) {
            Failure trouble = outcome.unhealthy();
            console.failure(trouble.state("Data is restored." + (trouble.state() == null ? "" : " " + trouble.state()))
                .next(outcome.safetyBackup() == null ? trouble.next()
                    : (trouble.next() == null ? "" : trouble.next() + "   or go back: ") + undoCommand(plan.projectRoot())));
        }
        return code;
    }

    private static String whatBecameOfTheStack(Restore.Outcome outcome) {
        if (outcome.stack() == null) {
            return "left alone";
        }
        boolean ran = !outcome.stack().running().isEmpty();
        if (outcome.running().containsAll(outcome.stack().toStart())) {
            return ran ? "stopped and started again" : "none ran before; all were started";
        }
        return (ran ? "stopped, and " : "none ran before, and ") + (outcome.running().isEmpty() ? "none was started" : "not all were started")
            + (ran ? " again" : "");
    }

    private ExitCode describePending(Path root, Console console) {
        console.print(Recovery.pending(root).orElse("There is no interrupted restore: nothing to recover."));
        return ExitCode.DONE;
    }

    private ExitCode recover(Path root, Console console) {
        Recovery.Outcome outcome = Recovery.run(root, !noContainers && target == null, Duration.ofSeconds(healthTimeout),
            recoverCommand(root), console);
        if (common.json()) {
            JsonObject json = new JsonObject();
            json.addProperty("recovered", outcome.wasNeeded());
            json.addProperty("result", outcome.what());
            json.addProperty("safetyBackup", outcome.safetyBackup() == null ? null : outcome.safetyBackup().toString());
            console.print(JsonText.of(json));
        } else {
            console.print(outcome.what());
        }
        if (outcome.unhealthy() != null) {
            console.failure(outcome.unhealthy());
            return ExitCode.UNHEALTHY;
        }
        return ExitCode.DONE;
    }

    private String recoverCommand(Path root) {
        return CommandText.of("restore_pps.java", "--recover", rootOption(), root);
    }

    private String undoCommand(Path root) {
        return CommandText.of("restore_pps.java", "--undo", rootOption(), root);
    }

    private String rootOption() {
        return target == null ? "--project-root" : "--target";
    }

    private static long free(Path root) {
        Path existing = root;
        while (!Files.exists(existing)) {
            existing = existing.getParent();
        }
        try {
            return Files.getFileStore(existing).getUsableSpace();
        } catch (IOException e) {
            throw Failure.of(ExitCode.FAILED, "Cannot see how much space is free at " + SafeText.quote(existing) + ": " + Reason.of(e)).because(e);
        }
    }

    public static void main(String... args) {
        Cli.main(new restore_pps(), args);
    }
}
