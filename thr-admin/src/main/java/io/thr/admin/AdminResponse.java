package io.thr.admin;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * An answer of the admin port. All have the fields that keep browsers from doing with it what nobody wants.
 *
 * @param fields the header fields, but for the length
 * @param body all of it; to HEAD it is not sent
 */
public record AdminResponse(int status, Map<String, String> fields, byte[] body) {

    private static final byte[] NOTHING = {};

    /** Of every answer. */
    private static final Map<String, String> ALWAYS = Map.of(
            "X-Content-Type-Options",
            "nosniff",
            "Referrer-Policy",
            "no-referrer",
            "Content-Security-Policy",
            "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
            "Cross-Origin-Resource-Policy",
            "same-origin");

    /** Adds the fields that all have. */
    public AdminResponse {
        Map<String, String> all = new LinkedHashMap<>();
        all.put("Cache-Control", "no-store");
        all.putAll(ALWAYS);
        all.putAll(fields);
        fields = Map.copyOf(all);
    }

    /** Writes something as JSON. */
    @FunctionalInterface
    interface Json {
        void write(JsonGenerator json) throws IOException;
    }

    /** An answer with a JSON object, whose fields that writes. */
    static AdminResponse json(int status, Json members) {
        return new AdminResponse(status, Map.of("Content-Type", "application/json"), object(members));
    }

    private static byte[] object(Json members) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(1024);
        try (JsonGenerator json = BusJson.generator(bytes)) {
            json.writeStartObject();
            members.write(json);
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    /** A problem of RFC 9457. */
    public static AdminResponse problem(int status, String title, String detail) {
        return new AdminResponse(status, Map.of("Content-Type", "application/problem+json"), object(json -> {
            json.writeNumberField("status", status);
            json.writeStringField("title", title);
            json.writeStringField("detail", detail);
        }));
    }

    /** A text of that type. */
    static AdminResponse text(String type, byte[] text) {
        return new AdminResponse(200, Map.of("Content-Type", type), text);
    }

    /** Without a body. */
    static AdminResponse empty(int status) {
        return new AdminResponse(status, Map.of(), NOTHING);
    }

    /** The same with one field more. */
    AdminResponse with(String name, String value) {
        Map<String, String> more = new LinkedHashMap<>(fields);
        more.put(name, value);
        return new AdminResponse(status, more, body);
    }

    @Override
    public String toString() {
        return status + " " + fields + " " + new String(body, StandardCharsets.UTF_8);
    }
}
