package io.thr.core.redis;

import io.thr.core.log.StormLog;
import io.thr.core.rate.RateCharge;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.List;

/** Says, once a minute at most, that a policy has as many keys as it may. Threads may share it. */
final class RateOverflow {

    private static final Logger LOG = System.getLogger(RateOverflow.class.getName());

    private final StormLog storm = StormLog.onceAMinute(LOG);

    /** One of the policies of these charges has. */
    void warn(List<RateCharge> charges) {
        storm.log(
                Level.WARNING,
                "a rate policy has as many keys as it may, further ones share one quota: {0} (max_keys is to be larger, or"
                        + " somebody makes up keys)",
                charges.stream()
                        .map(charge ->
                                charge.policy().name() + " " + charge.policy().maxKeys())
                        .toList());
    }
}
