package io.thr.core.limit;

import io.thr.core.message.Headers;
import io.thr.core.message.MessageBody;
import io.thr.core.message.RequestExtra;
import io.thr.core.message.RequestMessage;

/** Requests for tests of what looks at them. */
final class Requests {

    static final String QUEUE = "thr:queue:hello";

    private static final String ID = "0123456789abcdef0123456789abcdef";

    private Requests() {}

    static RequestMessage get(String target) {
        return request(target, "front.example", 50);
    }

    /** With these names and values in turn. */
    static RequestMessage with(String... headers) {
        return request("/", "front.example", 50, headers);
    }

    static RequestMessage ofPriority(int priority, String... headers) {
        return request("/", "front.example", priority, headers);
    }

    static RequestMessage request(String target, String host, int priority, String... headers) {
        int question = target.indexOf('?');
        return new RequestMessage(
                "GET",
                question < 0 ? target : target.substring(0, question),
                host,
                question < 0 ? null : target.substring(question + 1),
                "http",
                Headers.of(headers),
                MessageBody.of(new byte[0]),
                RequestExtra.of(RequestExtra.RESPONSE_KEY_PREFIX + ID, priority, 1_700_000_000, ID));
    }
}
