package pps;

//DEPS com.google.code.gson:gson:2.13.2
//SOURCES Durable.java
//SOURCES Failure.java
//SOURCES Places.java
//SOURCES Reason.java
//SOURCES SafeText.java
//SOURCES Stack.java
//SOURCES SwapGroup.java

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * What a restore intends and how far it has come, on disk before it happens, so that another process can finish it or take it back after
 * a kill or a power cut. It exists exactly as long as a restore is under way.
 */
final class Journal {
    /** How far a restore has come. */
    enum Phase {
        /** Files are being staged; nothing live was touched. */
        STAGING,
        /** The stack is being stopped or is down; no file was touched. */
        STOPPING,
        /** Files are being swapped; recovery takes the swap back. */
        SWAPPING,
        /** The restored files are live and stay; what is left is the stack's start and the safety backup. */
        COMMITTED,
        /** The restored files stay and the safety backup is complete; what is left is to let the moved files go. */
        PACKED,
        /** The old files are being put back; recovery goes on with that. */
        ROLLING_BACK
    }

    private static final String NAME = "restore_journal.json";
    private static final int FORMAT = 1;

    private final Path file;
    private final Header header;
    private Phase phase;
    private JsonObject stack;
    private List<SwapGroup> groups = List.of();
    private List<Path> areas = List.of();

    /**
     * What does not change during a restore: {@code composeFile} is null when containers are left alone, {@code archive} the backup's
     * file name.
     */
    record Header(String id, String purpose, String archive, Path composeFile, boolean safetyBackup) {
    }

    private Journal(Path file, Header header) {
        this.file = file;
        this.header = header;
    }

    /** Begins a journal in phase {@link Phase#STAGING}. */
    static Journal begin(Path projectRoot, Header header, List<Path> areas) {
        Journal journal = new Journal(fileOf(projectRoot), header);
        journal.areas = List.copyOf(areas);
        journal.enter(Phase.STAGING);
        return journal;
    }

    /** Returns the journal that an unfinished restore of this project left, or null. */
    static Journal find(Path projectRoot) {
        Path file = fileOf(projectRoot);
        if (!Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
            return null;
        }
        try {
            JsonObject top = JsonParser.parseString(Files.readString(file)).getAsJsonObject();
            if (top.get("format").getAsInt() != FORMAT) {
                throw new JsonParseException("it is of format " + top.get("format") + ", this version knows " + FORMAT);
            }
            Journal journal = new Journal(file, new Header(top.get("id").getAsString(), top.get("purpose").getAsString(),
                top.get("archive").getAsString(), top.has("composeFile") ? Path.of(top.get("composeFile").getAsString()) : null,
                top.get("safetyBackup").getAsBoolean()));
            journal.phase = Phase.valueOf(top.get("phase").getAsString());
            journal.stack = top.has("stack") ? top.getAsJsonObject("stack") : null;
            List<Path> areas = new ArrayList<>();
            for (JsonElement area : top.getAsJsonArray("areas")) {
                areas.add(Path.of(area.getAsString()));
            }
            journal.areas = areas;
            List<SwapGroup> groups = new ArrayList<>();
            for (JsonElement group : top.getAsJsonArray("groups")) {
                groups.add(SwapGroup.fromJson(group.getAsJsonObject()));
            }
            journal.groups = groups;
            return journal;
        } catch (IOException | JsonParseException | IllegalStateException | IllegalArgumentException | NullPointerException e) {
            throw Failure.of(ExitCode.LOCKED, "The journal of an interrupted restore cannot be read: " + SafeText.quote(file) + " ("
                + Reason.of(e) + ")").state("Live data may be half old and half new; nothing was touched now.")
                .next("Keep the directories restore_* beside it: they hold your files. Ask for help with that file at hand.").because(e);
        }
    }

    /** Throws {@link Failure} ({@link ExitCode#LOCKED}) when a restore of this project was interrupted and has to be recovered first. */
    static void requireNone(Path projectRoot, String recoverCommand) {
        Journal left = find(projectRoot);
        if (left != null && left.phase != Phase.STAGING) {
            throw Failure.of(ExitCode.LOCKED, left.describe()).state(left.state()).next(recoverCommand);
        }
    }

