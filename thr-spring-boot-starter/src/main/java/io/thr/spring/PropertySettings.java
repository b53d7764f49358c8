package io.thr.spring;

import io.thr.core.config.ConfigException;
import io.thr.core.config.Problem;
import io.thr.filter.config.FilterConfig;
import io.thr.filter.config.FilterSettings;
import io.thr.spring.PropertyNode.Branch;
import io.thr.spring.PropertyNode.Leaf;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.source.ConfigurationProperty;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName.Form;
import org.springframework.boot.context.properties.source.ConfigurationPropertySource;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.boot.context.properties.source.IterableConfigurationPropertySource;
import org.springframework.core.env.Environment;
import org.springframework.core.env.PropertySource;
import org.springframework.core.env.StandardEnvironment;
import org.springframework.core.env.SystemEnvironmentPropertySource;
import org.springframework.core.io.Resource;
import org.springframework.core.io.ResourceLoader;

/**
 * Reads the filter's settings from the properties under {@code thr}, and from the file that {@code thr.config} names.
 *
 * <p>A setting of the file is a property in Spring Boot's spelling: {@code max_queue_length} is {@code
 * thr.max-queue-length}. What is below {@code thr.rules} is the file's grammar to the letter. Of several sources of
 * properties the first that has a setting gives it, the rules as a whole. Beside a file properties override its settings,
 * but for those by which its rules are read.
 *
 * <p>A property that nobody knows stops the start; only in the environment and among system properties it may be somebody
 * else's.
 */
final class PropertySettings {

    static final String PREFIX = "thr";

    /** The starter's own properties, which are no settings of the filter. */
    static final String OWN_NAMES = "enabled, config, order";

    private static final ConfigurationPropertyName ROOT = ConfigurationPropertyName.of(PREFIX);
    private static final String CONFIG = PREFIX + ".config";
    private static final String RULES = "rules";
    private static final String RULES_CLASS = "rules_class";

    /** What the rules of a file are read by, so that it must stand there too. */
    private static final Set<String> OF_THE_FILE = Set.of(RULES, RULES_CLASS, "ipv6_prefix");

    private final Environment environment;
    private final ResourceLoader resources;
    private final List<ConfigurationPropertySource> sources;

    PropertySettings(Environment environment, ResourceLoader resources) {
        this.environment = environment;
        this.resources = resources;
        this.sources = StreamSupport.stream(
                        ConfigurationPropertySources.get(environment).spliterator(), false)
                .toList();
    }

    /**
     * The settings; the defaults where there is no property.
     *
     * @throws ConfigException with every problem
     */
    FilterSettings read() {
        Map<String, PropertyNode> given = given();
        String file = environment.getProperty(CONFIG);
        if (file == null || file.isBlank()) {
            return given.isEmpty() ? FilterSettings.defaults() : document(given);
        }
        given.keySet().stream().filter(OF_THE_FILE::contains).findFirst().ifPresent(name -> {
            throw problem(PREFIX + "." + name.replace('_', '-'), "beside " + CONFIG + " (expected: in " + file + ")");
        });
        FilterSettings ofFile = file(file);
        return given.isEmpty() ? ofFile : overridden(ofFile, document(given), given.keySet());
    }

    private FilterSettings document(Map<String, PropertyNode> given) {
        return new PropertyDocument(environment::resolveRequiredPlaceholders).read(given);
    }

    private FilterSettings file(String location) {
        Resource resource = resources.getResource(location);
        if (!resource.exists()) {
            throw problem(CONFIG, location + " (expected: a YAML file: a path, file:… or classpath:…)");
        }
        try {
            return FilterConfig.parse(location, resource.getContentAsString(StandardCharsets.UTF_8), System.getenv());
        } catch (IOException e) {
            throw problem(CONFIG, location + " cannot be read: " + e);
        }
    }

    private static ConfigException problem(String property, String message) {
        return new ConfigException(List.of(Problem.ofFile(property, message)));
    }

    /** The settings that properties tell, by the names that the file has for them, in its order. */
    private Map<String, PropertyNode> given() {
        Map<String, PropertyNode> given = new LinkedHashMap<>();
        namesByUniform().forEach((uniform, name) -> {
            PropertyNode node = sources.stream()
                    .map(source -> node(source, uniform, name))
                    .filter(found -> found != null)
                    .findFirst()
                    .orElse(null);
            // Spring Boot makes an empty text of an empty list
            boolean isEmptyList = isList(name)
                    && node instanceof Leaf leaf
                    && leaf.property().getValue().equals("");
            if (node != null && !isEmptyList) {
                given.put(name, node);
            }
        });
        return given;
    }

