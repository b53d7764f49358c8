package io.thr.dispatcher.config;

import io.thr.core.config.ConfigMap;
import io.thr.core.config.ConfigValue;
import io.thr.core.limit.FairShare;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Reads what stands under {@code fair_by}: a hash, or a list of hashes, each with weights where it is a mapping. */
final class FairShareReader {

    private FairShareReader() {}

    /** The fair share; nothing where a part of it is wrong, which has been noted. */
    static Optional<FairShare> read(ConfigValue value) {
        List<ConfigValue> entries = value.oneOrMore();
        List<FairShare.By> levels = new ArrayList<>();
        entries.forEach(entry -> level(entry).ifPresent(levels::add));
        return levels.size() == entries.size() ? value.made(() -> FairShare.of(levels)) : Optional.empty();
    }

    private static Optional<FairShare.By> level(ConfigValue entry) {
        if (!entry.isMap()) {
            return HashReader.read(entry).map(FairShare.By::new);
        }
        ConfigMap map = entry.map();
        Map<String, Double> weights = new LinkedHashMap<>();
        map.get("weights")
                .map(ConfigValue::nonEmptyMap)
                .ifPresent(named -> named.entries()
                        .forEach(weight -> weight.value()
                                .number(0.01, 100)
                                .ifPresent(number -> weights.put(weight.name(), number))));
        return HashReader.read(entry).map(by -> new FairShare.By(by, weights));
    }
}
