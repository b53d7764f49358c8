package io.thr.core.config;

import io.thr.core.match.TextPattern;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;

/**
 * A value in a configuration file, with its place. Each reading method gives nothing where the value is of another kind,
 * and notes the problem. Messages show the value as it stands in the file, not what an environment variable holds, which
 * may be a secret. For one thread.
 */
public final class ConfigValue {

    private static final Pattern INTEGER = Pattern.compile("[-+]?[0-9]{1,18}");
    private static final Pattern NUMBER = Pattern.compile("[-+]?[0-9]{1,18}(\\.[0-9]{1,18})?");
    private static final List<String> PATTERN_KINDS = List.of("glob", "regexp", "diff", "any");

    private final ConfigDocument document;
    private final String name;
    private final Node node;

    ConfigValue(ConfigDocument document, String name, Node node) {
        this.document = document;
        this.name = name;
        this.node = node;
    }

    /** What messages call it: its key. */
    public String name() {
        return name;
    }

    /** The line where it stands, from 1. */
    public int line() {
        return node.getStartMark().map(mark -> mark.getLine() + 1).orElse(0);
    }

    /** Notes a problem at this place. */
    public void problem(String message) {
        document.problems().add(node, message);
    }

    /** Notes a problem at this place, and what is wrong in the file that is named here: that comes last, in its order. */
    public void problem(String message, List<Problem> inNamedFile) {
        problem(message);
        document.problems().addElsewhere(inNamedFile);
    }

    /** Notes that something else was expected here; the message tells what was found. */
    public void expected(String expected) {
        problem(name + ": " + found() + " (expected: " + expected + ")");
    }

    /** Notes at this place what is no mistake, but worth knowing; {@link ConfigDocument#check()} logs it. */
    public void warning(String message) {
        document.warnings().add(node, name + ": " + message);
    }

    /** Whether it is a mapping. */
    public boolean isMap() {
        return node instanceof MappingNode;
    }

    /** Whether it is a list. */
    public boolean isList() {
        return node instanceof SequenceNode;
    }

    /** Whether it is the word {@code null}, or {@code ~}, or nothing at all; quoted, it is a text. */
    public boolean isNull() {
        return node instanceof ScalarNode scalar
                && scalar.isPlain()
                && List.of("", "~", "null", "Null", "NULL").contains(scalar.getValue());
    }

    /** The mapping; an empty one where it is none. */
    public ConfigMap map() {
        if (node instanceof MappingNode mapping) {
            return document.map(this, mapping);
        }
        expected("a mapping");
        return document.emptyMap(this);
    }

    /** As {@link #map()}, but an empty mapping is a problem. */
    public ConfigMap nonEmptyMap() {
        ConfigMap map = map();
        if (isMap() && map.isEmpty()) {
            expected("at least one entry");
        }
        return map;
    }

    /** The members of the list, maybe none, or this value alone where it is no list. */
    public List<ConfigValue> list() {
        if (!(node instanceof SequenceNode sequence)) {
            return List.of(this);
        }
        List<ConfigValue> members = new ArrayList<>();
        sequence.getValue().forEach(member -> members.add(new ConfigValue(document, name, member)));
        return members;
    }

    /** As {@link #list()}, but an empty list is a problem. */
    public List<ConfigValue> oneOrMore() {
        List<ConfigValue> members = list();
        if (members.isEmpty()) {
            expected("at least one value");
        }
        return members;
    }

    /** A text: any scalar as it is written, references to the environment resolved. Nothing at all is no text. */
    public Optional<String> text() {
        return scalar("a text");
    }

    /** {@code true} or {@code false}. */
    public Optional<Boolean> bool() {
        Optional<String> text = scalar("true or false");
        Optional<Boolean> bool = text.flatMap(word -> switch (word) {
            case "true", "True", "TRUE" -> Optional.of(true);
            case "false", "False", "FALSE" -> Optional.of(false);
            default -> Optional.empty();
        });
        if (text.isPresent() && bool.isEmpty()) {
            expected("true or false");
        }
        return bool;
    }

    /** A whole number of that range. */
    public Optional<Integer> integer(int min, int max) {
        String expected = "a whole number from " + min + " to " + max;
        Optional<String> text = scalar(expected);
        Optional<Integer> number = text.filter(digits -> INTEGER.matcher(digits).matches())
                .map(Long::parseLong)
                .filter(value -> value >= min && value <= max)
                .map(Long::intValue);
        if (text.isPresent() && number.isEmpty()) {
            expected(expected);
        }
        return number;
    }

    /** A number of that range, with or without decimals. */
    public Optional<Double> number(double min, double max) {
        String expected = "a number from " + shown(min) + " to " + shown(max);
        Optional<String> text = scalar(expected);
        Optional<Double> number = text.filter(digits -> NUMBER.matcher(digits).matches())
                .map(Double::parseDouble)
                .filter(value -> value >= min && value <= max);
        if (text.isPresent() && number.isEmpty()) {
            expected(expected);
        }
        return number;
    }

    /** A duration with its unit ({@code 300s}, {@code 50ms}, {@code 5m}), or in seconds. */
    public Optional<Duration> duration(Duration min) {
        Optional<Duration> duration = quantity(Quantity::duration, Quantity.A_DURATION);
        if (duration.isPresent() && duration.get().compareTo(min) < 0) {
            expected("at least " + shown(min));
            return Optional.empty();
        }
        return duration;
    }

