package pps;

//SOURCES Failure.java
//SOURCES Progress.java

/**
 * What a procedure tells its caller while it works. The library prints nothing by itself: a script hands in a listener that writes to
 * the terminal, a test one that collects.
 */
public interface Listener {
    /** A step was taken or begins; one line, names in it already quoted by {@link SafeText}. */
    void info(String message);

    /** Something the owner should know, though the work goes on. */
    void warning(String message);

    /** A detail that only {@code --verbose} shows. */
    void detail(String message);

    /**
     * A safe point: live data is as it was before. Throws a {@link Failure} with {@link ExitCode#DECLINED} when the user has asked the
     * process to end (Ctrl-C, SIGTERM, a closed terminal), otherwise returns at once. Procedures call it often before the swap and in
     * waits, and never inside the swap.
     */
    void checkInterrupted();

    /** A step begins that may take long: so many bytes are to be read, copied or packed. One at a time; whoever does it closes it. */
    default Progress progress(String step, long bytes) {
        return Progress.NONE;
    }

    /** A listener that keeps nothing and is never interrupted. */
    Listener SILENT = new Listener() {
        @Override
        public void info(String message) {
            // silence is what this listener is for
        }

        @Override
        public void warning(String message) {
            // silence is what this listener is for
        }

        @Override
        public void detail(String message) {
            // silence is what this listener is for
        }

        @Override
        public void checkInterrupted() {
            // nobody can interrupt
        }
    };
}
