package io.thr.core.message;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.StreamWriteFeature;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.core.util.JsonRecyclerPools;

/**
 * Writes and reads the messages on the lists: the original's JSON, and what we add in fields that it ignores.
 *
 * <pre>{@code
 * request                                                            original  ours
 * {
 *   "method": "GET",                                                 always    always   a token, case kept
 *   "path": "/a%20b",                                                always    always   raw
 *   "host": "front.example:8888",                                    always    always
 *   "query_string": "q=a+b",                                         -         if any   raw; "" for a mere question mark
 *   "scheme": "https",                                               -         if known http or https
 *   "query_arguments": {"q": ["a b"]},                               if any    if any   decoded, for the original
 *   "headers": [["Host", "front.example:8888"]],                     if any    if any   repeats and order kept
 *   "body": "YWJj",                                                  if any    if any   base64 with padding
 *   "body_link": "thr:{bus}:body:...",                               -         or this  key of the raw bytes
 *   "extra": {
 *     "response_key": "thr:queue:response:<32 hex digits>",          always    always
 *     "priority": 50,                                                always    always   1, most urgent, to 99
 *     "creation_time": 1795322156.668378,                            always    always   epoch seconds
 *     "request_id": "<32 hex digits>",                               always    always
 *     "deadline": 1795322456.668378,                                 -         if known epoch seconds
 *     "attempt": 1,                                                  -         always   which execution this would be
 *     "fair_key": "alice",                                           -         if any
 *     "traceparent": "00-<32>-<16>-01",                              -         if any
 *     "more": true,                                                  -         if       the body comes in frames
 *     "frames": true,                                                -         if       the front reads frames
 *     "v": 1                                                         -         always   version of this format
 *   }
 * }
 *
 * response
 * {
 *   "status_code": 200,                                              always    always   599: the upstream gave none
 *   "headers": [["Content-Length", "4"]],                            always    always
 *   "body": "b2sgLw==",                                              always    always   "" where empty
 *   "body_link": "thr:{bus}:body:...",                               -         or this
 *   "extra": {                                                       -         if any of
 *     "request_id": "<32 hex digits>",
 *     "queue_ms": 3, "upstream_ms": 12,
 *     "attempt": 1,
 *     "dispatcher": "<member>",
 *     "more": true,                                                            only if more follows on the key
 *     "stream": "<inbox>.<number>"                                             the stream of the frames that follow
 *   }
 * }
 * }</pre>
 *
 * <p><b>Bytes and characters.</b> A message is ASCII; what is not stands as {@code \u00e9}. Path, query, host and header
 * values are bytes to us, one character U+0000 to U+00FF each. A character above cannot be one byte (the original
 * accepts it from its configuration, and then fails to send it): such a message is malformed. {@code query_arguments}
 * are Unicode text.
 *
 * <p><b>Writing.</b> {@code query_string} stands before {@code query_arguments}, so that whoever understands it can skip
 * these; else the order is the original's. Times are rounded to whole microseconds, in plain decimals. What was written is always readable: the types of a message refuse at their
 * making what reading would refuse.
 *
 * <p><b>Reading.</b> Without {@code query_string} the query is built of {@code query_arguments} as the original sends it
 * upstream. Absent are {@code priority} as 50, {@code attempt} as 1, {@code headers} as none. A whole number outside of
 * 1 to 99 as priority is taken for the nearer end. Unknown fields are ignored, and a {@code v} above 1 is read as far
 * as it is understood: whoever changes the meaning of a field must give it another name. Malformed is: what is no JSON
 * object in UTF-8, anything after its end, a field that is missing, there twice, or of another type ({@code null}
 * included), a value out of its form (see the types of the message), both a body and a link, more than the types or
 * these bounds allow: 32 levels, 200,000 tokens, 256 KiB for a string that is no body. The size of a body is bounded
 * by that of the message, which is in memory already.
 *
 * <p>All methods may be called from any thread and keep nothing but pooled buffers.
 */
public final class MessageCodec {

    /** The version of this format, as {@code extra.v} tells it. */
    public static final int VERSION = 1;

    /** UTF-8 alone is read, and names are not interned: a client chooses those of {@code query_arguments}. */
    static final JsonFactory JSON = JsonFactory.builder()
            .disable(JsonFactory.Feature.CHARSET_DETECTION)
            .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
            .enable(StreamReadFeature.USE_FAST_DOUBLE_PARSER)
            .enable(StreamWriteFeature.USE_FAST_DOUBLE_WRITER)
            .enable(JsonWriteFeature.ESCAPE_NON_ASCII)
            .disable(JsonWriteFeature.WRITE_HEX_UPPER_CASE)
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(32)
                    .maxTokenCount(200_000)
                    .maxNumberLength(64)
                    .maxNameLength(Headers.MAX_SIZE)
                    .maxStringLength(Headers.MAX_SIZE)
                    .build())
            .recyclerPool(JsonRecyclerPools.newBoundedPool(64))
            .build();

    private MessageCodec() {}

    /** The message as the bytes that go on a list. */
    public static byte[] write(RequestMessage message) {
        return MessageWriter.write(message);
    }

    /** The message as the bytes that go on a list. */
    public static byte[] write(ResponseMessage message) {
        return MessageWriter.write(message);
    }

    /**
     * Reads a request.
     *
     * @throws MalformedMessageException where it cannot be read, with the response key and the request id where they
     *     could be found all the same
     */
    public static RequestMessage readRequest(byte[] bytes) throws MalformedMessageException {
        return MessageReader.readRequest(bytes);
    }

    /**
     * Reads a response.
     *
     * @throws MalformedMessageException where it cannot be read, with the request id where it could be found all the
     *     same
     */
    public static ResponseMessage readResponse(byte[] bytes) throws MalformedMessageException {
        return MessageReader.readResponse(bytes);
    }
}
