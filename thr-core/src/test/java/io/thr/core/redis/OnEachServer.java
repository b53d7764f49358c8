package io.thr.core.redis;

import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** Tests of rate policies on each Redis that there is: of what the server does. */
@ParameterizedClass(name = "{0}")
@MethodSource("io.thr.core.redis.RedisServer#each")
abstract class OnEachServer extends WithRateNodes {

    OnEachServer(RedisServer server) {
        super(server);
    }
}
