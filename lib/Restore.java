package pps;

//SOURCES ArchiveCheck.java
//SOURCES ArchiveReader.java
//SOURCES BackupDirectory.java
//SOURCES BindProblem.java
//SOURCES Compose.java
//SOURCES Completion.java
//SOURCES Contents.java
//SOURCES CountText.java
//SOURCES Durable.java
//SOURCES ExitCode.java
//SOURCES Failure.java
//SOURCES Journal.java
//SOURCES Listener.java
//SOURCES LiveFiles.java
//SOURCES MissingSources.java
//SOURCES OpenFiles.java
//SOURCES Places.java
//SOURCES Plan.java
//SOURCES Planner.java
//SOURCES ProjectLock.java
//SOURCES Reason.java
//SOURCES Room.java
//SOURCES SafeText.java
//SOURCES SafetyBackup.java
//SOURCES Selection.java
//SOURCES SourceMap.java
//SOURCES Stack.java
//SOURCES Staging.java
//SOURCES Swap.java
//SOURCES SwapGroup.java
//SOURCES SwapPlanner.java
//SOURCES TakenAway.java

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Puts a backup back: stage and check while the stack runs, ask, stop, swap by renames, start, prove healthy, keep what was replaced. It
 * reads like the runbook. What it does not promise: changes that the stack makes between the plan and its stop are in the safety backup,
 * not in the plan that was shown; and files are as durable as the file system's own fsync.
 */
public final class Restore {
    /**
     * What is asked for. {@code composeFile} is null to leave containers alone, {@code purpose} is {@code restore} or {@code undo},
     * {@code recoverCommand} what to type after an interruption.
     */
    public record Request(Path archive, Path projectRoot, SourceMap map, Selection selection, String purpose, Path composeFile,
                          boolean safetyBackup, boolean allowShrink, boolean keepExtra, boolean rollbackIfUnhealthy,
                          Duration healthTimeout, String recoverCommand) {
    }

    /** The owner's consent, asked for when everything is checked and nothing was touched. */
    public interface Consent {
        /** Returns when the owner agrees; throws {@link Failure} ({@link ExitCode#DECLINED}) otherwise. {@code toStop} are the services. */
        void ask(Plan plan, Set<String> toStop);
    }

    /** What was done: {@code stack} is as it was before, {@code running} are the services that run now; null is what was not there or not done. */
    public record Outcome(Plan plan, Path safetyBackup, Failure unhealthy, Stack stack, Set<String> running) {
    }

    private final Request request;
    private final Listener listener;
    private final Places places;
    private final String id = LocalDateTime.now().format(DateTimeFormatter.ofPattern("uuuuMMdd_HHmmss"));
    private final Compose compose;
    private final Path home;
    private Journal journal;
    private Completion completion;
    private Staging staging;

    /** Prepares a restore; nothing is looked at yet. */
    public Restore(Request request, Listener listener) {
        this.request = request;
        this.listener = listener;
        this.places = new Places(request.projectRoot(), id);
        this.home = Places.home(request.projectRoot()).resolve("restore_" + id);
        this.compose = request.composeFile() == null ? null : Compose.of(request.composeFile(), listener);
    }

    /** Works out what {@link #run} would do, by reading everything and writing nothing at all. */
    public Plan preview() {
        request.selection().checkNames(request.map());
        Predicate<String> wanted = request.selection().equals(Selection.ALL) ? null : name -> request.selection().wants(name, request.map());
        Contents contents = ArchiveReader.read(request.archive(), new ArchiveCheck(wanted, true, true, isOwnSafetyBackup()), listener);
        Plan plan = planner().plan(contents, request.selection());
        MissingSources.refuse(plan, request.map(), request.selection());
        TakenAway.refuseUnkeepable(plan, request.safetyBackup());
        return plan;
    }

    /**
     * Returns the services that {@link #run} would stop for a plan, as they run now; none when containers are left alone. Throws
     * {@link Failure} where it would refuse because of containers or for want of space.
     */
    public Set<String> wouldStop(Plan plan) {
        Room.require(plan, places);
        if (compose == null) {
            return Set.of();
        }
        Stack now = compose.look();
        refuseOutsiders(plan);
        warnOfMissingBinds(now, plan);
        return now.running();
    }

