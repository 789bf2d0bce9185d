package pps;

//DEPS me.tongfei:progressbar:0.10.1
//SOURCES Progress.java
//SOURCES SizeText.java

import java.io.PrintStream;
import java.time.Duration;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarConsumer;
import me.tongfei.progressbar.ProgressBarStyle;

/**
 * Shows how far a step has come: on a terminal as a bar that goes away with the step, elsewhere as a line every few seconds. What is done
 * within a second is not worth it. One thread calls it.
 */
final class ProgressDisplay implements Progress {
    private static final Duration QUICK = Duration.ofSeconds(1);
    private static final Duration BETWEEN_LINES = Duration.ofSeconds(10);
    private static final int REDRAW_MILLISECONDS = 250;
    /** A longer line would be broken on a terminal of the usual width, and could not be drawn over. */
    private static final int WIDTH = 79;
    private static final String ERASE = "\r\u001b[K";

    private final String step;
    private final long bytes;
    private final PrintStream terminal;
    private final Consumer<String> lines;
    private final LongSupplier clock;
    private final long began;
    private long lastLine;
    private ProgressBar bar;

    /**
     * @param terminal where to draw, or null where there is no terminal
     * @param lines takes a line where there is none
     * @param clock nanoseconds
     */
    ProgressDisplay(String step, long bytes, PrintStream terminal, Consumer<String> lines, LongSupplier clock) {
        this.step = step;
        this.bytes = bytes;
        this.terminal = terminal;
        this.lines = lines;
        this.clock = clock;
        this.began = clock.getAsLong();
        this.lastLine = began;
    }

    @Override
    public void to(long done) {
        if (bar != null) {
            bar.stepTo(done);
            return;
        }
        long now = clock.getAsLong();
        if (terminal != null && now - began >= QUICK.toNanos()) {
            bar = new ProgressBarBuilder().setTaskName(step).setInitialMax(bytes).startsFrom(done, Duration.ofNanos(now - began))
                .setUnit(" MiB", 1 << 20).showSpeed().setStyle(ProgressBarStyle.ASCII).setUpdateIntervalMillis(REDRAW_MILLISECONDS)
                .setConsumer(new Line(terminal)).build();
        } else if (terminal == null && now - lastLine >= BETWEEN_LINES.toNanos()) {
            lastLine = now;
            double seconds = (now - began) / 1e9;
            String left = done == 0 || done > bytes ? "" : ", about " + Math.round(seconds * (bytes - done) / done) + " s left";
            lines.accept(step + ": " + SizeText.of(done) + " of " + SizeText.of(bytes) + ", " + SizeText.of((long) (done / seconds)) + "/s" + left);
        }
    }

    /** Makes room for a line of another kind; the bar is drawn again below it. */
    void clear() {
        if (bar != null) {
            terminal.print(ERASE);
        }
    }

    @Override
    public void close() {
        if (bar != null) {
            bar.close();
            bar = null;
            terminal.print(ERASE);
            terminal.flush();
        }
    }

    /** The line of a terminal that the bar is drawn on. */
    private record Line(PrintStream terminal) implements ProgressBarConsumer {
        @Override
        public int getMaxRenderedLength() {
            return WIDTH;
        }

        @Override
        public void accept(String drawn) {
            terminal.print(ERASE + drawn);
            terminal.flush();
        }

        @Override
        public void close() {
            // Not called for a bar that was never drawn by its own clock; the display erases it in any case.
            terminal.flush();
        }
    }
}
