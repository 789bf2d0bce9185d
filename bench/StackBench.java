package bench;

//SOURCES BenchFailure.java
//SOURCES Contest.java
//SOURCES DataSet.java
//SOURCES EngineEvents.java
//SOURCES Report.java
//SOURCES RestoreBench.java
//SOURCES Runner.java
//SOURCES Trees.java
//SOURCES Workbench.java

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Predicate;

/**
 * For how long a stack is down when it is restored and backed up, by the clock of the engine: from the first container that ended to the
 * last one that was started or healthy. The stack is the stand-in for PPS of the test bed, on a copy of the data.
 */
public final class StackBench implements AutoCloseable {
    private static final String IMAGE = "pps-test/busybox:1";
    private static final long HEALTHY_WITHIN = 120_000_000_000L;
    /** What the stack itself writes, or needs to run. */
    private static final Predicate<String> OF_THE_STACK = RestoreBench.OUR_OWN.or(path -> path.startsWith("pps/") || path.startsWith("claude/")
        || path.startsWith("docker/pps/ntfy_cache/") || path.endsWith("/heartbeat") || path.endsWith("/chroma.log") || path.endsWith("/neo4j.log"));

    private final Workbench bench;
    private final DataSet data;
    private final Path root;
    private final Path compose;
    private final String name = "ppsb" + UUID.randomUUID().toString().substring(0, 8);
    private final List<Double> alone = new ArrayList<>();
    private final List<Double> restore = new ArrayList<>();
    private final List<Double> backup = new ArrayList<>();
    private final List<Double> copy = new ArrayList<>();
    private final List<Double> wholeRestore = new ArrayList<>();
    private final List<Double> wholeBackup = new ArrayList<>();

    /** Copies a data set and puts a stack beside it; nothing runs yet. */
    public StackBench(Workbench bench, DataSet data) {
        this.bench = bench;
        this.data = data;
        root = bench.work.resolve("stack");
        compose = root.resolve("pps/docker");
    }

    /** Returns why there is nothing to measure with, or null. */
    public static String whyNot(Workbench bench) {
        if (System.getenv("DOCKER_HOST") == null) {
            return "DOCKER_HOST is not set; `start-docker.sh start SOCKET` of the test bed starts an engine and prints it";
        }
        if (!Files.isDirectory(testbed(bench).resolve("stack"))) {
            return "there is no test bed in " + testbed(bench) + " (PPS_SHARED names another place than ../shared)";
        }
        return Runner.said(List.of("docker", "version", "--format", "{{.Server.Version}}")).matches("\\d+\\.\\d.*") ? null
            : "no Docker engine answers at " + System.getenv("DOCKER_HOST");
    }

    private static Path testbed(Workbench bench) {
        String shared = System.getenv("PPS_SHARED");
        return (shared == null || shared.isEmpty() ? bench.checkout.resolveSibling("shared") : Path.of(shared)).resolve("testbed");
    }

    /** Stops and starts the stack by hand, restores, backs up and copies, in turns. */
    public void run() {
        Path archive = bench.indexed(data, "gzip");
        prepare();
        docker("compose", "up", "-d");
        awaitHealthy();
        try (EngineEvents events = new EngineEvents(name)) {
            for (int round = 0; round <= bench.runs; round++) {
                boolean counts = round > 0;
                note(counts, alone, events.down(() -> {
                    docker("compose", "stop");
                    docker("compose", "up", "-d");
                    awaitHealthy();
                }));
                Trees.files(root).entrySet().stream().filter(file -> data.byPlace().containsKey(file.getKey())).forEach(file -> RestoreBench.change(file.getValue()));
                calm(archive);
                note(counts, restore, events.down(() -> note(counts, wholeRestore, bench.runner.run(bench.ours("restore_pps.java",
                    "--backup", archive, "--project-root", root, "--yes"), bench.work, Map.of()).wall())));
                Trees.requireSame(data.byPlace(), root, OF_THE_STACK, "ours, with containers");
                Path backups = Trees.fresh(bench.work.resolve("packed"));
                copy();
                calm(root);
                note(counts, backup, events.down(() -> note(counts, wholeBackup, bench.runner.run(bench.ours("backup_pps.java",
                    "--project-root", root, "--backup-dir", backups), bench.work, Map.of()).wall())));
                Workbench.only(backups);
                Trees.delete(backups);
                copy();
                calm(root);
                note(counts, copy, copy());
                bench.progress.accept("%s, stack, %s".formatted(data.kind().name(), counts ? "run " + round + " of " + bench.runs : "warm-up"));
            }
        }
        show();
    }

    /**
     * Copies the data, removes the copy, and returns how long the copying took. Once before each copy that counts, ours too, so that all
     * find memory for the page cache that was used before: what a virtual machine touches for the first time its host has to find first.
     */
    private double copy() {
        Path copied = Trees.fresh(bench.work.resolve("copied"));
        double seconds = bench.runner.run(List.of("cp", "-a", root.resolve("entities").toString(), root.resolve("docker").toString(),
            root.resolve("haven").toString(), copied.toString()), bench.work, Map.of()).wall();
        Trees.delete(copied);
        return seconds;
    }

