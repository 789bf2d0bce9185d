package pps;

import static pps.RawTar.utf8;

import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.zip.CRC32;
import java.util.zip.Deflater;

//SOURCES Points.java
//SOURCES RawTar.java

/**
 * Archives that nobody made in good faith, each one honest but for one thing: what is refused is refused because of that thing. Kinds with
 * {@code because} must be refused with a message that holds it; the others may be restored, and must do no harm.
 */
final class HostileArchives {
    /** Writes an archive to a file. */
    interface Maker {
        void write(Path file) throws IOException;
    }

    /** One kind: {@code because} is part of the refusal, or null when a harmless restore is as good; {@code big} needs more than a moment. */
    record Kind(String title, String because, boolean big, Maker maker) {
        @Override
        public String toString() {
            return title;
        }
    }

    private static final String MANIFEST = "pps_manifest.json";
    private static final int MEGABYTE = 1 << 20;

    private final byte[] database;
    private final byte[] slowCheck;
    private final Path outside;
    private final List<Kind> kinds = new ArrayList<>();

    /** @param database a good SQLite database; {@code outside} a directory that no archive may reach */
    HostileArchives(byte[] database, byte[] slowCheck, Path outside) {
        this.database = database;
        this.slowCheck = slowCheck;
        this.outside = outside;
    }

    /** Returns all kinds. */
    List<Kind> kinds() {
        names();
        shownNames();
        links();
        entryKinds();
        duplicates();
        numbers();
        headers();
        sources();
        manifests();
        endings();
        compression();
        bombs();
        databases();
        return kinds;
    }

    // ---- what every archive here begins with

    /** What a plain archive always has; with only these, one is restored without a complaint. */
    private Map<String, byte[]> honest() {
        Map<String, byte[]> files = new LinkedHashMap<>();
        files.put("sqlite/conversations.db", database);
        files.put("entity_identity/identity.md", utf8("I am restored"));
        files.put("crystals/current/crystal_002.md", utf8("a crystal from the backup"));
        files.put("word_photos/a.md", utf8("a word photo from the backup"));
        return files;
    }

    private RawTar base() {
        RawTar tar = new RawTar();
        honest().forEach(tar::file);
        return tar;
    }

    private void refused(String title, String because, Consumer<RawTar> hostile) {
        add(title, because, hostile);
    }

    private void harmless(String title, Consumer<RawTar> hostile) {
        add(title, null, hostile);
    }

    private void add(String title, String because, Consumer<RawTar> hostile) {
        kinds.add(new Kind(title, because, false, file -> {
            RawTar tar = base();
            hostile.accept(tar);
            tar.end().gzipTo(file);
        }));
    }

    private void file(String title, String because, Maker maker) {
        kinds.add(new Kind(title, because, false, maker));
    }

    private void big(String title, String because, Maker maker) {
        kinds.add(new Kind(title, because, true, maker));
    }

    // ---- names

    private void names() {
        String out = "leads out of its source";
        for (String name : List.of("../outside/evil", "sqlite/../../outside/evil", "sqlite/..", "..", "./../evil", "sqlite/./../evil",
            "sqlite//../evil", "sqlite/x/../../../evil", "crystals/../sqlite/conversations.db")) {
            refused("name " + name, out, tar -> tar.file(name, "x"));
        }
        refused("directory ../evil", out, tar -> tar.directory("../evil/"));
        refused(".. from the prefix field", out, tar -> tar.entry(new RawTar.Header('0', "evil", 1).prefix("../.."), utf8("x")));
        refused(".. from a pax path", out, tar -> tar.pax("path", "../outside/evil").file("sqlite/good.md", "x"));
        refused(".. from a global pax path", out, tar -> tar.paxBytes('g', RawTar.paxRecords("path", "../evil")).file("sqlite/good.md", "x"));
        refused(".. from a GNU long name", out, tar -> tar.longName('L', utf8("sqlite/../../../outside/evil\0"))
            .entry(new RawTar.Header('0', "sqlite/good.md", 1).gnu(), utf8("x")));
        refused("absolute name", "absolute", tar -> tar.file("/sqlite/evil.md", "x"));
        refused("absolute name of a file outside", "absolute", tar -> tar.file("/" + "tmp/evil", "x"));
        harmless("absolute pax path", tar -> tar.pax("path", outside + "/evil").file("sqlite/good.md", "x"));
        harmless("absolute GNU long name", tar -> tar.longName('L', utf8("//crystals/evil.md\0")).file("sqlite/good.md", "x"));
        refused("backslashes at the top", "belongs to no source", tar -> tar.file("sqlite\\..\\..\\evil", "x"));
        harmless("backslashes in a source", tar -> tar.file("crystals/..\\..\\evil.md", "x"));
        refused("NUL in a pax path", null, tar -> tar.pax("path", "crystals/a\0/../../evil").file("crystals/b.md", "x"));
        refused("NUL in a GNU long name", "not valid", tar -> tar.longName('L', utf8("crystals/a\0/../../evil\0")).file("crystals/b.md", "x"));
        refused("name that is no UTF-8", "not valid", tar -> tar.file(new byte[] {'c', 'r', 'y', 's', 't', 'a', 'l', 's', '/', (byte) 0xff}, "x"));
        refused(".. in overlong UTF-8", "not valid", tar -> tar.file(new byte[] {(byte) 0xc0, (byte) 0xae, (byte) 0xc0, (byte) 0xae, '/', 'x'}, "x"));
        refused("lone surrogate in UTF-8", "not valid", tar -> tar.file(new byte[] {'c', 'r', 'y', 's', 't', 'a', 'l', 's', '/', (byte) 0xed,
            (byte) 0xa0, (byte) 0x80}, "x"));
        harmless("full-width dots", tar -> tar.file("．．/evil", "x"));
        harmless("percent-encoded dots", tar -> tar.file("%2e%2e/evil", "x"));
        harmless("three dots, and spaces around two", tar -> tar.file("crystals/.../x.md", "x").file("crystals/.. /x.md", "x"));
        refused("empty name", "", tar -> tar.file("", "x"));
        refused("file named .", "", tar -> tar.file(".", "x"));
        refused("fifo named .", "", tar -> tar.type('6', "./"));
        refused("part of 300 bytes", "longer than 255", tar -> tar.file("crystals/" + "x".repeat(300), "x"));
        refused("name of 5,000 bytes", "longer than 4096", tar -> tar.file("crystals/" + "x/".repeat(2500) + "x", "x"));
        refused("name 2,000 directories deep", "deep", tar -> tar.file("crystals/" + "x/".repeat(2000) + "x", "x"));
        harmless("names that read like options and commands", tar -> tar.file("crystals/-rf", "x").file("crystals/--help.md", "x")
            .file("crystals/$(touch evil).md", "x").file("crystals/`touch evil`;touch evil.md", "x"));
    }

