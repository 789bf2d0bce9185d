package pps;

//SOURCES ArchiveWriter.java
//SOURCES BackupDirectory.java
//SOURCES BackupPlan.java
//SOURCES Compose.java
//SOURCES Contents.java
//SOURCES DamagedBackup.java
//SOURCES Doubts.java
//SOURCES Downtime.java
//SOURCES Durable.java
//SOURCES Failure.java
//SOURCES Holding.java
//SOURCES Journal.java
//SOURCES Listener.java
//SOURCES Manifest.java
//SOURCES Outsider.java
//SOURCES Places.java
//SOURCES ProjectLock.java
//SOURCES Pruning.java
//SOURCES Reason.java
//SOURCES Retention.java
//SOURCES SafeText.java
//SOURCES SizeText.java
//SOURCES Snapshot.java
//SOURCES SnapshotDatabases.java
//SOURCES SourceMap.java
//SOURCES SourceScan.java
//SOURCES SqliteChecks.java
//SOURCES Stack.java
//SOURCES Version.java

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;

/**
 * Makes a backup: stop the stack, copy, start it, check and pack the copy, and only when the archive is proven let old ones go. Where no
 * stack waits, the files are packed where they lie. What it does not promise: that files which the stack wrote in pieces when it was
 * stopped make sense to it; with {@code live}, that files of one moment are together, but for each database in itself.
 */
public final class Backup {
    /**
     * What is asked for. {@code composeFile} is null to leave containers alone, {@code live} says that the stack goes on writing,
     * {@code entity} is null for all, {@code recoverCommand} what to type after an interruption.
     */
    public record Request(Path projectRoot, SourceMap map, BackupDirectory directory, String entity, Path composeFile, boolean live,
                          boolean includeLive, boolean zstd, Retention retention, Duration healthTimeout, String recoverCommand) {
    }

    /**
     * What was done. {@code pruned} are the backups that were deleted, {@code notPruned} says why none was looked at or is null,
     * {@code down} and {@code unhealthy} are null when the stack was left alone or is well.
     */
    public record Outcome(Contents contents, Map<String, String> leftOut, List<String> warnings, List<BackupDirectory.Backup> pruned,
                          String notPruned, Downtime.Times down, Duration took, Failure unhealthy) {
    }

    private static final String NOTHING_WRITTEN = "No backup was written, and no older one was deleted.";

    private final Request request;
    private final Listener listener;
    private final Compose compose;
    private final Pruning pruning;
    private final List<String> warnings = new ArrayList<>();
    private BooleanSupplier atRest = () -> true;
    private Journal journal;

    /** Prepares a backup; nothing is looked at yet. */
    public Backup(Request request, Listener listener) {
        this.request = request;
        this.listener = listener;
        this.pruning = new Pruning(request.projectRoot(), request.map(), request.directory(), request.retention(), listener);
        this.compose = request.composeFile() == null ? null : Compose.of(request.composeFile(), listener);
    }

    /** Works out what {@link #run} would do, and writes nothing at all. */
    public BackupPlan preview() {
        BackupPlan plan = BackupPlan.of(request.projectRoot(), request.map(), request.directory(), request.entity(), compose != null,
            request.live(), request.includeLive(), LocalDateTime.now(), listener);
        return request.zstd() ? plan.asZstd() : plan;
    }

    /** Returns the services that {@link #run} would stop, as they run now; none when containers are left alone. */
    public Set<String> wouldStop() {
        return compose == null ? Set.of() : compose.look().running();
    }

    /** Returns what would become of each backup if the planned one were there, the newest first; warns of what that run would warn of. */
    public List<Retention.Verdict> wouldKeep(BackupPlan plan) {
        Holding newest = holding(plan, manifest("backup", plan, plan.promises(), plan.leftOut()));
        Doubts doubts = Doubts.of(newest, plan.promises(), plan.items(), plan.leftOutOnPurpose(), pruning.last());
        return pruning.foretell(newest, doubts, plan.isAhead(), this::warn);
    }

    /** Backs up. Throws {@link Failure} when there is no new backup; then no old one was deleted, and the stack runs again or it says why not. */
    public Outcome run() {
        long began = System.nanoTime();
        try (ProjectLock lock = ProjectLock.take(request.projectRoot(), Journal.BACKUP)) {
            Journal.requireNone(request.projectRoot(), request.recoverCommand());
            Stack before = compose == null ? null : compose.look();
            BackupPlan plan = preview();
            plan.warnings().forEach(this::warn);
            warnOfOutsiders(plan);
            begin(plan);
            Downtime downtime = new Downtime(compose, before, journal, request.healthTimeout(), listener);
            try {
                Packed packed = pack(plan, downtime);
                Pruning.Done done = packed.keepOld() != null ? new Pruning.Done(List.of(), packed.keepOld())
                    : pruning.prune(packed.holding(), packed.doubts(), plan.isAhead(), this::warn);
                return new Outcome(packed.contents(), packed.leftOut(), List.copyOf(warnings), done.pruned(), done.notPruned(),
                    downtime.times(), Duration.ofNanos(System.nanoTime() - began), downtime.trouble());
            } catch (Failure e) {
                throw e.state() == null ? e.state(NOTHING_WRITTEN) : e.state(NOTHING_WRITTEN + " " + e.state());
            } finally {
                clean();
            }
        }
    }

