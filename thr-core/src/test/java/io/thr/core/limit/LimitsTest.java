package io.thr.core.limit;

import static io.thr.core.limit.MaxLimit.dynamic;
import static io.thr.core.limit.MaxLimit.exactly;
import static io.thr.core.limit.Requests.with;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.allOf;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.matchesPattern;
import static org.hamcrest.Matchers.not;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.thr.core.Logged;
import io.thr.core.match.TextPattern;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LimitsTest {

    private static final RequestHash FOO = RequestHash.header("Foo");

    @Test
    void fixed_limit_counts_what_is_its_value() {
        Limits limits = Limits.of(List.of(limit("foo", FOO, exactly("bar", "baz"), 2)));
        assertThat(limits.counters(with("Foo", "bar")), contains("foo"));
        assertThat(limits.counters(with("Foo", "baz")), contains("foo"));
        assertThat(limits.counters(with("Foo", "other")), is(empty()));
        assertThat(limits.counters(with()), is(empty()));
    }

    @Test
    void every_kind_of_pattern_is_a_value() {
        Limits limits = Limits.of(List.of(
                limit("glob", FOO, exactly(TextPattern.glob("b*")), 1),
                limit("regexp", FOO, exactly(TextPattern.regexp("[789]")), 1),
                limit("diff", FOO, exactly(TextPattern.diff("bar")), 1)));
        assertThat(limits.counters(with("Foo", "bar")), contains("glob"));
        assertThat(limits.counters(with("Foo", "71")), contains("regexp", "diff"));
        assertThat(limits.counters(with()), is(empty()));
    }

    @Test
    void dynamic_limit_counts_each_value_for_itself() {
        Limits limits = Limits.of(List.of(limit("foo", FOO, dynamic(), 2)));
        assertThat(limits.counters(with("Foo", "a")), contains("foo==a"));
        assertThat(limits.counters(with("Foo", "")), contains("foo=="));
        assertThat(limits.counters(with()), is(empty()));
    }

    @Test
    void value_of_a_client_cannot_break_the_name_of_a_counter() {
        Limits limits = Limits.of(List.of(limit("foo", FOO, dynamic(), 2)));
        assertThat(limits.counters(with("Foo", "a==b")), contains(matchesPattern("foo==~[0-9a-f]{32}")));
        assertThat(limits.counters(with("Foo", "\u001e")), contains(matchesPattern("foo==~[0-9a-f]{32}")));
        assertThat(limits.counters(with("Foo", "x".repeat(70_000))), contains(matchesPattern("foo==~[0-9a-f]{32}")));
        // Not foo=, with the value v
        assertThat(limits.counters(with("Foo", "=v")), contains("foo===v"));
        assertThat(MaxLimit.nameOf("foo===v"), is("foo"));
    }

    @Test
    void fixed_limits_come_first_in_their_order_then_dynamic_ones() {
        RequestHash all = request -> "x";
        Limits limits = Limits.of(List.of(
                limit("d1", all, dynamic(), 1),
                limit("f1", all, exactly("x"), 1),
                limit("d0", all, dynamic(), 1),
                limit("f0", all, exactly("x"), 0)));
        assertThat(limits.counters(with()), contains("f1", "f0", "d1==x", "d0==x"));
        assertThat(limits.inOrder().stream().map(MaxLimit::name).toList(), contains("d1", "f1", "d0", "f0"));
        assertThat(limits.maxima(), is(Map.of("d1", 1, "f1", 1, "d0", 1, "f0", 0)));
    }

    @Test
    void name_of_the_limit_stands_before_the_value() {
        assertThat(MaxLimit.nameOf("foo"), is("foo"));
        assertThat(MaxLimit.nameOf("foo==a"), is("foo"));
        assertThat(MaxLimit.nameOf("foo=="), is("foo"));
    }

    @Test
    void hash_that_fails_takes_its_limit_away_and_is_logged_once() {
        Limits limits = Limits.of(List.of(
                limit(
                        "broken",
                        request -> {
                            throw new IllegalStateException("no tenant");
                        },
                        dynamic(),
                        1),
                limit("foo", FOO, dynamic(), 1)));
        List<String> logged = Logged.by(GuardedHash.class, () -> {
            for (int i = 0; i < 3; i++) {
                assertThat(limits.counters(with("Foo", "a")), contains("foo==a"));
            }
        });
        assertThat(
                logged,
                contains(allOf(containsString("WARNING limit broken: its hash fails"), containsString("no tenant"))));
        assertThat(limits.failures(), is(Map.of("broken", 3L)));
    }

    @Test
    void regular_expression_that_exhausts_the_stack_stops_nobody() {
        Limits limits = Limits.of(List.of(limit("deep", FOO, exactly(TextPattern.regexp("(a|b)*c")), 1)));
        List<String> logged = Logged.by(
                GuardedHash.class, () -> assertThat(limits.counters(with("Foo", "ab".repeat(100_000))), is(empty())));
        assertThat(logged, hasSize(1));
        assertThat(limits.failures(), is(Map.of("deep", 1L)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a==b", "==", "a=", "a\u001fb", "a\nb"})
    void name_that_could_be_taken_for_something_else_is_refused(String name) {
        String message = assertThrows(IllegalArgumentException.class, () -> limit(name, FOO, dynamic(), 1))
                .getMessage();
        assertThat(message, containsString("expected: 1 to 128 characters, without ==, not ending with ="));
        assertThat(message, not(containsString("\n")));
    }

    @Test
    void name_has_an_end() {
        assertThat(limit("x".repeat(128), FOO, dynamic(), 1).max(), is(1));
        assertThrows(IllegalArgumentException.class, () -> limit("x".repeat(129), FOO, dynamic(), 1));
    }

    @Test
    void maximum_is_of_its_range() {
        assertThat(
                assertThrows(IllegalArgumentException.class, () -> limit("a", FOO, dynamic(), -1))
                        .getMessage(),
                is("max: -1 (expected: 0 to 1000000)"));
        assertThrows(IllegalArgumentException.class, () -> limit("a", FOO, dynamic(), 1_000_001));
    }

    @Test
    void names_are_their_own() {
        List<MaxLimit> twice = List.of(limit("a", FOO, dynamic(), 1), limit("a", FOO, exactly("x"), 2));
        assertThat(
                assertThrows(IllegalArgumentException.class, () -> Limits.of(twice))
                        .getMessage(),
                is("name: 'a' twice (expected: names of their own)"));
    }

    @Test
    void there_is_an_end_to_them() {
        List<MaxLimit> many = new ArrayList<>();
        for (int i = 0; i <= Limits.MOST; i++) {
            many.add(limit("l" + i, FOO, dynamic(), 1));
        }
        assertThrows(IllegalArgumentException.class, () -> Limits.of(many));
        assertThat(Limits.of(many.subList(0, Limits.MOST)).inOrder(), hasSize(Limits.MOST));
    }

    @Test
    void what_is_written_alike_is_equal() {
        assertThat(
                Limits.of(List.of(limit("a", FOO, exactly(TextPattern.regexp("x")), 1))),
                is(Limits.of(List.of(limit("a", RequestHash.header("Foo"), exactly(TextPattern.regexp("x")), 1)))));
        assertThat(Limits.of(List.of(limit("a", FOO, dynamic(), 1))), is(not(Limits.NONE)));
        assertThat(Limits.of(List.of()), is(Limits.NONE));
    }

    private static MaxLimit limit(String name, RequestHash hash, MaxLimit.Value value, int max) {
        return new MaxLimit(name, hash, value, max, true);
    }
}
