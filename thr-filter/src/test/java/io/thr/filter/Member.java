package io.thr.filter;

import io.thr.core.message.MalformedMessageException;
import io.thr.core.message.MessageCodec;
import io.thr.core.message.RequestExtra;
import io.thr.core.redis.ClaimReader;
import io.thr.core.redis.Redis;
import io.thr.core.redis.RedisKeys;
import io.thr.core.redis.RedisScheduler;
import io.thr.core.redis.RedisServer;
import io.thr.core.redis.RequestCancel;
import io.thr.core.schedule.Claim;
import io.thr.core.schedule.Flow;
import io.thr.core.schedule.Ticket;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** A member of the bus that schedules requests, and calls no upstream. */
final class Member implements AutoCloseable {

    static final String NAME = "member";

    private static final Duration LEASE = Duration.ofMinutes(10);

    private final String queue;
    private final Redis redis;
    private final RedisScheduler scheduler;
    private final ClaimReader reader;

    Member(RedisServer server, String queue) {
        this.queue = queue;
        this.redis = Redis.connect(server.url(), NAME);
        this.scheduler = new RedisScheduler(redis, new RedisKeys("thr"), NAME, List.of(queue));
        scheduler.renew(LEASE).join();
        this.reader = scheduler.reader(List.of(queue), 1000);
    }

    /** Takes the next request and begins it; gives its claim's id. */
    String run() throws MalformedMessageException {
        return schedule(1);
    }

    /** Takes the next request and lets it wait for a slot. */
    String keepWaiting() throws MalformedMessageException {
        return schedule(0);
    }

    private String schedule(int want) throws MalformedMessageException {
        Claim claim = reader.take(1).get(0);
        RequestExtra extra = MessageCodec.readRequest(claim.message()).extra();
        String request = RequestCancel.requestName(extra.requestId(), extra.responseKey());
        Ticket ticket = new Ticket(claim, request, new Flow(queue, List.of(), List.of()), 0, 0, 0);
        var unused = scheduler
                .schedule(List.of(queue), List.of(ticket), want, Map.of())
                .join();
        return claim.id();
    }

    @Override
    public void close() {
        reader.close();
        redis.close();
    }
}
