package io.thr.core.redis;

import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;

/**
 * The parts of a flow's name: {@link io.thr.core.schedule.Flow#name()}.
 *
 * @param name as it is
 * @param shares the fairness keys without their weights; a strict class of priorities as {@code =NN}
 */
record FlowName(String name, String queue, List<String> shares, List<String> counters) {

    static final char GROUP = '\u001d';
    static final char PART = '\u001e';
    static final char ELEMENT = '\u001f';

    private static final Pattern ELEMENTS = Pattern.compile(String.valueOf(ELEMENT));

    static FlowName read(String name) {
        int first = name.indexOf(PART);
        int second = name.indexOf(PART, first + 1);
        return new FlowName(
                name,
                name.substring(0, first),
                elements(name.substring(first + 1, second)).stream()
                        .map(FlowName::withoutWeight)
                        .toList(),
                elements(name.substring(second + 1)));
    }

    private static List<String> elements(String part) {
        return part.isEmpty() ? List.of() : Arrays.asList(ELEMENTS.split(part, -1));
    }

    private static String withoutWeight(String element) {
        return element.startsWith("=") ? element : element.substring(element.indexOf(':') + 1);
    }
}
