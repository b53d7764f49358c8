package io.thr.core.match;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.instanceOf;
import static org.hamcrest.Matchers.is;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.thr.core.Choices;
import io.thr.core.Tries;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

class GlobTest {

    @TestFactory
    List<DynamicTest> agrees_with_fnmatch() throws IOException {
        List<List<String>> lines = lines("/glob-cases.txt");
        List<String> texts = lines.get(0);
        return lines.subList(1, lines.size()).stream()
                .map(line -> DynamicTest.dynamicTest(
                        "glob " + line.get(0),
                        () -> assertThat(
                                texts.stream()
                                        .filter(TextPattern.glob(line.get(0))::matches)
                                        .toList(),
                                equalTo(line.subList(1, line.size())))))
                .toList();
    }

    @Test
    void agrees_with_a_regular_expression() {
        Tries.check(1_000, Case::of, made -> {
            String regexp = made.glob.replace(".", "\\.").replace("*", ".*").replace("?", ".");
            assertThat(
                    TextPattern.glob(made.glob).matches(made.text),
                    is(Pattern.compile(regexp, Pattern.DOTALL)
                            .matcher(made.text)
                            .matches()));
        });
    }

    @Test
    void what_matches_begins_with_the_literal_prefix() {
        Tries.check(1_000, Case::of, made -> {
            TextPattern pattern = TextPattern.glob(made.glob);
            assertThat(!pattern.matches(made.text) || made.text.startsWith(pattern.literalPrefix()), is(true));
        });
    }

    /** A glob, and a text that it matches or not. */
    private record Case(String glob, String text) {

        static Case of(Choices choices) {
            return new Case(choices.text("ab./*?", 0, 12, 12), choices.text("ab./\n", 0, 16, 16));
        }
    }

    @Test
    void many_stars_do_not_explode() {
        TextPattern pattern = TextPattern.glob("*a".repeat(50) + "*b");
        String text = "a".repeat(20_000);
        Assertions.assertTimeoutPreemptively(
                Duration.ofSeconds(20), () -> assertThat(pattern.matches(text), is(false)));
    }

    @Test
    void a_glob_without_anything_special_is_an_exact_text() {
        assertThat(TextPattern.glob("/a.b"), is(TextPattern.exact("/a.b")));
        assertThat(TextPattern.glob("/a[*"), instanceOf(Glob.class));
    }

    @Test
    void the_literal_prefix_ends_at_the_first_wildcard() {
        assertThat(TextPattern.glob("/api/*/x").literalPrefix(), is("/api/"));
        assertThat(TextPattern.glob("/a?").literalPrefix(), is("/a"));
        assertThat(TextPattern.glob("/a[bc]").literalPrefix(), is("/a"));
        assertThat(TextPattern.glob("*").literalPrefix(), is(""));
    }

    private static List<List<String>> lines(String resource) throws IOException {
        List<List<String>> lines = new ArrayList<>();
        try (BufferedReader in = new BufferedReader(new InputStreamReader(
                Objects.requireNonNull(GlobTest.class.getResourceAsStream(resource)), StandardCharsets.UTF_8))) {
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                if (!line.startsWith("#")) {
                    lines.add(strings(line));
                }
            }
        }
        return lines;
    }

    private static List<String> strings(String json) throws IOException {
        List<String> strings = new ArrayList<>();
        try (JsonParser parser = new JsonFactory().createParser(json)) {
            for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
                if (token == JsonToken.VALUE_STRING) {
                    strings.add(parser.getText());
                }
            }
        }
        return strings;
    }
}
