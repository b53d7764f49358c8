package io.thr.spring;

import io.thr.core.config.ConfigException;
import io.thr.core.config.Problem;
import io.thr.filter.config.FilterConfig;
import io.thr.filter.config.FilterSettings;
import io.thr.spring.PropertyNode.Branch;
import io.thr.spring.PropertyNode.Leaf;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.source.ConfigurationProperty;
import org.springframework.boot.origin.Origin;
import org.springframework.boot.origin.PropertySourceOrigin;
import org.springframework.boot.origin.TextResourceOrigin;
import org.springframework.core.env.SystemEnvironmentPropertySource;

/**
 * Properties written as the file that the filter reads, so that there is one grammar. Each line holds one key, or one member
 * of a list: the line of a problem tells which property is meant, and that, where it stands.
 *
 * <p>The text has no value in it: each is a reference, {@code ${P7}}, as a file has them to the environment. So no value is
 * looked into for quotes or references, and messages show what stands in the user's file and not what it stands for, which
 * may be a secret. For one thread.
 */
final class PropertyDocument {

    private static final Pattern REFERENCE = Pattern.compile("\\$\\{P(\\d+)}");

    /** What may be an empty mapping, of which Spring Boot makes an empty text. */
    private static final Pattern MAPPING = Pattern.compile("rules\\[\\d+]\\.(when|then)");

    private static final Pattern KEY = Pattern.compile(".*?([^.\\[]+)(\\[\\d+])?");
    private static final String EXPECTED = "(expected one of: ";

    private final UnaryOperator<String> placeholders;
    private final StringBuilder text = new StringBuilder();
    private final List<@Nullable Place> places = new ArrayList<>();
    private final List<ConfigurationProperty> references = new ArrayList<>();
    private final Map<String, String> values = new HashMap<>();
    private final List<Problem> problems = new ArrayList<>();

    /** What a line of the text stands for: a property by its name without {@code thr}. */
    private record Place(String name, ConfigurationProperty property) {

        Problem problem(String message) {
            Origin origin = origin(property);
            String told = PropertySettings.PREFIX + "." + name + ": " + message;
            if (!(origin instanceof TextResourceOrigin file) || file.getLocation() == null) {
                return Problem.ofFile(String.valueOf(origin), told);
            }
            String resource =
                    file.getResource() == null ? null : file.getResource().getFilename();
            return new Problem(
                    resource == null ? String.valueOf(file.getResource()) : resource,
                    file.getLocation().getLine() + 1,
                    file.getLocation().getColumn() + 1,
                    told);
        }
    }

    /** With what resolves the placeholders of a value, or throws {@link IllegalArgumentException}. */
    PropertyDocument(UnaryOperator<String> placeholders) {
        this.placeholders = placeholders;
    }

    /**
     * Reads the settings.
     *
     * @param settings at least one, by the names that the filter's file has for them
     * @throws ConfigException with every problem, each with the name and the place of its property
     */
    FilterSettings read(Map<String, PropertyNode> settings) {
        line("{", null);
        settings.forEach((name, node) -> value(key(name), name.replace('_', '-'), node));
        line("}", null);
        if (!problems.isEmpty()) {
            throw new ConfigException(problems);
        }
        try {
            return FilterConfig.parse(PropertySettings.PREFIX, text.toString(), values);
        } catch (ConfigException e) {
            throw new ConfigException(e.problems().stream().map(this::told).toList());
        }
    }

    private void line(String content, @Nullable Place place) {
        text.append(content).append('\n');
        places.add(place);
    }

    private static String key(String name) {
        return "\"" + name.replace("\\", "\\\\").replace("\"", "\\\"") + "\": ";
    }

    /** Writes a value after its key, or after nothing in a list. */
    private void value(String key, String name, PropertyNode node) {
        Place place = new Place(name, node.first());
        if (node instanceof Leaf leaf) {
            line(key + scalar(place, leaf.property()) + ",", place);
        } else if (node instanceof Branch branch && branch.isList()) {
            line(key + "[", place);
            branch.children().forEach((index, member) -> value("", name + "[" + index + "]", member));
            line("],", place);
        } else if (node instanceof Branch branch) {
            line(key + "{", place);
            branch.children().forEach((inner, member) -> value(key(inner), name + "." + inner, member));
            line("},", place);
        }
    }

    private String scalar(Place place, ConfigurationProperty property) {
        String written = String.valueOf(property.getValue());
        if (written.isEmpty() && MAPPING.matcher(place.name()).matches()) {
            return "{}";
        }
        String reference = "P" + references.size();
        references.add(property);
        try {
            values.put(reference, placeholders.apply(written));
        } catch (IllegalArgumentException e) {
            problems.add(place.problem(String.valueOf(e.getMessage())));
        }
        return "\"${" + reference + "}\"";
    }

    /** A problem of the text as one of the property that its line stands for. */
    private Problem told(Problem problem) {
        Place place = problem.line() == 0 ? null : places.get(problem.line() - 1);
        String message = REFERENCE
                .matcher(problem.message())
                .replaceAll(
                        match -> Matcher.quoteReplacement(written(references.get(Integer.parseInt(match.group(1))))));
        if (place == null) {
            return Problem.ofFile(problem.file(), message);
        }
        Matcher key = KEY.matcher(place.name());
        String repeated = key.matches() ? key.group(1).replace('-', '_') + ": " : "";
        if (message.startsWith(repeated)) {
            return place.problem(message.substring(repeated.length()));
        }
        boolean isSetting = !place.name().contains(".") && !place.name().contains("[");
        return place.problem(
                isSetting ? message.replace(EXPECTED, EXPECTED + PropertySettings.OWN_NAMES + ", ") : message);
    }

    private static @Nullable Origin origin(ConfigurationProperty property) {
        Origin origin = property.getOrigin();
        return origin instanceof PropertySourceOrigin source && source.getOrigin() != null
                ? source.getOrigin()
                : origin;
    }

    /** A value as it stands in the user's file; one of the environment may be a secret, and is told by its name. */
    private static String written(ConfigurationProperty property) {
        return property.getOrigin() instanceof PropertySourceOrigin source
                        && source.getPropertySource() instanceof SystemEnvironmentPropertySource
                ? "${" + source.getPropertyName() + "}"
                : String.valueOf(property.getValue());
    }
}
