package pps;

//DEPS com.google.code.gson:gson:2.13.2
//SOURCES IndexEntry.java

import com.google.gson.stream.JsonWriter;
import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.nio.charset.StandardCharsets;
import java.util.Iterator;

/** The JSON text of an archive's index, in the form of the eStargz specification, written and read entry by entry. */
final class IndexJson {
    /** The entry that holds it. */
    static final String ENTRY = "stargz.index.json";
    /** An entry that says, by the specification, that nothing is to be fetched ahead; an archive has it only beside an index. */
    static final String LANDMARK = ".no.prefetch.landmark";
    private static final String SHA256 = "sha256:";

    private IndexJson() {
    }

    /** Writes the index of these entries. */
    static void write(OutputStream out, Iterator<IndexEntry> entries) throws IOException {
        JsonWriter json = new JsonWriter(new OutputStreamWriter(out, StandardCharsets.UTF_8));
        json.beginObject();
        json.name("version").value(1);
        json.name("entries").beginArray();
        while (entries.hasNext()) {
            write(json, entries.next());
        }
        json.endArray().endObject().flush();
    }

    private static void write(JsonWriter json, IndexEntry entry) throws IOException {
        json.setIndent("");
        json.beginObject();
        json.name("name").value(entry.name());
        json.name("type").value(entry.type());
        if (entry.type().equals("reg")) {
            json.name("size").value(entry.size());
        }
        json.name("modtime").value(entry.modified().toString());
        if (entry.linkName() != null) {
            json.name("linkName").value(entry.linkName());
        }
        owner(json, entry);
        if (entry.digest() != null) {
            json.name("digest").value(SHA256 + entry.digest());
        }
        if (!entry.chunks().isEmpty()) {
            write(json, entry, entry.chunks().get(0));
        }
        json.endObject();
        for (IndexEntry.Chunk chunk : entry.chunks().subList(Math.min(1, entry.chunks().size()), entry.chunks().size())) {
            json.beginObject();
            json.name("name").value(entry.name());
            json.name("type").value("chunk");
            owner(json, entry);
            write(json, entry, chunk);
            json.endObject();
        }
    }

    private static void owner(JsonWriter json, IndexEntry entry) throws IOException {
        json.name("mode").value(entry.mode());
        json.name("uid").value(entry.uid());
        json.name("gid").value(entry.gid());
    }

    private static void write(JsonWriter json, IndexEntry entry, IndexEntry.Chunk chunk) throws IOException {
        json.name("offset").value(chunk.offset());
        if (chunk.innerOffset() > 0) {
            json.name("innerOffset").value(chunk.innerOffset());
        }
        if (chunk.chunkOffset() > 0) {
            json.name("chunkOffset").value(chunk.chunkOffset());
        }
        // The last chunk of a file, and an only one, say zero: as much as is left.
        json.name("chunkSize").value(chunk.chunkOffset() + chunk.size() == entry.size() ? 0 : chunk.size());
        json.name("chunkDigest").value(SHA256 + chunk.digest());
    }
}
