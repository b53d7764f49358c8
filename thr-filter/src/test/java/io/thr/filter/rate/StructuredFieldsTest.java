package io.thr.filter.rate;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.is;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.thr.core.Tries;
import io.thr.filter.rate.StructuredFieldList.Item;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What we write of structured fields, read back by a strict reader, which is tested here as well. */
class StructuredFieldsTest {

    private static final String PRINTABLE = printable();

    @Test
    void quote_and_backslash_are_escaped() {
        assertThat(StructuredFields.string("a\"b\\c"), is("\"a\\\"b\\\\c\""));
        assertThat(StructuredFields.string(""), is("\"\""));
    }

    @Test
    void what_is_not_printable_ascii_is_refused_with_its_place() {
        IllegalArgumentException refusal =
                assertThrows(IllegalArgumentException.class, () -> StructuredFields.string("caf\u00e9"));

        assertThat(refusal.getMessage(), is("structured field: U+00E9 at 3 (expected: printable ASCII)"));
    }

    @Test
    void printable_text_reads_back_the_same() {
        Tries.check(
                100_000,
                choices -> choices.text(PRINTABLE, 0, 20, 500),
                text -> assertThat(
                        StructuredFieldList.parse(StructuredFields.string(text)),
                        equalTo(List.of(new Item(text, Map.of())))));
    }

    @Test
    void any_text_reads_back_the_same_or_is_refused() {
        Tries.check(
                100_000,
                choices -> choices.oneIn(2)
                        ? choices.anyText(0, 4, 50)
                        : choices.text(PRINTABLE, 0, 9, 50) + choices.anyText(0, 1, 1),
                text -> {
                    if (text.chars().allMatch(c -> c >= 0x20 && c <= 0x7e)) {
                        assertThat(
                                StructuredFieldList.parse(StructuredFields.string(text)),
                                equalTo(List.of(new Item(text, Map.of()))));
                    } else {
                        assertThrows(IllegalArgumentException.class, () -> StructuredFields.string(text));
                    }
                });
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "a",
                "\"a",
                "a\"",
                "\"a\"\"b\"",
                "\"a\",",
                ",\"a\"",
                "\"a\",,\"b\"",
                "\"a\";",
                "\"a\";q",
                "\"a\";q=",
                "\"a\";Q=1",
                "\"a\";1q=1",
                "\"a\" ;q=1",
                "\"a\";\tq=1",
                "\"a\";q =1",
                "\"a\";q= 1",
                "\"a\";q=+1",
                "\"a\";q=1.0",
                "\"a\";q=1e3",
                "\"a\";q=-",
                "\"a\";q=1234567890123456",
                "\"a\";q=1;q=2",
                "\"a\" \"b\"",
                "\"a\\b\"",
                "\"a\\\"",
                "\"\u00e9\"",
                "\"a\tb\"",
                "\t\"a\"",
                "(\"a\")",
                "\"a\";q=?1",
                "\"a\";q=x"
            })
    void reader_refuses_what_is_malformed_or_not_ours(String field) {
        assertThrows(IllegalArgumentException.class, () -> StructuredFieldList.parse(field));
    }

    @Test
    void reader_reads_the_examples_of_the_draft() {
        assertThat(
                StructuredFieldList.parse("\"permin\";q=50;w=60,\"perhr\";q=1000;w=3600"),
                equalTo(List.of(
                        new Item("permin", Map.of("q", 50L, "w", 60L)),
                        new Item("perhr", Map.of("q", 1000L, "w", 3600L)))));
        assertThat(
                StructuredFieldList.parse("  \"default\"; r=50;t=30 \t, \t\"b\";r=-999999999999999  "),
                equalTo(List.of(
                        new Item("default", Map.of("r", 50L, "t", 30L)),
                        new Item("b", Map.of("r", -999_999_999_999_999L)))));
        assertThat(StructuredFieldList.parse(""), equalTo(List.of()));
    }

    private static String printable() {
        StringBuilder all = new StringBuilder("\\");
        for (char c = ' '; c <= '~'; c++) {
            all.append(c);
        }
        return all.append('"').toString();
    }
}
