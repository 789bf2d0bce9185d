package pps;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Locale;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

//SOURCES ../lib/SizeText.java

class SizeTextTest {
    @ParameterizedTest(name = "{0} is {1}")
    @CsvSource({"0, 0 B", "1, 1 B", "1023, 1023 B", "1024, 1.0 KiB", "1536, 1.5 KiB", "1048525, 1.0 MiB", "1048575, 1.0 MiB", "1048576, 1.0 MiB",
        "1887437, 1.8 MiB", "6442450944, 6.0 GiB", "9223372036854775807, 8.0 EiB"})
    @DisplayName("a size has one digit behind the point and never 1024 of a unit")
    void sizes(long bytes, String text) {
        assertEquals(text, SizeText.of(bytes));
    }

    @Test
    @DisplayName("one file is one file, in every locale")
    void files() {
        Locale before = Locale.getDefault();
        try {
            Locale.setDefault(Locale.GERMANY);
            assertEquals("1 file, 1.5 KiB", SizeText.ofFiles(1, 1536));
            assertEquals("0 files, 0 B", SizeText.ofFiles(0, 0));
        } finally {
            Locale.setDefault(before);
        }
    }
}
