package pps;

//SOURCES Checkout.java

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * Holds docs/RESTORE_TESTING.md against the tests: under each test class that it names stand exactly the titles of that class's tests.
 * With PPS_WRITE_DOCS=1 they are written there instead.
 */
@DisplayName("docs/RESTORE_TESTING.md")
class RestoreTestingTest {
    private static final Pattern SECTION = Pattern.compile("<!-- tests of (\\w+) -->\n(.*?)<!-- end -->", Pattern.DOTALL);

    @Test
    @DisplayName("lists the titles of the tests that are its evidence, as they are")
    void titlesAreThoseOfTheTests() throws IOException, ClassNotFoundException {
        Path document = Checkout.root().resolve("docs/RESTORE_TESTING.md");
        String written = Files.readString(document);
        StringBuilder expected = new StringBuilder();
        Matcher section = SECTION.matcher(written);
        while (section.find()) {
            section.appendReplacement(expected, Matcher.quoteReplacement("<!-- tests of " + section.group(1) + " -->\n"
                + titles(Class.forName("pps." + section.group(1))) + "<!-- end -->"));
        }
        section.appendTail(expected);
        if ("1".equals(System.getenv("PPS_WRITE_DOCS"))) {
            Files.writeString(document, expected);
        }
        assertEquals(expected.toString(), Files.readString(document), "run PPS_WRITE_DOCS=1 ./jbang test RestoreTestingTest");
    }

    private static String titles(Class<?> tests) {
        List<Class<?>> classes = new ArrayList<>(List.of(tests));
        classes.addAll(List.of(tests.getDeclaredClasses()));
        return classes.stream().flatMap(one -> Stream.of(one.getDeclaredMethods()))
            .filter(method -> method.isAnnotationPresent(DisplayName.class)).map(RestoreTestingTest::title).sorted()
            .map(title -> "- " + title + "\n").reduce("", String::concat);
    }

    private static String title(Method method) {
        return method.getAnnotation(DisplayName.class).value();
    }
}