    /** Rehearses the restore up to the point where live data would be touched, into a scratch directory that is removed again. */
    public Plan drill() {
        request.selection().checkNames(request.map());
        try (ProjectLock lock = ProjectLock.take(request.projectRoot(), "restore drill")) {
            Journal.requireNone(request.projectRoot(), request.recoverCommand());
            begin(Journal.DRILL, null);
            try {
                return stage();
            } finally {
                completion.clean();
            }
        }
    }

    /** Restores. Throws {@link Failure} when it could not be done; its exit code and state say what live data is then. */
    public Outcome run(Consent consent) {
        request.selection().checkNames(request.map());
        try (ProjectLock lock = ProjectLock.take(request.projectRoot(), request.purpose())) {
            Journal.requireNone(request.projectRoot(), request.recoverCommand());
            Stack first = compose == null ? null : compose.look();
            begin(request.purpose(), request.composeFile());
            Plan plan = beforeTheSwap(consent, first);
            Stack before = journal.stack();
            swap(plan);
            Completion.Health health = completion.bringUp(request.healthTimeout());
            Failure trouble = health.trouble();
            if (trouble != null) {
                listener.warning(trouble.getMessage());
            }
            if (trouble != null && request.rollbackIfUnhealthy()) {
                trouble = takeBack(before, trouble);
            }
            if (trouble == null && before != null) {
                compose.tellWhatStaysDown(before);
            }
            Path safety = completion.packAndClean();
            return new Outcome(plan, safety, trouble, before,
                before == null ? Set.of() : trouble == null ? before.toStart() : compose.runningNow());
        }
    }

    private Planner planner() {
        return new Planner(request.map(), request.projectRoot(), request.keepExtra(), listener);
    }

    private void begin(String purpose, Path composeFile) {
        Journal abandoned = Journal.find(request.projectRoot());
        if (abandoned != null) {
            listener.info("Removing what an interrupted " + abandoned.header().purpose() + " had left");
            new Completion(request.projectRoot(), abandoned, null, listener, request.recoverCommand()).clean();
        }
        journal = Journal.begin(request.projectRoot(), new Journal.Header(id, purpose,
            request.archive().getFileName().toString(), composeFile), List.of(home));
        completion = new Completion(request.projectRoot(), journal, compose, listener, request.recoverCommand());
    }

    /** Everything up to the last moment at which going back means only to delete what was staged and to start what was stopped. */
    private Plan beforeTheSwap(Consent consent, Stack first) {
        boolean stopped = false;
        try {
            Plan plan = stage();
            TakenAway.refuseShrink(plan, request.allowShrink());
            if (first != null) {
                refuseOutsiders(plan);
                warnOfMissingBinds(first, plan);
            }
            consent.ask(plan, first == null ? Set.of() : first.running());
            if (first != null) {
                // Staging takes its time, and a question can stay unanswered for hours: what runs now is what has to run again.
                Stack before = compose.look();
                journal.stack(request.purpose().equals("undo") ? before.alsoStarting(plan.ranBefore()) : before);
                journal.enter(Journal.Phase.STOPPING);
                compose.stop(before);
                stopped = true;
                listener.checkInterrupted();
            }
            Plan atRest = planner().planAtRest(plan, request.selection());
            TakenAway.refuseUnkeepable(atRest, request.safetyBackup());
            if (compose != null) {
                // Both may have changed: a question can stay unanswered for hours, and the engine brings containers back by itself.
                compose.proveStopped();
                refuseOutsiders(plan);
            }
            listener.checkInterrupted();
            List<SwapGroup> groups = new SwapPlanner(places, staging).groups(atRest);
            OpenFiles.refuseWriters(groups);
            journal.groups(groups);
            journal.safetyName(request.safetyBackup() ? SafetyBackup.nextName(request.projectRoot()) : null);
            journal.enter(Journal.Phase.SWAPPING);
            return atRest;
        } catch (Failure e) {
            throw abandoned(stopped, e);
        } catch (IOException | RuntimeException | Error e) {
            throw abandoned(stopped, Failure.of(ExitCode.FAILED, "Cannot prepare the swap: " + Reason.of(e)).state("Nothing was touched.")
                .because(e));
        }
    }

