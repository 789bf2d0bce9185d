package pps;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.support.descriptor.ClassSource;
import org.junit.platform.engine.support.descriptor.MethodSource;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.TestPlan;

/**
 * Prints what becomes of the tests: a line for each class, each failure and each skipped test when it happens, and the counts as the
 * very last line. Classes may run at the same time; the report is safe for that.
 */
public final class TestReport implements TestExecutionListener {
    private record Timed(String title, long nanos) {
    }

    private final PrintStream out;
    private final int slowest;
    private final Map<String, Long> started = new HashMap<>();
    private final List<Timed> times = new ArrayList<>();
    private TestPlan plan;
    private int passed;
    private int failed;
    private int skipped;
    private final Map<String, OfClass> classes = new HashMap<>();

    /** What became of the tests of one class; several classes may be under way at once. */
    private static final class OfClass {
        private int passed;
        private int failed;
        private final Map<String, List<String>> skipped = new LinkedHashMap<>();
    }

    /** Creates a report that names the {@code slowest} slowest tests at its end. */
    public TestReport(PrintStream out, int slowest) {
        this.out = out;
        this.slowest = slowest;
    }

    /** Prints the titles of the tests instead of running them. */
    public void list(TestPlan testPlan) {
        plan = testPlan;
        testPlan.getRoots().forEach(root -> testPlan.getDescendants(root).stream()
            .filter(test -> test.getSource().orElse(null) instanceof MethodSource)
            .forEach(test -> out.println(title(test))));
    }

    /** Counts a test file that was not compiled as a failure. */
    public void unlisted(String file) {
        failed++;
        out.println("FAILED   " + file + " is not among the //SOURCES of tests/run_tests.java, so its tests would never run");
    }

    /** Prints the end of the report; returns whether all is well: something ran, and nothing failed. */
    public boolean finish() {
        times.stream().sorted(Comparator.comparingLong(Timed::nanos).reversed()).limit(slowest)
            .forEach(test -> out.println(seconds(test.nanos()) + "  " + test.title()));
        if (passed + failed == 0) {
            out.println("no test ran");
        }
        out.println(counts(passed, failed, skipped));
        out.flush();
        return passed > 0 && failed == 0;
    }

    @Override
    public void testPlanExecutionStarted(TestPlan testPlan) {
        plan = testPlan;
    }

    @Override
    public synchronized void executionStarted(TestIdentifier test) {
        started.put(test.getUniqueId(), System.nanoTime());
    }

    @Override
    public synchronized void executionSkipped(TestIdentifier test, String reason) {
        skip(test, reason);
    }

    @Override
    public synchronized void executionFinished(TestIdentifier test, TestExecutionResult result) {
        long nanos = System.nanoTime() - started.getOrDefault(test.getUniqueId(), System.nanoTime());
        switch (result.getStatus()) {
            case FAILED -> {
                failed++;
                classOf(test).failed++;
                printFailure(test, result.getThrowable().orElse(null));
            }
            case ABORTED -> skip(test, result.getThrowable().map(Throwable::getMessage).orElse("no reason given"));
            case SUCCESSFUL -> {
                passed += test.isTest() ? 1 : 0;
                classOf(test).passed += test.isTest() ? 1 : 0;
            }
        }
        if (test.isTest()) {
            times.add(new Timed(title(test), nanos));
        } else if (isTopLevelClass(test)) {
            finishClass(className(test), classOf(test), nanos);
        }
    }

    private OfClass classOf(TestIdentifier test) {
        String name = test.getSource().map(source -> source instanceof MethodSource method ? method.getClassName()
            : source instanceof ClassSource known ? known.getClassName() : "").orElse("");
        return classes.computeIfAbsent(name.replaceFirst("^pps\\.(\\w+).*", "$1"), any -> new OfClass());
    }

    private void finishClass(String name, OfClass here, long nanos) {
        here.skipped.forEach((reason, titles) -> out.println("SKIPPED  "
            + (titles.size() == 1 ? titles.get(0) : titles.size() + " tests of " + name) + ": " + reason));
        int skippedHere = here.skipped.values().stream().mapToInt(List::size).sum();
        out.println(String.format(Locale.ROOT, "%-26s %s  ", name, seconds(nanos))
            + counts(here.passed, here.failed, skippedHere));
    }

    private void skip(TestIdentifier test, String reason) {
        List<String> titles = test.isTest() ? List.of(title(test))
            : plan.getDescendants(test).stream().filter(TestIdentifier::isTest).map(this::title).toList();
        if (titles.isEmpty()) {
            titles = List.of(title(test));
        }
        skipped += titles.size();
        classOf(test).skipped.computeIfAbsent(firstLine(reason), any -> new ArrayList<>()).addAll(titles);
        if (isTopLevelClass(test) && !started.containsKey(test.getUniqueId())) {
            finishClass(className(test), classOf(test), 0);
        }
    }

    private void printFailure(TestIdentifier test, Throwable thrown) {
        out.println("FAILED   " + title(test));
        for (Throwable cause = thrown; cause != null; cause = cause.getCause()) {
            String message = cause instanceof AssertionError && cause.getMessage() != null ? cause.getMessage() : cause.toString();
            message.strip().lines().limit(40).forEach(line -> out.println("         " + line));
            int shown = 0;
            for (StackTraceElement frame : cause.getStackTrace()) {
                if (frame.getClassName().startsWith("pps.") && shown++ < 4) {
                    out.println("           at " + frame.getClassName().substring(4) + "." + frame.getMethodName()
                        + "(" + frame.getFileName() + ":" + frame.getLineNumber() + ")");
                }
            }
        }
        if (test.getSource().orElse(null) instanceof MethodSource method) {
            out.println("         Try: ./jbang test '" + method.getClassName().replaceFirst("^pps\\.(\\w+).*", "$1") + "#"
                + method.getMethodName() + "'");
        }
    }

    private String title(TestIdentifier test) {
        String title = test.getDisplayName();
        if (isTopLevelClass(test)) {
            return title;
        }
        return plan.getParent(test).filter(parent -> parent.getParentId().isPresent()).map(parent -> title(parent) + ": " + title)
            .orElse(title);
    }

    private boolean isTopLevelClass(TestIdentifier test) {
        return test.getSource().orElse(null) instanceof ClassSource source && !source.getClassName().contains("$");
    }

    private static String className(TestIdentifier test) {
        return test.getSource().map(source -> ((ClassSource) source).getClassName().replaceFirst(".*\\.", "")).orElse("");
    }

    private static String counts(int passed, int failed, int skipped) {
        return passed + " passed, " + failed + " failed" + (skipped == 0 ? "" : ", " + skipped + " skipped");
    }

    private static String seconds(long nanos) {
        return String.format(Locale.ROOT, "%6.1f s", nanos / 1e9);
    }

    private static String firstLine(String text) {
        return text == null ? "no reason given" : text.strip().lines().findFirst().orElse("no reason given");
    }
}
