package io.thr.core.redis;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.thr.core.message.Headers;
import io.thr.core.message.MalformedMessageException;
import io.thr.core.message.MessageBody;
import io.thr.core.message.MessageCodec;
import io.thr.core.message.RequestMessage;
import io.thr.core.message.ResponseExtra;
import io.thr.core.message.ResponseMessage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Changes what happens on a bus: for those who run it. Needs no running member. Threads may share it.
 *
 * <p>Each change is one step in Redis: it is made or not; a purge is one for each request. Each future fails with a {@link
 * RedisException} or {@link RedisUnavailableException} where Redis cannot be asked; whether the change was made is not known
 * then, and making it again does no harm.
 */
public final class BusControl {

    private static final LuaScript PURGE = LuaScript.load("purge");
    private static final LuaScript LIST_TAKE = LuaScript.load("list_take");
    private static final Patience SOON = Patience.repeatable(Duration.ofSeconds(2));
    private static final Patience ONCE = Patience.once(Duration.ofSeconds(2));
    private static final JsonFactory JSON = new JsonFactory();

    private static final int PAGE = 64;

    /** A front that has not taken it by then is gone. */
    private static final int ANSWER_EXPIRY_SECONDS = 60;

    private static final int WORD_EXPIRY_SECONDS = 60;

    private final Redis redis;
    private final RedisKeys keys;
    private final SchedulerCalls calls;
    private final LiveLimits limits;

    /** For that bus. */
    public BusControl(Redis redis, RedisKeys keys) {
        this.redis = redis;
        this.keys = keys;
        this.calls = new SchedulerCalls(redis, keys);
        this.limits = new LiveLimits(redis, keys);
    }

    /**
     * Begins nothing more of that queue, on no member, until {@link #resume}; what runs goes on, and what waits is answered
     * with 504 when its time is up. False: it is paused already.
     */
    public CompletableFuture<Boolean> pause(String queue) {
        return redis.call(Command.of("TIME"), SOON, BusReader::time)
                .thenCompose(now -> redis.call(
                        Command.of("HSETNX", keys.paused(), queue, now.toEpochMilli()),
                        SOON,
                        reply -> reply.equals(1L)));
    }

    /** Ends the pause. False: there is none. */
    public CompletableFuture<Boolean> resume(String queue) {
        return redis.call(Command.of("HDEL", keys.paused(), queue), SOON, reply -> reply.equals(1L))
                .thenCompose(ended -> calls.wake(List.of(queue)).thenApply(done -> ended));
    }

    /**
     * Answers all that waits in that queue, on its list or as a ticket, with 503; what runs goes on, and what comes meanwhile
     * may stay. Gives how many.
     */
    public CompletableFuture<Long> purge(String queue) {
        return redis.call(Command.of("LLEN", queue), SOON, ScheduleReply::number)
                .thenCompose(listed -> purgeList(queue, listed, 0))
                .thenCompose(fromList -> purgeTickets(queue, 0).thenApply(waited -> fromList + waited));
    }

    private CompletableFuture<Long> purgeList(String queue, long left, long purged) {
        if (left <= 0) {
            return CompletableFuture.completedFuture(purged);
        }
        return redis.bulkCall(Command.of("LRANGE", queue, -Math.min(left, PAGE), -1), SOON, ScheduleReply::list)
                .thenCompose(messages -> {
                    CompletableFuture<Long> taken = CompletableFuture.completedFuture(0L);
                    for (int i = messages.size() - 1; i >= 0; i--) {
                        byte[] message = (byte[]) messages.get(i);
                        taken = taken.thenCompose(
                                before -> take(queue, message).thenApply(gone -> before + (gone ? 1 : 0)));
                    }
                    return taken.thenCompose(count -> messages.isEmpty()
                            ? CompletableFuture.completedFuture(purged)
                            : purgeList(queue, left - messages.size(), purged + count));
                });
    }

    /** Not repeated where its reply is lost: there may be two of the same. */
    private CompletableFuture<Boolean> take(String queue, byte[] message) {
        Address address = Address.of(message);
        List<Object> where = List.of(queue, address == null ? queue : address.responseKey);
        List<Object> what = List.of(
                message, address == null ? "" : gone(address.requestId), address == null ? 0 : ANSWER_EXPIRY_SECONDS);
        return redis.call(LIST_TAKE, where, what, ONCE, reply -> reply.equals(1L));
    }

    private CompletableFuture<Long> purgeTickets(String queue, long purged) {
        Command range = WaitingTickets.ofQueue(keys, queue, 0, PAGE);
        return redis.call(range, SOON, ScheduleReply::texts)
                .thenCompose(members -> members.isEmpty()
                        ? CompletableFuture.completedFuture(purged)
                        : purgeTickets(members.stream()
                                        .map(WaitingTickets::claimId)
                                        .toList())
                                .thenCompose(count -> purgeTickets(queue, purged + count)));
    }

    private CompletableFuture<Long> purgeTickets(List<String> ids) {
        List<Object> parts = new ArrayList<>(List.of("HMGET", keys.messages()));
        parts.addAll(ids);
        return redis.bulkCall(Command.of(parts.toArray()), SOON, ScheduleReply::list)
                .thenCompose(messages -> purge(ids, messages));
    }

