package pps;

/** Numbers of things as people read them. */
public final class CountText {
    private CountText() {
    }

    /** Returns the number with the noun in its form for it: {@code 1 file}, {@code 3 files}. */
    public static String of(long number, String noun) {
        return number + " " + noun + (number == 1 ? "" : "s");
    }

    /** Returns what follows a number of things: {@code "file matches"} for one, {@code "files match"} otherwise. */
    public static String of(long number, String one, String several) {
        return number + " " + (number == 1 ? one : several);
    }
}
