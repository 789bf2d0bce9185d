package pps;

//DEPS info.picocli:picocli:4.7.7
//SOURCES BackupDirectory.java
//SOURCES CommandText.java
//SOURCES Console.java
//SOURCES ExitCode.java
//SOURCES Failure.java
//SOURCES SafeText.java
//SOURCES SourceMap.java
//SOURCES Spelling.java
//SOURCES Version.java

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import picocli.CommandLine;
import picocli.CommandLine.Option;

/** Runs a script: its options, its exit code, what happens to a failure, and what a signal does. The only place that ends the process. */
public final class Cli {
    /** What every script does with its options. */
    public interface Script {
        /** Does the work, and returns how it ended; a {@link Failure} is shown by the caller. */
        ExitCode run(Console console);

        /** Returns the options that all scripts share. */
        Common common();

        /** Tells whether the results can be had as JSON; the option is not there otherwise. */
        default boolean hasJson() {
            return true;
        }
    }

    /** The options of every script. */
    public static final class Common {
        @Option(names = "--backup-dir", paramLabel = "DIR", defaultValue = "${env:PPS_BACKUP_DIR}",
            description = "Where the backups lie (PPS_BACKUP_DIR; else ~/awareness_backups).")
        private Path backupDir;

        @Option(names = "--project-root", paramLabel = "DIR", defaultValue = "${env:PPS_ROOT}",
            description = "The project (PPS_ROOT; else the nearest directory upwards that looks like one).")
        private Path projectRoot;

        @Option(names = "--source-map", paramLabel = "FILE",
            description = "Which files belong to which source (else pps-sources.json in the project root; else the map of PPS).")
        private Path sourceMap;

        @Option(names = "--json", description = "Results as JSON on stdout; everything else on stderr.")
        private boolean json;

        @Option(names = {"-v", "--verbose"}, description = "Details, and the stack trace of a failure.")
        private boolean verbose;

        @Option(names = {"-q", "--quiet"}, description = "Only results, warnings and errors.")
        private boolean quiet;

        @Option(names = {"-h", "--help"}, usageHelp = true, description = "Show this help and end.")
        private boolean help;

        @Option(names = {"-V", "--version"}, versionHelp = true, description = "Show the version and end.")
        private boolean version;

        /** Returns the backups' directory. */
        public BackupDirectory backups() {
            return BackupDirectory.of(isGiven(backupDir) ? backupDir : home().resolve("awareness_backups"));
        }

        /** The home that a shell means by {@code ~}; Java's own idea of it is the one in the list of users, whatever HOME says. */
        private static Path home() {
            String home = System.getenv("HOME");
            return Path.of(home == null || home.isEmpty() ? System.getProperty("user.home") : home);
        }

        /** Returns the project root as an absolute path, or null when none was given and none is found. */
        public Path projectRootOrNull() {
            if (isGiven(projectRoot)) {
                if (!java.nio.file.Files.isDirectory(projectRoot)) {
                    throw Failure.of(ExitCode.USAGE, "The project root " + SafeText.quote(projectRoot) + " is not a directory")
                        .state("Nothing was touched.").next(java.nio.file.Files.exists(projectRoot) ? "Name the directory: --project-root DIR, or PPS_ROOT"
                            : "mkdir -p " + CommandText.quoted(projectRoot.toString()) + "   if the project is to come back there");
                }
                return projectRoot.toAbsolutePath().normalize();
            }
            for (Path up = Path.of("").toAbsolutePath(); up != null; up = up.getParent()) {
                if (SourceMap.looksLikeProjectRoot(up)) {
                    return up;
                }
            }
            return null;
        }

        /** Returns the project root like {@link #projectRootOrNull()}, or null when the one that was given is not there. */
        public Path projectRootIfThere() {
            return isGiven(projectRoot) && !java.nio.file.Files.isDirectory(projectRoot) ? null : projectRootOrNull();
        }

        /** Returns the project root. Throws {@link Failure} ({@link ExitCode#USAGE}) when there is none. */
        public Path requireProjectRoot() {
            Path root = projectRootOrNull();
            if (root == null) {
                throw Failure.of(ExitCode.USAGE, "No project root: neither " + SafeText.quote(Path.of("").toAbsolutePath())
                    + " nor a directory above it holds entities/ and docker/pps/ or pps/docker/").state("Nothing was touched.")
                    .next("Name it: --project-root DIR, or PPS_ROOT");
            }
            return root;
        }

        /** Returns the source map's file as it was given, or null. */
        public Path sourceMapFile() {
            return sourceMap;
        }

        /** Returns the source map that holds for a project root, which may be null. */
        public SourceMap sourceMap(Path root) {
            return root == null && sourceMap == null ? SourceMap.builtIn() : SourceMap.load(root, sourceMap);
        }

        /** Returns the same for a look at backups, or null when nothing says which project's they are. */
        public SourceMap sourceMapOrNull(Path root) {
            return root == null && sourceMap == null ? null : SourceMap.load(root, sourceMap);
        }

        /** Tells whether results are wanted as JSON. */
        public boolean json() {
            return json;
        }

