package pps;

/** The exit codes of every script; runbooks and timers depend on them, so a code never changes its meaning. */
public enum ExitCode {
    /** The work is done. */
    DONE(0, "done"),
    /** The work failed, and live data is as it was before, or was put back. */
    FAILED(1, "failed; live data is as it was before (or was put back)"),
    /** The command line makes no sense. */
    USAGE(2, "wrong usage"),
    /** The backup is missing, damaged or unsafe, and nothing was touched. */
    BAD_BACKUP(3, "the backup is missing, damaged or unsafe; nothing was touched"),
    /** Data was restored, but the stack did not come back healthy. */
    UNHEALTHY(4, "data restored, but the stack did not come back healthy"),
    /** Another run holds the lock, or an interrupted restore has to be recovered first. */
    LOCKED(5, "another run holds the lock, or an interrupted restore has to be recovered first"),
    /** Declined at a prompt, or interrupted before the swap; nothing was touched. */
    DECLINED(130, "declined at a prompt, or interrupted before the swap; nothing was touched");

    private final int number;
    private final String meaning;

    ExitCode(int number, String meaning) {
        this.number = number;
        this.meaning = meaning;
    }

    /** Returns the number that the process ends with. */
    public int number() {
        return number;
    }

    /** Returns the sentence that help texts and documents print beside the number. */
    public String meaning() {
        return meaning;
    }
}
