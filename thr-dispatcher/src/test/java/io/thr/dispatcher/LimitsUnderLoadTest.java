package io.thr.dispatcher;

import static io.thr.core.OracleUpstream.response;
import static io.thr.core.limit.MaxLimit.dynamic;
import static io.thr.core.limit.MaxLimit.exactly;
import static io.thr.core.limit.RequestHash.header;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.anEmptyMap;
import static org.hamcrest.Matchers.greaterThan;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.lessThan;

import io.thr.core.OracleUpstream;
import io.thr.core.message.Headers;
import io.thr.core.message.MessageCodec;
import io.thr.core.message.RequestExtra;
import io.thr.core.redis.RedisKeys;
import io.thr.core.redis.RedisServer;
import io.thr.core.redis.RedisState;
import io.thr.dispatcher.config.DispatcherSettings;
import io.thr.dispatcher.config.QueueSettings;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * 20,000 requests under three limits through four dispatchers, as the upstream sees them. How well the slots are used is
 * printed; what is asserted of that is what a busy machine can keep as well. {@code -Dthr.millis} says how long each runs.
 */
class LimitsUnderLoadTest {

    private static final String QUEUE = "thr:queue:load";
    private static final RedisKeys KEYS = new RedisKeys("thr");
    private static final int REQUESTS = Integer.getInteger("thr.requests", 20_000);
    private static final int DISPATCHERS = 4;
    private static final int ALL = 200;
    private static final int KIND = 70;
    private static final int TENANT = 20;
    private static final int MILLIS = Integer.getInteger("thr.millis", 100);

    @RegisterExtension
    static final RedisServer redis = RedisServer.embedded();

    private final Witness witness = new Witness();

    /** Who runs, and when the slots of all were taken and given back. */
    private static final class Witness {

        // guarded by this
        private final Map<String, Integer> now = new HashMap<>();
        private final SortedMap<String, Integer> most = new TreeMap<>();
        private final List<Long> starts = new ArrayList<>();
        private final List<Long> ends = new ArrayList<>();

        synchronized void begins(List<String> counters) {
            starts.add(System.nanoTime());
            for (String counter : counters) {
                most.merge(counter, now.merge(counter, 1, Integer::sum), Math::max);
            }
        }

        synchronized void ends(List<String> counters) {
            ends.add(System.nanoTime());
            counters.forEach(counter -> now.merge(counter, -1, Integer::sum));
        }

        synchronized int ended() {
            return ends.size();
        }

        synchronized SortedMap<String, Integer> most() {
            return new TreeMap<>(most);
        }

        /** How long each slot of all was empty between one request's end and the next one's start, as long as some waited. */
        synchronized List<Long> emptyNanos() {
            List<Long> empty = new ArrayList<>();
            for (int next = ALL; next < starts.size(); next++) {
                empty.add(Math.max(0, starts.get(next) - ends.get(next - ALL)));
            }
            return empty.stream().sorted().toList();
        }

        /** The part of all slots' time that was used while some waited. */
        synchronized double used() {
            long from = starts.get(ALL - 1);
            long to = starts.get(starts.size() - 1);
            double busy = 0;
            for (long start : starts) {
                busy -= Math.max(0, to - Math.max(start, from));
            }
            for (long end : ends) {
                busy += Math.max(0, to - Math.max(end, from));
            }
            return -busy / ((double) (to - from) * ALL);
        }
    }

    private static List<String> counters(OracleUpstream.Seen request) {
        List<String> counters = new ArrayList<>();
        counters.add("all");
        request.all("X-Kind").forEach(kind -> counters.add("kind==" + kind));
        request.all("X-Tenant").forEach(tenant -> counters.add("tenant==" + tenant));
        return counters;
    }

    private static void push(RedisState state) {
        List<byte[]> messages = new ArrayList<>();
        for (int i = 0; i < REQUESTS; i++) {
            // runs of one tenant, longer than its limit; one in ten has none
            List<String> fields = new ArrayList<>(List.of("X-Kind", "k" + i / 97 % 3, "X-All", "yes"));
            if (i % 10 != 0) {
                fields.addAll(List.of("X-Tenant", "t" + i / 61 % 40));
            }
            RequestExtra extra = new RequestExtra(
                    RedisKeys.response("load"), 50, Messages.now(), Messages.id(), Messages.now() + 300, 1, null, null);
            messages.add(MessageCodec.write(
                    Messages.message("GET", "/" + i, Headers.of(fields.toArray(String[]::new)), new byte[0], extra)));
        }
        for (int from = 0; from < messages.size(); from += 500) {
            List<Object> command = new ArrayList<>(List.of("LPUSH", QUEUE));
            command.addAll(messages.subList(from, Math.min(messages.size(), from + 500)));
            state.command(command.toArray());
        }
    }

    @Test
    void each_counter_reaches_its_limit_and_never_passes_it() throws Exception {
        List<Dispatcher> dispatchers = new ArrayList<>();
        try (RedisState state = redis.state();
                OracleUpstream upstream = OracleUpstream.start(request -> {
                    List<String> counters = counters(request);
                    witness.begins(counters);
                    Thread.sleep(MILLIS);
                    witness.ends(counters);
                    return response(200, "ok");
                })) {
            push(state);
            for (int i = 0; i < DISPATCHERS; i++) {
                dispatchers.add(Dispatcher.start(DispatcherSettings.builder()
                        .redis(redis.url())
                        .queue(QueueSettings.of(QUEUE, "127.0.0.1", upstream.port())
                                .withMaxConcurrent(ALL))
                        .statsEvery(Duration.ZERO)
                        .maxWaiting(2 * REQUESTS)
                        .limit("all", header("X-All"), exactly("yes"), ALL)
                        .limit("kind", header("X-Kind"), dynamic(), KIND)
                        .limit("tenant", header("X-Tenant"), dynamic(), TENANT)
                        .build()));
            }
            await().atMost(Duration.ofMinutes(3)).until(() -> witness.ended() == REQUESTS);
            await().until(() -> Long.valueOf(REQUESTS).equals(state.command("LLEN", RedisKeys.response("load"))));

            List<Long> empty = witness.emptyNanos();
            System.out.printf(
                    "%d requests, 3 limits, %d dispatchers: slots used %.2f %%, empty between two: p50 %.1f, p99 %.1f, most %.1f ms%n",
                    REQUESTS,
                    DISPATCHERS,
                    100 * witness.used(),
                    empty.get(empty.size() / 2) / 1e6,
                    empty.get(empty.size() * 99 / 100) / 1e6,
                    empty.get(empty.size() - 1) / 1e6);
            SortedMap<String, Integer> most = witness.most();
            assertThat(most.remove("all"), is(ALL));
            most.forEach((counter, max) -> assertThat(counter, max, is(counter.startsWith("kind") ? KIND : TENANT)));
            assertThat(witness.used(), is(greaterThan(0.5)));
            assertThat(
                    empty.get(empty.size() / 2),
                    is(lessThan(Duration.ofMillis(50).toNanos())));
            assertThat(state.command("HLEN", KEYS.counts()), is(0L));
        } finally {
            dispatchers.forEach(Dispatcher::close);
        }
        try (RedisState state = redis.state()) {
            state.command("DEL", RedisKeys.response("load"));
            assertThat(state.all(), is(anEmptyMap()));
        }
    }
}