    /** A proven archive; {@code keepOld} says why older ones are to stay in any case, or is null. */
    private record Packed(Contents contents, Map<String, String> leftOut, Holding holding, Doubts doubts, String keepOld) {
    }

    private Manifest manifest(String kind, BackupPlan plan, Map<String, Manifest.Promise> promises, Map<String, String> leftOut) {
        return new Manifest(kind, plan.time().toString(), Version.TOOL, compose != null, null, promises, leftOut)
            .ofProject(Holding.nameOf(request.projectRoot()));
    }

    private Holding holding(BackupPlan plan, Manifest manifest) {
        return Holding.of(new BackupDirectory.Backup(plan.target(), plan.time()), manifest, request.projectRoot(), request.map());
    }

    private Packed pack(BackupPlan plan, Downtime downtime) {
        if (plan.mode() == Snapshot.Mode.IN_PLACE) {
            return compose == null ? packWhereTheyLie(plan, downtime) : packWhileDown(plan, downtime);
        }
        Snapshot snapshot = new Snapshot(area(plan), plan.mode(), listener);
        BackupPlan taken = downtime.during(() -> {
            BackupPlan now = request.live() ? plan : atRest(plan);
            listener.info("Copying " + SizeText.ofFiles(now.files(), now.bytes()));
            snapshot.take(now.scans());
            downtime.isAtRest();
            return now;
        });
        return pack(taken, snapshot);
    }

    private BackupPlan atRest(BackupPlan plan) {
        BackupPlan now = plan.atRest(preview());
        now.warnings().stream().filter(warning -> !plan.warnings().contains(warning)).forEach(this::warn);
        return now;
    }

    /** Without a stack nothing should write the files. Where something does all the same, a copy of what holds still is packed instead. */
    private Packed packWhereTheyLie(BackupPlan plan, Downtime downtime) {
        try {
            Snapshot snapshot = new Snapshot(area(plan), plan.mode(), listener);
            snapshot.take(plan.scans());
            return pack(plan, snapshot);
        } catch (Failure e) {
            if (!(e.getCause() instanceof ArchiveWriter.Changed)) {
                throw e;
            }
            warn(e.getCause().getMessage() + ", though nothing should be running: a copy is packed instead");
            return pack(plan.withCopy(), downtime);
        }
    }

    private Packed packWhileDown(BackupPlan plan, Downtime downtime) {
        Snapshot snapshot = new Snapshot(area(plan), plan.mode(), listener);
        listener.info("There is no room for a copy of the sources (" + SizeText.of(plan.bytes())
            + "): they are packed while the stack is down, which takes longer");
        atRest = downtime::isAtRest;
        return downtime.during(() -> {
            BackupPlan now = atRest(plan);
            snapshot.take(now.scans());
            return pack(now, snapshot);
        });
    }

    /** Packs while the databases are opened, in the hope that all are whole; when one is not, anew, now that it is known. */
    private Packed pack(BackupPlan plan, Snapshot snapshot) {
        SnapshotDatabases databases = snapshot.databases();
        List<SnapshotDatabases.Damaged> damaged = databases.fold();
        snapshot.finish();
        try (SqliteChecks checks = new SqliteChecks(SnapshotDatabases.scratch(area(plan)), listener)) {
            databases.open(checks);
            if (damaged.isEmpty()) {
                Packed packed = pack(plan, snapshot, damaged, () -> databases.damaged(checks).isEmpty());
                if (packed != null) {
                    databases.notInFull().forEach(this::warn);
                    return packed;
                }
            }
            Set<String> known = damaged.stream().map(SnapshotDatabases.Damaged::name).collect(Collectors.toSet());
            databases.damaged(checks).stream().filter(one -> !known.contains(one.name())).forEach(damaged::add);
            databases.notInFull().forEach(this::warn);
            return pack(plan, snapshot, damaged, () -> true);
        } catch (IOException e) {
            throw Failure.of(ExitCode.FAILED, "Cannot create a directory in " + SafeText.quote(area(plan)) + ": " + Reason.of(e)).because(e);
        }
    }