    /** Of all settings, and of what else stands under {@code thr}, by the name without case, hyphens and underscores. */
    private Map<String, String> namesByUniform() {
        Map<String, String> names = new LinkedHashMap<>();
        names().forEach(name -> names.put(name.replace("_", ""), name));
        for (ConfigurationPropertySource source : sources) {
            below(source)
                    .forEach(name ->
                            names.putIfAbsent(name.getElement(1, Form.UNIFORM), name.getElement(1, Form.ORIGINAL)));
        }
        List.of(OWN_NAMES.split(", ")).forEach(names::remove);
        return names;
    }

    /** The settings' names in the file. */
    static List<String> names() {
        List<String> names = new ArrayList<>(components().keySet());
        names.add(RULES_CLASS);
        return names;
    }

    /** The settings by the names that the file has for them. */
    private static Map<String, RecordComponent> components() {
        Map<String, RecordComponent> components = new LinkedHashMap<>();
        for (RecordComponent component : FilterSettings.class.getRecordComponents()) {
            String name = component.getName().replaceAll("([A-Z])", "_$1").toLowerCase(Locale.ROOT);
            components.put(name, component);
        }
        return components;
    }

    private static boolean isList(String name) {
        RecordComponent component = components().get(name);
        return component == null ? name.equals(RULES_CLASS) : name.equals(RULES) || component.getType() == List.class;
    }

    /** What a source tells of a setting. */
    private @Nullable PropertyNode node(ConfigurationPropertySource source, String uniform, String name) {
        Branch branch = null;
        for (ConfigurationPropertyName below : below(source)) {
            ConfigurationProperty property = source.getConfigurationProperty(below);
            if (property != null && below.getElement(1, Form.UNIFORM).equals(uniform)) {
                branch = branch == null ? new Branch(property) : branch;
                branch.add(property, 1);
            }
        }
        if (branch != null) {
            return separated(branch.children().values().iterator().next(), name);
        }
        return named(source, ConfigurationPropertyName.ofIfValid(PREFIX + "." + name.replace('_', '-')), name);
    }

    /** The properties under {@code thr} of a source in which all of them are ours. */
    private static List<ConfigurationPropertyName> below(ConfigurationPropertySource source) {
        Object underlying = source.getUnderlyingSource();
        boolean isShared = underlying instanceof SystemEnvironmentPropertySource
                || (underlying instanceof PropertySource<?> named
                        && named.getName().equals(StandardEnvironment.SYSTEM_PROPERTIES_PROPERTY_SOURCE_NAME));
        return !isShared && source instanceof IterableConfigurationPropertySource iterable
                ? iterable.stream().filter(ROOT::isAncestorOf).toList()
                : List.of();
    }

    /** What a source that does not tell its names, or has those of others too, tells of a setting: a value or a list. */
    private static @Nullable PropertyNode named(
            ConfigurationPropertySource source, @Nullable ConfigurationPropertyName asked, String name) {
        if (asked == null || name.equals(RULES)) {
            return null;
        }
        ConfigurationProperty property = source.getConfigurationProperty(asked);
        if (property != null) {
            return separated(new Leaf(property), name);
        }
        Branch list = null;
        for (int i = 0; isList(name); i++) {
            ConfigurationProperty member = source.getConfigurationProperty(asked.append("[" + i + "]"));
            if (member == null) {
                break;
            }
            list = list == null ? new Branch(member) : list;
            list.add(member, 2);
        }
        return list;
    }

    /** A list that is written as one text, with commas, as Spring Boot has it. */
    private static PropertyNode separated(PropertyNode node, String name) {
        if (!isList(name)
                || !(node instanceof Leaf leaf)
                || !String.valueOf(leaf.property().getValue()).contains(",")) {
            return node;
        }
        ConfigurationProperty property = leaf.property();
        Branch list = new Branch(property);
        String[] members = String.valueOf(property.getValue()).split(",", -1);
        for (int i = 0; i < members.length; i++) {
            list.add(
                    new ConfigurationProperty(
                            property.getName().append("[" + i + "]"), members[i].strip(), property.getOrigin()),
                    property.getName().getNumberOfElements());
        }
        return list;
    }

    /** The file's settings, but those given by properties as the properties have them. */
    private static FilterSettings overridden(FilterSettings file, FilterSettings properties, Set<String> given) {
        Map<String, RecordComponent> components = components();
        List<@Nullable Object> values = new ArrayList<>();
        try {
            for (Map.Entry<String, RecordComponent> component : components.entrySet()) {
                values.add(component
                        .getValue()
                        .getAccessor()
                        .invoke(given.contains(component.getKey()) ? properties : file));
            }
            Class<?>[] types =
                    components.values().stream().map(RecordComponent::getType).toArray(Class<?>[]::new);
            return FilterSettings.class.getConstructor(types).newInstance(values.toArray());
        } catch (InvocationTargetException e) {
            throw problem(
                    given.stream()
                            .map(name -> PREFIX + "." + name.replace('_', '-'))
                            .collect(Collectors.joining(", ")),
                    "with the file: " + Objects.requireNonNull(e.getCause()).getMessage());
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }
}
