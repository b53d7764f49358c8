package io.thr.core.message;

import com.fasterxml.jackson.core.JsonEncoding;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.util.BufferRecycler;
import com.fasterxml.jackson.core.util.ByteArrayBuilder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Writes messages in the format that {@link MessageCodec} draws, into a pooled buffer. */
final class MessageWriter {

    /** The bound of {@link Syntax#epochSeconds}, 100000000000.000000. */
    private static final int MAX_SECONDS_LENGTH = 19;

    private MessageWriter() {}

    /** One thing that writes itself, whatever it is. */
    private interface Content {
        void writeTo(JsonGenerator json) throws IOException;
    }

    static byte[] write(RequestMessage message) {
        return bytes(json -> writeRequest(json, message));
    }

    static byte[] write(ResponseMessage message) {
        return bytes(json -> writeResponse(json, message));
    }

    private static byte[] bytes(Content content) {
        BufferRecycler buffers = MessageCodec.JSON._getBufferRecycler();
        try (ByteArrayBuilder bytes = new ByteArrayBuilder(buffers)) {
            try (JsonGenerator json = MessageCodec.JSON.createGenerator(bytes, JsonEncoding.UTF8)) {
                content.writeTo(json);
            }
            return bytes.getClearAndRelease();
        } catch (IOException e) {
            throw new UncheckedIOException("a write to memory failed", e);
        } finally {
            buffers.releaseToPool();
        }
    }

    private static void writeRequest(JsonGenerator json, RequestMessage message) throws IOException {
        json.writeStartObject();
        json.writeStringField("method", message.method());
        json.writeStringField("path", message.path());
        json.writeStringField("host", message.host());
        writeString(json, "query_string", message.queryString());
        writeString(json, "scheme", message.scheme());
        if (message.queryString() != null) {
            writeQueryArguments(json, QueryArguments.decode(message.queryString()));
        }
        if (!message.headers().isEmpty()) {
            writeHeaders(json, message.headers());
        }
        if (!message.body().equals(MessageBody.NONE)) {
            writeBody(json, message.body());
        }
        writeExtra(json, message.extra());
        json.writeEndObject();
    }

    private static void writeResponse(JsonGenerator json, ResponseMessage message) throws IOException {
        json.writeStartObject();
        json.writeNumberField("status_code", message.statusCode());
        writeHeaders(json, message.headers());
        writeBody(json, message.body());
        if (!message.extra().equals(ResponseExtra.NONE)) {
            writeExtra(json, message.extra());
        }
        json.writeEndObject();
    }

    private static void writeQueryArguments(JsonGenerator json, Map<String, List<String>> arguments)
            throws IOException {
        if (arguments.isEmpty()) {
            return;
        }
        json.writeObjectFieldStart("query_arguments");
        for (Map.Entry<String, List<String>> argument : arguments.entrySet()) {
            json.writeArrayFieldStart(argument.getKey());
            for (String value : argument.getValue()) {
                json.writeString(value);
            }
            json.writeEndArray();
        }
        json.writeEndObject();
    }

    private static void writeHeaders(JsonGenerator json, Headers headers) throws IOException {
        json.writeArrayFieldStart("headers");
        for (Headers.Field field : headers) {
            json.writeStartArray();
            json.writeString(field.name());
            json.writeString(field.value());
            json.writeEndArray();
        }
        json.writeEndArray();
    }

    private static void writeBody(JsonGenerator json, MessageBody body) throws IOException {
        if (body instanceof MessageBody.Link link) {
            json.writeStringField("body_link", link.key());
        } else if (body instanceof MessageBody.Inline inline) {
            json.writeBinaryField("body", inline.bytes());
        }
    }

    private static void writeExtra(JsonGenerator json, RequestExtra extra) throws IOException {
        json.writeObjectFieldStart("extra");
        json.writeStringField("response_key", extra.responseKey());
        json.writeNumberField("priority", extra.priority());
        writeSeconds(json, "creation_time", extra.creationTime());
        json.writeStringField("request_id", extra.requestId());
        if (extra.deadline() != null) {
            writeSeconds(json, "deadline", extra.deadline());
        }
        json.writeNumberField("attempt", extra.attempt());
        writeString(json, "fair_key", extra.fairKey());
        writeString(json, "traceparent", extra.traceparent());
        writeTrue(json, "more", extra.more());
        writeTrue(json, "frames", extra.frames());
        json.writeNumberField("v", MessageCodec.VERSION);
        json.writeEndObject();
    }

    private static void writeExtra(JsonGenerator json, ResponseExtra extra) throws IOException {
        json.writeObjectFieldStart("extra");
        writeString(json, "request_id", extra.requestId());
        writeNumber(json, "queue_ms", extra.queueMillis());
        writeNumber(json, "upstream_ms", extra.upstreamMillis());
        writeNumber(json, "attempt", extra.attempt());
        writeString(json, "dispatcher", extra.dispatcher());
        writeTrue(json, "more", extra.more());
        writeString(json, "stream", extra.stream());
        json.writeEndObject();
    }

    /** A plain decimal in whole microseconds, 1795322238.5: Java would spell it 1.7953222385E9, and who knows who reads. */
    private static void writeSeconds(JsonGenerator json, String name, double seconds) throws IOException {
        long whole = (long) seconds;
        // the fraction apart: together they can have more digits than a double
        long micros = whole * 1_000_000 + Math.round((seconds - whole) * 1e6);
        char[] text = new char[MAX_SECONDS_LENGTH];
        int start = text.length;
        for (int digits = 0; micros > 0 || digits <= 6; digits++) {
            if (digits == 6) {
                text[--start] = '.';
            }
            text[--start] = (char) ('0' + micros % 10);
            micros /= 10;
        }
        int end = text.length;
        // tenths stay, so that it is a float to those who tell it from a whole number
        while (text[end - 1] == '0' && text[end - 2] != '.') {
            end--;
        }
        json.writeFieldName(name);
        json.writeNumber(text, start, end - start);
    }

    private static void writeString(JsonGenerator json, String name, @Nullable String value) throws IOException {
        if (value != null) {
            json.writeStringField(name, value);
        }
    }

    private static void writeTrue(JsonGenerator json, String name, boolean value) throws IOException {
        if (value) {
            json.writeBooleanField(name, true);
        }
    }

    private static void writeNumber(JsonGenerator json, String name, @Nullable Number value) throws IOException {
        if (value != null) {
            json.writeNumberField(name, value.longValue());
        }
    }
}
