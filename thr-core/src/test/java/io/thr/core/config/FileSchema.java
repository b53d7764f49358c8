package io.thr.core.config;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.is;

import com.networknt.schema.InputFormat;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.Dump;
import org.snakeyaml.engine.v2.api.DumpSettings;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.common.FlowStyle;
import org.snakeyaml.engine.v2.common.ScalarStyle;
import tools.jackson.databind.JsonNode;

/** A published schema of a configuration file, compared with what reads such files. Threads may share it. */
public final class FileSchema {

    private static final String UNKNOWN = "zzz";
    private static final Pattern EXPECTED = Pattern.compile("unknown key `zzz` \\(expected one of: ([^;)]*)");
    private static final Pattern BLOCK = Pattern.compile("(?ms)^```yaml ?(\\w*)$\\n(.*?)^```$");

    private final com.networknt.schema.Schema schema;
    private final JsonNode root;

    /** That schema. */
    public FileSchema(String text) {
        this.schema = SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
                .getSchema(text);
        this.root = schema.getSchemaNode();
    }

    /** Whether it is a schema itself. */
    public boolean isValid() {
        return SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
                .getSchema(com.networknt.schema.SchemaLocation.of(SpecificationVersion.DRAFT_2020_12.getDialectId()))
                .validate(root)
                .isEmpty();
    }

    /** What it finds wrong in a YAML file. */
    public List<String> mistakes(String yaml) {
        return schema.validate(yaml, InputFormat.YAML).stream()
                .map(Object::toString)
                .toList();
    }

    /** Gives back what has been read of that text, after it has found nothing wrong there either. */
    public <T> T agreesOn(String yaml, T settings) {
        assertThat(yaml, mistakes(yaml), is(empty()));
        return settings;
    }

    /** The names of the properties at a JSON pointer, in their order. */
    public List<String> names(String pointer) {
        return List.copyOf(root.at(pointer).get("properties").propertyNames());
    }

    /** A file of all its properties with their defaults. */
    public String defaults() {
        Map<String, Object> defaults = new LinkedHashMap<>();
        root.get("properties").properties().forEach(property -> {
            JsonNode value = property.getValue().get("default");
            if (value != null) {
                defaults.put(
                        property.getKey(), new Load(LoadSettings.builder().build()).loadFromString(value.toString()));
            }
        });
        return yaml(defaults);
    }

    /**
     * Compares the keys of each mapping in that file with those of the schema at the same place: a reader tells, when it meets an
     * unknown one, which it knows. Every mapping that the schema describes must be in the file.
     *
     * @param reader throws a {@link ConfigException} where a file is wrong
     * @return what differs
     */
    public List<String> differences(String yaml, Consumer<String> reader) {
        Object tree = new Load(LoadSettings.builder().build()).loadFromString(yaml);
        Set<String> met = new TreeSet<>();
        List<String> differences = new ArrayList<>();
        for (List<Object> path : mappings(tree, List.of())) {
            Set<String> known = knownTo(reader, yaml(with(tree, path)));
            Map<String, JsonNode> described = objects(path);
            met.addAll(described.keySet());
            Set<String> names = new TreeSet<>();
            described
                    .values()
                    .forEach(each -> names.addAll(each.get("properties").propertyNames()));
            if (!known.equals(names)) {
                differences.add(path + ": the reader knows " + known + ", the schema " + names);
            }
        }
        Set<String> missing = new TreeSet<>(closed(root, "").keySet());
        missing.removeAll(met);
        missing.forEach(place -> differences.add(place + ": is in the schema, and not in the file of this test"));
        return differences;
    }

    /** The YAML of a documentation, by the word that stands behind {@code ```yaml}. */
    public static Map<String, List<String>> blocks(Path markdown) throws IOException {
        Map<String, List<String>> blocks = new TreeMap<>();
        Matcher matcher = BLOCK.matcher(Files.readString(markdown));
        while (matcher.find()) {
            blocks.computeIfAbsent(matcher.group(1), none -> new ArrayList<>()).add(matcher.group(2));
        }
        return blocks;
    }

