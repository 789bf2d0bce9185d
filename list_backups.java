///usr/bin/env jbang "$0" "$@" ; exit $?
//JAVA 17+
//JAVA_OPTIONS -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -XX:-UsePerfData -Xms64m
//SOURCES lib/Cli.java
//SOURCES lib/Listing.java
//SOURCES lib/Recovery.java

import java.nio.file.Path;
import java.time.LocalDateTime;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import pps.Cli;
import pps.Console;
import pps.ExitCode;
import pps.Failure;
import pps.JsonText;
import pps.Listing;
import pps.Recovery;

@Command(name = "list_backups.java", sortOptions = false, synopsisHeading = "SYNOPSIS%n  jbang ", descriptionHeading = "%n",
    description = "Lists the backups in a directory, the newest first, with what is in them. When a backup was made is told by its name.",
    optionListHeading = "%nOPTIONS%n", footerHeading = "%nEXAMPLES%n", footer = {
        "  jbang list_backups.java",
        "  jbang list_backups.java --backup-dir /mnt/nas/pps --json",
        "  jbang list_backups.java --check --max-age 2 || echo 'look after the backups'"})
public class list_backups implements Cli.Script {
    @Option(names = "--check", description = "For monitoring: prints OK, WARNING or ERROR; the exit code is 0 for OK, else 1.")
    private boolean check;

    @Option(names = "--max-age", paramLabel = "DAYS", defaultValue = "7",
        description = "With --check: how old the latest backup may be (default: ${DEFAULT-VALUE}).")
    private int maxAge;

    @Mixin
    private Cli.Common common;

    @Override
    public Cli.Common common() {
        return common;
    }

    @Override
    public ExitCode run(Console console) {
        if (maxAge < 0) {
            throw Failure.of(ExitCode.USAGE, "--max-age is a number of days, not " + maxAge);
        }
        if (check) {
            Listing.Check verdict = Listing.Check.of(() -> read(console).check(maxAge));
            console.print(common.json() ? JsonText.of(verdict.toJson()) : verdict.status() + ": " + verdict.message());
            return verdict.isOk() ? ExitCode.DONE : ExitCode.FAILED;
        }
        Listing listing = read(console);
        if (listing.entries().isEmpty()) {
            common.backups().latest();
        }
        console.print(common.json() ? JsonText.of(listing.toJson()) : listing.toText(console::bold));
        return ExitCode.DONE;
    }

    private Listing read(Console console) {
        Path root = common.projectRootOrNull();
        if (root != null) {
            Recovery.pending(root).ifPresent(console::warning);
        }
        return Listing.read(common.backups(), common.sourceMapOrNull(root), LocalDateTime.now(), console);
    }

    public static void main(String... args) {
        Cli.main(new list_backups(), args);
    }
}
