package io.thr.core.message;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.aMapWithSize;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.is;

import io.thr.core.message.WireSamples.RawHttp;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Ours against what the original wrote: docs/wire-format.md lists the differences that are on purpose. */
class WireSamplesTest {

    /**
     * What a sample of the original holds and a front of ours does not: it appends the address of the client, and never
     * its own, to {@code X-Forwarded-For}; and {@code X-Real-Ip} is not believed whoever sends it.
     */
    private static final Map<String, String> ORIGINAL_FORWARDED_FOR = Map.of(
            "xff-none", "127.0.0.1, 10.1.2.3",
            "xff-real-ip", "198.51.100.7, 10.1.2.3",
            "xff-given", "203.0.113.9, 10.1.2.3");

    private static final Map<String, String> OUR_FORWARDED_FOR = Map.of(
            "xff-none", "127.0.0.1",
            "xff-real-ip", "127.0.0.1",
            "xff-given", "203.0.113.9, 127.0.0.1");

    static List<String> requests() {
        return WireSamples.names("request.json");
    }

    static List<String> responses() {
        return WireSamples.names("response.json");
    }

    static List<String> sentUpstream() {
        return WireSamples.names("backend-request.raw");
    }

    @Test
    void every_capture_is_found() {
        assertThat(requests(), hasSize(27));
        assertThat(responses(), hasSize(26));
    }

    @ParameterizedTest
    @MethodSource("requests")
    void request_of_the_original_is_read_field_by_field(String name) throws MalformedMessageException {
        Map<String, @Nullable Object> capture = JsonTree.parse(WireSamples.bytes(name, "request.json"));
        Map<String, @Nullable Object> extra = JsonTree.object(capture.get("extra"));

        RequestMessage message = MessageCodec.readRequest(WireSamples.bytes(name, "request.json"));

        assertThat(message.method(), is(capture.get("method")));
        assertThat(message.path(), is(capture.get("path")));
        assertThat(message.host(), is(capture.get("host")));
        assertThat(message.scheme() == null, is(true));
        assertThat(message.headers(), is(headers(capture.get("headers"))));
        assertThat(message.body(), is(body(capture.get("body"))));
        assertThat(message.extra().responseKey(), is(extra.get("response_key")));
        assertThat((long) message.extra().priority(), is(extra.get("priority")));
        assertThat(message.extra().creationTime(), is(extra.get("creation_time")));
        assertThat(message.extra().requestId(), is(extra.get("request_id")));
        assertThat(
                message.extra(),
                is(RequestExtra.of(
                        message.extra().responseKey(),
                        message.extra().priority(),
                        message.extra().creationTime(),
                        message.extra().requestId())));
        assertThat("a field of the original that nobody looked at", extra, aMapWithSize(4));
    }

    @ParameterizedTest
    @MethodSource("sentUpstream")
    void target_is_rebuilt_as_the_original_sends_it_upstream(String name) throws MalformedMessageException {
        RequestMessage message = MessageCodec.readRequest(WireSamples.bytes(name, "request.json"));

        assertThat(
                message.target(),
                is(WireSamples.http(name, "backend-request.raw").word(1)));
    }

    @ParameterizedTest
    @MethodSource("requests")
    void request_of_ours_carries_what_the_original_carries(String name) {
        Map<String, @Nullable Object> original = JsonTree.parse(WireSamples.bytes(name, "request.json"));
        Map<String, @Nullable Object> extra = JsonTree.object(original.get("extra"));
        RequestMessage message = asOurFrontTakesIt(name, original);

        byte[] bytes = MessageCodec.write(message);

        Map<String, @Nullable Object> ours = JsonTree.parse(bytes);
        assertThat(fieldsKnownToTheOriginal(ours), is(List.copyOf(original.keySet())));
        // added on purpose, ignored by the original
        String queryString = message.queryString();
        if (queryString != null) {
            original.put("query_string", queryString);
        }
        original.put("scheme", "http");
        extra.put("attempt", 1L);
        extra.put("v", 1L);
        // different on purpose
        extra.computeIfPresent("creation_time", (field, time) -> RandomMessages.asWritten((Double) time));
        if (ORIGINAL_FORWARDED_FOR.containsKey(name)) {
            List<Object> fields = arrayOf(original.get("headers"));
            fields.remove(List.of("X-Forwarded-For", ORIGINAL_FORWARDED_FOR.get(name)));
            fields.add(List.of("X-Forwarded-For", OUR_FORWARDED_FOR.get(name)));
        }
        assertThat(ours, is(original));
    }

