package pps;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

//SOURCES KillProject.java
//SOURCES Points.java
//SOURCES Strace.java
//SOURCES ../lib/Journal.java

/**
 * Ends real restores with SIGKILL when they are about to do their Nth file-changing system call, and looks at what is left: everything
 * that only reads still works and says so, nothing else is done to the project, and a recovery ends in exactly the old or exactly the new
 * state. A sample of the calls; with PPS_TEST_LONG=1, every one of them.
 */
@Timeout(value = 6, unit = TimeUnit.HOURS)
class KillAnywhereTest {
    @TempDir
    static Path directory;
    private static KillProject restore;
    private static KillProject undo;

    @BeforeAll
    static void makeProjects() {
        Strace.require();
        restore = KillProject.create(directory);
        undo = restore.restored();
    }

    @Test
    @DisplayName("a restore killed at any of its file-changing calls leaves the old state or the new one, once recovered")
    void restore() {
        List<Strace.Call> calls = callsOf(restore, "--yes", "--backup", KillProject.ARCHIVE);
        List<Strace.Call> chosen = Points.choose(calls, 36);
        Map<String, Integer> ends = new TreeMap<>();
        Points.inParallel(chosen, call -> count(ends, kill(restore, call, "--yes", "--backup", KillProject.ARCHIVE)));
        Points.report("restores killed", chosen.size(), calls.size(), ends);
        assertTrue(ends.containsKey("old") && ends.containsKey("new"), ends.toString());
    }

    @Test
    @DisplayName("an undo killed at any of its file-changing calls leaves the state before or after it, once recovered")
    void undo() {
        List<Strace.Call> calls = callsOf(undo, "--yes", "--undo");
        List<Strace.Call> chosen = Points.choose(calls, 12);
        Map<String, Integer> ends = new TreeMap<>();
        Points.inParallel(chosen, call -> count(ends, kill(undo, call, "--yes", "--undo")));
        Points.report("undos killed", chosen.size(), calls.size(), ends);
        assertTrue(ends.containsKey("old") && ends.containsKey("new"), ends.toString());
    }

    /** The phases differ in what a recovery has to do, so it is killed in each of them. */
    @Test
    @DisplayName("a recovery killed at any of its own calls can be done again, and ends in the same two states")
    void recovery() throws IOException {
        List<Strace.Call> calls = callsOf(restore, "--yes", "--backup", KillProject.ARCHIVE);
        Map<Journal.Phase, List<Strace.Call>> byPhase = new TreeMap<>();
        List<Strace.Call> all = new ArrayList<>();
        Map<String, Integer> ends = new TreeMap<>();
        int possible = 0;
        int killed = 0;
        // Where in each phase the restore is killed: at its end, so that the recovery has most to do.
        for (Strace.Call last : lastOfEachPhase(calls)) {
            TestProject interrupted = restore.copy();
            Scripts.with().runCommand(Strace.killing(last, KillProject.restoreCommand(interrupted, "--yes", "--backup", KillProject.ARCHIVE)));
            List<Strace.Call> ofRecovery = recoveryCalls(interrupted);
            possible += ofRecovery.size();
            List<Strace.Call> chosen = Points.choose(ofRecovery, 3);
            killed += chosen.size();
            Points.inParallel(chosen, call -> {
                TestProject project = KillProject.copyOf(interrupted);
                Scripts.Result result = Scripts.with().runCommand(Strace.killing(call, KillProject.restoreCommand(project, "--recover")));
                boolean isAfter = restore.checkInterrupted(project, "killed at " + last + ", recovery killed at " + call + "\n" + result);
                count(ends, isAfter ? "new" : "old");
                KillProject.remove(project);
            });
            KillProject.remove(interrupted);
        }
        Points.report("recoveries killed", killed, possible, ends);
        assertTrue(ends.containsKey("old") && ends.containsKey("new"), ends.toString());
    }

    /** The calls between two journal writes belong to one phase; the journal's own renames tell where one ends. */
    private static List<Strace.Call> lastOfEachPhase(List<Strace.Call> calls) {
        List<Strace.Call> last = new ArrayList<>();
        for (int i = 1; i < calls.size(); i++) {
            if (calls.get(i).kind().startsWith("rename") && calls.get(i).text().contains(".restore_journal.json.next")) {
                last.add(calls.get(i));
            }
        }
        last.add(calls.get(calls.size() - 1));
        return last;
    }

    private static List<Strace.Call> recoveryCalls(TestProject interrupted) throws IOException {
        TestProject project = KillProject.copyOf(interrupted);
        Path log = Files.createTempFile(directory, "recovery", ".strace");
        Scripts.with().runCommand(Strace.recording(log, KillProject.restoreCommand(project, "--recover")));
        List<Strace.Call> calls = Strace.changesBelow(log, List.of(project.root));
        KillProject.remove(project);
        return calls;
    }

