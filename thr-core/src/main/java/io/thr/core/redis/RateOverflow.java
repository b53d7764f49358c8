package io.thr.core.redis;

import io.thr.core.rate.RateCharge;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** Says, once a minute at most, that a policy has as many keys as it may. Threads may share it. */
final class RateOverflow {

    private static final Logger LOG = System.getLogger(RateOverflow.class.getName());
    private static final long PAUSE_NANOS = TimeUnit.MINUTES.toNanos(1);

    private final AtomicLong lastNanos = new AtomicLong(System.nanoTime() - PAUSE_NANOS);

    /** One of the policies of these charges has. */
    void warn(List<RateCharge> charges) {
        long now = System.nanoTime();
        long last = lastNanos.get();
        if (now - last >= PAUSE_NANOS && lastNanos.compareAndSet(last, now)) {
            LOG.log(
                    Level.WARNING,
                    "a rate policy has as many keys as it may, further ones share one quota: {0} (max_keys is to be larger, or"
                            + " somebody makes up keys)",
                    charges.stream()
                            .map(charge -> charge.policy().name() + " "
                                    + charge.policy().maxKeys())
                            .toList());
        }
    }
}
