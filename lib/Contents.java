package pps;

//SOURCES Archived.java
//SOURCES Manifest.java
//SOURCES SafeText.java

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What a completely read and checked archive holds. {@code compressedBytes} is the size of the archive file. */
public record Contents(Path archive, long compressedBytes, Optional<Manifest> manifest, List<Archived> entries, List<String> remarks) {
    /** The files of one source, counted: {@code bytes} of content. */
    public record Total(int files, long bytes) {
        /** Returns the sum of both. */
        public Total plus(Total other) {
            return new Total(files + other.files, bytes + other.bytes);
        }
    }

    /** Returns the sources in the order of the archive, each with its files counted. A source may consist of directories alone. */
    public Map<String, Total> totals() {
        Map<String, Total> totals = new LinkedHashMap<>();
        for (Archived entry : entries) {
            totals.merge(entry.source(), entry.isContent() ? new Total(1, entry.size()) : new Total(0, 0), Total::plus);
        }
        manifest.ifPresent(m -> m.sources().keySet().forEach(name -> totals.putIfAbsent(name, new Total(0, 0))));
        return totals;
    }

    /** Returns what is not as the manifest promises, the first that there is, or null. */
    String brokenPromise() {
        if (manifest.isEmpty()) {
            return null;
        }
        for (Map.Entry<String, Total> there : totals().entrySet()) {
            Manifest.Promise promise = manifest.get().sources().get(there.getKey());
            String source = "source '" + SafeText.quote(there.getKey()) + "'";
            if (promise == null) {
                return source + " is not in its manifest";
            }
            if (promise.files() != there.getValue().files() || promise.bytes() != there.getValue().bytes()) {
                return source + " holds " + there.getValue().files() + " files and " + there.getValue().bytes()
                    + " bytes, but its manifest promises " + promise.files() + " files and " + promise.bytes() + " bytes";
            }
        }
        return null;
    }

    /** Returns the entries of one source, in the order of the archive. */
    public List<Archived> of(String source) {
        return entries.stream().filter(entry -> entry.source().equals(source)).toList();
    }
}