    @Test
    @DisplayName("a restore killed at a random moment leaves the old state or the new one, once recovered")
    void moments() {
        TestProject measured = restore.copy();
        long begun = System.nanoTime();
        Scripts.with().runCommand(KillProject.restoreCommand(measured, "--yes", "--backup", KillProject.ARCHIVE));
        int milliseconds = (int) ((System.nanoTime() - begun) / 1_000_000);
        KillProject.remove(measured);
        Random random = Points.random();
        List<Integer> moments = new ArrayList<>();
        for (int i = 0; i < (Points.isLong() ? 200 : 8); i++) {
            moments.add(milliseconds / 3 + random.nextInt(milliseconds));
        }
        Map<String, Integer> ends = new TreeMap<>();
        Points.inParallel(moments, moment -> {
            TestProject project = restore.copy();
            try (RunningScript running = Scripts.with().startCommand(KillProject.restoreCommand(project, "--yes", "--backup",
                KillProject.ARCHIVE))) {
                Thread.sleep(moment);
                running.process().destroyForcibly().waitFor();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            count(ends, restore.checkInterrupted(project, "killed after " + moment + " ms") ? "new" : "old");
            KillProject.remove(project);
        });
        Points.report("restores killed at random moments", moments.size(), -1, ends);
    }

    @Test
    @DisplayName("after a kill the scripts themselves say that a restore was interrupted, refuse another, and recover")
    void scripts() {
        List<Strace.Call> calls = callsOf(restore, "--yes", "--backup", KillProject.ARCHIVE);
        List<Strace.Call> chosen = Points.isLong() ? lastOfEachPhase(calls) : Points.choose(lastOfEachPhase(calls), 2);
        Points.inParallel(chosen, call -> {
            TestProject project = restore.copy();
            Scripts.with().runCommand(Strace.killing(call, KillProject.restoreCommand(project, "--yes", "--backup", KillProject.ARCHIVE)));
            boolean interrupted = Recovery.pending(project.root).isPresent();
            String[] where = {"--project-root", project.root.toString(), "--backup-dir", project.backups.toString()};
            for (Scripts.Result result : List.of(Scripts.run("list_backups", where), Scripts.run("validate_backup", where),
                project.restore("--latest", "--dry-run"))) {
                assertEquals(0, result.exitCode(), result::toString);
                assertEquals(interrupted, result.stderr().contains("was interrupted"), result::toString);
            }
            // By the last calls of all nothing is left to recover, and another restore would be one, with a safety backup of its own.
            if (interrupted) {
                Scripts.Result another = project.restore("--latest", "--yes");
                assertEquals(5, another.exitCode(), another::toString);
                assertTrue(another.stderr().contains("Next:  jbang restore_pps.java --recover"), another::toString);
                assertEquals(0, project.restore("--recover").exitCode());
            }
            Scripts.Result again = project.restore("--recover");
            assertEquals(0, again.exitCode(), again::toString);
            assertTrue(again.stdout().contains("nothing to recover"), again::toString);
            restore.isAfter(project, call);
            KillProject.remove(project);
        });
        Points.report("kills looked at with every script", chosen.size(), lastOfEachPhase(calls).size(), Map.of());
    }

    private static String kill(KillProject template, Strace.Call call, String... arguments) {
        TestProject project = template.copy();
        Scripts.Result result = Scripts.with().runCommand(Strace.killing(call, KillProject.restoreCommand(project, arguments)));
        String where = "killed at " + call + "\n" + result;
        boolean interrupted = Recovery.pending(project.root).isPresent();
        boolean isAfter = template.checkInterrupted(project, where);
        if (isAfter && ThreadLocalRandom.current().nextInt(Points.isLong() ? 1 : 4) == 0) {
            // The safety backup is not only there: it brings back exactly what there was.
            KillProject.undo(project);
            template.before().files().assertSame(project.tree().files(), "after an undo, " + where);
        }
        KillProject.remove(project);
        return result.exitCode() != 137 ? "not reached" : isAfter ? "new" : interrupted ? "old" : "old, nothing begun";
    }

    /** Returns the calls by which a run changes anything in the project or among its backups. */
    private static List<Strace.Call> callsOf(KillProject template, String... arguments) {
        TestProject project = template.copy();
        Path log = directory.resolve("calls" + ThreadLocalRandom.current().nextLong() + ".strace");
        Scripts.Result result = Scripts.with().runCommand(Strace.recording(log, KillProject.restoreCommand(project, arguments)));
        assertEquals(0, result.exitCode(), result::toString);
        List<Strace.Call> calls = Strace.changesBelow(log, List.of(project.root.getParent()));
        KillProject.remove(project);
        return calls;
    }

    private static void count(Map<String, Integer> ends, String end) {
        synchronized (ends) {
            ends.merge(end, 1, Integer::sum);
        }
    }
}
