package io.thr.core.message;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.nullValue;
import static org.hamcrest.Matchers.sameInstance;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.thr.core.message.Headers.Field;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HeadersTest {

    private static final Headers HEADERS =
            Headers.of("Accept", "a", "x-b", "1", "ACCEPT", "b", "X-C", "2", "accept", "c");

    @Test
    void names_are_found_whatever_their_case() {
        assertThat(HEADERS.first("aCCept"), is("a"));
        assertThat(HEADERS.all("aCCept"), contains("a", "b", "c"));
        assertThat(HEADERS.contains("X-B"), is(true));
    }

    @Test
    void absent_name_has_no_value() {
        assertThat(HEADERS.first("Acc"), is(nullValue()));
        assertThat(HEADERS.all("Acc"), is(empty()));
        assertThat(HEADERS.contains("Acc"), is(false));
    }

    @Test
    void order_repeats_and_case_are_kept() {
        assertThat(HEADERS.stream().map(Field::name).toList(), contains("Accept", "x-b", "ACCEPT", "X-C", "accept"));
        assertThat(HEADERS.size(), is(5));
        assertThat(HEADERS, is(not(Headers.of("accept", "a", "x-b", "1", "ACCEPT", "b", "X-C", "2", "accept", "c"))));
    }

    @Test
    void set_takes_the_place_of_the_first_and_removes_the_others() {
        assertThat(HEADERS.edit().set("accept", "z").build(), is(Headers.of("accept", "z", "x-b", "1", "X-C", "2")));
    }

    @Test
    void set_adds_where_the_name_is_new() {
        assertThat(Headers.of("A", "1").edit().set("B", "2").build(), is(Headers.of("A", "1", "B", "2")));
    }

    @Test
    void add_keeps_what_is_there() {
        assertThat(Headers.of("A", "1").edit().add("a", "2").build(), is(Headers.of("A", "1", "a", "2")));
    }

    @Test
    void remove_takes_every_field_of_the_name() {
        assertThat(HEADERS.edit().remove("accept").build(), is(Headers.of("x-b", "1", "X-C", "2")));
        assertThat(HEADERS.edit().removeAll(Set.of("accept", "x-b")).build(), is(Headers.of("X-C", "2")));
    }

    @Test
    void nothing_left_is_the_empty_one() {
        Headers headers = Headers.of("A", "1").edit().remove("a").build();

        assertThat(headers, is(sameInstance(Headers.EMPTY)));
        assertThat(headers.isEmpty(), is(true));
    }

    @Test
    void editing_leaves_the_original_and_earlier_copies_alone() {
        Headers.Builder builder = HEADERS.edit().remove("accept");
        Headers earlier = builder.build();

        builder.add("Later", "1");

        assertThat(earlier, is(Headers.of("x-b", "1", "X-C", "2")));
        assertThat(HEADERS.size(), is(5));
    }

    @Test
    void list_that_is_changed_later_changes_nothing() {
        List<Field> fields = new ArrayList<>(List.of(new Field("A", "1")));
        Headers headers = Headers.of(fields);

        fields.clear();

        assertThat(headers, is(Headers.of("A", "1")));
    }

    @Test
    void iterator_cannot_change_them() {
        var iterator = HEADERS.iterator();
        iterator.next();

        assertThrows(UnsupportedOperationException.class, iterator::remove);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "a b", "a:", "a\r", "a\nb", "a\0", "\u00e9", "a\u0100", "(a)", "a\t", "\u212a"})
    void name_that_is_no_token_is_refused(String name) {
        assertThrows(IllegalArgumentException.class, () -> new Field(name, "v"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"a\rb", "a\nb", "a\0", "\u0100", "\u20ac", "\ud83d\ude00", "a\r\nSet-Cookie: x"})
    void value_that_could_end_the_line_or_is_no_bytes_is_refused(String value) {
        assertThrows(IllegalArgumentException.class, () -> new Field("A", value));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "a\tb", "\u0001\u007f\u0080\u00ff", "\"\\"})
    void any_other_byte_may_be_in_a_value(String value) {
        assertThat(new Field("A", value).value(), is(value));
    }

    @Test
    void refusal_names_field_and_place_and_hides_the_value() {
        IllegalArgumentException refusal =
                assertThrows(IllegalArgumentException.class, () -> new Field("Authorization", "secret\n"));

        assertThat(
                refusal.getMessage(),
                is("header Authorization: U+000A at 6 (expected: no CR, LF, NUL, and nothing above U+00FF)"));
    }

    @Test
    void too_many_are_refused() {
        Field field = new Field("A", "1");

        assertThat(Headers.of(Collections.nCopies(Headers.MAX_FIELDS, field)).size(), is(Headers.MAX_FIELDS));
        assertThrows(
                IllegalArgumentException.class, () -> Headers.of(Collections.nCopies(Headers.MAX_FIELDS + 1, field)));
    }

    @Test
    void too_large_ones_are_refused() {
        String value = "v".repeat(Headers.MAX_SIZE - 1);

        assertThat(Headers.of("A", value).size(), is(1));
        assertThrows(IllegalArgumentException.class, () -> Headers.of("A", value, "B", ""));
    }

    @Test
    void name_without_value_is_refused() {
        assertThrows(IllegalArgumentException.class, () -> Headers.of("A", "1", "B"));
    }
}
