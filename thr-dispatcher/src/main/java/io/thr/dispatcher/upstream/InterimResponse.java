package io.thr.dispatcher.upstream;

import io.thr.core.message.Headers;

/**
 * What an upstream says before its response (RFC 9110 §15.2): that it still works on it, or what may be fetched meanwhile.
 *
 * @param status 102 or 103; a 100 is for who sends the body, and ends there
 * @param headers its fields, less those of the connection
 */
public record InterimResponse(int status, Headers headers) {}
