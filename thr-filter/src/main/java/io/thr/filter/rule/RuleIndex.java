package io.thr.filter.rule;

import io.thr.core.match.TextPattern;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Finds the rules that may match a request, so that a thousand rules cost little more than ten.
 *
 * <p>A rule stands under one of its criteria: its paths (exact ones, or what its globs begin with), its hosts, its
 * methods or a header, whichever it shares with the fewest other rules. A rule that has none of these is a candidate always. The
 * index may name too many rules, never too few: a candidate's criteria are all asked.
 *
 * <p>Immutable, so threads may share it.
 */
final class RuleIndex {

    static final int[] NO_RULE = {};

    /** Every path begins with a slash, so that a prefix of one character says nothing. */
    private static final int SHORTEST_PREFIX = 2;

    /** A header has to be looked for in every request, which costs as much as to ask so many rules in vain. */
    private static final int HEADER_COST = 8;

    private final int[] always;
    private final Map<String, int[]> byPath;
    private final Map<String, int[]> byHost;
    private final Map<String, int[]> byMethod;
    private final HeaderTable byHeader;
    private final PrefixTable byPrefix;
    private final Candidates none;

    private enum Kind {
        PATH,
        PREFIX,
        HOST,
        METHOD,
        HEADER,
        HEADER_VALUE,
        ALWAYS
    }

    /**
     * Where a rule may stand.
     *
     * @param header the field's name in lower case where it is the value of a header; else empty
     */
    private record Key(Kind kind, String header, String text) {

        static final Key ALWAYS = new Key(Kind.ALWAYS, "");

        Key(Kind kind, String text) {
            this(kind, "", text);
        }

        int cost() {
            return kind == Kind.HEADER || kind == Kind.HEADER_VALUE ? HEADER_COST : 0;
        }
    }

    RuleIndex(List<Rule> rules) {
        List<List<List<Key>>> choices = rules.stream().map(RuleIndex::choices).toList();
        Map<Key, Long> crowds = choices.stream()
                .flatMap(List::stream)
                .flatMap(List::stream)
                .collect(Collectors.groupingBy(Function.identity(), Collectors.counting()));
        Map<Key, List<Integer>> rulesByKey = new HashMap<>();
        for (int i = 0; i < choices.size(); i++) {
            for (Key key : leastCrowded(choices.get(i), crowds)) {
                rulesByKey.computeIfAbsent(key, first -> new ArrayList<>()).add(i);
            }
        }
        this.always = table(rulesByKey, Kind.ALWAYS).getOrDefault("", NO_RULE);
        this.byPath = table(rulesByKey, Kind.PATH);
        this.byHost = table(rulesByKey, Kind.HOST);
        this.byMethod = table(rulesByKey, Kind.METHOD);
        this.byHeader = headerTable(rulesByKey);
        this.byPrefix = new PrefixTable(table(rulesByKey, Kind.PREFIX));
        this.none = new Candidates(always, NO_RULE, NO_RULE, NO_RULE, HeaderTable.NONE, byPrefix, PrefixTable.NONE);
    }

    /** The rules that may match the exchange as it is now. Allocates only for those that it names, and for values of headers. */
    Candidates candidates(Exchange exchange) {
        String path = exchange.path();
        int[] underPath = byPath.getOrDefault(path, NO_RULE);
        int longestPrefix = byPrefix.longestPrefixOf(path);
        int[] underHost = byHost.isEmpty() ? NO_RULE : byHost.getOrDefault(exchange.hostName(), NO_RULE);
        int[] underMethod = byMethod.isEmpty() ? NO_RULE : byMethod.getOrDefault(exchange.method(), NO_RULE);
        int[][] underHeaders = byHeader.under(exchange);
        boolean nothing = underPath == NO_RULE
                && underHost == NO_RULE
                && underMethod == NO_RULE
                && underHeaders == HeaderTable.NONE
                && longestPrefix == PrefixTable.NONE;
        return nothing
                ? none
                : new Candidates(always, underPath, underHost, underMethod, underHeaders, byPrefix, longestPrefix);
    }

    /** Each choice: the keys under all of which the rule would have to stand. */
    private static List<List<Key>> choices(Rule rule) {
        List<List<Key>> choices = new ArrayList<>();
        for (Condition condition : rule.criteria().conditions()) {
            if (condition instanceof Condition.Text text) {
                keys(text).ifPresent(choices::add);
            } else if (condition instanceof Condition.Header header) {
                choices.add(keys(header));
            }
        }
        return choices;
    }

    private static Optional<List<Key>> keys(Condition.Text text) {
        List<Key> keys = new ArrayList<>();
        for (TextPattern pattern : text.pattern().alternatives()) {
            Optional<Key> key = key(text.subject(), pattern);
            if (key.isEmpty()) {
                return Optional.empty();
            }
            keys.add(key.get());
        }
        return Optional.of(keys);
    }

    private static List<Key> keys(Condition.Header header) {
        String name = header.name().toLowerCase(Locale.ROOT);
        List<TextPattern> alternatives = header.pattern().alternatives();
        boolean exact = alternatives.stream().allMatch(TextPattern.Exact.class::isInstance);
        return exact
                ? alternatives.stream()
                        .map(pattern -> new Key(Kind.HEADER_VALUE, name, pattern.literalPrefix()))
                        .toList()
                : List.of(new Key(Kind.HEADER, name));
    }

    private static Optional<Key> key(Condition.Subject subject, TextPattern pattern) {
        boolean exact = pattern instanceof TextPattern.Exact;
        String prefix = pattern.literalPrefix();
        return switch (subject) {
            case PATH ->
                exact
                        ? Optional.of(new Key(Kind.PATH, prefix))
                        : Optional.of(new Key(Kind.PREFIX, prefix)).filter(key -> prefix.length() >= SHORTEST_PREFIX);
            case HOST -> Optional.of(new Key(Kind.HOST, prefix)).filter(key -> exact);
            case METHOD -> Optional.of(new Key(Kind.METHOD, prefix)).filter(key -> exact);
            case SCHEME, CONTENT_TYPE, PRINCIPAL -> Optional.empty();
        };
    }

    private static List<Key> leastCrowded(List<List<Key>> choices, Map<Key, Long> crowds) {
        return choices.stream()
                .min(Comparator.comparingLong(keys -> keys.stream()
                        .mapToLong(key -> crowds.getOrDefault(key, 0L) + key.cost())
                        .max()
                        .orElse(0)))
                .map(keys -> keys.stream().distinct().toList())
                .orElse(List.of(Key.ALWAYS));
    }

    private static Map<String, int[]> table(Map<Key, List<Integer>> rulesByKey, Kind kind) {
        Map<String, int[]> table = new HashMap<>();
        rulesByKey.forEach((key, rules) -> {
            if (key.kind() == kind) {
                table.put(key.text(), sorted(rules));
            }
        });
        return table;
    }

    private static HeaderTable headerTable(Map<Key, List<Integer>> rulesByKey) {
        Map<String, Map<String, int[]>> byValue = new HashMap<>();
        rulesByKey.forEach((key, rules) -> {
            if (key.kind() == Kind.HEADER_VALUE) {
                byValue.computeIfAbsent(key.header(), first -> new HashMap<>()).put(key.text(), sorted(rules));
            }
        });
        return new HeaderTable(table(rulesByKey, Kind.HEADER), byValue);
    }

    private static int[] sorted(List<Integer> rules) {
        return rules.stream().mapToInt(Integer::intValue).toArray();
    }
}
