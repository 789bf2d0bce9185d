package pps;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

//DEPS org.junit.jupiter:junit-jupiter:5.14.4
//SOURCES ../lib/Console.java ../lib/ProgressDisplay.java

@DisplayName("The progress of a step")
class ProgressDisplayTest {
    private static final long MIB = 1 << 20;

    private final ByteArrayOutputStream drawn = new ByteArrayOutputStream();
    private final List<String> lines = new ArrayList<>();
    private long now;

    private ProgressDisplay display(boolean terminal) {
        return new ProgressDisplay("Reading", 100 * MIB, terminal ? new PrintStream(drawn, true, StandardCharsets.UTF_8) : null, lines::add, () -> now);
    }

    private void at(double seconds, ProgressDisplay display, long mebibytes) {
        now = (long) (seconds * Duration.ofSeconds(1).toNanos());
        display.to(mebibytes * MIB);
    }

    @Test
    @DisplayName("is not shown of what takes less than a second")
    void quick() {
        for (boolean terminal : new boolean[] {true, false}) {
            now = 0;
            try (ProgressDisplay display = display(terminal)) {
                at(0.5, display, 50);
                at(0.99, display, 100);
            }
        }
        assertEquals("", drawn.toString(StandardCharsets.UTF_8));
        assertEquals(List.of(), lines);
    }

    @Test
    @DisplayName("is a bar on a terminal, with bytes, rate and what is left, within 79 columns, and goes away at the end")
    void bar() {
        try (ProgressDisplay display = display(true)) {
            at(1.5, display, 30);
            at(2, display, 40);
            display.clear();
        }
        String text = drawn.toString(StandardCharsets.UTF_8);
        assertEquals(List.of(), lines);
        assertTrue(text.contains("Reading") && text.contains("40/100 MiB") && text.contains("MiB/s"), text);
        assertTrue(text.endsWith("\r\u001b[K"), text);
        for (String line : text.split("\r")) {
            assertTrue(line.replace("\u001b[K", "").length() <= 79, line);
        }
    }

    @Test
    @DisplayName("is not shown at all under --quiet, nor of nothing")
    void quiet() {
        assertSame(Progress.NONE, new Console(Console.Level.QUIET).progress("Reading", 100 * MIB));
        assertSame(Progress.NONE, new Console(Console.Level.NORMAL).progress("Reading", 0));
    }

    @Test
    @DisplayName("is a line every ten seconds where there is no terminal")
    void withoutTerminal() {
        try (ProgressDisplay display = display(false)) {
            at(9, display, 10);
            at(10, display, 20);
            at(15, display, 30);
            at(20, display, 50);
        }
        assertEquals(List.of("Reading: 20.0 MiB of 100.0 MiB, 2.0 MiB/s, about 40 s left", "Reading: 50.0 MiB of 100.0 MiB, 2.5 MiB/s, about 20 s left"), lines);
    }
}
