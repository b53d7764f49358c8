package io.thr.core.message;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_16;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.nullValue;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is refused, with what reason, and where the client waits all the same. */
class MalformedMessageTest {

    private static final String KEY = "thr:queue:response:4e14a81934674aed8d5abdadda16468b";
    private static final String ID = "b4370dc760fa4c28aab831a037ef931d";
    private static final String EXTRA = "{\"response_key\":\"" + KEY
            + "\",\"priority\":7,\"creation_time\":1795322238.5,\"request_id\":\"" + ID + "\"}";
    private static final String REQUEST = "{\"method\":\"GET\",\"path\":\"/x\",\"host\":\"h\",\"extra\":" + EXTRA + "}";
    private static final String RESPONSE = "{\"status_code\":200,\"headers\":[],\"body\":\"\"}";
    private static final RequestMessage PLAIN = new RequestMessage(
            "GET", "/x", "h", null, null, Headers.EMPTY, MessageBody.NONE, RequestExtra.of(KEY, 7, 1795322238.5, ID));

    @ParameterizedTest
    @ValueSource(
            strings = {
                "'body':'YWJj','body_link':'k'",
                "'body':'YWJ'",
                "'body':'Y*Jj'",
                "'body':null",
                "'body':[]",
                "'body_link':''",
                "'body_link':'a b'",
                "'body_link':1",
                "'method':'GET'",
                "'extra':{}",
                "'headers':[],'headers':[]",
                "'headers':{}",
                "'headers':null",
                "'headers':[1]",
                "'headers':[[]]",
                "'headers':[['A']]",
                "'headers':[['A','b','c']]",
                "'headers':[['A',1]]",
                "'headers':[[1,'b']]",
                "'headers':[['A',['b']]]",
                "'headers':[['A:','b']]",
                "'headers':[['','b']]",
                "'headers':[['A','b\\r\\nC: d']]",
                "'headers':[['A','\\u0000']]",
                "'headers':[['A','\\u20ac']]",
                "'query_string':'a b'",
                "'query_string':'a#b'",
                "'query_string':'a\\r\\n'",
                "'query_string':null",
                "'query_string':'\\u20ac'",
                "'query_arguments':[]",
                "'query_arguments':{'a':'b'}",
                "'query_arguments':{'a':[1]}",
                "'query_arguments':{'a':[null]}",
                "'query_arguments':{'a':['\\ud83d']}",
                "'query_arguments':{'a':['1'],'a':['2']}",
                "'query_string':'a','query_arguments':[]",
                "'scheme':'HTTP'",
                "'scheme':'ftp'",
                "'scheme':true",
                "'news':1e",
                "'news':01",
                "'news':NaN",
                "'news':tru",
                "'news':'\\x'",
                "'news'",
                "news:1",
                "'news':1,",
                "/* */'news':1"
            })
    void request_with_this_beside_is_malformed_and_its_client_is_known(String field) {
        malformedRequest(request(field.replace('\'', '"')), KEY, ID);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "\"GET\"|\"G T\"",
                "\"GET\"|\"\"",
                "\"GET\"|1",
                "\"GET\"|null",
                "\"/x\"|\"x\"",
                "\"/x\"|\"\"",
                "\"/x\"|\"/x?y\"",
                "\"/x\"|\"/x#y\"",
                "\"/x\"|\"/x y\"",
                "\"/x\"|\"/x\\r\\ny\"",
                "\"/x\"|\"/\\u0000\"",
                "\"/x\"|\"/\\u0100\"",
                "\"/x\"|[\"/x\"]",
                "\"h\"|\"h h\"",
                "\"h\"|\"h\\n\"",
                "\"h\"|7",
                ":7|:7.5",
                ":7|:\"7\"",
                ":7|:true",
                ":7|:7,\"attempt\":0",
                ":7|:7,\"attempt\":1.5",
                ":7|:7,\"attempt\":2147483648",
                ":7|:7,\"attempt\":\"1\"",
                ":7|:7,\"deadline\":-1",
                ":7|:7,\"deadline\":\"soon\"",
                ":7|:7,\"deadline\":1e999",
                ":7|:7,\"deadline\":null",
                ":7|:7,\"fair_key\":\"\"",
                ":7|:7,\"fair_key\":1",
                ":7|:7,\"traceparent\":\"a\\nb\"",
                ":7|:7,\"v\":0",
                ":7|:7,\"v\":\"1\"",
                ":7|:7,\"v\":1,\"v\":1",
                ":7|:7,\"priority\":7",
                "1795322238.5|-1",
                "1795322238.5|1e999",
                "1795322238.5|1795322238500",
                "1795322238.5|\"1795322238.5\"",
                "1795322238.5|null",
                "1795322238.5|0.11111111111111111111111111111111111111111111111111111111111111111111",
                "\"method\"|\"METHOD\"",
                "\"path\"|\"Path\"",
                "\"host\"|\"\"",
                "\"creation_time\"|\"time\""
            })
    void request_with_this_in_place_of_that_is_malformed_and_its_client_is_known(String that, String replacement) {
        assertThat(REQUEST, containsString(that));

        malformedRequest(utf8(REQUEST.replace(that, replacement)), KEY, ID);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "'status_code':200",
                "'status_code':99",
                "'status_code':1000",
                "'status_code':99999999999999999999",
                "'status_code':200.0",
                "'status_code':'200'",
                "'headers':null",
                "'body':1",
                "'body_link':{}",
                "'extra':[]",
                "'extra':{'request_id':'x'}",
                "'extra':{'request_id':1}",
                "'extra':{'queue_ms':-1}",
                "'extra':{'queue_ms':1.5}",
                "'extra':{'upstream_ms':9223372036854775808}",
                "'extra':{'attempt':0}",
                "'extra':{'dispatcher':''}",
                "'extra':{'more':1}",
                "'extra':{'more':true,'more':true}"
            })
    void response_with_this_is_malformed(String field) {
        String name = field.substring(0, field.indexOf(':'));
        String rest = name.equals("'status_code'") && !field.equals("'status_code':200") ? "" : "'status_code':200,";

        assertThrows(
                MalformedMessageException.class,
                () -> MessageCodec.readResponse(utf8(("{" + rest + field + "}").replace('\'', '"'))));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "null", "[]", "1", "\"a\"", "{}", "{", "\u0000", "hello", " {}", "{}{}"})
    void what_is_no_message_is_malformed(String text) {
        malformedRequest(utf8(text), null, null);
        assertThrows(MalformedMessageException.class, () -> MessageCodec.readResponse(utf8(text)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"{}", "x", ",", "}", "\u0000", "null"})
    void trailing_content_is_refused(String rest) {
        malformedRequest(utf8(REQUEST + rest), KEY, ID);
        assertThrows(MalformedMessageException.class, () -> MessageCodec.readResponse(utf8(RESPONSE + rest)));
    }

    @Test
    void encodings_other_than_utf_8_are_refused() {
        malformedRequest(REQUEST.getBytes(UTF_16), null, null);
        malformedRequest(utf8("\ufeff" + REQUEST), KEY, ID);
        malformedRequest(REQUEST.replace("GET", "G\u00c3T").getBytes(ISO_8859_1), KEY, ID);
    }

    @Test
    void every_truncation_is_refused() {
        for (int length = 0; length < REQUEST.length(); length++) {
            byte[] message = utf8(REQUEST.substring(0, length));
            assertThrows(MalformedMessageException.class, () -> MessageCodec.readRequest(message));
        }
    }

    @Test
    void depth_is_bounded() {
        malformedRequest(request("\"news\":" + "[".repeat(100_000) + "]".repeat(100_000)), KEY, ID);
        malformedRequest(request("\"news\":" + "{\"a\":".repeat(100_000) + "1" + "}".repeat(100_000)), KEY, ID);
    }

    @Test
    void number_of_headers_is_bounded() {
        malformedRequest(
                request("\"headers\":[" + "[\"A\",\"\"],".repeat(Headers.MAX_FIELDS) + "[\"A\",\"\"]]"), KEY, ID);
    }

    @Test
    void size_of_headers_is_bounded() {
        String half = "v".repeat(Headers.MAX_SIZE / 2);
        malformedRequest(request("\"headers\":[[\"A\",\"" + half + "\"],[\"A\",\"" + half + "\"]]"), KEY, ID);
        malformedRequest(request("\"headers\":[[\"A\",\"" + half + half + half + "\"]]"), KEY, ID);
    }

    @Test
    void path_and_query_are_bounded() {
        String long64k = "x".repeat(RequestMessage.MAX_TARGET_LENGTH);
        malformedRequest(utf8(REQUEST.replace("/x", "/" + long64k)), KEY, ID);
        malformedRequest(request("\"query_string\":\"" + long64k + "x\""), KEY, ID);
        malformedRequest(request("\"query_arguments\":{\"a\":[\"" + long64k + "\"]}"), KEY, ID);
    }

    @Test
    void numbers_are_bounded() {
        malformedRequest(request("\"news\":" + "9".repeat(100_000)), KEY, ID);
        malformedRequest(utf8(REQUEST.replace(":7", ":" + "7".repeat(100_000))), KEY, ID);
    }

    @Test
    void number_of_tokens_is_bounded() {
        malformedRequest(request("\"news\":[" + "1,".repeat(300_000) + "1]"), KEY, ID);
    }

    @Test
    void response_key_must_have_the_prefix() {
        for (String key :
                new String[] {"thr:queue:hello", "", "thr:queue:response:", "x" + KEY, "thr:queue:response:a b"}) {
            MalformedMessageException refusal = malformedRequest(utf8(REQUEST.replace(KEY, key)), null, ID);
            assertThat(refusal.getMessage(), containsString("response_key"));
        }
    }

    @Test
    void response_key_has_a_bounded_length() throws MalformedMessageException {
        String longest = "thr:queue:response:" + "k".repeat(RequestExtra.MAX_RESPONSE_KEY_LENGTH - 19);

        assertThat(
                MessageCodec.readRequest(utf8(REQUEST.replace(KEY, longest)))
                        .extra()
                        .responseKey(),
                is(longest));
        malformedRequest(utf8(REQUEST.replace(KEY, longest + "k")), null, ID);
    }

    @Test
    void request_id_must_be_32_hexadecimal_digits() {
        for (String id :
                new String[] {"", ID + "0", ID.substring(1), "g" + ID.substring(1), "\u00e9" + ID.substring(1)}) {
            malformedRequest(utf8(REQUEST.replace(ID, id)), KEY, null);
        }
    }

    @Test
    void absent_response_key_is_malformed() {
        malformedRequest(utf8(REQUEST.replace("response_key", "other")), null, ID);
        malformedRequest(utf8("{\"method\":\"GET\",\"path\":\"/x\",\"host\":\"h\"}"), null, null);
    }

    @Test
    void client_is_known_though_the_message_breaks_off_after_it() {
        String cut = REQUEST.substring(0, REQUEST.indexOf(",\"priority\""));

        malformedRequest(utf8(cut), KEY, null);
    }

    @Test
    void client_is_known_in_the_spelling_of_the_original() {
        byte[] capture = WireSamples.bytes("get-args", "request.json");
        byte[] broken = utf8(new String(capture, US_ASCII).replace("\"method\": \"GET\"", "\"method\": GET"));

        malformedRequest(
                broken, "thr:queue:response:b020f803418a4d29907eed285cd296e6", "54a89b3df3f04af29d5094d6b00672ea");
    }

    @Test
    void client_is_not_led_astray_by_what_it_wrote_itself() {
        String planted = "\"response_key\":\"thr:queue:response:planted\"";
        RequestMessage message = new RequestMessage(
                "GET",
                "/\"" + planted,
                "h",
                planted,
                null,
                Headers.of("A", planted, "B", "\\" + planted),
                MessageBody.NONE,
                PLAIN.extra());
        String written = new String(MessageCodec.write(message), US_ASCII);

        malformedRequest(utf8(written.replace("\"GET\"", "GET")), KEY, ID);
    }

    @Test
    void of_two_response_keys_none_is_believed() {
        malformedRequest(request("\"extra\":{\"response_key\":\"thr:queue:response:other\"}"), null, ID);
    }

    @Test
    void malformed_response_tells_its_request() {
        MalformedMessageException refusal = assertThrows(
                MalformedMessageException.class,
                () -> MessageCodec.readResponse(
                        utf8("{\"status_code\":20,\"extra\":{\"request_id\":\"" + ID + "\"}}")));

        assertThat(refusal.requestId(), is(ID));
        assertThat(refusal.responseKey(), is(nullValue()));
        assertThat(refusal.getMessage(), is("status_code: 20 (expected: 100 to 999)"));
    }

    @Test
    void reason_names_place_and_expectation_and_hides_values() {
        Map<String, String> reasons = Map.of(
                "\"headers\":[[\"Authorization\",\"secret\\n\"]]",
                "header Authorization: U+000A at 6 (expected: no CR, LF, NUL, and nothing above U+00FF)",
                "\"body\":\"secret!\"",
                "body: another thing (expected: base64)",
                "\"body\":7",
                "body: VALUE_NUMBER_INT (expected: a string)",
                "\"method\":\"GET\"",
                "method: there twice (expected: once)",
                "\"query_string\":\"secret secret\"",
                "query_string: U+0020 at 6 (expected: no blank, control or #, and nothing above U+00FF)");

        reasons.forEach((field, reason) ->
                assertThat(malformedRequest(request(field), KEY, ID).getMessage(), is(reason)));
    }

    @Test
    void reason_quotes_nothing_of_what_is_no_json() {
        MalformedMessageException refusal = malformedRequest(request("\"news\":secret"), KEY, ID);

        assertThat(refusal.getMessage(), not(containsString("secret")));
        assertThat(refusal.getMessage(), containsString("no JSON at byte "));
    }

    /** The plain request with one more field before its end. */
    private static byte[] request(String field) {
        return utf8(REQUEST.substring(0, REQUEST.length() - 1) + "," + field + "}");
    }

    private static byte[] utf8(String text) {
        return text.getBytes(UTF_8);
    }

    private static MalformedMessageException malformedRequest(
            byte[] message, @Nullable String responseKey, @Nullable String requestId) {
        MalformedMessageException refusal =
                assertThrows(MalformedMessageException.class, () -> MessageCodec.readRequest(message));
        assertThat(refusal.responseKey(), is(responseKey));
        assertThat(refusal.requestId(), is(requestId));
        return refusal;
    }
}
