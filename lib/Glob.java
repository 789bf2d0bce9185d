package pps;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.IntPredicate;
import java.util.regex.PatternSyntaxException;

/**
 * The include patterns of a source: the JDK's globs, with one addition that users of Python's {@code pathlib} and of git expect: a leading
 * {@code **}{@code /} also matches no directory at all, so {@code **}{@code /*.md} means the files at the top as well. Patterns come out
 * of archives too, so matching takes time in proportion to pattern and name, where the JDK's own takes for ever on some.
 */
public final class Glob {
    private static final String ANY_DEPTH = "**/";

    private static final Map<List<String>, Glob> COMPILED = new ConcurrentHashMap<>();

    private final List<Pattern> patterns;
    private final boolean deep;

    private Glob(List<Pattern> patterns, boolean deep) {
        this.patterns = patterns;
        this.deep = deep;
    }

    /** Returns the matcher of any of these patterns. Throws {@link PatternSyntaxException} when one is no glob. */
    public static Glob of(List<String> patterns) {
        // There are a few lists of patterns, and many files that each is asked about.
        return COMPILED.computeIfAbsent(patterns, Glob::compile);
    }

    private static Glob compile(List<String> patterns) {
        List<Pattern> compiled = new ArrayList<>();
        boolean deep = false;
        for (String pattern : patterns) {
            compiled.add(new Pattern(pattern));
            if (pattern.startsWith(ANY_DEPTH)) {
                compiled.add(new Pattern(pattern.substring(ANY_DEPTH.length())));
            }
            deep |= pattern.contains("/") || pattern.contains("**");
        }
        return new Glob(List.copyOf(compiled), deep);
    }

    /** Tells whether a pattern names many files, rather than one by its name. */
    public static boolean hasWildcard(String pattern) {
        return pattern.chars().anyMatch(c -> c == '*' || c == '?' || c == '[' || c == '{');
    }

    /** Tells whether a path below the source, with {@code /} between its parts, is meant. */
    public boolean matches(String relative) {
        for (Pattern pattern : patterns) {
            if (pattern.matches(relative)) {
                return true;
            }
        }
        return false;
    }

    /** Tells whether files in sub-directories can be meant. */
    public boolean isDeep() {
        return deep;
    }

    /**
     * One pattern as a list of steps. While a name is read, the set of all steps that may come next is kept, so that nothing is ever tried
     * a second time.
     */
    private static final class Pattern {
        /** One step: reads a character that {@code reads} accepts, stays where it is if {@code repeats}, or goes on at one of {@code ways}. */
        private record Step(IntPredicate reads, boolean repeats, int[] ways) {
        }

        private final String text;
        private final List<Step> steps = new ArrayList<>();
        private int at;

        Pattern(String text) {
            this.text = text;
            while (at < text.length()) {
                if (text.charAt(at) == '{') {
                    at++;
                    group();
                } else {
                    step();
                }
            }
        }

        private void step() {
            int c = text.codePointAt(at);
            at += Character.charCount(c);
            switch (c) {
                case '*' -> {
                    boolean crossesDirectories = at < text.length() && text.charAt(at) == '*';
                    at += crossesDirectories ? 1 : 0;
                    steps.add(new Step(crossesDirectories ? any -> true : any -> any != '/', true, null));
                }
                case '?' -> steps.add(new Step(any -> any != '/', false, null));
                case '[' -> steps.add(new Step(characterClass(), false, null));
                case '\\' -> {
                    if (at == text.length()) {
                        throw error("no character to escape");
                    }
                    int escaped = text.codePointAt(at);
                    at += Character.charCount(escaped);
                    steps.add(new Step(read -> read == escaped, false, null));
                }
                default -> steps.add(new Step(read -> read == c, false, null));
            }
        }

        /** Reads {@code a,b}} behind its opening brace: a fork to each alternative, and behind each a jump to the common end. */
        private void group() {
            int fork = steps.size();
            steps.add(null);
            List<Integer> starts = new ArrayList<>(List.of(steps.size()));
            List<Integer> jumps = new ArrayList<>();
            while (true) {
                if (at == text.length()) {
                    throw error("a group is not closed: '}' is missing");
                }
                char c = text.charAt(at);
                if (c == '{') {
                    throw error("groups cannot be nested");
                }
                if (c == ',' || c == '}') {
                    at++;
                    jumps.add(steps.size());
                    steps.add(null);
                    if (c == '}') {
                        break;
                    }
                    starts.add(steps.size());
                } else {
                    step();
                }
            }
            int end = steps.size();
            steps.set(fork, new Step(null, false, starts.stream().mapToInt(Integer::intValue).toArray()));
            jumps.forEach(jump -> steps.set(jump, new Step(null, false, new int[] {end})));
        }

        private IntPredicate characterClass() {
            boolean negated = at < text.length() && text.charAt(at) == '!';
            at += negated ? 1 : 0;
            int end = text.indexOf(']', at);
            if (end < 0) {
                throw error("a bracket is not closed: ']' is missing");
            }
            int[] listed = text.substring(at, end).codePoints().toArray();
            at = end + 1;
            IntPredicate in = any -> false;
            for (int i = 0; i < listed.length; i++) {
                boolean range = i + 2 < listed.length && listed[i + 1] == '-';
                int from = listed[i];
                int to = range ? listed[i + 2] : from;
                if (from > to || from == '/' || to == '/') {
                    throw error("not a range of characters within a name");
                }
                IntPredicate before = in;
                in = c -> c >= from && c <= to || before.test(c);
                i += range ? 2 : 0;
            }
            IntPredicate all = in;
            return c -> c != '/' && all.test(c) != negated;
        }

        private PatternSyntaxException error(String what) {
            return new PatternSyntaxException(what, text, at);
        }

        boolean matches(String name) {
            return new Matching().matches(name);
        }

        /** One reading of a name; in plain arrays, since tens of thousands of names are read. */
        private final class Matching {
            private final int end = steps.size();
            private int[] now = new int[end + 1];
            private int[] next = new int[end + 1];
            /** Each step is taken up once at most in a position, and a fork puts down no more steps than its group has. */
            private final int[] open = new int[2 * end + 2];
            /** The position at which a step was last taken up; the first position is 1. */
            private final int[] seenAt = new int[end + 1];
            private int position = 1;
            private int following;

            boolean matches(String name) {
                reach(0);
                for (int i = 0; i < name.length() && following > 0; ) {
                    int c = name.codePointAt(i);
                    i += Character.charCount(c);
                    position++;
                    int[] swap = now;
                    now = next;
                    next = swap;
                    int count = following;
                    following = 0;
                    for (int k = 0; k < count; k++) {
                        Step step = now[k] == end ? null : steps.get(now[k]);
                        if (step != null && step.reads().test(c)) {
                            reach(step.repeats() ? now[k] : now[k] + 1);
                        }
                    }
                }
                return following > 0 && seenAt[end] == position;
            }

            /** Adds the step and all that can be reached from it without reading a character. */
            private void reach(int from) {
                int waiting = 0;
                open[waiting++] = from;
                while (waiting > 0) {
                    int step = open[--waiting];
                    if (seenAt[step] == position) {
                        continue;
                    }
                    seenAt[step] = position;
                    Step there = step == end ? null : steps.get(step);
                    if (there != null && there.ways() != null) {
                        for (int way : there.ways()) {
                            open[waiting++] = way;
                        }
                        continue;
                    }
                    next[following++] = step;
                    if (there != null && there.repeats()) {
                        open[waiting++] = step + 1;
                    }
                }
            }
        }
    }
}
