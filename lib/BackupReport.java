package pps;

//DEPS com.google.code.gson:gson:2.13.2
//SOURCES AgeText.java
//SOURCES Backup.java
//SOURCES BackupPlan.java
//SOURCES Contents.java
//SOURCES Downtime.java
//SOURCES JsonText.java
//SOURCES Retention.java
//SOURCES SafeText.java
//SOURCES SizeText.java
//SOURCES Snapshot.java
//SOURCES SourceScan.java

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.UnaryOperator;

/** A backup that was made, or would be, in words and for programs. */
public final class BackupReport {
    private BackupReport() {
    }

    /** Returns what was done, for people. */
    public static String toText(Backup.Outcome outcome, UnaryOperator<String> bold) {
        Contents contents = outcome.contents();
        StringBuilder text = new StringBuilder(bold.apply(SafeText.quote(contents.archive())) + "\n");
        text.append("  ").append(SizeText.of(contents.compressedBytes())).append(", made in ").append(seconds(outcome.took()));
        Downtime.Times down = outcome.down();
        if (down != null) {
            text.append("; the stack was down for ").append(seconds(down.down())).append(" (stopping ").append(seconds(down.stopping()))
                .append(", copying ").append(seconds(down.work())).append(", starting ").append(seconds(down.starting())).append(")");
        }
        text.append('\n');
        appendSources(text, contents.totals());
        outcome.leftOut().forEach((name, why) -> text.append("  left out: ").append(SafeText.quote(name)).append(", ").append(why).append('\n'));
        outcome.pruned().forEach(old -> text.append("  deleted: ").append(SafeText.quote(old.name())).append('\n'));
        if (outcome.notPruned() != null) {
            text.append("  no older backup was deleted: ").append(outcome.notPruned()).append('\n');
        }
        return text.toString();
    }

    /** Returns what was done, for programs. */
    public static JsonObject toJson(Backup.Outcome outcome) {
        Contents contents = outcome.contents();
        JsonObject json = new JsonObject();
        json.addProperty("file", contents.archive().getFileName().toString());
        json.addProperty("path", contents.archive().toString());
        json.addProperty("bytes", contents.compressedBytes());
        json.addProperty("seconds", millis(outcome.took()));
        if (outcome.down() == null) {
            json.add("downtime", null);
        } else {
            JsonObject down = new JsonObject();
            down.addProperty("seconds", millis(outcome.down().down()));
            down.addProperty("stopping", millis(outcome.down().stopping()));
            down.addProperty("copying", millis(outcome.down().work()));
            down.addProperty("starting", millis(outcome.down().starting()));
            down.addProperty("untilHealthy", millis(outcome.down().untilHealthy()));
            json.add("downtime", down);
        }
        json.add("sources", sources(contents.totals()));
        json.add("leftOut", JsonText.object(outcome.leftOut()));
        json.add("warnings", JsonText.array(outcome.warnings()));
        json.add("deleted", JsonText.array(outcome.pruned().stream().map(old -> old.name()).toList()));
        json.addProperty("notDeletedBecause", outcome.notPruned());
        json.addProperty("healthy", outcome.unhealthy() == null);
        return json;
    }

    /** Returns what would be done, for people. {@code containers} says what would become of them. */
    public static String toText(BackupPlan plan, String containers, List<Retention.Verdict> verdicts, Retention retention) {
        StringBuilder text = new StringBuilder("Would write " + SafeText.quote(plan.target()) + "\n");
        text.append("  containers: ").append(containers).append('\n');
        text.append("  copies: ").append(mode(plan)).append('\n');
        appendSources(text, totals(plan));
        plan.leftOut().forEach((name, why) -> text.append("  left out: ").append(SafeText.quote(name)).append(", ").append(why).append('\n'));
        for (Retention.Verdict verdict : verdicts.subList(1, verdicts.size())) {
            text.append("  would ").append(verdict.goes() ? "DELETE " : "keep ").append(SafeText.quote(verdict.backup().name())).append(" (")
                .append(verdict.goes() ? "not among those kept: " + retention.inWords() : String.join(", ", verdict.keptBy())).append(")\n");
        }
        return text.toString();
    }

    /** Returns what would be done, for programs. */
    public static JsonObject toJson(BackupPlan plan, String containers, List<Retention.Verdict> verdicts) {
        JsonObject json = new JsonObject();
        json.addProperty("path", plan.target().toString());
        json.addProperty("containers", containers);
        json.addProperty("copies", mode(plan));
        json.add("sources", sources(totals(plan)));
        json.add("leftOut", JsonText.object(plan.leftOut()));
        json.add("warnings", JsonText.array(plan.warnings()));
        JsonArray old = new JsonArray();
        for (Retention.Verdict verdict : verdicts.subList(1, verdicts.size())) {
            JsonObject one = new JsonObject();
            one.addProperty("file", verdict.backup().name());
            one.addProperty("createdAt", AgeText.iso(verdict.backup().createdAt()));
            one.addProperty("delete", verdict.goes());
            one.add("keptBy", JsonText.array(verdict.keptBy()));
            old.add(one);
        }
        json.add("backups", old);
        return json;
    }

    private static String mode(BackupPlan plan) {
        return switch (plan.mode()) {
            case AT_REST -> SizeText.of(plan.bytes()) + " to a private directory, packed from there";
            case IN_PLACE -> plan.stack() ? "none, for lack of space; the files are packed where they lie, while the stack is down"
                : "none; the files are packed where they lie, since no stack waits for them";
            case LIVE -> SizeText.of(plan.bytes()) + " while the stack runs; databases through SQLite's online backup";
        };
    }

    private static Map<String, Contents.Total> totals(BackupPlan plan) {
        Map<String, Contents.Total> totals = new LinkedHashMap<>();
        plan.scans().forEach(scan -> totals.put(scan.source().name(), new Contents.Total(scan.files(), scan.bytes())));
        return totals;
    }

    private static void appendSources(StringBuilder text, Map<String, Contents.Total> totals) {
        int width = totals.keySet().stream().mapToInt(name -> SafeText.quote(name).length()).max().orElse(0);
        totals.forEach((name, total) -> text.append(String.format("    %-" + width + "s  %6d %s  %10s%n", SafeText.quote(name), total.files(),
            total.files() == 1 ? "file " : "files", SizeText.of(total.bytes()))));
    }

    private static JsonObject sources(Map<String, Contents.Total> totals) {
        JsonObject sources = new JsonObject();
        totals.forEach((name, total) -> {
            JsonObject one = new JsonObject();
            one.addProperty("files", total.files());
            one.addProperty("bytes", total.bytes());
            sources.add(name, one);
        });
        return sources;
    }

    private static String seconds(Duration duration) {
        return String.format(Locale.ROOT, "%.1f s", duration.toMillis() / 1000.0);
    }

    private static double millis(Duration duration) {
        return duration.toMillis() / 1000.0;
    }
}
