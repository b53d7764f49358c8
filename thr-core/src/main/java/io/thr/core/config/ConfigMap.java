package io.thr.core.config;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;

/**
 * A mapping in a configuration file. A key is known once it has been asked for; at {@link ConfigDocument#check()} every
 * other key is a problem. A getter gives nothing where the key is absent, and where its value is wrong, in which case
 * the problem has been noted. For one thread.
 */
public final class ConfigMap {

    private final ConfigDocument document;
    private final ConfigValue owner;
    private final boolean isThere;
    private final Map<String, Entry> entries = new LinkedHashMap<>();
    private final Set<String> known = new LinkedHashSet<>();

    /**
     * A key and its value.
     *
     * @param key the key, a text
     * @param value what stands under it
     */
    public record Entry(ConfigValue key, ConfigValue value) {

        /** The key's text. */
        public String name() {
            return key.name();
        }
    }

    ConfigMap(ConfigDocument document, ConfigValue owner, @Nullable MappingNode node) {
        this.document = document;
        this.owner = owner;
        this.isThere = node != null;
        if (node != null) {
            node.getValue().forEach(this::add);
        }
    }

    private void add(NodeTuple tuple) {
        Node keyNode = tuple.getKeyNode();
        if (!(keyNode instanceof ScalarNode scalar)) {
            document.problems().add(keyNode, "a key that is a list or a mapping (expected: a text)");
            return;
        }
        String name = scalar.getValue();
        Entry first = entries.get(name);
        if (first != null) {
            document.problems()
                    .add(
                            keyNode,
                            "duplicate key `" + name + "` (first at line "
                                    + first.key().line() + ")");
            return;
        }
        entries.put(
                name,
                new Entry(
                        new ConfigValue(document, name, keyNode),
                        new ConfigValue(document, name, tuple.getValueNode())));
    }

    /** Whether there is no key. */
    public boolean isEmpty() {
        return entries.isEmpty();
    }

    /** All entries in their order, for a mapping whose keys are free: names of headers, for example. */
    public List<Entry> entries() {
        known.addAll(entries.keySet());
        return List.copyOf(entries.values());
    }

    /** The entries with one of these keys, in the order of the file; other keys will be a problem. */
    public List<Entry> entries(List<String> names) {
        known.addAll(names);
        List<Entry> asked = new ArrayList<>(entries.values());
        asked.removeIf(entry -> !known.contains(entry.name()));
        return asked;
    }

    /** The value under that key. */
    public Optional<ConfigValue> get(String key) {
        known.add(key);
        return Optional.ofNullable(entries.get(key)).map(Entry::value);
    }

    /** The value under that key, which must be there if the mapping itself is. */
    public Optional<ConfigValue> required(String key) {
        Optional<ConfigValue> value = get(key);
        if (value.isEmpty() && isThere) {
            owner.problem("missing key `" + key + "`");
        }
        return value;
    }

    /** The values under that key: those of a list, maybe none, or a single one; none where the key is absent. */
    public List<ConfigValue> list(String key) {
        return get(key).map(ConfigValue::list).orElse(List.of());
    }

    /** The mapping under that key; an empty one where the key is absent. */
    public ConfigMap map(String key) {
        return get(key).map(ConfigValue::map).orElseGet(() -> document.emptyMap(owner));
    }

    /** As {@link ConfigValue#text()}. */
    public Optional<String> text(String key) {
        return get(key).flatMap(ConfigValue::text);
    }

    /** As {@link ConfigValue#bool()}. */
    public Optional<Boolean> bool(String key) {
        return get(key).flatMap(ConfigValue::bool);
    }

    /** As {@link ConfigValue#integer}. */
    public Optional<Integer> integer(String key, int min, int max) {
        return get(key).flatMap(value -> value.integer(min, max));
    }

    /** As {@link ConfigValue#duration}. */
    public Optional<Duration> duration(String key, Duration min) {
        return get(key).flatMap(value -> value.duration(min));
    }

    /** As {@link ConfigValue#bytes}. */
    public Optional<Long> bytes(String key, long min) {
        return get(key).flatMap(value -> value.bytes(min));
    }

    /** As {@link ConfigValue#choice}. */
    public <E extends Enum<E>> Optional<E> choice(String key, Class<E> type) {
        return get(key).flatMap(value -> value.choice(type));
    }

    void reportUnknownKeys() {
        for (Entry entry : entries.values()) {
            if (!known.contains(entry.name())) {
                entry.key().problem(unknown(entry.name()));
            }
        }
    }

    private String unknown(String name) {
        return "unknown key `" + name + "` (expected one of: " + String.join(", ", known)
                + NearestName.of(name, known)
                        .map(nearest -> "; did you mean `" + nearest + "`?")
                        .orElse("")
                + ")";
    }
}
