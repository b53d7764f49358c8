package io.thr.dispatcher.upstream;

import io.thr.core.message.Headers;

/**
 * A whole response.
 *
 * @param status 200 to 999
 * @param headers the upstream's fields, less those of the connection
 * @param body as sent, whatever its Content-Encoding; not to be changed
 */
public record UpstreamResponse(int status, Headers headers, byte[] body) implements UpstreamResult {}
