package pps;

import java.nio.file.Path;

/**
 * Makes names that come out of an archive, a file system or another program safe to show: a file name may hold line feeds, terminal
 * escape sequences or marks that reverse the direction of writing, and must not be able to drive the terminal or forge a log line.
 */
public final class SafeText {
    private SafeText() {
    }

    /**
     * Returns the name as one line of visible text. Control, format (among them the bidirectional marks of Unicode), surrogate,
     * private-use and unassigned characters and line separators become a backslash escape; a backslash becomes two, so that two
     * different names never look the same.
     */
    public static String quote(String name) {
        StringBuilder shown = null;
        for (int i = 0; i < name.length(); ) {
            int c = name.codePointAt(i);
            int width = Character.charCount(c);
            if (c == '\\' || !isVisible(c)) {
                if (shown == null) {
                    shown = new StringBuilder(name.length() + 16).append(name, 0, i);
                }
                escape(shown, c);
            } else if (shown != null) {
                shown.appendCodePoint(c);
            }
            i += width;
        }
        return shown == null ? name : shown.toString();
    }

    /** Returns {@link #quote(String)} of the path as given, not made absolute. */
    public static String quote(Path path) {
        return quote(path.toString());
    }

    /**
     * Returns the output of another program as text that is safe to show: as {@link #quote(String)}, but line feeds and tabs stay, colour
     * sequences are dropped, and a backslash stays one.
     */
    public static String quoteLines(String output) {
        StringBuilder shown = new StringBuilder(output.length());
        output.replaceAll("\u001b\\[[0-9;]*m", "").codePoints().forEach(c -> {
            if (c == '\n' || c == '\t' || c == '\\' || isVisible(c)) {
                shown.appendCodePoint(c);
            } else if (c != '\r') {
                escape(shown, c);
            }
        });
        return shown.toString();
    }

    /** Tells whether a character can be shown as it is: it has a glyph or is a space, and neither moves the cursor nor turns the text. */
    static boolean isVisible(int c) {
        return switch (Character.getType(c)) {
            case Character.CONTROL, Character.FORMAT, Character.SURROGATE, Character.PRIVATE_USE, Character.UNASSIGNED,
                Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR -> false;
            default -> true;
        };
    }

    private static void escape(StringBuilder shown, int c) {
        switch (c) {
            case '\\' -> shown.append("\\\\");
            case '\n' -> shown.append("\\n");
            case '\r' -> shown.append("\\r");
            case '\t' -> shown.append("\\t");
            default -> shown.append(c < 0x100 ? String.format("\\x%02x", c) : String.format("\\u{%x}", c));
        }
    }
}
