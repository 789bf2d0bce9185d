package pps;

//SOURCES CommandText.java
//SOURCES Compose.java
//SOURCES Completion.java
//SOURCES Failure.java
//SOURCES Journal.java
//SOURCES Listener.java
//SOURCES ProjectLock.java
//SOURCES SafeText.java
//SOURCES Stack.java

import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/** Ends an interrupted restore: forwards when its files were all live, otherwise back to how everything was. */
public final class Recovery {
    /** What a recovery did: {@code what} in a sentence; {@code unhealthy} is null when the stack is well or left alone. */
    public record Outcome(boolean wasNeeded, String what, Path safetyBackup, Failure unhealthy) {
    }

    private static final String NOTHING = "There is no interrupted restore: nothing to recover.";

    private Recovery() {
    }

    /**
     * Returns that a restore of this project was interrupted, and in what state that left it, or empty; looks only. A journal that says
     * nothing to this project is told of as well: it is in nobody's way who only looks.
     */
    public static Optional<String> pending(Path projectRoot) {
        try {
            return Optional.ofNullable(Journal.find(projectRoot)).filter(journal -> ProjectLock.holder(projectRoot) == null)
                .map(journal -> journal.describe() + ". " + journal.state() + " Next: " + CommandText.of("restore_pps.java", "--recover", "--project-root", projectRoot));
        } catch (Failure e) {
            return Optional.of(e.getMessage() + ". " + e.state() + " Next: " + e.next());
        }
    }

    /**
     * Recovers a project; does nothing, and says so, when there is nothing to recover. Throws {@link Failure} when it cannot; another try
     * is always possible.
     *
     * @param containers whether Docker may be touched, if the interrupted restore did
     */
    public static Outcome run(Path projectRoot, boolean containers, Duration healthTimeout, String recoverCommand, Listener listener) {
        if (!Journal.isLeft(projectRoot)) {
            return new Outcome(false, NOTHING, null, null);
        }
        try (ProjectLock ignored = ProjectLock.take(projectRoot, "recover")) {
            Journal journal = Journal.find(projectRoot);
            Journal.removeUnfinishedWrite(projectRoot);
            if (journal == null) {
                return new Outcome(false, NOTHING, null, null);
            }
            listener.info(journal.describe());
            requireAreas(journal, recoverCommand);
            Compose compose = containers && journal.header().composeFile() != null && journal.stack() != null
                ? Compose.of(journal.header().composeFile(), listener) : null;
            Completion completion = new Completion(projectRoot, journal, compose, listener, recoverCommand);
            String purpose = journal.header().purpose();
            boolean backup = purpose.equals(Journal.BACKUP);
            String asBefore = backup ? "Removed what the backup had left. Live data was not touched." : "Live data is as it was before the " + purpose + ".";
            return switch (journal.phase()) {
                case STAGING -> {
                    completion.clean();
                    yield new Outcome(true, backup ? asBefore : "Removed what had been unpacked. " + asBefore, null, null);
                }
                case STOPPING -> {
                    Completion.Health health = completion.bringUp(healthTimeout);
                    completion.clean();
                    yield new Outcome(true, asBefore, null, health.trouble());
                }
                case SWAPPING, ROLLING_BACK -> {
                    completion.takeBack();
                    Completion.Health health = completion.bringUp(healthTimeout);
                    yield new Outcome(true, "The old files were put back. " + asBefore, null, health.trouble());
                }
                case COMMITTED, PACKED -> {
                    Completion.Health health = completion.bringUp(healthTimeout);
                    Path safety = completion.packAndClean();
                    yield new Outcome(true, "The " + purpose + " is complete. Live data is the backup's.", safety, health.trouble());
                }
            };
        }
    }

    /**
     * Where files were moved, a directory is missing only when its disk is: without it the files that lie there would be taken for ones
     * that never were. They go together with the journal, once nothing is moved any more.
     */
    private static void requireAreas(Journal journal, String recoverCommand) {
        boolean moves = switch (journal.phase()) {
            case SWAPPING, ROLLING_BACK, COMMITTED -> true;
            case STAGING, STOPPING, PACKED -> false;
        };
        for (Path area : journal.areas()) {
            if (moves && !Files.isDirectory(area, LinkOption.NOFOLLOW_LINKS)
                && journal.groups().stream().anyMatch(group -> group.moved().startsWith(area))) {
                throw Failure.of(ExitCode.LOCKED, "The directory " + SafeText.quote(area) + ", which holds files of the interrupted "
                    + journal.header().purpose() + ", is not there; is its disk mounted?")
                    .state(journal.state() + " Nothing was touched now.").next("Mount it, then: " + recoverCommand);
            }
        }
    }
}
