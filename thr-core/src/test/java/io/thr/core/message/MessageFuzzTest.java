package io.thr.core.message;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.startsWith;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import io.thr.core.Choices;
import io.thr.core.Tries;
import java.io.ByteArrayOutputStream;
import java.math.BigInteger;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Whatever the bytes: a reader gives a message or a {@link MalformedMessageException}, never another throwable, and soon.
 * What it gives can be written and read again. A failure tells its seed and its input: {@link Tries}.
 */
class MessageFuzzTest {

    private static final Duration FOREVER = Duration.ofSeconds(30);

    private static final List<String> SNIPPETS = List.of(
            "{",
            "}",
            "[",
            "]",
            "\"",
            ",",
            ":",
            "\\",
            "\\u",
            "\\ud83d",
            "\u0000",
            "\r\n",
            "null",
            "true",
            "-",
            "1e999",
            "-1e-999",
            "0.0000000000000000000000000000000000000000000000000000000000000000001",
            "NaN",
            "\u00ff\u00fe",
            "\u00ef\u00bb\u00bf",
            "\u00c3",
            "{\"a\":",
            "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
            "9".repeat(2_000),
            "[".repeat(50_000),
            "{\"extra\":".repeat(5_000),
            "\"extra\":{\"response_key\":\"thr:queue:response:x\"},",
            "\"response_key\":\"thr:queue:other\",",
            "\"body\":\"****\",",
            "\"body_link\":\"x\",",
            "/*",
            "//",
            "'");

    private static final List<Object> LEAVES = List.of(
            true,
            false,
            0L,
            1L,
            -1L,
            100L,
            Long.MAX_VALUE,
            Long.MIN_VALUE,
            BigInteger.TEN.pow(40),
            BigInteger.TEN.pow(1_000),
            0.5,
            -0.0,
            1e300,
            1e-300,
            "",
            " ",
            "*",
            "/",
            "/a b",
            "a\r\nb",
            "\u0000",
            "\u20ac",
            "\ud83d",
            "\ud83d\ude00",
            "thr:queue:response:",
            "thr:queue:response:x",
            "x".repeat(300_000),
            "/" + "x".repeat(70_000));

    private static final String JSON_LIKE = "{}[]\",:\\ u0d9e-.+tfn/\u0000\n\u00ff";

    private static final List<byte[]> CAPTURES = Stream.of("request.json", "response.json")
            .flatMap(kind -> WireSamples.names(kind).stream().map(name -> WireSamples.bytes(name, kind)))
            .toList();

    @Test
    void any_bytes_are_read_or_refused() {
        Tries.check(1_000, MessageFuzzTest::garbage, MessageFuzzTest::readBoth);
    }

    @Test
    void damaged_message_is_read_or_refused() {
        Tries.check(2_500, MessageFuzzTest::damaged, MessageFuzzTest::readBoth);
    }

    @Test
    void message_with_another_value_somewhere_is_read_or_refused() {
        Tries.check(2_500, MessageFuzzTest::altered, MessageFuzzTest::readBoth);
    }

    private static void readBoth(byte[] bytes) {
        assertTimeoutPreemptively(FOREVER, () -> {
            readRequest(bytes);
            readResponse(bytes);
        });
    }

    private static void readRequest(byte[] bytes) throws MalformedMessageException {
        RequestMessage message;
        try {
            message = MessageCodec.readRequest(bytes);
        } catch (MalformedMessageException e) {
            isUsable(e);
            return;
        }
        assertThat(MessageCodec.readRequest(MessageCodec.write(message)), is(RandomMessages.asWritten(message)));
    }

    private static void readResponse(byte[] bytes) throws MalformedMessageException {
        ResponseMessage message;
        try {
            message = MessageCodec.readResponse(bytes);
        } catch (MalformedMessageException e) {
            isUsable(e);
            return;
        }
        assertThat(MessageCodec.readResponse(MessageCodec.write(message)), is(message));
    }

    /** The reason fits in a line of a log, and nobody is led to another list. */
    private static void isUsable(MalformedMessageException e) {
        String reason = String.valueOf(e.getMessage());
        assertThat(reason, reason.matches("[ -~\u00a7\u2026]{1,300}"), is(true));
        if (e.responseKey() != null) {
            assertThat(e.responseKey(), startsWith(RequestExtra.RESPONSE_KEY_PREFIX));
        }
    }

    private static byte[] garbage(Choices choices) {
        return choices.oneIn(2)
                ? choices.bytes(0, 400, 70_000)
                : ("{" + choices.text(JSON_LIKE, 0, 200, 10_000)).getBytes(ISO_8859_1);
    }

    private static byte[] damaged(Choices choices) {
        byte[] bytes = message(choices);
        for (int i = choices.between(1, 5); i > 0; i--) {
            bytes = damage(choices).done(bytes);
        }
        return bytes;
    }

