package pps;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.regex.PatternSyntaxException;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

//SOURCES Points.java
//SOURCES ../lib/Glob.java

class GlobTest {
    @ParameterizedTest(name = "{0} and {1}: {2}")
    @CsvSource({
        "*.db, a.db, true", "*.db, sub/a.db, false", "*.db, .db, true", "**/*.md, a.md, true", "**/*.md, x/y/a.md, true", "**, x/y, true",
        "**/*.md, x/y/a.txt, false", "a?c, abc, true", "a?c, a/c, false", "[a-c]x, bx, true", "[!a-c]x, bx, false", "[!a]x, /x, false",
        "'{a,bc}.md', bc.md, true", "'{a,bc}.md', c.md, false", "'{,x}y', y, true", "\\*, *, true", "\\*, a, false", "a**b, a/x/b, true",
        "goals.md, goals.md, true", "goals.md, x/goals.md, false", "*, é, true", "?, 😀, true",
    })
    @DisplayName("a pattern means what the JDK's globs mean, and **/ also no directory at all")
    void matches(String pattern, String name, boolean expected) {
        assertEquals(expected, Glob.of(List.of(pattern)).matches(name));
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(strings = {"[", "[a", "{a", "{a,{b}}", "a\\", "[b-a]", "[/]"})
    @DisplayName("what is no pattern is refused")
    void notAPattern(String pattern) {
        assertThrows(PatternSyntaxException.class, () -> Glob.of(List.of(pattern)));
    }

    @Test
    @DisplayName("random patterns match exactly the names that they match in the JDK")
    void likeTheJdk() {
        Random random = new Random(Points.seed());
        for (int i = 0; i < 20_000; i++) {
            String pattern = text(random, "ab/*?.[a]{,}!-");
            String name = text(random, "aab/.b");
            boolean expected;
            boolean actual;
            try {
                expected = FileSystems.getDefault().getPathMatcher("glob:" + pattern).matches(Path.of(name));
                actual = Glob.of(List.of(pattern)).matches(Path.of(name).toString());
            } catch (PatternSyntaxException e) {
                continue;
            }
            // A leading **/ is the one difference that is meant.
            if (!pattern.startsWith("**/")) {
                assertEquals(expected, actual, () -> pattern + " and " + name);
            }
        }
    }

    private static String text(Random random, String alphabet) {
        return random.ints(1 + random.nextInt(8), 0, alphabet.length()).mapToObj(i -> alphabet.substring(i, i + 1)).reduce("", String::concat);
    }

    @Test
    @DisplayName("a pattern that would keep the JDK's matcher busy for ever is answered at once")
    void noBacktracking() {
        String name = "a".repeat(255);
        assertTimeoutPreemptively(Duration.ofSeconds(5), () -> {
            assertFalse(Glob.of(List.of("*a".repeat(60) + "b")).matches(name));
            assertFalse(Glob.of(List.of("*?".repeat(60) + "b")).matches(name));
            assertFalse(Glob.of(List.of("{*,**,?}".repeat(60) + "b")).matches(name));
            assertTrue(Glob.of(List.of("{,a}".repeat(4000))).matches(name));
        });
    }

    @Test
    @DisplayName("it is known which patterns name many files, and which reach into directories")
    void kinds() {
        assertTrue(Glob.hasWildcard("*.db") && Glob.hasWildcard("[a]") && Glob.hasWildcard("{a,b}") && Glob.hasWildcard("?"));
        assertFalse(Glob.hasWildcard(".entity_token"));
        assertTrue(Glob.of(List.of("*.db", "**/*.md")).isDeep() && Glob.of(List.of("a/b")).isDeep());
        assertFalse(Glob.of(List.of("*.db")).isDeep());
    }
}