        /** Tells whether details are wanted. */
        public boolean verbose() {
            return verbose;
        }

        private Console.Level level() {
            return verbose ? Console.Level.VERBOSE : quiet ? Console.Level.QUIET : Console.Level.NORMAL;
        }

        /** An environment variable that is not set leaves picocli's empty default behind. */
        private static boolean isGiven(Path path) {
            return path != null && !path.toString().isEmpty();
        }
    }

    /** The scripts that run in this process, one within the other. */
    private static final AtomicInteger RUNNING = new AtomicInteger();

    private Cli() {
    }

    /** Runs a script and ends the process with its exit code. */
    public static void main(Script script, String... args) {
        System.exit(run(script, args));
    }

    /** Runs a script and returns its exit code, for a script that shows what others do. */
    public static int run(Script script, String... args) {
        CommandLine command = new CommandLine(script);
        if (!script.hasJson()) {
            command.getCommandSpec().remove(command.getCommandSpec().findOption("--json"));
        }
        Map<String, String> codes = new LinkedHashMap<>();
        for (ExitCode code : ExitCode.values()) {
            codes.put(String.valueOf(code.number()), code.meaning());
        }
        command.getCommandSpec().usageMessage().exitCodeListHeading("%nEXIT STATUS%n").exitCodeList(codes);
        command.getCommandSpec().usageMessage().width(110).autoWidth(true);
        command.getCommandSpec().version(Version.TOOL);
        // A value like "it's" in a file name is a value, not the start of a quotation.
        command.setTrimQuotes(false);
        command.setParameterExceptionHandler((e, arguments) -> usage(e));
        command.setExecutionStrategy(parsed -> {
            Integer helped = CommandLine.executeHelpRequest(parsed);
            return helped != null ? ExitCode.DONE.number() : execute(script);
        });
        return command.execute(args);
    }

    /** Shows what is wrong in two lines: the whole help would push it off the screen. */
    private static int usage(CommandLine.ParameterException e) {
        String what = e.getMessage().lines().findFirst().orElse("wrong usage").replaceFirst("^Error: ", "");
        // picocli passes on what Path.of threw in its message alone.
        int exception = what.indexOf(" (" + java.nio.file.InvalidPathException.class.getName());
        if (exception >= 0) {
            Failure spelling = Spelling.failure(e.getValue());
            new Console(Console.Level.NORMAL).failure(Failure.of(ExitCode.USAGE, SafeText.quote(what.substring(0, what.indexOf(':') + 2))
                + spelling.getMessage()).because(e).state("Nothing was touched.").next(spelling.next()));
            return ExitCode.USAGE.number();
        }
        List<String> meant = e instanceof CommandLine.UnmatchedArgumentException unmatched ? unmatched.getSuggestions() : List.of();
        String help = CommandText.of(e.getCommandLine().getCommandName(), "--help") + "   shows what there is";
        new Console(Console.Level.NORMAL).failure(Failure.of(ExitCode.USAGE, SafeText.quote(what)).because(e)
            .next(meant.isEmpty() ? help : "Did you mean " + String.join(" or ", meant) + "?   " + help));
        return ExitCode.USAGE.number();
    }

    private static int execute(Script script) {
        Console console = new Console(script.common().level());
        AtomicInteger result = new AtomicInteger(ExitCode.FAILED.number());
        CountDownLatch done = new CountDownLatch(1);
        boolean outermost = RUNNING.getAndIncrement() == 0;
        try {
            Runtime.getRuntime().addShutdownHook(new Thread(() -> onEnd(console, done, outermost ? result : null), "signal"));
        } catch (IllegalStateException endsAlready) {
            // The process was asked to end before this script began, and whoever called it says so.
            RUNNING.decrementAndGet();
            return ExitCode.DECLINED.number();
        }
        try {
            result.set(script.run(console).number());
        } catch (Failure e) {
            Failure spelling = Spelling.behind(e);
            console.failure(e.next() != null || spelling == null ? e : e.next(spelling.next()));
            result.set(e.exitCode().number());
        } catch (RuntimeException | Error e) {
            Failure spelling = Spelling.behind(e);
            console.failure(spelling != null ? spelling : Failure.of(ExitCode.FAILED, "A defect in pps-restore: " + e).because(e)
                .next("Run the same command with --verbose and report what it prints. If a restore was under way: --recover"));
            result.set(ExitCode.FAILED.number());
        } finally {
            RUNNING.decrementAndGet();
            done.countDown();
        }
        return result.get();
    }

    /**
     * Runs when the process ends, also by Ctrl-C, SIGTERM or a closed terminal. In those cases the work goes on to its next safe point in
     * its own thread, cleans up there, and only then does the process end, with the code that says what state things are in. A script that
     * another one runs, and that has no {@code result} here, leaves that to the other, which cleans up after it.
     */
    private static void onEnd(Console console, CountDownLatch done, AtomicInteger result) {
        if (done.getCount() == 0) {
            return;
        }
        console.interrupt();
        if (result == null) {
            return;
        }
        try {
            done.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        Runtime.getRuntime().halt(result.get());
    }
}