    private void shownNames() {
        Map<String, String> marks = new LinkedHashMap<>();
        marks.put("escape sequences", "\u001b[2J\u001b[31m\u001b]0;owned\u0007");
        marks.put("line feeds", "\n[00:00:00] [INFO] Restored 5 files\n\r");
        marks.put("right-to-left marks", "\u202egpj.exe\u2066\u200f");
        marks.put("C1 controls", "\u009b2J\u0085\u2028");
        marks.put("backspaces and a bell", "\b\b\b\u0007\u007f");
        marks.put("tags and private-use characters", "\udb40\udc41\ue000");
        marks.forEach((title, mark) -> {
            harmless(title + " in a name", tar -> tar.file("crystals/a" + mark + ".md", "x"));
            harmless(title + " in a source", tar -> tar.file("ly" + mark + "ra_crystals/a.md", "x"));
            harmless(title + " in an unknown source", tar -> tar.file("un" + mark + "known/a.md", "x"));
            refused(title + " in a refused name", "leads out", tar -> tar.file("../a" + mark + ".md", "x"));
            refused(title + " in the target of a link", "out of its source", tar -> tar.symlink("crystals/l", "../../" + mark));
            refused(title + " in a name that is cut off", null, tar -> tar.header(new RawTar.Header('0', "crystals/" + mark, 5000)));
            refused(title + " in the name of a database", "is not a SQLite database", tar -> tar.file("sqlite/a" + mark + ".db", "no database"));
            manifest(title + " in a promised source", null, manifest("backup", ", \"so" + json(mark) + "urce\": " + promise("[]", 0, 0, ""),
                "[\"*.db\"]", ""));
        });
    }

    // ---- links

    private void links() {
        String out = "out of its source";
        refused("symbolic link to /etc/passwd", out, tar -> tar.symlink("crystals/l", "/etc/passwd"));
        refused("symbolic link up and out", out, tar -> tar.symlink("crystals/l", "../../../outside"));
        refused("symbolic link to another source", out, tar -> tar.symlink("crystals/l", "../data/conversations.db"));
        refused("file through a symbolic link", "not a directory", tar -> tar.symlink("crystals/l", "current").file("crystals/l/evil.md", "x"));
        refused("file through a symbolic link out", "", tar -> tar.symlink("crystals/l", outside.toString()).file("crystals/l/evil.md", "x"));
        refused("symbolic link over a directory with files", "lies below", tar -> tar.symlink("crystals/current", "elsewhere"));
        refused("symbolic links in a chain out", out, tar -> tar.symlink("crystals/a", "b/..").symlink("crystals/b", "current/../.."));
        refused("symbolic link out through another one's target", out, tar -> tar.directory("crystals/one/two/").symlink("crystals/deep", "one/two")
            .symlink("crystals/l", "deep/../../.."));
        refused("symbolic link to itself", "circle", tar -> tar.symlink("crystals/l", "l"));
        refused("symbolic links in a circle", "circle", tar -> tar.symlink("crystals/a", "b").symlink("crystals/b", "a"));
        refused("symbolic links in a long chain", "circle", tar -> {
            for (int i = 0; i < 60; i++) {
                tar.symlink("crystals/l" + i, "l" + (i + 1));
            }
        });
        refused("symbolic link in place of a source", "belongs to no source", tar -> tar.symlink("journals", outside.toString()));
        refused("symbolic link to nothing", out, tar -> tar.symlink("crystals/l", ""));
        refused("symbolic link with content", "content", tar -> tar.entry(new RawTar.Header('2', "crystals/l", 512).link("current"), new byte[512]));
        refused("symbolic link with a target of 500 KB", "", tar -> tar.longName('K', utf8("a/".repeat(250_000) + "\0")).symlink("crystals/l", "x"));
        harmless("symbolic link inside its source", tar -> tar.symlink("crystals/l", "current/crystal_002.md"));
        refused("symbolic link out from a pax linkpath", out, tar -> tar.pax("linkpath", "/etc/passwd").symlink("crystals/l", "current"));
        String not = "not an earlier file";
        refused("hard link to /etc/passwd", "", tar -> tar.hardLink("crystals/l", "/etc/passwd"));
        refused("hard link with ..", "", tar -> tar.hardLink("crystals/l", "../../etc/passwd"));
        refused("hard link to another source", not, tar -> tar.hardLink("crystals/l", "sqlite/conversations.db"));
        refused("hard link to a later file", not, tar -> tar.hardLink("crystals/l", "crystals/later.md").file("crystals/later.md", "x"));
        refused("hard link to a symbolic link", not, tar -> tar.symlink("crystals/s", "current").hardLink("crystals/l", "crystals/s"));
        refused("hard link to a directory", not, tar -> tar.directory("crystals/d/").hardLink("crystals/l", "crystals/d"));
        refused("hard link to itself", not, tar -> tar.hardLink("crystals/l", "crystals/l"));
        refused("hard link that ends like a directory", "", tar -> tar.hardLink("crystals/l/", "crystals/current/crystal_002.md"));
        refused("hard link with content", "content", tar -> tar.entry(new RawTar.Header('1', "crystals/l", 512)
            .link("crystals/current/crystal_002.md"), new byte[512]));
        refused("hard link in place of a source", "", tar -> tar.hardLink("journals", "crystals/current/crystal_002.md"));
        harmless("hard link to an earlier file of its source", tar -> tar.hardLink("crystals/l.md", "crystals/current/crystal_002.md"));
    }

