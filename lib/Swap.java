package pps;

//SOURCES Archived.java
//SOURCES Contents.java
//SOURCES Coverage.java
//SOURCES Durable.java
//SOURCES Failure.java
//SOURCES FileFacts.java
//SOURCES LiveFiles.java
//SOURCES Manifest.java
//SOURCES Ownership.java
//SOURCES Places.java
//SOURCES Plan.java
//SOURCES Reason.java
//SOURCES SafeText.java
//SOURCES SourceMap.java
//SOURCES SqliteCheck.java
//SOURCES SwapGroup.java

import java.io.IOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The moment when staged files take the place of live ones: renames only, each of which is on one file system and therefore happens
 * wholly or not at all. Where each file is tells whether its rename has happened, so that going back works from any point, any number of
 * times.
 */
final class Swap {
    private Swap() {
    }

    /** Does the renames of all groups. Throws what the file system says at the first that fails; {@link #rollBack} is then due. */
    static void run(List<SwapGroup> groups) throws IOException {
        Set<Path> touched = new HashSet<>();
        for (SwapGroup group : groups) {
            for (Path directory : group.makes()) {
                make(directory, group);
                touched.add(directory.getParent());
            }
            for (String take : group.takes()) {
                move(group.live(), group.moved(), take, touched);
            }
        }
        for (SwapGroup group : groups) {
            for (String put : group.puts()) {
                move(group.staged(), group.live(), put, touched);
            }
        }
        sync(touched);
    }

    /**
     * Puts everything back as it was before {@link #run}, however far that came, and however far an earlier going back came. What lies in
     * a live place that the swap filled goes back to staging; where a file was to be taken and has not been, it is still the old one that
     * lies there, whatever has become of the staged one. What services wrote after the swap, in the place of an old file, beside a restored
     * database or into a unit, goes aside with the restored files that it belongs to.
     *
     * @return old files that are in neither place: somebody has deleted them since, since the swap only renames. What SQLite keeps beside
     *     a database is not among them, it comes and goes with whoever opens that
     */
    static List<Path> rollBack(List<SwapGroup> groups) throws IOException {
        Set<Path> touched = new HashSet<>();
        List<Path> missing = new ArrayList<>();
        for (SwapGroup group : groups) {
            Set<String> takes = new HashSet<>(group.takes());
            for (String put : group.puts()) {
                boolean isOld = takes.contains(put) && !exists(group.moved().resolve(put));
                if (!isOld && !exists(group.staged().resolve(put)) && exists(group.live().resolve(put))) {
                    move(group.live(), group.staged(), put, touched);
                    putAsideSidecars(group, put, touched);
                }
            }
        }
        for (SwapGroup group : groups) {
            putAsideStrangers(group, touched);
            for (String take : group.takes()) {
                if (exists(group.moved().resolve(take))) {
                    putAsideSidecars(group, take, touched);
                    putAside(group, take, touched);
                    move(group.moved(), group.live(), take, touched);
                } else if (!exists(group.live().resolve(take)) && SqliteCheck.SIDECARS.stream().noneMatch(take::endsWith)) {
                    missing.add(group.live().resolve(take));
                }
            }
            for (int i = group.makes().size() - 1; i >= 0; i--) {
                removeIfEmpty(group.makes().get(i));
                touched.add(group.makes().get(i).getParent());
            }
        }
        for (SwapGroup group : groups) {
            for (var time : group.times().entrySet()) {
                if (exists(time.getKey())) {
                    Ownership.giveTime(time.getKey(), FileTime.from(time.getValue()));
                }
            }
        }
        sync(touched);
        return missing;
    }

    /** A -wal that was written beside another database than the one that comes back would be replayed into the wrong one. */
    private static void putAsideSidecars(SwapGroup group, String database, Set<Path> touched) throws IOException {
        for (String ending : SqliteCheck.SIDECARS) {
            String sidecar = database + ending;
            // One that was there before was taken with its database, and comes back with it.
            if (!database.isEmpty() && (!group.takes().contains(sidecar) || exists(group.moved().resolve(sidecar)))) {
                putAside(group, sidecar, touched);
            }
        }
    }

    /** In a unit that is a mount point, the files move one by one; those that neither the old nor the restored unit had are the latter's. */
    private static void putAsideStrangers(SwapGroup group, Set<Path> touched) throws IOException {
        boolean childByChild = group.covers().equals(List.of("**")) && !group.takes().contains("") && !group.puts().contains("");
        if (!childByChild || !exists(group.live())) {
            return;
        }
        List<Path> children;
        try (Stream<Path> listed = Files.list(group.live())) {
            children = listed.toList();
        }
        for (Path child : children) {
            String name = child.getFileName().toString();
            if (!group.takes().contains(name) && !group.puts().contains(name) && !name.startsWith(LiveFiles.OWN_PREFIX)) {
                putAside(group, name, touched);
            }
        }
    }

