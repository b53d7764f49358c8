package io.thr.core.redis;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;

/**
 * What becomes of a message that nobody can process: {@code {"reason": "…", "time": "2026-11-22T21:00:00Z", "message":
 * "…"}}, or {@code "message_base64"} where the message is not UTF-8.
 */
final class DeadLetter {

    private static final JsonFactory JSON = new JsonFactory();

    private DeadLetter() {}

    static byte[] write(String reason, Instant time, byte[] message) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(message.length + 200);
        try (JsonGenerator json = JSON.createGenerator(bytes)) {
            json.writeStartObject();
            json.writeStringField("reason", reason);
            json.writeStringField("time", time.toString());
            try {
                String text = StandardCharsets.UTF_8
                        .newDecoder()
                        .decode(ByteBuffer.wrap(message))
                        .toString();
                json.writeStringField("message", text);
            } catch (CharacterCodingException e) {
                json.writeStringField("message_base64", Base64.getEncoder().encodeToString(message));
            }
            json.writeEndObject();
        } catch (IOException e) {
            // nothing is written but memory
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }
}
