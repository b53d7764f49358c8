package io.thr.core.message;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.is;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.jspecify.annotations.Nullable;

/** What holds for every message that can be made. */
class MessageCodecPropertiesTest {

    @Property(edgeCases = EdgeCasesMode.NONE)
    void request_that_was_written_is_read_as_it_was(@ForAll("requests") RequestMessage message)
            throws MalformedMessageException {
        assertThat(MessageCodec.readRequest(MessageCodec.write(message)), is(message));
    }

    @Property(edgeCases = EdgeCasesMode.NONE)
    void response_that_was_written_is_read_as_it_was(@ForAll("responses") ResponseMessage message)
            throws MalformedMessageException {
        assertThat(MessageCodec.readResponse(MessageCodec.write(message)), is(message));
    }

    @Property(tries = 300, edgeCases = EdgeCasesMode.NONE)
    void message_is_ascii(@ForAll("requests") RequestMessage request, @ForAll("responses") ResponseMessage response) {
        assertThat(isAscii(MessageCodec.write(request)), is(true));
        assertThat(isAscii(MessageCodec.write(response)), is(true));
    }

    @Property(tries = 300, edgeCases = EdgeCasesMode.NONE)
    void original_finds_in_a_request_what_is_in_it(@ForAll("requests") RequestMessage message) {
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
    }

    @Property(tries = 300, edgeCases = EdgeCasesMode.NONE)
    void request_without_query_string_has_the_same_arguments(@ForAll("requests") RequestMessage message)
            throws MalformedMessageException {
        Map<String, @Nullable Object> tree = JsonTree.parse(MessageCodec.write(message));
        tree.remove("query_string");

        String query = MessageCodec.readRequest(JsonTree.write(tree)).queryString();

        assertThat(query == null ? null : QueryArguments.decode(query), is(tree.get("query_arguments")));
    }

    @Property(tries = 300, edgeCases = EdgeCasesMode.NONE)
    void order_of_the_fields_does_not_matter(@ForAll("requests") RequestMessage message)
            throws MalformedMessageException {
        Map<String, @Nullable Object> tree = JsonTree.parse(MessageCodec.write(message));
        Map<String, @Nullable Object> backwards = new LinkedHashMap<>();
        List<String> names = new ArrayList<>(tree.keySet());
        for (int i = names.size() - 1; i >= 0; i--) {
            backwards.put(names.get(i), tree.get(names.get(i)));
        }

        assertThat(MessageCodec.readRequest(JsonTree.write(backwards)), is(message));
    }

    @Provide
    Arbitrary<RequestMessage> requests() {
        return Messages.requests();
    }

    @Provide
    Arbitrary<ResponseMessage> responses() {
        return Messages.responses();
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
