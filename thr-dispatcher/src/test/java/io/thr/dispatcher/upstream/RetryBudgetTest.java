package io.thr.dispatcher.upstream;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.is;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class RetryBudgetTest {

    private final AtomicLong now = new AtomicLong(Long.MAX_VALUE - 5);
    private final RetryBudget budget = new RetryBudget(10, now::get);

    @Test
    void reserve_is_there_from_the_beginning() {
        assertThat(spent(100), is(10L));
    }

    @Test
    void five_calls_pay_for_one_repeat() {
        spent(100);
        // One more, as a fifth has no exact double
        IntStream.range(0, 26).forEach(call -> budget.earn());
        assertThat(spent(100), is(5L));
    }

    @Test
    void second_pays_for_five_repeats() {
        spent(100);
        now.addAndGet(Duration.ofSeconds(1).toNanos());
        assertThat(spent(100), is(5L));
    }

    @Test
    void nothing_is_saved_beyond_the_reserve() {
        IntStream.range(0, 1000).forEach(call -> budget.earn());
        now.addAndGet(Duration.ofHours(1).toNanos());
        assertThat(spent(100), is(10L));
    }

    private long spent(int tries) {
        return IntStream.range(0, tries).filter(retry -> budget.spend()).count();
    }
}
