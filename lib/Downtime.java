package pps;

//SOURCES BindProblem.java
//SOURCES Compose.java
//SOURCES ExitCode.java
//SOURCES Failure.java
//SOURCES Journal.java
//SOURCES Listener.java
//SOURCES SafeText.java
//SOURCES Stack.java
//SOURCES Unwell.java

import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * The time for which a backup keeps a stack down. Whatever happens in it, what ran before is started again; a kill leaves a journal from
 * which a later run can do so.
 */
final class Downtime {
    /** How long it took to stop the stack, to do the work, and to start it; it is down for the sum. Until it was healthy comes after that. */
    public record Times(Duration stopping, Duration work, Duration starting, Duration untilHealthy) {
        /** Returns for how long the stack was down. */
        public Duration down() {
            return stopping.plus(work).plus(starting);
        }
    }

    private final Compose compose;
    private final Stack before;
    private final Journal journal;
    private final Duration healthTimeout;
    private final Listener listener;
    private Times times;
    private Failure trouble;

    /** @param compose null, with {@code before}, when containers are left alone */
    Downtime(Compose compose, Stack before, Journal journal, Duration healthTimeout, Listener listener) {
        this.compose = compose;
        this.before = before;
        this.journal = journal;
        this.healthTimeout = healthTimeout;
        this.listener = listener;
    }

    /**
     * Does the work while the stack is stopped, and returns what it gives. Throws what the work throws, with the stack started again; that
     * the stack did not come back well after good work is no failure of the work: {@link #trouble()} says so.
     */
    <T> T during(Supplier<T> work) {
        if (before == null) {
            return work.get();
        }
        if (before.running().isEmpty()) {
            // Nothing is stopped that could be started again, but since that look somebody may have started it.
            proveAtRest("was started after this backup had looked");
            return work.get();
        }
        journal.stack(before);
        journal.enter(Journal.Phase.STOPPING);
        long began = System.nanoTime();
        try {
            compose.lookAhead();
            compose.stop(before);
        } catch (Failure e) {
            upAgain();
            throw e;
        }
        long stopped = System.nanoTime();
        T done;
        try {
            done = work.get();
        } catch (RuntimeException | Error e) {
            throw startedAfter(e);
        }
        bringUp(began, stopped, System.nanoTime());
        return done;
    }

    /**
     * Returns true, or throws a failure that names what runs: what was read while it did may be a mixture of two moments. For the end of
     * the work, before anything is made of it; where containers are left alone, this says nothing.
     */
    boolean isAtRest() {
        proveAtRest("did not stay down while its files were read");
        return true;
    }

    private void proveAtRest(String what) {
        if (compose == null) {
            return;
        }
        try {
            compose.proveStopped();
        } catch (Failure e) {
            throw e.exitCode() == ExitCode.DECLINED ? e : Failure.of(ExitCode.FAILED, "The stack " + what + ". " + e.getMessage()).because(e)
                .next("See what starts it (another program, the engine itself), then back up again.");
        }
    }

    private void bringUp(long began, long stopped, long worked) {
        List<BindProblem> problems;
        try {
            problems = compose.bindProblems(before);
        } catch (Failure e) {
            // What is wrong with them, the start says itself.
            listener.detail(e.getMessage());
            problems = List.of();
        }
        if (!problems.isEmpty()) {
            trouble = Failure.of(ExitCode.UNHEALTHY, "The stack was not started: " + problems.stream()
                .map(problem -> SafeText.quote(problem.source()) + " " + problem.what()).collect(Collectors.joining("; ")))
                .state("Docker would have made it up as an empty directory, and a database would start empty.")
                .next("Put it there, then: " + compose.commandLine("up", "-d"));
            upAgain();
            return;
        }
        long end = System.nanoTime() + healthTimeout.toNanos();
        try {
            compose.start(before, healthTimeout);
        } catch (Failure e) {
            trouble = e.as(ExitCode.UNHEALTHY);
        }
        long started = System.nanoTime();
        upAgain();
        if (trouble == null) {
            trouble = notWell(Duration.ofNanos(Math.max(0, end - started)));
        }
        times = new Times(Duration.ofNanos(stopped - began), Duration.ofNanos(worked - stopped), Duration.ofNanos(started - worked),
            Duration.ofNanos(System.nanoTime() - started));
        if (trouble == null) {
            listener.info(String.format(java.util.Locale.ROOT, "The stack is healthy; it was down for %.1f s", times.down().toMillis() / 1000.0));
        } else {
            listener.warning(trouble.getMessage());
        }
    }

    /** Returns why the stack is not well, or null. That the engine does not answer is no reason to throw a good copy away. */
    private Failure notWell(Duration left) {
        try {
            List<Unwell> unwell = compose.awaitHealthy(before, left);
            return unwell.isEmpty() ? null : Unwell.failure(unwell, healthTimeout);
        } catch (Failure e) {
            if (e.exitCode() == ExitCode.DECLINED) {
                throw e;
            }
            return e.as(ExitCode.UNHEALTHY);
        }
    }

    /** Returns the failure of the work, or of a defect in it, with what has become of the stack. */
    private RuntimeException startedAfter(Throwable work) {
        Failure failure = work instanceof Failure known ? known
            : Failure.of(ExitCode.FAILED, "A defect in pps-restore: " + SafeText.quote(work.toString())).because(work);
        try {
            compose.start(before, healthTimeout);
            return failure.state("What ran before was started again.");
        } catch (Failure again) {
            Failure both = failure.state("The stack could not be started again: " + again.getMessage())
                .next(again.next() == null ? compose.commandLine("up", "-d") : again.next());
            both.addSuppressed(again);
            return both;
        } finally {
            upAgain();
        }
    }

    /** From here on a kill leaves nothing that has to be recovered. */
    private void upAgain() {
        try {
            journal.enter(Journal.Phase.STAGING);
        } catch (Failure e) {
            // A full disk: the journal goes anyway when the backup ends.
            listener.detail(e.getMessage());
        }
    }

    /** Returns how long each part took, or null when no stack was stopped. */
    Times times() {
        return times;
    }

    /** Returns why the stack did not come back well, or null. */
    Failure trouble() {
        return trouble;
    }
}