    private void entryKinds() {
        refused("character device", "device", tar -> tar.type('3', "crystals/null"));
        refused("block device", "device", tar -> tar.type('4', "crystals/sda"));
        refused("fifo", "fifo", tar -> tar.type('6', "crystals/fifo"));
        refused("device that ends like a directory", "", tar -> tar.type('3', "crystals/null/"));
        refused("fifo that ends like a directory", "", tar -> tar.type('6', "crystals/fifo/"));
        refused("old GNU sparse file", "", tar -> tar.header(new RawTar.Header('S', "crystals/s", 0).gnu()));
        refused("old GNU sparse file of 8 EB", "", tar -> tar.header(new RawTar.Header('S', "crystals/s", 512).gnu()
            .octal(386, 12, 0).octal(398, 12, 512).binary(483, 12, Long.MAX_VALUE)).raw(new byte[512]));
        refused("pax sparse file 0.1", "sparse", tar -> tar.pax("GNU.sparse.major", "0", "GNU.sparse.minor", "1", "GNU.sparse.size", "1000",
            "GNU.sparse.map", "0,1").file("crystals/s", "x"));
        refused("pax sparse file 1.0", "", tar -> tar.pax("GNU.sparse.major", "1", "GNU.sparse.minor", "0", "GNU.sparse.realsize",
            "99999999999", "GNU.sparse.name", "crystals/s").file("crystals/x", "1\n0\n1\n"));
        refused("pax sparse name that leads out", "", tar -> tar.pax("GNU.sparse.name", "../evil", "GNU.sparse.size", "5", "GNU.sparse.numblocks",
            "0").file("crystals/x", "hello"));
        for (char type : "ZVMDAI89".toCharArray()) {
            refused("entry of type " + type, "unknown kind", tar -> tar.entry(new RawTar.Header(type, "crystals/z", 1), utf8("x")));
        }
        harmless("contiguous file", tar -> tar.entry(new RawTar.Header('7', "crystals/c.md", 1), utf8("x")));
        refused("file that ends like a directory", "", tar -> tar.entry(new RawTar.Header('0', "crystals/d/", 1), utf8("x")));
        refused("directory with content", "content", tar -> tar.entry(new RawTar.Header('5', "crystals/d/", 512), new byte[512]));
    }

    private void duplicates() {
        refused("the same file twice", "twice", tar -> tar.file("crystals/current/crystal_002.md", "other"));
        refused("the same file in another spelling", "twice", tar -> tar.file("./crystals//current/./crystal_002.md", "other"));
        refused("a file and a directory of one name", "twice", tar -> tar.file("crystals/d", "x").directory("crystals/d/"));
        refused("a directory and a file of one name", "twice", tar -> tar.directory("crystals/d/").file("crystals/d", "x"));
        refused("a file below a file", "not a directory", tar -> tar.file("crystals/current/crystal_002.md/x", "x"));
        refused("a file above a file", "lies below", tar -> tar.file("crystals/current", "x"));
        harmless("names that differ in case", tar -> tar.file("crystals/X.md", "x").file("crystals/x.md", "y"));
        harmless("names that differ in Unicode's forms", tar -> tar.file("crystals/\u00e9.md", "x").file("crystals/e\u0301.md", "y"));
    }

    // ---- numbers

    private void numbers() {
        refused("wrong checksum", "checksum", tar -> tar.entry(new RawTar.Header('0', "crystals/n", 1).checksum(1234), utf8("x")));
        refused("negative size", "", tar -> tar.header(new RawTar.Header('0', "crystals/n", 0).binary(124, 12, -512)));
        refused("size of 8 EB", "", tar -> tar.header(new RawTar.Header('0', "crystals/n", 0).binary(124, 12, Long.MAX_VALUE)));
        refused("size of 100 GB in a small archive", "", tar -> tar.header(new RawTar.Header('0', "crystals/n", 0).binary(124, 12, 100L << 30)));
        refused("size that reaches into the next entry", "", tar -> tar.entry(new RawTar.Header('0', "crystals/n", 700), utf8("x"))
            .file("crystals/m", "y"));
        refused("size behind the end", "", tar -> tar.header(new RawTar.Header('0', "crystals/n", 5000)));
        refused("size that is no number", "", tar -> tar.header(new RawTar.Header('0', "crystals/n", 0).put(124, utf8("12x4567890z\0"))));
        refused("size with more bits than a long", "", tar -> tar.header(new RawTar.Header('0', "crystals/n", 0)
            .put(124, new byte[] {(byte) 0x80, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11})));
        for (String size : List.of("-1", "1000000000000000000000000000000", "x", "", "0x10", "1e3", "5")) {
            // An empty value takes the record back, says POSIX.
            String because = size.equals("5") || size.isEmpty() ? null : "";
            add("pax size " + size, because, tar -> tar.pax("size", size).file("crystals/n", "hello"));
        }
        refused("negative owner", "owner", tar -> tar.header(new RawTar.Header('0', "crystals/n", 0).binary(108, 8, -1)));
        // The library keeps 32 bits of it; an archive may name any owner, so this one is no worse.
        harmless("owner that is too large", tar -> tar.header(new RawTar.Header('0', "crystals/n", 0).binary(116, 8, 1L << 40)));
        refused("pax owner that is too large", "", tar -> tar.pax("uid", "99999999999999999999").file("crystals/n", "x"));
        refused("pax owner -1", "", tar -> tar.pax("uid", "-1", "gid", "-1").file("crystals/n", "x"));
        harmless("time before 1970", tar -> tar.entry(new RawTar.Header('0', "crystals/n", 1).binary(136, 12, -86400), utf8("x")));
        refused("time at the end of all numbers", "time", tar -> tar.header(new RawTar.Header('0', "crystals/n", 0)
            .binary(136, 12, Long.MAX_VALUE)));
        refused("time at the beginning of all numbers", "time", tar -> tar.header(new RawTar.Header('0', "crystals/n", 0)
            .binary(136, 12, Long.MIN_VALUE + 1)));
        for (String time : List.of("1e999999999", "-1e999999999", "1e-999999999", "NaN", "Infinity", "", "99999999999999999999", "-99999999999999",
            "0x1p63", "1.5.5", "9".repeat(400_000), "0." + "9".repeat(400_000))) {
            String shown = time.length() > 30 ? time.substring(0, 5) + "... of " + time.length() + " digits" : time;
            harmless("pax time " + shown, tar -> tar.pax("mtime", time, "atime", time).file("crystals/n", "x"));
        }
        harmless("set-user-ID bits", tar -> tar.entry(new RawTar.Header('0', "crystals/suid", 1).mode(07755), utf8("x")));
        harmless("no permissions at all", tar -> tar.entry(new RawTar.Header('0', "crystals/none.md", 1).mode(0), utf8("x"))
            .header(new RawTar.Header('5', "crystals/closed/", 0).mode(0)).file("crystals/closed/x.md", "x"));
        harmless("mode with all bits", tar -> tar.entry(new RawTar.Header('0', "crystals/bits", 1).put(100, utf8("7777777\0")), utf8("x")));
        refused("mode that is no number", "", tar -> tar.header(new RawTar.Header('0', "crystals/n", 0).put(100, utf8("rwxrwxr\0"))));
    }

