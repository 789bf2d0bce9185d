package pps;

//SOURCES ExitCode.java Failure.java SafeText.java Stack.java

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/**
 * A running container that is no service of the project and mounts one of its paths, or a parent or a child of it: it would go on writing
 * to what was moved aside. {@code project} is empty for a plain {@code docker run}; {@code readOnly} tells that it cannot write.
 */
public record Outsider(String container, String project, Path source, String target, boolean readOnly) {

    /** Returns the failure that says why nothing can be replaced while it runs. */
    Failure refusal() {
        return Failure.of(ExitCode.FAILED, "The container " + SafeText.quote(container) + ", which is not of this stack, has "
            + SafeText.quote(source) + " mounted and may write to it").state("Nothing was touched.")
            .next("docker stop " + SafeText.quote(container) + "   then try again");
    }

    /** Picks those of the containers that are outsiders to the project and mount one of the paths. */
    static List<Outsider> among(List<Stack.Container> containers, String projectName, Collection<Path> paths) {
        List<Path> real = paths.stream().map(Outsider::real).toList();
        List<Outsider> outsiders = new ArrayList<>();
        for (Stack.Container container : containers) {
            boolean service = container.project().equals(projectName) && !container.oneOff();
            if (service || !container.active()) {
                continue;
            }
            for (Stack.Bind bind : container.binds()) {
                Path source = real(bind.source());
                if (real.stream().anyMatch(path -> path.startsWith(source) || source.startsWith(path))) {
                    outsiders.add(new Outsider(container.name(), container.project(), bind.source(), bind.target(), bind.readOnly()));
                    break;
                }
            }
        }
        return List.copyOf(outsiders);
    }

    /** Returns what the owner of a backup should know of it. */
    String warning() {
        return "the container " + SafeText.quote(container) + ", which is not of this stack, has " + SafeText.quote(source)
            + " mounted and may write to it";
    }

    /** A mount of {@code /home/me/pps} and a path below a symbolic link to it are the same place. */
    private static Path real(Path path) {
        Path existing = path.toAbsolutePath().normalize();
        Path rest = Path.of("");
        while (!Files.exists(existing) && existing.getParent() != null) {
            rest = existing.getFileName().resolve(rest);
            existing = existing.getParent();
        }
        try {
            return existing.toRealPath().resolve(rest).normalize();
        } catch (IOException e) {
            throw Failure.of(ExitCode.FAILED, "The path " + SafeText.quote(path) + " cannot be resolved").because(e);
        }
    }
}
