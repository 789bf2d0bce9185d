package bench;

//SOURCES Contest.java
//SOURCES Runner.java

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;

/** What is printed in the end: tables in Markdown, and for each target of issue 5 what was measured. */
public final class Report {
    /** What issue 5 asks for, what was measured, and whether that is enough. */
    private record Target(String asked, String measured, boolean met) {
    }

    private final StringBuilder text = new StringBuilder();
    private final List<Target> targets = new ArrayList<>();
    private final Map<String, Double> peaks = new TreeMap<>();

    /** Adds a paragraph or a heading. */
    public void say(String paragraph) {
        text.append(paragraph).append("\n\n");
    }

    /**
     * Adds a table of a contest.
     *
     * @param baseline the name of the row that the others are compared with
     * @param wrote    what the column of bytes is called
     */
    public void table(Collection<Contest.Row> rows, String baseline, String wrote) {
        Contest.Row base = rows.stream().filter(row -> row.name().equals(baseline)).findFirst().orElse(null);
        List<List<String>> cells = new ArrayList<>();
        cells.add(List.of("", "seconds (min to max)", "of the baseline", "run by run", "processor s", "peak MB", wrote));
        for (Contest.Row row : rows) {
            double least = row.samples().stream().mapToDouble(Runner.Sample::wall).min().orElse(0);
            double most = row.samples().stream().mapToDouble(Runner.Sample::wall).max().orElse(0);
            double cpu = row.median(Runner.Sample::cpu);
            cells.add(List.of(row.name(), number("%.2f (%.2f to %.2f)", row.wall(), least, most),
                base == null ? "" : row == base ? "1 (baseline)" : number("%.2f", row.ratio(base)),
                base == null || row == base ? "" : number("%.2f", row.pairedRatio(base)),
                Double.isNaN(cpu) ? "-" : number("%.2f", cpu), number("%.0f", row.peakMb()), row.bytes() == 0 ? "" : megabytes(row.bytes())));
        }
        table(cells);
    }

    /** Adds a table of these cells; the first line is the heading. */
    public void table(List<List<String>> lines) {
        // A bar would end the cell.
        List<List<String>> cells = lines.stream().map(line -> line.stream().map(cell -> cell.replace("|", "\\|")).toList()).toList();
        List<Integer> widths = new ArrayList<>();
        for (int column = 0; column < cells.get(0).size(); column++) {
            int here = column;
            widths.add(Math.max(3, cells.stream().mapToInt(line -> line.get(here).length()).max().orElse(0)));
        }
        for (int i = 0; i < cells.size(); i++) {
            text.append(line(cells.get(i), widths));
            if (i == 0) {
                text.append(widths.stream().map(width -> "-".repeat(width + 2)).collect(Collectors.joining("|", "|", "|\n")));
            }
        }
        text.append('\n');
    }

    private static String line(List<String> cells, List<Integer> widths) {
        StringBuilder line = new StringBuilder("|");
        for (int i = 0; i < cells.size(); i++) {
            line.append(' ').append(cells.get(i)).append(" ".repeat(widths.get(i) - cells.get(i).length())).append(" |");
        }
        return line.append('\n').toString();
    }

    /** Notes how much memory a command of ours took, for the target about it. */
    public void peak(String data, Contest.Row row) {
        peaks.merge(data, row.peakMb(), Math::max);
    }

    /** Returns the largest peak of ours on each data set. */
    public Map<String, Double> peaks() {
        return peaks;
    }

    /** Judges a number that must not be larger than a limit. */
    public void atMost(String asked, double limit, double measured, String measuredInWords) {
        targets.add(new Target(asked, measuredInWords, measured <= limit));
    }

    /** Judges the ratio of the medians of two rows; a row that is not there, because its program is not installed, is no verdict. */
    public void ratioAtMost(String asked, double limit, Contest.Row ours, Contest.Row peer) {
        if (ours != null && peer != null) {
            atMost(asked, limit, ours.ratio(peer), number("%.2f (run by run %.2f): %.2f s to %.2f s", ours.ratio(peer), ours.pairedRatio(peer),
                ours.wall(), peer.wall()));
        }
    }

    /**
     * Returns everything.
     *
     * @param judged whether verdicts mean something: on data of another size they do not
     */
    public String text(String head, boolean judged) {
        StringBuilder all = new StringBuilder(head);
        if (!targets.isEmpty()) {
            StringBuilder tables = new StringBuilder(text);
            text.setLength(0);
            List<List<String>> cells = new ArrayList<>();
            cells.add(List.of("target of issue 5", "measured", ""));
            Function<Target, String> verdict = target -> !judged ? "not judged: --scale" : target.met() ? "met" : "MISSED";
            targets.forEach(target -> cells.add(List.of(target.asked(), target.measured(), verdict.apply(target))));
            table(cells);
            all.append("### Targets\n\n").append(text);
            text.setLength(0);
            text.append(tables);
        }
        return all.append(text).toString().stripTrailing() + "\n";
    }

    /** Formats numbers alike wherever this runs. */
    public static String number(String format, Object... numbers) {
        return String.format(Locale.ROOT, format, numbers);
    }

    /** Shows bytes as megabytes of a million. */
    public static String megabytes(long bytes) {
        return number(bytes < 10_000_000 ? "%.1f MB" : "%.0f MB", bytes / 1e6);
    }
}
