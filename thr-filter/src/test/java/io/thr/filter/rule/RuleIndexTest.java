package io.thr.filter.rule;

import static io.thr.core.match.TextPattern.any;
import static io.thr.core.match.TextPattern.anyOf;
import static io.thr.core.match.TextPattern.exact;
import static io.thr.core.match.TextPattern.glob;
import static io.thr.core.match.TextPattern.regexp;
import static io.thr.filter.rule.Actions.then;
import static io.thr.filter.rule.Criteria.when;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.is;

import io.thr.core.match.TextPattern;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.IntFunction;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

class RuleIndexTest {

    /** The numbers of the rules whose criteria were asked. */
    private final List<Integer> asked = new ArrayList<>();

    @Test
    void of_a_thousand_exact_paths_one_rule_is_asked() {
        Rules rules = thousand(i -> criteria -> criteria.path("/p" + i));
        assertThat(asked(rules, PlainRequest.get("/p700")), contains(700));
        assertThat(asked(rules, PlainRequest.get("/none")), is(empty()));
    }

    @Test
    void of_a_thousand_globs_those_with_the_right_beginning_are_asked() {
        Rules rules = thousand(i -> criteria -> criteria.path(glob("/p" + i + "*")));
        assertThat(asked(rules, PlainRequest.get("/p700/x")), contains(7, 70, 700));
        assertThat(asked(rules, PlainRequest.get("/q")), is(empty()));
    }

    @Test
    void of_a_thousand_hosts_one_rule_is_asked() {
        Rules rules = thousand(i -> criteria -> criteria.host("h" + i).path(glob("*.html")));
        assertThat(asked(rules, PlainRequest.get("/x").withHost("H5:80")), contains(5));
    }

    @Test
    void rules_of_another_method_are_not_asked() {
        Rules rules = thousand(i -> criteria -> criteria.method(i == 3 ? "PUT" : "POST", "PATCH"));
        assertThat(asked(rules, PlainRequest.get("/x").withMethod("PUT")), contains(3));
        assertThat(asked(rules, PlainRequest.get("/x")), is(empty()));
    }

    @Test
    void of_a_thousand_values_of_a_header_those_it_has_are_asked() {
        Rules rules = thousand(i -> criteria -> criteria.header("X-Tenant", "t" + i, "u" + i));
        PlainRequest request = PlainRequest.get("/x");
        assertThat(asked(rules, request), is(empty()));
        assertThat(asked(rules, request.withHeader("X-Tenant", "none")), is(empty()));
        assertThat(asked(rules, request.withHeader("x-tenant", "u700")), contains(700));
        assertThat(asked(rules, request.withHeader("X-Tenant", "t8").withHeader("X-TENANT", "u5")), contains(5, 8));
    }

    @Test
    void a_header_that_is_not_there_spares_the_rules_that_look_at_it() {
        List<TextPattern> patterns =
                List.of(glob("a*"), any(), regexp("a"), TextPattern.diff("b"), anyOf(List.of(exact("a"), glob("b*"))));
        RuleList list = new RuleList();
        patterns.forEach(pattern -> list.add(noting(list.size(), when().header("X-A", pattern)), then()));
        list.add(noting(list.size(), when().header("X-A", "c")), then());
        Rules rules = list.compile();
        assertThat(asked(rules, PlainRequest.get("/x").withHeader("X-B", "a")), is(empty()));
        assertThat(asked(rules, PlainRequest.get("/x").withHeader("x-a", "z")), contains(0, 1, 2, 3, 4));
        assertThat(asked(rules, PlainRequest.get("/x").withHeader("x-a", "c")), contains(0, 1, 2, 3, 4, 5));
    }

