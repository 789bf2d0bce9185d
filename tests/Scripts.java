package pps;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

//SOURCES RunningScript.java

/**
 * Runs the scripts of this toolkit as real processes, as their users do: {@code Scripts.run("list_backups", "--json")}. A process
 * starts from a small, clean environment (PATH, LANG, and an empty HOME that is also its current directory), reads nothing, and is
 * ended with all it has started when its time is up.
 *
 * <p>A script's name is that of its class: the scripts are compiled with the tests, and run from the same class path.
 */
public final class Scripts {
    private static final String TEMPORARY = "-Djava.io.tmpdir=";

    /** What a process left behind; in a terminal, {@code stdout} is all that the terminal showed and {@code stderr} is empty. */
    public record Result(int exitCode, String stdout, String stderr) {
        /** Returns everything, for the message of an assertion. */
        @Override
        public String toString() {
            return "exit code " + exitCode + "\n--- stdout\n" + stdout + "--- stderr\n" + stderr + "---";
        }
    }

    private final Map<String, String> environment = new LinkedHashMap<>();
    private Path directory;
    private String stdin = "";
    private Duration timeout = Duration.ofSeconds(120);

    private Scripts() {
        environment.put("PATH", System.getenv("PATH"));
        environment.put("LANG", "C.UTF-8");
    }

    /** Runs a script in a clean environment until it ends. */
    public static Result run(String script, String... arguments) {
        return with().runScript(script, arguments);
    }

    /** Starts a script in a clean environment; the caller closes it. */
    public static RunningScript start(String script, String... arguments) {
        return with().startScript(script, arguments);
    }

    /** Runs a script on a terminal of its own; each time it waits at a prompt, the next answer is typed. */
    public static Result runInTerminal(List<String> answers, String script, String... arguments) {
        return with().runScriptInTerminal(answers, script, arguments);
    }

    /** Returns a clean environment to be changed before something is run in it. */
    public static Scripts with() {
        return new Scripts();
    }

    /** Sets an environment variable; null takes it away. */
    public Scripts env(String name, String value) {
        if (value == null) {
            environment.remove(name);
        } else {
            environment.put(name, value);
        }
        return this;
    }

    /** Hands down what the test itself was told about the Docker engine. */
    public Scripts docker() {
        return env("DOCKER_HOST", System.getenv("DOCKER_HOST"));
    }

    /** Sets the current directory; without it, the process starts in its empty HOME. */
    public Scripts in(Path newDirectory) {
        directory = newDirectory;
        return this;
    }

    /** Sets what the process reads; without it, it meets the end of its input at once. */
    public Scripts stdin(String text) {
        stdin = text;
        return this;
    }

    /** Sets how long the process may take; two minutes without it. */
    public Scripts timeout(Duration newTimeout) {
        timeout = newTimeout;
        return this;
    }

    /** Runs a script until it ends. */
    public Result runScript(String script, String... arguments) {
        return runCommand(command(script, arguments));
    }

    /** Starts a script; the caller closes it. */
    public RunningScript startScript(String script, String... arguments) {
        return startCommand(command(script, arguments));
    }

    /** Runs a script on a terminal of its own; each time it waits at a prompt, the next answer is typed. */
    public Result runScriptInTerminal(List<String> answers, String script, String... arguments) {
        try (RunningScript running = startScriptInTerminal(script, arguments)) {
            for (String answer : answers) {
                running.waitForPrompt(timeout);
                running.type(answer + "\n");
            }
            return running.result(timeout);
        }
    }

    /** Starts a script on a terminal of its own, for tests that type by themselves; {@code "\u0003"} is Ctrl-C. The caller closes it. */
    public RunningScript startScriptInTerminal(String script, String... arguments) {
        return startCommandInTerminal(command(script, arguments));
    }

    /** Starts any other command on a terminal of its own. The caller closes it. */
    public RunningScript startCommandInTerminal(List<String> command) {
        List<String> quoted = command.stream().map(word -> "'" + word.replace("'", "'\\''") + "'").toList();
        environment.put("SHELL", "/bin/sh");
        environment.putIfAbsent("TERM", "xterm");
        // util-linux's script makes the pseudo terminal; it needs none itself, so this works in CI too.
        return start(List.of("script", "--quiet", "--return", "--command", "exec " + String.join(" ", quoted), "/dev/null"), true);
    }

    /** Runs any other command in this environment until it ends. */
    public Result runCommand(List<String> command) {
        try (RunningScript running = startCommand(command)) {
            return running.result(timeout);
        }
    }

    /** Starts any other command in this environment; the caller closes it. */
    public RunningScript startCommand(List<String> command) {
        return start(command, false);
    }

    /** Returns the command that runs a script, for a test that puts it into a pipeline of the shell. */
    public static List<String> command(String script, String... arguments) {
        List<String> command = new ArrayList<>(List.of(java(),
            "-cp", System.getProperty("java.class.path"), "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xshare:auto", script));
        command.addAll(Arrays.asList(arguments));
        return command;
    }

    /** What is killed cannot tidy up its temporary files, so they lie among those of the process, which go with it. */
    private List<String> keepingToItself(List<String> command, Path files) throws IOException {
        int java = command.indexOf(java());
        boolean own = command.get(0).equals("strace") || java == 0;
        if (!own || command.stream().anyMatch(word -> word.startsWith(TEMPORARY)) || environment.getOrDefault("JDK_JAVA_OPTIONS", "").contains(TEMPORARY)) {
            return command;
        }
        List<String> changed = new ArrayList<>(command);
        changed.add(java + 1, TEMPORARY + Files.createDirectory(files.resolve("tmp")));
        return changed;
    }

    private static String java() {
        return Path.of(System.getProperty("java.home"), "bin", "java").toString();
    }

    private RunningScript start(List<String> command, boolean terminal) {
        try {
            Path files = Files.createTempDirectory("pps-test-process");
            Path home = Files.createDirectory(files.resolve("home"));
            Path input = Files.writeString(files.resolve("stdin"), stdin, StandardCharsets.UTF_8);
            ProcessBuilder builder = new ProcessBuilder(keepingToItself(command, files))
                .directory((directory == null ? home : directory).toFile())
                .redirectOutput(files.resolve("stdout").toFile())
                .redirectError(files.resolve("stderr").toFile());
            if (!terminal) {
                builder.redirectInput(input.toFile());
            }
            builder.environment().clear();
            builder.environment().put("HOME", home.toString());
            builder.environment().putAll(environment);
            return new RunningScript(builder.start(), files, terminal);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
