package pps;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

//SOURCES ../lib/SafeText.java

class SafeTextTest {
    @ParameterizedTest
    @ValueSource(strings = {"", "identity.md", "two words", "Ünïcödé-日本語-🌲", "a'b\"c$d", "e\u0301"})
    @DisplayName("a name of visible characters is shown as it is")
    void visible(String name) {
        assertEquals(name, SafeText.quote(name));
    }

    @Test
    @DisplayName("a name cannot start a line of its own in a log")
    void lineFeeds() {
        assertEquals("a\\n[12:00:00] [INFO] done", SafeText.quote("a\n[12:00:00] [INFO] done"));
        assertEquals("a\\rb\\tc", SafeText.quote("a\rb\tc"));
        assertEquals("a\\u{2028}b\\u{2029}c\\x85d", SafeText.quote("a\u2028b\u2029c\u0085d"));
    }

    @Test
    @DisplayName("a name cannot send escape sequences to the terminal")
    void escapes() {
        assertEquals("\\x1b[31mred\\x07", SafeText.quote("\u001b[31mred\u0007"));
        assertEquals("\\x9b31m", SafeText.quote("\u009b31m"));
        assertEquals("\\x00\\x7f", SafeText.quote("\0\u007f"));
    }

    @Test
    @DisplayName("a name cannot turn round the direction of the text, nor hide characters without a width")
    void bidirectional() {
        assertEquals("gpj\\u{202e}exe.md", SafeText.quote("gpj\u202eexe.md"));
        assertEquals("a\\u{2066}b\\u{200b}c\\u{feff}", SafeText.quote("a\u2066b\u200bc\ufeff"));
    }

    @Test
    @DisplayName("a character that is none is shown as its number")
    void noCharacters() {
        assertEquals("\\u{d800}x", SafeText.quote("\ud800x"));
        assertEquals("\\u{e000}", SafeText.quote("\ue000"));
        assertEquals("\\u{10ffff}", SafeText.quote(new String(Character.toChars(0x10ffff))));
    }

    @Test
    @DisplayName("two different names never look the same")
    void distinct() {
        assertEquals("a\\\\nb", SafeText.quote("a\\nb"));
        assertNotEquals(SafeText.quote("a\\nb"), SafeText.quote("a\nb"));
    }

    @Test
    @DisplayName("a path is shown as it was given")
    void paths() {
        assertEquals("some/where\\n", SafeText.quote(Path.of("some/where\n")));
    }

    @Test
    @DisplayName("the output of a program keeps its lines, tabs and backslashes, and loses its colours")
    void programOutput() {
        assertEquals("red\nplain\tC:\\x\n", SafeText.quoteLines("\u001b[1;31mred\u001b[0m\r\nplain\tC:\\x\n"));
        assertEquals("\\x1b]0;title\\x07", SafeText.quoteLines("\u001b]0;title\u0007"));
    }

    @ParameterizedTest
    @CsvSource({"0, 32", "127, 160"})
    @DisplayName("no control character is ever let through")
    void controls(int from, int to) {
        for (int c = from; c < to; c++) {
            String shown = SafeText.quote(Character.toString(c));
            assertTrue(shown.matches("\\\\[\\w{}]+"), () -> "shown as " + shown);
        }
    }
}
