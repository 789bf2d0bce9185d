package pps;

//SOURCES ExitCode.java Failure.java

import java.time.Duration;

/** A moment until which several calls and waits together may take; measured by a clock that nobody sets. */
record Deadline(long nanoTime) {

    static Deadline in(Duration duration) {
        return new Deadline(System.nanoTime() + duration.toNanos());
    }

    /** Returns the time that is left, zero when it is over. */
    Duration remaining() {
        return Duration.ofNanos(Math.max(0, nanoTime - System.nanoTime()));
    }

    /** Sleeps for the given time, or for what is left when that is less. */
    void pause(Duration duration) {
        try {
            Thread.sleep(Math.min(duration.toMillis(), remaining().toMillis()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw Failure.of(ExitCode.FAILED, "Interrupted while waiting for containers").because(e);
        }
    }
}
