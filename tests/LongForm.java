package pps;

/** Whether tests that only sample in CI do everything, and where their randomness begins; both by environment variable. */
final class LongForm {
    /** {@code PPS_TEST_LONG=1}: everything, for as long as it takes. */
    static final boolean ON = "1".equals(System.getenv("PPS_TEST_LONG"));
    /** {@code PPS_TEST_SEED}: another sample; without it, a fixed one, so that a red run can be repeated. */
    static final long SEED = seed();

    private LongForm() {
    }

    private static long seed() {
        String given = System.getenv("PPS_TEST_SEED");
        return given == null || given.isEmpty() ? 20261122L : Long.parseLong(given);
    }
}
