package io.thr.core.message;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Writes frames to bytes and reads them from what came in. */
public final class FrameCodec {

    private static final byte[] NOTHING = {};

    /** The head of a frame is never longer: kind, request, stream and number. */
    private static final int MAX_HEAD = 2 + 33 + Frame.MAX_STREAM_LENGTH + 1 + 19 + 1;

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
            long number = Long.parseLong(head[3]);
            if (number < 0) {
                throw new IllegalArgumentException("number: " + number + " (expected: >= 0)");
            }
            byte[] rest = Arrays.copyOfRange(bytes, end + 1, bytes.length);
            return switch (head[0]) {
                case "D" -> new Frame.Data(request, stream, number, rest);
                case "E" -> new Frame.End(request, stream, number, trailers(new String(rest, ISO_8859_1)));
                case "A" -> new Frame.Abort(request, stream, new String(rest, UTF_8));
                case "C" -> new Frame.Credit(request, stream, number);
                default -> throw new IllegalArgumentException("kind: " + head[0] + " (expected: A, C, D or E)");
            };
        } catch (IllegalArgumentException e) {
            throw malformed(String.valueOf(e.getMessage()));
        }
    }

    private static Headers trailers(String text) {
        List<Headers.Field> fields = new ArrayList<>();
        for (String line : text.split("\n", -1)) {
            if (!line.isEmpty()) {
                int colon = line.indexOf(": ");
                if (colon < 0) {
                    throw new IllegalArgumentException("trailers: a line without a colon (expected: name: value)");
                }
                fields.add(new Headers.Field(line.substring(0, colon), line.substring(colon + 2)));
            }
        }
        return Headers.of(fields);
    }

    private static MalformedMessageException malformed(String what) {
        return new MalformedMessageException("frame: " + what, null, null);
    }
}
