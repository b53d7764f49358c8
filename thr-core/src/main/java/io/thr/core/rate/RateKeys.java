package io.thr.core.rate;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Names the keys of policies: 128 bits of SHA-256 over a secret, the policy's name, and each part behind its length, as 22
 * characters of base64url. So no two tuples meet whatever a client writes into them, none is longer than another, no part
 * comes near the hash tag, and who reads Redis does not read addresses and names there. All nodes of a bus need the same
 * secret. Threads may share it.
 */
public final class RateKeys {

    /** How many characters a key has. */
    public static final int LENGTH = 22;

    private static final int BYTES = 16;
    private static final int MAX_TEXT = 128;
    private static final int ABSENT = -1;

    private final byte[] secret;

    /** With that secret; without one of one's own, the bus's name does, which keeps keys apart but hides nothing from guessing. */
    public RateKeys(String secret) {
        this.secret = secret.getBytes(StandardCharsets.UTF_8);
    }

    /**
     * The key of that policy for these parts, each null where the request has none. A policy whose algorithm changes gets
     * other keys: what the old ones hold is of another form.
     */
    public String key(RatePolicy policy, List<? extends @Nullable String> parts) {
        int size = 4 + secret.length + 2 + 4 + 2 * policy.name().length();
        for (String part : parts) {
            size += 4 + (part == null ? 0 : 2 * part.length());
        }
        ByteBuffer bytes = ByteBuffer.allocate(size);
        bytes.putInt(secret.length).put(secret);
        bytes.putChar(policy.algorithm().letter());
        put(bytes, policy.name());
        for (String part : parts) {
            put(bytes, part);
        }
        return base64(bytes.array());
    }

    /**
     * The parts as people write them, where a quota is set for them: joined by commas; a comma, a percent sign, and what cannot
     * be seen are percent-encoded, and {@code %-} stands for a part that is not there. A text of more than 128 characters is
     * replaced by {@code ~} and a digest.
     */
    public static String text(List<? extends @Nullable String> parts) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < parts.size(); i++) {
            if (i > 0) {
                text.append(',');
            }
            String part = parts.get(i);
            if (part == null) {
                text.append("%-");
            } else {
                encode(text, part);
            }
        }
        if (text.length() <= MAX_TEXT && (text.length() == 0 || text.charAt(0) != '~')) {
            return text.toString();
        }
        ByteBuffer bytes = ByteBuffer.allocate(2 * text.length());
        text.chars().forEach(c -> bytes.putChar((char) c));
        return "~" + base64(bytes.array());
    }

    private static void encode(StringBuilder text, String part) {
        for (int i = 0; i < part.length(); i++) {
            char c = part.charAt(i);
            if (c > ' ' && c <= '~' && c != ',' && c != '%') {
                text.append(c);
            } else {
                text.append(String.format("%%%04X", (int) c));
            }
        }
    }

    /** UTF-16 as it is: half a surrogate pair has no form in UTF-8, and all would be the same question mark. */
    private static void put(ByteBuffer bytes, @Nullable String part) {
        if (part == null) {
            bytes.putInt(ABSENT);
            return;
        }
        bytes.putInt(part.length());
        for (int i = 0; i < part.length(); i++) {
            bytes.putChar(part.charAt(i));
        }
    }

    private static String base64(byte[] bytes) {
        byte[] hash = sha256().digest(bytes);
        return Base64.getUrlEncoder().withoutPadding().encodeToString(Arrays.copyOf(hash, BYTES));
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
