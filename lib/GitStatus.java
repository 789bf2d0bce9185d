package pps;

//SOURCES Plan.java
//SOURCES SafeText.java

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** Says which restored identity files git now sees as changed: people keep those in a repository, and would commit the old text by accident. */
public final class GitStatus {
    private static final int TIMEOUT_SECONDS = 20;

    private GitStatus() {
    }

    /** Returns a sentence that names the files, or empty when there are none, no git, or no work tree. */
    public static Optional<String> changedFiles(Plan plan) {
        List<String> files = new ArrayList<>();
        for (Plan.OfSource source : plan.sources()) {
            if (source.source().kind().equals("entity_identity")) {
                source.changed().forEach(change -> files.add(source.destination().resolve(change.path()).toString()));
                source.added().forEach(change -> files.add(source.destination().resolve(change.path()).toString()));
            }
        }
        return files.isEmpty() ? Optional.empty() : ask(plan.projectRoot(), files);
    }

    private static Optional<String> ask(Path root, List<String> files) {
        List<String> command = new ArrayList<>(List.of("git", "-C", root.toString(), "status", "--porcelain", "-z", "--"));
        command.addAll(files);
        try {
            Process git = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
            git.getOutputStream().close();
            String output = new String(git.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (!git.waitFor(TIMEOUT_SECONDS, TimeUnit.SECONDS) || git.exitValue() != 0 || output.isEmpty()) {
                return Optional.empty();
            }
            List<String> names = new ArrayList<>();
            for (String line : output.split("\0")) {
                names.add(SafeText.quote(line.length() > 3 ? line.substring(3) : line));
            }
            return Optional.of("git now sees these restored files as changed: " + String.join(", ", names));
        } catch (IOException e) {
            // No git on this machine: then nobody keeps these files in it here.
            return Optional.empty();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Optional.empty();
        }
    }
}
