package io.thr.core.redis;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.Connection;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.exceptions.JedisConnectionException;
import redis.clients.jedis.util.SafeEncoder;

/**
 * What stands in a Redis, for comparing whole states, and raw commands for what no API of ours offers.
 *
 * <p>One connection, opened at the first use, and a new one after a failure. One thread at a time.
 */
public final class RedisState implements AutoCloseable {

    private final RedisUrl url;
    private @Nullable Connection connection;

    /** Looks into the server there. */
    public RedisState(RedisUrl url) {
        this.url = url;
    }

    /**
     * Every key with its content: a String for a string, a List for a list (head first), a sorted Set for a set, a
     * sorted Map for a hash (field to value) and for a sorted set (member to score, as a Double). Bytes as UTF-8.
     */
    public SortedMap<String, Object> all() {
        SortedMap<String, Object> all = new TreeMap<>();
        for (String key : keys()) {
            Object content = content(key);
            if (content != null) {
                all.put(key, content);
            }
        }
        return all;
    }

    /** Every key. */
    public SortedSet<String> keys() {
        return new TreeSet<>(strings(command("KEYS", "*")));
    }

    /** Every key that does not expire. */
    public SortedSet<String> lasting() {
        SortedSet<String> lasting = new TreeSet<>();
        String cursor = "0";
        do {
            List<?> page = Objects.requireNonNull((List<?>) command("SCAN", cursor, "COUNT", 1000));
            cursor = String.valueOf(page.get(0));
            for (String key : strings(page.get(1))) {
                if (Long.valueOf(-1).equals(command("PTTL", key))) {
                    lasting.add(key);
                }
            }
        } while (!cursor.equals("0"));
        return lasting;
    }

    /** The server's clock, epoch microseconds. */
    public long micros() {
        List<String> time = strings(command("TIME"));
        return Long.parseLong(time.get(0)) * 1_000_000 + Long.parseLong(time.get(1));
    }

    /** The content of one key as in {@link #all}; null where nothing is there. */
    public @Nullable Object content(String key) {
        String type = String.valueOf(command("TYPE", key));
        return switch (type) {
            case "none" -> null;
            case "string" -> command("GET", key);
            case "list" -> strings(command("LRANGE", key, "0", "-1"));
            case "set" -> new TreeSet<>(strings(command("SMEMBERS", key)));
            case "hash" -> pairs(strings(command("HGETALL", key)));
            case "zset" -> {
                Map<String, Double> scores = new TreeMap<>();
                pairs(strings(command("ZRANGE", key, "0", "-1", "WITHSCORES")))
                        .forEach((member, score) -> scores.put(member, Double.valueOf(score)));
                yield scores;
            }
            default -> type;
        };
    }

    /** The bytes of a string; null where nothing is there. */
    public byte @Nullable [] bytes(String key) {
        return (byte[]) raw("GET", key);
    }

    /** Empties the server. */
    public void flush() {
        command("FLUSHALL");
    }

    /** How many commands the server has executed since its start, this one not counted. */
    public long commandsProcessed() {
        for (String line : String.valueOf(command("INFO", "stats")).split("\r\n", -1)) {
            if (line.startsWith("total_commands_processed:")) {
                return Long.parseLong(line.substring(line.indexOf(':') + 1));
            }
        }
        throw new IllegalStateException("INFO stats without total_commands_processed");
    }

    /** How often each command has been called since the last {@code CONFIG RESETSTAT}, by its name in lower case. */
    public SortedMap<String, Long> commandCalls() {
        SortedMap<String, Long> calls = new TreeMap<>();
        for (String line : String.valueOf(command("INFO", "commandstats")).split("\r\n", -1)) {
            if (line.startsWith("cmdstat_")) {
                String count = line.substring(line.indexOf("calls=") + 6, line.indexOf(','));
                calls.put(line.substring(8, line.indexOf(':')), Long.valueOf(count));
            }
        }
        return calls;
    }

    /** How many commands the server runs while this is done, those in scripts too. */
    public long commandsOf(Runnable action) {
        command("CONFIG", "RESETSTAT");
        action.run();
        long sum = 0;
        for (Map.Entry<String, Long> calls : commandCalls().entrySet()) {
            // not ours
            sum += calls.getKey().startsWith("config") ? 0 : calls.getValue();
        }
        return sum;
    }

    /** The oldest element of that list, taken off; waited for. */
    public byte[] pop(String list) {
        // each shorter than the connection waits for a reply
        for (int second = 0; second < 15; second++) {
            if (raw("BRPOP", list, 1) instanceof List<?> popped && popped.get(1) instanceof byte[] bytes) {
                return bytes;
            }
        }
        throw new IllegalStateException("nothing came in on " + list);
    }

    /** One command: a String, a Long, a List of these, or null; arguments are Strings, numbers, or bytes. */
    public @Nullable Object command(Object... parts) {
        return text(raw(parts));
    }

    private @Nullable Object raw(Object... parts) {
        byte[][] arguments = Arrays.stream(parts)
                .skip(1)
                .map(part ->
                        part instanceof byte[] bytes ? bytes : part.toString().getBytes(StandardCharsets.UTF_8))
                .toArray(byte[][]::new);
        byte[] name = parts[0].toString().getBytes(StandardCharsets.UTF_8);
        Connection used = connection;
        if (used != null && !used.isBroken()) {
            try {
                used.sendCommand(() -> name, arguments);
                return used.getOne();
            } catch (JedisConnectionException e) {
                // the server has been started anew since: so does this
                used.close();
            }
        }
        Connection fresh = open();
        connection = fresh;
        fresh.sendCommand(() -> name, arguments);
        return fresh.getOne();
    }

    private Connection open() {
        if (!(url.place() instanceof RedisUrl.Tcp tcp)) {
            throw new IllegalArgumentException("RedisState: " + url + " (expected: redis://…)");
        }
        return new Connection(new HostAndPort(tcp.host(), tcp.port()), Login.of(url));
    }

    private static @Nullable Object text(@Nullable Object reply) {
        if (reply instanceof byte[] bytes) {
            return SafeEncoder.encode(bytes);
        }
        if (reply instanceof List<?> list) {
            List<@Nullable Object> texts = new ArrayList<>();
            for (Object element : list) {
                texts.add(text(element));
            }
            return texts;
        }
        return reply;
    }

    private static List<String> strings(@Nullable Object reply) {
        if (!(reply instanceof List<?> list)) {
            return List.of();
        }
        return list.stream().map(String::valueOf).toList();
    }

    private static SortedMap<String, String> pairs(List<String> flat) {
        SortedMap<String, String> pairs = new TreeMap<>();
        for (int i = 0; i + 1 < flat.size(); i += 2) {
            pairs.put(flat.get(i), flat.get(i + 1));
        }
        return pairs;
    }

    @Override
    public void close() {
        Connection open = connection;
        connection = null;
        if (open != null) {
            open.close();
        }
    }
}
