package bench;

//SOURCES BenchFailure.java
//SOURCES Runner.java
//SOURCES Workbench.java

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Counts how many bytes of a file a command reads, in a run under strace that is not timed. */
final class ReadBytes {
    private static final Pattern RESULT = Pattern.compile(".*= (\\d+)$");
    private static final Pattern MAPPED = Pattern.compile("\\d+ +mmap\\([^,]+, (\\d+),.*");
    private final Workbench bench;

    ReadBytes(Workbench bench) {
        this.bench = bench;
    }

    /** Returns the bytes, mapped ones included, or -1 where nothing can be traced. */
    long of(Path file, List<String> command) {
        if (Runner.onPath("strace") == null || !Runner.said(List.of("strace", "-f", "--seccomp-bpf", "-qq", "-e", "trace=chdir", "-o",
            "/dev/null", "true")).isEmpty()) {
            return -1;
        }
        Path log = bench.work.resolve("strace");
        List<String> traced = new ArrayList<>(List.of("strace", "-f", "--seccomp-bpf", "-qq", "-y", "-s", "0", "-o", log.toString(),
            "-e", "trace=read,pread64,readv,preadv,preadv2,mmap,sendfile,copy_file_range"));
        traced.addAll(command);
        bench.runner.run(traced, bench.work, Map.of());
        try {
            String ours = "<" + file.toRealPath() + ">";
            long sum = 0;
            // A call that another thread's interrupted in the log ends in a line that names no file.
            Set<String> open = new HashSet<>();
            for (String line : Files.readAllLines(log, StandardCharsets.ISO_8859_1)) {
                String thread = line.substring(0, line.indexOf(' '));
                boolean resumed = line.contains(" resumed>") && open.remove(thread);
                if (!resumed && !line.contains(ours)) {
                    continue;
                }
                Matcher mapped = MAPPED.matcher(line);
                Matcher returned = RESULT.matcher(line);
                if (mapped.matches()) {
                    sum += Long.parseLong(mapped.group(1));
                } else if (line.endsWith("<unfinished ...>")) {
                    open.add(thread);
                } else if (returned.matches()) {
                    sum += Long.parseLong(returned.group(1));
                }
            }
            Files.delete(log);
            return sum;
        } catch (IOException e) {
            throw new BenchFailure("cannot read what strace wrote: " + e.getMessage(), e);
        }
    }
}
