package pps;

//DEPS com.google.code.gson:gson:2.13.2
//SOURCES ArchiveCheck.java
//SOURCES ArchiveReader.java
//SOURCES Archived.java
//SOURCES BackupDirectory.java
//SOURCES Contents.java
//SOURCES CountText.java
//SOURCES Coverage.java
//SOURCES DatabaseExtraction.java
//SOURCES Failure.java
//SOURCES JsonText.java
//SOURCES Listener.java
//SOURCES Manifest.java
//SOURCES MissingSources.java
//SOURCES Plan.java
//SOURCES SafeText.java
//SOURCES SizeText.java
//SOURCES SourceMap.java

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What can be said of a backup without restoring it: whether it is whole, what is in it, and what its owner should look at. */
public final class Validation {
    /** One thing found: {@code level} is error, warning or info; {@code source} is null when it is about the whole archive. */
    public record Finding(String level, String source, String message) {
    }

    /** One source, judged. */
    public record OfSource(boolean critical, int files, long bytes) {
    }

    private final Path archive;
    private final Map<String, OfSource> sources = new LinkedHashMap<>();
    private final Map<String, String> leftOut = new LinkedHashMap<>();
    private final List<Finding> findings = new ArrayList<>();

    private Validation(Path archive) {
        this.archive = archive;
    }

    /**
     * Validates an archive. Throws {@link Failure} only when the validation itself cannot be done; what is wrong with the archive is a
     * finding.
     *
     * @param quick whether databases are left unopened and no earlier backup is compared
     */
    public static Validation of(Path archive, SourceMap map, boolean quick, Listener listener) {
        Validation validation = new Validation(archive);
        boolean ownSafety = BackupDirectory.isSafetyBackupWhereItLies(archive);
        try {
            if (quick) {
                validation.judge(ArchiveReader.read(archive, ArchiveCheck.look(ownSafety), listener), map);
            } else {
                try (DatabaseExtraction databases = new DatabaseExtraction(map, ownSafety)) {
                    Contents contents = ArchiveReader.read(archive, databases, listener);
                    validation.judge(contents, map);
                    databases.problems(listener).forEach((entry, problem) -> validation.add(
                        contents.manifest().map(Manifest::isSafety).orElse(false) ? "warning" : "error", entry.source(),
                        "'" + SafeText.quote(entry.path()) + "' " + problem));
                    validation.compareWithEarlier(contents, listener);
                }
            }
        } catch (Failure e) {
            if (e.exitCode() != ExitCode.BAD_BACKUP) {
                throw e;
            }
            validation.add("error", null, e.getMessage());
        }
        return validation;
    }

    private void add(String level, String source, String message) {
        findings.add(new Finding(level, source, message));
    }

    private void judge(Contents contents, SourceMap map) {
        contents.remarks().forEach(remark -> add("info", null, remark));
        contents.totals().forEach((name, total) -> {
            Optional<SourceMap.Source> source = map.resolve(name, SourceMap.DEFAULT_ENTITY);
            boolean critical = contents.manifest().map(manifest -> manifest.sources().get(name)).map(Manifest.Promise::critical)
                .orElse(source.map(SourceMap.Source::critical).orElse(false));
            sources.put(name, new OfSource(critical, total.files(), total.bytes()));
            if (source.isEmpty()) {
                add("warning", name, "is not a source that this project's map knows; it would not be restored");
            } else {
                boolean safety = contents.manifest().filter(Manifest::isSafety).isPresent();
                judgeSource(contents.of(name), source.get(), total, critical && !safety, map);
            }
        });
        contents.manifest().map(Manifest::leftOut).orElse(Map.of()).forEach((name, why) -> {
            leftOut.put(name, why);
            add("info", name, "was left out of the backup: " + SafeText.quote(why));
        });
        MissingSources.of(contents, map).forEach(name -> add("error", name, "is critical and is not in the backup"));
    }

    private void judgeSource(List<Archived> entries, SourceMap.Source source, Contents.Total total, boolean mustHoldFiles, SourceMap map) {
        if (total.files() == 0) {
            add(mustHoldFiles ? "warning" : "info", source.name(), "holds no file");
        }
        long unmatched = 0;
        for (Archived entry : entries) {
            if (entry.isContent() && !source.matches(entry.path())) {
                SourceMap.Source owner = Coverage.owner(source, entry.path(),
                    map.sources(List.of(source.entity() == null ? SourceMap.DEFAULT_ENTITY : source.entity())));
                if (owner != null) {
                    add("error", source.name(), "'" + SafeText.quote(entry.path()) + "' falls among the files of source '" + owner.kind() + "'");
                }
            }
            if (entry.isContent() && !Coverage.isExpected(source, entry.path())) {
                unmatched++;
            }
        }
        if (unmatched > 0) {
            add("info", source.name(), CountText.of(unmatched, "of its files matches none of the map's patterns; it is", "of its files match none of the map's patterns; they are")
                + " restored all the same");
        }
        if (source.kind().equals("neo4j") && total.files() > 0 && !(has(entries, "databases/") && has(entries, "transactions/"))) {
            add("warning", source.name(), "is not a Neo4j database: databases/ and transactions/ are not both there ("
                + SizeText.ofFiles(total.files(), total.bytes()) + ")");
        }
        if (source.kind().equals("chromadb") && total.files() > 0
            && entries.stream().noneMatch(entry -> entry.path().matches("[^/]+/.*\\.bin"))) {
            add("warning", source.name(), "is not a whole Chroma database: it has no segment directory ("
                + SizeText.ofFiles(total.files(), total.bytes()) + ")");
        }
    }