    private static void note(boolean counts, List<Double> to, double seconds) {
        if (counts) {
            to.add(seconds);
        }
    }

    private static void calm(Path read) {
        Trees.warm(read);
        Runner.said(List.of("sync"));
    }

    private void show() {
        double s = median(alone);
        double down = median(restore);
        double copying = median(copy);
        bench.report.say("#### Downtime with containers, by the engine's clock (engine " + docker("version", "--format",
            "{{.Server.Version}}").strip() + ", Compose " + docker("compose", "version", "--short").strip() + ")");
        bench.report.table(List.of(List.of("", "down, seconds (min to max)", "whole command, seconds"),
            List.of("S: docker compose stop, docker compose up -d", range(alone), ""),
            List.of("ours: restore_pps.java over a project of which every file differs", range(restore), Report.number("%.1f",
            median(wholeRestore))),
            List.of("ours: backup_pps.java", range(backup), Report.number("%.1f", median(wholeBackup))),
            List.of("cp -a of the data, for comparison", "", range(copy))));
        String size = switch (data.kind().name()) {
            case "small" -> "65 MB";
            case "large" -> "3 GB";
            default -> data.kind().name();
        };
        bench.report.atMost("downtime of a restore, " + size + ": at most S + 0.5 s", s + 0.5, down, Report.number("%.2f s, S is %.2f s",
            down, s));
        bench.report.atMost("downtime of a backup, " + size + ": at most S + 1.5 times `cp -a`", s + 1.5 * copying, median(backup),
            Report.number("%.2f s, S is %.2f s, `cp -a` takes %.2f s", median(backup), s, copying));
    }

    private static double median(List<Double> seconds) {
        return Contest.median(seconds.stream().mapToDouble(Double::doubleValue).toArray());
    }

    private static String range(List<Double> seconds) {
        return Report.number("%.2f (%.2f to %.2f)", median(seconds), seconds.stream().mapToDouble(Double::doubleValue).min().orElse(0),
            seconds.stream().mapToDouble(Double::doubleValue).max().orElse(0));
    }

    private void prepare() {
        bench.runner.run(List.of("sh", testbed(bench).resolve("build-image.sh").toString(), IMAGE), bench.work, Map.of());
        Trees.delete(root);
        bench.runner.run(List.of("cp", "-a", data.project().toString(), root.toString()), bench.work, Map.of());
        try {
            for (String path : List.of("pps/docker", "docker/pps/ntfy_cache", "claude/data", "claude/journals")) {
                Files.createDirectories(root.resolve(path));
            }
            Files.copy(testbed(bench).resolve("stack/docker-compose.yml"), compose.resolve("docker-compose.yml"));
            Path entrypoint = Files.copy(testbed(bench).resolve("stack/neo4j-entrypoint.sh"), compose.resolve("neo4j-entrypoint.sh"));
            if (!entrypoint.toFile().setExecutable(true, false)) {
                throw new BenchFailure(entrypoint + " cannot be made executable");
            }
            // ntfy ignores TERM; without this every stop would take ten seconds, and hide everything else.
            Files.writeString(compose.resolve("docker-compose.override.yml"), "services: {ntfy: {stop_signal: SIGKILL}}\n");
            Files.writeString(compose.resolve(".env"), "COMPOSE_PROJECT_NAME=" + name + "\nCN=" + name + "\nPROJECT_ROOT=" + root
                + "\nLYRA_ENTITY_PATH=" + root.resolve("entities/lyra") + "\nCLAUDE_HOME=" + root.resolve("claude") + "\n");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void awaitHealthy() {
        long end = System.nanoTime() + HEALTHY_WITHIN;
        List<String> ids = docker("compose", "ps", "-aq").lines().toList();
        List<String> inspect = new ArrayList<>(List.of("inspect", "--format",
            "{{.State.Status}} {{if .State.Health}}{{.State.Health.Status}}{{end}}"));
        inspect.addAll(ids);
        while (!docker(inspect.toArray(String[]::new)).lines().allMatch(state -> state.strip().matches("running( healthy)?"))) {
            if (System.nanoTime() > end) {
                throw new BenchFailure("The stack did not become healthy: " + docker("compose", "ps", "-a"));
            }
            pause();
        }
    }

    private static void pause() {
        try {
            Thread.sleep(50);
        } catch (InterruptedException e) {
            throw new BenchFailure("interrupted", e);
        }
    }

    private String docker(String... arguments) {
        List<String> command = new ArrayList<>(List.of("docker"));
        command.addAll(List.of(arguments));
        return bench.runner.out(command, compose, Map.of());
    }

    /** Removes the containers, their network and the copy of the data. */
    @Override
    public void close() {
        if (Files.exists(compose.resolve(".env"))) {
            docker("compose", "down", "-v", "--timeout", "1");
        }
        Trees.delete(root);
    }
}
