package pps;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

//SOURCES Scripts.java
//SOURCES TestProject.java

/** Runs scripts as a user who owns little: nobody. */
final class NotRoot {
    static final int NOBODY = 65534;
    /** What is put before a command. */
    static final List<String> COMMAND = List.of("/usr/bin/setpriv", "--reuid", "" + NOBODY, "--regid", "" + NOBODY, "--clear-groups");

    private NotRoot() {
    }

    /** Skips the calling test where one cannot become nobody. */
    static void require() {
        assumeTrue(TestProject.isRoot(), "needs root, to stop being it");
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/setpriv")), "needs setpriv");
    }

    /** Runs a script as nobody, whose home the directory becomes; it is opened to all, and the class path copied into it. */
    static Scripts.Result run(Path directory, String script, String... arguments) {
        return Scripts.with().env("HOME", directory.toString()).in(directory).runCommand(command(directory, Scripts.command(script, arguments)));
    }

    /** Returns the command that runs another one as nobody. */
    static List<String> command(Path directory, List<String> java) {
        List<String> command = new ArrayList<>(COMMAND);
        command.addAll(readableByAll(java, directory));
        return command;
    }

    /** Root's home, where JBang and Maven keep the jars, is closed to others. */
    private static List<String> readableByAll(List<String> java, Path directory) {
        try {
            TestProject.mode(directory, "rwxr-xr-x");
            Path copies = Files.createDirectories(directory.resolve("classes"));
            TestProject.mode(copies, "rwxr-xr-x");
            List<String> jars = new ArrayList<>();
            for (String jar : java.get(java.indexOf("-cp") + 1).split(":")) {
                if (Files.isRegularFile(Path.of(jar))) {
                    Path copy = copies.resolve(jars.size() + ".jar");
                    if (!Files.exists(copy)) {
                        TestProject.mode(Files.copy(Path.of(jar), copy), "rw-r--r--");
                    }
                    jars.add(copy.toString());
                }
            }
            List<String> changed = new ArrayList<>(java);
            changed.set(java.indexOf("-cp") + 1, String.join(":", jars));
            return changed;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