    /** Returns in a sentence that a restore was interrupted, and which. */
    String describe() {
        return "A " + header.purpose() + " of " + SafeText.quote(header.archive()) + " was interrupted"
            + switch (phase) {
                case STAGING -> " while it unpacked the backup";
                case STOPPING -> " while the stack was stopped";
                case SWAPPING -> " while it swapped files";
                case COMMITTED -> " after its files went live";
                case PACKED -> " while it cleaned up";
                case ROLLING_BACK -> " while it put the old files back";
            };
    }

    /** Returns in a sentence what state live data is in. */
    String state() {
        return switch (phase) {
            case STAGING -> "Live data is as it was before.";
            case STOPPING -> "Live data is as it was before; the stack may be down.";
            case SWAPPING, ROLLING_BACK -> "Live data may be half old and half new; recovery puts all of the old data back.";
            case COMMITTED -> "Live data is the backup's; what was there before is kept aside and not yet packed.";
            case PACKED -> "Live data is the backup's; the safety backup is complete.";
        };
    }

    /** Goes on to the next phase; it is on disk when this returns. */
    void enter(Phase next) {
        phase = next;
        try {
            Durable.replace(file, toJson().toString());
        } catch (IOException e) {
            throw Failure.of(ExitCode.FAILED, "Cannot write the journal " + SafeText.quote(file) + ": " + Reason.of(e)).because(e);
        }
    }

    /** Notes a further directory that files are going to be staged in; it is on disk when this returns. */
    void addArea(Path area) {
        if (!areas.contains(area)) {
            List<Path> more = new ArrayList<>(areas);
            more.add(area);
            areas = List.copyOf(more);
            enter(phase);
        }
    }

    /** Notes how the stack was before it is stopped; written with the next phase. */
    void stack(Stack before) {
        stack = before.toJson();
    }

    /** Notes that no rename is in effect any more: from here on, nothing may be put back a second time. */
    void forgetGroups() {
        groups = List.of();
    }

    /** Notes the renames of the swap; written with the next phase. */
    void groups(List<SwapGroup> swap) {
        groups = List.copyOf(swap);
    }

    /** Ends the journal: the restore is complete, or completely taken back. */
    void end() {
        try {
            Files.deleteIfExists(file);
            Durable.syncDirectory(file.getParent());
        } catch (IOException e) {
            throw Failure.of(ExitCode.FAILED, "Cannot delete the journal " + SafeText.quote(file) + ": " + Reason.of(e)).because(e);
        }
    }

    /** Returns how far the restore has come. */
    Phase phase() {
        return phase;
    }

    /** Returns what does not change during the restore. */
    Header header() {
        return header;
    }

    /** Returns how the stack was before it was stopped, or null when containers were left alone. */
    Stack stack() {
        return stack == null ? null : Stack.fromJson(stack);
    }

    /** Returns the renames of the swap, in their order. */
    List<SwapGroup> groups() {
        return groups;
    }

    /** Returns the directories that hold staged and moved files. */
    List<Path> areas() {
        return areas;
    }

    private static Path fileOf(Path projectRoot) {
        return Places.home(projectRoot).resolve(NAME);
    }

    private JsonObject toJson() {
        JsonObject top = new JsonObject();
        top.addProperty("format", FORMAT);
        top.addProperty("phase", phase.name());
        top.addProperty("id", header.id());
        top.addProperty("purpose", header.purpose());
        top.addProperty("archive", header.archive());
        if (header.composeFile() != null) {
            top.addProperty("composeFile", header.composeFile().toString());
        }
        top.addProperty("safetyBackup", header.safetyBackup());
        if (stack != null) {
            top.add("stack", stack);
        }
        JsonArray areaNames = new JsonArray();
        areas.forEach(area -> areaNames.add(area.toString()));
        top.add("areas", areaNames);
        JsonArray groupArray = new JsonArray();
        groups.forEach(group -> groupArray.add(group.toJson()));
        top.add("groups", groupArray);
        return top;
    }
}
