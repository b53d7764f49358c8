package io.thr.filter.http;

import io.thr.core.message.Headers;

/**
 * What a client gets, the rules' response side done.
 *
 * @param status the HTTP status
 * @param headers the fields, hop-by-hop ones among them still
 * @param body the body, empty for none
 */
public record Answer(int status, Headers headers, byte[] body) {

    /** An answer of THR's own. */
    public static Answer of(Problem problem) {
        return new Answer(problem.status(), problem.allHeaders(), problem.body());
    }
}
