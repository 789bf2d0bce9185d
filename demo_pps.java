///usr/bin/env jbang "$0" "$@" ; exit $?
//JAVA 17+
//JAVA_OPTIONS -XX:+UseSerialGC -Xms64m
//DESCRIPTION A disaster and its recovery, made up in a temporary directory: no Docker and no PPS needed
//SOURCES lib/Cli.java
//SOURCES lib/CommandText.java
//SOURCES lib/DemoProject.java
//SOURCES backup_pps.java
//SOURCES list_backups.java
//SOURCES restore_pps.java
//SOURCES validate_backup.java

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import pps.Cli;
import pps.CommandText;
import pps.Console;
import pps.DemoProject;
import pps.ExitCode;
import pps.Failure;
import pps.Reason;
import pps.SafeText;

@Command(name = "demo_pps.java", sortOptions = false, synopsisHeading = "SYNOPSIS%n  jbang ", descriptionHeading = "%n",
    description = "Makes a small PPS project in a temporary directory, backs it up, breaks it, and brings it back with the real tools: "
        + "list, validate, preview, restore, undo. Every file is compared. Nothing outside that directory is touched.",
    optionListHeading = "%nOPTIONS%n", footerHeading = "%nEXAMPLES%n", footer = {"  jbang demo_pps.java", "  jbang demo_pps.java --keep"})
public class demo_pps implements Cli.Script {
    @Option(names = "--keep", description = "Leave the directory there, to look at it and to try more.")
    private boolean keep;

    @Mixin
    private Cli.Common common;

    @Override
    public Cli.Common common() {
        return common;
    }

    /** What it prints is a story, and that of the scripts it calls. */
    @Override
    public boolean hasJson() {
        return false;
    }

    @Override
    public ExitCode run(Console console) {
        Path directory = null;
        try {
            directory = Files.createTempDirectory("pps-demo-");
            play(directory, console);
            return ExitCode.DONE;
        } catch (IOException e) {
            throw Failure.of(ExitCode.FAILED, "The demonstration cannot write to " + directory + ": " + Reason.of(e)).because(e);
        } finally {
            tidy(directory, console);
        }
    }

    private void play(Path directory, Console console) throws IOException {
        DemoProject project = DemoProject.create(directory);
        String backups = project.backups().toString();
        String root = project.root().toString();

        say(console, "A day in the life of a PPS project, in " + SafeText.quote(directory));
        project.backUp(7);
        project.live();
        Map<String, String> good = project.snapshot();
        console.print("Made: " + good.size() + " files - conversations, identity, crystals, word photos, a Chroma and a Neo4j database -\n"
            + "and a backup of a week ago. Today's:");
        tool(console, new backup_pps(), "--quiet", "--backup-dir", backups, "--project-root", root, "--no-containers");
        same(console, good, project.snapshot(), "The backup has changed nothing");

        say(console, "Then the disaster");
        project.breakIt().forEach(damage -> console.print("- " + damage));
        Map<String, String> broken = project.snapshot();

        say(console, "What backups are there?");
        tool(console, new list_backups(), "--backup-dir", backups, "--project-root", root);
        say(console, "Is the latest one good?");
        tool(console, new validate_backup(), "--backup-dir", backups, "--project-root", root);
        say(console, "What would a restore do?");
        tool(console, new restore_pps(), "--latest", "--dry-run", "--backup-dir", backups, "--project-root", root, "--no-containers");
        same(console, broken, project.snapshot(), "The preview has changed nothing");

        say(console, "Restore it");
        tool(console, new restore_pps(), "--latest", "--yes", "--quiet", "--backup-dir", backups, "--project-root", root, "--no-containers");
        same(console, good, project.snapshot(), "Everything is back as it was backed up");
        console.print(project.conversations());

        say(console, "And if that was a mistake: undo");
        tool(console, new restore_pps(), "--undo", "--yes", "--quiet", "--project-root", root, "--no-containers");
        same(console, broken, project.snapshot(), "The broken state is back, exactly");

        say(console, "Not a mistake after all: undo the undo");
        tool(console, new restore_pps(), "--undo", "--yes", "--quiet", "--project-root", root, "--no-containers");
        same(console, good, project.snapshot(), "Everything is back once more");
        say(console, "Done. With your own project:  " + CommandText.of("restore_pps.java", "--latest", "--dry-run", "--project-root", "DIR", "--backup-dir", "DIR"));
    }

    private static void say(Console console, String what) {
        console.checkInterrupted();
        console.print("\n" + console.bold("== " + what));
    }

    private static void tool(Console console, Cli.Script script, String... args) {
        console.print("$ " + CommandText.of(script.getClass().getSimpleName() + ".java", (Object[]) args));
        int code = Cli.run(script, args);
        if (code == ExitCode.DECLINED.number()) {
            throw Failure.of(ExitCode.DECLINED, "Interrupted");
        }
        if (code != 0) {
            throw Failure.of(ExitCode.FAILED, "The command above ended with exit code " + code + "; the demonstration expected 0");
        }
    }

    private static void same(Console console, Map<String, String> expected, Map<String, String> actual, String what) {
        if (!expected.equals(actual)) {
            List<String> different = new ArrayList<>(expected.keySet());
            different.addAll(actual.keySet());
            different.removeIf(path -> expected.containsKey(path) && expected.get(path).equals(actual.get(path)));
            throw Failure.of(ExitCode.FAILED, "Not as expected: " + SafeText.quote(String.join(", ", different)));
        }
        console.print("Compared: " + what + " (" + expected.size() + " files, byte by byte, with their modes and times).");
    }

    private void tidy(Path directory, Console console) {
        if (directory == null) {
            return;
        }
        if (keep) {
            console.print("Kept: " + SafeText.quote(directory));
            return;
        }
        try {
            DemoProject.delete(directory);
        } catch (IOException e) {
            console.warning("Cannot remove " + SafeText.quote(directory) + ": " + Reason.of(e));
        }
    }

    public static void main(String... args) {
        Cli.main(new demo_pps(), args);
    }
}
