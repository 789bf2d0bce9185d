package pps;

//SOURCES ExitCode.java

/**
 * A failure that its reader can act on: what happened (with the file it happened to), what state things are in now, and the next
 * command to type. Every expected error ends up as one of these; anything else that is thrown is a defect of the tool.
 */
public final class Failure extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final ExitCode exitCode;
    private final String state;
    private final String next;

    private Failure(ExitCode exitCode, String what, String state, String next, Throwable cause) {
        super(what, cause);
        this.exitCode = exitCode;
        this.state = state;
        this.next = next;
    }

    /** Returns a failure of the given kind; {@code what} says what happened, in one sentence without a full stop at its end. */
    public static Failure of(ExitCode exitCode, String what) {
        return new Failure(exitCode, what, null, null, null);
    }

    /** Returns a copy that says what state things are in now. */
    public Failure state(String newState) {
        return copy(exitCode, newState, next, getCause());
    }

    /** Returns a copy that says what to do next: a command where there is one. */
    public Failure next(String newNext) {
        return copy(exitCode, state, newNext, getCause());
    }

    /** Returns a copy that carries the exception which led to it; it is shown only under {@code --verbose}. */
    public Failure because(Throwable cause) {
        return copy(exitCode, state, next, cause);
    }

    /** Returns a copy with another exit code. */
    public Failure as(ExitCode newExitCode) {
        return copy(newExitCode, state, next, getCause());
    }

    /** Returns the code that the process ends with. */
    public ExitCode exitCode() {
        return exitCode;
    }

    /** Returns what state things are in now, or null when the failure does not know. */
    public String state() {
        return state;
    }

    /** Returns what to do next, or null when there is nothing better than the message. */
    public String next() {
        return next;
    }

    private Failure copy(ExitCode newCode, String newState, String newNext, Throwable cause) {
        Failure copy = new Failure(newCode, getMessage(), newState, newNext, cause);
        copy.setStackTrace(getStackTrace());
        for (Throwable suppressed : getSuppressed()) {
            copy.addSuppressed(suppressed);
        }
        return copy;
    }
}
