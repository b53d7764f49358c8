package io.thr.core.message;

import com.fasterxml.jackson.core.JsonParseException;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.exc.InputCoercionException;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.core.io.JsonEOFException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads one message in the format that {@link MessageCodec} draws, and believes nothing.
 *
 * <p>In here, and in the constructors of the message's parts, a refusal is an {@link IllegalArgumentException};
 * {@link #read} makes a {@link MalformedMessageException} of it. No reason quotes a value, nor what Jackson says, which
 * may quote one.
 */
final class MessageReader {

    private final JsonParser json;

    private MessageReader(JsonParser json) {
        this.json = json;
    }

    /** Reads one kind of message. */
    private interface Kind<T> {
        T read(MessageReader reader) throws IOException;
    }

    static RequestMessage readRequest(byte[] bytes) throws MalformedMessageException {
        return read(bytes, MessageReader::request);
    }

    static ResponseMessage readResponse(byte[] bytes) throws MalformedMessageException {
        return read(bytes, MessageReader::response);
    }

    private static <T> T read(byte[] bytes, Kind<T> kind) throws MalformedMessageException {
        if (bytes.length == 0 || bytes[0] != '{') {
            throw malformed("the beginning: no { (expected: a JSON object)", bytes);
        }
        try (JsonParser json = MessageCodec.JSON.createParser(bytes)) {
            json.nextToken();
            T message = kind.read(new MessageReader(json));
            if (json.nextToken() != null) {
                throw malformed("the end: more after it (expected: nothing)", bytes);
            }
            return message;
        } catch (IllegalArgumentException e) {
            throw malformed(String.valueOf(e.getMessage()), bytes);
        } catch (IllegalStateException e) {
            // Jackson's table of names is full of names with one hash: a client's query, made for that
            throw malformed("query_arguments: names that collide (expected: names)", bytes);
        } catch (JsonEOFException e) {
            throw malformed("the end: too early, after " + bytes.length + " bytes (expected: more JSON)", bytes);
        } catch (StreamConstraintsException e) {
            throw malformed("a bound of the format is exceeded: " + e.getOriginalMessage(), bytes);
        } catch (InputCoercionException e) {
            throw malformed("a number is out of range" + place(e), bytes);
        } catch (JsonProcessingException e) {
            throw malformed("no JSON" + place(e), bytes);
        } catch (IOException e) {
            throw malformed("no UTF-8 (expected: JSON in UTF-8)", bytes);
        }
    }

    private RequestMessage request() throws IOException {
        String method = null;
        String path = null;
        String host = null;
        String queryString = null;
        String queryArguments = null;
        String scheme = null;
        Headers headers = null;
        byte[] body = null;
        String bodyLink = null;
        RequestExtra extra = null;
        for (String name = nextName(); name != null; name = nextName()) {
            switch (name) {
                case "method" -> method = once(name, method, string(name));
                case "path" -> path = once(name, path, string(name));
                case "host" -> host = once(name, host, string(name));
                case "query_string" -> queryString = once(name, queryString, string(name));
                case "scheme" -> scheme = once(name, scheme, string(name));
                case "query_arguments" ->
                    queryArguments =
                            once(name, queryArguments, queryString == null ? queryArguments() : skippedObject(name));
                case "headers" -> headers = once(name, headers, headers());
                case "body" -> body = once(name, body, base64());
                case "body_link" -> bodyLink = once(name, bodyLink, string(name));
                case "extra" -> extra = once(name, extra, requestExtra());
                default -> json.skipChildren();
            }
        }
        if (queryString == null && queryArguments != null && !queryArguments.isEmpty()) {
            queryString = queryArguments;
        }
        return new RequestMessage(
                required("method", method),
                required("path", path),
                required("host", host),
                queryString,
                scheme,
                headers == null ? Headers.EMPTY : headers,
                body(body, bodyLink),
                required("extra", extra));
    }

    private RequestExtra requestExtra() throws IOException {
        String responseKey = null;
        Integer priority = null;
        Double creationTime = null;
        String requestId = null;
        Double deadline = null;
        Integer attempt = null;
        String fairKey = null;
        String traceparent = null;
        Boolean more = null;
        Boolean frames = null;
        Integer version = null;
        expect("extra", JsonToken.START_OBJECT, "an object");
        for (String name = nextName(); name != null; name = nextName()) {
            switch (name) {
                case "response_key" -> responseKey = once(name, responseKey, string(name));
                case "priority" -> priority = once(name, priority, priority());
                case "creation_time" -> creationTime = once(name, creationTime, number(name));
                case "request_id" -> requestId = once(name, requestId, string(name));
                case "deadline" -> deadline = once(name, deadline, number(name));
                case "attempt" -> attempt = once(name, attempt, integer(name));
                case "fair_key" -> fairKey = once(name, fairKey, string(name));
                case "traceparent" -> traceparent = once(name, traceparent, string(name));
                case "more" -> more = once(name, more, bool(name));
                case "frames" -> frames = once(name, frames, bool(name));
                case "v" -> version = once(name, version, version());
                default -> json.skipChildren();
            }
        }
        return new RequestExtra(
                required("response_key", responseKey),
                priority == null ? RequestExtra.DEFAULT_PRIORITY : priority,
                required("creation_time", creationTime),
                required("request_id", requestId),
                deadline,
                attempt == null ? 1 : attempt,
                fairKey,
                traceparent,
                isTrue(more),
                isTrue(frames));
    }

    private ResponseMessage response() throws IOException {
        Integer statusCode = null;
        Headers headers = null;
        byte[] body = null;
        String bodyLink = null;
        ResponseExtra extra = null;
        for (String name = nextName(); name != null; name = nextName()) {
            switch (name) {
                case "status_code" -> statusCode = once(name, statusCode, integer(name));
                case "headers" -> headers = once(name, headers, headers());
                case "body" -> body = once(name, body, base64());
                case "body_link" -> bodyLink = once(name, bodyLink, string(name));
                case "extra" -> extra = once(name, extra, responseExtra());
                default -> json.skipChildren();
            }
        }
        return new ResponseMessage(
                required("status_code", statusCode),
                headers == null ? Headers.EMPTY : headers,
                body(body, bodyLink),
                extra == null ? ResponseExtra.NONE : extra);
    }

    private ResponseExtra responseExtra() throws IOException {
        String requestId = null;
        Long queueMillis = null;
        Long upstreamMillis = null;
        Integer attempt = null;
        String dispatcher = null;
        Boolean more = null;
        String stream = null;
        expect("extra", JsonToken.START_OBJECT, "an object");
        for (String name = nextName(); name != null; name = nextName()) {
            switch (name) {
                case "request_id" -> requestId = once(name, requestId, string(name));
                case "queue_ms" -> queueMillis = once(name, queueMillis, longInteger(name));
                case "upstream_ms" -> upstreamMillis = once(name, upstreamMillis, longInteger(name));
                case "attempt" -> attempt = once(name, attempt, integer(name));
                case "dispatcher" -> dispatcher = once(name, dispatcher, string(name));
                case "more" -> more = once(name, more, bool(name));
                case "stream" -> stream = once(name, stream, string(name));
                default -> json.skipChildren();
            }
        }
        return new ResponseExtra(requestId, queueMillis, upstreamMillis, attempt, dispatcher, isTrue(more), stream);
    }

    private static boolean isTrue(@Nullable Boolean value) {
        return value != null && value;
    }

    private Headers headers() throws IOException {
        expect("headers", JsonToken.START_ARRAY, "an array");
        List<Headers.Field> fields = new ArrayList<>();
        while (json.nextToken() != JsonToken.END_ARRAY) {
            if (fields.size() == Headers.MAX_FIELDS) {
                throw new IllegalArgumentException("headers: more (expected: <= " + Headers.MAX_FIELDS + ")");
            }
            expect("headers", JsonToken.START_ARRAY, "an array of arrays");
            String name = json.nextTextValue();
            String value = name == null ? null : json.nextTextValue();
            if (name == null || value == null || json.nextToken() != JsonToken.END_ARRAY) {
                throw new IllegalArgumentException(
                        "headers: another thing at index " + fields.size() + " (expected: a name and a value)");
            }
            fields.add(new Headers.Field(name, value));
        }
        return Headers.of(fields);
    }

    /** The query that these arguments make, empty where there are none. */
    private String queryArguments() throws IOException {
        expect("query_arguments", JsonToken.START_OBJECT, "an object");
        Set<String> names = new HashSet<>();
        StringBuilder query = new StringBuilder();
        for (String name = nextName(); name != null; name = nextName()) {
            if (!names.add(name)) {
                throw new IllegalArgumentException("query_arguments: a name twice (expected: one array a name)");
            }
            expect("query_arguments", JsonToken.START_ARRAY, "arrays of strings");
            while (json.nextToken() != JsonToken.END_ARRAY) {
                QueryArguments.append(query, name, string("query_arguments"));
                Syntax.length("query_arguments", query, 1, RequestMessage.MAX_TARGET_LENGTH);
            }
        }
        return query.toString();
    }

    private String skippedObject(String what) throws IOException {
        expect(what, JsonToken.START_OBJECT, "an object");
        json.skipChildren();
        return "";
    }

    private static MessageBody body(byte @Nullable [] body, @Nullable String bodyLink) {
        if (bodyLink == null) {
            return body == null ? MessageBody.NONE : MessageBody.of(body);
        }
        if (body != null && body.length > 0) {
            throw new IllegalArgumentException("body: beside body_link (expected: one of them)");
        }
        return new MessageBody.Link(bodyLink);
    }

    private @Nullable String nextName() throws IOException {
        String name = json.nextFieldName();
        if (name != null) {
            json.nextToken();
        }
        return name;
    }

    private String string(String what) throws IOException {
        expect(what, JsonToken.VALUE_STRING, "a string");
        return json.getText();
    }

    private byte[] base64() throws IOException {
        expect("body", JsonToken.VALUE_STRING, "a string");
        try {
            return json.getBinaryValue();
        } catch (JsonEOFException | StreamConstraintsException e) {
            throw e;
        } catch (JsonParseException e) {
            throw new IllegalArgumentException("body: another thing (expected: base64)", e);
        }
    }

    private boolean bool(String what) {
        if (!json.currentToken().isBoolean()) {
            expect(what, JsonToken.VALUE_TRUE, "true or false");
        }
        return json.currentToken() == JsonToken.VALUE_TRUE;
    }

    private double number(String what) throws IOException {
        if (!json.currentToken().isNumeric()) {
            expect(what, JsonToken.VALUE_NUMBER_FLOAT, "a number");
        }
        return json.getDoubleValue();
    }

    private int integer(String what) throws IOException {
        expect(what, JsonToken.VALUE_NUMBER_INT, "a whole number");
        return json.getIntValue();
    }

    private long longInteger(String what) throws IOException {
        expect(what, JsonToken.VALUE_NUMBER_INT, "a whole number");
        return json.getLongValue();
    }

    private int priority() throws IOException {
        expect("priority", JsonToken.VALUE_NUMBER_INT, "a whole number");
        return (int) Math.max(RequestExtra.MIN_PRIORITY, Math.min(RequestExtra.MAX_PRIORITY, json.getDoubleValue()));
    }

    /** A later version is read as far as it is understood. */
    private int version() throws IOException {
        int version = integer("v");
        if (version < 1) {
            throw new IllegalArgumentException("v: " + version + " (expected: >= 1)");
        }
        return version;
    }

    private void expect(String what, JsonToken token, String expected) {
        if (json.currentToken() != token) {
            throw new IllegalArgumentException(what + ": " + json.currentToken() + " (expected: " + expected + ")");
        }
    }

    private static <T> T once(String name, @Nullable T before, T value) {
        if (before != null) {
            throw new IllegalArgumentException(name + ": there twice (expected: once)");
        }
        return value;
    }

    private static <T> T required(String name, @Nullable T value) {
        if (value == null) {
            throw new IllegalArgumentException(name + ": absent (expected: always there)");
        }
        return value;
    }

    private static MalformedMessageException malformed(String reason, byte[] bytes) {
        ReturnAddress address = ReturnAddress.findIn(bytes);
        return new MalformedMessageException(reason, address.responseKey(), address.requestId());
    }

    private static String place(JsonProcessingException e) {
        return e.getLocation() == null ? "" : " at byte " + e.getLocation().getByteOffset();
    }
}