    /** A size with its unit ({@code 10MiB}, {@code 64KiB}), or in bytes. */
    public Optional<Long> bytes(long min) {
        Optional<Long> size = quantity(Quantity::bytes, Quantity.A_SIZE);
        if (size.isPresent() && size.get() < min) {
            expected("at least " + min + " bytes");
            return Optional.empty();
        }
        return size;
    }

    /** One of the constants, written in lower case. */
    public <E extends Enum<E>> Optional<E> choice(Class<E> type) {
        List<String> words = Arrays.stream(type.getEnumConstants())
                .map(constant -> constant.name().toLowerCase(Locale.ROOT))
                .toList();
        Optional<String> text = scalar(String.join(" or ", words));
        if (text.isEmpty()) {
            return Optional.empty();
        }
        int index = words.indexOf(text.get());
        if (index < 0) {
            expected(String.join(" or ", words)
                    + NearestName.of(text.get(), words)
                            .map(nearest -> "; did you mean `" + nearest + "`?")
                            .orElse(""));
            return Optional.empty();
        }
        return Optional.of(type.getEnumConstants()[index]);
    }

    /**
     * What the function makes of the text, references to the environment resolved; the message of its
     * IllegalArgumentException is the problem, so it should not give a secret away.
     */
    public <T> Optional<T> parsed(Function<String, T> function) {
        return text().flatMap(text -> made(() -> function.apply(text)));
    }

    /** What the function makes; the message of its IllegalArgumentException is a problem at this place. */
    public <T> Optional<T> made(Supplier<T> function) {
        try {
            return Optional.of(function.get());
        } catch (IllegalArgumentException e) {
            problem(String.valueOf(e.getMessage()));
            return Optional.empty();
        }
    }

    /**
     * A pattern: a text, {@code glob: "a*"}, {@code regexp: "a+"}, {@code diff: a} (each with one text or a list), the
     * mapping {@code any: true}, or a list of all these.
     */
    public Optional<TextPattern> pattern() {
        List<TextPattern> patterns = new ArrayList<>();
        List<ConfigValue> members = oneOrMore();
        for (ConfigValue member : members) {
            member.single().ifPresent(patterns::add);
        }
        return patterns.size() == members.size() && !patterns.isEmpty()
                ? Optional.of(TextPattern.anyOf(patterns))
                : Optional.empty();
    }

    private Optional<TextPattern> single() {
        if (!isMap()) {
            return scalar("a text, a list, or one of glob, regexp, diff, any").map(TextPattern::exact);
        }
        List<ConfigMap.Entry> entries = map().entries(PATTERN_KINDS);
        if (entries.size() != 1) {
            expected("one of glob, regexp, diff, any");
            return Optional.empty();
        }
        ConfigMap.Entry entry = entries.get(0);
        ConfigValue value = entry.value();
        return switch (entry.name()) {
            case "glob" -> value.texts().flatMap(globs -> value.made(() -> TextPattern.glob(globs)));
            case "regexp" -> value.texts().flatMap(regexps -> value.made(() -> TextPattern.regexp(regexps)));
            case "diff" -> value.texts().flatMap(texts -> value.made(() -> TextPattern.diff(texts)));
            default -> value.always();
        };
    }

    private Optional<TextPattern> always() {
        Optional<Boolean> always = bool();
        if (always.isPresent() && !always.get()) {
            expected("true");
        }
        return always.filter(yes -> yes).map(yes -> TextPattern.any());
    }

    /** The texts of a list, or of a single text; nothing where one is none. */
    private Optional<String[]> texts() {
        List<ConfigValue> members = oneOrMore();
        String[] texts = members.stream()
                .map(ConfigValue::text)
                .flatMap(Optional::stream)
                .toArray(String[]::new);
        return texts.length == members.size() && texts.length > 0 ? Optional.of(texts) : Optional.empty();
    }

    private <T> Optional<T> quantity(Function<String, T> reader, String expected) {
        return scalar(expected).flatMap(text -> {
            try {
                return Optional.of(reader.apply(text));
            } catch (IllegalArgumentException e) {
                expected(expected);
                return Optional.empty();
            }
        });
    }

    private Optional<String> scalar(String expected) {
        if (!(node instanceof ScalarNode scalar) || isNull()) {
            expected(expected);
            return Optional.empty();
        }
        boolean[] failed = {false};
        String text = document.environment().resolve(scalar.getValue(), problem -> {
            failed[0] = true;
            problem(name + ": " + problem);
        });
        return failed[0] ? Optional.empty() : Optional.of(text);
    }

    private String found() {
        if (node instanceof MappingNode mapping) {
            return mapping.getValue().isEmpty() ? "an empty mapping" : "a mapping";
        }
        if (node instanceof SequenceNode sequence) {
            return sequence.getValue().isEmpty() ? "an empty list" : "a list";
        }
        String text = ((ScalarNode) node).getValue();
        if (isNull()) {
            return text.isEmpty() ? "nothing" : text;
        }
        return text.length() <= 100 ? text : text.substring(0, 100) + "…";
    }

    private static String shown(double number) {
        return number == Math.rint(number) ? Long.toString((long) number) : Double.toString(number);
    }

    private static String shown(Duration duration) {
        return duration.toMillis() % 1000 == 0 ? duration.toSeconds() + "s" : duration.toMillis() + "ms";
    }
}
