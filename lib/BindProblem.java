package pps;

//SOURCES CommandText.java ExitCode.java Failure.java SafeText.java Stack.java

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

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
                // An odd one that a service ran with before is none of ours; without one that is missing, nothing can run.
                boolean ranWithIt = now == bind.kind() && now != Stack.Kind.MISSING && stack.running().contains(service.name());
                String what = ranWithIt ? "" : wrongWith(bind, now);
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

    /** Returns what to tell before a restore that does not bring it. */
    String warning() {
        return "The stack mounts " + SafeText.quote(source) + ", which " + what + ". This restore does not bring it, and as long as it is "
            + "so, the stack will not be started afterwards. " + remedy(List.of(this));
    }

    /** Returns what to do about problems, in words that end before a full stop. */
    static String remedy(Collection<BindProblem> problems) {
        boolean directories = problems.stream().allMatch(one -> Files.notExists(one.source()) && !looksLikeFile(one.target()));
        return !directories ? "Put " + (problems.size() == 1 ? "it" : "them") + " right"
            : "Put back what was there, or, where it may start empty: mkdir -p " + problems.stream()
                .map(one -> SafeText.quote(CommandText.inQuotes(one.source().toString()))).collect(Collectors.joining(" "));
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
