package io.thr.filter;

import io.thr.core.message.Frame;
import io.thr.core.message.FrameCodec;
import io.thr.core.message.MalformedMessageException;
import io.thr.core.message.MessageBody;
import io.thr.core.message.MessageCodec;
import io.thr.core.message.RequestMessage;
import io.thr.core.message.ResponseMessage;
import io.thr.core.redis.RedisKeys;
import io.thr.core.redis.RedisServer;
import io.thr.core.redis.RedisState;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The other end of the bus: takes requests off the lists and answers them, as a dispatcher does. */
final class TestBus implements AutoCloseable {

    private static final int BLOCK_SECONDS = 1;
    private static final int BLOCKS = 30;

    private final RedisState redis;
    private final RedisKeys keys = new RedisKeys("thr");

    TestBus(RedisServer server) {
        this.redis = new RedisState(server.url());
    }

    /** The next request on the queue, waited for. */
    RequestMessage take(String queue) throws MalformedMessageException {
        for (int i = 0; i < BLOCKS; i++) {
            RequestMessage request = poll(queue);
            if (request != null) {
                return request;
            }
        }
        throw new AssertionError("nothing came in on " + queue);
    }

    /** The next request on the queue; null where none comes within a second. */
    @Nullable
    RequestMessage poll(String queue) throws MalformedMessageException {
        return redis.command("BRPOP", queue, BLOCK_SECONDS) instanceof List<?> popped
                ? MessageCodec.readRequest(String.valueOf(popped.get(1)).getBytes(StandardCharsets.UTF_8))
                : null;
    }

    /** The request's body, wherever it travels. */
    byte[] body(RequestMessage request) throws MalformedMessageException {
        if (request.extra().more()) {
            return following(request);
        }
        if (request.body() instanceof MessageBody.Link link) {
            byte[] body = redis.bytes(link.key());
            if (body == null) {
                throw new AssertionError("nothing is under " + link.key());
            }
            return body;
        }
        return ((MessageBody.Inline) request.body()).bytes();
    }

    /** A body that comes while it is read. */
    private byte[] following(RequestMessage request) throws MalformedMessageException {
        String inbox = UUID.randomUUID().toString().replace("-", "");
        String id = request.extra().requestId();
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        while (true) {
            push(
                    request.extra().responseKey(),
                    FrameCodec.write(new Frame.Credit(id, inbox + ".1", body.size() + (long) Frame.WINDOW)));
            Frame frame = FrameCodec.read(redis.pop(keys.frames(inbox)));
            if (!(frame instanceof Frame.Data data)) {
                return body.toByteArray();
            }
            body.writeBytes(data.bytes());
        }
    }

    /** A response's body as a dispatcher sends it: a large one under its own key. */
    MessageBody store(byte[] body) {
        if (body.length <= 64 * 1024) {
            return MessageBody.of(body);
        }
        String key = keys.body(UUID.randomUUID().toString());
        redis.command("SET", key, body, "EX", 60);
        return new MessageBody.Link(key);
    }

    void respond(RequestMessage request, ResponseMessage response) {
        push(request.extra().responseKey(), MessageCodec.write(response));
    }

    void respond(RequestMessage request, String response) {
        push(request.extra().responseKey(), response.getBytes(StandardCharsets.UTF_8));
    }

    private void push(String responseKey, byte[] response) {
        redis.command("LPUSH", responseKey, response);
    }

    long length(String list) {
        return redis.command("LLEN", list) instanceof Long length ? length : -1;
    }

    RedisState redis() {
        return redis;
    }

    @Override
    public void close() {
        redis.close();
    }
}
