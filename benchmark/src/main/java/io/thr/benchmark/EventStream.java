package io.thr.benchmark;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Locale;
import java.util.function.LongConsumer;

/**
 * Reads a response of server-sent events as it comes, however it is cut: the head, the chunks, and in them the lines that
 * tell when they were sent. For one response; not for threads to share.
 */
final class EventStream {

    private static final String EVENT = "data: ";

    private enum At {
        HEAD,
        SIZE,
        DATA,
        AFTER_DATA
    }

    private final StringBuilder line = new StringBuilder();
    private final StringBuilder event = new StringBuilder();
    private final LongConsumer sent;
    private At at = At.HEAD;
    private int left;

    /** Tells that one of the number in each event. */
    EventStream(LongConsumer sent) {
        this.sent = sent;
    }

    /** Reads all that is there. */
    void read(ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            char c = (char) bytes.get();
            switch (at) {
                case HEAD -> head(c);
                case SIZE -> size(c);
                case DATA -> data(c);
                case AFTER_DATA -> at = c == '\n' ? At.SIZE : At.AFTER_DATA;
            }
        }
    }

    private void head(char c) throws IOException {
        line.append(c);
        if (c != '\n' || line.indexOf("\r\n\r\n") < 0) {
            return;
        }
        String head = line.toString().toLowerCase(Locale.ROOT);
        if (!head.startsWith("http/1.1 200 ") || !head.contains("transfer-encoding: chunked")) {
            throw new IOException(head + " (expected: 200, in chunks)");
        }
        line.setLength(0);
        at = At.SIZE;
    }

    private void size(char c) throws IOException {
        if (c != '\n') {
            line.append(c);
            return;
        }
        left = Integer.parseInt(line.toString().strip(), 16);
        line.setLength(0);
        if (left == 0) {
            throw new IOException("the stream has ended");
        }
        at = At.DATA;
    }

    private void data(char c) {
        if (c != '\n') {
            event.append(c);
        } else if (event.length() > 0) {
            sent.accept(Long.parseLong(event.substring(EVENT.length())));
            event.setLength(0);
        }
        left--;
        if (left == 0) {
            at = At.AFTER_DATA;
        }
    }
}
