package pps;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.google.gson.JsonParser;
import com.google.gson.stream.JsonReader;
import java.io.StringReader;
import java.nio.file.AccessDeniedException;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

//DEPS com.google.code.gson:gson:2.13.2
//SOURCES ../lib/Reason.java

class ReasonTest {
    @Test
    @DisplayName("a reason is said in words, without the name of a Java class")
    void words() {
        assertEquals("permission denied", Reason.of(new AccessDeniedException("x")));
    }

    @Test
    @DisplayName("what a JSON library says to programmers is left out, and where the text is wrong stays")
    void json() {
        Exception wrong = assertThrows(Exception.class, () -> JsonParser.parseString("{\"sources\": nonsense here}"));
        assertEquals("Unterminated object at line 1 column 23 path $.sources", Reason.of(wrong));
        Exception strict = assertThrows(Exception.class, () -> new JsonReader(new StringReader("nonsense")).nextString());
        assertEquals("malformed JSON at line 1 column 1 path $", Reason.of(strict));
        Exception another = assertThrows(Exception.class, () -> new JsonReader(new StringReader("[]")).nextString());
        assertEquals("Expected a string but was BEGIN_ARRAY at line 1 column 2 path $", Reason.of(another));
    }
}
