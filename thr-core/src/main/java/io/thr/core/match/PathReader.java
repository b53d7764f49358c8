package io.thr.core.match;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads a path that is not plain, segment by segment: takes its parameters off, decodes it, and finds what servers are
 * known to read differently. For one path.
 *
 * <p>Empty segments stay in their place until the end: where {@code ..} would remove one, it matters whether double
 * slashes are made one first or dot segments resolved first, and servers do either.
 */
final class PathReader {

    private final String raw;
    private final List<String> segments = new ArrayList<>();

    PathReader(String raw) {
        this.raw = raw;
    }

    CanonicalPath read() {
        if (!raw.startsWith("/")) {
            return new CanonicalPath.Ambiguous("no slash at the beginning");
        }
        try {
            return new CanonicalPath.Canonical(canonical());
        } catch (AmbiguousPath e) {
            return new CanonicalPath.Ambiguous(e.reason);
        }
    }

    /** Whether the character stands for itself wherever it stands, dots and slashes apart. */
    static boolean isPlain(char character) {
        return character > ' ' && character < 0x7f && character != '%' && character != ';' && character != '\\';
    }

    private String canonical() throws AmbiguousPath {
        boolean directory = false;
        int start = 1;
        while (start <= raw.length()) {
            int slash = raw.indexOf('/', start);
            int end = slash < 0 ? raw.length() : slash;
            directory = addSegment(raw.substring(start, end));
            start = end + 1;
        }
        segments.removeIf(String::isEmpty);
        String path = "/" + String.join("/", segments);
        return directory && path.length() > 1 ? path + "/" : path;
    }

    /** Adds the segment or resolves it; gives whether the path would now end in a slash. */
    private boolean addSegment(String rawSegment) throws AmbiguousPath {
        int parameters = rawSegment.indexOf(';');
        String encoded = parameters < 0 ? rawSegment : rawSegment.substring(0, parameters);
        String segment = decoded(encoded);
        if (parameters >= 0) {
            decoded(rawSegment.substring(parameters));
        }
        boolean dots = segment.equals(".") || segment.equals("..");
        if (dots && parameters >= 0) {
            throw new AmbiguousPath("parameters in a dot segment");
        }
        if (dots && !segment.equals(encoded)) {
            throw new AmbiguousPath("an encoded dot segment");
        }
        if (segment.equals("..")) {
            leave();
        } else if (!dots) {
            segments.add(segment);
        }
        return dots || segment.isEmpty();
    }

    private void leave() throws AmbiguousPath {
        if (segments.isEmpty()) {
            throw new AmbiguousPath("a dot segment that leads above the root");
        }
        if (segments.remove(segments.size() - 1).isEmpty()) {
            throw new AmbiguousPath("a dot segment after a double slash");
        }
    }

    private static String decoded(String encoded) throws AmbiguousPath {
        ByteBuffer bytes = ByteBuffer.allocate(encoded.length());
        for (int i = 0; i < encoded.length(); i++) {
            char character = encoded.charAt(i);
            if (character == '%') {
                bytes.put(decodedByte(encoded, i));
                i += 2;
            } else {
                bytes.put(unencodedByte(character));
            }
        }
        String decoded = utf8(bytes.flip());
        if (decoded.chars().anyMatch(Character::isISOControl)) {
            throw new AmbiguousPath("an encoded control character");
        }
        return decoded;
    }

    private static byte unencodedByte(char character) throws AmbiguousPath {
        if (character == '\\') {
            throw new AmbiguousPath("a backslash");
        }
        if (character <= ' ' || character == 0x7f) {
            throw new AmbiguousPath("a blank or a control character");
        }
        if (character > 0x7f) {
            throw new AmbiguousPath("a character outside US-ASCII that is not percent-encoded");
        }
        return (byte) character;
    }

    private static byte decodedByte(String encoded, int percent) throws AmbiguousPath {
        int high = percent + 2 < encoded.length() ? hexDigit(encoded.charAt(percent + 1)) : -1;
        int low = percent + 2 < encoded.length() ? hexDigit(encoded.charAt(percent + 2)) : -1;
        if (high < 0 || low < 0) {
            throw new AmbiguousPath("a percent sign without two hexadecimal digits");
        }
        int value = high << 4 | low;
        if (value == '/') {
            throw new AmbiguousPath("an encoded slash");
        }
        if (value == '\\') {
            throw new AmbiguousPath("an encoded backslash");
        }
        return (byte) value;
    }

    private static int hexDigit(char character) {
        return character < 0x80 ? Character.digit(character, 16) : -1;
    }

    /** Strict: a lenient decoder makes a slash or a dot of an overlong form. */
    private static String utf8(ByteBuffer bytes) throws AmbiguousPath {
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(bytes).toString();
        } catch (CharacterCodingException e) {
            throw new AmbiguousPath("bytes that are not UTF-8");
        }
    }

    /** Carries the reason out of the reading; not an error, so without a stack trace. */
    private static final class AmbiguousPath extends Exception {

        private static final long serialVersionUID = 1L;

        private final String reason;

        AmbiguousPath(String reason) {
            super(reason, null, false, false);
            this.reason = reason;
        }
    }
}
