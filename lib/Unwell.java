package pps;

//SOURCES ExitCode.java Failure.java SafeText.java Stack.java

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * A service that is not well: {@code container} names the container that shows it (empty when there is none), {@code what} says in a few
 * words what is wrong, {@code next} is the command that shows more. Names are as Docker gave them: quote them before they are shown.
 */
public record Unwell(String service, String container, String what, String next) {
    /** Returns the failure that these services, of which there is at least one, are not well when the time is over. */
    static Failure failure(List<Unwell> unwell, Duration within) {
        return Failure.of(ExitCode.UNHEALTHY, "Not healthy within " + within.toSeconds() + " s: "
            + unwell.stream().map(one -> SafeText.quote(one.service()) + " is " + one.what()).collect(Collectors.joining(", ")))
            .next(unwell.get(0).next());
    }

    /**
     * Judges the containers of services again and again. State and health as Docker reports them are not enough: a service without a
     * health check that crashes and is restarted looks as if it ran well between two crashes. So such a one counts as well only after
     * it has been seen twice, {@link #STEADY} apart, with the same start time.
     */
    static final class Judge {
        /** How long a program without a health check has to run on before it counts as well. */
        static final Duration STEADY = Duration.ofSeconds(5);
        private static final String NOT_STARTED = "not started";
        private static final String TOO_SHORT = "running, but for less than ";

        private record Seen(String startedAt, long nanos) {
        }

        private final Map<String, Seen> firstSeen = new HashMap<>();
        private final Map<String, String> startedBefore = new HashMap<>();
        private final Duration steady;
        private final Function<String, String> nextCommand;

        /**
         * {@code steady} is zero for a single look; {@code before} are the containers before they were stopped: one that has ended and was
         * not started since then has not failed, but waits for others; {@code nextCommand} gives the command that shows more of a service.
         */
        Judge(Duration steady, List<Stack.Container> before, Function<String, String> nextCommand) {
            this.steady = steady;
            this.nextCommand = nextCommand;
            before.forEach(container -> startedBefore.put(container.id(), container.startedAt()));
        }

        /** Returns the services that are not well at this look: the causes, then what may yet be well, then what only waits for others. */
        List<Unwell> judge(Set<String> services, List<Stack.Container> containers, long nowNanos) {
            List<Unwell> unwell = new ArrayList<>();
            for (String service : services) {
                List<Stack.Container> own = containers.stream().filter(container -> container.service().equals(service)).toList();
                if (own.isEmpty()) {
                    unwell.add(new Unwell(service, "", "it has no container", nextCommand.apply(service)));
                }
                for (Stack.Container container : own) {
                    String what = wrongWith(container, nowNanos);
                    if (!what.isEmpty()) {
                        unwell.add(new Unwell(service, container.name(), what, nextCommand.apply(service)));
                        break;
                    }
                }
            }
            unwell.sort(Comparator.comparing(one -> one.what().equals(NOT_STARTED) ? 2 : one.what().startsWith(TOO_SHORT) ? 1 : 0));
            return List.copyOf(unwell);
        }

        private String wrongWith(Stack.Container container, long nowNanos) {
            Seen seen = firstSeen.get(container.id());
            if (seen == null || !seen.startedAt().equals(container.startedAt())) {
                seen = new Seen(container.startedAt(), nowNanos);
                firstSeen.put(container.id(), seen);
            }
            boolean ranOn = nowNanos - seen.nanos() >= steady.toNanos();
            return switch (container.state()) {
                case "running" -> switch (container.health()) {
                    case "healthy" -> container.restartCount() == 0 || ranOn ? "" : restarts("healthy, but only just", container);
                    case "" -> ranOn ? "" : restarts(TOO_SHORT + steady.toSeconds() + " seconds", container);
                    case "starting" -> restarts("still starting: its health check has not passed yet", container);
                    default -> restarts(container.health(), container);
                };
                case "restarting" -> restarts("restarting, exited with code " + container.exitCode(), container);
                case "exited" -> container.startedAt().equals(startedBefore.get(container.id())) ? NOT_STARTED
                    : container.exitCode() == 0 && endsForGood(container) ? "" : "exited with code " + container.exitCode();
                case "created" -> NOT_STARTED;
                default -> container.state();
            };
        }

        /** Waiting longer is no use for these: nothing will start them again. */
        static boolean isFinal(Unwell unwell, List<Stack.Container> containers) {
            return !unwell.what().equals(NOT_STARTED) && containers.stream().anyMatch(container -> container.name().equals(unwell.container())
                && container.state().equals("exited") && isJob(container));
        }

        private static boolean isJob(Stack.Container container) {
            return container.restart().isEmpty() || container.restart().equals("no");
        }

        private static boolean endsForGood(Stack.Container container) {
            return isJob(container) || container.restart().equals("on-failure");
        }

        private static String restarts(String what, Stack.Container container) {
            return switch (container.restartCount()) {
                case 0 -> what;
                case 1 -> what + ", 1 restart";
                default -> what + ", " + container.restartCount() + " restarts";
            };
        }
    }
}