    private CompletableFuture<Long> purge(List<String> ids, List<?> messages) {
        List<String> responseKeys = new ArrayList<>();
        List<Object> arguments = new ArrayList<>();
        for (int i = 0; i < ids.size(); i++) {
            Address address = messages.get(i) instanceof byte[] message ? Address.of(message) : null;
            arguments.add(ids.get(i));
            if (address == null) {
                arguments.addAll(List.of(0, "", 0));
            } else {
                if (!responseKeys.contains(address.responseKey)) {
                    responseKeys.add(address.responseKey);
                }
                arguments.addAll(List.of(
                        responseKeys.indexOf(address.responseKey) + 1, gone(address.requestId), ANSWER_EXPIRY_SECONDS));
            }
        }
        return calls.call(PURGE, SchedulerCalls.NOBODY, List.of(), responseKeys, arguments, SOON, ScheduleReply::list)
                .thenCompose(reply -> calls.wake(ScheduleReply.texts(reply.get(1)))
                        .thenApply(done -> ScheduleReply.number(reply.get(0))));
    }

    /** Where an answer to a message goes. */
    private record Address(String responseKey, @Nullable String requestId) {

        /** Null where that cannot be read: nobody can be told. */
        static @Nullable Address of(byte[] message) {
            try {
                RequestMessage request = MessageCodec.readRequest(message);
                return new Address(
                        request.extra().responseKey(), request.extra().requestId());
            } catch (MalformedMessageException e) {
                return e.responseKey() == null ? null : new Address(e.responseKey(), e.requestId());
            }
        }
    }

    private static byte[] gone(@Nullable String requestId) {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        try (JsonGenerator json = JSON.createGenerator(body)) {
            json.writeStartObject();
            json.writeStringField("type", "about:blank");
            json.writeStringField("title", "Service Unavailable");
            json.writeNumberField("status", 503);
            json.writeStringField("detail", "the request was taken out of its queue by those who run this service");
            if (requestId != null) {
                json.writeStringField("request_id", requestId);
            }
            json.writeEndObject();
        } catch (IOException e) {
            // nothing is written but memory
            throw new UncheckedIOException(e);
        }
        return MessageCodec.write(new ResponseMessage(
                503,
                Headers.of("Content-Type", "application/problem+json"),
                MessageBody.of(body.toByteArray()),
                new ResponseExtra(requestId, null, null, null, null, false)));
    }

    /**
     * Sets a maximum instead of the configured one, until {@link #resetLimit}; a restart of dispatchers does not end it.
     *
     * @param max 0 and more; with 0 nothing more of it is begun
     * @return false: there is no such limit
     * @throws IllegalArgumentException where it is negative
     */
    public CompletableFuture<Boolean> setLimit(String name, int max) {
        if (max < 0) {
            throw new IllegalArgumentException("max: " + max + " (expected: >= 0)");
        }
        return limits.override(name, max);
    }

    /** Puts the configured maximum in force again. False: it is in force. */
    public CompletableFuture<Boolean> resetLimit(String name) {
        return limits.reset(name);
    }

    /** Tells a member to take nothing more, to finish what it runs, and to end. False: there is no such member. */
    public CompletableFuture<Boolean> drain(String member) {
        String words = keys.words(member);
        return redis.call(Command.of("ZSCORE", keys.members(), member), SOON, score -> score != null)
                .thenCompose(there -> there
                        ? redis.call(
                                List.of(
                                        Command.of("LPUSH", words, RedisScheduler.DRAIN),
                                        Command.of("EXPIRE", words, WORD_EXPIRY_SECONDS)),
                                SOON,
                                replies -> true)
                        : CompletableFuture.completedFuture(false));
    }

    /** Puts the message of a dead letter on its queue again. False: there is no such letter any more, or it cannot be read. */
    public CompletableFuture<Boolean> retry(String queue, String letterId) {
        String dead = RedisKeys.dead(queue);
        return redis.bulkCall(Command.of("LRANGE", dead, 0, -1), SOON, ScheduleReply::list)
                .thenCompose(letters -> {
                    for (Object letter : letters) {
                        byte[] bytes = (byte[]) letter;
                        if (BuriedMessage.id(bytes).equals(letterId)) {
                            byte[] message = BuriedMessage.read(bytes).message();
                            return message == null
                                    ? CompletableFuture.completedFuture(false)
                                    : redis.call(
                                            LIST_TAKE,
                                            List.of(dead, queue),
                                            List.of(bytes, message, 0),
                                            ONCE,
                                            reply -> reply.equals(1L));
                        }
                    }
                    return CompletableFuture.completedFuture(false);
                });
    }

    /** Forgets the dead letters of that queue. Gives how many. */
    public CompletableFuture<Long> purgeDead(String queue) {
        String dead = RedisKeys.dead(queue);
        return redis.call(
                List.of(Command.of("LLEN", dead), Command.of("DEL", dead)),
                SOON,
                replies -> ScheduleReply.number(replies.get(0)));
    }
}
