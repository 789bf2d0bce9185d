package pps;

//SOURCES SafeText.java

/**
 * Commands of this toolkit as a person types them. They begin with {@code jbang}, or with the launcher of the checkout where that is what
 * the script was started with: then there may be no other. A name that a shell would take apart is quoted for it.
 */
public final class CommandText {
    /** What the launcher says that it was called with. */
    private static final String CALLED = "PPS_RESTORE_CALLED";

    private CommandText() {
    }

    /** Returns the command that runs a script with these words; what is null is left out. */
    public static String of(String script, Object... words) {
        String called = System.getenv(CALLED);
        StringBuilder command = new StringBuilder(called == null || called.isEmpty() ? "jbang" : quoted(called)).append(' ').append(script);
        for (Object word : words) {
            if (word != null) {
                command.append(' ').append(quoted(word.toString()));
            }
        }
        return command.toString();
    }

    /** Returns a word in quotation marks of the shell, whatever is in it. */
    static String inQuotes(String word) {
        return "'" + word.replace("'", "'\\''") + "'";
    }

    /** Returns a word as a shell and a person read it. */
    public static String quoted(String word) {
        return SafeText.quote(word.matches("[\\p{L}\\p{N}_./=:@%+,-]+") ? word : inQuotes(word));
    }
}