    @Test
    void a_header_is_looked_for_where_a_path_is_shared_by_many() {
        Rules many = thousand(i -> criteria -> criteria.path(glob("/shop/*")).header("X-C", "c" + i));
        assertThat(asked(many, PlainRequest.get("/shop/1")), is(empty()));
        assertThat(asked(many, PlainRequest.get("/shop/1").withHeader("X-C", "c9")), contains(9));
        Rules few = thousand(i -> criteria -> criteria.header("X-C", "c" + i).path("/p" + i % 500));
        assertThat(asked(few, PlainRequest.get("/p9").withHeader("X-C", "c9")), contains(9, 509));
    }

    @Test
    void a_rule_stands_under_what_it_shares_with_the_fewest() {
        Rules hosts = thousand(
                i -> criteria -> criteria.path(glob("/api/*")).method("GET").host("h" + i));
        assertThat(asked(hosts, PlainRequest.get("/api/x").withHost("h8")), contains(8));
        Rules paths = thousand(i -> criteria -> criteria.host("h").method("GET").path("/p" + i));
        assertThat(asked(paths, PlainRequest.get("/p8").withHost("h")), contains(8));
    }

    @Test
    void a_list_stands_under_each_of_its_members() {
        Rules rules = thousand(i ->
                criteria -> criteria.path(anyOf(List.of(exact("/a" + i), exact("/b" + i), glob("/c" + i + "/*")))));
        assertThat(asked(rules, PlainRequest.get("/a5")), contains(5));
        assertThat(asked(rules, PlainRequest.get("/b5")), contains(5));
        assertThat(asked(rules, PlainRequest.get("/c5/x")), contains(5));
        assertThat(asked(rules, PlainRequest.get("/d5")), is(empty()));
    }

    @Test
    void what_no_index_can_tell_is_always_asked() {
        List<Criteria> unindexed = List.of(
                when().path(glob("*.html")),
                when().path(glob("/*")),
                when().path(any()),
                when().path(regexp("/a")),
                when().path(TextPattern.diff("/a")),
                when().path(anyOf(List.of(exact("/a"), regexp("/b")))),
                when().scheme("ftp"),
                when().query("a", "b"),
                when().not(when().path("/a")),
                when().any(when().path("/a")));
        RuleList list = new RuleList();
        unindexed.forEach(criteria -> list.add(noting(list.size(), criteria), then()));
        assertThat(asked(list.compile(), PlainRequest.get("/z")), contains(0, 1, 2, 3, 4, 5, 6, 7, 8, 9));
    }

    @Test
    void the_prefix_table_finds_every_prefix() {
        Map<String, int[]> rules = Map.of(
                "/a",
                new int[] {4},
                "/a/b",
                new int[] {2},
                "/a/b/c",
                new int[] {0, 5},
                "/a/x",
                new int[] {1},
                "/b",
                new int[] {3});
        PrefixTable table = new PrefixTable(rules);
        assertThat(walk(table, "/a/b/c/d"), contains(0, 2, 4, 5));
        assertThat(walk(table, "/a/b/c"), contains(0, 2, 4, 5));
        assertThat(walk(table, "/a/b"), contains(2, 4));
        assertThat(walk(table, "/a/bx"), contains(2, 4));
        assertThat(walk(table, "/a/w"), contains(4));
        assertThat(walk(table, "/a/xyz"), contains(1, 4));
        assertThat(walk(table, "/az"), contains(4));
        assertThat(walk(table, "/b/c"), contains(3));
        assertThat(walk(table, "/"), is(empty()));
        assertThat(walk(table, "/c"), is(empty()));
        assertThat(walk(new PrefixTable(Map.of()), "/c"), is(empty()));
    }