    private static Set<String> knownTo(Consumer<String> reader, String yaml) {
        try {
            reader.accept(yaml);
            return Set.of();
        } catch (ConfigException e) {
            Matcher expected = EXPECTED.matcher(String.valueOf(e.getMessage()));
            return expected.find() ? new TreeSet<>(List.of(expected.group(1).split(", "))) : Set.of();
        }
    }

    private static List<List<Object>> mappings(@Nullable Object tree, List<Object> path) {
        List<List<Object>> found = new ArrayList<>();
        if (tree instanceof Map<?, ?> map) {
            found.add(path);
            map.forEach((key, value) -> found.addAll(mappings(value, longer(path, key))));
        } else if (tree instanceof List<?> list) {
            for (int i = 0; i < list.size(); i++) {
                found.addAll(mappings(list.get(i), longer(path, i)));
            }
        }
        return found;
    }

    private static List<Object> longer(List<Object> path, Object step) {
        return Stream.concat(path.stream(), Stream.of(step)).toList();
    }

    /** A copy of the tree, with an unknown key in the mapping at that path. */
    private static Object with(Object tree, List<Object> path) {
        if (tree instanceof List<?> list) {
            List<Object> copy = new ArrayList<>(list);
            int index = (Integer) path.get(0);
            copy.set(index, with(copy.get(index), path.subList(1, path.size())));
            return copy;
        }
        Map<Object, Object> copy = new LinkedHashMap<>((Map<?, ?>) tree);
        if (path.isEmpty()) {
            copy.put(UNKNOWN, "1s");
        } else {
            copy.computeIfPresent(path.get(0), (key, value) -> with(value, path.subList(1, path.size())));
        }
        return copy;
    }

    private static String yaml(Object tree) {
        return new Dump(DumpSettings.builder()
                        .setDefaultFlowStyle(FlowStyle.FLOW)
                        .setDefaultScalarStyle(ScalarStyle.PLAIN)
                        .setWidth(Integer.MAX_VALUE)
                        .build())
                .dumpToString(tree);
    }

    /** What the schema says of the mapping at that path: those that know their keys, by their places in the schema. */
    private Map<String, JsonNode> objects(List<Object> path) {
        Map<String, JsonNode> here = alternatives("", root);
        for (Object step : path) {
            Map<String, JsonNode> below = new LinkedHashMap<>();
            here.forEach((place, each) -> below.putAll(
                    step instanceof Integer
                            ? child(place + "/items", each.get("items"))
                            : property(place, each, String.valueOf(step))));
            here = below;
        }
        here.values().removeIf(each -> !isClosed(each));
        return here;
    }

    private Map<String, JsonNode> property(String place, JsonNode node, String name) {
        JsonNode named = node.at("/properties").get(name);
        return named == null
                ? child(place + "/additionalProperties", node.get("additionalProperties"))
                : child(place + "/properties/" + name, named);
    }

    private Map<String, JsonNode> child(String place, @Nullable JsonNode node) {
        return node == null || !node.isObject() ? Map.of() : alternatives(place, node);
    }

    private Map<String, JsonNode> alternatives(String place, JsonNode node) {
        Map<String, JsonNode> found = new LinkedHashMap<>();
        JsonNode ref = node.get("$ref");
        if (ref != null) {
            String pointer = ref.asString().substring(1);
            found.putAll(alternatives(pointer, root.at(pointer)));
        }
        JsonNode any = node.get("anyOf");
        if (any != null && node.get("properties") == null) {
            for (int i = 0; i < any.size(); i++) {
                found.putAll(alternatives(place + "/anyOf/" + i, any.get(i)));
            }
        }
        found.put(place, node);
        return found;
    }

    private static Map<String, JsonNode> closed(JsonNode node, String place) {
        Map<String, JsonNode> found = new LinkedHashMap<>();
        if (isClosed(node)) {
            found.put(place, node);
        }
        node.properties()
                .forEach(property -> found.putAll(
                        property.getValue().isObject()
                                ? closed(property.getValue(), place + "/" + property.getKey())
                                : Map.of()));
        return found;
    }

    private static boolean isClosed(JsonNode node) {
        JsonNode others = node.get("additionalProperties");
        return others != null && others.isBoolean() && !others.asBoolean();
    }
}
