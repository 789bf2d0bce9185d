package pps;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

//SOURCES Tree.java
//SOURCES ../lib/Journal.java

/** What a journal says is all that a recovery knows, and it may be another version's that reads it. */
@DisplayName("The journal of a restore")
class JournalTest {
    @TempDir
    private Path root;
    private Path home;
    private Path file;

    @BeforeEach
    void places() throws IOException {
        home = Files.createDirectories(root.toRealPath().resolve("work/pps_backup"));
        file = home.resolve("restore_journal.json");
    }

    private Journal begun() {
        Journal journal = Journal.begin(root, new Journal.Header("20260301_040000", "restore", "b.tar.gz", root.resolve("docker-compose.yml")),
            List.of(home.resolve("restore_20260301_040000")));
        journal.stack(new Stack("pps", List.of(new Stack.Service("web", java.util.Set.of(), false, "", List.of(
            new Stack.Bind(root.resolve("data"), "/data", false, true, Stack.Kind.DIRECTORY)))), List.of(new Stack.Container("pps", "web", false,
            "pps-web-1", "0123", "running", "", 0, 0, "", "2026-03-01T04:00:00Z", List.of()))));
        journal.safetyName("pre_restore_safety_20260301_040000.tar.gz");
        journal.groups(List.of(new SwapGroup("sqlite", "data", true, true, List.of("*.db"), List.of("new.db"), List.of("kept.db"),
            root.resolve("data"), home.resolve("restore_20260301_040000/staged/sqlite"), home.resolve("restore_20260301_040000/moved/sqlite"),
            List.of("a.db", "a.db-wal"), List.of("a.db", "new.db"), List.of(root.resolve("data/made")), List.of(root.resolve("data/unmade")),
            Map.of(root.resolve("data"), Instant.parse("2026-03-01T04:00:00.123456789Z")))));
        journal.enter(Journal.Phase.SWAPPING);
        return journal;
    }

    /** As when the disk takes the name and cannot confirm it: the file says that a swap begins, and the restore that it does not. */
    @Test
    @DisplayName("no longer speaks of a swap that it could not be sure to begin, once what that would move is deleted")
    void swapInDoubt() throws IOException {
        Journal journal = Journal.begin(root, new Journal.Header("20260301_040000", "restore", "b.tar.gz", null),
            List.of(home.resolve("restore_20260301_040000")));
        Path inTheWay = Files.createDirectories(file.resolveSibling("." + file.getFileName() + ".next/x"));
        assertThrows(Failure.class, () -> journal.enter(Journal.Phase.SWAPPING));
        Files.delete(inTheWay);
        Files.delete(inTheWay.getParent());
        begun();
        assertEquals(Journal.Phase.SWAPPING, Journal.find(root).phase());
        journal.forgetSwapInDoubt();
        assertEquals(Journal.Phase.STAGING, Journal.find(root).phase());
        assertEquals(List.of(), Journal.find(root).groups());
    }

    @Test
    @DisplayName("is read as it was written, also where another version wrote it, with more in it or less")
    void readBack() throws IOException {
        Journal written = begun();
        JsonObject withMore = JsonParser.parseString(Files.readString(file)).getAsJsonObject();
        withMore.addProperty("ofALaterVersion", true);
        JsonObject earlier = JsonParser.parseString(Files.readString(file)).getAsJsonObject();
        earlier.remove("root");
        for (String text : List.of(Files.readString(file), withMore.toString(), earlier.toString())) {
            Files.writeString(file, text);
            Journal found = Journal.find(root);
            assertEquals(written.header(), found.header());
            assertEquals(Journal.Phase.SWAPPING, found.phase());
            assertEquals(written.safetyName(), found.safetyName());
            assertEquals(written.stack(), found.stack());
            assertEquals(written.areas(), found.areas());
            assertEquals(written.groups(), found.groups());
        }
    }