    @Test
    void the_index_finds_what_a_look_at_every_rule_finds() {
        Random random = new Random(20260102);
        for (int round = 0; round < 300; round++) {
            List<Criteria> criteria = random.ints(1 + random.nextInt(30), 0, Integer.MAX_VALUE)
                    .mapToObj(seed -> randomCriteria(new Random(seed)))
                    .toList();
            List<Integer> found = new ArrayList<>();
            RuleList list = new RuleList();
            criteria.forEach(each -> {
                int number = list.size();
                list.add(each, then().customInput(exchange -> found.add(number)));
            });
            Rules rules = list.compile();
            for (int i = 0; i < 30; i++) {
                PlainRequest request = randomRequest(random);
                found.clear();
                rules.applyInput(request.exchange()).join();
                Exchange exchange = request.exchange();
                List<Integer> expected = new ArrayList<>();
                for (int rule = 0; rule < criteria.size(); rule++) {
                    if (criteria.get(rule).hold(exchange)) {
                        expected.add(rule);
                    }
                }
                assertThat(criteria + " for " + request, found, is(expected));
            }
        }
    }

    private static final List<String> PATHS = List.of("/", "/a", "/a/", "/a/b", "/a/bc", "/ab", "/b", "/b/a", "/a/b/c");
    private static final List<String> GLOBS =
            List.of("/a*", "/a/*", "/a/b*", "/*", "*b", "/?b", "/[ab]", "/b/*", "/a/b/c*", "/ab?");

    private static final List<TextPattern> HEADER_PATTERNS = List.of(
            exact("a"),
            exact("b", "c"),
            any(),
            glob("a*"),
            TextPattern.diff("a"),
            anyOf(List.of(exact("b"), glob("c*"))));

    private static Criteria randomCriteria(Random random) {
        Criteria criteria = when();
        if (random.nextInt(4) > 0) {
            List<TextPattern> patterns = new ArrayList<>();
            for (int i = 0; i <= random.nextInt(3); i++) {
                patterns.add(random.nextBoolean() ? exact(oneOf(random, PATHS)) : glob(oneOf(random, GLOBS)));
            }
            criteria = criteria.path(anyOf(patterns));
        }
        if (random.nextInt(3) == 0) {
            criteria = criteria.method(oneOf(random, List.of("GET", "PUT")));
        }
        if (random.nextInt(3) == 0) {
            criteria = criteria.host(oneOf(random, List.of("h", "g")));
        }
        if (random.nextInt(3) == 0) {
            criteria = criteria.header(oneOf(random, List.of("X-A", "x-b")), oneOf(random, HEADER_PATTERNS));
        }
        return criteria;
    }

    private static PlainRequest randomRequest(Random random) {
        return PlainRequest.get(oneOf(random, PATHS))
                .withMethod(oneOf(random, List.of("GET", "PUT", "POST")))
                .withHost(oneOf(random, List.of("h", "G:80", "i")))
                .withHeader(oneOf(random, List.of("x-a", "X-B", "X-C")), oneOf(random, List.of("a", "b", "c")))
                .withHeader(oneOf(random, List.of("X-A", "X-C")), oneOf(random, List.of("a", "b", "c")));
    }

    private static <T> T oneOf(Random random, List<T> texts) {
        return texts.get(random.nextInt(texts.size()));
    }

    private Rules thousand(IntFunction<UnaryOperator<Criteria>> more) {
        RuleList list = new RuleList();
        for (int i = 0; i < 1000; i++) {
            list.add(more.apply(i).apply(noting(i, when())), then());
        }
        return list.compile();
    }

    /** Criteria of which the first notes that it was asked. */
    private Criteria noting(int number, Criteria criteria) {
        Criteria noting = when().custom(exchange -> {
            asked.add(number);
            return true;
        });
        for (Condition condition : criteria.conditions()) {
            noting = noting.and(condition);
        }
        return noting;
    }

    private List<Integer> asked(Rules rules, PlainRequest request) {
        asked.clear();
        rules.applyInput(request.exchange()).join();
        return List.copyOf(asked);
    }

    private static List<Integer> walk(PrefixTable table, String text) {
        List<Integer> rules = new ArrayList<>();
        int entry = table.longestPrefixOf(text);
        for (int next = table.next(entry, 0); next != Candidates.END; next = table.next(entry, next + 1)) {
            rules.add(next);
        }
        return rules;
    }
}
