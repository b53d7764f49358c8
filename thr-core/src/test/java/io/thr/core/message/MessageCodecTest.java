package io.thr.core.message;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.nullValue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MessageCodecTest {

    private static final String KEY = "thr:queue:response:4e14a81934674aed8d5abdadda16468b";
    private static final String ID = "b4370dc760fa4c28aab831a037ef931d";
    private static final String EXTRA = "{\"response_key\":\"" + KEY
            + "\",\"priority\":7,\"creation_time\":1795322238.5,\"request_id\":\"" + ID + "\"}";
    private static final String REQUEST = "{\"method\":\"GET\",\"path\":\"/x\",\"host\":\"h\",\"extra\":" + EXTRA + "}";
    private static final RequestMessage PLAIN = new RequestMessage(
            "GET", "/x", "h", null, null, Headers.EMPTY, MessageBody.NONE, RequestExtra.of(KEY, 7, 1795322238.5, ID));

    @Test
    void request_with_everything_looks_as_drawn() {
        RequestMessage message = new RequestMessage(
                "POST",
                "/a%20b",
                "front:8888",
                "q=fr%C3%A9&q=a+b&n",
                "https",
                Headers.of("Host", "front:8888", "x-Latin", "\u00e9\u00ff"),
                MessageBody.of(new byte[] {'a', 'b', 'c', -1}),
                new RequestExtra(KEY, 7, 1795322238.0427787, ID, 1795322538.5, 2, "al\u20acce", "00-1-2-01"));

        assertThat(
                new String(MessageCodec.write(message), US_ASCII),
                is("{\"method\":\"POST\",\"path\":\"/a%20b\",\"host\":\"front:8888\","
                        + "\"query_string\":\"q=fr%C3%A9&q=a+b&n\",\"scheme\":\"https\","
                        + "\"query_arguments\":{\"q\":[\"fr\\u00e9\",\"a b\"],\"n\":[\"\"]},"
                        + "\"headers\":[[\"Host\",\"front:8888\"],[\"x-Latin\",\"\\u00e9\\u00ff\"]],"
                        + "\"body\":\"YWJj/w==\","
                        + "\"extra\":{\"response_key\":\"" + KEY + "\",\"priority\":7,"
                        + "\"creation_time\":1795322238.042779,\"request_id\":\"" + ID + "\","
                        + "\"deadline\":1795322538.5,\"attempt\":2,\"fair_key\":\"al\\u20acce\","
                        + "\"traceparent\":\"00-1-2-01\",\"v\":1}}"));
    }

    @Test
    void response_with_everything_looks_as_drawn() {
        ResponseMessage message = new ResponseMessage(
                200,
                Headers.of("A", "1"),
                new MessageBody.Link("thr:{bus}:body:1"),
                new ResponseExtra(ID, 3L, 12L, 1, "member-1", true));

        assertThat(
                new String(MessageCodec.write(message), US_ASCII),
                is("{\"status_code\":200,\"headers\":[[\"A\",\"1\"]],\"body_link\":\"thr:{bus}:body:1\","
                        + "\"extra\":{\"request_id\":\"" + ID + "\",\"queue_ms\":3,\"upstream_ms\":12,\"attempt\":1,"
                        + "\"dispatcher\":\"member-1\",\"more\":true}}"));
    }

    @Test
    void numbers_at_their_ends_are_kept() throws MalformedMessageException {
        ResponseMessage message = new ResponseMessage(
                999,
                Headers.EMPTY,
                MessageBody.NONE,
                new ResponseExtra(null, Long.MAX_VALUE, 0L, Integer.MAX_VALUE, null, false));

        assertThat(MessageCodec.readResponse(MessageCodec.write(message)), is(message));
    }

    @Test
    void body_of_every_byte_and_of_several_buffers_is_kept() throws MalformedMessageException {
        byte[] bytes = new byte[1_000_003];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) ((i * 31) >> 3);
        }
        RequestMessage message = PLAIN.withBody(MessageBody.of(bytes));

        assertThat(MessageCodec.readRequest(MessageCodec.write(message)), is(message));
    }

    @Test
    void query_string_is_preferred_wherever_it_stands() throws MalformedMessageException {
        String arguments = "\"query_arguments\":{\"a\":[\"1\"]}";
        String query = "\"query_string\":\"b=%32\"";

        assertThat(MessageCodec.readRequest(request(query + "," + arguments)).target(), is("/x?b=%32"));
        assertThat(MessageCodec.readRequest(request(arguments + "," + query)).target(), is("/x?b=%32"));
    }

    @Test
    void mere_question_mark_is_kept() throws MalformedMessageException {
        RequestMessage message = MessageCodec.readRequest(request("\"query_string\":\"\""));

        assertThat(message.target(), is("/x?"));
        assertThat(JsonTree.parse(MessageCodec.write(message)).get("query_arguments"), is(nullValue()));
    }

    @Test
    void empty_query_arguments_are_no_query() throws MalformedMessageException {
        assertThat(MessageCodec.readRequest(request("\"query_arguments\":{}")), is(PLAIN));
        assertThat(MessageCodec.readRequest(request("\"query_arguments\":{\"a\":[]}")), is(PLAIN));
    }

    @Test
    void query_of_as_many_names_as_fit_is_read() throws MalformedMessageException {
        StringBuilder query = new StringBuilder();
        for (int i = 0; query.length() < RequestMessage.MAX_TARGET_LENGTH - 5; i++) {
            query.append(Integer.toString(i, 36)).append('&');
        }
        RequestMessage message = new RequestMessage(
                "GET", "/", "h", query.toString(), null, Headers.EMPTY, MessageBody.NONE, PLAIN.extra());

        assertThat(MessageCodec.readRequest(MessageCodec.write(message)), is(message));
    }

    @Test
    void what_is_absent_has_its_default() throws MalformedMessageException {
        String message = REQUEST.replace("\"priority\":7,", "");

        assertThat(MessageCodec.readRequest(utf8(message)).extra().priority(), is(RequestExtra.DEFAULT_PRIORITY));
        assertThat(MessageCodec.readRequest(utf8(message)).extra().attempt(), is(1));
        assertThat(MessageCodec.readResponse(utf8("{\"status_code\":204}")).headers(), is(Headers.EMPTY));
        assertThat(MessageCodec.readResponse(utf8("{\"status_code\":204}")).body(), is(MessageBody.NONE));
    }

    @ParameterizedTest
    @CsvSource({"0,1", "-5,1", "1,1", "99,99", "100,99", "123456789012345678901234567890,99"})
    void priority_out_of_range_is_the_nearer_end(String written, int read) throws MalformedMessageException {
        byte[] message = utf8(REQUEST.replace("\"priority\":7", "\"priority\":" + written));

        assertThat(MessageCodec.readRequest(message).extra().priority(), is(read));
    }

    @Test
    void unknown_fields_are_ignored() throws MalformedMessageException {
        String unknown = "\"news\":{\"method\":[1,{\"a\":null}],\"extra\":{}}";

        assertThat(MessageCodec.readRequest(request(unknown)), is(PLAIN));
        assertThat(
                MessageCodec.readRequest(utf8(REQUEST.replace("\"priority\"", unknown + ",\"priority\""))), is(PLAIN));
    }

    @Test
    void later_version_is_read_as_far_as_it_is_understood() throws MalformedMessageException {
        byte[] message = utf8(REQUEST.replace("\"priority\"", "\"v\":2,\"priority\""));

        assertThat(MessageCodec.readRequest(message), is(PLAIN));
    }

    @Test
    void utf_8_is_read_as_well_as_escapes() throws MalformedMessageException {
        RequestMessage message = MessageCodec.readRequest(request("\"headers\":[[\"A\",\"\u00e9\\u00e9\"]]"));

        assertThat(message.headers(), is(Headers.of("A", "\u00e9\u00e9")));
    }

    @Test
    void empty_body_beside_a_link_is_no_body() throws MalformedMessageException {
        assertThat(
                MessageCodec.readRequest(request("\"body\":\"\",\"body_link\":\"k\""))
                        .body(),
                is(new MessageBody.Link("k")));
    }

    @Test
    void blanks_at_the_end_are_no_content() throws MalformedMessageException {
        assertThat(MessageCodec.readRequest(utf8(REQUEST + " \r\n")), is(PLAIN));
    }

    /** The plain request with one more field before its end. */
    private static byte[] request(String field) {
        return utf8(REQUEST.substring(0, REQUEST.length() - 1) + "," + field + "}");
    }

    private static byte[] utf8(String text) {
        return text.getBytes(UTF_8);
    }
}
