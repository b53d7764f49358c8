package io.thr.dispatcher;

import io.thr.admin.AdminBus;
import io.thr.admin.AdminProgram;
import io.thr.core.redis.RedisKeys;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.function.Supplier;

/** A dispatcher as its admin port shows it. Threads may share it. */
final class DispatcherProgram implements AdminProgram {

    private final String member;
    private final Collection<Bus> buses;
    private final List<AdminBus> shown;
    private final Stats stats;
    private final Supplier<StoppingMode> mode;

    /** Of that member, on those buses, one at least. */
    DispatcherProgram(String member, RedisKeys keys, Collection<Bus> buses, Stats stats, Supplier<StoppingMode> mode) {
        this.member = member;
        this.buses = buses;
        this.shown = buses.stream().map(bus -> AdminBus.of(bus.redis(), keys)).toList();
        this.stats = stats;
        this.mode = mode;
    }

    @Override
    public String kind() {
        return "dispatcher";
    }

    @Override
    public String name() {
        return member;
    }

    @Override
    public String version() {
        String version = Dispatcher.class.getPackage().getImplementationVersion();
        return version == null ? "(not from a jar)" : version;
    }

    @Override
    public List<String> notReady() {
        List<String> reasons = new ArrayList<>();
        if (mode.get() != StoppingMode.RUNNING) {
            reasons.add("the dispatcher is stopping");
        }
        for (Bus bus : buses) {
            if (!bus.redis().isUp()) {
                reasons.add("redis " + bus.address() + ": cannot be reached");
            }
            if (!bus.lease().isSure()) {
                reasons.add("redis " + bus.address() + ": the lease has not been renewed in time");
            }
        }
        return reasons;
    }

    @Override
    public String stats() {
        return stats.jsonWithoutQueries(mode.get());
    }

    @Override
    public List<AdminBus> buses() {
        return shown;
    }
}