    @ParameterizedTest
    @MethodSource("responses")
    void response_of_the_original_is_read_field_by_field(String name) throws MalformedMessageException {
        Map<String, @Nullable Object> capture = JsonTree.parse(WireSamples.bytes(name, "response.json"));

        ResponseMessage message = MessageCodec.readResponse(WireSamples.bytes(name, "response.json"));

        assertThat((long) message.statusCode(), is(capture.get("status_code")));
        assertThat(message.headers(), is(headers(capture.get("headers"))));
        assertThat(message.body(), is(body(capture.get("body"))));
        assertThat(message.extra(), is(ResponseExtra.NONE));
        assertThat("a field of the original that nobody looked at", capture, aMapWithSize(3));
    }

    @ParameterizedTest
    @MethodSource("responses")
    void response_of_ours_is_that_of_the_original(String name) {
        Map<String, @Nullable Object> original = JsonTree.parse(WireSamples.bytes(name, "response.json"));
        ResponseMessage message = new ResponseMessage(
                Math.toIntExact((Long) Objects.requireNonNull(original.get("status_code"))),
                headers(original.get("headers")),
                body(original.get("body")),
                ResponseExtra.NONE);

        Map<String, @Nullable Object> ours = JsonTree.parse(MessageCodec.write(message));

        assertThat(ours, is(original));
        assertThat(List.copyOf(ours.keySet()), is(List.copyOf(original.keySet())));
    }

    @ParameterizedTest
    @MethodSource("responses")
    void response_is_the_one_that_the_client_saw(String name) throws MalformedMessageException {
        ResponseMessage message = MessageCodec.readResponse(WireSamples.bytes(name, "response.json"));
        RawHttp seen = WireSamples.http(name, "client-response.raw");

        boolean failed = message.statusCode() == ResponseMessage.UPSTREAM_FAILED;
        assertThat(Integer.parseInt(seen.word(1)), is(failed ? 504 : message.statusCode()));
        assertThat(MessageBody.of(seen.body()), is(message.body()));
        if (failed) {
            assertThat(message, is(ResponseMessage.upstreamFailed(ResponseExtra.NONE)));
        }
    }

    @Test
    void name_of_a_field_keeps_its_case_which_the_original_changes() {
        ResponseMessage message =
                new ResponseMessage(200, Headers.of("x-lower-case", "v"), MessageBody.NONE, ResponseExtra.NONE);

        assertThat(
                JsonTree.parse(MessageCodec.write(message)).get("headers"), is(List.of(List.of("x-lower-case", "v"))));
    }

    /** The request as a front of ours would take it from the socket, with the ids and times of the capture. */
    private static RequestMessage asOurFrontTakesIt(String name, Map<String, @Nullable Object> original) {
        RawHttp http = WireSamples.http(name, "client-request.raw");
        Map<String, @Nullable Object> extra = JsonTree.object(original.get("extra"));
        String target = http.word(1);
        int mark = target.indexOf('?');
        String host = http.headers().first("Host");
        String forwardedFor = OUR_FORWARDED_FOR.get(name);
        return new RequestMessage(
                http.word(0),
                mark < 0 ? target : target.substring(0, mark),
                // HTTP/1.0 without Host: the address on which the front was reached
                host == null ? "127.0.0.1" : host,
                mark < 0 ? null : target.substring(mark + 1),
                "http",
                forwardedFor == null
                        ? http.headers()
                        : http.headers()
                                .edit()
                                .set("X-Forwarded-For", forwardedFor)
                                .build(),
                MessageBody.of(http.body()),
                RequestExtra.of(
                        (String) Objects.requireNonNull(extra.get("response_key")),
                        Math.toIntExact((Long) Objects.requireNonNull(extra.get("priority"))),
                        (Double) Objects.requireNonNull(extra.get("creation_time")),
                        (String) Objects.requireNonNull(extra.get("request_id"))));
    }

    private static List<String> fieldsKnownToTheOriginal(Map<String, @Nullable Object> ours) {
        List<String> names = new ArrayList<>(ours.keySet());
        names.removeAll(List.of("query_string", "scheme"));
        return names;
    }

    private static Headers headers(@Nullable Object tree) {
        List<Headers.Field> fields = new ArrayList<>();
        for (Object field : tree == null ? List.of() : arrayOf(tree)) {
            fields.add(new Headers.Field(
                    (String) arrayOf(field).get(0), (String) arrayOf(field).get(1)));
        }
        return Headers.of(fields);
    }

    private static MessageBody body(@Nullable Object base64) {
        return base64 == null
                ? MessageBody.NONE
                : MessageBody.of(Base64.getDecoder().decode((String) base64));
    }

    @SuppressWarnings("unchecked")
    private static List<Object> arrayOf(@Nullable Object tree) {
        return (List<Object>) Objects.requireNonNull(tree);
    }
}