    private Failure abandoned(boolean stopped, Failure failure) {
        Failure told = failure.state() != null ? failure : failure.state("Nothing was touched.");
        try {
            if (stopped) {
                completion.startAgain();
                told = journal.stack().running().isEmpty() ? told : told.state("Nothing was touched; what ran before runs again.");
            }
            completion.clean();
        } catch (Failure second) {
            told.addSuppressed(second);
            told = told.state(told.state() + " But then: " + second.getMessage())
                .next(second.next() == null ? request.recoverCommand() : second.next());
        }
        return told;
    }

    private Plan stage() {
        listener.info("Reading and checking " + SafeText.quote(request.archive().getFileName()));
        staging = new Staging(request.projectRoot(), request.map(), request.selection(), places, journal::addArea,
            home.resolve("scratch"), isOwnSafetyBackup(), listener);
        try (Staging closing = staging) {
            return stageInto(closing);
        }
    }

    private Plan stageInto(Staging area) {
        Contents contents = ArchiveReader.read(request.archive(), area, listener);
        Plan plan = planner().plan(contents, request.selection());
        MissingSources.refuse(plan, request.map(), request.selection());
        TakenAway.refuseUnkeepable(plan, request.safetyBackup());
        area.complete(plan, request.purpose().equals("undo"));
        return plan;
    }

    /** Told by its place: what an archive says of itself, a stranger can write. */
    private boolean isOwnSafetyBackup() {
        return BackupDirectory.safetyBackupsOf(request.projectRoot()).holds(request.archive());
    }

    private void refuseOutsiders(Plan plan) {
        List<Path> destinations = plan.sources().stream().map(Plan.OfSource::destination).toList();
        compose.othersThatMount(destinations).stream().filter(outsider -> !outsider.readOnly()).findFirst().ifPresent(outsider -> {
            throw outsider.refusal();
        });
    }

    private void warnOfMissingBinds(Stack before, Plan plan) {
        for (BindProblem problem : compose.bindProblems(before)) {
            if (!plan.brings(LiveFiles.realPath(problem.source()))) {
                listener.warning(problem.warning());
            }
        }
    }

    /** No interrupt is looked at in here: once begun, the swap is completed or taken back. */
    private void swap(Plan plan) {
        try {
            listener.info("Swapping " + CountText.of(plan.sources().size(), "source"));
            Swap.run(journal.groups());
            journal.enter(Journal.Phase.COMMITTED);
        } catch (IOException | RuntimeException | Error e) {
            String file = e instanceof java.nio.file.FileSystemException named && named.getFile() != null
                ? SafeText.quote(named.getFile()) + ": " : "";
            completion.takeBack();
            throw Failure.of(ExitCode.FAILED, "The swap failed: " + file + Reason.of(e)).because(e)
                .state("Every file was put back: live data is as it was before.").next("Remove the cause, then try again.");
        }
    }

    /**
     * Ends the restore by putting the old data back, and says so by throwing {@link Failure}. Returns the trouble, and leaves the restored
     * data, when that cannot be done because a container still runs on it.
     */
    private Failure takeBack(Stack before, Failure trouble) {
        listener.info("Putting the old data back");
        try {
            compose.bringDown(before);
        } catch (Failure stillRuns) {
            return Failure.of(ExitCode.UNHEALTHY, trouble.getMessage() + ". The old data was not put back: " + stillRuns.getMessage())
                .next(stillRuns.next());
        }
        completion.takeBack();
        throw Failure.of(ExitCode.FAILED, "The stack did not become healthy with the restored data: " + trouble.getMessage())
            .state("The old data was put back, and " + (before.running().isEmpty() ? "nothing runs, as before." : "what ran before runs again."))
            .next(trouble.next());
    }
}
