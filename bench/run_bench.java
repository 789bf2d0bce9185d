///usr/bin/env jbang "$0" "$@" ; exit $?
//JAVA 17+
//DESCRIPTION Measures pps-restore against the tools that people would use instead
//DEPS info.picocli:picocli:4.7.7
//DEPS org.slf4j:slf4j-nop:2.0.17
//SOURCES BackupBench.java
//SOURCES RestoreBench.java
//SOURCES StackBench.java
//SOURCES StartBench.java

import bench.BackupBench;
import bench.BenchFailure;
import bench.DataSet;
import bench.Report;
import bench.RestoreBench;
import bench.StackBench;
import bench.StartBench;
import bench.Trees;
import bench.Workbench;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(name = "run_bench.java", sortOptions = false, mixinStandardHelpOptions = true, version = "1",
    synopsisHeading = "SYNOPSIS%n  jbang ", descriptionHeading = "%n",
    description = {"Measures restores, backups, start-up and downtime of this toolkit, and of every tool installed that people would use instead: "
        + "on the same data, in turns, several times. Every result is compared, file by file; a wrong one ends the bench with exit code 1.", "",
        "Tables in Markdown go to stdout, progress goes to stderr. A missed target is said, and is no failure."},
    optionListHeading = "%nOPTIONS%n", footerHeading = "%nEXAMPLES%n", footer = {
        "  jbang bench/run_bench.java --into docs/BENCHMARKS.md",
        "  jbang bench/run_bench.java --only restore,start --data small --runs 3"})
public class run_bench implements Callable<Integer> {
    private static final String BEGIN = "<!-- what run_bench.java printed begins here -->\n";
    private static final String END = "<!-- what run_bench.java printed ends here -->\n";
    /** Of a data set: the project, a copy, archives, repositories, a result and a safety backup. */
    private static final int SPACE = 7;

    /** A part of the bench, and the data sets that it runs on unless others are asked for. */
    private record Section(Set<String> data, BiConsumer<Workbench, DataSet> run) {
    }

    private static final Map<String, Section> SECTIONS = new LinkedHashMap<>();

    static {
        Set<String> all = Set.copyOf(DataSet.KINDS.stream().map(DataSet.Kind::name).toList());
        SECTIONS.put("restore-indexed", new Section(all, (bench, data) -> new RestoreBench(bench, data).indexed()));
        SECTIONS.put("restore-plain", new Section(Set.of("small", "standard", "large"), (bench, data) -> new RestoreBench(bench,
            data).plain()));
        SECTIONS.put("restore-zstd", new Section(all, (bench, data) -> new RestoreBench(bench, data).zstd()));
        SECTIONS.put("restore-over", new Section(Set.of("small", "standard"), (bench, data) -> new RestoreBench(bench, data).over()));
        SECTIONS.put("crystals", new Section(Set.of("large"), (bench, data) -> new RestoreBench(bench, data).crystals()));
        SECTIONS.put("backup-gzip", new Section(all, (bench, data) -> new BackupBench(bench, data).gzip()));
        SECTIONS.put("backup-zstd", new Section(all, (bench, data) -> new BackupBench(bench, data).zstd()));
        SECTIONS.put("start", new Section(Set.of("small"), (bench, data) -> new StartBench(bench, data).run()));
        SECTIONS.put("stack", new Section(Set.of("small", "large"), run_bench::stack));
    }

    @Option(names = "--only", paramLabel = "PART", split = ",",
        description = "Only these parts: restore-indexed, restore-plain, restore-zstd, restore-over (or all four: restore), crystals, backup-gzip, "
            + "backup-zstd (or both: backup), start, stack.")
    private List<String> only = new ArrayList<>();

    @Option(names = "--data", paramLabel = "SET", split = ",",
        description = "Only these data sets, and all parts on each: small (65 MB), standard (740 MB), large (3 GB), files (50,000 small ones), incompressible.")
    private List<String> sets = new ArrayList<>();

    @Option(names = "--peers", paramLabel = "TOOL", split = ",",
        description = "Only these of the others, where installed: tar, gzip, pigz, zstd, bsdtar, restic, borg, python3. GNU tar always takes part.")
    private List<String> peers = Workbench.PEERS;

    @Option(names = "--runs", paramLabel = "N", defaultValue = "5",
        description = "How often each is run and counts (default: ${DEFAULT-VALUE}).")
    private int runs;

    @Option(names = "--scale", paramLabel = "FACTOR", defaultValue = "1",
        description = "Make the data so much larger or smaller; then no target is judged.")
    private double scale;

    @Option(names = "--work", paramLabel = "DIR",
        description = "Where to work (else a directory of its own among the temporary ones); 25 GB for everything.")
    private Path work;

    @Option(names = "--keep", description = "Leave the data sets there for the next run with the same --work.")
    private boolean keep;

    @Option(names = "--into", paramLabel = "FILE", description = "Put the tables also into this file, between its two marks.")
    private Path into;

    private final long began = System.nanoTime();

