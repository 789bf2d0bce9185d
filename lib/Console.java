package pps;

//SOURCES ExitCode.java
//SOURCES Failure.java
//SOURCES Listener.java
//SOURCES ProgressDisplay.java
//SOURCES SafeText.java
//SOURCES Terminal.java

import java.io.BufferedReader;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.time.LocalTime;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.TimeUnit;

/** What a person sees: results on stdout, progress and errors on stderr, questions on the terminal. */
public final class Console implements Listener {
    private static final DateTimeFormatter CLOCK = DateTimeFormatter.ofPattern("HH:mm:ss");
    private static final int POLL_MILLISECONDS = 100;
    /** What the operating system says when the reader of a pipe has gone. */
    private static final String BROKEN_PIPE = "Broken pipe";

    /** How much is said. */
    public enum Level {
        /** Errors and results only. */
        QUIET,
        /** Steps and warnings. */
        NORMAL,
        /** Details and stack traces too. */
        VERBOSE
    }

    private final OutputStream results;
    private final PrintStream log;
    private final Level level;
    private final Terminal terminal;
    private volatile boolean interrupted;
    private ProgressDisplay shown;

    /** Returns the console of this process. */
    public Console(Level level) {
        this.results = new FileOutputStream(FileDescriptor.out);
        this.log = new PrintStream(new FileOutputStream(FileDescriptor.err), true, StandardCharsets.UTF_8);
        this.level = level;
        this.terminal = Terminal.detect();
    }

    /**
     * Prints results, as they are. A reader that wants no more of them ({@code | head}) is no trouble; that they could not be written is
     * said, but changes no exit code: those speak of the data.
     */
    public void print(String text) {
        try {
            results.write((text.endsWith("\n") ? text : text + "\n").getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            if (!BROKEN_PIPE.equals(e.getMessage())) {
                warning("The results could not be written: " + SafeText.quote("" + e.getMessage()));
            }
        }
    }

    /** Shows text that has to be read before a question, on stderr like the question, so that it is seen when results go to a file. */
    public void show(String text) {
        log.print(text);
        log.flush();
    }

    @Override
    public void info(String message) {
        if (level != Level.QUIET) {
            line("INFO", "", message);
        }
    }

    @Override
    public void warning(String message) {
        line("WARNING", "33", message);
    }

    @Override
    public void detail(String message) {
        if (level == Level.VERBOSE) {
            line("DEBUG", "2", message);
        }
    }

    @Override
    public Progress progress(String step, long bytes) {
        if (level == Level.QUIET || bytes <= 0) {
            return Progress.NONE;
        }
        shown = new ProgressDisplay(step, bytes, terminal.error() ? log : null, this::info, System::nanoTime);
        return shown;
    }

    /** Shows a failure: what happened, what state things are in, and what to do next; the trace behind it only when asked for. */
    public void failure(Failure failure) {
        log.println(coloured("31", "Error: ") + failure.getMessage() + (failure.getMessage().matches("(?s).*[.?!]") ? "" : "."));
        if (failure.state() != null) {
            log.println("State: " + failure.state());
        }
        if (failure.next() != null) {
            log.println("Next:  " + failure.next());
        }
        if (level == Level.VERBOSE) {
            // The exceptions behind it are Java's own, and name files as they are.
            StringWriter trace = new StringWriter();
            failure.printStackTrace(new PrintWriter(trace));
            log.print(SafeText.quoteLines(trace.toString()));
        }
        log.flush();
    }

    /** Says that the process was asked to end; the next {@link #checkInterrupted()} throws. */
    public void interrupt() {
        interrupted = true;
    }

    @Override
    public void checkInterrupted() {
        if (interrupted) {
            throw Failure.of(ExitCode.DECLINED, "Interrupted");
        }
    }

    /** Tells whether questions can be asked. */
    public boolean canAsk() {
        return terminal.input();
    }

    /** Returns text in bold for results, where the terminal shows it. */
    public String bold(String text) {
        return terminal.output() && terminal.colours() ? "\u001b[1m" + text + "\u001b[0m" : text;
    }

    /**
     * Asks a question that is answered with yes; everything else, and the end of input, is no. Throws {@link Failure}
     * ({@link ExitCode#DECLINED}) when the user interrupts.
     */
    public boolean confirm(String question) {
        log.print(question + " [y/N] ");
        log.flush();
        SynchronousQueue<Optional<String>> answers = new SynchronousQueue<>();
        // A thread of its own, because a read from a terminal cannot be interrupted, but a person at a prompt must be able to.
        Thread reader = new Thread(() -> {
            try {
                answers.put(Optional.ofNullable(input().readLine()));
            } catch (IOException | InterruptedException e) {
                answers.offer(Optional.empty());
            }
        }, "prompt");
        reader.setDaemon(true);
        reader.start();
        try {
            while (true) {
                Optional<String> answer = answers.poll(POLL_MILLISECONDS, TimeUnit.MILLISECONDS);
                if (interrupted || answer != null && answer.isEmpty()) {
                    // Nobody has typed Enter: what is said next begins a line of its own.
                    log.println();
                }
                checkInterrupted();
                if (answer != null) {
                    String given = answer.orElse("").strip().toLowerCase(Locale.ROOT);
                    return given.equals("y") || given.equals("yes");
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private static BufferedReader input;

    /** One reader for all questions: a second one would miss what the first has read ahead. */
    private static synchronized BufferedReader input() {
        if (input == null) {
            input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        }
        return input;
    }

    private void line(String kind, String colour, String message) {
        if (shown != null) {
            shown.clear();
        }
        log.println("[" + LocalTime.now().format(CLOCK) + "] [" + coloured(colour, kind) + "] " + message);
        log.flush();
    }

    private String coloured(String code, String text) {
        return !code.isEmpty() && terminal.error() && terminal.colours() ? "\u001b[" + code + "m" + text + "\u001b[0m" : text;
    }
}