    @Test
    @DisplayName("has the format that earlier versions wrote, and the project's root beside it")
    void format() throws IOException {
        begun();
        assertEquals("""
            {"format":1,"phase":"SWAPPING","root":"ROOT","id":"20260301_040000","purpose":"restore","archive":"b.tar.gz","composeFile":"ROOT/docker-compose.yml",\
            "safetyName":"pre_restore_safety_20260301_040000.tar.gz","stack":{"project":"pps","services":[{"name":"web","binds":[{"source":"ROOT/data",\
            "target":"/data","createHostPath":true,"kind":"DIRECTORY"}]}],"containers":[{"service":"web","name":"pps-web-1","id":"0123",\
            "state":"running","startedAt":"2026-03-01T04:00:00Z"}]},"areas":["ROOT/work/pps_backup/restore_20260301_040000"],"groups":[{"source":\
            "sqlite","path":"data","critical":true,"existed":true,"covers":["*.db"],"added":["new.db"],"kept":["kept.db"],"live":"ROOT/data",\
            "staged":"ROOT/work/pps_backup/restore_20260301_040000/staged/sqlite","moved":"ROOT/work/pps_backup/restore_20260301_040000/moved/sqlite",\
            "takes":["a.db","a.db-wal"],"puts":["a.db","new.db"],"makes":["ROOT/data/made"],"unmakes":["ROOT/data/unmade"],"times":{"ROOT/data":\
            "2026-03-01T04:00:00.123456789Z"}}]}""", Files.readString(file).replace(root.toRealPath() + "", "ROOT").replace(root + "", "ROOT"));
    }

    @Test
    @DisplayName("that is damaged in any of its values is refused with 5 and left as it is, with the files that it speaks of")
    void damaged() throws IOException {
        begun();
        String whole = Files.readString(file);
        List<String> refused = new ArrayList<>(List.of("", "{", "[]", "null", "7", "\"journal\"", whole.substring(0, whole.length() / 2)));
        List<String> judged = new ArrayList<>();
        List<List<Object>> places = new ArrayList<>();
        placesIn(JsonParser.parseString(whole), List.of(), places);
        for (List<Object> place : places) {
            refused.add(with(whole, place, JsonNull.INSTANCE));
            // Where a text stands, a number is one too, and a list may be empty; nothing else than a refusal may come of it all the same.
            for (JsonElement other : List.of(new JsonPrimitive(-1), new JsonPrimitive(""), new JsonArray(), new JsonObject())) {
                judged.add(with(whole, place, other));
            }
        }
        assertTrue(refused.stream().allMatch(this::isRefused), () -> "accepted: " + refused.stream().filter(text -> !isRefused(text)).toList());
        assertTrue(judged.stream().filter(this::isRefused).count() > judged.size() / 2);
        Files.writeString(file, "{");
        Failure told = assertThrows(Failure.class, () -> Journal.requireNone(root, "recover"));
        assertTrue(told.next().contains("Keep the directories restore_*"), told.next());
    }

    private boolean isRefused(String text) {
        try {
            Files.writeString(file, text);
            Tree before = Tree.of(root);
            try {
                Journal.find(root);
                return false;
            } catch (Failure e) {
                assertEquals(ExitCode.LOCKED, e.exitCode(), text);
                return true;
            } catch (RuntimeException e) {
                throw new AssertionError(text, e);
            } finally {
                before.assertSame(Tree.of(root), text);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String with(String whole, List<Object> place, JsonElement value) {
        JsonElement top = JsonParser.parseString(whole);
        put(top, place, value);
        return top.toString();
    }

    private static void placesIn(JsonElement element, List<Object> above, List<List<Object>> places) {
        if (element.isJsonObject()) {
            element.getAsJsonObject().entrySet().forEach(entry -> placesIn(entry.getValue(), with(above, entry.getKey()), places));
        } else if (element.isJsonArray()) {
            for (int i = 0; i < element.getAsJsonArray().size(); i++) {
                placesIn(element.getAsJsonArray().get(i), with(above, i), places);
            }
        }
        if (!above.isEmpty()) {
            places.add(above);
        }
    }

    private static List<Object> with(List<Object> above, Object next) {
        List<Object> all = new ArrayList<>(above);
        all.add(next);
        return all;
    }

    private static void put(JsonElement top, List<Object> place, JsonElement value) {
        JsonElement at = top;
        for (Object step : place.subList(0, place.size() - 1)) {
            at = step instanceof Integer index ? at.getAsJsonArray().get(index) : at.getAsJsonObject().get((String) step);
        }
        if (place.get(place.size() - 1) instanceof Integer index) {
            at.getAsJsonArray().set(index, value);
        } else {
            at.getAsJsonObject().add((String) place.get(place.size() - 1), value);
        }
    }
}
