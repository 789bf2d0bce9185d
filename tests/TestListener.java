package pps;

//SOURCES ../lib/Listener.java

/** A listener that keeps nothing and is never interrupted; a test overrides what it is about. */
class TestListener implements Listener {
    /** Returns one that runs something at every safe point, which a real run reaches between two pieces of its work. */
    static Listener atSafePoints(Runnable action) {
        return new TestListener() {
            @Override
            public void checkInterrupted() {
                action.run();
            }
        };
    }

    @Override
    public void info(String message) {
        // of no interest to this test
    }

    @Override
    public void warning(String message) {
        // of no interest to this test
    }

    @Override
    public void detail(String message) {
        // of no interest to this test
    }

    @Override
    public void checkInterrupted() {
        // nobody interrupts this test
    }
}
