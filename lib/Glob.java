package pps;

import java.nio.file.FileSystems;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.PatternSyntaxException;

/**
 * The include patterns of a source: the JDK's globs, with one addition that users of Python's {@code pathlib} and of git expect: a leading
 * {@code **}{@code /} also matches no directory at all, so {@code **}{@code /*.md} means the files at the top as well.
 */
public final class Glob {
    private static final String ANY_DEPTH = "**/";

    private final List<PathMatcher> matchers;
    private final boolean deep;

    private Glob(List<PathMatcher> matchers, boolean deep) {
        this.matchers = matchers;
        this.deep = deep;
    }

    /** Returns the matcher of any of these patterns. Throws {@link PatternSyntaxException} when one is no glob. */
    public static Glob of(List<String> patterns) {
        List<PathMatcher> matchers = new ArrayList<>();
        boolean deep = false;
        for (String pattern : patterns) {
            matchers.add(FileSystems.getDefault().getPathMatcher("glob:" + pattern));
            if (pattern.startsWith(ANY_DEPTH)) {
                matchers.add(FileSystems.getDefault().getPathMatcher("glob:" + pattern.substring(ANY_DEPTH.length())));
            }
            deep |= pattern.contains("/") || pattern.contains("**");
        }
        return new Glob(List.copyOf(matchers), deep);
    }

    /** Tells whether a pattern names many files, rather than one by its name. */
    public static boolean hasWildcard(String pattern) {
        return pattern.chars().anyMatch(c -> c == '*' || c == '?' || c == '[' || c == '{');
    }

    /** Tells whether a path below the source, with {@code /} between its parts, is meant. */
    public boolean matches(String relative) {
        try {
            Path path = Path.of(relative);
            return matchers.stream().anyMatch(matcher -> matcher.matches(path));
        } catch (InvalidPathException e) {
            // A name that cannot be a path here cannot be one of this source's files either.
            return false;
        }
    }

    /** Tells whether files in sub-directories can be meant. */
    public boolean isDeep() {
        return deep;
    }
}
