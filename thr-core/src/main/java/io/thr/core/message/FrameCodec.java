package io.thr.core.message;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;

/** Writes frames to bytes and reads them from what came in. */
public final class FrameCodec {

    private static final byte[] NOTHING = {};

    /** The head of a frame is never longer: kind, request, stream and number. */
    private static final int MAX_HEAD = 2 + 33 + Frame.MAX_STREAM_LENGTH + 1 + 19 + 1;

    private static final int MAX_REASON = 300;

    private static final Pattern NUMBER = Pattern.compile("[0-9]{1,19}");

    private static final Pattern CONTROLS = Pattern.compile("[\\p{Cc}\\u2028\\u2029]");

    private FrameCodec() {}

    /** Whether what came in is a frame, and no message. */
    public static boolean isFrame(byte[] bytes) {
        return bytes.length > 0 && bytes[0] >= 'A' && bytes[0] <= 'E';
    }

    /** The frame as it travels. */
    public static byte[] write(Frame frame) {
        if (frame instanceof Frame.Data data) {
            return write('D', frame, data.number(), data.bytes());
        }
        if (frame instanceof Frame.End end) {
            return write('E', frame, end.pieces(), text(end.trailers()).getBytes(ISO_8859_1));
        }
        if (frame instanceof Frame.Abort abort) {
            return write('A', frame, 0, abort.reason().getBytes(UTF_8));
        }
        return write('C', frame, ((Frame.Credit) frame).bytes(), NOTHING);
    }

    private static byte[] write(char kind, Frame frame, long number, byte[] rest) {
        byte[] head = (kind + " " + frame.request() + " " + frame.stream() + " " + number + "\n").getBytes(ISO_8859_1);
        byte[] bytes = Arrays.copyOf(head, head.length + rest.length);
        System.arraycopy(rest, 0, bytes, head.length, rest.length);
        return bytes;
    }

    private static String text(Headers trailers) {
        StringBuilder text = new StringBuilder();
        trailers.forEach(field ->
                text.append(field.name()).append(": ").append(field.value()).append('\n'));
        return text.toString();
    }

    /**
     * Reads a frame.
     *
     * @throws MalformedMessageException where it is none
     */
    public static Frame read(byte[] bytes) throws MalformedMessageException {
        int end = 0;
        while (end < Math.min(bytes.length, MAX_HEAD) && bytes[end] != '\n') {
            end++;
        }
        String[] head = new String(bytes, 0, end, ISO_8859_1).split(" ", -1);
        if (end == Math.min(bytes.length, MAX_HEAD) || head.length != 4 || head[0].length() != 1) {
            throw malformed("no head of four words in a line");
        }
        String request = head[1];
        String stream = head[2];
        try {
            Syntax.requestId(request);
            Syntax.visible("stream", stream, 1, Frame.MAX_STREAM_LENGTH);
            long number = number(head[3]);
            byte[] rest = Arrays.copyOfRange(bytes, end + 1, bytes.length);
            return switch (head[0]) {
                case "D" -> new Frame.Data(request, stream, number, some(rest));
                case "E" -> new Frame.End(request, stream, number, trailers(new String(rest, ISO_8859_1)));
                case "A" -> new Frame.Abort(request, stream, line(new String(rest, UTF_8)));
                case "C" -> new Frame.Credit(request, stream, number);
                default -> throw new IllegalArgumentException("kind: another one (expected: A, C, D or E)");
            };
        } catch (IllegalArgumentException e) {
            throw malformed(String.valueOf(e.getMessage()));
        }
    }

    private static long number(String digits) {
        if (!NUMBER.matcher(digits).matches()) {
            throw new IllegalArgumentException("number: no digits (expected: 0 to " + Long.MAX_VALUE + ")");
        }
        try {
            return Long.parseLong(digits);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("number: too large (expected: 0 to " + Long.MAX_VALUE + ")", e);
        }
    }

    private static byte[] some(byte[] bytes) {
        if (bytes.length == 0) {
            throw new IllegalArgumentException("data: 0 bytes (expected: > 0)");
        }
        return bytes;
    }

    /** A reason comes into a log: it is one line there, and not a long one. */
    private static String line(String reason) {
        String line = CONTROLS.matcher(reason).replaceAll("?");
        return line.length() > MAX_REASON ? line.substring(0, MAX_REASON) : line;
    }

    private static Headers trailers(String text) {
        List<Headers.Field> fields = new ArrayList<>();
        int begin = 0;
        while (begin < text.length()) {
            int colon = text.indexOf(": ", begin);
            int end = text.indexOf('\n', begin);
            if (colon < 0 || end < colon) {
                throw new IllegalArgumentException("trailers: a line that is none (expected: name: value LF)");
            }
            fields.add(new Headers.Field(text.substring(begin, colon), text.substring(colon + 2, end)));
            begin = end + 1;
        }
        return Headers.of(fields);
    }

    private static MalformedMessageException malformed(String what) {
        return new MalformedMessageException("frame: " + what, null, null);
    }
}
