package io.thr.core.redis;

import static org.awaitility.Awaitility.await;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.is;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class RateNodesTest extends OnOneServer {

    private static final Duration LEASE = Duration.ofSeconds(1);

    RateNodesTest(RedisServer server) {
        super(server);
    }

    private RateNodes join(String name) {
        return join(server.url(), name);
    }

    private RateNodes join(RedisUrl url, String name) {
        Redis redis = closedAfter(Redis.connect(url, "rate test"));
        return closedAfter(new RateNodes(redis, NAMES, name, LEASE));
    }

    @Test
    void node_counts_itself() {
        RateNodes nodes = closedAfter(node().join("node"));

        await().until(() -> state.keys().contains(NAMES.rateNodes()));
        assertThat(nodes.count(), is(1));
    }

    @Test
    void nodes_that_come_and_leave_are_counted() {
        List<RateNodes> all = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            all.add(join("node " + i));
        }
        await().until(() -> all.stream().allMatch(one -> one.count() == 4));

        all.remove(3).close();
        all.remove(2).close();

        await().until(() -> all.stream().allMatch(one -> one.count() == 2));
    }

    @Test
    void node_that_was_killed_is_forgotten_when_its_lease_ends() {
        RateNodes alive = join("alive");
        try (FaultyProxy proxy = FaultyProxy.before(server)) {
            RateNodes killed = join(proxy.url(), "killed");
            await().until(() -> alive.count() == 2 && killed.count() == 2);

            // nothing of it comes through any more
            proxy.refuse();

            await().until(() -> alive.count() == 1);
            // the last number counts as long as the server does not answer
            assertThat(killed.count(), is(2));
        }
    }

    @Test
    void node_that_comes_again_under_its_name_counts_once() {
        RateNodes first = join("same");
        RateNodes second = join("same");
        RateNodes other = join("other");

        await().until(() -> other.count() == 2);
        assertThat(first.count() <= 2 && second.count() <= 2, is(true));
    }
}
