package io.thr.core.redis;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;

/** Calls scripts that include {@code lib/scheduler.lua}, with what that is given first. Threads may share it. */
final class SchedulerCalls {

    /** The name of one who is no member. */
    static final String NOBODY = "";

    private static final Patience WAKE = Patience.repeatable(Duration.ofSeconds(2));

    private final Redis redis;
    private final RedisKeys keys;
    private final Map<List<String>, Header> headers = new ConcurrentHashMap<>();

    SchedulerCalls(Redis redis, RedisKeys keys) {
        this.redis = redis;
        this.keys = keys;
    }

    /** What is given first, made once: names do not change from call to call. */
    private record Header(String me, List<byte[]> keys, List<byte[]> arguments) {}

    /**
     * Calls one.
     *
     * @param me the member that does it
     * @param queues its queues, the preferred first
     */
    <T> CompletableFuture<T> call(
            LuaScript script,
            String me,
            List<String> queues,
            List<?> moreKeys,
            List<?> moreArguments,
            Patience patience,
            Function<Object, T> reading) {
        Header header = header(me, queues);
        return redis.call(
                script, joined(header.keys, moreKeys), joined(header.arguments, moreArguments), patience, reading);
    }

    /** Says to the members of other queues that something of theirs can run now. */
    CompletableFuture<Void> wake(List<String> queues) {
        return CompletableFuture.allOf(queues.stream()
                .map(keys::runnable)
                // a marker is one element, however many leave one
                .map(marker -> redis.call(
                        List.of(Command.of("LPUSH", marker, 1), Command.of("LTRIM", marker, 0, 0)),
                        WAKE,
                        replies -> replies))
                .toArray(CompletableFuture<?>[]::new));
    }

    private Header header(String me, List<String> queues) {
        Header header = headers.get(queues);
        if (header == null || !header.me.equals(me)) {
            header = new Header(
                    me,
                    SchedulerKeys.of(keys, me, queues).stream()
                            .map(Command::bytes)
                            .toList(),
                    SchedulerKeys.arguments(me, queues).stream()
                            .map(Command::bytes)
                            .toList());
            headers.put(List.copyOf(queues), header);
        }
        return header;
    }

    private static List<Object> joined(List<byte[]> first, List<?> more) {
        List<Object> all = new ArrayList<>(first.size() + more.size());
        all.addAll(first);
        all.addAll(more);
        return all;
    }
}
