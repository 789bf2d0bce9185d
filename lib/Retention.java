package pps;

//SOURCES BackupDirectory.java

import java.time.LocalDateTime;
import java.time.temporal.IsoFields;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * Which backups stay, in the way that users of restic and borg know: a backup stays when one of the rules keeps it. {@code last} keeps
 * that many of the newest; {@code daily}, {@code weekly} and {@code monthly} keep the newest one of each of that many days, weeks (from
 * Monday on) or months that have a backup at all. A rule of 0 keeps nothing. When a backup was made is told by its name.
 */
public record Retention(int last, int daily, int weekly, int monthly) {
    /** What becomes of one backup: the rules that keep it, in words; none when it goes. */
    public record Verdict(BackupDirectory.Backup backup, List<String> keptBy) {
        /** Tells whether no rule keeps it. */
        public boolean goes() {
            return keptBy.isEmpty();
        }
    }

    /** Tells whether the rules would keep anything at all. */
    public boolean keepsAny() {
        return last > 0 || daily > 0 || weekly > 0 || monthly > 0;
    }

    /** Returns what becomes of each backup; they come, and are returned, the newest first. The newest always stays. */
    public List<Verdict> judge(List<BackupDirectory.Backup> newestFirst) {
        Map<BackupDirectory.Backup, List<String>> kept = new HashMap<>();
        newestFirst.forEach(backup -> kept.put(backup, new ArrayList<>()));
        newestFirst.stream().limit(1).forEach(newest -> kept.get(newest).add("the newest"));
        newestFirst.stream().limit(last).forEach(backup -> kept.get(backup).add("one of the last " + last));
        keepOnePer(newestFirst, daily, "day", time -> time.toLocalDate(), kept);
        keepOnePer(newestFirst, weekly, "week",
            time -> time.get(IsoFields.WEEK_BASED_YEAR) + "-" + time.get(IsoFields.WEEK_OF_WEEK_BASED_YEAR), kept);
        keepOnePer(newestFirst, monthly, "month", time -> time.getYear() + "-" + time.getMonthValue(), kept);
        return newestFirst.stream().map(backup -> new Verdict(backup, List.copyOf(kept.get(backup)))).toList();
    }

    /** Returns the rules in words, for the reason why a backup goes. */
    public String inWords() {
        List<String> rules = new ArrayList<>();
        add(rules, last, "the last " + last);
        add(rules, daily, "one for each of " + daily + " days");
        add(rules, weekly, "one for each of " + weekly + " weeks");
        add(rules, monthly, "one for each of " + monthly + " months");
        return String.join(", ", rules);
    }

    private static void add(List<String> rules, int number, String rule) {
        if (number > 0) {
            rules.add(rule);
        }
    }

    private static void keepOnePer(List<BackupDirectory.Backup> newestFirst, int number, String period,
                                   Function<LocalDateTime, Object> periodOf, Map<BackupDirectory.Backup, List<String>> kept) {
        Object previous = null;
        int left = number;
        for (BackupDirectory.Backup backup : newestFirst) {
            Object current = periodOf.apply(backup.createdAt());
            if (left > 0 && !current.equals(previous)) {
                kept.get(backup).add("the newest of its " + period);
                left--;
            }
            previous = current;
        }
    }
}
