package pps;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;

import java.io.IOException;
import java.util.Arrays;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

//SOURCES ../lib/Failure.java
//SOURCES ../lib/ExitCode.java

class FailureTest {
    @Test
    @DisplayName("a failure says what happened, what state things are in, and what to do next")
    void parts() {
        IOException cause = new IOException("no space left");
        Failure failure = Failure.of(ExitCode.FAILED, "cannot write x").state("nothing was touched").next("df -h").because(cause);
        assertAll(
            () -> assertEquals("cannot write x", failure.getMessage()),
            () -> assertEquals("nothing was touched", failure.state()),
            () -> assertEquals("df -h", failure.next()),
            () -> assertSame(cause, failure.getCause()),
            () -> assertSame(ExitCode.FAILED, failure.exitCode()));
    }

    @Test
    @DisplayName("a failure that knows no more than what happened says no more")
    void plain() {
        Failure failure = Failure.of(ExitCode.USAGE, "what");
        assertNull(failure.state());
        assertNull(failure.next());
        assertNull(failure.getCause());
    }

    @Test
    @DisplayName("a changed copy keeps the rest, with where it was thrown and what was suppressed, and leaves the original alone")
    void copies() {
        Failure original = Failure.of(ExitCode.FAILED, "what").state("state").next("next");
        original.addSuppressed(new IOException("second"));
        Failure copy = original.as(ExitCode.UNHEALTHY);
        assertAll(
            () -> assertSame(ExitCode.UNHEALTHY, copy.exitCode()),
            () -> assertSame(ExitCode.FAILED, original.exitCode()),
            () -> assertEquals("what/state/next", copy.getMessage() + "/" + copy.state() + "/" + copy.next()),
            () -> assertArrayEquals(original.getStackTrace(), copy.getStackTrace()),
            () -> assertArrayEquals(original.getSuppressed(), copy.getSuppressed()));
    }

    @Test
    @DisplayName("the numbers of the exit codes are those that runbooks and timers know")
    void numbers() {
        assertArrayEquals(new int[] {0, 1, 2, 3, 4, 5, 130}, Arrays.stream(ExitCode.values()).mapToInt(ExitCode::number).toArray());
    }
}
