package pps;

//DEPS com.google.code.gson:gson:2.13.2
//SOURCES AgeText.java
//SOURCES BackupDirectory.java
//SOURCES CountText.java
//SOURCES JsonText.java
//SOURCES Manifest.java
//SOURCES Plan.java
//SOURCES Room.java
//SOURCES SafeText.java
//SOURCES SizeText.java
//SOURCES SourceMap.java

import com.google.gson.JsonObject;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A plan as people and programs see it. {@code containers} says in a sentence what happens to the stack, {@code toStop} names its running
 * services, {@code safetyDirectory} is null when no safety backup is made, {@code freeBytes} is what the project's file system has left.
 */
public record PlanReport(Plan plan, String containers, Set<String> toStop, Path safetyDirectory, long freeBytes,
                         boolean shrinkAllowed) {
    private static final int MOST_PATHS = 20;

    /** Returns the plan for people; with {@code paths} every file is named, not only those that would be removed. */
    public String toText(LocalDateTime now, boolean paths) {
        StringBuilder text = new StringBuilder("Backup   " + SafeText.quote(plan.contents().archive()));
        Optional<LocalDateTime> made = BackupDirectory.timeIn(plan.contents().archive().getFileName().toString());
        made.ifPresent(time -> text.append("\n         made ").append(AgeText.iso(time).replace('T', ' ')).append(" (")
            .append(AgeText.between(time, now)).append(')'));
        text.append("\nProject  ").append(SafeText.quote(plan.projectRoot()));
        plainEntity().ifPresent(entity -> text.append("\nEntity   ").append(SafeText.quote(entity)));
        text.append("\n\n");
        int width = Math.max(6, plan.sources().stream().mapToInt(source -> SafeText.quote(source.source().name()).length()).max().orElse(6));
        String row = "  %-" + width + "s  %21s  %21s  %6s %7s %7s %9s%n";
        text.append(String.format(row, "source", "now", "after", "added", "changed", "removed", "unchanged"));
        for (Plan.OfSource source : plan.sources()) {
            text.append(String.format(row, SafeText.quote(source.source().name()), amount(source.filesBefore(), source.bytesBefore()),
                amount(source.filesAfter(), source.bytesAfter()), source.added().size(), source.changed().size(), source.removed().size(),
                source.unchanged().size()));
        }
        text.append('\n');
        for (Plan.OfSource source : plan.sources()) {
            appendSource(text, source, paths);
        }
        appendNames(text, "Left out: ", plan.leftOut());
        appendNames(text, "Not restored, since this project's map does not know them: ", plan.unknown());
        leftOutOfBackup().forEach((name, why) -> text.append("Not in the backup: ").append(SafeText.quote(name)).append(", ").append(SafeText.quote(why))
            .append('\n'));
        plan.remarks().forEach(remark -> text.append("Note: ").append(remark).append('\n'));
        if (plan.changesNothing()) {
            text.append("Everything is unchanged: live data already is what the backup holds.\n");
        }
        text.append("Containers: ").append(containers).append('\n');
        text.append("Safety backup: ").append(safetyDirectory == null ? "none; what is replaced is lost (--no-safety-backup)"
            : "what is replaced is packed into " + SafeText.quote(safetyDirectory)).append('\n');
        text.append("Space: ").append(SizeText.of(plan.bytesAfter())).append(" needed")
            .append(safetyDirectory == null ? "" : ", and up to " + SizeText.of(safetyBytes()) + " for the safety backup")
            .append("; ").append(SizeText.of(freeBytes)).append(" free")
            .append(plan.bytesAfter() + Room.RESERVE <= freeBytes ? "" : ", and " + SizeText.of(Room.RESERVE) + " are kept free for the running stack")
            .append('\n');
        return text.toString();
    }

    /** Returns the entity that sources go to whose names do not tell; empty when there are none. */
    public Optional<String> plainEntity() {
        return plan.sources().stream().map(Plan.OfSource::source).filter(source -> source.name().equals(source.kind()) && source.entity() != null)
            .map(SourceMap.Source::entity).findFirst();
    }

    private Map<String, String> leftOutOfBackup() {
        return plan.contents().manifest().map(Manifest::leftOut).orElse(Map.of());
    }

    private long safetyBytes() {
        return plan.sources().stream().mapToLong(Plan.OfSource::bytesBefore).sum();
    }

    private static String amount(long files, long bytes) {
        return String.format("%d %s %10s", files, files == 1 ? "file " : "files", SizeText.of(bytes));
    }

    private static void appendNames(StringBuilder text, String what, List<String> names) {
        if (!names.isEmpty()) {
            text.append(what).append(SafeText.quote(String.join(", ", names))).append('\n');
        }
    }

    private void appendSource(StringBuilder text, Plan.OfSource source, boolean paths) {
        String name = SafeText.quote(source.source().name());
        if (source.shrinks() && !shrinkAllowed) {
            text.append("WARNING: ").append(name).append(" would lose more than half of what it has now; this is refused without --allow-shrink\n");
        }
        appendChanges(text, name + ": would be removed", source.removed(), true);
        if (paths) {
            appendChanges(text, name + ": would be added", source.added(), true);
            appendChanges(text, name + ": would be changed", source.changed(), true);
        }
        if (!source.unmatched().isEmpty()) {
            text.append(name).append(": ").append(CountText.of(source.unmatched().size(), "file matches none of the map's patterns and is",
                "files match none of the map's patterns and are")).append(" restored all the same:\n");
            source.unmatched().stream().limit(paths ? Long.MAX_VALUE : MOST_PATHS)
                .forEach(path -> text.append("    ").append(SafeText.quote(path)).append('\n'));
        }
        if (!source.kept().isEmpty()) {
            text.append(name).append(": not in the backup, and left in place (--keep-extra):\n");
            source.kept().forEach(path -> text.append("    ").append(SafeText.quote(path)).append('\n'));
        }
    }

    private static void appendChanges(StringBuilder text, String what, List<Plan.Change> changes, boolean all) {
        if (changes.isEmpty()) {
            return;
        }
        text.append(what).append(":\n");
        changes.forEach(change -> text.append("    ").append(SafeText.quote(change.path())).append("  ")
            .append(SizeText.of(Math.max(change.before(), change.after()))).append('\n'));
    }

    /** Returns the plan for programs. */
    public JsonObject toJson() {
        JsonObject top = new JsonObject();
        top.addProperty("archive", plan.contents().archive().toAbsolutePath().toString());
        BackupDirectory.timeIn(plan.contents().archive().getFileName().toString())
            .ifPresent(time -> top.addProperty("createdAt", AgeText.iso(time)));
        top.addProperty("projectRoot", plan.projectRoot().toString());
        JsonObject sources = new JsonObject();
        for (Plan.OfSource source : plan.sources()) {
            sources.add(source.source().name(), source(source));
        }
        top.add("sources", sources);
        top.add("leftOut", JsonText.array(plan.leftOut()));
        top.add("leftOutOfBackup", JsonText.object(leftOutOfBackup()));
        top.add("unknown", JsonText.array(plan.unknown()));
        top.add("remarks", JsonText.array(plan.remarks()));
        JsonObject stack = new JsonObject();
        stack.addProperty("plan", containers);
        stack.add("running", JsonText.array(toStop));
        top.add("containers", stack);
        top.addProperty("safetyBackupDir", safetyDirectory == null ? null : safetyDirectory.toString());
        JsonObject space = new JsonObject();
        space.addProperty("neededBytes", plan.bytesAfter());
        space.addProperty("safetyBackupBytesAtMost", safetyDirectory == null ? 0 : safetyBytes());
        space.addProperty("freeBytes", freeBytes);
        top.add("space", space);
        return top;
    }

    private static JsonObject source(Plan.OfSource source) {
        JsonObject one = new JsonObject();
        one.addProperty("destination", source.destination().toString());
        one.addProperty("critical", source.source().critical());
        one.addProperty("added", source.added().size());
        one.addProperty("changed", source.changed().size());
        one.addProperty("removed", source.removed().size());
        one.addProperty("unchanged", source.unchanged().size());
        one.addProperty("bytesBefore", source.bytesBefore());
        one.addProperty("bytesAfter", source.bytesAfter());
        one.addProperty("shrinks", source.shrinks());
        JsonObject paths = new JsonObject();
        paths.add("added", paths(source.added()));
        paths.add("changed", paths(source.changed()));
        paths.add("removed", paths(source.removed()));
        paths.add("unmatched", JsonText.array(source.unmatched()));
        paths.add("kept", JsonText.array(source.kept()));
        one.add("paths", paths);
        return one;
    }

    private static com.google.gson.JsonArray paths(List<Plan.Change> changes) {
        return JsonText.array(changes.stream().map(Plan.Change::path).toList());
    }
}
