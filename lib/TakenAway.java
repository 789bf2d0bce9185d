package pps;

//SOURCES Archived.java
//SOURCES ExitCode.java
//SOURCES Failure.java
//SOURCES FileFacts.java
//SOURCES Plan.java
//SOURCES Reason.java
//SOURCES SafeText.java
//SOURCES SizeText.java

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What a restore takes out of the way, and when it refuses to, before it touches anything: that it is too much, or could not be kept. */
final class TakenAway {
    private TakenAway() {
    }

    /** Refuses a plan by which a source would lose more than half of its files or bytes, unless that is allowed. */
    static void refuseShrink(Plan plan, boolean allowed) {
        if (allowed || plan.shrinking().isEmpty()) {
            return;
        }
        String what = plan.shrinking().stream().map(source -> source.source().name() + " ("
            + SizeText.ofFiles(source.filesBefore(), source.bytesBefore()) + " now; "
            + SizeText.ofFiles(source.filesAfter(), source.bytesAfter()) + " in the backup)").collect(Collectors.joining(", "));
        throw Failure.of(ExitCode.FAILED, "Refused: more than half would be lost of " + what).state("Nothing was touched.")
            .next("Leave it out: --skip " + plan.shrinking().stream().map(s -> SafeText.quote(s.source().name())).collect(Collectors.joining(" "))
                + "   or, if that loss is what you want: --allow-shrink");
    }

    /**
     * Refuses a plan by which something would be moved aside that a safety backup then cannot hold: to rename a file takes no right to
     * read it, so that without this the restore would be complete and could never be ended.
     *
     * @param keeps whether there will be a safety backup
     */
    static void refuseUnkeepable(Plan plan, boolean keeps) {
        if (!keeps) {
            return;
        }
        for (Plan.OfSource source : plan.sources()) {
            for (Plan.Change change : Stream.of(source.changed(), source.unchanged(), source.removed()).flatMap(List::stream).toList()) {
                Path file = source.destination().resolve(change.path());
                try {
                    requireKeepable(file, change.path());
                } catch (NoSuchFileException gone) {
                    // Removed by the running stack since the listing: it will not be moved.
                    continue;
                } catch (IOException e) {
                    throw Failure.of(ExitCode.FAILED, "Cannot read " + SafeText.quote(file) + ", which the safety backup has to hold: " + Reason.of(e))
                        .state("Nothing was touched.").because(e).next((e instanceof AccessDeniedException ? "Run it as root" : "Rename it")
                            + ", or leave its source out: --skip " + SafeText.quote(source.source().name()));
                }
            }
        }
    }

    private static void requireKeepable(Path file, String name) throws IOException {
        Archived.Kind kind = FileFacts.of(file).kind();
        // A directory cannot come here; a link is kept as it is, whatever it leads to.
        if (kind == Archived.Kind.FILE && !Files.isReadable(file) && Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
            throw new AccessDeniedException(file.toString());
        }
        if (name.indexOf('\uFFFD') >= 0 || kind == Archived.Kind.SYMLINK && Files.readSymbolicLink(file).toString().indexOf('\uFFFD') >= 0) {
            throw new IOException("its name, or where it leads, is not text in this locale");
        }
    }
}
