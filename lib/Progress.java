package pps;

/** How far a step of the work has come. Closing it ends the step, also when it has failed. */
public interface Progress extends AutoCloseable {
    /** Says how many bytes of the step are done; may be called for each buffer. */
    void to(long bytes);

    @Override
    void close();

    /** For whoever does not want to know. */
    Progress NONE = new Progress() {
        @Override
        public void to(long bytes) {
            // nobody looks
        }

        @Override
        public void close() {
            // nothing was begun
        }
    };
}