    /** Moves what lies at a live place, if anything does, to where it goes away with the staged files. */
    private static void putAside(SwapGroup group, String path, Set<Path> touched) throws IOException {
        if (!exists(path.isEmpty() ? group.live() : group.live().resolve(path))) {
            return;
        }
        Path aside = group.staged().resolveSibling(group.staged().getFileName() + ".written_since");
        for (int i = 1; exists(path.isEmpty() ? aside : aside.resolve(path)); i++) {
            aside = group.staged().resolveSibling(group.staged().getFileName() + ".written_since_" + i);
        }
        move(group.live(), aside, path, touched);
    }

    /** Takes away directories that the swap has emptied; a directory that the backup holds, or a source's own, stays. */
    static void removeEmptied(List<SwapGroup> groups) throws IOException {
        for (SwapGroup group : groups) {
            for (String take : group.takes()) {
                // What a whole unit lies in is not the source's; the directories that a restore made for it are in the other list.
                for (Path up = take.isEmpty() ? null : parentOf(group.live(), take); up != null && !up.equals(group.live()); up = up.getParent()) {
                    if (exists(group.staged().resolve(group.live().relativize(up).toString())) || !removeIfEmpty(up)) {
                        break;
                    }
                }
            }
            for (int i = group.unmakes().size() - 1; i >= 0; i--) {
                removeIfEmpty(group.unmakes().get(i));
            }
        }
    }

    /** Moves one file or directory by a rename; an occupied target is a failure, never overwritten. */
    private static void move(Path from, Path to, String path, Set<Path> touched) throws IOException {
        Path source = path.isEmpty() ? from : from.resolve(path);
        Path target = path.isEmpty() ? to : to.resolve(path);
        if (exists(target)) {
            throw new FileAlreadyExistsException(target.toString());
        }
        mirrorParents(from, to, parentOf(to, path));
        Files.move(source, target, StandardCopyOption.ATOMIC_MOVE);
        touched.add(source.getParent());
        touched.add(target.getParent());
    }

    private static Path parentOf(Path top, String path) {
        return path.isEmpty() ? top.getParent() : top.resolve(path).getParent();
    }

    /** Makes the directories that a moved file lies in, with the owner, mode and time of those it comes from. */
    private static void mirrorParents(Path from, Path to, Path parent) throws IOException {
        if (exists(parent)) {
            return;
        }
        if (!parent.startsWith(to)) {
            Durable.createPrivateDirectories(parent);
            return;
        }
        if (!parent.equals(to)) {
            mirrorParents(from, to, parent.getParent());
        } else {
            Durable.createPrivateDirectories(parent.getParent());
        }
        Path model = from.resolve(to.relativize(parent).toString());
        Files.createDirectory(parent);
        if (exists(model)) {
            FileFacts facts = FileFacts.of(model);
            new Ownership().apply(parent, facts.uid(), facts.gid(), facts.mode(), facts.modified(), false);
        }
    }

    /** Makes a live directory that the backup needs, like the staged one in its place. */
    private static void make(Path directory, SwapGroup group) throws IOException {
        if (exists(directory)) {
            return;
        }
        Files.createDirectory(directory);
        Path model = directory.startsWith(group.live()) ? group.staged().resolve(group.live().relativize(directory).toString())
            : group.staged();
        if (exists(model)) {
            FileFacts facts = FileFacts.of(model);
            new Ownership().apply(directory, facts.uid(), facts.gid(), facts.mode(), null, false);
        }
    }

    /** Only directories: some of these names come out of a manifest, and a file must never go this way. */
    private static boolean removeIfEmpty(Path directory) throws IOException {
        if (!Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
            return !exists(directory);
        }
        try {
            Files.deleteIfExists(directory);
            return true;
        } catch (DirectoryNotEmptyException e) {
            return false;
        } catch (FileSystemException e) {
            if (Places.isMounted(directory)) {
                return false;
            }
            throw e;
        }
    }

    private static void sync(Set<Path> directories) throws IOException {
        for (Path directory : directories) {
            try {
                Durable.syncDirectory(directory);
            } catch (NoSuchFileException gone) {
                // Taken away by this very swap, with its parent in the same set.
                continue;
            }
        }
    }

    private static boolean exists(Path path) {
        return Files.exists(path, LinkOption.NOFOLLOW_LINKS);
    }
}
