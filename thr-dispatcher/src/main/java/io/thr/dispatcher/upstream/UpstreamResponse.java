package io.thr.dispatcher.upstream;

import io.thr.core.body.BodySource;
import io.thr.core.message.Headers;
import org.jspecify.annotations.Nullable;

/**
 * A response.
 *
 * @param status 200 to 999
 * @param headers the upstream's fields, less those of the connection
 * @param body as sent, whatever its Content-Encoding; what has come so far where more follows; not to be changed
 * @param rest what follows, to be read to its end or cancelled, or null where the response is whole
 */
public record UpstreamResponse(
        int status, Headers headers, byte[] body, @Nullable BodySource rest) implements UpstreamResult {

    /** The same, with what follows read through another source. */
    UpstreamResponse withRest(BodySource other) {
        return new UpstreamResponse(status, headers, body, other);
    }

    /** A whole one. */
    public UpstreamResponse(int status, Headers headers, byte[] body) {
        this(status, headers, body, null);
    }
}
