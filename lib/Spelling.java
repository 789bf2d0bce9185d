package pps;

//SOURCES ExitCode.java
//SOURCES Failure.java
//SOURCES SafeText.java

import java.nio.file.InvalidPathException;
import java.nio.file.Path;

/**
 * Names of files that the locale cannot spell. Java takes names as text in the locale's encoding: in the locale C it cannot open a file
 * whose name is not ASCII, and reads that name as another one. The launcher sees to a UTF-8 locale; a jar has what it was started with.
 */
public final class Spelling {
    private static final String NEXT = "export LC_ALL=C.UTF-8   and try again";

    private Spelling() {
    }

    /** Tells whether a file that was found below a directory is also found again by its path as text. */
    static boolean isPossible(Path top, String relative, Path file) {
        try {
            return file.equals(top.resolve(relative));
        } catch (InvalidPathException e) {
            return false;
        }
    }

    /** Returns the failure that a file's own name leads to; the name is shown as it is in UTF-8, whatever the locale makes of it. */
    static Failure failure(Path file) {
        return failure(file.toUri().getPath()).next(NEXT + "; if that name is not UTF-8, rename the file");
    }

    /** Returns the failure that a name leads to. */
    static Failure failure(String name) {
        return Failure.of(ExitCode.FAILED, sentence("The name", name)).next(NEXT);
    }

    /** Returns the failure that a name led to which was nobody's own to look at, or null when what was thrown has another cause. */
    public static Failure behind(Throwable thrown) {
        InvalidPathException impossible = cause(thrown);
        return impossible == null ? null : failure(impossible.getInput()).because(thrown);
    }

    /** Returns in a few words that a name was the cause, or null. */
    static String reason(Throwable thrown) {
        InvalidPathException impossible = cause(thrown);
        return impossible == null ? null : sentence("the name", impossible.getInput());
    }

    private static String sentence(String begins, String name) {
        return begins + " '" + SafeText.quote(name) + "' is not possible in this locale";
    }

    private static InvalidPathException cause(Throwable thrown) {
        for (Throwable one = thrown; one != null; one = one.getCause()) {
            // The other reason that there is, a NUL in the name, is no matter of the locale.
            if (one instanceof InvalidPathException path && path.getReason().startsWith("Malformed input")) {
                return path;
            }
        }
        return null;
    }
}