    @Override
    public Integer call() throws IOException {
        List<String> parts = chosen();
        List<DataSet.Kind> kinds = kinds();
        if (into != null && !marked(Files.readString(into))) {
            throw new CommandLine.ParameterException(new CommandLine(this), into + " has not the two marks between which the tables go");
        }
        Path directory = work == null ? Files.createTempDirectory("pps-bench-")
            : Files.createDirectories(work.toAbsolutePath().normalize().resolve("pps-bench"));
        Workbench bench = new Workbench(checkout(), directory.toRealPath(), runs, scale, peers, this::progress);
        CountDownLatch tidy = new CountDownLatch(1);
        Runtime.getRuntime().addShutdownHook(endingInOrder(Thread.currentThread(), tidy));
        try {
            for (DataSet.Kind kind : kinds) {
                List<String> here = parts.stream().filter(part -> !sets.isEmpty() || SECTIONS.get(part).data().contains(kind.name())).toList();
                if (!here.isEmpty()) {
                    measure(bench, kind, here);
                }
            }
            bench.judgePeaks();
            String text = bench.text();
            System.out.print(text);
            if (into != null) {
                put(text);
            }
            return 0;
        } finally {
            Trees.delete(keep ? bench.discarded() : directory);
            tidy.countDown();
        }
    }

    /** Measures all parts on one data set, which is made first and removed in the end. */
    private void measure(Workbench bench, DataSet.Kind kind, List<String> parts) {
        Path place = bench.directory().resolve("data-" + kind.name());
        double bytes = (kind.textMb() + kind.blobsMb() + kind.graphMb()) * 1e6 * scale;
        if (!Files.exists(place) && bench.directory().toFile().getUsableSpace() < SPACE * bytes) {
            throw new BenchFailure(Report.number("There is no room for %s in %s: %.0f GB are needed; --work names another place", kind.name(),
                bench.directory(), SPACE * bytes / 1e9));
        }
        progress("making " + kind.name());
        DataSet data = DataSet.in(place, kind, scale);
        bench.forgetOurArchives(data);
        bench.say("### " + kind.name() + ": " + Report.megabytes(data.bytes()) + " in " + data.byPlace().size() + " files, " + kind.says());
        for (String part : parts) {
            SECTIONS.get(part).run().accept(bench, data);
        }
        if (!keep) {
            bench.discard(place);
        }
    }

    private static void stack(Workbench bench, DataSet data) {
        String whyNot = StackBench.whyNot(bench);
        if (whyNot != null) {
            bench.say("#### Downtime with containers\n\nNot measured: " + whyNot + ".");
            return;
        }
        try (StackBench stack = new StackBench(bench, data)) {
            stack.run();
        }
    }

    private List<String> chosen() {
        List<String> parts = new ArrayList<>();
        for (String wanted : only) {
            List<String> meant = SECTIONS.keySet().stream().filter(name -> name.equals(wanted) || name.startsWith(wanted + "-")).toList();
            if (meant.isEmpty()) {
                throw new CommandLine.ParameterException(new CommandLine(this), "Unknown part '" + wanted
                    + "'; known: " + String.join(", ", SECTIONS.keySet()));
            }
            parts.addAll(meant);
        }
        return only.isEmpty() ? List.copyOf(SECTIONS.keySet()) : parts;
    }

    private List<DataSet.Kind> kinds() {
        List<String> known = DataSet.KINDS.stream().map(DataSet.Kind::name).toList();
        if (!known.containsAll(sets)) {
            throw new CommandLine.ParameterException(new CommandLine(this), "Unknown data set in " + sets
                + "; known: " + String.join(", ", known));
        }
        if (!Workbench.PEERS.containsAll(peers)) {
            throw new CommandLine.ParameterException(new CommandLine(this), "Unknown tool in " + peers + "; known: " + String.join(", ",
                Workbench.PEERS));
        }
        if (runs < 1 || !(scale > 0)) {
            throw new CommandLine.ParameterException(new CommandLine(this), "--runs and --scale are above 0");
        }
        return DataSet.KINDS.stream().filter(kind -> sets.isEmpty() || sets.contains(kind.name())).toList();
    }

    /** Returns the checkout whose scripts are measured: what the launcher named, else the nearest one upwards. */
    private static Path checkout() {
        String named = System.getenv("PPS_RESTORE_CHECKOUT");
        for (Path up = Path.of(named == null ? "" : named).toAbsolutePath(); up != null; up = up.getParent()) {
            if (Files.isRegularFile(up.resolve("restore_pps.java")) && Files.isExecutable(up.resolve("jbang"))) {
                return up;
            }
        }
        throw new BenchFailure("There is no checkout of pps-restore here; run it as ./jbang bench/run_bench.java");
    }

    /** On Ctrl-C the work ends with an exception, so that containers and data are removed. */
    private static Thread endingInOrder(Thread working, CountDownLatch tidy) {
        return new Thread(() -> {
            working.interrupt();
            try {
                if (!tidy.await(2, TimeUnit.MINUTES)) {
                    System.err.println("Something may be left in the working directory");
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
    }

    private static boolean marked(String text) {
        return text.contains(BEGIN) && text.indexOf(END) > text.indexOf(BEGIN);
    }

    private void put(String tables) throws IOException {
        String text = Files.readString(into);
        Files.writeString(into, text.substring(0, text.indexOf(BEGIN) + BEGIN.length()) + "\n" + tables
            + "\n" + text.substring(text.indexOf(END)));
    }

    private void progress(String what) {
        System.err.println(Report.number("[%4d s] %s", (System.nanoTime() - began) / 1_000_000_000L, what));
    }

    public static void main(String... arguments) {
        CommandLine command = new CommandLine(new run_bench());
        command.setExecutionExceptionHandler((e, line, parsed) -> {
            System.err.println("Error: " + e.getMessage());
            if (!(e instanceof BenchFailure)) {
                e.printStackTrace();
            }
            return 1;
        });
        System.exit(command.execute(arguments));
    }
}
