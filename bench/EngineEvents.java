package bench;

//SOURCES BenchFailure.java

import java.io.BufferedReader;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What the engine tells of the containers of one compose project while it happens: it keeps only the last 256 events itself. */
final class EngineEvents implements AutoCloseable {
    private static final Pattern LINE = Pattern.compile("(\\d+) (.*)");
    /** Events come some milliseconds after what they tell of. */
    private static final int LATE_MILLIS = 500;

    private record Event(long nanos, String what) {
    }

    private final List<Event> events = new ArrayList<>();
    private final Process process;

    EngineEvents(String project) {
        try {
            process = new ProcessBuilder("docker", "events", "--filter", "type=container", "--filter",
                "label=com.docker.compose.project=" + project,
                "--filter", "event=die", "--filter", "event=start", "--filter", "event=health_status", "--format", "{{.TimeNano}} {{.Action}}")
                .redirectError(ProcessBuilder.Redirect.DISCARD).start();
        } catch (IOException e) {
            throw new BenchFailure("cannot run docker events: " + e.getMessage(), e);
        }
        Thread reader = new Thread(this::read, "events");
        reader.setDaemon(true);
        reader.start();
        // The engine must have heard the question before anything happens.
        late();
    }

    private void read() {
        try (BufferedReader lines = process.inputReader()) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                Matcher event = LINE.matcher(line);
                if (event.matches()) {
                    synchronized (events) {
                        events.add(new Event(Long.parseLong(event.group(1)), event.group(2)));
                    }
                }
            }
        } catch (IOException e) {
            // It was closed; what has come so far is all that is asked for.
            return;
        }
    }

    /** Does something, and returns for how many seconds containers were not all up meanwhile. */
    double down(Runnable work) {
        synchronized (events) {
            events.clear();
        }
        work.run();
        late();
        synchronized (events) {
            long first = events.stream().filter(event -> event.what().equals("die")).mapToLong(Event::nanos).min()
                .orElseThrow(() -> new BenchFailure("No container was stopped: " + events));
            long last = events.stream().filter(event -> event.what().equals("start") || event.what().equals("health_status: healthy"))
                .mapToLong(Event::nanos).max().orElseThrow(() -> new BenchFailure("No container was started: " + events));
            return (last - first) / 1e9;
        }
    }

    private static void late() {
        try {
            Thread.sleep(LATE_MILLIS);
        } catch (InterruptedException e) {
            throw new BenchFailure("interrupted", e);
        }
    }

    @Override
    public void close() {
        process.destroy();
    }
}
