package io.thr.core.redis;

import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** Tests of rate policies on the newest Redis that there is: of what our side does. */
@ParameterizedClass(name = "{0}")
@MethodSource("io.thr.core.redis.RedisServer#newest")
abstract class OnOneServer extends WithRateNodes {

    OnOneServer(RedisServer server) {
        super(server);
    }
}
