package pps;

//DEPS com.google.code.gson:gson:2.13.2
//SOURCES SafeText.java

import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.util.Collection;
import java.util.Map;

/** JSON for stdout: indented, and with every character that could drive a terminal written as an escape, since people look at it too. */
public final class JsonText {
    private JsonText() {
    }

    /** Returns the text of a JSON value. */
    public static String of(JsonElement element) {
        String json = new GsonBuilder().setPrettyPrinting().serializeNulls().disableHtmlEscaping().create().toJson(element);
        StringBuilder safe = new StringBuilder(json.length());
        for (int i = 0; i < json.length(); ) {
            int c = json.codePointAt(i);
            if (c == '\n' || SafeText.isVisible(c)) {
                safe.appendCodePoint(c);
            } else {
                for (char unit : Character.toChars(c)) {
                    safe.append(String.format("\\u%04x", (int) unit));
                }
            }
            i += Character.charCount(c);
        }
        return safe.append('\n').toString();
    }

    /** Returns an array of these texts. */
    public static JsonArray array(Collection<String> values) {
        JsonArray array = new JsonArray();
        values.forEach(array::add);
        return array;
    }

    /** Returns an object of these texts by their names. */
    public static JsonObject object(Map<String, String> values) {
        JsonObject object = new JsonObject();
        values.forEach(object::addProperty);
        return object;
    }
}
