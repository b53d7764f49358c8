package io.thr.demo.e2e;

import io.thr.core.redis.RedisState;
import java.util.Map;
import java.util.TreeMap;

/** What stands in Redis while nothing is asked for. */
final class Leftovers {

    private Leftovers() {}

    /** All of it beside the leases, the limits, the reports and the marks of nodes, which programs that run may have. */
    static Map<String, Object> of(RedisState state) {
        Map<String, Object> left = new TreeMap<>(state.all());
        left.keySet()
                .removeIf(key -> key.endsWith(":members")
                        || key.endsWith(":limits")
                        || key.contains(":report:")
                        || key.contains(":node:"));
        return left;
    }
}
