package io.thr.core.message;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.instanceOf;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.lessThanOrEqualTo;
import static org.hamcrest.Matchers.matchesPattern;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.thr.core.Choices;
import io.thr.core.Tries;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FrameCodecTest {

    private static final String REQUEST = "b4370dc760fa4c28aab831a037ef931d";
    private static final String STREAM = "4e14a81934674aed8d5abdadda16468b.7";
    private static final String HEAD = REQUEST + " " + STREAM + " ";
    private static final String VISIBLE = "!0aA~\u00a1\u00ff";
    private static final String HEX = "0123456789abcdefABCDEF";

    private static byte[] bytes(String text) {
        return text.getBytes(ISO_8859_1);
    }

    private static String written(Frame frame) {
        return new String(FrameCodec.write(frame), ISO_8859_1);
    }

    private static Frame read(String text) throws MalformedMessageException {
        return FrameCodec.read(bytes(text));
    }

    private static String refusal(String text) {
        return String.valueOf(
                assertThrows(MalformedMessageException.class, () -> read(text)).getMessage());
    }

    @Test
    void each_kind_is_written_as_it_is_drawn() {
        Headers trailers = Headers.of("X-A", "1", "x-a", "", "X-Bytes", "caf\u00e9: \u00ff");
        assertThat(written(new Frame.Data(REQUEST, STREAM, 0, bytes("a\nb"))), is("D " + HEAD + "0\na\nb"));
        assertThat(
                written(new Frame.End(REQUEST, STREAM, 3, trailers)),
                is("E " + HEAD + "3\nX-A: 1\nx-a: \nX-Bytes: caf\u00e9: \u00ff\n"));
        assertThat(written(new Frame.End(REQUEST, STREAM, 0, Headers.EMPTY)), is("E " + HEAD + "0\n"));
        assertThat(written(new Frame.Abort(REQUEST, STREAM, "gone")), is("A " + HEAD + "0\ngone"));
        assertThat(written(new Frame.Credit(REQUEST, STREAM, 1 << 20)), is("C " + HEAD + "1048576\n"));
    }

    @Test
    void every_frame_comes_back_as_it_was() {
        Tries.check(500, FrameCodecTest::frame, frame -> {
            Frame back = FrameCodec.read(FrameCodec.write(frame));
            assertThat(back, is(instanceOf(frame.getClass())));
            assertThat(back.request(), is(frame.request()));
            assertThat(back.stream(), is(frame.stream()));
            if (frame instanceof Frame.Data data && back instanceof Frame.Data other) {
                assertThat(other.number(), is(data.number()));
                assertThat(Arrays.equals(other.bytes(), data.bytes()), is(true));
            } else {
                assertThat(back, is(frame));
            }
        });
    }

    private static Frame frame(Choices choices) {
        String request = choices.text(HEX, 32, 32, 32);
        String stream = choices.text(VISIBLE, 1, 40, Frame.MAX_STREAM_LENGTH);
        long number = choices.between(0L, Long.MAX_VALUE);
        return switch (choices.index(4)) {
            case 0 -> new Frame.Data(request, stream, number, choices.bytes(1, 400, 70_000));
            case 1 -> new Frame.End(request, stream, number, RandomMessages.headers(choices));
            case 2 -> new Frame.Abort(request, stream, choices.text(" ~a\u00e9\u20ac", 0, 40, 300));
            default -> new Frame.Credit(request, stream, number);
        };
    }

    @Test
    void any_bytes_are_a_frame_or_refused_and_what_is_read_is_written_the_same() {
        Tries.check(5_000, FrameCodecTest::damaged, bytes -> {
            Frame frame;
            try {
                frame = FrameCodec.read(bytes);
            } catch (MalformedMessageException e) {
                assertThat(e.getMessage(), matchesPattern("[ -~]{1,300}"));
                return;
            }
            byte[] once = FrameCodec.write(frame);
            assertThat(FrameCodec.isFrame(once), is(true));
            assertThat(Arrays.equals(FrameCodec.write(FrameCodec.read(once)), once), is(true));
        });
    }

    /** A frame with a few bytes changed, cut out or put in, mostly where its head is; or no frame at all. */
    private static byte[] damaged(Choices choices) {
        if (choices.oneIn(5)) {
            return choices.bytes(0, 200, 2_000);
        }
        byte[] bytes = FrameCodec.write(frame(choices));
        for (int i = choices.between(0, 4); i > 0; i--) {
            int at = choices.between(0, Math.min(bytes.length, 250));
            int end = choices.oneIn(2) ? at : choices.between(at, Math.min(bytes.length, at + 40));
            byte[] other = choices.oneIn(2)
                    ? choices.bytes(0, 3, 200)
                    : bytes(choices.text("DEAC 0\n\r\u0000-9:\u00e9", 0, 3, 200));
            byte[] changed = Arrays.copyOf(bytes, bytes.length - (end - at) + other.length);
            System.arraycopy(other, 0, changed, at, other.length);
            System.arraycopy(bytes, end, changed, at + other.length, bytes.length - end);
            bytes = changed;
        }
        return bytes;
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "\n",
                "D",
                "D\n",
                "D  \n",
                "D * 0",
                "D *",
                "D *\n",
                "D * \n",
                "D * 0 1\n",
                "D *  0\nx",
                " D * 0\nx",
                "B * 0\nx",
                "d * 0\nx",
                "DD * 0\nx",
                "\u00c4 * 0\nx",
                "D * -1\nx",
                "D * -0\nx",
                "D * +1\nx",
                "D * 0x1\nx",
                "D * 1e3\nx",
                "D * 1 \nx",
                "D * \u00b2\nx",
                "D * 9223372036854775808\nx",
                "D * 99999999999999999999\nx",
                "D * 00000000000000000000\nx",
                "D * 0\rx",
                "D * 0\n",
                "E * 1\nX",
                "E * 1\nX: 1",
                "E * 1\nX 1\n",
                "E * 1\n: 1\n",
                "E * 1\nX\n: 1\n",
                "E * 1\nX:1\n",
                "E * 1\nX: 1\n\nY: 2\n",
                "E * 1\n\n"
            })
    void malformed_shape_is_refused(String shape) {
        assertThat(refusal(shape.replace("*", HEAD.strip())), matchesPattern("frame: [ -~]+"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "b4370dc760fa4c28aab831a037ef931",
                "b4370dc760fa4c28aab831a037ef931d0",
                "b4370dc760fa4c28aab831a037ef931g",
                "b4370dc760fa4c28aab831a037ef931\r"
            })
    void request_that_is_none_is_refused(String request) {
        refusal("D " + request + " " + STREAM + " 0\nx");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a\tb", "a\u0000b", "a\u007fb", "a\rb", "\r"})
    void stream_that_is_none_is_refused(String stream) {
        refusal("D " + REQUEST + " " + stream + " 0\nx");
    }

    @Test
    void names_and_numbers_have_bounds() throws Exception {
        String longest = "s".repeat(Frame.MAX_STREAM_LENGTH);
        Frame frame = read("D " + REQUEST + " " + longest + " " + Long.MAX_VALUE + "\nx");
        assertThat(frame.stream(), is(longest));
        assertThat(((Frame.Data) frame).number(), is(Long.MAX_VALUE));
        refusal("D " + REQUEST + " " + longest + "s 0\nx");
        // nobody looks further for the end of a head
        refusal("D " + REQUEST + " " + "s".repeat(10_000_000) + " 0\nx");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "X: a\rb",
                "X: a\r",
                "X: \u0000",
                "X: a\u0000b",
                "X\r: a",
                "X\u0000: a",
                "X : a",
                " X: a",
                "X Y: a",
                "X\u00e9: a",
                "a\r\nSet-Cookie: x"
            })
    void trailer_that_would_end_a_line_or_is_no_field_is_refused(String line) {
        refusal("E " + HEAD + "1\nA: b\n" + line + "\n");
    }

    @Test
    void trailers_have_the_bounds_of_fields() throws Exception {
        String field = "X: a\n";
        assertThat(
                ((Frame.End) read("E " + HEAD + "1\n" + field.repeat(Headers.MAX_FIELDS)))
                        .trailers()
                        .size(),
                is(Headers.MAX_FIELDS));
        refusal("E " + HEAD + "1\n" + field.repeat(Headers.MAX_FIELDS + 1));
        refusal("E " + HEAD + "1\nX: " + "a".repeat(Headers.MAX_SIZE) + "\n");
    }

    @Test
    void reason_is_one_short_line_whatever_was_sent() throws Exception {
        String sent = "a\r\nb\u0000\u001b[2J\u0085\u2028" + "x".repeat(1_000_000);
        byte[] bytes = ("A " + HEAD + "0\n" + sent).getBytes(UTF_8);
        String reason = ((Frame.Abort) FrameCodec.read(bytes)).reason();
        assertThat(reason, matchesPattern("a\\?\\?b\\?\\?\\[2J\\?\\?x+"));
        assertThat(reason.length(), is(lessThanOrEqualTo(300)));
    }

    @Test
    void message_is_no_frame() {
        assertThat(FrameCodec.isFrame(bytes("{\"status_code\":200}")), is(false));
        assertThat(FrameCodec.isFrame(new byte[0]), is(false));
        for (String kind : new String[] {"A", "C", "D", "E"}) {
            assertThat(kind, FrameCodec.isFrame(bytes(kind)), is(true));
        }
    }
}
