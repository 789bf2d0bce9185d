package pps;

//SOURCES BackupDirectory.java
//SOURCES Contents.java
//SOURCES ExitCode.java
//SOURCES Failure.java
//SOURCES Ownership.java
//SOURCES Reason.java
//SOURCES SafeText.java

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * How backups are doing, as a text file that Prometheus' node_exporter collects. It is replaced at once, never half written, and readable
 * for everyone, since the collector is another user; names of sources are all that it tells of the project.
 */
public final class Metrics {
    private final StringBuilder text = new StringBuilder();

    private Metrics() {
    }

    /** What the last run did: {@code down} is null when no stack was stopped. */
    public record Run(ExitCode exitCode, Duration took, Duration down, int warnings) {
    }

    /**
     * Writes the file anew. When the last success was is told by the newest backup's name, so a failed run leaves it as it was.
     *
     * @param run     what the run did, or null when none was made
     * @param sources what the newest backup holds, or nothing when that is not known
     */
    public static void write(Path file, BackupDirectory directory, Run run, Map<String, Contents.Total> sources, LocalDateTime now) {
        Path target = file.toAbsolutePath().normalize();
        try {
            Metrics metrics = new Metrics();
            metrics.describe(directory.newestFirst(), run, sources, now);
            Path next = target.resolveSibling("." + target.getFileName() + ".next");
            Files.writeString(next, metrics.text.toString());
            Files.setPosixFilePermissions(next, Ownership.permissions(0644));
            Files.move(next, target, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw Failure.of(ExitCode.FAILED, "Cannot write the metrics to " + SafeText.quote(target) + ": " + Reason.of(e)).because(e);
        }
    }

    private void describe(List<BackupDirectory.Backup> backups, Run run, Map<String, Contents.Total> sources, LocalDateTime now) throws IOException {
        gauge("pps_backup_count", "Backups in the backup directory.", backups.size());
        if (!backups.isEmpty()) {
            BackupDirectory.Backup newest = backups.get(0);
            gauge("pps_backup_last_success_timestamp_seconds", "When the newest backup was made, by its name.",
                newest.createdAt().atZone(ZoneId.systemDefault()).toEpochSecond());
            gauge("pps_backup_age_seconds", "How old the newest backup was when this file was written.",
                Duration.between(newest.createdAt(), now).toSeconds());
            gauge("pps_backup_size_bytes", "Size of the newest backup.", Files.size(newest.file()));
        }
        if (run != null) {
            gauge("pps_backup_last_run_exit_code", "How the last run ended; 0 is done.", run.exitCode().number());
            gauge("pps_backup_last_run_timestamp_seconds", "When the last run ended.", now.atZone(ZoneId.systemDefault()).toEpochSecond());
            gauge("pps_backup_last_run_warnings", "Warnings of the last run.", run.warnings());
            gauge("pps_backup_duration_seconds", "How long the last run took.", seconds(run.took()));
            if (run.down() != null) {
                gauge("pps_backup_downtime_seconds", "How long the last run kept the stack down.", seconds(run.down()));
            }
        }
        if (!sources.isEmpty()) {
            head("pps_backup_source_files", "Files of a source in the newest backup.");
            sources.forEach((name, total) -> line("pps_backup_source_files{source=\"" + label(name) + "\"}", total.files()));
            head("pps_backup_source_bytes", "Bytes of a source in the newest backup, before compression.");
            sources.forEach((name, total) -> line("pps_backup_source_bytes{source=\"" + label(name) + "\"}", total.bytes()));
        }
    }

    private void gauge(String name, String help, Object value) {
        head(name, help);
        line(name, value);
    }

    private void head(String name, String help) {
        text.append("# HELP ").append(name).append(' ').append(help).append("\n# TYPE ").append(name).append(" gauge\n");
    }

    private void line(String name, Object value) {
        text.append(name).append(' ').append(value).append('\n');
    }

    private static String seconds(Duration duration) {
        return String.format(Locale.ROOT, "%.3f", duration.toMillis() / 1000.0);
    }

    /** The three characters that Prometheus wants escaped in a label. */
    private static String label(String name) {
        return name.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n");
    }
}
