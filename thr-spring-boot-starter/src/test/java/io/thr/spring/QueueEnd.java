package io.thr.spring;

import io.thr.core.message.Headers;
import io.thr.core.message.MalformedMessageException;
import io.thr.core.message.MessageBody;
import io.thr.core.message.MessageCodec;
import io.thr.core.message.RequestMessage;
import io.thr.core.message.ResponseExtra;
import io.thr.core.message.ResponseMessage;
import io.thr.core.redis.RedisServer;
import io.thr.core.redis.RedisState;
import java.nio.charset.StandardCharsets;

/** The other end of a queue: takes requests off it and answers them, as a dispatcher does. */
final class QueueEnd implements AutoCloseable {

    private final RedisState redis;

    QueueEnd(RedisServer server) {
        this.redis = server.state();
    }

    /** The next request, waited for. */
    RequestMessage take(String queue) throws MalformedMessageException {
        return MessageCodec.readRequest(redis.pop(queue));
    }

    void answer(RequestMessage request, String text) {
        ResponseExtra extra = new ResponseExtra(request.extra().requestId(), 1L, 1L, 1, "test", false);
        ResponseMessage response = new ResponseMessage(
                200,
                Headers.of("Content-Type", "text/plain"),
                MessageBody.of(text.getBytes(StandardCharsets.UTF_8)),
                extra);
        redis.command("LPUSH", request.extra().responseKey(), MessageCodec.write(response));
    }

    @Override
    public void close() {
        redis.close();
    }
}
