package pps;

import java.util.Locale;

/** Numbers of bytes as people read them. */
public final class SizeText {
    private static final String[] UNITS = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};

    private SizeText() {
    }

    /** Returns a number of files with their size: {@code 1 file, 17 B}. */
    public static String ofFiles(long files, long bytes) {
        return files + (files == 1 ? " file, " : " files, ") + of(bytes);
    }

    /** Returns a number of bytes with one digit behind the point, in units of 1,024: {@code 17 B}, {@code 1.8 MiB}. */
    public static String of(long bytes) {
        if (bytes < 1024) {
            return bytes + " B";
        }
        double value = bytes;
        int unit = -1;
        while (value >= 1023.95 && unit < UNITS.length - 1) {
            value /= 1024;
            unit++;
        }
        return String.format(Locale.ROOT, "%.1f %s", value, UNITS[Math.max(unit, 0)]);
    }
}
