package io.thr.demo.conformance;

import java.nio.charset.StandardCharsets;

/**
 * A request or a response as it stood on the wire.
 *
 * @param start the request line or the status line
 * @param body its content, without the framing
 * @param trailers the fields after a chunked body
 * @param isToClose whether the connection ends with it
 */
record Message(String start, Fields fields, byte[] body, Fields trailers, boolean isToClose) {

    String method() {
        return start.substring(0, start.indexOf(' '));
    }

    String target() {
        int from = start.indexOf(' ') + 1;
        return start.substring(from, start.indexOf(' ', from));
    }

    int status() {
        int from = start.indexOf(' ') + 1;
        return Integer.parseInt(start.substring(from, from + 3));
    }

    Message with(String otherStart, Fields otherFields) {
        return new Message(otherStart, otherFields, body, trailers, isToClose);
    }

    /** The body as it is compared: a long one by its length and a hash. */
    String text() {
        String text = new String(body, StandardCharsets.ISO_8859_1);
        return text.length() <= 60 ? text : text.length() + " bytes, hash " + text.hashCode();
    }
}
