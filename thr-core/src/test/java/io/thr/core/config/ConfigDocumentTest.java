package io.thr.core.config;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.startsWith;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import io.thr.core.Logged;
import io.thr.core.match.TextPattern;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConfigDocumentTest {

    private enum Colour {
        RED,
        DARK_BLUE
    }

    // ---- values

    @Test
    void every_kind_of_value_is_read() {
        ConfigDocument document = parse("""
                text: a b
                number: 12
                quoted: "12"
                half: 0.5
                yes: true
                time: 50ms
                size: 64KiB
                colour: dark_blue
                one: x
                many: [x, y]
                map: { k: v, l: w }
                word: "null"
                nobody: []
                """);
        ConfigMap root = document.root();
        assertThat(root.text("text"), is(Optional.of("a b")));
        assertThat(root.integer("number", 0, 12), is(Optional.of(12)));
        assertThat(root.text("number"), is(Optional.of("12")));
        assertThat(root.integer("quoted", 0, 12), is(Optional.of(12)));
        assertThat(root.get("number").flatMap(number -> number.number(0, 12)), is(Optional.of(12.0)));
        assertThat(root.get("half").flatMap(number -> number.number(0.01, 1)), is(Optional.of(0.5)));
        assertThat(root.bool("yes"), is(Optional.of(true)));
        assertThat(root.duration("time", Duration.ZERO), is(Optional.of(Duration.ofMillis(50))));
        assertThat(root.bytes("size", 0), is(Optional.of(65536L)));
        assertThat(root.choice("colour", Colour.class), is(Optional.of(Colour.DARK_BLUE)));
        assertThat(texts(root.list("one")), contains("x"));
        assertThat(texts(root.list("many")), contains("x", "y"));
        assertThat(root.list("absent"), is(empty()));
        assertThat(root.list("nobody"), is(empty()));
        assertThat(
                root.map("map").entries().stream()
                        .map(entry -> entry.name() + "=" + entry.value().text().orElse(""))
                        .toList(),
                contains("k=v", "l=w"));
        assertThat(root.map("absent map").isEmpty(), is(true));
        assertThat(root.text("word"), is(Optional.of("null")));
        assertThat(root.text("absent"), is(Optional.empty()));
        document.check();
    }

    @Test
    void json_is_yaml() {
        ConfigDocument document = parse("{\"a\": {\"b\": [1, 2]}, \"c\": \"\\u00e9\"}");
        assertThat(texts(document.root().map("a").list("b")), contains("1", "2"));
        assertThat(document.root().text("c"), is(Optional.of("é")));
        document.check();
    }

    @Test
    void patterns_are_texts_lists_and_mappings() {
        assertThat(pattern("p: a"), is(TextPattern.exact("a")));
        assertThat(pattern("p: [a, b]"), is(TextPattern.exact("a", "b")));
        assertThat(pattern("p: { glob: 'a*' }"), is(TextPattern.glob("a*")));
        assertThat(pattern("p: { glob: ['a*', 'b*'] }"), is(TextPattern.glob("a*", "b*")));
        assertThat(pattern("p: { regexp: 'a+' }"), is(TextPattern.regexp("a+")));
        assertThat(pattern("p: { diff: [a, b] }"), is(TextPattern.diff("a", "b")));
        assertThat(pattern("p: { any: true }"), is(TextPattern.any()));
        assertThat(
                pattern("p: [a, { glob: 'b*' }]"),
                is(TextPattern.anyOf(List.of(TextPattern.exact("a"), TextPattern.glob("b*")))));
    }

    @ParameterizedTest
    @CsvSource({
        "300s, PT5M",
        "50ms, PT0.05S",
        "5m, PT5M",
        "2h, PT2H",
        "1d, PT24H",
        "300, PT5M",
        "0, PT0S",
        "1.5s, PT1.5S",
        "10 s, PT10S"
    })
    void durations_have_units(String text, Duration duration) {
        assertThat(Quantity.duration(text), is(duration));
    }

    @ParameterizedTest
    @CsvSource({
        "10MiB, 10485760",
        "64KiB, 65536",
        "1GiB, 1073741824",
        "5kB, 5000",
        "5MB, 5000000",
        "1GB, 1000000000",
        "7, 7",
        "7B, 7",
        "0.5KiB, 512"
    })
    void sizes_have_units(String text, long bytes) {
        assertThat(Quantity.bytes(text), is(bytes));
    }

    @Test
    void quantities_refuse_what_they_cannot_hold() {
        assertThat(
                assertThrows(IllegalArgumentException.class, () -> Quantity.duration("3 parsecs"))
                        .getMessage(),
                is("3 parsecs (expected: a duration such as 300s, 50ms or 5m)"));
        assertThat(
                assertThrows(IllegalArgumentException.class, () -> Quantity.duration("-1s"))
                        .getMessage(),
                is("-1s (expected: a duration such as 300s, 50ms or 5m)"));
        assertThat(
                assertThrows(IllegalArgumentException.class, () -> Quantity.duration("999999999999d"))
                        .getMessage(),
                is("999999999999d (expected: a duration such as 300s, 50ms or 5m, not as fine or as large)"));
        assertThat(
                assertThrows(IllegalArgumentException.class, () -> Quantity.bytes("0.5"))
                        .getMessage(),
                is("0.5 (expected: a size such as 10MiB, 64KiB or 4096, not as fine or as large)"));
    }

    // ---- wrong values

    @Test
    void warning_is_logged_with_its_place_and_stops_nobody() {
        ConfigDocument document = parse("a: 1\nold: 20\n");
        document.root().text("a");
        document.root().get("old").ifPresent(value -> value.warning("has no meaning"));
        assertThat(
                Logged.by(ConfigDocument.class, document::check), contains("WARNING f.yaml:2:6: old: has no meaning"));
    }

    @Test
    void every_wrong_value_is_reported_with_its_place() {
        assertProblems(
                """
                text:
                number: twelve
                large: 100
                yes: yes
                time: 3 parsecs
                short: 1ms
                size: 10 bananas
                small: 1B
                colour: blue
                map: [1]
                list: []
                parsed: x
                weight: 1e3
                """,
                root -> {
                    root.text("text");
                    root.integer("number", 0, 99);
                    root.integer("large", 0, 99);
                    root.bool("yes");
                    root.duration("time", Duration.ZERO);
                    root.duration("short", Duration.ofSeconds(1));
                    root.bytes("size", 0);
                    root.bytes("small", 2);
                    root.choice("colour", Colour.class);
                    root.map("map");
                    root.get("list").ifPresent(ConfigValue::oneOrMore);
                    root.get("parsed")
                            .ifPresent(value -> value.parsed(text -> {
                                throw new IllegalArgumentException("parsed: " + text + " (expected: better)");
                            }));
                    root.get("weight").ifPresent(value -> value.number(0.01, 100));
                    root.required("needed");
                },
                "f.yaml:1:1: missing key `needed`",
                "f.yaml:1:6: text: nothing (expected: a text)",
                "f.yaml:2:9: number: twelve (expected: a whole number from 0 to 99)",
                "f.yaml:3:8: large: 100 (expected: a whole number from 0 to 99)",
                "f.yaml:4:6: yes: yes (expected: true or false)",
                "f.yaml:5:7: time: 3 parsecs (expected: a duration such as 300s, 50ms or 5m)",
                "f.yaml:6:8: short: 1ms (expected: at least 1s)",
                "f.yaml:7:7: size: 10 bananas (expected: a size such as 10MiB, 64KiB or 4096)",
                "f.yaml:8:8: small: 1B (expected: at least 2 bytes)",
                "f.yaml:9:9: colour: blue (expected: red or dark_blue)",
                "f.yaml:10:6: map: a list (expected: a mapping)",
                "f.yaml:11:7: list: an empty list (expected: at least one value)",
                "f.yaml:12:9: parsed: x (expected: better)",
                "f.yaml:13:9: weight: 1e3 (expected: a number from 0.01 to 100)");
    }

    @Test
    void wrong_patterns_are_reported() {
        assertProblems(
                """
                a: { globb: x }
                b: { glob: x, diff: y }
                c: { regexp: "a(" }
                d: { any: false }
                e: { glob: { x: y } }
                f: [a, null]
                """,
                root -> List.of("a", "b", "c", "d", "e", "f")
                        .forEach(key -> root.get(key).ifPresent(ConfigValue::pattern)),
                "f.yaml:1:4: a: a mapping (expected: one of glob, regexp, diff, any)",
                "f.yaml:1:6: unknown key `globb` (expected one of: glob, regexp, diff, any; did you mean `glob`?)",
                "f.yaml:2:4: b: a mapping (expected: one of glob, regexp, diff, any)",
                "f.yaml:3:14: regexp: a( (expected: a regular expression; Unclosed group at 3)",
                "f.yaml:4:11: any: false (expected: true)",
                "f.yaml:5:12: glob: a mapping (expected: a text)",
                "f.yaml:6:8: f: null (expected: a text, a list, or one of glob, regexp, diff, any)");
    }

    @Test
    void an_unknown_key_names_the_nearest_one() {
        assertProblems(
                "mathod: GET\nsetRedisQueue: q\nzzz: 1\npath: /\n",
                root -> root.entries(List.of("method", "path", "set_redis_queue")),
                "f.yaml:1:1: unknown key `mathod` (expected one of: method, path, set_redis_queue; did you mean `method`?)",
                "f.yaml:2:1: unknown key `setRedisQueue` (expected one of: method, path, set_redis_queue;"
                        + " did you mean `set_redis_queue`?)",
                "f.yaml:3:1: unknown key `zzz` (expected one of: method, path, set_redis_queue)");
    }

    @ParameterizedTest
    @CsvSource({
        "pahts, path",
        "apth, path",
        "PATH, path",
        "set-status-code, set_status_code",
        "set_stauts_cod, set_status_code"
    })
    void near_names_are_found(String written, String meant) {
        assertThat(NearestName.of(written, List.of("method", "path", "set_status_code")), is(Optional.of(meant)));
    }

    @Test
    void a_duplicate_key_is_reported_with_the_first_one() {
        assertProblems("a: 1\nb: 2\na: 3\n", root -> root.entries(), "f.yaml:3:1: duplicate key `a` (first at line 1)");
    }

    @Test
    void a_key_must_be_a_text() {
        assertProblems(
                "? [a, b]\n: 1\n", root -> {}, "f.yaml:1:3: a key that is a list or a mapping (expected: a text)");
    }

    @Test
    void a_problem_is_reported_once_however_often_the_value_is_read() {
        assertProblems(
                "a: x\n",
                root -> {
                    root.bool("a");
                    root.bool("a");
                },
                "f.yaml:1:4: a: x (expected: true or false)");
    }

    // ---- the environment

    @Test
    void references_to_the_environment_are_resolved_once() {
        ConfigDocument document = ConfigDocument.parse(
                "f.yaml",
                "a: redis://${USER}:${PASSWORD}@h\nb: $${USER} costs $5\nc: '${TIME}'\n",
                Map.of("USER", "u", "PASSWORD", "${USER}$1", "TIME", "5s"));
        assertThat(document.root().text("a"), is(Optional.of("redis://u:${USER}$1@h")));
        assertThat(document.root().text("b"), is(Optional.of("${USER} costs $5")));
        assertThat(document.root().duration("c", Duration.ZERO), is(Optional.of(Duration.ofSeconds(5))));
        document.check();
    }

    @Test
    void an_unset_variable_is_reported() {
        assertProblems(
                "a: x${NOPE}\nb: ${1x}\nc: ${OPEN\n",
                root -> List.of("a", "b", "c").forEach(root::text),
                "f.yaml:1:4: a: environment variable NOPE is not set",
                "f.yaml:2:4: b: ${1x} (expected: ${NAME}, or $${ for the two characters themselves)",
                "f.yaml:3:4: c: ${OPEN (expected: ${NAME}, or $${ for the two characters themselves)");
    }

    @Test
    void a_problem_does_not_show_what_a_variable_holds() {
        ConfigDocument document = ConfigDocument.parse("f.yaml", "a: ${SECRET}\n", Map.of("SECRET", "hush"));
        document.root().integer("a", 0, 1);
        assertThat(
                assertThrows(ConfigException.class, document::check).getMessage(),
                is("f.yaml:1:4: a: ${SECRET} (expected: a whole number from 0 to 1)"));
    }

    // ---- what is no configuration

    @Test
    void a_syntax_error_has_its_place() {
        assertThat(refusal("a: [1, 2\nb: 3\n"), startsWith("f.yaml:2:2: not YAML: "));
        assertThat(refusal("a: 1\n\tb: 2\n"), startsWith("f.yaml:2:1: not YAML: "));
        assertThat(refusal("a: *b\n"), startsWith("f.yaml:1:4: not YAML: "));
        assertThat(refusal("a: 1\n---\nb: 2\n"), startsWith("f.yaml:2:1: not YAML: "));
        assertThat(refusal("a: \u0001\n"), containsString("not YAML: "));
    }

    @Test
    void a_file_must_be_a_mapping() {
        assertThat(refusal(""), is("f.yaml: empty (expected: a mapping of settings)"));
        assertThat(refusal("# nothing\n"), is("f.yaml: empty (expected: a mapping of settings)"));
        assertThat(refusal("---\n"), is("f.yaml: empty (expected: a mapping of settings)"));
        assertThat(refusal("- a\n"), is("f.yaml:1:1: the file: a list (expected: a mapping)"));
        assertThat(refusal("a\n"), is("f.yaml:1:1: the file: a (expected: a mapping)"));
    }

    @Test
    void an_alias_stands_for_its_anchor() {
        ConfigDocument document = parse("a: &x { k: v }\nb: *x\n");
        assertThat(document.root().map("b").text("k"), is(Optional.of("v")));
        assertThat(document.root().map("a").text("k"), is(Optional.of("v")));
        document.check();
    }

    @Test
    void a_tree_of_aliases_does_not_explode() {
        StringBuilder bomb = new StringBuilder("a0: &a0 [x, x]\n");
        for (int i = 1; i < 24; i++) {
            bomb.append("a%d: &a%d [*a%d, *a%d]\n".formatted(i, i, i - 1, i - 1));
        }
        assertTimeoutPreemptively(
                Duration.ofSeconds(20),
                () -> assertThat(
                        refusal(bomb.toString()),
                        is("f.yaml:1:1: too large with its aliases followed (expected: at most 1000000 values)")));
    }

    @Test
    void a_value_within_itself_is_refused() {
        assertThat(refusal("a: &a [*a]\n"), is("f.yaml:1:4: contains itself, by an alias"));
    }

    @Test
    void deep_nesting_is_refused_and_does_not_overflow() {
        assertThat(
                refusal("a: " + "[".repeat(100_000)),
                is("f.yaml:1:53: nested too deeply (expected: at most 50 levels)"));
    }

    @Test
    void a_missing_file_is_reported(@TempDir Path directory) {
        Path file = directory.resolve("none.yaml");
        assertThat(refusal(file), is(file + ": no such file"));
    }

    @Test
    void a_directory_is_reported(@TempDir Path directory) {
        assertThat(refusal(directory), is(directory + ": a directory (expected: a file)"));
    }

    @Test
    void a_large_file_is_refused(@TempDir Path directory) throws IOException {
        Path file = directory.resolve("large.yaml");
        Files.write(file, new byte[ConfigDocument.MAX_BYTES + 1]);
        assertThat(refusal(file), is(file + ": more than 4194304 bytes (expected: at most that)"));
    }

    @Test
    void bytes_that_are_not_utf8_are_reported_with_their_place(@TempDir Path directory) throws IOException {
        Path file = directory.resolve("latin.yaml");
        Files.write(file, "a: b\nc: é\n".getBytes(StandardCharsets.ISO_8859_1));
        assertThat(refusal(file), is(file + ":2:4: byte 0xe9 is not UTF-8"));
        Files.write(file, new byte[] {'a', ':', ' ', (byte) 0xc3});
        assertThat(refusal(file), is(file + ":1:4: byte 0xc3 is not UTF-8"));
    }

    @Test
    void a_byte_order_mark_is_dropped(@TempDir Path directory) throws IOException {
        Path file = directory.resolve("bom.yaml");
        Files.writeString(file, "\ufeffa: b\n");
        ConfigDocument document = ConfigDocument.read(file, Map.of());
        assertThat(document.root().text("a"), is(Optional.of("b")));
        document.check();
    }

    private static ConfigDocument parse(String text) {
        return ConfigDocument.parse("f.yaml", text, Map.of());
    }

    private static TextPattern pattern(String text) {
        ConfigDocument document = parse(text);
        Optional<TextPattern> pattern = document.root().get("p").flatMap(ConfigValue::pattern);
        document.check();
        return pattern.orElseThrow();
    }

    private static List<String> texts(List<ConfigValue> values) {
        return values.stream().map(value -> value.text().orElseThrow()).toList();
    }

    private static String refusal(String text) {
        return String.valueOf(
                assertThrows(ConfigException.class, () -> parse(text)).getMessage());
    }

    private static String refusal(Path file) {
        return String.valueOf(assertThrows(ConfigException.class, () -> ConfigDocument.read(file, Map.of()))
                .getMessage());
    }

    private static void assertProblems(String text, Consumer<ConfigMap> reading, String... problems) {
        ConfigDocument document = parse(text);
        reading.accept(document.root());
        ConfigException refusal = assertThrows(ConfigException.class, document::check);
        assertThat(refusal.problems().stream().map(Problem::toString).toList(), equalTo(List.of(problems)));
        assertThat(refusal.getMessage(), is(String.join("\n", problems)));
    }
}
