package io.thr.core;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.hasItems;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.matchesPattern;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;

class TriesTest {

    @Test
    void same_seed_makes_the_same_inputs() {
        assertThat(texts(123), is(texts(123)));
        assertThat(texts(123).equals(texts(124)), is(false));
    }

    @Test
    void failure_tells_its_seed_its_try_and_its_input() {
        List<Integer> seen = new ArrayList<>();

        AssertionError failure = assertThrows(
                AssertionError.class,
                () -> Tries.check(123, 100, choices -> choices.between(0, 9), number -> {
                    seen.add(number);
                    assertThat(seen.size() < 43, is(true));
                }));

        assertThat(failure.getMessage(), is("seed 123, try 42 (again with -Dthr.seed=123), of " + seen.get(42)));
        assertThat(Objects.requireNonNull(failure.getCause()).getMessage(), containsString("was <false>"));
    }

    @Test
    void throwable_of_any_kind_is_a_failure() {
        AssertionError failure = assertThrows(
                AssertionError.class,
                () -> Tries.check(1, choices -> "a\nb\u00e9".repeat(2_000), text -> {
                    throw new StackOverflowError();
                }));

        assertThat(failure.getMessage(), matchesPattern("seed -?\\d+, try 0 .*, of a\\\\u000ab\\\\u00e9a.*"));
        assertThat(failure.getMessage(), containsString("(8000 characters)"));
    }

    @Test
    void ends_are_tried() {
        Set<Object> seen = new HashSet<>();

        Tries.check(123, 1_000, choices -> choices, choices -> {
            seen.add(choices.between(1, Integer.MAX_VALUE));
            seen.add(choices.between(0, Long.MAX_VALUE));
            seen.add("length " + choices.bytes(0, 300, 5_000).length);
            seen.add(choices.text("axb", 1, 1, 1));
        });

        assertThat(seen, hasItems(1, Integer.MAX_VALUE, 0L, Long.MAX_VALUE, "length 0", "length 300", "length 5000"));
        assertThat(seen, hasItems("a", "x", "b"));
    }

    private static List<String> texts(long seed) {
        List<String> texts = new ArrayList<>();
        Tries.check(seed, 20, choices -> choices.anyText(0, 30, 60), texts::add);
        return texts;
    }
}
