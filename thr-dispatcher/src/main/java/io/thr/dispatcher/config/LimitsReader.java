package io.thr.dispatcher.config;

import io.thr.core.config.ConfigMap;
import io.thr.core.config.ConfigValue;
import io.thr.core.limit.Limits;
import io.thr.core.limit.MaxLimit;
import io.thr.core.limit.RequestHash;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Reads what stands under {@code limits}. For one file. */
final class LimitsReader {

    private final List<MaxLimit> limits = new ArrayList<>();
    private final Map<String, Integer> lines = new HashMap<>();

    private LimitsReader() {}

    /** The limits; what is wrong has been noted and is left out. */
    static List<MaxLimit> read(List<ConfigValue> entries) {
        LimitsReader reader = new LimitsReader();
        if (entries.size() > Limits.MOST) {
            entries.get(Limits.MOST).problem("limits: " + entries.size() + " (expected: at most " + Limits.MOST + ")");
        }
        entries.stream().limit(Limits.MOST).forEach(reader::add);
        return reader.limits;
    }

    private void add(ConfigValue entry) {
        if (!entry.isMap()) {
            entry.expected("a mapping with name, hash, max, and value or dynamic");
            return;
        }
        ConfigMap map = entry.map();
        Optional<String> name = map.required("name").flatMap(this::name);
        Optional<RequestHash> hash = map.required("hash").flatMap(HashReader::read);
        Optional<MaxLimit.Value> value = value(entry, map);
        Optional<Integer> max = map.required("max").flatMap(most -> most.integer(0, MaxLimit.LARGEST_MAX));
        boolean showInStats = map.bool("show_in_stats").orElse(true);
        if (name.isPresent() && hash.isPresent() && value.isPresent() && max.isPresent()) {
            limits.add(new MaxLimit(name.get(), hash.get(), value.get(), max.get(), showInStats));
        }
    }

    private Optional<String> name(ConfigValue value) {
        Optional<String> name = value.parsed(MaxLimit::checkedName);
        Integer before = name.isEmpty() ? null : lines.putIfAbsent(name.get(), value.line());
        if (before != null) {
            value.expected("a name of its own; line " + before + " has it too");
            return Optional.empty();
        }
        return name;
    }

    private static Optional<MaxLimit.Value> value(ConfigValue entry, ConfigMap map) {
        Optional<ConfigValue> value = map.get("value");
        Optional<ConfigValue> dynamic = map.get("dynamic");
        boolean isDynamic = dynamic.flatMap(ConfigValue::bool).orElse(dynamic.isPresent());
        if (value.isPresent() == isDynamic) {
            entry.problem("limits: " + (isDynamic ? "both value and dynamic" : "neither value nor dynamic")
                    + " (expected: one of `value: …` and `dynamic: true`)");
            return Optional.empty();
        }
        return isDynamic
                ? Optional.of(MaxLimit.dynamic())
                : value.flatMap(ConfigValue::pattern).map(MaxLimit::exactly);
    }
}
