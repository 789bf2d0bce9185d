package bench;

//SOURCES Runner.java

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What numbers depend on: the machine, and the versions of all that was measured. */
final class Machine {
    private Machine() {
    }

    /** Describes them as a list in Markdown. */
    static String describe(Path checkout, Path work, List<String> peers, String loadBefore, String commitBefore) {
        List<String> lines = new ArrayList<>();
        lines.add("Machine: " + found("/proc/cpuinfo", "model name\\s*: (.*)") + ", " + Runtime.getRuntime().availableProcessors() + " cores, "
            + memory() + " GB memory, Linux " + Runner.said(List.of("uname", "-r")) + ", " + fileSystem(work));
        lines.add("Java: " + System.getProperty("java.runtime.name") + " " + System.getProperty("java.runtime.version")
            + ", JBang " + Runner.said(List.of(checkout.resolve("jbang").toString(), "version")).replaceAll("(?s).*\n", ""));
        String commit = commit(checkout);
        lines.add("Ours: commit " + commitBefore + (commit.equals(commitBefore) ? "" : ", and at the end " + commit
            + ": NOT ONE VERSION WAS MEASURED") + ", "
            + DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm 'UTC'").format(ZonedDateTime.now(ZoneOffset.UTC)));
        lines.add("Peers: " + String.join("; ", peers.stream().map(Machine::version).toList()));
        lines.add("Load average of the last minute, at the start and at the end: " + loadBefore + " and " + load());
        return "- " + String.join("\n- ", lines) + "\n";
    }

    /** Returns how busy the machine was in the last minute. */
    static String load() {
        return found("/proc/loadavg", "(\\S+)");
    }

    private static String memory() {
        String kilobytes = found("/proc/meminfo", "MemTotal:\\s*(\\d+)");
        return kilobytes.equals("?") ? kilobytes : String.valueOf(Math.round(Long.parseLong(kilobytes) / 1048576.0));
    }

    private static String fileSystem(Path work) {
        try {
            return Files.getFileStore(work).type();
        } catch (IOException e) {
            return "file system unknown";
        }
    }

    /** Returns what is measured, as git names it. */
    static String commit(Path checkout) {
        String commit = Runner.said(List.of("git", "-C", checkout.toString(), "rev-parse", "--short", "HEAD"));
        boolean clean = Runner.said(List.of("git", "-C", checkout.toString(), "status", "--porcelain", "--untracked-files=no")).isEmpty();
        return commit.matches("[0-9a-f]+") ? commit + (clean ? "" : " with changes") : "unknown";
    }

    private static String version(String peer) {
        String said = Runner.said(peer.equals("restic") ? List.of(peer, "version") : List.of(peer, "--version"));
        Matcher number = Pattern.compile("\\d+(\\.\\d+)+").matcher(said);
        return (peer.equals("tar") ? "GNU tar" : peer) + " " + (number.find() ? number.group() : "of unknown version");
    }

    private static String found(String file, String pattern) {
        try {
            Matcher matcher = Pattern.compile(pattern).matcher(Files.readString(Path.of(file)));
            return matcher.find() ? matcher.group(1).strip() : "?";
        } catch (IOException e) {
            return "?";
        }
    }
}