    // ---- headers before headers

    private void headers() {
        String damaged = "";
        refused("pax header of 1.5 MB", "header", tar -> tar.pax("comment", "x".repeat(1_500_000)).file("crystals/n", "x"));
        refused("pax header of 8 EB", damaged, tar -> tar.header(new RawTar.Header('x', "pax", 0).binary(124, 12, Long.MAX_VALUE)));
        refused("GNU long name of 8 EB", damaged, tar -> tar.header(new RawTar.Header('L', "long", 0).gnu().binary(124, 12, Long.MAX_VALUE)));
        for (String records : List.of("99 path=x\n", "0 path=x\n", "-5 path=x\n", "7 path\n", "x path=x\n", "9 path=x", "5 =x\n", "3 \n",
            "99999999999999999999 path=x\n", "\n\n\n", "11 path=x\0\0\n")) {
            harmless("pax record " + records.strip().replace("\0", "NUL"), tar -> tar.paxBytes('x', utf8(records)).file("crystals/n", "x"));
        }
        harmless("100,000 pax records", tar -> tar.paxBytes('x', utf8("8 a=bcd\n".repeat(100_000))).file("crystals/n", "x"));
        harmless("100,000 different pax records", tar -> {
            String[] records = new String[40_000];
            for (int i = 0; i < records.length; i += 2) {
                records[i] = "k" + i;
                records[i + 1] = "v";
            }
            tar.pax(records).file("crystals/n", "x");
        });
        refused("2,000 global pax headers before one entry", "header", tar -> repeat(tar, 2000, 'g', RawTar.paxRecords("comment", "x")));
        harmless("900 pax headers before one entry", tar -> {
            repeat(tar, 900, 'x', RawTar.paxRecords("comment", "x"));
            tar.file("crystals/n", "x");
        });
        harmless("900 long names before one entry", tar -> {
            repeat(tar, 900, 'L', utf8("crystals/n\0"));
            tar.file("crystals/n", "x");
        });
        refused("pax header without an entry", "", tar -> tar.pax("path", "crystals/n"));
        refused("long name without an entry", "", tar -> tar.longName('L', utf8("crystals/n\0")));
        harmless("pax path of the manifest", tar -> tar.pax("path", MANIFEST).file("crystals/n", "{}"));
        refused("a manifest that is not first", "not the first", tar -> tar.file(MANIFEST, "{}"));
    }

    private static void repeat(RawTar tar, int times, char type, byte[] content) {
        RawTar one = new RawTar().entry(new RawTar.Header(type, "header", content.length).gnu(), content);
        for (int i = 0; i < times; i++) {
            tar.raw(one.bytes());
        }
    }

    // ---- sources

    private void sources() {
        for (String name : List.of(".._sqlite", "_sqlite", ".hidden_sqlite", ".._identity", "._data_sqlite", "_template_identity", "sqlite ",
            "SQLITE", "sqlite\u0000", "*", "~", "work", "pps", "CON", "stargz.index.json", "pps_manifest.json")) {
            if (name.indexOf('\0') < 0) {
                add("source " + name, null, tar -> tar.file(name + "/conversations.db", database));
            }
        }
        refused("an entity named entity", "may belong to", tar -> tar.file("entity_sqlite/x.db", database));
        refused("one place under a plain and a prefixed name", "same place", tar -> tar.file("lyra_crystals/current/crystal_002.md", "other"));
        refused("a file at the top", "belongs to no source", tar -> tar.file("evil.md", "x"));
        refused("a source that is a file", "belongs to no source", tar -> tar.file("journals", "x"));
        refused("5,000 entities", "sources", tar -> {
            for (int i = 0; i < 5000; i++) {
                tar.file("e" + i + "_crystals/x.md", "x");
            }
        });
        String foreign = "falls among";
        refused("another source's database", foreign, tar -> tar.file("entity_identity/data/conversations.db", database));
        refused("another source's -wal", foreign, tar -> tar.file("entity_identity/data/conversations.db-wal", "x"));
        refused("another source's -journal", foreign, tar -> tar.file("entity_identity/data/inventory.db-journal", "x"));
        refused("another source's crystals", foreign, tar -> tar.file("entity_identity/crystals/archive/crystal_001.md", "x"));
        harmless("files that the source's patterns do not know", tar -> tar.file("crystals/run.sh", "x").file("entity_identity/new.txt", "x"));
        harmless("a new entity", tar -> tar.file("$(touch evil)_crystals/x.md", "x").file("new_crystals/x.md", "y"));
        harmless("an index that lies", tar -> tar.file("stargz.index.json", "{\"version\":1,\"entries\":[{\"name\":\"../evil\",\"type\":\"reg\","
            + "\"size\":99999,\"offset\":-5,\"digest\":\"sha256:00\"},{\"name\":\"stargz.index.json\",\"offset\":0}]}"));
        refused("two indexes", null, tar -> tar.file("stargz.index.json", "{}").file("stargz.index.json", "{}"));
    }

