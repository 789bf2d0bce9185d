package pps;

//DEPS com.google.code.gson:gson:2.13.2
//SOURCES AgeText.java
//SOURCES ArchivePromise.java
//SOURCES ArchiveReader.java
//SOURCES BackupDirectory.java
//SOURCES Contents.java
//SOURCES CountText.java
//SOURCES Failure.java
//SOURCES JsonText.java
//SOURCES Listener.java
//SOURCES MissingSources.java
//SOURCES Reason.java
//SOURCES SafeText.java
//SOURCES SizeText.java
//SOURCES SourceMap.java

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/** The backups in a directory, the newest first, with what is in them. */
public final class Listing {
    /** One backup: {@code sizeBytes} is the archive's own size; {@code problem} says why it cannot be used, or is null. */
    public record Entry(BackupDirectory.Backup backup, long sizeBytes, Map<String, Contents.Total> sources, String problem) {
    }

    /** What monitoring wants to know: {@code status} is OK, WARNING or ERROR. */
    public record Check(String status, String message) {
        /** Returns a verdict; that none could be reached is one too, since monitoring reads stdout and knows only 0 and 1. */
        public static Check of(Supplier<Check> judge) {
            try {
                return judge.get();
            } catch (Failure e) {
                if (e.exitCode() == ExitCode.DECLINED) {
                    throw e;
                }
                return new Check("ERROR", e.getMessage() + (e.next() == null ? "" : ". Next: " + e.next()));
            }
        }

        /** Returns the verdict for programs. */
        public JsonObject toJson() {
            JsonObject json = new JsonObject();
            json.addProperty("status", status);
            json.addProperty("message", message);
            return json;
        }

        /** Tells whether all is well. */
        public boolean isOk() {
            return status.equals("OK");
        }
    }

    private final Path directory;
    private final LocalDateTime now;
    private final List<Entry> entries;

    private Listing(Path directory, LocalDateTime now, List<Entry> entries) {
        this.directory = directory;
        this.now = now;
        this.entries = entries;
    }

    /**
     * Reads the backups of a directory; a damaged one is listed as such, and so is one that a restore would refuse, as far as that is told
     * by what a listing reads. {@code map} is null when nothing says whose backups these are, {@code now} is what ages are counted to.
     */
    public static Listing read(BackupDirectory directory, SourceMap map, LocalDateTime now, Listener listener) {
        List<Entry> entries = new ArrayList<>();
        for (BackupDirectory.Backup backup : directory.newestFirst()) {
            listener.detail("Reading " + SafeText.quote(backup.name()));
            entries.add(readOne(backup, map, listener));
        }
        return new Listing(directory.path(), now, entries);
    }

    private static Entry readOne(BackupDirectory.Backup backup, SourceMap map, Listener listener) {
        long size = -1;
        try {
            size = Files.size(backup.file());
            Optional<Map<String, Contents.Total>> promised = ArchivePromise.of(backup.file());
            if (promised.isPresent()) {
                return new Entry(backup, size, promised.get(), map == null ? null : MissingSources.problem(promised.get().keySet(), List.of(), map));
            }
            Contents contents = ArchiveReader.look(backup.file(), listener);
            // Without a manifest it is one of the original tools', which know PPS alone.
            SourceMap own = map == null && contents.manifest().isEmpty() ? SourceMap.builtIn() : map;
            return new Entry(backup, size, contents.totals(), own == null ? null
                : MissingSources.problem(contents.totals().keySet(), MissingSources.of(contents, own), own));
        } catch (IOException e) {
            return new Entry(backup, size, Map.of(), "Cannot read it: " + Reason.of(e));
        } catch (Failure e) {
            if (e.exitCode() != ExitCode.BAD_BACKUP) {
                throw e;
            }
            return new Entry(backup, size, Map.of(), e.getMessage());
        }
    }

    /** Returns the backups, the newest first. */
    public List<Entry> entries() {
        return entries;
    }

    /** Returns the listing for people. */
    public String toText(java.util.function.UnaryOperator<String> bold) {
        if (entries.isEmpty()) {
            return "No backups in " + SafeText.quote(directory) + "\n";
        }
        StringBuilder text = new StringBuilder("Backups in " + SafeText.quote(directory) + ", the newest first\n");
        for (Entry entry : entries) {
            boolean latest = entry == entries.get(0);
            text.append('\n').append(bold.apply(SafeText.quote(entry.backup().name()))).append(latest ? "  [LATEST]" : "").append('\n');
            text.append("  made ").append(AgeText.iso(entry.backup().createdAt()).replace('T', ' ')).append(" (")
                .append(AgeText.between(entry.backup().createdAt(), now)).append("), ").append(SizeText.of(entry.sizeBytes())).append('\n');
            if (entry.problem() != null) {
                text.append("  NOT USABLE: ").append(entry.problem()).append('\n');
            }
            int width = entry.sources().keySet().stream().mapToInt(name -> SafeText.quote(name).length()).max().orElse(0);
            entry.sources().forEach((name, total) -> text.append(String.format("    %-" + width + "s  %6d %s  %10s%n", SafeText.quote(name),
                total.files(), total.files() == 1 ? "file " : "files", SizeText.of(total.bytes()))));
        }
        return text.toString();
    }

    /** Returns the listing for programs. */
    public JsonObject toJson() {
        JsonObject top = new JsonObject();
        top.addProperty("backupDir", directory.toAbsolutePath().toString());
        JsonArray all = new JsonArray();
        for (Entry entry : entries) {
            JsonObject one = new JsonObject();
            one.addProperty("file", entry.backup().name());
            one.addProperty("path", entry.backup().file().toAbsolutePath().toString());
            one.addProperty("latest", entry == entries.get(0));
            one.addProperty("createdAt", AgeText.iso(entry.backup().createdAt()));
            one.addProperty("ageSeconds", Duration.between(entry.backup().createdAt(), now).toSeconds());
            one.addProperty("bytes", entry.sizeBytes());
            one.addProperty("problem", entry.problem());
            JsonObject sources = new JsonObject();
            entry.sources().forEach((name, total) -> {
                JsonObject source = new JsonObject();
                source.addProperty("files", total.files());
                source.addProperty("bytes", total.bytes());
                sources.add(name, source);
            });
            one.add("sources", sources);
            all.add(one);
        }
        top.add("backups", all);
        return top;
    }

    /** Judges for monitoring: there is a backup, the latest is whole, and it is no older than this many days. */
    public Check check(int maxAgeDays) {
        if (entries.isEmpty()) {
            return new Check("ERROR", "there is no backup in " + SafeText.quote(directory));
        }
        Entry latest = entries.get(0);
        String name = SafeText.quote(latest.backup().name());
        if (latest.problem() != null) {
            return new Check("ERROR", "the latest backup is not usable: " + latest.problem());
        }
        String age = AgeText.between(latest.backup().createdAt(), now);
        if (latest.backup().createdAt().plusDays(maxAgeDays).isBefore(now)) {
            return new Check("WARNING", "the latest backup, " + name + ", was made " + age + "; at most " + CountText.of(maxAgeDays, "day is", "days are") + " allowed");
        }
        List<String> bad = entries.stream().filter(entry -> entry.problem() != null).map(entry -> SafeText.quote(entry.backup().name())).toList();
        if (!bad.isEmpty()) {
            return new Check("WARNING", "not usable: " + bad.stream().collect(Collectors.joining(", ")));
        }
        return new Check("OK", name + ", made " + age + ", " + SizeText.of(latest.sizeBytes()) + "; " + entries.size() + " in all");
    }
}
