package io.thr.core.redis;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.Connection;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.exceptions.JedisDataException;

/**
 * The steps of the scheduler as they are, without their Java face: by any member, and at any time of a clock that is ours.
 * What a call and a look at all keys answer comes in one round trip. One thread at a time.
 */
final class SchedulerSteps implements AutoCloseable {

    /** The bus. */
    static final RedisKeys KEYS = new RedisKeys("model");

    private static final List<String> HASHES = List.of(
            KEYS.messages(),
            KEYS.tickets(),
            KEYS.requests(),
            KEYS.flows(),
            KEYS.fair(),
            KEYS.counts(),
            KEYS.limits(),
            KEYS.withheld(),
            KEYS.pace(),
            KEYS.paused(),
            KEYS.overridden());
    private static final List<String> SORTED_SETS =
            List.of(KEYS.members(), KEYS.waiting(), KEYS.run(), KEYS.parked(), KEYS.deadlines(), KEYS.cancelled());

    private final Connection connection;
    private final Map<String, LuaScript> scripts = new HashMap<>();
    private final List<String> looked = new ArrayList<>();
    private final List<String> unanswered = new ArrayList<>();

    SchedulerSteps(RedisServer server) {
        connection = new Connection(new HostAndPort("127.0.0.1", server.port()), Login.of(server.url()));
        for (String name : List.of(
                "schedule",
                "finish",
                "expire",
                "cancel",
                "limits_set",
                "purge",
                "inspect",
                "member_renew",
                "member_leave",
                "claims_take_over",
                "claims_adopt")) {
            LuaScript script = LuaScript.load(name);
            ask(
                    "SCRIPT",
                    "LOAD",
                    script.withText(script.call(List.of(), List.of())).parts()[1]);
            scripts.put(name, script);
        }
    }

    /** A step, sent with what has been put before it; its reply. */
    Object call(
            String script,
            String member,
            long micros,
            List<String> queues,
            List<String> moreKeys,
            List<?> moreArguments) {
        send(script, member, micros, queues, moreKeys, moreArguments);
        return replies().get(0);
    }

    /** Sends a step; its reply comes with the others. */
    void send(
            String script,
            String member,
            long micros,
            List<String> queues,
            List<String> moreKeys,
            List<?> moreArguments) {
        List<String> keys = new ArrayList<>(SchedulerKeys.of(KEYS, member, queues));
        keys.addAll(moreKeys);
        List<Object> arguments = new ArrayList<>(List.of(member, micros, queues.size()));
        arguments.addAll(queues);
        arguments.addAll(moreArguments);
        LuaScript lua = Objects.requireNonNull(scripts.get(script), script);
        send(script, lua.call(keys, arguments));
    }

    /** Sends a command whose reply does not matter. */
    void put(Object... parts) {
        send("", Command.of(parts));
    }

    /** Sends a look at every key; what these members and queues have, and these lists, is seen. */
    void look(Collection<String> members, Collection<String> queues, Collection<String> lists) {
        looked.clear();
        send("keys", Command.of("KEYS", "*"));
        HASHES.forEach(key -> look(key, "HGETALL", key));
        SORTED_SETS.forEach(key -> look(key, "ZRANGE", key, 0, -1, "WITHSCORES"));
        for (String member : members) {
            look(KEYS.claimed(member), "HGETALL", KEYS.claimed(member));
            look(KEYS.sent(member), "SMEMBERS", KEYS.sent(member));
        }
        queues.forEach(queue -> look(KEYS.runnable(queue), "LRANGE", KEYS.runnable(queue), 0, -1));
        lists.forEach(list -> look(list, "LRANGE", list, 0, -1));
    }

    private void look(String key, Object... parts) {
        looked.add(key);
        send(key, Command.of(parts));
    }

    /** What all that was sent since, and not put, has answered: texts, whole numbers, and lists of these. */
    List<Object> replies() {
        List<Object> replies = new ArrayList<>();
        try {
            for (String name : unanswered) {
                Object reply = connection.getOne();
                if (!name.isEmpty()) {
                    replies.add(text(reply));
                }
            }
        } catch (JedisDataException e) {
            // what else was answered means nothing any more
            connection.close();
            throw e;
        } finally {
            unanswered.clear();
        }
        return replies;
    }

    private void send(String name, Command command) {
        write(command);
        unanswered.add(name);
    }

    private void write(Command command) {
        byte[][] parts = command.parts();
        connection.sendCommand(() -> parts[0], Arrays.copyOfRange(parts, 1, parts.length));
    }

    private Object ask(Object... parts) {
        write(Command.of(parts));
        return connection.getOne();
    }

    private static Object text(@Nullable Object reply) {
        if (reply instanceof byte[] bytes) {
            return new String(bytes, StandardCharsets.UTF_8);
        }
        if (reply instanceof List<?> list) {
            List<Object> texts = new ArrayList<>(list.size());
            for (Object element : list) {
                texts.add(text(element));
            }
            return texts;
        }
        return reply == null ? "none" : reply;
    }

    /**
     * What the last look has seen, from its replies: a Map for a hash, a Map to scores for a sorted set, a Set for a set, a
     * List for a list; no more than the name of what it did not expect.
     */
    SortedMap<String, Object> state(List<Object> replies) {
        SortedMap<String, Object> state = new TreeMap<>();
        ((List<?>) replies.get(0)).forEach(key -> state.put(String.valueOf(key), "not expected"));
        for (int i = 0; i < looked.size(); i++) {
            String key = looked.get(i);
            List<String> content = texts(replies.get(i + 1));
            if (content.isEmpty()) {
                continue;
            }
            if (key.startsWith(KEYS.sent(""))) {
                state.put(key, new TreeSet<>(content));
            } else if (HASHES.contains(key) || SORTED_SETS.contains(key) || key.startsWith(KEYS.claimed(""))) {
                state.put(key, pairs(content));
            } else {
                state.put(key, content);
            }
        }
        return state;
    }

    private static List<String> texts(Object reply) {
        return ((List<?>) reply).stream().map(String::valueOf).toList();
    }

    private static SortedMap<String, String> pairs(List<String> flat) {
        SortedMap<String, String> pairs = new TreeMap<>();
        for (int i = 0; i < flat.size(); i += 2) {
            pairs.put(flat.get(i), flat.get(i + 1));
        }
        return pairs;
    }

    @Override
    public void close() {
        connection.close();
    }
}
