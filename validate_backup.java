///usr/bin/env jbang "$0" "$@" ; exit $?
//JAVA 17+
//JAVA_OPTIONS -XX:+UseSerialGC -Xms64m
//SOURCES lib/Cli.java
//SOURCES lib/CommandText.java
//SOURCES lib/Recovery.java
//SOURCES lib/Validation.java

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import pps.BackupDirectory;
import pps.Cli;
import pps.CommandText;
import pps.Console;
import pps.ExitCode;
import pps.Failure;
import pps.JsonText;
import pps.Recovery;
import pps.SourceMap;
import pps.Validation;

@Command(name = "validate_backup.java", sortOptions = false, synopsisHeading = "SYNOPSIS%n  jbang ", descriptionHeading = "%n",
    description = "Reads backups to their last byte, opens every database in them, and says what is in them and what is wrong.",
    parameterListHeading = "%nBACKUPS%n", optionListHeading = "%nOPTIONS%n", footerHeading = "%nEXAMPLES%n", footer = {
        "  jbang validate_backup.java",
        "  jbang validate_backup.java --all --strict",
        "  jbang validate_backup.java --json pps_backup_20260820_040012.tar.gz"})
public class validate_backup implements Cli.Script {
    @Parameters(paramLabel = "FILE", arity = "0..*",
        description = "Paths, or names in the backup directory; the latest backup when none is named.")
    private List<String> files = new ArrayList<>();

    @Option(names = "--all", description = "Every backup in the backup directory.")
    private boolean all;

    @Option(names = "--quick", description = "The index or structure only: no database is opened, no earlier backup compared.")
    private boolean quick;

    @Option(names = "--strict", description = "Warnings count as errors for the exit code.")
    private boolean strict;

    @Mixin
    private Cli.Common common;

    @Override
    public Cli.Common common() {
        return common;
    }

    @Override
    public ExitCode run(Console console) {
        Path root = common.projectRootOrNull();
        if (root != null) {
            Recovery.pending(root).ifPresent(console::warning);
        }
        SourceMap map = common.sourceMap(root);
        BackupDirectory backups = common.backups();
        List<Path> archives = new ArrayList<>();
        if (all || files.isEmpty()) {
            BackupDirectory.Backup latest = backups.latest();
            (all ? backups.newestFirst() : List.of(latest)).forEach(backup -> archives.add(backup.file()));
        }
        files.forEach(file -> archives.add(backups.find(file)));
        JsonArray results = new JsonArray();
        List<String> bad = new ArrayList<>();
        Path newestGood = null;
        for (Path archive : archives) {
            console.info("Reading " + pps.SafeText.quote(archive));
            Validation validation = Validation.of(archive, map, quick, console);
            if (validation.isValid() && !(strict && validation.hasWarnings())) {
                newestGood = newestGood == null ? archive : newestGood;
            } else {
                bad.add(pps.SafeText.quote(archive.getFileName()));
            }
            results.add(validation.toJson());
            if (!common.json()) {
                console.print(validation.toText(console::bold));
            }
        }
        if (common.json()) {
            console.print(JsonText.of(archives.size() == 1 && !all ? results.get(0) : many(results, bad.isEmpty())));
        }
        if (bad.isEmpty()) {
            return ExitCode.DONE;
        }
        throw Failure.of(ExitCode.BAD_BACKUP, "Not " + (strict ? "without warnings: " : "valid: ") + String.join(", ", bad)).next(newestGood != null
            ? CommandText.of("restore_pps.java", "--dry-run", "--backup", newestGood) + "   takes a good one"
            : all ? "Look for backups elsewhere: --backup-dir DIR" : backups.howToFindGood(archives.get(0)));
    }

    private static JsonObject many(JsonArray results, boolean good) {
        JsonObject top = new JsonObject();
        top.addProperty("valid", good);
        top.add("backups", results);
        return top;
    }

    public static void main(String... args) {
        Cli.main(new validate_backup(), args);
    }
}
