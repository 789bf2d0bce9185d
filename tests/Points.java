package pps;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;

/**
 * How many of the possible places a test tries: a sample, or with PPS_TEST_LONG=1 all of them. PPS_TEST_SEED chooses another sample;
 * each test says how many it has tried, and of how many.
 */
final class Points {
    private Points() {
    }

    /** Tells whether everything is wanted, however long it takes. */
    static boolean isLong() {
        return "1".equals(System.getenv("PPS_TEST_LONG"));
    }

    /** Returns the seed, which is the same in each run unless PPS_TEST_SEED names another. */
    static long seed() {
        String seed = System.getenv("PPS_TEST_SEED");
        return seed == null || seed.isEmpty() ? 20261122 : Long.parseLong(seed);
    }

    /** Returns random numbers that depend on the seed alone. */
    static Random random() {
        return new Random(seed());
    }

    /** Returns one out of each of {@code most} equal parts, so that a sample reaches every stretch of a run; or everything. */
    static <T> List<T> choose(List<T> all, int most) {
        if (isLong() || all.size() <= most) {
            return all;
        }
        Random random = random();
        List<T> chosen = new ArrayList<>();
        for (int i = 0; i < most; i++) {
            int from = (int) ((long) all.size() * i / most);
            int to = (int) ((long) all.size() * (i + 1) / most);
            chosen.add(all.get(from + random.nextInt(to - from)));
        }
        return chosen;
    }

    /** Tries each, two at a time; the first that fails, fails the test, after the others are through. */
    static <T> void inParallel(List<T> all, Consumer<T> each) {
        ExecutorService two = Executors.newFixedThreadPool(2);
        try {
            List<Future<?>> begun = new ArrayList<>();
            all.forEach(one -> begun.add(two.submit(() -> each.accept(one))));
            List<Throwable> failures = new ArrayList<>();
            for (Future<?> one : begun) {
                try {
                    one.get();
                } catch (ExecutionException e) {
                    failures.add(e.getCause());
                }
            }
            if (!failures.isEmpty()) {
                StringBuilder messages = new StringBuilder(failures.size() + " of " + all.size() + " failed\n");
                failures.forEach(failure -> messages.append("* ").append(failure.getMessage()).append('\n'));
                AssertionError failed = new AssertionError(messages.toString());
                failures.forEach(failed::addSuppressed);
                throw failed;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        } finally {
            two.shutdownNow();
        }
    }

    /** Prints the one line by which a run says what it has tried; {@code possible} is -1 where there is no end to them. */
    static void report(String what, int tried, int possible, Map<String, Integer> ends) {
        System.out.println("    " + tried + (possible < 0 ? "" : " of " + possible) + " " + what + " (seed " + seed() + ")"
            + (ends.isEmpty() ? "" : ": " + ends));
    }
}
