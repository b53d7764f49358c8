package io.thr.core.redis;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
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
import redis.clients.jedis.util.SafeEncoder;

/**
 * The steps of the scheduler as they are, without their Java face: by any member, and at any time of a clock that is ours.
 * What a call and a look at all keys answer comes in one round trip. One thread at a time.
 */
final class SchedulerSteps implements AutoCloseable {

    /** The bus. */
    static final RedisKeys KEYS = new RedisKeys("model");

    /** Every key, its type, and all it holds. */
    private static final String LOOK = """
            local all = {}
            for _, key in ipairs(redis.call('KEYS', '*')) do
                local kind = redis.call('TYPE', key).ok
                local content
                if kind == 'hash' then
                    content = redis.call('HGETALL', key)
                elseif kind == 'zset' then
                    content = redis.call('ZRANGE', key, 0, -1, 'WITHSCORES')
                elseif kind == 'set' then
                    content = redis.call('SMEMBERS', key)
                else
                    content = redis.call('LRANGE', key, 0, -1)
                end
                all[#all + 1] = key
                all[#all + 1] = kind
                all[#all + 1] = content
            end
            return all
            """;

    private final Connection connection;
    private final Map<String, LuaScript> scripts = new HashMap<>();
    private final String look;
    private final List<String> unanswered = new ArrayList<>();

    SchedulerSteps(RedisServer server) {
        connection = new Connection(new HostAndPort("127.0.0.1", server.port()));
        for (String name : List.of(
                "schedule",
                "finish",
                "expire",
                "cancel",
                "limits_set",
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
        look = SafeEncoder.encode((byte[]) ask("SCRIPT", "LOAD", LOOK));
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

    /** Sends a look at every key; its reply comes with the others, to be read by {@link #state}. */
    void look() {
        send("look", Command.of("EVALSHA", look, 0));
    }

    /** What was sent and not put has answered: texts, whole numbers, null, and lists of these. */
    List<Object> replies() {
        List<Object> replies = new ArrayList<>();
        try {
            for (String name : unanswered) {
                Object reply = connection.getOne();
                if (!name.isEmpty()) {
                    replies.add(text(reply));
                }
            }
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
        return reply == null ? "nil" : reply;
    }

    /** A look's reply: a Map for a hash, a Map to scores for a sorted set, a Set for a set, a List for a list. */
    static SortedMap<String, Object> state(Object look) {
        SortedMap<String, Object> state = new TreeMap<>();
        List<?> all = (List<?>) look;
        for (int i = 0; i < all.size(); i += 3) {
            List<String> content =
                    ((List<?>) all.get(i + 2)).stream().map(String::valueOf).toList();
            state.put(
                    String.valueOf(all.get(i)),
                    switch (String.valueOf(all.get(i + 1))) {
                        case "hash", "zset" -> pairs(content);
                        case "set" -> new TreeSet<>(content);
                        default -> content;
                    });
        }
        return state;
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
