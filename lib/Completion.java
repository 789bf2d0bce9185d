package pps;

//SOURCES Compose.java
//SOURCES Durable.java
//SOURCES Failure.java
//SOURCES Journal.java
//SOURCES Listener.java
//SOURCES NotKept.java
//SOURCES Places.java
//SOURCES Reason.java
//SOURCES SafeText.java
//SOURCES SafetyBackup.java
//SOURCES Stack.java
//SOURCES Swap.java
//SOURCES Unwell.java

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;

/** The two ways in which a restore ends once files were swapped: forwards to a healthy stack and a safety backup, or all the way back. */
final class Completion {
    private final Path projectRoot;
    private final Journal journal;
    private final Compose compose;
    private final Listener listener;
    private final String recoverCommand;

    /** @param compose null when containers are left alone */
    Completion(Path projectRoot, Journal journal, Compose compose, Listener listener, String recoverCommand) {
        this.projectRoot = projectRoot;
        this.journal = journal;
        this.compose = compose;
        this.listener = listener;
        this.recoverCommand = recoverCommand;
    }

    /** How the stack came back: {@code trouble} is null when it is healthy or was left alone. */
    record Health(Failure trouble) {
    }

    /**
     * Starts what ran before and waits until it is healthy; says by its result when it is not. Throws {@link Failure} only when the user
     * interrupts the waiting.
     */
    Health bringUp(Duration timeout) {
        boolean asBefore = journal.phase() == Journal.Phase.STOPPING;
        if (compose == null || journal.stack() == null || asBefore && journal.stack().running().isEmpty()) {
            return new Health(null);
        }
        Stack before = asBefore ? journal.stack().asItRan() : journal.stack();
        long end = System.nanoTime() + timeout.toNanos();
        try {
            compose.start(before, timeout);
            List<Unwell> unwell = compose.awaitHealthy(before, Duration.ofNanos(Math.max(0, end - System.nanoTime())));
            if (unwell.isEmpty()) {
                listener.info("The stack is healthy");
                return new Health(null);
            }
            return new Health(Unwell.failure(unwell, timeout));
        } catch (Failure e) {
            if (e.exitCode() == ExitCode.DECLINED) {
                throw Failure.of(ExitCode.UNHEALTHY, "Interrupted while waiting for the stack; its containers are left starting")
                    .state(journal.state()).next(recoverCommand + "   waits again, and ends the restore");
            }
            return new Health(e.as(ExitCode.UNHEALTHY));
        }
    }

    /** Packs what was moved aside, lets it go, and ends the journal; returns the safety backup, or null when none was wanted. */
    Path packAndClean() {
        try {
            Path safety = SafetyBackup.fileOf(projectRoot, journal.safetyName());
            if (journal.phase() == Journal.Phase.COMMITTED) {
                Swap.removeEmptied(journal.groups());
                if (safety != null) {
                    listener.info("Packing what was replaced into a safety backup");
                    SafetyBackup.pack(projectRoot, journal.safetyName(), journal.header(), journal.stack(), journal.groups(), listener);
                    NotKept.unmark(projectRoot);
                } else {
                    NotKept.mark(projectRoot, journal.header().archive());
                }
                journal.enter(Journal.Phase.PACKED);
            }
            clean();
            SafetyBackup.prune(projectRoot, listener);
            return safety;
        } catch (IOException e) {
            throw unfinished(Failure.of(ExitCode.FAILED, "Cannot clean up after the restore: " + Reason.of(e)).because(e));
        } catch (Failure e) {
            throw unfinished(e);
        }
    }

    private Failure unfinished(Failure e) {
        String what = e.exitCode() == ExitCode.DECLINED ? "Interrupted while packing the safety backup" : e.getMessage();
        return Failure.of(ExitCode.LOCKED, what).because(e)
            .state("The restore itself is complete and live. " + (journal.phase() == Journal.Phase.COMMITTED
                ? "What it replaced is whole, in " + journal.areas().stream().map(a -> SafeText.quote(a.resolve("moved")))
                    .collect(Collectors.joining(", ")) + "." : "The safety backup is complete."))
            .next((e.next() == null ? "" : e.next() + ": ") + recoverCommand + "   tries again");
    }

    /**
     * Puts the old files back and starts what ran. Throws {@link Failure} ({@link ExitCode#LOCKED}) when that fails: then live data is in
     * doubt, the stack stays down, and the journal stays for another try.
     */
    void takeBack() {
        try {
            if (compose != null && journal.stack() != null) {
                compose.bringDown(journal.stack());
            }
            journal.enterRollBack(projectRoot);
            for (Path missing : Swap.rollBack(journal.groups())) {
                listener.warning("Not put back: " + SafeText.quote(missing) + " was deleted since the swap began; it is neither there nor among what was moved aside");
            }
        } catch (IOException | RuntimeException e) {
            throw Failure.of(ExitCode.LOCKED, "The old files could not all be put back: " + Reason.of(e)).because(e)
                .state(journal.state() + " Every file is still there.")
                .next("Remove the cause, then: " + recoverCommand);
        }
        // From here on, nothing may be put back a second time.
        journal.groups(List.of());
        try {
            journal.enter(Journal.Phase.STOPPING);
        } catch (Failure e) {
            // No room to write that all is back: without a journal nothing is put back a second time, and what is left is only staging.
            listener.warning(e.getMessage());
            journal.end();
        }
        try {
            startAgain();
        } catch (Failure e) {
            throw Failure.of(ExitCode.FAILED, e.getMessage()).because(e)
                .state("Every file was put back: live data is as it was before. " + (e.state() == null ? "" : e.state()))
                .next("Remove the cause, then: " + recoverCommand);
        }
        clean();
    }

    /** Starts what ran before, and nothing when nothing did; live data is as it was. */
    void startAgain() {
        if (compose != null && journal.stack() != null && !journal.stack().running().isEmpty()) {
            compose.start(journal.stack().asItRan());
        }
    }

    /** Deletes what was staged and moved, and the journal last. */
    void clean() {
        journal.forgetSwapInDoubt();
        try {
            for (Path area : journal.areas()) {
                Places.removeArea(area);
            }
            journal.end();
        } catch (IOException e) {
            throw Failure.of(ExitCode.FAILED, "Cannot delete " + SafeText.quote(e.getMessage() == null ? "" : e.getMessage()) + ": "
                + Reason.of(e)).because(e);
        }
    }
}
