package pps;

//SOURCES ArchiveWriter.java
//SOURCES Holding.java
//SOURCES Manifest.java
//SOURCES SafeText.java
//SOURCES SizeText.java

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What makes one doubt that a project is still as it should be, seen while it is backed up: {@code warnings} in sentences, {@code shrunk}
 * when a source has lost more than half of what the last backup held, {@code empty} the critical sources without a file, by what they
 * mean. Then older backups may be the only ones that hold it.
 */
record Doubts(List<String> warnings, boolean shrunk, Set<String> empty) {

    /**
     * Judges what is about to be packed.
     *
     * @param now     what the new backup will hold, as {@code promises} say
     * @param leftOut the sources that are left out on purpose, or whose absence was already said
     * @param last    the backup to compare with
     */
    static Doubts of(Holding now, Map<String, Manifest.Promise> promises, List<ArchiveWriter.Item> items, Set<String> leftOut, Optional<Holding> last) {
        List<String> warnings = new ArrayList<>();
        Set<String> empty = new LinkedHashSet<>();
        promises.forEach((name, promise) -> {
            if (promise.critical() && promise.files() == 0) {
                warnings.add("source '" + SafeText.quote(name) + "' is critical and holds no file");
                empty.add(now.meaning(name));
            }
        });
        if (promises.containsKey("neo4j") && promises.get("neo4j").files() > 0 && !(has(items, "databases/") && has(items, "transactions/"))) {
            warnings.add("source 'neo4j' is not a Neo4j database: databases/ and transactions/ are not both there");
        }
        int before = warnings.size();
        Set<String> meant = leftOut.stream().map(now::meaning).collect(Collectors.toSet());
        last.ifPresent(one -> compare(one, now, meant, warnings));
        return new Doubts(List.copyOf(warnings), warnings.size() > before, empty);
    }

    private static boolean has(List<ArchiveWriter.Item> items, String inDirectory) {
        return items.stream().anyMatch(item -> item.source().equals("neo4j") && item.path().startsWith(inDirectory));
    }

    private static void compare(Holding last, Holding now, Set<String> leftOut, List<String> warnings) {
        if (last.problem() != null) {
            warnings.add("the last backup cannot be compared with: " + last.problem());
            return;
        }
        String since = " since " + SafeText.quote(last.backup().name());
        last.sources().forEach((meaning, then) -> {
            Holding.Held held = now.sources().get(meaning);
            if (held == null && then.total().files() > 0 && !leftOut.contains(meaning)) {
                warnings.add("source '" + SafeText.quote(then.name()) + "' has gone" + since + ", which holds "
                    + SizeText.ofFiles(then.total().files(), then.total().bytes()) + " of it");
            } else if (held != null && !held.isHalfOf(then)) {
                warnings.add("source '" + SafeText.quote(held.name()) + "' has shrunk by more than half" + since + ": from "
                    + SizeText.ofFiles(then.total().files(), then.total().bytes()) + " to "
                    + SizeText.ofFiles(held.total().files(), held.total().bytes()));
            }
        });
    }
}