    /** Returns null when the archive turns out not to be {@code wanted}. */
    private Packed pack(BackupPlan plan, Snapshot snapshot, List<SnapshotDatabases.Damaged> damaged, BooleanSupplier wanted) {
        Map<String, String> leftOut = new LinkedHashMap<>(plan.leftOut());
        damaged.stream().filter(one -> !one.source().critical()).forEach(one -> {
            snapshot.leaveOut(one.source());
            leftOut.put(one.source().name(), "its database '" + SafeText.quote(one.path()) + "' " + one.problem());
            warn("source '" + SafeText.quote(one.source().name()) + "' is left out, since it can be rebuilt: its database '"
                + SafeText.quote(one.path()) + "' " + one.problem());
        });
        List<ArchiveWriter.Item> items = snapshot.items();
        List<SnapshotDatabases.Damaged> critical = damaged.stream().filter(one -> one.source().critical()).toList();
        Manifest manifest = manifest(critical.isEmpty() ? "backup" : DamagedBackup.KIND, plan, snapshot.promises(), leftOut);
        if (!critical.isEmpty()) {
            throw DamagedBackup.write(plan, critical, manifest, items, listener);
        }
        Set<String> meant = leftOut.keySet().stream().filter(name -> !plan.absent().contains(name)).collect(Collectors.toSet());
        Holding holding = holding(plan, manifest);
        Doubts doubts = Doubts.of(holding, manifest.sources(), items, meant, pruning.last());
        listener.info("Packing and checking " + SafeText.quote(plan.target().getFileName()));
        Optional<Contents> contents = ArchiveWriter.writeIf(() -> wanted.getAsBoolean() && atRest.getAsBoolean(), plan.target(), manifest, items, listener);
        if (contents.isEmpty()) {
            return null;
        }
        leftOut.forEach((source, why) -> listener.info("Left out: " + SafeText.quote(source) + ", " + why));
        snapshot.unsteady().forEach(this::warn);
        doubts.warnings().forEach(this::warn);
        List<String> changed = snapshot.changedInPlace();
        changed.forEach(this::warn);
        String keepOld = !changed.isEmpty() ? "files changed while they were packed"
            : plan.lacksSomething() ? "the warnings above say that they may be needed" : null;
        return new Packed(contents.get(), leftOut, holding, doubts, keepOld);
    }

    private void warn(String message) {
        warnings.add(message);
        listener.warning(Character.toUpperCase(message.charAt(0)) + message.substring(1));
    }

    private void warnOfOutsiders(BackupPlan plan) {
        if (compose != null) {
            compose.othersThatMount(plan.scans().stream().map(SourceScan::directory).toList()).stream().filter(outsider -> !outsider.readOnly())
                .map(Outsider::warning).forEach(this::warn);
        }
    }

    private Path area(BackupPlan plan) {
        return Places.home(request.projectRoot()).resolve("backup_" + BackupDirectory.stamp(plan.time()));
    }

    /** Everything that can be found out before the stack is stopped is found out before: also that the directory can be written. */
    private void begin(BackupPlan plan) {
        Journal abandoned = Journal.find(request.projectRoot());
        if (abandoned != null) {
            listener.info("Removing what an interrupted " + abandoned.header().purpose() + " had left");
            journal = abandoned;
            clean();
        }
        Path partial = ArchiveWriter.partialOf(plan.target());
        try {
            journal = Journal.begin(request.projectRoot(), new Journal.Header(area(plan).getFileName().toString(), Journal.BACKUP,
                plan.target().getFileName().toString(), request.composeFile()), List.of(area(plan), partial));
            Durable.createPrivateDirectories(plan.target().getParent());
            Files.deleteIfExists(partial);
            Durable.createPrivate(partial).close();
            Files.delete(partial);
            Durable.createPrivateDirectories(area(plan));
        } catch (IOException e) {
            clean();
            throw Failure.of(ExitCode.FAILED, "Cannot write to " + Reason.file(e, plan.target().getParent()) + ": " + Reason.of(e)).because(e)
                .state(NOTHING_WRITTEN + " The stack was not touched.").next("Name another directory with --backup-dir DIR, or make this one writable.");
        }
    }

    /** Deletes the copy, and the journal last; what cannot be deleted now, the next run deletes. */
    private void clean() {
        try {
            for (Path left : journal.areas()) {
                Places.deleteTree(left);
            }
            journal.end();
        } catch (IOException | Failure e) {
            listener.warning("Cannot delete what this run has left in " + SafeText.quote(Places.home(request.projectRoot())) + ": "
                + Reason.of(e) + "; the next run tries again");
        }
    }
}
