package pps;

//SOURCES Listener.java
//SOURCES SqliteCheck.java
//SOURCES Workers.java

import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Future;

/**
 * Opens databases one after the other in a thread of its own, while its owner does something else: SQLite's {@code integrity_check} uses
 * one core, so that it costs little time beside other work and much behind it.
 */
final class SqliteChecks implements AutoCloseable {
    private final Listener listener;
    private final SqliteCheck check;
    private final Workers thread = new Workers("check", 1);
    private final Map<Path, Future<Optional<String>>> begun = new HashMap<>();

    /** @param scratch a private directory for SQLite, which need not exist and which the caller removes */
    SqliteChecks(Path scratch, Listener listener) {
        this.listener = listener;
        this.check = new SqliteCheck(scratch);
    }

    /** Begins to check a database, which must not change any more. */
    void begin(Path database) {
        begun.put(database, thread.begin(() -> check.problem(database)));
    }

    /** Tells whether a file was taken as a database. */
    boolean includes(Path file) {
        return begun.containsKey(file);
    }

    /**
     * Returns what is wrong with a database, like {@link SqliteCheck#problem}, as soon as that is known.
     *
     * @param again whether it has to be opened now, because a log was put beside it since
     */
    Optional<String> problem(Path database, boolean again) throws IOException {
        Future<Optional<String>> known = again ? null : begun.get(database);
        return Workers.await(known != null ? known : thread.begin(() -> check.problem(database)), listener);
    }

    /** Ends what is still under way, and returns when nothing writes to the scratch directory any more. */
    @Override
    public void close() {
        thread.close(check::cancel);
    }
}
