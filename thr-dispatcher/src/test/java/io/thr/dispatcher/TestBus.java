package io.thr.dispatcher;

import static org.awaitility.Awaitility.await;

import io.thr.core.message.MalformedMessageException;
import io.thr.core.message.MessageBody;
import io.thr.core.message.MessageCodec;
import io.thr.core.message.RequestMessage;
import io.thr.core.message.ResponseMessage;
import io.thr.core.redis.RedisKeys;
import io.thr.core.redis.RedisServer;
import io.thr.core.redis.RedisState;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** The front's side of the bus, with plain commands as the original has them. For one thread. */
final class TestBus implements AutoCloseable {

    private final RedisState state;
    private final RedisKeys keys = new RedisKeys("thr");

    TestBus(RedisServer redis) {
        state = redis.state();
    }

    RedisState state() {
        return state;
    }

    void push(String queue, RequestMessage message) {
        push(queue, MessageCodec.write(message));
    }

    void push(String queue, byte[] message) {
        state.command("LPUSH", queue, message);
    }

    /** The message with its body under a key of its own. */
    RequestMessage linked(RequestMessage message, byte[] body) {
        String key = keys.body(Messages.id());
        state.command("SET", key, body, "EX", "300");
        return message.withBody(new MessageBody.Link(key));
    }

    /** Waits for the answer to that request, and takes it. */
    ResponseMessage answer(RequestMessage request) {
        List<String> answers = new ArrayList<>();
        await().atMost(Duration.ofSeconds(30))
                .pollInterval(Duration.ofMillis(5))
                .pollInSameThread()
                .until(() -> {
                    Object popped = state.command("RPOP", request.extra().responseKey());
                    if (popped != null) {
                        answers.add(popped.toString());
                    }
                    return popped != null;
                });
        try {
            return MessageCodec.readResponse(answers.get(0).getBytes(StandardCharsets.UTF_8));
        } catch (MalformedMessageException e) {
            throw new AssertionError("the answer cannot be read: " + answers.get(0), e);
        }
    }

    /** The body of an answer, wherever it is. */
    byte[] body(ResponseMessage answer) {
        if (answer.body() instanceof MessageBody.Link link) {
            return Objects.requireNonNull(state.bytes(link.key()), link.key());
        }
        return ((MessageBody.Inline) answer.body()).bytes();
    }

    List<?> list(String key) {
        Object content = state.content(key);
        return content instanceof List<?> list ? list : List.of();
    }

    /** How many wait for the scheduler to let them run. */
    long waiting() {
        return (Long) Objects.requireNonNull(state.command("ZCARD", keys.waiting()));
    }

    /** The keys under which members hold claims. */
    List<String> claimed() {
        return state.keys().stream()
                .filter(key -> key.startsWith(keys.claimed("")))
                .toList();
    }

    @Override
    public void close() {
        state.close();
    }
}
