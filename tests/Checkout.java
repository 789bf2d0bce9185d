package pps;

import java.nio.file.Files;
import java.nio.file.Path;
import org.opentest4j.TestAbortedException;

//DEPS org.opentest4j:opentest4j:1.3.0

/** Where the tests find the sources of this toolkit, for those that look at files and not only at classes. */
final class Checkout {
    private Checkout() {
    }

    /** Returns the root of the checkout; a test that asks for it where there is none, run from a URL perhaps, counts as skipped. */
    static Path root() {
        Path root = rootOrNull();
        if (root == null) {
            throw new TestAbortedException("needs a checkout of pps-restore: run it through ./jbang test");
        }
        return root;
    }

    /** Returns what the launcher named, else the nearest checkout upwards of the current directory, else null. */
    static Path rootOrNull() {
        String named = System.getenv("PPS_RESTORE_CHECKOUT");
        if (named != null && isCheckout(Path.of(named))) {
            return Path.of(named);
        }
        for (Path directory = Path.of("").toAbsolutePath(); directory != null; directory = directory.getParent()) {
            if (isCheckout(directory)) {
                return directory;
            }
        }
        return null;
    }

    private static boolean isCheckout(Path directory) {
        return Files.isRegularFile(directory.resolve("tests/run_tests.java")) && Files.isDirectory(directory.resolve("lib"));
    }
}