    // ---- manifests

    private static String json(String text) {
        StringBuilder escaped = new StringBuilder();
        text.chars().forEach(c -> escaped.append(String.format("\\u%04x", c)));
        return escaped.toString();
    }

    private static String promise(String covers, long files, long bytes, String more) {
        return "{\"critical\": true, \"path\": \"x\", \"covers\": " + covers + ", \"files\": " + files + ", \"bytes\": " + bytes
            + (more.contains("\"existed\"") ? "" : ", \"existed\": true") + more + "}";
    }

    /** Returns a manifest that is right but for what is given; {@code more} goes into the promise of sqlite. */
    private String manifest(String kind, String moreSources, String sqliteCovers, String more) {
        StringBuilder sources = new StringBuilder();
        honest().forEach((name, content) -> sources.append(sources.isEmpty() ? "" : ", ").append('"').append(name, 0, name.indexOf('/'))
            .append("\": ").append(name.startsWith("sqlite") ? promise(sqliteCovers, 1, content.length, more)
                : promise("[\"*.md\"]", 1, content.length, "")));
        return "{\"format\": 1, \"kind\": \"" + kind + "\", \"createdAt\": \"2026-02-02T12:37:31\", \"tool\": \"test\", "
            + "\"containersStopped\": true, \"sources\": {" + sources + moreSources + "}}";
    }

    private void manifest(String title, String because, String json) {
        file("manifest: " + title, because, target -> new RawTar().file(MANIFEST, json).raw(base().bytes()).end().gzipTo(target));
    }