    private static boolean has(List<Archived> entries, String directory) {
        return entries.stream().anyMatch(entry -> entry.path().startsWith(directory));
    }

    /** The backup before this one in the same directory shows what a source used to hold. */
    private void compareWithEarlier(Contents contents, Listener listener) {
        Optional<java.time.LocalDateTime> time = BackupDirectory.timeIn(archive.getFileName().toString());
        Path directory = archive.toAbsolutePath().getParent();
        if (time.isEmpty() || !archive.getFileName().toString().startsWith(BackupDirectory.BACKUP)) {
            return;
        }
        Optional<BackupDirectory.Backup> earlier = BackupDirectory.of(directory).newestFirst().stream()
            .filter(backup -> backup.createdAt().isBefore(time.get())).findFirst();
        if (earlier.isEmpty()) {
            return;
        }
        Map<String, Contents.Total> before;
        try {
            before = ArchiveReader.look(earlier.get().file(), listener).totals();
        } catch (Failure e) {
            if (e.exitCode() != ExitCode.BAD_BACKUP) {
                throw e;
            }
            add("info", null, "the backup before it is not usable: " + e.getMessage());
            return;
        }
        contents.totals().forEach((name, now) -> {
            Contents.Total then = before.get(name);
            if (then != null && (now.files() * 2L < then.files() || now.bytes() * 2 < then.bytes())) {
                add("warning", name, "has shrunk by more than half since " + SafeText.quote(earlier.get().name()) + ": from " + SizeText.ofFiles(then.files(), then.bytes())
                    + " to " + SizeText.ofFiles(now.files(), now.bytes()));
            }
        });
    }

    /** Tells whether nothing is wrong that makes the backup unusable. */
    public boolean isValid() {
        return findings.stream().noneMatch(finding -> finding.level().equals("error"));
    }

    /** Tells whether there is anything to look at. */
    public boolean hasWarnings() {
        return findings.stream().anyMatch(finding -> finding.level().equals("warning"));
    }

    /** Returns what was found, in the order of the archive. */
    public List<Finding> findings() {
        return List.copyOf(findings);
    }

    /** Returns the sources with their counts; empty when the archive cannot be read. */
    public Map<String, OfSource> sources() {
        return sources;
    }

    /** Returns the validation for people. */
    public String toText(java.util.function.UnaryOperator<String> bold) {
        String verdict = !isValid() ? "NOT VALID" : hasWarnings() ? "valid, with warnings" : "valid";
        StringBuilder text = new StringBuilder(bold.apply(SafeText.quote(archive.getFileName())) + ": " + verdict + "\n");
        int width = sources.keySet().stream().mapToInt(name -> SafeText.quote(name).length()).max().orElse(0);
        sources.forEach((name, source) -> text.append(String.format("    %-" + width + "s  %-11s %6d %s  %10s%n", SafeText.quote(name),
            source.critical() ? "critical" : "rebuildable", source.files(), source.files() == 1 ? "file " : "files", SizeText.of(source.bytes()))));
        for (Finding finding : findings) {
            text.append("  ").append(finding.level().toUpperCase(java.util.Locale.ROOT)).append(": ")
                .append(finding.source() == null ? "" : SafeText.quote(finding.source()) + " ").append(finding.message()).append('\n');
        }
        return text.toString();
    }

    /** Returns the validation for programs. */
    public JsonObject toJson() {
        JsonObject top = new JsonObject();
        top.addProperty("file", archive.getFileName().toString());
        top.addProperty("path", archive.toAbsolutePath().toString());
        top.addProperty("valid", isValid());
        JsonObject all = new JsonObject();
        sources.forEach((name, source) -> {
            JsonObject one = new JsonObject();
            one.addProperty("critical", source.critical());
            one.addProperty("files", source.files());
            one.addProperty("bytes", source.bytes());
            all.add(name, one);
        });
        top.add("sources", all);
        top.add("leftOutOfBackup", JsonText.object(leftOut));
        JsonArray found = new JsonArray();
        for (Finding finding : findings) {
            JsonObject one = new JsonObject();
            one.addProperty("level", finding.level());
            one.addProperty("source", finding.source());
            one.addProperty("message", finding.message());
            found.add(one);
        }
        top.add("findings", found);
        return top;
    }
}
