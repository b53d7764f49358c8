package io.thr.core.redis;

import static org.awaitility.Awaitility.await;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.is;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.thr.core.rate.RateAlgorithm;
import io.thr.core.rate.RateCharge;
import io.thr.core.rate.RateDecision;
import io.thr.core.rate.RateKeys;
import io.thr.core.rate.RatePolicy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** What tests of rate policies share: a server, as many nodes at it as they ask for, and that none leaves a key for ever. */
abstract class WithRateNodes {

    static final RedisKeys NAMES = new RedisKeys("thr");

    /** So long that nothing of a small quota comes back within a test. */
    static final Duration LONG = Duration.ofHours(1);

    final RateKeys keys = new RateKeys("test");

    /** With a quota that no test uses up. */
    final RatePolicy ample = policy("p", RateAlgorithm.TOKEN_BUCKET, 1_000_000, Duration.ofSeconds(10));

    final RedisServer server;
    RedisState state;
    private final List<AutoCloseable> open = new ArrayList<>();

    WithRateNodes(RedisServer server) {
        this.server = server;
    }

    @BeforeEach
    void startEmpty() {
        server.start();
        state = closedAfter(server.state());
        state.flush();
    }

    @AfterEach
    void every_key_expires() throws Exception {
        server.start();
        assertThat(state.lasting().stream().limit(10).toList(), is(empty()));
        for (int i = open.size() - 1; i >= 0; i--) {
            open.get(i).close();
        }
    }

    /** Closed after the test, in the opposite order. */
    final <T extends AutoCloseable> T closedAfter(T opened) {
        open.add(opened);
        return opened;
    }

    /** A node that waits for its answers for as long as a slow machine takes. */
    final RedisRateLimiter node() {
        return node(Duration.ZERO);
    }

    /** The same for policies that make requests wait. */
    final RedisRateLimiter node(Duration longestDelay) {
        return closedAfter(
                RedisRateLimiter.connect(server.url(), NAMES, "rate test", longestDelay, Duration.ofSeconds(20)));
    }

    final List<RedisRateLimiter> nodes(int count) {
        List<RedisRateLimiter> nodes = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            nodes.add(node());
        }
        return nodes;
    }

    /** Whether the server has functions. */
    final boolean hasFunctions() {
        return String.valueOf(state.command("COMMAND", "INFO", "FCALL")).contains("fcall");
    }

    final RateCharge charge(RatePolicy policy, String key) {
        return new RateCharge(policy, keys.key(policy, List.of(key)), 1);
    }

    static RatePolicy policy(String name, RateAlgorithm algorithm, long quota, Duration window) {
        return RatePolicy.named(name, algorithm, quota, window).build();
    }

    static RateDecision decide(RedisRateLimiter node, RateCharge... charges) {
        return node.decide(List.of(charges)).join();
    }

    /** For a decision that is granted where there is one. */
    final CompletableFuture<RateDecision> ask(RedisRateLimiter node) {
        return node.decide(List.of(charge(ample, "a")));
    }

    /** Whether the node can decide now. */
    final boolean works(RedisRateLimiter node) {
        try {
            return isGranted(ask(node).join());
        } catch (CompletionException e) {
            return false;
        }
    }

    /** Why that fails. */
    static Throwable failure(CompletableFuture<?> future) {
        return Objects.requireNonNull(
                assertThrows(CompletionException.class, future::join).getCause());
    }

    static boolean isGranted(RateDecision decision) {
        return decision instanceof RateDecision.Granted;
    }

    static long granted(List<CompletableFuture<RateDecision>> decisions) {
        return decisions.stream().filter(one -> isGranted(one.join())).count();
    }

    /** When it was decided, by the server's clock, epoch milliseconds. */
    static long decidedAt(RateDecision decision) {
        return decision.states().get(0).moreAt() - decision.states().get(0).moreMillis();
    }

    /** Until the server's clock says so. */
    final void awaitServerMillis(long epochMillis) {
        await().pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(1))
                .until(() -> state.micros() >= epochMillis * 1000);
    }
}
