package io.thr.dispatcher.upstream;

import java.io.IOException;
import org.eclipse.jetty.client.RetryableRequestException;
import org.eclipse.jetty.http2.ErrorCode;
import org.eclipse.jetty.http2.RetryableStreamException;
import org.jspecify.annotations.Nullable;

/**
 * Knows the failures by which an HTTP/2 server says that it has not looked at a request (RFC 9113 §8.7): REFUSED_STREAM, and
 * a GOAWAY whose last stream came before.
 */
final class Http2Refusal {

    /** What Jetty makes of a RST_STREAM is an exception of no type of its own, with the code's name as its message. */
    private static final String REFUSED_STREAM = ErrorCode.toString(ErrorCode.REFUSED_STREAM_ERROR.code, "");

    private Http2Refusal() {}

    static boolean is(@Nullable Throwable failure) {
        return failure instanceof RetryableRequestException
                || failure instanceof RetryableStreamException
                || (failure instanceof IOException && REFUSED_STREAM.equals(failure.getMessage()));
    }
}
