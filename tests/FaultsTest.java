package pps;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

//SOURCES KillProject.java
//SOURCES Points.java
//SOURCES Strace.java

/**
 * Lets one system call of a real restore fail, whichever it is, and holds the exit code and the words to what then lies on the disk: after 1
 * or 3 everything is as before, after 0 everything is restored, and after 5 a recovery brings one or the other.
 */
@Timeout(value = 6, unit = TimeUnit.HOURS)
class FaultsTest {
    private static final List<String> ERRORS = List.of("EIO", "ENOSPC", "EACCES");

    @TempDir
    static Path directory;
    private static KillProject project;

    /** A call of a run and the error with which it fails. */
    private record Fault(Strace.Call call, String error) {
    }

    @BeforeAll
    static void makeProject() {
        Strace.require();
        project = KillProject.create(directory);
    }

    @Test
    @DisplayName("when any of its file-changing calls fails, a restore's exit code and words say what is true")
    void everyCall() {
        List<Fault> faults = new ArrayList<>();
        for (Strace.Call call : calls("--yes", "--backup", KillProject.ARCHIVE)) {
            for (String error : Points.isLong() ? ERRORS : List.of(ERRORS.get(faults.size() % ERRORS.size()))) {
                faults.add(new Fault(call, error));
            }
        }
        List<Fault> chosen = Points.choose(faults, 40);
        Map<String, Integer> ends = new TreeMap<>();
        Points.inParallel(chosen, fault -> count(ends, fail(fault)));
        Points.report("failing calls in a restore", chosen.size(), faults.size(), ends);
    }

    @Test
    @DisplayName("when a call of a recovery fails, it can be done again and brings the old state or the new one")
    void recovery() {
        List<Strace.Call> renames = calls("--yes", "--backup", KillProject.ARCHIVE).stream().filter(call -> call.kind().startsWith("rename"))
            .toList();
        // In the middle of the swap, and when it is done: one recovery goes back, the other forward.
        List<Strace.Call> kills = List.of(renames.get(renames.size() / 2), renames.get(renames.size() - 2));
        Map<String, Integer> ends = new TreeMap<>();
        int tried = 0;
        int possible = 0;
        for (Strace.Call kill : kills) {
            TestProject interrupted = project.copy();
            Scripts.with().runCommand(Strace.killing(kill, restore(interrupted)));
            TestProject recorded = KillProject.copyOf(interrupted);
            Path log = directory.resolve("recovery" + tried + ".strace");
            Scripts.with().runCommand(Strace.recording(log, KillProject.restoreCommand(recorded, "--recover")));
            List<Strace.Call> calls = Strace.changesBelow(log, List.of(recorded.root));
            possible += calls.size();
            List<Strace.Call> chosen = Points.choose(calls, 6);
            tried += chosen.size();
            Points.inParallel(chosen, call -> {
                TestProject copy = KillProject.copyOf(interrupted);
                Scripts.Result result = Scripts.with().runCommand(Strace.failing(call, "EIO", KillProject.restoreCommand(copy, "--recover")));
                String where = "recovery of " + kill + " with EIO at " + call + "\n" + result;
                assertTrue(List.of(0, 1, 5).contains(result.exitCode()), where);
                count(ends, result.exitCode() + " " + (project.checkInterrupted(copy, where) ? "new" : "old"));
                KillProject.remove(copy);
            });
            KillProject.remove(recorded);
            KillProject.remove(interrupted);
        }
        Points.report("failing calls in a recovery", tried, possible, ends);
    }

