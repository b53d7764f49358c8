package io.thr.core.limit;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * A text of a request as it may stand in the name of a counter or of a flow. Nearly every text stands for itself; one
 * that is too long, or that would be taken for something else there, becomes {@code ~} and the first 128 bits of its
 * SHA-256. A text that begins with {@code ~} is hashed too, so that none can pretend to be another one's hash.
 */
final class BoundedText {

    /** How long a text can be that stands for itself, in characters. */
    static final int MAX_LENGTH = 128;

    private static final char HASHED = '~';
    private static final int HASH_BYTES = 16;

    private BoundedText() {}

    static String of(String text) {
        return standsForItself(text) ? text : HASHED + HexFormat.of().formatHex(sha256(text), 0, HASH_BYTES);
    }

    private static boolean standsForItself(String text) {
        if (text.length() > MAX_LENGTH) {
            return false;
        }
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c < ' ' || (c == '=' && text.startsWith("==", i)) || (c == HASHED && i == 0)) {
                return false;
            }
            if (Character.isSurrogate(c)) {
                // Half a pair has no form in UTF-8: all would be the same question mark
                if (i + 1 == text.length() || !Character.isSurrogatePair(c, text.charAt(i + 1))) {
                    return false;
                }
                i++;
            }
        }
        return true;
    }

    private static byte[] sha256(String text) {
        ByteBuffer bytes = ByteBuffer.allocate(text.length() * Character.BYTES);
        bytes.asCharBuffer().put(text);
        try {
            return MessageDigest.getInstance("SHA-256").digest(bytes.array());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
