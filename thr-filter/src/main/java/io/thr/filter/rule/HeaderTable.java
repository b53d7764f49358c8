package io.thr.filter.rule;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Which rules stand under the header fields of a request. One look for each name that rules look at, however many rules
 * do, and none at the values where the field is not there or none of them says a value. Immutable.
 */
final class HeaderTable {

    static final int[][] NONE = {};

    private final Field[] fields;

    /** The rules that look at that field: for whatever value, and for one. */
    private record Field(String name, int[] whatever, Map<String, int[]> byValue) {}

    /**
     * The rules' indexes, sorted.
     *
     * @param whatever by a field's name in lower case, those that no single value stands for
     * @param byValue by such a name, and by the field's value
     */
    HeaderTable(Map<String, int[]> whatever, Map<String, Map<String, int[]>> byValue) {
        TreeMap<String, Field> byName = new TreeMap<>();
        whatever.forEach((name, rules) -> byName.put(name, new Field(name, rules, Map.of())));
        byValue.forEach((name, values) -> byName.put(
                name, new Field(name, whatever.getOrDefault(name, RuleIndex.NO_RULE), new HashMap<>(values))));
        this.fields = byName.values().toArray(Field[]::new);
    }

    /** The lists of rules under the fields of the exchange as it is now, or {@link #NONE}. */
    int[][] under(Exchange exchange) {
        List<int[]> found = List.of();
        for (Field field : fields) {
            if (exchange.header(field.name()) != null) {
                found = more(found, field.whatever());
                if (!field.byValue().isEmpty()) {
                    for (String value : exchange.headerValues(field.name())) {
                        found = more(found, field.byValue().getOrDefault(value, RuleIndex.NO_RULE));
                    }
                }
            }
        }
        return found.isEmpty() ? NONE : found.toArray(int[][]::new);
    }

    private static List<int[]> more(List<int[]> found, int[] rules) {
        if (rules.length == 0) {
            return found;
        }
        List<int[]> grown = found.isEmpty() ? new ArrayList<>(2) : found;
        grown.add(rules);
        return grown;
    }
}
