package io.thr.core.message;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.matchesPattern;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.thr.core.Tries;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What holds for every message that can be made. */
class MessageCodecPropertiesTest {

    @Test
    void request_that_was_written_is_read_as_it_was() {
        Tries.check(1_000, RandomMessages::request, message -> {
            RequestMessage read = MessageCodec.readRequest(MessageCodec.write(message));

            assertThat(read, is(RandomMessages.asWritten(message)));
            assertThat("a second time", MessageCodec.readRequest(MessageCodec.write(read)), is(read));
        });
    }

    @Test
    void response_that_was_written_is_read_as_it_was() {
        Tries.check(
                1_000,
                RandomMessages::response,
                message -> assertThat(MessageCodec.readResponse(MessageCodec.write(message)), is(message)));
    }

    @Test
    void message_is_ascii() {
        Tries.check(
                300, RandomMessages::request, message -> assertThat(isAscii(MessageCodec.write(message)), is(true)));
        Tries.check(
                300, RandomMessages::response, message -> assertThat(isAscii(MessageCodec.write(message)), is(true)));
    }

    @Test
    void time_is_a_plain_decimal_in_whole_microseconds() {
        Tries.check(1_000, RandomMessages::time, time -> {
            RequestExtra extra =
                    new RequestExtra("thr:queue:response:x", 50, time, "0".repeat(32), time, 1, null, null);
            String message = new String(
                    MessageCodec.write(
                            new RequestMessage("GET", "/", "", null, null, Headers.EMPTY, MessageBody.NONE, extra)),
                    US_ASCII);

            for (String name : List.of("creation_time", "deadline")) {
                String written = message.replaceFirst(".*\"" + name + "\":([^,}]*).*", "$1");
                assertThat(written, matchesPattern("(0|[1-9]\\d*)\\.(0|\\d{0,5}[1-9])"));
                assertThat(
                        new BigDecimal(written).setScale(6),
                        is(new BigDecimal(time).setScale(6, RoundingMode.HALF_UP)));
            }
        });
    }

    @Test
    void original_finds_in_a_request_what_is_in_it() {
        Tries.check(300, RandomMessages::request, message -> {
            Map<String, @Nullable Object> tree = JsonTree.parse(MessageCodec.write(message));

            assertThat(tree.get("method"), is(message.method()));
            assertThat(tree.get("path"), is(message.path()));
            assertThat(tree.get("host"), is(message.host()));
            String query = message.queryString();
            Map<String, List<String>> arguments = query == null ? Map.of() : QueryArguments.decode(query);
            assertThat(tree.get("query_arguments"), is(arguments.isEmpty() ? null : arguments));
            assertThat(tree.containsKey("headers"), is(!message.headers().isEmpty()));
            assertThat(tree.containsKey("body_link"), is(message.body() instanceof MessageBody.Link));
            assertThat(
                    tree.containsKey("body"),
                    is(message.body() instanceof MessageBody.Inline inline && inline.bytes().length > 0));
        });
    }

    @Test
    void request_without_query_string_has_the_same_arguments() {
        Tries.check(300, RandomMessages::request, message -> {
            Map<String, @Nullable Object> tree = JsonTree.parse(MessageCodec.write(message));
            tree.remove("query_string");
            byte[] bytes = JsonTree.write(tree);

            if (!fitsEncodedAgain(message)) {
                assertThrows(MalformedMessageException.class, () -> MessageCodec.readRequest(bytes));
                return;
            }
            String query = MessageCodec.readRequest(bytes).queryString();

            assertThat(query == null ? null : QueryArguments.decode(query), is(tree.get("query_arguments")));
        });
    }

    @Test
    void order_of_the_fields_does_not_matter() {
        Tries.check(300, RandomMessages::request, message -> {
            Map<String, @Nullable Object> tree = JsonTree.parse(MessageCodec.write(message));
            Map<String, @Nullable Object> backwards = new LinkedHashMap<>();
            List<String> names = new ArrayList<>(tree.keySet());
            for (int i = names.size() - 1; i >= 0; i--) {
                backwards.put(names.get(i), tree.get(names.get(i)));
            }

            byte[] bytes = JsonTree.write(backwards);

            // query_arguments come first, and are read: nobody knows yet that a query_string follows
            if (!fitsEncodedAgain(message)) {
                assertThrows(MalformedMessageException.class, () -> MessageCodec.readRequest(bytes));
                return;
            }
            assertThat(MessageCodec.readRequest(bytes), is(RandomMessages.asWritten(message)));
        });
    }

    /** Whether the query can be built of its arguments: escapes are longer than what they stand for. */
    private static boolean fitsEncodedAgain(RequestMessage message) {
        String query = message.queryString();
        StringBuilder again = new StringBuilder();
        if (query != null) {
            QueryArguments.decode(query)
                    .forEach((name, values) -> values.forEach(value -> QueryArguments.append(again, name, value)));
        }
        return again.length() <= RequestMessage.MAX_TARGET_LENGTH;
    }

    private static boolean isAscii(byte[] bytes) {
        for (byte b : bytes) {
            if (b < 0x20) {
                return false;
            }
        }
        return true;
    }
}
