package pps;

import java.io.EOFException;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;

//SOURCES Failure.java
//SOURCES SafeText.java
//SOURCES Spelling.java

/** Why an operation on a file failed, in words: the messages of Java's own exceptions are often no more than the file's name. */
public final class Reason {
    private Reason() {
    }

    /** Returns the file that an operation failed on, quoted, where the exception names one, else another name for it. */
    static String file(Throwable failure, Object otherwise) {
        return SafeText.quote(failure instanceof FileSystemException named && named.getFile() != null ? named.getFile() : otherwise.toString());
    }

    /** Returns the reason without the file's name, in the words of the operating system where it gave any. */
    public static String of(Throwable failure) {
        if (failure instanceof Failure told) {
            return told.getMessage();
        }
        if (failure instanceof NoSuchFileException) {
            return "no such file or directory";
        }
        if (failure instanceof AccessDeniedException) {
            return "permission denied";
        }
        if (failure instanceof FileAlreadyExistsException) {
            return "a file of that name already exists";
        }
        if (failure instanceof NotDirectoryException) {
            return "not a directory";
        }
        if (failure instanceof DirectoryNotEmptyException) {
            return "the directory is not empty";
        }
        if (failure instanceof EOFException) {
            return "it ends too early";
        }
        if (failure instanceof FileSystemLoopException) {
            return "a symbolic link leads in a circle";
        }
        if (failure instanceof AtomicMoveNotSupportedException move) {
            return "it cannot be renamed from one file system to another" + (move.getReason() == null ? "" : " (" + move.getReason() + ")");
        }
        if (failure instanceof FileSystemException system && system.getReason() != null) {
            return SafeText.quote(system.getReason());
        }
        if (failure instanceof java.io.UncheckedIOException unchecked) {
            return of(unchecked.getCause());
        }
        if (Spelling.reason(failure) != null) {
            return Spelling.reason(failure);
        }
        String message = failure.getMessage();
        String kind = failure.getClass().getSimpleName();
        if (message != null && (failure.getClass().getName().startsWith("com.google.gson.") || message.contains("github.com/google/gson/"))) {
            return plain(message);
        }
        return message == null ? kind : failure instanceof IOException ? SafeText.quote(message) : kind + ": " + SafeText.quote(message);
    }

    /** Returns what a library says of a text that it cannot parse, without what it tells programmers: classes, settings and addresses. */
    static String plain(String message) {
        return SafeText.quote(message.lines().findFirst().orElse("").replaceFirst("^(?:[a-z]\\w*\\.)+[A-Z]\\w*: ", "")
            .replaceFirst("Use JsonReader\\.setStrictness\\(\\S+\\) to accept malformed JSON", "malformed JSON").replaceFirst("\\s*See https?://\\S+", ""));
    }
}
