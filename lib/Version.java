package pps;

/** The version of the toolkit, in one place for {@code --version} and for the manifests of archives. */
public final class Version {
    /** The number. */
    public static final String NUMBER = "0.1.0";
    /** The name and number. */
    public static final String TOOL = "pps-restore " + NUMBER;

    private Version() {
    }
}
