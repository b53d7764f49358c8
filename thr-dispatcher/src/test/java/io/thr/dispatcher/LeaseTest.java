package io.thr.dispatcher;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.is;

import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class LeaseTest {

    private long nanos = Long.MAX_VALUE - 5;
    private long millis = 1_000_000;
    private final Lease lease = new Lease(() -> nanos, () -> Instant.ofEpochMilli(millis));

    @Test
    void lease_is_sure_for_two_thirds_of_it() {
        pass(Lease.SURE.minusMillis(1));
        assertThat(lease.isSure(), is(true));
        pass(Duration.ofMillis(1));
        assertThat(lease.isSure(), is(false));
    }

    @Test
    void renewal_counts_from_when_it_was_sent() {
        Lease.Renewal sent = lease.now();
        pass(Duration.ofSeconds(6));
        lease.renewed(sent);
        assertThat(lease.isSure(), is(true));
        pass(Duration.ofSeconds(1));
        assertThat(lease.isSure(), is(false));
        lease.renewed(lease.now());
        assertThat(lease.isSure(), is(true));
    }

    @Test
    void suspended_machine_loses_its_lease_though_the_monotonic_clock_stood_still() {
        millis += Lease.LENGTH.toMillis();
        assertThat(lease.isSure(), is(false));
    }

    private void pass(Duration time) {
        nanos += time.toNanos();
        millis += time.toMillis();
    }
}
