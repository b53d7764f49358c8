package io.thr.core.body;

import io.thr.core.message.Headers;

/** What a source gives next. */
public sealed interface Piece {

    /**
     * Some bytes of the body, at least one.
     *
     * @param bytes not copied, not to be changed
     */
    record Data(byte[] bytes) implements Piece {}

    /**
     * The body's end.
     *
     * @param trailers the fields behind it (RFC 9110 §6.5), mostly none
     */
    record End(Headers trailers) implements Piece {

        /** Without fields. */
        public static final End PLAIN = new End(Headers.EMPTY);
    }
}
