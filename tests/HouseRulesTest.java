package pps;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

//SOURCES Checkout.java

/** Reads the sources and holds them to the rules of AGENTS.md that a compiler does not know. */
class HouseRulesTest {
    private static final int LONGEST_LIB_FILE = 300;
    private static final Pattern SOURCES = Pattern.compile("(?m)^//SOURCES[ \\t]+(.*)$");
    private static final Pattern DEPS = Pattern.compile("(?m)^//DEPS[ \\t]+(.*)$");

    /** All Java files of the checkout by their path in it, as they are, and without comments and the contents of strings. */
    private final Map<String, String> files = new TreeMap<>();
    private final Map<String, String> code = new TreeMap<>();

    @BeforeEach
    void read() throws IOException {
        Path root = Checkout.root();
        for (Path directory : List.of(root, root.resolve("bench"), root.resolve("lib"), root.resolve("tests"))) {
            try (Stream<Path> listed = Files.list(directory)) {
                for (Path file : listed.filter(path -> path.toString().endsWith(".java")).toList()) {
                    files.put(root.relativize(file).toString(), Files.readString(file));
                }
            }
        }
        files.forEach((name, text) -> code.put(name, withoutCommentsAndStrings(text)));
    }

    @ParameterizedTest(name = "{0} belongs to {1}")
    @CsvSource({
        "picocli\\., [a-z_]+\\.java|lib/Cli\\.java",
        "org\\.apache\\.commons\\.compress\\., lib/Archive\\w*\\.java",
        "com\\.github\\.luben\\., lib/ZstdFormat\\.java",
        "org\\.zeroturnaround\\., lib/(Compose|Docker)\\w*\\.java",
        "me\\.tongfei\\., lib/ProgressDisplay\\.java",
        "(org\\.sqlite|java\\.sql)\\., lib/(Sqlite\\w+|DemoProject)\\.java",
    })
    @DisplayName("a library is used only in its own part of the house")
    void libraries(String library, String allowed) {
        assertNone(offenders("\\b" + library, "([a-z_]+|lib/\\w+)\\.java", allowed));
    }

    @ParameterizedTest(name = "{0} is not used by {1}")
    @CsvSource({
        "Cli|Console|ProgressDisplay|Terminal, lib/(?!Cli|Console|ProgressDisplay|Terminal).*",
        "(?<!\\.)Backup|Restore|Recovery|Completion|Listing|Validation, lib/(?!Backup|Cli|Restore|Recovery|Completion|Listing|Validation).*",
        "Compose\\w*|Docker\\w+|Stack, lib/(Archive\\w+|Manifest|Contents|Source\\w+|Staging|Sqlite\\w+)\\.java",
        "Archive\\w+|Manifest|Plan|Staging|Journal, lib/(Compose\\w*|Docker\\w+|Stack|Sqlite\\w+|Failure|SafeText)\\.java",
    })
    @DisplayName("a layer uses only what stands below it")
    void layers(String types, String files) {
        assertNone(offenders("\\b(?:" + types + ")\\b", files, ""));
    }

    @Test
    @DisplayName("only the launcher of the scripts ends the process")
    void exits() {
        assertNone(offenders("\\bSystem\\.exit\\b|\\.halt\\(", "([a-z_]+|lib/\\w+)\\.java", "lib/Cli\\.java"));
    }

    @Test
    @DisplayName("only the console prints")
    void prints() {
        assertNone(offenders("\\bSystem\\.(out|err)\\b|\\.printStackTrace\\(", "([a-z_]+|lib/\\w+)\\.java", "lib/(Console|Cli)\\.java"));
    }

    @Test
    @DisplayName("the bench measures the scripts from outside, as commands, and uses nothing of lib")
    void benchIsOutside() {
        assertNone(files.keySet().stream().filter(name -> name.startsWith("bench/"))
            .filter(name -> sources(name).stream().anyMatch(source -> !source.startsWith("bench/")) || files.get(name).contains("import pps."))
            .toList());
    }

