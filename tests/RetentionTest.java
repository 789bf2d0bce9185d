package pps;

//DEPS org.junit.jupiter:junit-jupiter:5.14.4
//SOURCES ../lib/Retention.java

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("Which backups stay")
class RetentionTest {
    /** Monday. */
    private static final LocalDateTime NOW = LocalDateTime.parse("2026-03-02T04:00:00");

    private static List<BackupDirectory.Backup> backups(String... times) {
        return Arrays.stream(times).map(LocalDateTime::parse)
            .map(time -> new BackupDirectory.Backup(Path.of(BackupDirectory.nameFor(BackupDirectory.BACKUP, time)), time)).toList();
    }

    private static List<BackupDirectory.Backup> nightly(int nights) {
        return backups(IntStream.range(0, nights).mapToObj(night -> NOW.minusDays(night).toString()).toArray(String[]::new));
    }

    private static String kept(Retention retention, List<BackupDirectory.Backup> backups) {
        return retention.judge(backups).stream().filter(verdict -> !verdict.goes())
            .map(verdict -> verdict.backup().createdAt().toString()).collect(Collectors.joining(" "));
    }

    @Test
    @DisplayName("the last N stay, whenever they were made")
    void last() {
        List<BackupDirectory.Backup> backups = backups("2026-03-02T04:00", "2026-03-02T03:00", "2020-01-01T00:00", "2019-01-01T00:00");
        assertEquals("2026-03-02T04:00 2026-03-02T03:00 2020-01-01T00:00", kept(new Retention(3, 0, 0, 0), backups));
        assertEquals(4, new Retention(99, 0, 0, 0).judge(backups).stream().filter(verdict -> !verdict.goes()).count());
    }

    @Test
    @DisplayName("of each day the newest stays, and days without a backup do not count")
    void daily() {
        assertEquals("2026-03-02T23:59 2026-02-10T12:00 2026-01-01T00:00", kept(new Retention(0, 3, 0, 0), backups("2026-03-02T23:59",
            "2026-03-02T00:00", "2026-02-10T12:00", "2026-02-10T11:59", "2026-01-01T00:00", "2025-12-31T23:59")));
    }

    @Test
    @DisplayName("weeks begin on Monday, and the last days of December belong to the first week of the year where ISO says so")
    void weekly() {
        assertEquals("2026-03-02T04:00 2026-03-01T04:00", kept(new Retention(0, 0, 2, 0), nightly(8)));
        // Monday, 30 December 2024, is in week 1 of 2025, together with Wednesday, 1 January.
        assertEquals("2025-01-01T04:00 2024-12-29T04:00",
            kept(new Retention(0, 0, 2, 0), backups("2025-01-01T04:00", "2024-12-30T04:00", "2024-12-29T04:00", "2024-12-28T04:00")));
    }

    @Test
    @DisplayName("the same month of another year is another month")
    void monthly() {
        assertEquals("2026-03-02T04:00 2026-02-28T04:00 2025-03-30T04:00",
            kept(new Retention(0, 0, 0, 3), backups("2026-03-02T04:00", "2026-03-01T04:00", "2026-02-28T04:00", "2026-02-01T04:00",
                "2025-03-30T04:00", "2025-03-01T04:00", "2024-03-01T04:00")));
    }

    @Test
    @DisplayName("what any rule keeps stays, and the reasons are told")
    void union() {
        List<Retention.Verdict> verdicts = new Retention(2, 4, 2, 2).judge(nightly(60));
        assertAll(
            () -> assertEquals("2026-03-02T04:00 2026-03-01T04:00 2026-02-28T04:00 2026-02-27T04:00",
                kept(new Retention(2, 4, 2, 2), nightly(60))),
            () -> assertEquals(List.of("the newest", "one of the last 2", "the newest of its day", "the newest of its week",
                "the newest of its month"), verdicts.get(0).keptBy()),
            () -> assertEquals(List.of("the newest of its day", "the newest of its month"), verdicts.get(2).keptBy()),
            () -> assertTrue(verdicts.get(4).goes()),
            () -> assertEquals("the last 2, one for each of 4 days, one for each of 2 weeks, one for each of 2 months",
                new Retention(2, 4, 2, 2).inWords()));
    }

    @Test
    @DisplayName("after a year of nights, 7 daily, 4 weekly and 12 monthly are the 19 that restic would keep")
    void year() {
        String kept = kept(new Retention(0, 7, 4, 12), nightly(365));
        // 7 days from 2 March back to 24 February; Sundays 1 March (a day already), 22 and 15 February; ends of February (a day) to April.
        assertEquals("2026-03-02T04:00 2026-03-01T04:00 2026-02-28T04:00 2026-02-27T04:00 2026-02-26T04:00 2026-02-25T04:00 2026-02-24T04:00 "
            + "2026-02-22T04:00 2026-02-15T04:00 2026-01-31T04:00 2025-12-31T04:00 2025-11-30T04:00 2025-10-31T04:00 2025-09-30T04:00 "
            + "2025-08-31T04:00 2025-07-31T04:00 2025-06-30T04:00 2025-05-31T04:00 2025-04-30T04:00", kept);
    }

    @Test
    @DisplayName("the newest always stays, even if no rule names it, and rules of nothing are known as such")
    void newest() {
        assertEquals("2026-03-02T04:00", kept(new Retention(0, 0, 0, 0), nightly(3)));
        assertFalse(new Retention(0, 0, 0, 0).keepsAny());
        assertTrue(new Retention(0, 0, 1, 0).keepsAny());
        assertEquals(List.of(), new Retention(1, 1, 1, 1).judge(List.of()));
    }
}
