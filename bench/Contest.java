package bench;

//SOURCES BenchFailure.java
//SOURCES Runner.java

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.ToDoubleFunction;

/**
 * Commands that do the same work, run in turns (A B C, A B C, ...), so that whatever else the machine does in some minute falls on all of
 * them. Each runs once before it counts. Before each run its data is read into the page cache and what others wrote is on the disk.
 */
public final class Contest {
    /** Looks at what a run left, throws {@link BenchFailure} when it is wrong, takes it away, and returns how many bytes it was. */
    public interface Check {
        long after(boolean thorough);
    }

    /** One of those that take part. */
    public static final class Contestant {
        private final String name;
        private final List<String> command;
        private final Map<String, String> environment = new HashMap<>();
        private Path directory;
        private Runnable before = () -> { };
        private Check check = thorough -> 0;

        private Contestant(String name, List<String> command) {
            this.name = name;
            this.command = command;
        }

        /** Sets its current directory. */
        public Contestant in(Path newDirectory) {
            directory = newDirectory;
            return this;
        }

        /** Adds to its environment. */
        public Contestant env(Map<String, String> more) {
            environment.putAll(more);
            return this;
        }

        /** Sets what is done before each run and not measured. */
        public Contestant before(Runnable step) {
            before = step;
            return this;
        }

        /** Sets what is done after each run and not measured. */
        public Contestant after(Check step) {
            check = step;
            return this;
        }
    }

    /** How one of them did: its runs in their order, and the bytes of its result. */
    public record Row(String name, List<Runner.Sample> samples, long bytes) {
        /** Returns the median of what a function tells of each run. */
        public double median(ToDoubleFunction<Runner.Sample> of) {
            return Contest.median(samples.stream().mapToDouble(of).toArray());
        }

        /** Returns the median wall time. */
        public double wall() {
            return median(Runner.Sample::wall);
        }

        /** Returns the largest peak of memory of all runs. */
        public double peakMb() {
            return samples.stream().mapToDouble(Runner.Sample::peakMb).max().orElse(0);
        }

        /** Returns the ratio of the medians of wall time, this one's to another's. */
        public double ratio(Row other) {
            return wall() / other.wall();
        }

        /** Returns the median of the ratios of the runs that stood side by side. */
        public double pairedRatio(Row other) {
            double[] ratios = new double[samples.size()];
            for (int i = 0; i < ratios.length; i++) {
                ratios[i] = samples.get(i).wall() / other.samples.get(i).wall();
            }
            return Contest.median(ratios);
        }
    }

    private final String title;
    private final Path directory;
    private final List<Contestant> contestants = new ArrayList<>();

    /** Starts an empty contest whose commands run in a directory unless they say otherwise. */
    public Contest(String title, Path directory) {
        this.title = title;
        this.directory = directory;
    }

    /** Adds a command. */
    public Contestant add(String name, String... command) {
        return add(name, Arrays.asList(command));
    }

    /** Adds a command. */
    public Contestant add(String name, List<String> command) {
        Contestant contestant = new Contestant(name, command).in(directory);
        contestants.add(contestant);
        return contestant;
    }

    /** Runs them all and returns a row for each by its name, in the order in which they were added. */
    public Map<String, Row> run(Runner runner, int runs, Consumer<String> progress) {
        Map<String, List<Runner.Sample>> samples = new LinkedHashMap<>();
        Map<String, Long> bytes = new HashMap<>();
        for (int round = 0; round <= runs; round++) {
            for (Contestant one : contestants) {
                if (Thread.interrupted()) {
                    throw new BenchFailure("interrupted");
                }
                one.before.run();
                Runner.said(List.of("sync"));
                Runner.Sample sample = runner.run(one.command, one.directory, one.environment);
                progress.accept("%s: %s, %s: %.2f s".formatted(title, one.name, round == 0 ? "warm-up" : "run " + round + " of " + runs,
                    sample.wall()));
                bytes.put(one.name, one.check.after(round == 0 || round == runs));
                if (round > 0) {
                    samples.computeIfAbsent(one.name, any -> new ArrayList<>()).add(sample);
                }
            }
        }
        Map<String, Row> rows = new LinkedHashMap<>();
        samples.forEach((name, all) -> rows.put(name, new Row(name, all, bytes.get(name))));
        return rows;
    }

    /** Returns the middle one of some numbers, or the mean of the two in the middle. */
    public static double median(double... numbers) {
        double[] sorted = numbers.clone();
        Arrays.sort(sorted);
        int half = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
    }
}
