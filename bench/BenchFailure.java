package bench;

/** Why a benchmark cannot go on: a tool failed, or restored something else than it was given. */
public final class BenchFailure extends RuntimeException {
    private static final long serialVersionUID = 1;

    /** Says it in a sentence. */
    public BenchFailure(String message) {
        super(message);
    }

    /** Says it in a sentence, with what lies behind it. */
    public BenchFailure(String message, Throwable cause) {
        super(message, cause);
    }
}
