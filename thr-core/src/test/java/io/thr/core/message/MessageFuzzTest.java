package io.thr.core.message;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.startsWith;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.jspecify.annotations.Nullable;

/**
 * Whatever the bytes: a reader gives a message or a {@link MalformedMessageException}, never another throwable, and soon.
 * What it gives can be written and read again. A failure prints its seed and its smallest input.
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

    @Property(tries = 1_000, edgeCases = EdgeCasesMode.NONE)
    void any_bytes_are_read_or_refused(@ForAll("garbage") byte[] bytes) {
        readBoth(bytes);
    }

    @Property(tries = 2_500, edgeCases = EdgeCasesMode.NONE)
    void damaged_message_is_read_or_refused(@ForAll("damaged") byte[] bytes) {
        readBoth(bytes);
    }

    @Property(tries = 2_500, edgeCases = EdgeCasesMode.NONE)
    void message_with_another_value_somewhere_is_read_or_refused(@ForAll("altered") byte[] bytes) {
        readBoth(bytes);
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
        assertThat(MessageCodec.readRequest(MessageCodec.write(message)), is(message));
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

    @Provide
    Arbitrary<byte[]> garbage() {
        Arbitrary<byte[]> anyBytes = Arbitraries.bytes().array(byte[].class).ofMaxSize(400);
        Arbitrary<byte[]> jsonLike = Arbitraries.strings()
                .withChars("{}[]\",:\\ u0d9e-.+tfn/\u0000\n\u00ff")
                .ofMaxLength(200)
                .map(text -> ("{" + text).getBytes(ISO_8859_1));
        return Arbitraries.oneOf(anyBytes, jsonLike);
    }

    @Provide
    Arbitrary<byte[]> damaged() {
        return Combinators.combine(seeds(), damages().list().ofMinSize(1).ofMaxSize(5))
                .as((seed, damages) -> {
                    byte[] bytes = seed;
                    for (Damage damage : damages) {
                        bytes = damage.done(bytes);
                    }
                    return bytes;
                });
    }

    @Provide
    Arbitrary<byte[]> altered() {
        return Combinators.combine(seeds(), Arbitraries.integers().between(0, 60), jsonValues())
                .as((seed, node, value) -> {
                    AtomicInteger countdown = new AtomicInteger(node % nodes(JsonTree.parse(seed)));
                    return JsonTree.write(replaced(JsonTree.parse(seed), countdown, value));
                });
    }

    /** Every capture, and messages with all that we add. */
    private static Arbitrary<byte[]> seeds() {
        List<byte[]> captures = new ArrayList<>();
        for (String kind : List.of("request.json", "response.json")) {
            WireSamples.names(kind).forEach(name -> captures.add(WireSamples.bytes(name, kind)));
        }
        return Arbitraries.oneOf(
                Arbitraries.of(captures),
                Messages.requests().map(MessageCodec::write),
                Messages.responses().map(MessageCodec::write));
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

    private static Arbitrary<Damage> damages() {
        Arbitrary<byte[]> snippets = Arbitraries.of(SNIPPETS).map(text -> text.getBytes(ISO_8859_1));
        Arbitrary<byte[]> partsOfOthers = Combinators.combine(
                        seeds(), Arbitraries.doubles().between(0, 1))
                .as((seed, share) -> new Damage(Kind.CUT_OFF, share, 0, seed).done(seed));
        return Combinators.combine(
                        Arbitraries.of(Kind.values()),
                        Arbitraries.doubles().between(0, 1),
                        Arbitraries.integers().between(0, 255),
                        Arbitraries.oneOf(snippets, partsOfOthers))
                .as(Damage::new);
    }

    private static Arbitrary<@Nullable Object> jsonValues() {
        Arbitrary<@Nullable Object> leaves = Arbitraries.<Object>of(
                        true,
                        false,
                        0L,
                        1L,
                        -1L,
                        100L,
                        Long.MAX_VALUE,
                        Long.MIN_VALUE,
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
                        "thr:queue:response:",
                        "thr:queue:response:x",
                        "x".repeat(300_000),
                        "/" + "x".repeat(70_000))
                .injectNull(0.05);
        Arbitrary<@Nullable Object> lists = leaves.list().ofMaxSize(3).map(list -> list);
        Arbitrary<@Nullable Object> objects = Arbitraries.maps(
                        Arbitraries.of("a", "response_key", "request_id", "v", "more", "\u20ac", ""), leaves)
                .ofMaxSize(3)
                .map(map -> map);
        Arbitrary<@Nullable Object> manyFields =
                Arbitraries.of(List.of(), Map.of(), new ArrayList<>(Collections.nCopies(2_000, List.of("A", "b"))));
        return Arbitraries.oneOf(leaves, lists, objects, manyFields);
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
