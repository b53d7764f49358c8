package io.thr.core.limit;

import static io.thr.core.limit.Requests.with;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.matchesPattern;
import static org.hamcrest.Matchers.not;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.thr.core.Logged;
import io.thr.core.schedule.Flow;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FairShareTest {

    private static final RequestHash TENANT = RequestHash.header("X-Tenant");

    @Test
    void none_has_no_level() {
        assertThat(FairShare.NONE.path(with("X-Tenant", "a")), is(empty()));
    }

    @Test
    void outer_level_comes_first() {
        FairShare shares = FairShare.of(
                List.of(new FairShare.By(TENANT), new FairShare.By(RequestHash.header("X-User"), Map.of("root", 0.5))));
        assertThat(
                shares.path(with("X-User", "root", "X-Tenant", "a")),
                contains(new Flow.Share("a", 1), new Flow.Share("root", 0.5)));
    }

    @Test
    void key_that_is_not_named_weighs_what_the_star_says() {
        FairShare shares = FairShare.of(List.of(new FairShare.By(TENANT, Map.of("gold", 3.0, "*", 0.5))));
        assertThat(shares.path(with("X-Tenant", "gold")), contains(new Flow.Share("gold", 3)));
        assertThat(shares.path(with("X-Tenant", "lead")), contains(new Flow.Share("lead", 0.5)));
        assertThat(shares.path(with()), contains(new Flow.Share("", 0.5)));
        FairShare alike = FairShare.of(List.of(new FairShare.By(TENANT, Map.of("gold", 3.0))));
        assertThat(alike.path(with("X-Tenant", "lead")), contains(new Flow.Share("lead", 1)));
    }

    @Test
    void requests_without_key_share_with_each_other() {
        FairShare shares = FairShare.of(List.of(new FairShare.By(TENANT)));
        assertThat(shares.path(with()), contains(new Flow.Share("", 1)));
        FairShare named = FairShare.of(List.of(new FairShare.By(TENANT.withDefault("none"))));
        assertThat(named.path(with()), contains(new Flow.Share("none", 1)));
    }

    @Test
    void long_key_is_bounded_and_keeps_its_weight() {
        String key = "x".repeat(1000);
        FairShare shares = FairShare.of(List.of(new FairShare.By(TENANT, Map.of(key, 2.0))));
        Flow.Share share = (Flow.Share) shares.path(with("X-Tenant", key)).get(0);
        assertThat(share.key(), matchesPattern("~[0-9a-f]{32}"));
        assertThat(share.weight(), is(2.0));
    }

    @Test
    void hash_that_fails_is_none() {
        FairShare shares = FairShare.of(List.of(new FairShare.By(request -> {
            throw new IllegalStateException("on purpose");
        })));
        List<String> logged = Logged.by(GuardedHash.class, () -> {
            assertThat(shares.path(with()), contains(new Flow.Share("", 1)));
            assertThat(shares.path(with()), contains(new Flow.Share("", 1)));
        });
        assertThat(logged, hasSize(1));
        assertThat(shares.failures(), is(2L));
    }

    @ParameterizedTest
    @ValueSource(doubles = {0, 0.009, -1, 100.1, Double.NaN, Double.POSITIVE_INFINITY})
    void weight_is_of_its_range(double weight) {
        assertThrows(IllegalArgumentException.class, () -> new FairShare.By(TENANT, Map.of("a", weight)));
    }

    @Test
    void levels_have_an_end() {
        assertThat(
                assertThrows(
                                IllegalArgumentException.class,
                                () -> FairShare.of(Collections.nCopies(5, new FairShare.By(TENANT))))
                        .getMessage(),
                is("fair_by: 5 levels (expected: <= 4)"));
    }

    @Test
    void what_is_written_alike_is_equal() {
        assertThat(
                FairShare.of(List.of(new FairShare.By(TENANT))),
                is(FairShare.of(List.of(new FairShare.By(RequestHash.header("X-Tenant"))))));
        assertThat(FairShare.of(List.of(new FairShare.By(TENANT))), is(not(FairShare.NONE)));
    }
}
