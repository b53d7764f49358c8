package io.thr.core.redis;

import io.thr.core.bus.MemberReport;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** What members say of themselves, for all who look at the bus. Threads may share it. */
public final class MemberReports {

    /** Several renewals of a lease: what is older says nothing of now. */
    private static final Duration EXPIRY = Duration.ofSeconds(30);

    private static final Patience SOON = Patience.repeatable(Duration.ofSeconds(1));

    private final Redis redis;
    private final RedisKeys keys;

    /** For that bus. */
    public MemberReports(Redis redis, RedisKeys keys) {
        this.redis = redis;
        this.keys = keys;
    }

    /** Says it; it is forgotten after half a minute. */
    public CompletableFuture<Void> publish(String member, MemberReport report) {
        Command set = Command.of("SET", keys.report(member), MemberReportCodec.write(report), "PX", EXPIRY.toMillis());
        return redis.call(set, SOON, reply -> null);
    }

    /** Nothing more is to be said of it. */
    public CompletableFuture<Void> withdraw(String member) {
        return redis.call(Command.of("DEL", keys.report(member)), SOON, reply -> null);
    }

    /** What these have said of late; nothing of those who have not, or said what cannot be read. */
    CompletableFuture<Map<String, MemberReport>> of(Collection<String> members) {
        List<String> names = List.copyOf(members);
        if (names.isEmpty()) {
            return CompletableFuture.completedFuture(Map.of());
        }
        Object[] parts = new Object[names.size() + 1];
        parts[0] = "MGET";
        for (int i = 0; i < names.size(); i++) {
            parts[i + 1] = keys.report(names.get(i));
        }
        return redis.bulkCall(Command.of(parts), SOON, reply -> {
            Map<String, MemberReport> reports = new TreeMap<>();
            List<?> found = ScheduleReply.list(reply);
            for (int i = 0; i < names.size(); i++) {
                MemberReport report = read(found.get(i));
                if (report != null) {
                    reports.put(names.get(i), report);
                }
            }
            return reports;
        });
    }

    private static @Nullable MemberReport read(@Nullable Object json) {
        return json instanceof byte[] bytes ? MemberReportCodec.read(bytes) : null;
    }
}
