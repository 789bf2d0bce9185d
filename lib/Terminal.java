package pps;

import java.io.IOException;

/** Which of a process's three streams are a terminal, and whether colour is wanted on it ({@code NO_COLOR}, {@code TERM=dumb}). */
public record Terminal(boolean input, boolean output, boolean error, boolean colours) {
    private static final String ASK = "r=0; [ -t 0 ] && r=$((r+1)); [ -t 1 ] && r=$((r+2)); [ -t 2 ] && r=$((r+4)); exit $r";

    /**
     * Looks at the streams of this process. Java 17 has no call for it ({@code System.console()} wants input and output both), so the
     * shell's own test is asked.
     */
    public static Terminal detect() {
        String noColor = System.getenv("NO_COLOR");
        boolean colours = (noColor == null || noColor.isEmpty()) && !"dumb".equals(System.getenv("TERM"));
        try {
            int streams = new ProcessBuilder("sh", "-c", ASK).inheritIO().start().waitFor();
            return new Terminal((streams & 1) != 0, (streams & 2) != 0, (streams & 4) != 0, colours);
        } catch (IOException e) {
            // No shell: no terminal that anybody could answer on.
            return new Terminal(false, false, false, false);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return new Terminal(false, false, false, false);
        }
    }
}