    private void manifests() {
        String damaged = "is damaged";
        manifest("honest", null, manifest("backup", "", "[\"*.db\"]", ""));
        for (String json : List.of("", "{", "null", "[]", "\"x\"", "{}", "{\"format\": 1}", "{\"format\": 1, \"sources\": []}",
            "{\"format\": \"one\", \"sources\": {}}", "{\"format\": 1.5, \"sources\": {}}", "{\"format\": null}", "{\"format\": 1e999}",
            "{\"format\": [1], \"sources\": {}}", "{\"format\": 99999999999}", "\ufeff{}", "{\"format\":1,\"format\":1}")) {
            manifest("'" + json + "'", damaged, json);
        }
        manifest("of a later format", "format 2", "{\"format\": 2, \"sources\": {}}");
        manifest("with something behind it", damaged, manifest("backup", "", "[\"*.db\"]", "") + "{}");
        manifest("nested 400,000 deep", damaged, "[".repeat(400_000));
        manifest("objects nested 100,000 deep", damaged, "{\"a\":".repeat(100_000));
        manifest("nested deep in a key that nobody knows", null,
            manifest("backup", "", "[\"*.db\"]", ", \"later\": " + "[".repeat(100_000) + "]".repeat(100_000)));
        for (String wrong : List.of("\"files\": \"many\"", "\"files\": -1", "\"bytes\": -1", "\"files\": 1.5", "\"files\": 99999999999",
            "\"bytes\": 1e400", "\"bytes\": {}", "\"critical\": 7", "\"existed\": \"maybe\"", "\"path\": []", "\"path\": null", "\"covers\": \"*\"",
            "\"covers\": [1]", "\"covers\": [null]", "\"covers\": [[]]", "\"covers\": null", "\"added\": {}", "\"kept\": [{}]", "\"made\": 5")) {
            String key = wrong.substring(0, wrong.indexOf(':'));
            String json = manifest("backup", "", "[\"*.db\"]", "");
            String changed = json.contains(key + ": ") ? json.replaceFirst(key + ": ([^,\\[}]*|\\[[^\\]]*\\])(?=[,}])", wrong)
                : json.replaceFirst("\"existed\": true", "\"existed\": true, " + wrong);
            manifest(wrong, "", changed);
        }
        manifest("promises more files", "manifest promises", manifest("backup", "", "[\"*.db\"]", "").replaceFirst("\"files\": 1", "\"files\": 2"));
        manifest("promises fewer files", "manifest promises", manifest("backup", "", "[\"*.db\"]", "").replaceFirst("\"files\": 1", "\"files\": 0"));
        manifest("promises fewer bytes", "manifest promises", manifest("backup", "", "[\"*.db\"]", "").replaceFirst("\"bytes\": \\d+", "\"bytes\": 5"));
        manifest("promises a source that is not there", "manifest promises", manifest("backup", ", \"journals\": " + promise("[]", 1, 1, ""),
            "[\"*.db\"]", ""));
        manifest("knows nothing of a source", "not in its manifest", manifest("backup", "", "[\"*.db\"]", "").replace("\"crystals\"", "\"journals\"")
            .replaceFirst("\"journals\": \\{\"critical\": true, \"path\": \"x\", \"covers\": \\[\"\\*.md\"\\], \"files\": 1, \"bytes\": \\d+",
                "\"journals\": {\"critical\": true, \"path\": \"x\", \"covers\": [\"*.md\"], \"files\": 0, \"bytes\": 0"));
        for (String name : List.of("", "..", "../x", "a/b", "/", ".", "x\\u0000", "x\\n\\u001b[2J", ".._sqlite", "_sqlite", ".hidden_sqlite")) {
            manifest("promises the source '" + name + "'", null, manifest("backup", ", \"" + name + "\": " + promise("[]", 0, 0, ""),
                "[\"*.db\"]", ""));
        }
        manifest("promises the same source twice", damaged, manifest("backup", ", \"sqlite\": " + promise("[]", 1, database.length, ""), "[\"*.db\"]", ""));
        manifest("of no known kind", null, manifest("evil", "", "[\"*.db\"]", ""));
        manifest("covers everything", null, manifest("backup", "", "[\"**\"]", ""));
        manifest("covers everything, in a safety backup", null, manifest("safety", "", "[\"**\"]", ""));
        manifest("covers what is not a pattern", damaged, manifest("backup", "", "[\"[\"]", ""));
        manifest("covers half a group", damaged, manifest("backup", "", "[\"{a,b\"]", ""));
        manifest("covers a pattern that takes for ever", null, manifest("backup", "", "[\"" + "*?".repeat(24) + "*\\u0001\", \""
            + "*a*".repeat(30) + "b\"]", ""));
        manifest("covers a pattern of 1 MB", damaged, manifest("backup", "", "[\"" + "{*,?}".repeat(200_000) + "\"]", ""));
        manifest("covers 100,000 patterns", damaged, manifest("backup", "", "[" + "\"*x*\",".repeat(100_000) + "\"y\"]", ""));
        for (String more : List.of(", \"added\": [\"notes.txt\"]", ", \"kept\": [\"inventory.db\"]", ", \"made\": [\"docker/pps/ntfy_cache\"]",
            ", \"existed\": false")) {
            manifest("a backup that speaks like a safety backup" + more, damaged, manifest("backup", "", "[\"*.db\"]", more));
        }
        for (String more : List.of(", \"added\": [\"../../../outside/keep\"]", ", \"added\": [\"/etc/passwd\"]", ", \"kept\": [\"../x\"]",
            ", \"made\": [\"../outside/empty\"]", ", \"made\": [\"/" + "tmp\"]", ", \"made\": [\"a/../../b\"]", ", \"added\": [\"\"]",
            ", \"added\": [\"x\\u0000\"]")) {
            manifest("a safety backup with names that lead out" + more, damaged, manifest("safety", "", "[\"*.db\"]", more));
        }
        manifest("a safety backup that made somebody's empty directory", null, manifest("safety", "", "[\"*.db\"]",
            ", \"made\": [\"docker/pps/ntfy_cache\", \"entities\", \"pps/docker\"]"));
        manifest("a safety backup that added another source's files", null, manifest("safety", "", "[\"*.db\"]",
            ", \"added\": [\"notes.txt/x\", \"../x\"]").replace(", \\\"../x\\\"", "").replace(", \"../x\"", ""));
        file("manifest: a database that was not there, and is in the archive", "manifest", target -> new RawTar().file(MANIFEST, manifest("safety",
            ", \"neo4j\": " + promise("[\"**\"]", 1, 1, ", \"existed\": false"), "[\"*.db\"]", "")).raw(base().bytes()).file("neo4j/server_id", "x")
            .end().gzipTo(target));
        file("manifest: there twice", "twice", target -> new RawTar().file(MANIFEST, manifest("backup", "", "[\"*.db\"]", ""))
            .file(MANIFEST, manifest("backup", "", "[\"*.db\"]", "")).raw(base().bytes()).end().gzipTo(target));
        file("manifest: a symbolic link", "belongs to no source", target -> new RawTar().symlink(MANIFEST, "/etc/passwd").raw(base().bytes()).end().gzipTo(target));
        file("manifest: larger than the archive", "", target -> new RawTar().header(new RawTar.Header('0', MANIFEST, 60 * MEGABYTE))
            .raw(utf8("{")).end().gzipTo(target));
        file("manifest: of 8 EB", "", target -> new RawTar().header(new RawTar.Header('0', MANIFEST, 0).binary(124, 12, Long.MAX_VALUE))
            .end().gzipTo(target));
        big("manifest: 60 MB of empty arrays", damaged, target -> manifestOf(target, "[[" + "],[".repeat(20 * MEGABYTE) + "]]"));
        big("manifest: 16 million names", damaged, target -> manifestOf(target, manifest("safety", "", "[\"*.db\"]", ", \"added\": ["
            + "\"a\",".repeat(15_000_000) + "\"a\"]")));
        big("manifest: one name of 60 MB", "", target -> manifestOf(target, manifest("safety", "", "[\"*.db\"]", ", \"added\": [\""
            + "x".repeat(60_000_000) + "\u00ff\u0100\"]")));
        big("manifest: 300,000 promised sources", "", target -> {
            StringBuilder more = new StringBuilder();
            for (int i = 0; i < 300_000; i++) {
                more.append(", \"e").append(i).append("_sqlite\": ").append(promise("[]", 0, 0, ""));
            }
            manifestOf(target, manifest("backup", more.toString(), "[\"*.db\"]", ""));
        });
    }

    private void manifestOf(Path target, String json) throws IOException {
        byte[] content = utf8(json);
        byte[] padding = new byte[(RawTar.BLOCK - content.length % RawTar.BLOCK) % RawTar.BLOCK];
        Files.write(target, RawTar.gzip(new RawTar.Header('0', MANIFEST, content.length).bytes(), content, padding, base().end().bytes()));
    }

    // ---- the end

    private void endings() {
        file("no end mark", "end is missing", target -> base().gzipTo(target));
        file("half an end mark", "end is missing", target -> base().raw(new byte[RawTar.BLOCK]).gzipTo(target));
        refused("something behind the end mark", "behind its end", tar -> tar.end().raw(utf8("x".repeat(512))));
        refused("another archive behind the end mark", "behind its end", tar -> tar.end().raw(base().bytes()));
        refused("one empty block between entries", "behind its end", tar -> tar.raw(new byte[512]).file("crystals/hidden.md", "x"));
        harmless("a megabyte of zeros behind the end", tar -> tar.end().raw(new byte[MEGABYTE]));
        file("no entry at all", "holds no file", target -> new RawTar().end().gzipTo(target));
        file("only the top directory", "holds no file", target -> new RawTar().directory("./").end().gzipTo(target));
    }

    // ---- compression

