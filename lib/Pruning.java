package pps;

//SOURCES BackupDirectory.java
//SOURCES Contents.java
//SOURCES Doubts.java
//SOURCES Failure.java
//SOURCES Holding.java
//SOURCES Listener.java
//SOURCES Reason.java
//SOURCES Retention.java
//SOURCES SafeText.java
//SOURCES SizeText.java
//SOURCES SourceMap.java

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/**
 * Deletes what {@link Retention} lets go, but never the last backup that holds something: a project whose disk is not mounted is backed up
 * night after night, and each of those backups is like the one before. Backups of another project that lie in the same directory are left
 * alone and count for nothing; those of one entity alone do not take the places of those of the whole project.
 */
final class Pruning {
    private final Path projectRoot;
    private final SourceMap map;
    private final BackupDirectory directory;
    private final Retention retention;
    private final Listener listener;
    private List<Holding> there;

    Pruning(Path projectRoot, SourceMap map, BackupDirectory directory, Retention retention, Listener listener) {
        this.projectRoot = projectRoot;
        this.map = map;
        this.directory = directory;
        this.retention = retention;
        this.listener = listener;
    }

    /** What becomes of each backup, the newest first, and what the owner should know of those that stay against the rules. */
    record Judged(List<Retention.Verdict> verdicts, List<String> warnings) {
    }

    /** What was deleted; {@code notPruned} says why none was looked at, or is null. */
    record Done(List<BackupDirectory.Backup> pruned, String notPruned) {
    }

    /** The backups that were there before the new one, the newest first. */
    private List<Holding> there() {
        if (there == null) {
            there = directory.newestFirst().stream().map(backup -> Holding.of(backup, projectRoot, map, listener)).toList();
        }
        return there;
    }

    /** Returns the newest backup to compare a new one with: of this project, and of the whole of it where there is such a one. */
    Optional<Holding> last() {
        List<Holding> own = there().stream().filter(one -> one.otherProject().isEmpty()).toList();
        return own.stream().filter(one -> one.onlyEntity().isEmpty()).findFirst().or(() -> own.stream().findFirst());
    }

    /** Returns why nothing may be deleted after this backup, or null. */
    String reasonAgainst(Holding newest, Doubts doubts, boolean ahead) {
        if (doubts.shrunk()) {
            return "the warnings above say that they may be needed";
        }
        if (newest.onlyEntity().isPresent()) {
            return "this one holds one entity alone";
        }
        if (ahead) {
            return "the newest one is named after a time that has not come yet";
        }
        // A directory that was always empty is no loss, and must not let the disk fill up.
        return doubts.empty().stream().filter(source -> there().stream().filter(one -> one.otherProject().isEmpty())
                .anyMatch(one -> one.problem() != null || one.sources().containsKey(source) && one.sources().get(source).total().files() > 0))
            .findFirst().map(source -> "'" + SafeText.quote(newest.sources().get(source).name()) + "' is empty, and was not always").orElse(null);
    }

    /** Judges all backups, {@code newest} among them. With {@code against}, a reason, nothing goes. */
    Judged judge(Holding newest, String against) {
        List<Holding> all = new ArrayList<>(List.of(newest));
        there().stream().filter(one -> !one.backup().file().equals(newest.backup().file())).forEach(all::add);
        Map<BackupDirectory.Backup, List<String>> keptBy = new HashMap<>();
        Map<String, List<BackupDirectory.Backup>> groups = new LinkedHashMap<>();
        for (Holding one : all) {
            one.otherProject().ifPresentOrElse(other -> keptBy.put(one.backup(), List.of("of another project, " + SafeText.quote(other))),
                () -> groups.computeIfAbsent(one.onlyEntity().map(entity -> " of '" + SafeText.quote(entity) + "' alone").orElse(""),
                    any -> new ArrayList<>()).add(one.backup()));
        }
        groups.forEach((which, backups) -> retention.judge(backups).forEach(verdict -> keptBy.put(verdict.backup(),
            verdict.keptBy().stream().map(rule -> rule + which).toList())));
        List<Holding> kept = new ArrayList<>(all.stream().filter(one -> one.otherProject().isEmpty() && !keptBy.get(one.backup()).isEmpty()).toList());
        List<String> warnings = new ArrayList<>();
        for (Holding victim : all.stream().filter(one -> keptBy.get(one.backup()).isEmpty()).toList()) {
            String why = against != null ? against : whatItAloneHolds(victim, kept);
            if (why != null) {
                keptBy.put(victim.backup(), List.of(why));
                kept.add(victim);
            }
            if (why != null && against == null) {
                warnings.add("the old backup " + SafeText.quote(victim.backup().name()) + " is not deleted: " + why
                    + ". When that is not wanted any more: rm " + SafeText.quote(victim.backup().file()));
            }
        }
        return new Judged(all.stream().map(one -> new Retention.Verdict(one.backup(), keptBy.get(one.backup()))).toList(), warnings);
    }

    /** Returns what {@link #prune} would do after this backup, and warns of what that would warn of. */
    List<Retention.Verdict> foretell(Holding newest, Doubts doubts, boolean ahead, Consumer<String> warn) {
        doubts.warnings().forEach(warn);
        Judged judged = judge(newest, reasonAgainst(newest, doubts, ahead));
        judged.warnings().forEach(warn);
        return judged.verdicts();
    }

    /** Those that stay are looked at one after the other, and most often the first has it all. */
    private static String whatItAloneHolds(Holding victim, List<Holding> kept) {
        if (victim.problem() != null) {
            return "what it holds cannot be told (" + victim.problem() + ")";
        }
        String alone = victim.sources().entrySet().stream().filter(source -> source.getValue().total().files() > 0)
            .filter(source -> kept.stream().map(one -> one.sources().get(source.getKey()))
                .noneMatch(other -> other != null && other.isHalfOf(source.getValue())))
            .map(source -> "'" + SafeText.quote(source.getValue().name()) + "' ("
                + SizeText.ofFiles(source.getValue().total().files(), source.getValue().total().bytes()) + ")")
            .collect(Collectors.joining(", "));
        return alone.isEmpty() ? null : "none that stays holds half as much of " + alone;
    }

    /**
     * Deletes what may go after this backup, which is done: whatever happens here is told to {@code warn}, and is no failure of it.
     *
     * @param ahead whether it had to be named after a time that has not come yet
     */
    Done prune(Holding newest, Doubts doubts, boolean ahead, Consumer<String> warn) {
        List<BackupDirectory.Backup> pruned = new ArrayList<>();
        try {
            String against = reasonAgainst(newest, doubts, ahead);
            if (against != null) {
                return new Done(List.of(), against);
            }
            Judged judged = judge(newest, null);
            judged.warnings().forEach(warn);
            long others = there().stream().filter(one -> one.otherProject().isPresent()).count();
            if (others > 0) {
                listener.info("Left alone, and not counted: backups of another project in the same directory, " + others + " in all");
            }
            judged.verdicts().stream().filter(Retention.Verdict::goes).map(Retention.Verdict::backup).forEach(old -> {
                try {
                    Files.delete(old.file());
                    pruned.add(old);
                    listener.info("Deleted " + SafeText.quote(old.name()) + "; kept are " + retention.inWords());
                } catch (IOException e) {
                    warn.accept("cannot delete the old backup " + SafeText.quote(old.file()) + ": " + Reason.of(e));
                }
            });
            return new Done(pruned, null);
        } catch (Failure e) {
            warn.accept("older backups are not looked at: " + e.getMessage());
            return new Done(pruned, e.getMessage());
        }
    }
}
