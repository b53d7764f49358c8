package io.thr.core.limit;

import static io.thr.core.limit.MaxLimit.dynamic;
import static io.thr.core.limit.MaxLimit.exactly;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.is;

import io.thr.core.Tries;
import io.thr.core.message.RequestMessage;
import io.thr.core.schedule.Flow;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SchedulingTest {

    private static final Limits LIMITS = Limits.of(List.of(
            new MaxLimit("per_tenant", RequestHash.header("X-Tenant"), dynamic(), 5, false),
            new MaxLimit("gets", RequestHash.method(), exactly("GET"), 50, true)));
    private static final FairShare SHARES =
            FairShare.of(List.of(new FairShare.By(RequestHash.header("X-Tenant"), Map.of("a", 2.0))));

    @Test
    void default_has_one_flow_for_all_of_a_queue() {
        RequestMessage request = Requests.ofPriority(11, "X-Tenant", "a");
        assertThat(Scheduling.DEFAULT.flow("q", request), is(new Flow("q", List.of(), List.of())));
        assertThat(Scheduling.DEFAULT.headStartMillis(request), is(2_000L));
    }

    @Test
    void flow_has_queue_shares_and_counters() {
        Scheduling scheduling = new Scheduling(LIMITS, SHARES, PriorityOrder.DEFAULT);
        assertThat(
                scheduling.flow("q", Requests.ofPriority(11, "X-Tenant", "a")),
                is(new Flow("q", List.of(new Flow.Share("a", 2)), List.of("gets", "per_tenant==a"))));
    }

    @Test
    void strict_class_stands_before_all_shares() {
        Scheduling scheduling = new Scheduling(LIMITS, SHARES, new PriorityOrder.Strict());
        RequestMessage request = Requests.ofPriority(11, "X-Tenant", "b");
        assertThat(scheduling.flow("q", request).path(), is(List.of(new Flow.Rank(11), new Flow.Share("b", 1))));
        assertThat(scheduling.headStartMillis(request), is(0L));
    }

    @Test
    void no_field_of_a_request_breaks_the_name_of_a_flow() {
        Scheduling scheduling = new Scheduling(LIMITS, SHARES, PriorityOrder.DEFAULT);
        Tries.check(2_000, choices -> choices.text("\u0001a=~\u001d\u001e\u001f:\u00ff\t ", 0, 12, 5_000), value -> {
            Flow flow = scheduling.flow("q", Requests.with("X-Tenant", value));
            String[] parts = flow.name().split("\u001e", -1);
            assertThat(parts.length, is(3));
            String[] counters = parts[2].split("\u001f", -1);
            assertThat(counters.length, is(2));
            assertThat(counters[1].split("==", 2)[0], is("per_tenant"));
            assertThat(MaxLimit.nameOf(counters[1]), is("per_tenant"));
        });
    }
}
