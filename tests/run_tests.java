///usr/bin/env jbang "$0" "$@" ; exit $?
//JAVA 17+
//JAVA_OPTIONS -XX:+UseSerialGC -XX:TieredStopAtLevel=1
//DESCRIPTION Runs the tests of pps-restore
//DEPS org.junit.platform:junit-platform-launcher:1.14.4
//DEPS org.junit.jupiter:junit-jupiter:5.14.4

// The scripts, which the tests run as processes from this class path
//SOURCES ../demo_pps.java
//SOURCES ../backup_pps.java
//SOURCES ../list_backups.java
//SOURCES ../restore_pps.java
//SOURCES ../validate_backup.java

// What the tests are made of
//SOURCES Checkout.java
//SOURCES Scripts.java
//SOURCES TestReport.java
//SOURCES TestSelection.java

// The tests
//SOURCES ArchiveFuzzTest.java
//SOURCES ArchiveIndexTest.java
//SOURCES ArchivePromiseTest.java
//SOURCES ArchiveReaderTest.java
//SOURCES ArchiveWriterTest.java
//SOURCES BackupDirectoryTest.java
//SOURCES BackupKilledTest.java
//SOURCES BackupTest.java
//SOURCES BackupWithContainersTest.java
//SOURCES BenchTest.java
//SOURCES CommandLineTest.java
//SOURCES ComposeTest.java
//SOURCES DamagedArchivesTest.java
//SOURCES DemoTest.java
//SOURCES DigestBesideTest.java
//SOURCES DockerJsonTest.java
//SOURCES EntitiesTest.java
//SOURCES FailureTest.java
//SOURCES FaultsTest.java
//SOURCES FingerprintTest.java
//SOURCES GlobTest.java
//SOURCES HostileArchivesTest.java
//SOURCES HouseRulesTest.java
//SOURCES JournalTest.java
//SOURCES KillAnywhereTest.java
//SOURCES LauncherTest.java
//SOURCES ListBackupsTest.java
//SOURCES ManifestTest.java
//SOURCES OddPlacesTest.java
//SOURCES OpenFilesTest.java
//SOURCES PlainEntityTest.java
//SOURCES PlannerTest.java
//SOURCES PresenceTest.java
//SOURCES ProgressDisplayTest.java
//SOURCES PromptTest.java
//SOURCES PruningTest.java
//SOURCES ReasonTest.java
//SOURCES RecoveryTest.java
//SOURCES RemoteUseTest.java
//SOURCES RestoreTest.java
//SOURCES RestoreTestingTest.java
//SOURCES RestoreWithContainersTest.java
//SOURCES RetentionTest.java
//SOURCES RollBackTest.java
//SOURCES SafeTextTest.java
//SOURCES ScriptsTest.java
//SOURCES SecretsTest.java
//SOURCES SelectionTest.java
//SOURCES SettlingTest.java
//SOURCES SignalsTest.java
//SOURCES SizeTextTest.java
//SOURCES SnapshotTest.java
//SOURCES SourceMapTest.java
//SOURCES SourceWalkTest.java
//SOURCES SqliteCheckTest.java
//SOURCES SqliteChecksTest.java
//SOURCES SqliteCopyTest.java
//SOURCES StargzTest.java
//SOURCES SwapTest.java
//SOURCES TwoAtOnceTest.java
//SOURCES UndoTest.java
//SOURCES ValidateBackupTest.java
//SOURCES WorkersTest.java
//SOURCES ZstdTest.java

import java.util.ArrayList;
import java.util.List;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.platform.launcher.core.LauncherFactory;
import pps.TestReport;
import pps.TestSelection;

/** Runs the tests that were compiled with this script; the last line says how many passed and failed. */
class run_tests {
    private static final String USAGE = """
        Usage: ./jbang test [--list] [--slowest N] [CLASS | 'CLASS#TEXT']...

          ComposeTest               the tests of one class
          'ComposeTest#is down'     those whose title or method name contains the text
          --list                    name the tests and run none
          --slowest N               name the N slowest tests at the end

        Exit status: 0 all passed, 1 a test failed or none ran, 2 wrong usage.""";

    // JUnit warns of each symbolic link in a temporary directory; a test of restores has hundreds.
    private static final Logger TEMPORARY_DIRECTORIES = Logger.getLogger("org.junit.jupiter.engine.extension");

    public static void main(String[] args) throws Exception {
        List<String> wanted = new ArrayList<>(List.of(args));
        if (wanted.remove("--help") || wanted.remove("-h")) {
            System.out.println(USAGE);
            return;
        }
        boolean list = wanted.remove("--list");
        int slowest = 0;
        int option = wanted.indexOf("--slowest");
        if (option >= 0 && option + 1 < wanted.size() && wanted.get(option + 1).matches("\\d{1,4}")) {
            wanted.remove(option);
            slowest = Integer.parseInt(wanted.remove(option));
        }
        TestSelection selection;
        try {
            selection = TestSelection.of(wanted, run_tests.class);
        } catch (IllegalArgumentException e) {
            System.err.println("Error: " + e.getMessage() + "\n\n" + USAGE);
            System.exit(2);
            return;
        }
        TEMPORARY_DIRECTORIES.setLevel(Level.SEVERE);
        TestReport report = new TestReport(System.out, slowest);
        if (list) {
            report.list(LauncherFactory.create().discover(selection.request()));
            return;
        }
        selection.unlistedFiles().forEach(report::unlisted);
        LauncherFactory.create().execute(selection.request(), report);
        System.exit(report.finish() ? 0 : 1);
    }
}
