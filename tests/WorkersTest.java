package pps;

//DEPS org.junit.jupiter:junit-jupiter:5.14.4
//SOURCES ../lib/ExitCode.java ../lib/Failure.java ../lib/Listener.java ../lib/Workers.java

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("Threads beside a procedure")
class WorkersTest {
    @Test
    @DisplayName("give what the work gives, and throw what it throws: an IOException, a Failure and an Error as they are")
    void results() throws IOException {
        try (Workers workers = new Workers("test", 2)) {
            assertEquals("done", Workers.await(workers.begin(() -> "done"), Listener.SILENT));
            IOException full = new IOException("disk full");
            assertSame(full, assertThrows(IOException.class, () -> Workers.await(failing(workers, full))));
            Failure failure = Failure.of(ExitCode.FAILED, "no");
            assertSame(failure, assertThrows(Failure.class, () -> Workers.await(failing(workers, failure), Listener.SILENT)));
            Error error = new AssertionError("a defect");
            assertSame(error, assertThrows(AssertionError.class, () -> Workers.await(failing(workers, error))));
        }
    }

    private static Future<Object> failing(Workers workers, Throwable thrown) {
        return workers.begin(() -> {
            if (thrown instanceof Error error) {
                throw error;
            }
            throw (Exception) thrown;
        });
    }

    @Test
    @DisplayName("let an interruption of the process through while one of them still works")
    void interrupted() {
        CountDownLatch held = new CountDownLatch(1);
        try (Workers workers = new Workers("test", 1)) {
            Future<Object> work = workers.begin(() -> {
                held.await();
                return null;
            });
            Failure declined = Failure.of(ExitCode.DECLINED, "Interrupted");
            assertSame(declined, assertThrows(Failure.class, () -> Workers.await(work, new Interrupting(declined))));
            held.countDown();
        }
    }

    @Test
    @DisplayName("are waited for at the end: what is under way ends, what has not begun never does")
    void end() throws InterruptedException {
        AtomicBoolean ended = new AtomicBoolean();
        AtomicBoolean second = new AtomicBoolean();
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch told = new CountDownLatch(1);
        Workers workers = new Workers("test", 1);
        workers.begin(() -> {
            begun.countDown();
            while (told.getCount() > 0) {
                Thread.onSpinWait();
            }
            ended.set(true);
            return null;
        });
        Future<Object> never = workers.begin(() -> {
            second.set(true);
            return null;
        });
        begun.await();
        workers.close(told::countDown);
        assertTrue(ended.get());
        assertTrue(!second.get() && !never.isDone(), "it was dropped");
    }

    @Test
    @DisplayName("can be left to end by themselves, with all that was handed in")
    void left() throws IOException {
        Workers workers = new Workers("test", 1);
        Future<String> first = workers.begin(() -> "first");
        Future<String> second = workers.begin(() -> "second");
        workers.leave();
        assertEquals("first second", Workers.await(first) + " " + Workers.await(second));
        assertThrows(java.util.concurrent.RejectedExecutionException.class, () -> workers.begin(() -> "third"));
    }

    /** A listener of a process that was told to end. */
    private record Interrupting(Failure declined) implements Listener {
        @Override
        public void info(String message) {
            throw new CancellationException(message);
        }

        @Override
        public void warning(String message) {
            throw new CancellationException(message);
        }

        @Override
        public void detail(String message) {
            throw new CancellationException(message);
        }

        @Override
        public void checkInterrupted() {
            throw declined;
        }
    }
}
