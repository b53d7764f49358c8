package io.thr.core.config;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;

/**
 * A file that configures something, read. Immutable.
 *
 * @param name what problems call it: its path
 * @param text what is in it
 */
public record TextFile(String name, String text) {

    private static final String JAVA = ".java";

    /**
     * Reads a file in UTF-8 of at most {@link ConfigDocument#MAX_BYTES} bytes.
     *
     * @throws ConfigException where it cannot be read, or is not UTF-8
     */
    public static TextFile read(Path file) {
        String name = file.toString();
        return of(name, bytesOf(file, name));
    }

    /**
     * What has been read elsewhere.
     *
     * @throws ConfigException where it is not UTF-8
     */
    public static TextFile of(String name, byte[] bytes) {
        return new TextFile(name, decoded(name, bytes));
    }

    /** Whether a file of that name is Java's source: all others are YAML. */
    public static boolean isJava(String name) {
        return name.endsWith(JAVA);
    }

    /** Whether it is Java's source. */
    public boolean isJava() {
        return isJava(name);
    }

    private static byte[] bytesOf(Path file, String name) {
        try (InputStream in = Files.newInputStream(file)) {
            byte[] bytes = in.readNBytes(ConfigDocument.MAX_BYTES + 1);
            if (bytes.length > ConfigDocument.MAX_BYTES) {
                throw failed(name, "more than " + ConfigDocument.MAX_BYTES + " bytes (expected: at most that)");
            }
            return bytes;
        } catch (NoSuchFileException e) {
            throw failed(name, "no such file");
        } catch (AccessDeniedException e) {
            throw failed(name, "must not be read (access denied)");
        } catch (IOException e) {
            throw failed(name, Files.isDirectory(file) ? "a directory (expected: a file)" : "cannot be read: " + e);
        }
    }

    private static String decoded(String name, byte[] bytes) {
        CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
        ByteBuffer in = ByteBuffer.wrap(bytes);
        CharBuffer out = CharBuffer.allocate(bytes.length + 1);
        CoderResult result = decoder.decode(in, out, true);
        out.flip();
        String text = out.toString();
        if (result.isError()) {
            int line = (int) text.chars().filter(c -> c == '\n').count() + 1;
            int column = text.length() - (text.lastIndexOf('\n') + 1) + 1;
            throw new ConfigException(List.of(new Problem(
                    name, line, column, String.format("byte 0x%02x is not UTF-8", bytes[in.position()] & 0xff))));
        }
        return text.startsWith("\ufeff") ? text.substring(1) : text;
    }

    private static ConfigException failed(String name, String message) {
        return new ConfigException(List.of(Problem.ofFile(name, message)));
    }
}
