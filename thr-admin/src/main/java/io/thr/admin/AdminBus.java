package io.thr.admin;

import io.thr.core.redis.BusControl;
import io.thr.core.redis.BusReader;
import io.thr.core.redis.Redis;
import io.thr.core.redis.RedisKeys;
import java.util.function.Supplier;

/**
 * A bus of the program.
 *
 * @param address its Redis': what {@code ?bus=} chooses it by
 * @param reader looks at it; throws {@link io.thr.core.redis.RedisUnavailableException} where there is no connection yet
 * @param control changes it; throws the same
 */
public record AdminBus(String address, Supplier<BusReader> reader, Supplier<BusControl> control) {

    /** One that is connected. */
    public static AdminBus of(Redis redis, RedisKeys keys) {
        BusReader reader = new BusReader(redis, keys);
        BusControl control = new BusControl(redis, keys);
        return new AdminBus(redis.url().address(), () -> reader, () -> control);
    }
}
