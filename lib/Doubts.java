package pps;

//SOURCES ArchiveReader.java
//SOURCES ArchiveWriter.java
//SOURCES BackupDirectory.java
//SOURCES Contents.java
//SOURCES Failure.java
//SOURCES Listener.java
//SOURCES Manifest.java
//SOURCES SafeText.java
//SOURCES SizeText.java

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What makes one doubt that a project is still as it should be, seen while it is backed up: {@code warnings} in sentences, {@code shrunk}
 * when a source has lost more than half of what the last backup held. Then older backups may be the only ones that hold it.
 */
record Doubts(List<String> warnings, boolean shrunk) {

    /**
     * Judges what is about to be packed.
     *
     * @param leftOut the sources that are left out on purpose, or whose absence was already said
     */
    static Doubts of(Map<String, Manifest.Promise> promises, List<ArchiveWriter.Item> items, Set<String> leftOut, BackupDirectory directory,
                     Listener listener) {
        List<String> warnings = new ArrayList<>();
        promises.forEach((name, promise) -> {
            if (promise.critical() && promise.files() == 0) {
                warnings.add("source '" + SafeText.quote(name) + "' is critical and holds no file");
            }
        });
        if (promises.containsKey("neo4j") && promises.get("neo4j").files() > 0 && !(has(items, "databases/") && has(items, "transactions/"))) {
            warnings.add("source 'neo4j' is not a Neo4j database: databases/ and transactions/ are not both there");
        }
        int before = warnings.size();
        directory.newestFirst().stream().findFirst().ifPresent(last -> compare(last, promises, leftOut, warnings, listener));
        return new Doubts(List.copyOf(warnings), warnings.size() > before);
    }

    private static boolean has(List<ArchiveWriter.Item> items, String inDirectory) {
        return items.stream().anyMatch(item -> item.source().equals("neo4j") && item.path().startsWith(inDirectory));
    }

    private static void compare(BackupDirectory.Backup last, Map<String, Manifest.Promise> promises, Set<String> leftOut, List<String> warnings,
                                Listener listener) {
        Map<String, Contents.Total> totals;
        try {
            totals = ArchiveReader.look(last.file(), listener).totals();
        } catch (Failure e) {
            if (e.exitCode() != ExitCode.BAD_BACKUP) {
                throw e;
            }
            warnings.add("the last backup cannot be compared with: " + e.getMessage());
            return;
        }
        String since = " since " + SafeText.quote(last.name());
        totals.forEach((name, then) -> {
            Manifest.Promise now = promises.get(name);
            if (now == null && then.files() > 0 && !leftOut.contains(name)) {
                warnings.add("source '" + SafeText.quote(name) + "' has gone" + since + ", which holds "
                    + SizeText.ofFiles(then.files(), then.bytes()) + " of it");
            } else if (now != null && (now.files() * 2L < then.files() || now.bytes() * 2 < then.bytes())) {
                warnings.add("source '" + SafeText.quote(name) + "' has shrunk by more than half" + since + ": from "
                    + SizeText.ofFiles(then.files(), then.bytes()) + " to " + SizeText.ofFiles(now.files(), now.bytes()));
            }
        });
    }
}
