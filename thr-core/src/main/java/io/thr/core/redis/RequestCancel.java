package io.thr.core.redis;

import io.thr.core.log.StormLog;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * Forgets requests whose clients have left, as well as it can: what is missed costs a slot for as long as the upstream
 * takes, and no answer. For fronts; threads may share it.
 */
public final class RequestCancel {

    private static final Logger LOG = System.getLogger(RequestCancel.class.getName());

    private static final LuaScript CANCEL = LuaScript.load("cancel");

    /** A slot is held by nobody's request meanwhile; doing it twice does no harm. */
    private static final Patience SOON = Patience.repeatable(Duration.ofSeconds(5));

    /** A member waits for these, so what stands longer is for a member that is gone. */
    private static final int CANCELLATION_EXPIRY_SECONDS = 60;

    private final Redis redis;
    private final RedisKeys keys;
    private final SchedulerCalls calls;
    private final StormLog storm = StormLog.of(LOG);

    /** For that bus. */
    public RequestCancel(Redis redis, RedisKeys keys) {
        this.redis = redis;
        this.keys = keys;
        this.calls = new SchedulerCalls(redis, keys);
    }

    /**
     * A waiting request is dropped, a running one's call is aborted by its member, one that is still on its list is not
     * begun by a member that takes it within that time.
     *
     * @param requestId and responseKey, that name it: see {@link #requestName}
     * @return completed when it is done, or cannot be; never with an error
     */
    public CompletableFuture<Void> cancel(String requestId, String responseKey, Duration within) {
        List<Object> arguments = List.of(requestName(requestId, responseKey), Math.max(0, within.toMillis()));
        return calls.call(CANCEL, SchedulerCalls.NOBODY, List.of(), List.of(), arguments, SOON, ScheduleReply::list)
                .thenCompose(this::tell)
                .exceptionally(failure -> {
                    // that a server is away has been logged already
                    boolean isAway = failure.getCause() instanceof RedisUnavailableException;
                    storm.log(
                            isAway ? Level.DEBUG : Level.WARNING,
                            "request {0}: it could not be cancelled and may run for nobody: {1}",
                            requestId,
                            failure.getMessage());
                    return null;
                });
    }

    /** Wakes whom it concerns. */
    private CompletableFuture<Void> tell(List<?> reply) {
        return switch (ClaimTaker.text(reply.get(0))) {
            case "running" -> abort(ClaimTaker.text(reply.get(1)), ClaimTaker.text(reply.get(2)));
            // what the dropped one kept from running can run now
            case "dropped" -> calls.wake(ScheduleReply.texts(reply.get(1)));
            default -> CompletableFuture.completedFuture(null);
        };
    }

    private CompletableFuture<Void> abort(String owner, String claimId) {
        String cancellations = keys.words(owner);
        return redis.call(
                List.of(
                        Command.of("LPUSH", cancellations, claimId),
                        Command.of("EXPIRE", cancellations, CANCELLATION_EXPIRY_SECONDS)),
                SOON,
                replies -> null);
    }

    /**
     * How the scheduler knows a request: two fronts may use one id by accident, where the response goes tells them apart.
     * Neither has other than visible characters, which is looked at where messages are read.
     */
    public static String requestName(String requestId, String responseKey) {
        return requestId + ' ' + responseKey;
    }
}
