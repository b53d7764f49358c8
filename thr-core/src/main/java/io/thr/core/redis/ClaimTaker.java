package io.thr.core.redis;

import io.thr.core.schedule.Claim;
import io.thr.core.schedule.Claim.Origin;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.exceptions.JedisDataException;
import redis.clients.jedis.exceptions.JedisNoScriptException;

/** Takes messages off queues for a member, on a connection that blocks, and finds again what a lost reply took. Owned by one thread. */
final class ClaimTaker implements AutoCloseable {

    private static final LuaScript TAKE = LuaScript.load("claims_take");
    private static final LuaScript RECOVER = LuaScript.load("claims_recover");

    /** A script holds up the whole server; more messages are taken by the next call. */
    private static final int MOST = 64;

    /** A call that has not run by then was on its way for longer than we wait for its reply. */
    private static final Duration IN_TIME = BlockingConnection.BLOCK.plusSeconds(2);

    /** While the bus is full, others may make room without this member hearing of it. */
    private static final Duration LOOK_AGAIN = Duration.ofMillis(250);

    private final RedisUrl server;
    private final RedisKeys keys;
    private final Supplier<String> member;
    private final List<String> queues;
    private final int maxWaiting;
    private final ServerClock clock;
    private final WaitingRoom room;
    private final Owned owned;
    private final OpenCalls calls;
    private final BlockingConnection connection;
    private final ArrayDeque<Claim> recovered = new ArrayDeque<>();

    ClaimTaker(
            Redis redis,
            RedisKeys keys,
            Supplier<String> member,
            List<String> queues,
            int maxWaiting,
            ServerClock clock,
            WaitingRoom room,
            Owned owned) {
        this.server = redis.url();
        this.keys = keys;
        this.member = member;
        this.queues = queues;
        this.maxWaiting = maxWaiting;
        this.clock = clock;
        this.room = room;
        this.owned = owned;
        this.calls = new OpenCalls(clock);
        this.connection = new BlockingConnection(redis);
    }

    /** What a lost reply took, as far as it has been found by now. */
    List<Claim> recovered(int max) {
        List<String> prefixes = calls.prefixesToAskFor();
        if (!prefixes.isEmpty()) {
            recover(prefixes);
        }
        List<Claim> some = new ArrayList<>();
        while (some.size() < max && !recovered.isEmpty()) {
            some.add(recovered.remove());
        }
        return some;
    }

    private void recover(List<String> prefixes) {
        long askedMillis = calls.nowMillis();
        String me = member.get();
        Command command = RECOVER.call(List.of(keys.messages(), keys.claimed(me)), prefixes);
        List<?> reply = (List<?>) withScript(RECOVER, List.of(command));
        for (int i = 0; i + 2 < reply.size(); i += 3) {
            String id = text(reply.get(i));
            if (calls.isNews(id) && owned.taken(id, me)) {
                recovered.add(claim(id, me, text(reply.get(i + 1)), reply.get(i + 2)));
            }
        }
        calls.asked(prefixes, askedMillis);
    }

    private static Claim claim(String id, String me, String queue, @Nullable Object message) {
        return new Claim(id, me, queue, ScheduleReply.bytes(message), Origin.QUEUE, "", 0);
    }

    /**
     * Takes what is there; nothing where as many tickets wait as may, after a while.
     *
     * @param first a command to run before in the same write, which may block; null for none
     */
    List<Claim> take(int max, @Nullable Command first) {
        String me = member.get();
        List<String> scriptKeys = new ArrayList<>(
                List.of(keys.members(), keys.messages(), keys.claimed(me), keys.waiting(), keys.drained()));
        scriptKeys.addAll(queues);
        OpenCalls.Open call = calls.begin(IN_TIME);
        Command take = TAKE.call(
                scriptKeys, List.of(me, Math.min(max, MOST), call.prefix(), call.validUntilMillis(), maxWaiting));
        List<?> reply;
        try {
            reply = (List<?>) withScript(TAKE, first == null ? List.of(take) : List.of(first, take));
        } catch (RedisUnavailableException e) {
            if (e.maybeDone()) {
                calls.lost(call);
            }
            throw e;
        } catch (RedisException e) {
            // the wait may have been refused, and the script behind it run
            calls.lost(call);
            throw e;
        }
        String outcome = text(reply.get(0));
        clock.heard((Long) reply.get(1));
        if (outcome.equals("no lease")) {
            throw new RedisUnavailableException(
                    server + ": member " + me + " holds no lease (expected: renewed before it takes)", false, null);
        }
        if (outcome.equals("full")) {
            room.awaitLessThan(maxWaiting, LOOK_AGAIN);
        }
        List<Claim> claims = new ArrayList<>();
        for (int i = 2; i + 2 < reply.size(); i += 3) {
            String id = text(reply.get(i));
            String queue = queues.get(Math.toIntExact((Long) reply.get(i + 1)) - 1);
            if (owned.taken(id, me)) {
                claims.add(claim(id, me, queue, reply.get(i + 2)));
            }
        }
        return claims;
    }

