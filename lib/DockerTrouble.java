package pps;

//SOURCES DockerCommand.java ExitCode.java Failure.java SafeText.java

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Turns what docker said into a {@link Failure} with a next step. Docker quotes values in some of its messages; passwords live in
 * {@code .env}, so what it says about that file is not repeated, and in all the rest known secrets are masked.
 */
final class DockerTrouble {
    private static final int LINES_SHOWN = 5;
    private static final int SHORTEST_SECRET = 4;
    /** How advice ends when nothing was touched yet. */
    static final String OR_WITHOUT = "; or, only if nothing runs on the data, leave the containers alone with --no-containers.";
    private static final Pattern REQUIRED = Pattern.compile("required variable (\\w+) is missing a value");
    private static final Pattern UNSET = Pattern.compile("\\\\?\"(\\w+)\\\\?\" variable is not set");
    private static final Pattern UNREADABLE = Pattern.compile("(?m)^(?:failed to read|open) (/.*?): (?:line (\\d+))?");
    private static final Pattern SECRET_NAME = Pattern.compile("PASS|SECRET|TOKEN|KEY|AUTH|CREDENTIAL|PWD_|_PWD", Pattern.CASE_INSENSITIVE);
    private static final Pattern ASSIGNMENT = Pattern.compile("^\\s*(?:export\\s+)?([A-Za-z_][\\w.-]*)\\s*[=:]\\s*(.*?)\\s*$");

    private DockerTrouble() {
    }

    /**
     * Returns the failure for a call that did not end well. {@code what} says what the call was for, {@code composeFile} is shown as the
     * file to mend, {@code secrets} are masked in what is quoted.
     */
    static Failure of(String what, DockerCommand.Result result, String composeFile, Set<String> secrets) {
        Failure failure = Failure.of(ExitCode.FAILED, what).state("Nothing was touched.");
        String said = result.err();
        String lower = said.toLowerCase(Locale.ROOT);
        if (result.timedOut()) {
            return copy(failure, what + ": " + DockerCommand.shown(result.command()) + " did not end in time" + quoted(said, secrets))
                .next("Look whether Docker answers (docker ps)" + OR_WITHOUT);
        }
        if (lower.contains("permission denied")
            && (lower.contains("docker daemon") || lower.contains("docker api") || lower.contains("docker.sock"))) {
            return copy(failure, "This user may not talk to Docker: permission denied on its socket")
                .next("Add the user to the group docker (sudo usermod -aG docker \"$USER\") and log in again, or run as root");
        }
        if (lower.contains("cannot connect to the docker daemon") || lower.contains("error during connect")
            || lower.contains("failed to connect to the docker api")) {
            return copy(failure, "Docker is not running, or does not answer" + quoted(said, secrets))
                .next("Start Docker (sudo systemctl start docker, or Docker Desktop)" + OR_WITHOUT);
        }
        if (lower.contains("unknown command: docker compose") || lower.contains("'compose' is not a docker command")
            || lower.contains("unknown shorthand flag: 'f'")) {
            return copy(failure, "Docker is installed without its Compose plugin (docker compose)")
                .next("Install the Compose plugin, version 2 (Debian, Ubuntu: docker-compose-v2 or docker-compose-plugin)" + OR_WITHOUT);
        }
        Matcher required = REQUIRED.matcher(said);
        if (required.find()) {
            return copy(failure, "The variable " + required.group(1) + ", which " + composeFile + " requires, is not set")
                .next("Set " + required.group(1) + " in the .env file beside " + composeFile + OR_WITHOUT);
        }
        Matcher unreadable = UNREADABLE.matcher(said);
        if (unreadable.find()) {
            // What follows quotes the line, and with it a password.
            String why = unreadable.group(2) != null ? " (line " + unreadable.group(2) + ")"
                : lower.contains("permission denied") ? " (permission denied)" : "";
            return copy(failure, "Docker Compose cannot read the file " + SafeText.quote(unreadable.group(1)) + why)
                .next("Mend that file" + OR_WITHOUT);
        }
        if (lower.contains("in variable name")) {
            return copy(failure, "Docker Compose cannot read the .env file beside " + composeFile).next("Mend the .env file" + OR_WITHOUT);
        }
        if (lower.contains("invalid interpolation format")) {
            return copy(failure, what + ": a ${...} in " + composeFile + " is not closed or not valid" + quoted(firstLine(said), secrets))
                .next("Mend " + composeFile + OR_WITHOUT);
        }
        return copy(failure, what + quoted(said, secrets)).next("Mend what Docker says" + OR_WITHOUT);
    }

    /** Returns what docker said last, on lines of its own, safe to show; empty when it said nothing. */
    static String quoted(String said, Set<String> secrets) {
        String masked = said;
        for (String secret : secrets) {
            masked = masked.replace(secret, "***");
        }
        List<String> lines = new ArrayList<>();
        for (String line : masked.split("\n")) {
            // YAML errors quote the beginning of the value between backticks. Progress lines and level=warning say nothing of the cause.
            String shown = SafeText.quoteLines(line).strip().replaceAll("`[^`]*`", "`...`");
            if (!shown.isEmpty() && !shown.startsWith("Container ") && !shown.startsWith("Network ") && !shown.contains("level=warning")) {
                lines.add("  docker: " + shown);
            }
        }
        List<String> last = lines.subList(Math.max(0, lines.size() - LINES_SHOWN), lines.size());
        return last.isEmpty() ? "" : "\n" + String.join("\n", last);
    }

    /** Returns the values that must not be shown: those of variables with a telling name, in the environment and in a {@code .env} text. */
    static Set<String> secrets(Map<String, String> environment, String envFile) {
        Set<String> secrets = new LinkedHashSet<>();
        environment.forEach((name, value) -> addSecret(secrets, name, value));
        for (String line : envFile.split("\n")) {
            Matcher assignment = ASSIGNMENT.matcher(line);
            if (assignment.matches()) {
                String value = assignment.group(2);
                addSecret(secrets, assignment.group(1), value);
                addSecret(secrets, assignment.group(1), value.replaceAll("^([\"'])(.*?)\\1.*$", "$2"));
            }
        }
        return secrets;
    }

    private static void addSecret(Set<String> secrets, String name, String value) {
        boolean path = value.startsWith("/");
        if (SECRET_NAME.matcher(name).find() && value.length() >= SHORTEST_SECRET && !path) {
            secrets.add(value);
        }
    }

    /**
     * Returns warnings about variables that are not set, where Compose takes an empty text and goes on. A dollar sign in a password in
     * {@code .env} is read as the start of a variable, so the name is shown only when the compose file itself uses it.
     */
    static List<String> unsetVariables(String said, String composeText, String composeFile) {
        Set<String> warnings = new LinkedHashSet<>();
        Matcher unset = UNSET.matcher(said);
        while (unset.find()) {
            String name = unset.group(1);
            boolean used = Pattern.compile("\\$\\{?" + Pattern.quote(name) + "\\b").matcher(composeText).find();
            warnings.add(used ? "The variable " + name + " in " + composeFile + " is not set: Docker Compose takes an empty text for it."
                : "A dollar sign in .env starts the name of a variable that is not set: a value with a dollar sign needs single quotes.");
        }
        return List.copyOf(warnings);
    }

    private static String firstLine(String said) {
        return Arrays.stream(said.split("\n")).filter(line -> line.contains("invalid interpolation")).findFirst().orElse("");
    }

    private static Failure copy(Failure failure, String what) {
        return Failure.of(failure.exitCode(), what).state(failure.state());
    }
}