    private void compression() {
        file("an empty file", "", target -> Files.write(target, new byte[0]));
        file("no gzip", "", target -> Files.write(target, base().end().bytes()));
        file("text", "", target -> Files.writeString(target, "404 not found\n".repeat(100)));
        file("gzip in gzip", "", target -> Files.write(target, RawTar.gzip(RawTar.gzip(base().end().bytes()))));
        file("reserved gzip flags", "", target -> Files.write(target, withFlags(0xe0, new byte[0])));
        file("gzip name that never ends", "", target -> Files.write(target, withFlags(8, "x".repeat(5000).getBytes())));
        file("zip", "", target -> Files.write(target, utf8("PK\3\4" + "x".repeat(2000))));
        file("gzip with a wrong length", "", target -> {
            byte[] gzip = RawTar.gzip(base().end().bytes());
            gzip[gzip.length - 1]++;
            Files.write(target, gzip);
        });
        file("gzip with a wrong checksum", "", target -> {
            byte[] gzip = RawTar.gzip(base().end().bytes());
            gzip[gzip.length - 6]++;
            Files.write(target, gzip);
        });
        file("gzip members cut in the middle of entries", null, target -> {
            byte[] tar = base().end().bytes();
            ByteArrayOutputStream all = new ByteArrayOutputStream();
            for (int at = 0; at < tar.length; at += 333) {
                all.writeBytes(RawTar.gzip(Arrays.copyOfRange(tar, at, Math.min(tar.length, at + 333))));
            }
            Files.write(target, all.toByteArray());
        });
        big("300 MB of gzip name", "header", target -> {
            try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(target), MEGABYTE)) {
                out.write(new byte[] {0x1f, (byte) 0x8b, 8, 8, 0, 0, 0, 0, 0, 3});
                byte[] name = utf8("x".repeat(MEGABYTE));
                for (int i = 0; i < 300; i++) {
                    out.write(name);
                }
                out.write(RawTar.gzip(base().end().bytes()));
            }
        });
        big("500,000 empty gzip members", null, target -> {
            byte[] empty = RawTar.gzip(new byte[0]);
            try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(target), MEGABYTE)) {
                for (int i = 0; i < 500_000; i++) {
                    out.write(empty);
                }
                out.write(RawTar.gzip(base().end().bytes()));
            }
        });
    }

    private byte[] withFlags(int flags, byte[] extra) {
        byte[] gzip = RawTar.gzip(base().end().bytes());
        ByteArrayOutputStream changed = new ByteArrayOutputStream();
        gzip[3] = (byte) flags;
        changed.write(gzip, 0, 10);
        changed.writeBytes(extra);
        changed.write(gzip, 10, extra.length > 0 ? 0 : gzip.length - 10);
        return changed.toByteArray();
    }

    // ---- bombs

    private void bombs() {
        long ten = 10L << 30;
        big("10 GB in one file", "bomb", target -> bomb(target, header("crystals/n", ten), ten));
        big("10 GB in one database", "bomb", target -> bomb(target, header("sqlite/n.db", ten), ten));
        big("10 GB in a landmark", "bomb", target -> bomb(target, header(".prefetch.landmark", ten), ten));
        big("10 GB in an unknown source", "bomb", target -> bomb(target, header("unknown/n", ten), ten));
        big("10 GB of zeros behind the end", "zero bytes", target -> bomb(target, new byte[1024], ten));
        big("10 GB of pax headers", "header", target -> {
            byte[] records = RawTar.paxRecords("comment", "x".repeat(900_000));
            RawTar one = new RawTar();
            for (int i = 0; i < 8; i++) {
                one.paxBytes('x', records).directory("./");
            }
            repeated(target, base().bytes(), one.bytes(), 1500);
        });
        big("10 GB where its manifest promises 5 bytes", "promise", target -> bomb(target, new RawTar().file(MANIFEST, manifest("backup",
            ", \"journals\": " + promise("[]", 1, 5, ""), "[\"*.db\"]", "")).bytes(), header("journals/n.md", ten), ten));
        big("8 EB that its manifest promises too", "", target -> bomb(target, new RawTar().file(MANIFEST, manifest("backup",
            ", \"journals\": " + promise("[]", 1, Long.MAX_VALUE, ""), "[\"*.db\"]", "")).bytes(),
            new RawTar.Header('0', "journals/n.md", 0).binary(124, 12, Long.MAX_VALUE).bytes(), 1 << 20));
        big("10 million empty entries", "entries", target -> {
            Bomb bomb = new Bomb(target);
            bomb.write(base().bytes());
            for (int i = 0; i < 400_000; i++) {
                bomb.write(new RawTar.Header(i % 2 == 0 ? '0' : '5', "unknown/" + i, 0).bytes());
            }
            // The rest need not be different: no reader should come this far.
            byte[] last = repeatedBytes(new RawTar.Header('0', "unknown/last", 0).bytes(), 100_000);
            for (int i = 0; i < 96; i++) {
                bomb.again(last);
            }
            bomb.close(new RawTar().end().bytes());
        });
        if (Points.isLong()) {
            // A minute on a busy disk: these are unpacked up to the bound before it is known how much there is.
            big("10 GB in ten files", "bomb", target -> {
                Bomb bomb = new Bomb(target);
                bomb.write(base().bytes());
                for (int i = 0; i < 10; i++) {
                    bomb.write(header("crystals/n" + i, 1L << 30));
                    bomb.zeros(1L << 30);
                }
                bomb.close(new RawTar().end().bytes());
            });
            big("400,000 empty files of a source", "entries", target -> many(target, 400_000, i -> new RawTar.Header('0', "crystals/" + i, 0)));
        }
        big("10 million entries for the top directory", "entries", target -> repeated(target, base().bytes(),
            repeatedBytes(new RawTar.Header('5', "./", 0).bytes(), 1000), 10_000));
        big("10 million indexes", "entries", target -> repeated(target, base().bytes(),
            repeatedBytes(new RawTar.Header('0', ".prefetch.landmark", 0).bytes(), 1000), 10_000));
        big("100,000 names of 4,000 bytes each", "names", target -> {
            Bomb bomb = new Bomb(target);
            bomb.write(base().bytes());
            for (int i = 0; i < 100_000; i++) {
                String part = "/" + "x".repeat(240 - String.valueOf(i).length()) + i;
                bomb.write(new RawTar().longName('L', utf8("unknown" + part.repeat(16) + "\0")).header(new RawTar.Header('0', "n", 0)).bytes());
            }
            bomb.close(new RawTar().end().bytes());
        });
        big("20,000 symbolic links of 4,000 steps each", null, target -> {
            Bomb bomb = new Bomb(target);
            bomb.write(base().bytes());
            for (int i = 0; i < 20_000; i++) {
                bomb.write(new RawTar().longName('K', utf8("x/../".repeat(800) + "current\0")).symlink("crystals/l" + i, "x").bytes());
            }
            bomb.close(new RawTar().end().bytes());
        });
        big("5,000 hard links to a file of 20 MB", "bomb", target -> {
            Bomb bomb = new Bomb(target);
            bomb.write(base().bytes());
            bomb.write(header("crystals/n", 20L << 20));
            bomb.zeros(20L << 20);
            for (int i = 0; i < 5000; i++) {
                bomb.write(new RawTar().hardLink("crystals/l" + i, "crystals/n").bytes());
            }
            bomb.close(new RawTar().end().bytes());
        });
    }

    private static byte[] header(String name, long size) {
        RawTar.Header header = new RawTar.Header('0', name, 0);
        return (size < 8L << 30 ? header.octal(124, 12, size) : header.binary(124, 12, size)).bytes();
    }

    private interface Numbered {
        RawTar.Header of(int number);
    }

    private void many(Path target, int count, Numbered header) throws IOException {
        Bomb bomb = new Bomb(target);
        bomb.write(base().bytes());
        for (int i = 0; i < count; i++) {
            bomb.write(header.of(i).bytes());
        }
        bomb.close(new RawTar().end().bytes());
    }

    private static byte[] repeatedBytes(byte[] one, int times) {
        byte[] all = new byte[one.length * times];
        for (int i = 0; i < times; i++) {
            System.arraycopy(one, 0, all, i * one.length, one.length);
        }
        return all;
    }

    private void bomb(Path target, byte[] before, long zeros) throws IOException {
        bomb(target, new byte[0], before, zeros);
    }

    private void bomb(Path target, byte[] first, byte[] before, long zeros) throws IOException {
        Bomb bomb = new Bomb(target);
        bomb.write(first);
        bomb.write(base().bytes());
        bomb.write(before);
        bomb.zeros(zeros);
        bomb.close(new RawTar().end().bytes());
    }

    /** Writes the same bytes many times, compressed only once: gzip members may follow one another. */
    private static void repeated(Path target, byte[] first, byte[] again, int times) throws IOException {
        byte[] compressed = RawTar.gzip(again);
        try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(target), MEGABYTE)) {
            out.write(RawTar.gzip(first));
            for (int i = 0; i < times; i++) {
                out.write(compressed);
            }
            out.write(RawTar.gzip(new RawTar().end().bytes()));
        }
    }

    /** An archive of many bytes, quickly compressed: zeros are written as copies of one compressed member. */
    private static final class Bomb {
        private static final int CHUNK = 64 * MEGABYTE;
        private static byte[] zeroMember;

        private final OutputStream out;
        private final ByteArrayOutputStream pending = new ByteArrayOutputStream();
        private final Map<byte[], byte[]> members = new java.util.IdentityHashMap<>();

        Bomb(Path target) throws IOException {
            out = new BufferedOutputStream(Files.newOutputStream(target), MEGABYTE);
        }

        void write(byte[] bytes) throws IOException {
            pending.writeBytes(bytes);
            if (pending.size() > 16 * MEGABYTE) {
                flush();
            }
        }

        void zeros(long count) throws IOException {
            flush();
            long left = count;
            for (; left >= CHUNK; left -= CHUNK) {
                out.write(zeroMember());
            }
            write(new byte[(int) left]);
        }

        /** Writes bytes that are compressed only the first time they are given. */
        void again(byte[] bytes) throws IOException {
            flush();
            out.write(members.computeIfAbsent(bytes, content -> member(content, Deflater.BEST_SPEED)));
        }

        void close(byte[] last) throws IOException {
            write(last);
            flush();
            out.close();
        }

        private void flush() throws IOException {
            out.write(member(pending.toByteArray(), Deflater.BEST_SPEED));
            pending.reset();
        }

        private static synchronized byte[] zeroMember() {
            if (zeroMember == null) {
                zeroMember = member(new byte[CHUNK], Deflater.BEST_COMPRESSION);
            }
            return zeroMember;
        }

        private static byte[] member(byte[] content, int level) {
            Deflater deflater = new Deflater(level, true);
            deflater.setInput(content);
            deflater.finish();
            ByteArrayOutputStream member = new ByteArrayOutputStream();
            member.writeBytes(new byte[] {0x1f, (byte) 0x8b, 8, 0, 0, 0, 0, 0, 0, 3});
            byte[] buffer = new byte[1 << 16];
            while (!deflater.finished()) {
                member.write(buffer, 0, deflater.deflate(buffer));
            }
            deflater.end();
            CRC32 crc = new CRC32();
            crc.update(content);
            for (long number : new long[] {crc.getValue(), content.length}) {
                for (int i = 0; i < 4; i++) {
                    member.write((int) (number >> 8 * i));
                }
            }
            return member.toByteArray();
        }
    }

    // ---- databases

    private void databases() {
        refused("a database that is none", "not a SQLite database", tar -> tar.file("sqlite/x.db", "hello"));
        refused("a database cut in half", "damaged", tar -> tar.file("sqlite/x.db", Arrays.copyOf(database, database.length / 2)));
        refused("a database with a damaged page", "damaged", tar -> {
            byte[] bad = database.clone();
            Arrays.fill(bad, 4096, 5000, (byte) 0x55);
            tar.file("sqlite/x.db", bad);
        });
        harmless("a database whose constraints take for ever", tar -> tar.file("sqlite/x.db", slowCheck));
        harmless("an empty database", tar -> tar.file("sqlite/x.db", ""));
        harmless("a database with another one's -wal", tar -> tar.file("sqlite/conversations.db-wal", "not a log"));
        harmless("a database with a name like a connection string", tar -> tar.file("sqlite/file:x?mode=rwc&cache=shared#%41.db", database));
    }
}