    @Test
    @DisplayName("no exception is swallowed without a word")
    void swallowed() {
        // A comment says why nothing is to be done; but for "whatever may happen" no comment can say that.
        List<String> found = new ArrayList<>();
        files.forEach((name, text) -> {
            find("catch \\([^)]*\\) \\{\\s*\\}", text).forEach(match -> found.add(name + ": " + match));
            find("catch \\((final )?(Exception|Throwable|RuntimeException) \\w+\\) \\{\\s*\\}", code.get(name))
                .forEach(match -> found.add(name + ": " + match));
        });
        assertNone(found);
    }

    @Test
    @DisplayName("a lib file says one thing, in " + LONGEST_LIB_FILE + " lines at most")
    void lengths() {
        assertNone(files.entrySet().stream().filter(file -> file.getKey().startsWith("lib/"))
            .filter(file -> file.getValue().lines().count() > LONGEST_LIB_FILE)
            .map(file -> file.getKey() + " has " + file.getValue().lines().count()).toList());
    }

    @Test
    @DisplayName("a lib file is in the package pps, and its public types say what they are for")
    void javadoc() {
        List<String> found = new ArrayList<>();
        files.forEach((name, text) -> {
            if (!name.startsWith("lib/")) {
                return;
            }
            if (!text.startsWith("package pps;\n")) {
                found.add(name + " does not start with: package pps;");
            }
            String type = name.replaceAll(".*/|\\.java", "");
            if (!Pattern.compile("\\*/\\n(@\\w+.*\\n)*(public |final |abstract |sealed )*(class|interface|enum|record) " + type + "\\b")
                .matcher(text).find()) {
                found.add(name + " has no Javadoc on " + type);
            }
        });
        assertNone(found);
    }

    @Test
    @DisplayName("//SOURCES names files one by one, because JBang cannot expand a pattern behind a URL")
    void explicitSources() {
        List<String> found = new ArrayList<>();
        files.keySet().forEach(name -> sources(name).forEach(source -> {
            if (!files.containsKey(source)) {
                found.add(name + " names " + source + ", which is not there");
            }
        }));
        assertNone(found);
    }

    @Test
    @DisplayName("a file names, itself or through others, every file whose types it uses")
    void sourcesAreComplete() {
        Set<String> types = new HashSet<>();
        files.keySet().stream().filter(name -> name.contains("/")).forEach(name -> types.add(simpleName(name)));
        List<String> found = new ArrayList<>();
        for (String name : files.keySet()) {
            Set<String> reached = new HashSet<>();
            reachedFrom(name).forEach(file -> reached.add(simpleName(file)));
            for (String type : new TreeSet<>(words(code.get(name)))) {
                if (types.contains(type) && !reached.contains(type) && !declares(name, type)) {
                    found.add(name + " uses " + type + " without its //SOURCES");
                }
            }
        }
        assertNone(found);
    }

    @Test
    @DisplayName("every lib file is used by a script")
    void noDeadFiles() {
        Set<String> reached = new HashSet<>();
        files.keySet().stream().filter(name -> !name.contains("/")).forEach(script -> reached.addAll(reachedFrom(script)));
        assertNone(files.keySet().stream().filter(name -> name.startsWith("lib/") && !reached.contains(name)).toList());
    }

    @Test
    @DisplayName("every script is compiled with the tests")
    void scriptsAreTested() {
        Set<String> reached = reachedFrom("tests/run_tests.java");
        assertNone(files.keySet().stream().filter(name -> !name.contains("/") && !reached.contains(name)).toList());
    }

