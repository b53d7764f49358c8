package io.thr.dispatcher;

import io.thr.core.message.Headers;
import io.thr.core.message.MessageBody;
import io.thr.core.message.RequestExtra;
import io.thr.core.message.RequestMessage;
import io.thr.core.redis.RedisKeys;
import java.util.HexFormat;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** Request messages as a front writes them, for tests. */
final class Messages {

    private static final Random RANDOM = new Random();

    private Messages() {}

    static String id() {
        byte[] id = new byte[16];
        RANDOM.nextBytes(id);
        return HexFormat.of().formatHex(id);
    }

    static double now() {
        return System.currentTimeMillis() / 1000.0;
    }

    /** As our front writes it, with a deadline in a minute. */
    static RequestMessage ours(String method, String path, byte[] body) {
        return message(method, path, body, extra(now(), now() + 60, 1));
    }

    /** As the original writes it: without a deadline. */
    static RequestMessage originals(String method, String path) {
        return message(method, path, new byte[0], extra(now(), null, 1));
    }

    static RequestExtra extra(double creationTime, @Nullable Double deadline, int attempt) {
        String id = id();
        return new RequestExtra(RedisKeys.response(id), 50, creationTime, id, deadline, attempt, null, null);
    }

    static RequestMessage message(String method, String path, byte[] body, RequestExtra extra) {
        return message(method, path, Headers.of("Host", "front.example:8888", "User-Agent", "raw/1"), body, extra);
    }

    static RequestMessage message(String method, String target, Headers headers, byte[] body, RequestExtra extra) {
        int question = target.indexOf('?');
        return new RequestMessage(
                method,
                question < 0 ? target : target.substring(0, question),
                "front.example:8888",
                question < 0 ? null : target.substring(question + 1),
                null,
                headers,
                MessageBody.of(body),
                extra);
    }
}
