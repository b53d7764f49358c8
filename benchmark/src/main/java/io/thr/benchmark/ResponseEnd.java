package io.thr.benchmark;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * As little of HTTP/1.1 as a client needs to know where a response ends: the status line, the end of the header and
 * its Content-Length. Works on the bytes from 0 to the buffer's position, and leaves the buffer as it is.
 */
final class ResponseEnd {

    private static final int SHORTEST_HEAD = "HTTP/1.1 200\r\n\r\n".length();
    private static final byte[] CONTENT_LENGTH = "content-length:".getBytes(StandardCharsets.US_ASCII);

    private ResponseEnd() {}

    /**
     * Whether the buffer holds a whole response.
     *
     * @throws IOException where the end cannot be told: no Content-Length, or larger than the buffer
     */
    static boolean isReached(ByteBuffer in) throws IOException {
        int end = headEnd(in);
        if (end < 0) {
            return false;
        }
        int expected = end + contentLength(in, end);
        if (expected > in.capacity()) {
            throw new IOException("response of " + expected + " bytes (expected: at most " + in.capacity() + ")");
        }
        return in.position() >= expected;
    }

    static int status(ByteBuffer in) {
        return 100 * digit(in.get(9)) + 10 * digit(in.get(10)) + digit(in.get(11));
    }

    private static int headEnd(ByteBuffer in) {
        for (int i = SHORTEST_HEAD; i <= in.position(); i++) {
            if (in.get(i - 1) == '\n' && in.get(i - 2) == '\r' && in.get(i - 3) == '\n') {
                return i;
            }
        }
        return -1;
    }

    private static int contentLength(ByteBuffer in, int end) throws IOException {
        for (int i = 0; i < end - CONTENT_LENGTH.length; i++) {
            if (in.get(i) == '\n' && startsWithName(in, i + 1)) {
                return number(in, i + 1 + CONTENT_LENGTH.length);
            }
        }
        throw new IOException("response without Content-Length");
    }

    private static boolean startsWithName(ByteBuffer in, int from) {
        for (int i = 0; i < CONTENT_LENGTH.length; i++) {
            if (Character.toLowerCase(in.get(from + i)) != CONTENT_LENGTH[i]) {
                return false;
            }
        }
        return true;
    }

    private static int number(ByteBuffer in, int from) {
        int i = from;
        while (in.get(i) == ' ') {
            i++;
        }
        int value = 0;
        for (; in.get(i) != '\r'; i++) {
            value = Math.addExact(Math.multiplyExact(value, 10), digit(in.get(i)));
        }
        return value;
    }

    private static int digit(byte b) {
        return Character.digit(b, 10);
    }
}
