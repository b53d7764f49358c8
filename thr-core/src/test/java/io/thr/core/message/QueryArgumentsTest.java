package io.thr.core.message;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.is;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.thr.core.Choices;
import io.thr.core.Tries;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class QueryArgumentsTest {

    @Test
    void values_of_one_name_come_together_in_their_order() {
        assertThat(QueryArguments.decode("a=1&b=2&a=3").toString(), is("{a=[1, 3], b=[2]}"));
    }

    @Test
    void name_alone_has_an_empty_value() {
        assertThat(QueryArguments.decode("a&b="), is(Map.of("a", List.of(""), "b", List.of(""))));
    }

    @Test
    void value_alone_has_an_empty_name() {
        assertThat(QueryArguments.decode("=1&="), is(Map.of("", List.of("1", ""))));
    }

    @Test
    void nothing_between_ampersands_is_no_argument() {
        assertThat(QueryArguments.decode(""), is(Map.of()));
        assertThat(QueryArguments.decode("&&a=1&"), is(Map.of("a", List.of("1"))));
    }

    @Test
    void only_the_first_equals_sign_parts() {
        assertThat(QueryArguments.decode("a=b=c;d"), is(Map.of("a", List.of("b=c;d"))));
    }

    @Test
    void escapes_and_plus_are_decoded_as_utf_8() {
        assertThat(QueryArguments.decode("n%20m+o=fr%C3%A9%2B"), is(Map.of("n m o", List.of("fr\u00e9+"))));
    }

    @Test
    void percent_sign_that_escapes_nothing_stands_for_itself() {
        assertThat(
                QueryArguments.decode("a=100%&b=%zz&c=%4"),
                is(Map.of("a", List.of("100%"), "b", List.of("%zz"), "c", List.of("%4"))));
    }

    @Test
    void bytes_that_are_no_utf_8_become_the_replacement_character() {
        assertThat(
                QueryArguments.decode("a=%FFx&b=\u00ff"), is(Map.of("a", List.of("\ufffdx"), "b", List.of("\ufffd"))));
    }

    @Test
    void raw_bytes_that_are_utf_8_are_decoded() {
        assertThat(QueryArguments.decode("a=\u00c3\u00a9"), is(Map.of("a", List.of("\u00e9"))));
    }

    @Test
    void all_but_unreserved_characters_are_escaped() {
        StringBuilder query = new StringBuilder();

        QueryArguments.append(query, "a b", "-._~*/?&=%+\u00e9\ud83d\ude00");

        assertThat(query.toString(), is("a+b=-._~%2A%2F%3F%26%3D%25%2B%C3%A9%F0%9F%98%80"));
    }

    @Test
    void half_a_surrogate_pair_is_refused() {
        assertThrows(IllegalArgumentException.class, () -> QueryArguments.append(new StringBuilder(), "a", "\ud83d"));
    }

    @Test
    void what_was_put_together_comes_apart_again() {
        Tries.check(300, QueryArgumentsTest::anyArguments, arguments -> {
            StringBuilder query = new StringBuilder();
            arguments.forEach((name, values) -> values.forEach(value -> QueryArguments.append(query, name, value)));

            assertThat(QueryArguments.decode(query.toString()), is(arguments));
        });
    }

    private static Map<String, List<String>> anyArguments(Choices choices) {
        Map<String, List<String>> arguments = new LinkedHashMap<>();
        for (String name : choices.list(0, 5, () -> anyText(choices))) {
            arguments.put(name, choices.list(1, 3, () -> anyText(choices)));
        }
        return arguments;
    }

    private static String anyText(Choices choices) {
        return choices.text("ab &=+%;#/?*\u0000\u007f\u0080\u00e9\u20ac\ufffd", 0, 6, 200);
    }
}
