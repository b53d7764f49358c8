package io.thr.core.redis;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.exceptions.JedisDataException;
import redis.clients.jedis.exceptions.JedisException;

/** Looks at a server when we come to it: what cannot work stops the start, what endangers our promises is warned of. */
final class ServerCheck {

    private static final Logger LOG = System.getLogger(ServerCheck.class.getName());
    private static final int MAJOR = 6;
    private static final int MINOR = 2;

    private ServerCheck() {}

    /**
     * Asks for version, memory policy and persistence.
     *
     * @throws RedisUnavailableException where the server is too old
     */
    static void look(RedisUrl server, LaneConnection connection, boolean ours) {
        List<Object> replies;
        try {
            replies = ask(
                    connection,
                    List.of(
                            Command.of("INFO", "server"),
                            Command.of("INFO", "memory"),
                            Command.of("INFO", "persistence")));
        } catch (JedisException | IOException e) {
            throw RedisErrors.unreachable(server, e);
        }
        Map<String, String> info = new HashMap<>();
        for (Object reply : replies) {
            if (reply instanceof JedisDataException error) {
                LOG.log(
                        Level.WARNING,
                        "redis {0}: INFO refused ({1}), so version and memory policy are not checked",
                        server,
                        error.getMessage());
                return;
            }
            read(reply, info);
        }
        refuseOld(server, info.getOrDefault("redis_version", "unknown"));
        String policy = info.getOrDefault("maxmemory_policy", "noeviction");
        if (!info.getOrDefault("maxmemory", "0").equals("0") && !policy.equals("noeviction")) {
            LOG.log(
                    Level.WARNING,
                    "redis {0}: maxmemory-policy: {1} (expected: noeviction), else waiting requests may be evicted",
                    server,
                    policy);
        }
        if (!ours && info.getOrDefault("aof_enabled", "1").equals("0")) {
            LOG.log(
                    Level.INFO,
                    "redis {0}: appendonly is off: requests that wait when Redis stops are lost (their clients get an error)",
                    server);
        }
    }

    private static void read(Object reply, Map<String, String> info) {
        String text = reply instanceof byte[] bytes ? new String(bytes, StandardCharsets.UTF_8) : "";
        for (String line : text.split("\r\n", -1)) {
            int colon = line.indexOf(':');
            if (colon > 0) {
                info.put(line.substring(0, colon), line.substring(colon + 1));
            }
        }
    }

    private static void refuseOld(RedisUrl server, String version) {
        String[] parts = version.split("\\.", -1);
        try {
            int major = Integer.parseInt(parts[0]);
            int minor = parts.length > 1 ? Integer.parseInt(parts[1]) : 0;
            if (major > MAJOR || (major == MAJOR && minor >= MINOR)) {
                return;
            }
        } catch (NumberFormatException e) {
            LOG.log(Level.WARNING, "redis {0}: version: {1} (expected: 6.2 or later)", server, version);
            return;
        }
        throw new RedisUnavailableException(
                "Redis at " + server.address() + " is of version " + version + " (expected: 6.2 or later)",
                false,
                null);
    }

    /**
     * Warns of commands that the user may not run, or not on such keys. Nothing is run: within MULTI the server looks at
     * the rights when it queues a command, and DISCARD throws the queue away.
     *
     * @param whom who needs them, for the warning
     */
    static void warnOfMissingRights(
            RedisUrl server,
            Function<List<Command>, List<@Nullable Object>> asking,
            String whom,
            List<Command> needed) {
        Object multi = asking.apply(List.of(Command.of("MULTI"))).get(0);
        if (multi instanceof JedisDataException error) {
            LOG.log(Level.WARNING, "redis {0}: {1} may not run MULTI: {2}", server, whom, error.getMessage());
            return;
        }
        List<Command> all = new ArrayList<>(needed);
        all.add(Command.of("DISCARD"));
        List<@Nullable Object> replies = asking.apply(all);
        List<String> missing = new ArrayList<>();
        for (int i = 0; i < needed.size(); i++) {
            if (replies.get(i) instanceof JedisDataException error
                    && String.valueOf(error.getMessage()).startsWith("NOPERM")) {
                missing.add(right(needed.get(i), String.valueOf(error.getMessage())));
            }
        }
        if (!missing.isEmpty()) {
            LOG.log(
                    Level.WARNING,
                    "redis {0}: the user lacks rights that {1} needs (ACL): {2}",
                    server,
                    whom,
                    String.join(", ", missing));
        }
    }

    /** The command, and the key where it is that which may not be touched. */
    private static String right(Command command, String refusal) {
        byte[][] parts = command.parts();
        String name = ClaimTaker.text(parts[0]);
        boolean ofKey = parts.length > 1 && refusal.toLowerCase(Locale.ROOT).contains(" key");
        return ofKey ? name + " " + ClaimTaker.text(parts[1]) : name;
    }

    private static List<Object> ask(LaneConnection connection, List<Command> commands) throws IOException {
        connection.send(commands);
        List<Object> replies = new ArrayList<>();
        for (int i = 0; i < commands.size(); i++) {
            replies.add(connection.read());
        }
        return replies;
    }
}
