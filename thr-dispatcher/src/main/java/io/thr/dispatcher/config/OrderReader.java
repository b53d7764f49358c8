package io.thr.dispatcher.config;

import io.thr.core.config.ConfigMap;
import io.thr.core.config.ConfigValue;
import io.thr.core.limit.PriorityOrder;
import java.time.Duration;
import java.util.Optional;
import java.util.TreeMap;

/** Reads {@code order} and {@code priority_offsets}. */
final class OrderReader {

    private enum Order {
        HEAD_START,
        STRICT
    }

    private OrderReader() {}

    /** The order; nothing where none is told, or a wrong one, which has been noted. */
    static Optional<PriorityOrder> read(ConfigMap root) {
        Optional<Order> order = root.choice("order", Order.class);
        Optional<ConfigValue> offsets = root.get("priority_offsets");
        if (order.isPresent() && order.get() == Order.STRICT) {
            offsets.ifPresent(value -> value.expected("none with `order: strict`"));
            return Optional.of(new PriorityOrder.Strict());
        }
        return offsets.isPresent()
                ? offsets.flatMap(OrderReader::headStart)
                : order.map(unused -> PriorityOrder.DEFAULT);
    }

    private static Optional<PriorityOrder> headStart(ConfigValue value) {
        TreeMap<Integer, Duration> offsets = new TreeMap<>();
        var entries = value.nonEmptyMap().entries();
        for (ConfigMap.Entry entry : entries) {
            Optional<Integer> priority = entry.key().integer(1, 99);
            Optional<Duration> offset = entry.value().duration(Duration.ZERO);
            if (priority.isPresent() && offset.isPresent() && offsets.put(priority.get(), offset.get()) != null) {
                entry.key().problem("priority_offsets: " + priority.get() + " twice (expected: once)");
            }
        }
        return !entries.isEmpty() && offsets.size() == entries.size()
                ? value.made(() -> new PriorityOrder.HeadStart(offsets))
                : Optional.empty();
    }
}
