package pps;

//SOURCES ExitCode.java Failure.java SafeText.java Stack.java

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * A host path that a service mounts and that is not as it should be: Docker makes an empty directory in the place of a missing one, with
 * exit code 0, and a database then starts as new and empty. {@code sinceBefore} tells that it was so when the stack was looked at, too.
 */
public record BindProblem(String service, Path source, String target, String what, boolean sinceBefore) {

    /** Compares every bind source of the stack with what it was when the stack was looked at. */
    static List<BindProblem> of(Stack stack) {
        List<BindProblem> problems = new ArrayList<>();
        Set<Path> known = new LinkedHashSet<>();
        for (Stack.Service service : stack.services()) {
            for (Stack.Bind bind : service.binds()) {
                Stack.Kind now = Stack.Kind.of(bind.source());
                String what = wrongWith(bind, now);
                if (!what.isEmpty() && known.add(bind.source())) {
                    problems.add(new BindProblem(service.name(), bind.source(), bind.target(), what, now == bind.kind()));
                }
            }
        }
        return List.copyOf(problems);
    }

    private static String wrongWith(Stack.Bind bind, Stack.Kind now) {
        if (now == Stack.Kind.MISSING) {
            return bind.createHostPath() ? "is missing (Docker would put an empty directory in its place)" : "is missing";
        }
        if (bind.kind() != Stack.Kind.MISSING && now != bind.kind()) {
            return "is " + now.words() + ", and was " + bind.kind().words() + " before";
        }
        if (now == Stack.Kind.DIRECTORY && looksLikeFile(bind.target()) && isEmpty(bind.source())) {
            return "is an empty directory, where a file is wanted (Docker makes one when a mounted file is missing)";
        }
        return "";
    }

    /** A name like {@code lyra.token} or {@code neo4j-entrypoint.sh}; {@code conf.d} is a directory. */
    private static boolean looksLikeFile(String target) {
        String name = target.substring(target.lastIndexOf('/') + 1);
        return name.matches(".*[^.]\\.[A-Za-z][A-Za-z0-9]{0,9}") && !name.endsWith(".d");
    }

    private static boolean isEmpty(Path directory) {
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
            return !entries.iterator().hasNext();
        } catch (AccessDeniedException e) {
            return false; // what may not be listed was not made by Docker for lack of a file
        } catch (IOException e) {
            throw Failure.of(ExitCode.FAILED, "The directory " + SafeText.quote(directory) + " cannot be read").because(e);
        }
    }
}
