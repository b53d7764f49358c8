package io.thr.core.redis;

import io.thr.core.bus.DeadLetter;
import io.thr.core.message.MalformedMessageException;
import io.thr.core.message.MessageCodec;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A dead letter as it is read again: what {@link DeadLetter} tells of it, and the message to be tried again.
 *
 * @param message null where the letter cannot be read
 */
record BuriedMessage(DeadLetter letter, byte @Nullable [] message) {

    private static final int ID_BYTES = 8;

    static BuriedMessage read(byte[] bytes) {
        String id = id(bytes);
        try {
            Map<?, ?> letter = PlainJson.read(bytes);
            byte[] message = message(letter);
            return new BuriedMessage(
                    new DeadLetter(
                            id,
                            String.valueOf(letter.get("reason")),
                            Instant.parse(String.valueOf(letter.get("time"))),
                            request(message),
                            message.length),
                    message);
        } catch (IOException
                | ClassCastException
                | IllegalArgumentException
                | DateTimeException
                | NullPointerException e) {
            return new BuriedMessage(new DeadLetter(id, "this letter cannot be read", null, null, bytes.length), null);
        }
    }

    private static byte[] message(Map<?, ?> letter) {
        if (letter.get("message") instanceof String text) {
            return text.getBytes(StandardCharsets.UTF_8);
        }
        return Base64.getDecoder().decode((String) letter.get("message_base64"));
    }

    private static @Nullable String request(byte[] message) {
        try {
            return MessageCodec.readRequest(message).extra().requestId();
        } catch (MalformedMessageException e) {
            return e.requestId();
        }
    }

    static String id(byte[] letter) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(letter);
            return HexFormat.of().formatHex(hash, 0, ID_BYTES);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
