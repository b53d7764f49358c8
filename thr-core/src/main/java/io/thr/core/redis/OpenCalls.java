package io.thr.core.redis;

import java.security.SecureRandom;
import java.time.Duration;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The calls that move claims to this member and whose replies have not come, so that nothing stays claimed by a living
 * member that does not know of it.
 *
 * <p>Each call gives its claims ids with a prefix of its own; when its reply is lost, the claims with that prefix are what
 * it did. It may still be on its way then, and run after we have looked (a proxy held it back): so each call carries the
 * server's time after which it does nothing, and the prefix is asked for once more when that is over. What was found the
 * first time is remembered.
 *
 * <p>Not thread-safe.
 */
final class OpenCalls {

    private static final SecureRandom RANDOM = new SecureRandom();
    private static final int PREFIXES_AT_ONCE = 100;
    private static final long CLOCK_ERROR_MILLIS = 1000;

    private final ServerClock clock;
    private final String caller = Long.toString(RANDOM.nextLong() & 0xffff_ffff_ffffL, 36);
    private final Map<String, Lost> lost = new LinkedHashMap<>();
    private long number;
    private boolean askNow;

    OpenCalls(ServerClock clock) {
        this.clock = clock;
    }

    /** One call: the prefix of its ids, and when it is too late for it. */
    record Open(String prefix, long validUntilMillis) {}

    private static final class Lost {
        final long overMillis;
        final Set<String> found = new HashSet<>();

        Lost(long overMillis) {
            this.overMillis = overMillis;
        }
    }

    /** Begins a call that is in time for that long. */
    Open begin(Duration inTime) {
        number++;
        return new Open(caller + "." + Long.toString(number, 36) + ".", clock.millis() + inTime.toMillis());
    }

    /** Its reply has been lost. */
    void lost(Open call) {
        lost.put(call.prefix, new Lost(call.validUntilMillis + CLOCK_ERROR_MILLIS));
        askNow = true;
    }

    /** What must be asked for now; empty where nothing is open, as nearly always. */
    List<String> prefixesToAskFor() {
        if (lost.isEmpty()) {
            return List.of();
        }
        long now = clock.millis();
        boolean over = lost.values().stream().anyMatch(call -> call.overMillis < now);
        return askNow || over ? lost.keySet().stream().limit(PREFIXES_AT_ONCE).toList() : List.of();
    }

    /** Asked for them, the server named that claim; true where it is news. */
    boolean isNews(String claimId) {
        @Nullable Lost call = lost.get(claimId.substring(0, claimId.lastIndexOf('.') + 1));
        return call != null && call.found.add(claimId);
    }

    /** The reply to these prefixes, asked for at that server time, has been read: what can do nothing more is closed. */
    void asked(List<String> prefixes, long askedMillis) {
        askNow = lost.size() > prefixes.size();
        for (Iterator<Map.Entry<String, Lost>> calls = lost.entrySet().iterator(); calls.hasNext(); ) {
            Map.Entry<String, Lost> call = calls.next();
            if (prefixes.contains(call.getKey()) && call.getValue().overMillis < askedMillis) {
                calls.remove();
            }
        }
    }

    /** The server's time, about. */
    long nowMillis() {
        return clock.millis();
    }
}
