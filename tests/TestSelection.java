package pps;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.jar.JarFile;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.platform.engine.FilterResult;
import org.junit.platform.engine.TestDescriptor;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.engine.support.descriptor.MethodSource;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.PostDiscoveryFilter;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;

//SOURCES Checkout.java
//SOURCES ../lib/SafeText.java

/**
 * Which tests to run: classes named {@code ...Test} beside the runner in its jar, all of them or those that were asked for.
 *
 * @param classes the simple names of every test class there is
 * @param wanted  what was asked for: {@code CLASS} or {@code CLASS#TEXT}; empty for all
 */
public record TestSelection(SortedSet<String> classes, List<String> wanted) {
    /** Returns the selection; a name that no test class has is an {@link IllegalArgumentException} that lists those there are. */
    public static TestSelection of(List<String> wanted, Class<?> runner) throws IOException, URISyntaxException {
        SortedSet<String> classes;
        try (JarFile jar = new JarFile(Path.of(runner.getProtectionDomain().getCodeSource().getLocation().toURI()).toFile())) {
            classes = jar.stream().map(entry -> entry.getName()).filter(name -> name.matches("pps/\\w+Test\\.class"))
                .map(name -> name.substring("pps/".length(), name.length() - ".class".length()))
                .collect(Collectors.toCollection(TreeSet::new));
        }
        for (String want : wanted) {
            if (!classes.contains(className(want))) {
                throw new IllegalArgumentException("there is no test class " + SafeText.quote(className(want)) + "; there are "
                    + String.join(" ", classes));
            }
        }
        return new TestSelection(classes, List.copyOf(wanted));
    }

    /** Returns the request for JUnit; a test that never ends is given up after ten minutes, whatever it waits for. */
    public LauncherDiscoveryRequest request() {
        SortedSet<String> chosen = wanted.isEmpty() ? classes
            : wanted.stream().map(TestSelection::className).collect(Collectors.toCollection(TreeSet::new));
        return LauncherDiscoveryRequestBuilder.request()
            .selectors(chosen.stream().map(name -> DiscoverySelectors.selectClass("pps." + name)).toList())
            .filters((PostDiscoveryFilter) test -> FilterResult.includedIf(isWanted(test)))
            // Container tests wait most of the time; others compute in it. The tests of one class run one after the other.
            .configurationParameter("junit.jupiter.execution.parallel.enabled", "true")
            .configurationParameter("junit.jupiter.execution.parallel.mode.classes.default", "concurrent")
            .configurationParameter("junit.jupiter.execution.parallel.config.strategy", "fixed")
            .configurationParameter("junit.jupiter.execution.parallel.config.fixed.parallelism", "2")
            .configurationParameter("junit.jupiter.execution.parallel.config.fixed.max-pool-size", "2")
            .configurationParameter("junit.jupiter.execution.timeout.default", "10 m")
            .configurationParameter("junit.jupiter.execution.timeout.thread.mode.default", "SEPARATE_THREAD")
            .build();
    }

    /** Returns the test files of the checkout that were not compiled, because nobody listed them: they would never fail. */
    public List<String> unlistedFiles() throws IOException {
        Path root = Checkout.rootOrNull();
        if (root == null) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(root.resolve("tests"))) {
            List<String> unlisted = new ArrayList<>(files.map(file -> file.getFileName().toString())
                .filter(name -> name.endsWith("Test.java") && !classes.contains(name.substring(0, name.length() - ".java".length())))
                .toList());
            unlisted.sort(null);
            return unlisted;
        }
    }

    private boolean isWanted(TestDescriptor test) {
        if (wanted.isEmpty() || !(test.getSource().orElse(null) instanceof MethodSource method)) {
            return true;
        }
        for (String want : wanted) {
            String text = want.substring(Math.min(want.length(), className(want).length() + 1)).toLowerCase(Locale.ROOT);
            if (method.getClassName().matches("pps\\." + className(want) + "(\\$.*)?")
                && (test.getDisplayName() + "\n" + method.getMethodName()).toLowerCase(Locale.ROOT).contains(text)) {
                return true;
            }
        }
        return false;
    }

    private static String className(String want) {
        return want.replaceFirst("#.*", "");
    }
}