    @Test
    @DisplayName("a dependency has the same version wherever it is named, because of two JBang takes the higher one silently")
    void oneVersion() {
        Map<String, Set<String>> versions = new TreeMap<>();
        files.forEach((name, text) -> find(DEPS, text).forEach(line -> {
            for (String dependency : line.trim().split("[\\s,]+")) {
                int colon = dependency.lastIndexOf(':');
                versions.computeIfAbsent(dependency.substring(0, colon), any -> new TreeSet<>()).add(dependency.substring(colon + 1));
            }
        }));
        assertNone(versions.entrySet().stream().filter(entry -> entry.getValue().size() > 1).map(Map.Entry::toString).toList());
    }

    @ParameterizedTest(name = "{0} in {1}")
    @CsvSource({"PPS_TEST_LONG, tests/Points.java", "PPS_TEST_SEED, tests/Points.java"})
    @DisplayName("whether the tests are the long form, and which sample they take, is read in one place")
    void onePlaceForSamples(String variable, String file) {
        assertEquals(List.of(file), files.entrySet().stream().filter(one -> one.getValue().contains("getenv(\"" + variable + "\")"))
            .map(Map.Entry::getKey).toList());
    }

    @Test
    @DisplayName("a script starts as JBang wants it, and asks for Java 17 or newer")
    void firstLines() {
        assertNone(files.entrySet().stream().filter(file -> !file.getKey().contains("/"))
            .filter(file -> !file.getValue().startsWith("///usr/bin/env jbang \"$0\" \"$@\" ; exit $?\n")
                || !file.getValue().contains("\n//JAVA 17+\n"))
            .map(file -> file.getKey() + " does not start as a JBang script for //JAVA 17+").toList());
    }

    private List<String> offenders(String pattern, String where, String allowed) {
        List<String> found = new ArrayList<>();
        code.forEach((name, text) -> {
            if (name.matches(where) && !name.matches(allowed)) {
                find(pattern, text).forEach(match -> found.add(name + ": " + match));
            }
        });
        return found;
    }

    private List<String> sources(String file) {
        List<String> named = new ArrayList<>();
        String directory = file.substring(0, file.lastIndexOf('/') + 1);
        for (String line : find(SOURCES, files.getOrDefault(file, ""))) {
            for (String source : line.trim().split("[\\s,]+")) {
                named.add(Path.of(directory + source).normalize().toString());
            }
        }
        return named;
    }

    private Set<String> reachedFrom(String file) {
        Set<String> reached = new LinkedHashSet<>();
        Deque<String> open = new ArrayDeque<>(List.of(file));
        while (!open.isEmpty()) {
            String next = open.pop();
            if (reached.add(next)) {
                open.addAll(sources(next));
            }
        }
        return reached;
    }

    /** Returns whether a name means another type in this file: one that it declares itself, or imports from elsewhere. */
    private boolean declares(String file, String type) {
        return Pattern.compile("\\b(class|interface|enum|record) " + type + "\\b|\\bimport [\\w.]+\\." + type + ";")
            .matcher(code.get(file)).find();
    }

    private static String simpleName(String file) {
        return file.replaceAll(".*/|\\.java$", "");
    }

    private static Set<String> words(String text) {
        // Of a nested type that is named with its outer one, the outer one is what has a file.
        return new HashSet<>(List.of(text.replaceAll("\\b([A-Z]\\w*)\\.[A-Z]\\w*", "$1").split("\\W+")));
    }

    private static List<String> find(String pattern, String text) {
        return find(Pattern.compile("(" + pattern + ")"), text);
    }

    private static List<String> find(Pattern pattern, String text) {
        return pattern.matcher(text).results().map(match -> match.group(1).replaceAll("\\s+", " ")).toList();
    }

    private static String withoutCommentsAndStrings(String text) {
        return text.replaceAll("(?s)\"\"\".*?\"\"\"|\"(\\\\.|[^\"\\\\\n])*\"", "\"\"").replaceAll("(?s)/\\*.*?\\*/", "")
            .replaceAll("//.*", "");
    }

    private static void assertNone(List<String> found) {
        assertEquals("", String.join("\n", found));
    }
}
