package pps;

import java.time.Duration;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;

/** Points in time as people and programs read them; both are local times of this machine, as in the names of archives. */
public final class AgeText {
    private AgeText() {
    }

    /** Returns how long before {@code now} something happened, in the largest unit that fits: {@code 3 days ago}. */
    public static String between(LocalDateTime then, LocalDateTime now) {
        Duration age = Duration.between(then, now);
        if (age.toMinutes() < 0) {
            return "in the future";
        }
        if (age.toMinutes() < 1) {
            return "just now";
        }
        if (age.toHours() < 1) {
            return counted(age.toMinutes(), "minute");
        }
        return age.toDays() < 1 ? counted(age.toHours(), "hour") : counted(age.toDays(), "day");
    }

    /** Returns the ISO form with seconds, without a zone. */
    public static String iso(LocalDateTime time) {
        return time.format(DateTimeFormatter.ISO_LOCAL_DATE_TIME);
    }

    private static String counted(long number, String unit) {
        return number + " " + unit + (number == 1 ? "" : "s") + " ago";
    }
}
