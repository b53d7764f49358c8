package io.thr.core.match;

import static io.thr.core.match.TextPattern.any;
import static io.thr.core.match.TextPattern.anyOf;
import static io.thr.core.match.TextPattern.diff;
import static io.thr.core.match.TextPattern.exact;
import static io.thr.core.match.TextPattern.glob;
import static io.thr.core.match.TextPattern.regexp;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.startsWith;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import org.junit.jupiter.api.Test;

class TextPatternTest {

    @Test
    void an_exact_text_matches_itself_only() {
        assertThat(exact("a").matches("a"), is(true));
        assertThat(exact("a").matches("A"), is(false));
        assertThat(exact("a").matches("ab"), is(false));
        assertThat(exact("a*").literalPrefix(), is("a*"));
    }

    @Test
    void a_list_matches_where_one_of_its_members_does() {
        TextPattern list = anyOf(List.of(exact("a"), glob("b*"), anyOf(List.of(exact("c"), regexp("d+")))));
        assertThat(list.matches("a"), is(true));
        assertThat(list.matches("bx"), is(true));
        assertThat(list.matches("c"), is(true));
        assertThat(list.matches("dd"), is(true));
        assertThat(list.matches("e"), is(false));
        assertThat(list.alternatives(), equalTo(List.of(exact("a"), exact("c"), glob("b*"), regexp("d+"))));
        assertThat(list, is(anyOf(List.of(exact("a"), exact("c"), glob("b*"), regexp("d+")))));
    }

    @Test
    void a_list_of_one_is_its_member() {
        assertThat(exact(new String[] {"a"}), is(exact("a")));
    }

    @Test
    void a_regular_expression_is_anchored_at_its_beginning_only() {
        assertThat(regexp("a.").matches("abc"), is(true));
        assertThat(regexp("a.").matches("xab"), is(false));
        assertThat(regexp("a.$").matches("abc"), is(false));
        assertThat(regexp("x", "b").matches("bc"), is(true));
        assertThat(regexp("a").literalPrefix(), is(""));
    }

    @Test
    void diff_matches_what_equals_none() {
        assertThat(diff("a", "b").matches("c"), is(true));
        assertThat(diff("a", "b").matches("b"), is(false));
        assertThat(diff("a").literalPrefix(), is(""));
    }

    @Test
    void any_matches_everything() {
        assertThat(any().matches(""), is(true));
        assertThat(any().matches("a"), is(true));
    }

    @Test
    void its_text_shows_what_was_written() {
        assertThat(
                anyOf(List.of(exact("a"), glob("b*"), diff("c", "d"), any())),
                hasText("[a, glob(b*), diff(c, d), any()]"));
        assertThat(regexp("a+"), hasText("regexp(a+)"));
    }

    @Test
    void an_unreadable_regular_expression_is_refused_with_its_place() {
        IllegalArgumentException refusal = assertThrows(IllegalArgumentException.class, () -> regexp("a("));
        assertThat(refusal.getMessage(), startsWith("regexp: a( (expected: a regular expression; Unclosed group at "));
    }

    @Test
    void an_empty_list_is_refused() {
        assertThat(
                assertThrows(IllegalArgumentException.class, () -> glob()).getMessage(),
                is("globs: none (expected: at least one)"));
        assertThat(
                assertThrows(IllegalArgumentException.class, () -> anyOf(List.of()))
                        .getMessage(),
                is("patterns: none (expected: at least one)"));
    }

    private static org.hamcrest.Matcher<Object> hasText(String text) {
        return org.hamcrest.Matchers.hasToString(text);
    }
}