    /** The reply to the last of the commands, a script, after none of them was an error. */
    private Object withScript(LuaScript script, List<Command> commands) {
        if (connection.connect()) {
            warnOfMissingRights();
        }
        List<@Nullable Object> replies = connection.askForAny(commands);
        int last = commands.size() - 1;
        for (int i = 0; i < last; i++) {
            refuseError(replies.get(i), commands.get(i).step());
        }
        Object reply = replies.get(last);
        if (reply instanceof JedisNoScriptException) {
            reply = connection
                    .askForAny(List.of(script.withText(commands.get(last))))
                    .get(0);
        }
        refuseError(reply, script.name());
        if (reply == null) {
            throw new IllegalStateException(script.name() + ": reply: nil (expected: a list)");
        }
        return reply;
    }

    private void warnOfMissingRights() {
        String key = keys.claimed(member.get());
        connection.warnOfMissingRights(
                "a dispatcher",
                List.of(
                        Command.of("BLMOVE", key, key, "RIGHT", "RIGHT", 1),
                        Command.of("BLPOP", key, 1),
                        Command.of("EVALSHA", "0", 0),
                        Command.of("EVAL", "return 1", 0),
                        Command.of("TIME"),
                        Command.of("RPOP", key, 1),
                        Command.of("LPUSH", key, "x"),
                        Command.of("RPUSH", key, "x"),
                        Command.of("LTRIM", key, 0, 0),
                        Command.of("EXPIRE", key, 1),
                        Command.of("EXISTS", key),
                        Command.of("DEL", key),
                        Command.of("UNLINK", key),
                        Command.of("GET", key),
                        Command.of("GETDEL", key),
                        Command.of("SET", key, "x"),
                        Command.of("HSET", key, "f", "x"),
                        Command.of("HGET", key, "f"),
                        Command.of("HMGET", key, "f"),
                        Command.of("HGETALL", key),
                        Command.of("HDEL", key, "f"),
                        Command.of("HEXISTS", key, "f"),
                        Command.of("HKEYS", key),
                        Command.of("HLEN", key),
                        Command.of("HSCAN", key, 0),
                        Command.of("HRANDFIELD", key, 1, "WITHVALUES"),
                        Command.of("SADD", key, "x"),
                        Command.of("SREM", key, "x"),
                        Command.of("SISMEMBER", key, "x"),
                        Command.of("ZADD", key, 1, "x"),
                        Command.of("ZREM", key, "x"),
                        Command.of("ZCARD", key),
                        Command.of("ZSCORE", key, "x"),
                        Command.of("ZMSCORE", key, "x"),
                        Command.of("ZRANGE", key, 0, 1),
                        Command.of("ZRANGEBYLEX", key, "-", "+"),
                        Command.of("ZREMRANGEBYSCORE", key, "-inf", "0"),
                        Command.of("ZRANGEBYSCORE", key, "-inf", "0")));
    }

    private void refuseError(@Nullable Object reply, String step) {
        if (reply instanceof JedisDataException error) {
            throw RedisErrors.replied(server, step, error);
        }
    }

    static String text(@Nullable Object bytes) {
        return bytes instanceof byte[] text ? new String(text, StandardCharsets.UTF_8) : String.valueOf(bytes);
    }

    static @Nullable String textOrNull(@Nullable Object bytes) {
        return bytes == null ? null : text(bytes);
    }

    boolean isClosed() {
        return connection.isClosed();
    }

    /** Ends what blocks; any thread. */
    @Override
    public void close() {
        connection.close();
    }
}