    private static byte[] altered(Choices choices) {
        Map<String, @Nullable Object> tree = JsonTree.parse(message(choices));
        AtomicInteger countdown = new AtomicInteger(choices.index(nodes(tree)));
        return JsonTree.write(replaced(tree, countdown, jsonValue(choices)));
    }

    /** A capture, or a message with all that we add. */
    private static byte[] message(Choices choices) {
        return switch (choices.index(3)) {
            case 0 -> choices.of(CAPTURES);
            case 1 -> MessageCodec.write(RandomMessages.request(choices));
            default -> MessageCodec.write(RandomMessages.response(choices));
        };
    }

    private enum Kind {
        FLIP_BIT,
        SET_BYTE,
        CUT_OUT,
        CUT_OFF,
        REPEAT,
        INSERT
    }

    /** One thing that goes wrong with a message, at a place given as a share of its length. */
    private record Damage(Kind kind, double place, int length, byte[] other) {

        byte[] done(byte[] bytes) {
            if (bytes.length == 0) {
                return other;
            }
            int at = (int) (place * (bytes.length - 1));
            int end = Math.min(bytes.length, at + length);
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            out.write(bytes, 0, at);
            switch (kind) {
                case FLIP_BIT -> {
                    out.write(bytes[at] ^ 1 << (length % 8));
                    out.write(bytes, at + 1, bytes.length - at - 1);
                }
                case SET_BYTE -> {
                    out.write(length);
                    out.write(bytes, at + 1, bytes.length - at - 1);
                }
                case CUT_OUT -> out.write(bytes, end, bytes.length - end);
                case CUT_OFF -> {
                    return out.toByteArray();
                }
                case REPEAT -> {
                    out.write(bytes, at, end - at);
                    out.write(bytes, at, bytes.length - at);
                }
                case INSERT -> {
                    out.writeBytes(other);
                    out.write(bytes, at, bytes.length - at);
                }
            }
            return out.toByteArray();
        }
    }

    private static Damage damage(Choices choices) {
        Kind kind = choices.of(Kind.values());
        return new Damage(kind, choices.share(), choices.between(0, 255), insertion(kind, choices));
    }

    private static byte[] insertion(Kind kind, Choices choices) {
        if (kind != Kind.INSERT) {
            return new byte[0];
        }
        return choices.oneIn(2) ? choices.of(SNIPPETS).getBytes(ISO_8859_1) : beginning(choices);
    }

    private static byte[] beginning(Choices choices) {
        byte[] other = message(choices);
        return Arrays.copyOf(other, choices.between(0, other.length));
    }

    private static @Nullable Object jsonValue(Choices choices) {
        return switch (choices.index(5)) {
            case 0, 1 -> leaf(choices);
            case 2 ->
                new ArrayList<>(Arrays.asList(leaf(choices), leaf(choices), leaf(choices)))
                        .subList(0, choices.index(4));
            case 3 -> jsonObject(choices);
            default ->
                choices.of(List.of(), Map.of(), Collections.nCopies(2_000, List.of("A", "b")), nested(33), nested(900));
        };
    }

    private static @Nullable Object leaf(Choices choices) {
        return choices.nullOneIn(20, () -> choices.of(LEAVES));
    }

    private static Map<String, @Nullable Object> jsonObject(Choices choices) {
        Map<String, @Nullable Object> object = new LinkedHashMap<>();
        for (int i = choices.index(4); i > 0; i--) {
            object.put(choices.of("a", "response_key", "request_id", "v", "more", "\u20ac", ""), leaf(choices));
        }
        return object;
    }

    private static List<Object> nested(int levels) {
        List<Object> nested = List.of();
        for (int i = 1; i < levels; i++) {
            nested = List.of(nested);
        }
        return nested;
    }

    private static int nodes(@Nullable Object tree) {
        int count = 1;
        if (tree instanceof Map<?, ?> object) {
            for (Object value : object.values()) {
                count += nodes(value);
            }
        } else if (tree instanceof List<?> array) {
            for (Object element : array) {
                count += nodes(element);
            }
        }
        return count;
    }

    /** The tree with another value in the place of the node at which the countdown ends, counted from the root. */
    private static @Nullable Object replaced(
            @Nullable Object tree, AtomicInteger countdown, @Nullable Object replacement) {
        if (countdown.getAndDecrement() == 0) {
            return replacement;
        }
        if (tree instanceof Map<?, ?> object) {
            Map<Object, @Nullable Object> copy = new LinkedHashMap<>();
            object.forEach((name, value) -> copy.put(name, replaced(value, countdown, replacement)));
            return copy;
        }
        if (tree instanceof List<?> array) {
            List<@Nullable Object> copy = new ArrayList<>();
            array.forEach(element -> copy.add(replaced(element, countdown, replacement)));
            return copy;
        }
        return tree;
    }
}
