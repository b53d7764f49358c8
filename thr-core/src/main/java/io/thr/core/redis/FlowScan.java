package io.thr.core.redis;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Looks at all flows of a bus that wait, in pages, so that it is not one moment's picture. Threads may share it. */
final class FlowScan {

    private static final Patience SOON = Patience.repeatable(Duration.ofSeconds(2));
    private static final int PAGE = 500;

    /** How many wait, where it stands, and the member of {@code run} or {@code parked}: first part, tag, flow. */
    private static final Pattern STATE =
            Pattern.compile("^([0-9]+)([rp])([^\u001d]*)\u001d([^\u001d]*)\u001d.*$", Pattern.DOTALL);

    private static final int ORDER_LENGTH = 18;

    private final Redis redis;
    private final RedisKeys keys;

    FlowScan(Redis redis, RedisKeys keys) {
        this.redis = redis;
        this.keys = keys;
    }

    /**
     * A flow.
     *
     * @param waiting how many wait in it
     * @param parkedFor the counter that it waits for; null where it can run
     * @param order of its first ticket
     */
    record Row(FlowName flow, long waiting, @Nullable String parkedFor, String order) {}

    CompletableFuture<List<Row>> all() {
        return page("0", new LinkedHashMap<>()).thenApply(rows -> List.copyOf(rows.values()));
    }

    private CompletableFuture<Map<String, Row>> page(String cursor, Map<String, Row> rows) {
        return redis.bulkCall(Command.of("HSCAN", keys.flows(), cursor, "COUNT", PAGE), SOON, reply -> {
                    List<?> parts = ScheduleReply.list(reply);
                    ScheduleReply.pairs(parts.get(1), (flow, state) -> {
                        Matcher found = STATE.matcher(state);
                        if (found.matches()) {
                            rows.put(flow, row(flow, found));
                        }
                    });
                    return ClaimTaker.text(parts.get(0));
                })
                .thenCompose(next -> next.equals("0") ? CompletableFuture.completedFuture(rows) : page(next, rows));
    }

    private static Row row(String flow, Matcher state) {
        String tag = state.group(4);
        return new Row(
                FlowName.read(flow),
                Long.parseLong(state.group(1)),
                state.group(2).equals("p") ? state.group(3) : null,
                tag.substring(Math.max(0, tag.length() - ORDER_LENGTH)));
    }
}