    /** Nothing can be written any more, not even to the terminal; renames and deletions still work, as on a full disk. */
    @Test
    @DisplayName("on a disk that is full from one moment on, a restore is put back or completed, and its exit code says which")
    void fullFromThenOn() {
        List<Strace.Call> writes = calls("--yes", "--backup", KillProject.ARCHIVE).stream().filter(call -> call.kind().equals("write")).toList();
        // The journal is written a few times only, and those are the moments that matter most.
        List<Strace.Call> journal = writes.stream().filter(call -> call.text().contains(".restore_journal.json.next")).toList();
        List<Strace.Call> chosen = new ArrayList<>(journal);
        chosen.addAll(Points.choose(writes, 3));
        Map<String, Integer> ends = new TreeMap<>();
        Points.inParallel(chosen, call -> {
            TestProject copy = project.copy();
            Scripts.Result result = Scripts.with().runCommand(Strace.injecting("write:error=ENOSPC:when=" + call.number() + "+", restore(copy)));
            String where = "full from " + call + "\n" + result;
            Tree now = copy.tree();
            String fromOld = project.before().differences(now);
            String fromNew = project.after().withoutDirectoryTimes().differences(now.withoutDirectoryTimes());
            assertTrue(result.exitCode() == 5 || (result.exitCode() == 0 ? fromNew : fromOld).isEmpty(), () -> where + fromOld);
            boolean ended = project.checkInterrupted(copy, where);
            count(ends, "exit code " + result.exitCode() + (result.exitCode() == 5 ? ended ? " then new" : " then old" : ""));
            KillProject.remove(copy);
        });
        Points.report("disks full from one moment on", chosen.size(), writes.size(), ends);
        // Going back needs no room: it must not wait for a recovery.
        assertTrue(ends.containsKey("exit code 1") && !ends.containsKey("exit code 5 then old"), ends.toString());
    }

    private static String fail(Fault fault) {
        TestProject copy = project.copy();
        Scripts.Result result = Scripts.with().runCommand(Strace.failing(fault.call(), fault.error(), restore(copy)));
        String where = fault + "\n" + result;
        // Owners are given where they can be, and that some were not is said.
        boolean owners = !result.stderr().contains("which only root can give");
        Tree now = owners ? copy.tree() : copy.tree().withoutOwners();
        boolean old = project.before().differences(now).isEmpty();
        Tree after = owners ? project.after() : project.after().withoutOwners();
        boolean restored = after.withoutDirectoryTimes().differences(now.withoutDirectoryTimes()).isEmpty();
        switch (result.exitCode()) {
            case 0 -> assertTrue(restored, () -> "done, but not restored: " + after.withoutDirectoryTimes()
                .differences(now.withoutDirectoryTimes()) + where);
            case 1, 3 -> {
                assertTrue(old, () -> "not as before: " + project.before().differences(now) + where);
                // strace counts the calls of each thread: the Nth write fails in all of them, and one may be the line with the very words.
                boolean wordsFailed = fault.call().kind().equals("write") && result.stderr().contains("Error: ") && !result.stderr().contains("State: ");
                assertTrue(wordsFailed || result.stderr().contains("othing was touched") || result.stderr().contains("as it was before"), where);
            }
            case 5 -> assertTrue(result.stderr().contains("Next:  ") && result.stderr().contains("--recover"), where);
            default -> throw new AssertionError("exit code " + where);
        }
        boolean ended = !owners ? restored : project.checkInterrupted(copy, where);
        assertTrue(result.exitCode() == 5 || ended == restored, where);
        KillProject.remove(copy);
        return result.exitCode() + (result.exitCode() == 5 ? ended ? " then new" : " then old" : "");
    }

    private static List<String> restore(TestProject copy) {
        return KillProject.restoreCommand(copy, "--yes", "--backup", KillProject.ARCHIVE);
    }

    private static List<Strace.Call> calls(String... arguments) {
        try {
            TestProject copy = project.copy();
            Path log = Files.createTempFile(directory, "calls", ".strace");
            Scripts.Result result = Scripts.with().runCommand(Strace.recording(log, KillProject.restoreCommand(copy, arguments)));
            assertEquals(0, result.exitCode(), result::toString);
            List<Strace.Call> calls = Strace.changesBelow(log, List.of(copy.root.getParent()));
            KillProject.remove(copy);
            return calls;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void count(Map<String, Integer> ends, String end) {
        synchronized (ends) {
            ends.merge(end, 1, Integer::sum);
        }
    }
}
