package io.thr.core.limit;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.matchesPattern;

import io.thr.core.Tries;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BoundedTextTest {

    @ParameterizedTest
    @ValueSource(strings = {"", "a", "a b", "=a=", "a~", "\u00e9", "\ud83d\ude00", "{x}", "\u007f"})
    void plain_text_stands_for_itself(String text) {
        assertThat(BoundedText.of(text), is(text));
        assertThat(BoundedText.of("x".repeat(128)), is("x".repeat(128)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"~", "~a", "a==b", "==", "a\u001fb", "\u0000", "a\tb", "\ud83d", "\ude00a", "a\ud83da"})
    void what_could_be_taken_for_something_else_is_hashed(String text) {
        assertThat(BoundedText.of(text), matchesPattern("~[0-9a-f]{32}"));
    }

    @Test
    void long_text_is_hashed() {
        assertThat(BoundedText.of("x".repeat(129)), matchesPattern("~[0-9a-f]{32}"));
    }

    @Test
    void nobody_can_write_the_hash_of_another() {
        String hash = BoundedText.of("a==b");
        assertThat(BoundedText.of(hash).equals(hash), is(false));
    }

    @Test
    void hash_is_the_same_in_every_dispatcher() {
        // printf '\0~' | sha256sum
        assertThat(BoundedText.of("~"), is("~0d1abbe3b9da7a48d463edb0a844f3a1"));
    }

    @Test
    void different_texts_stay_different() {
        Map<String, String> seen = new HashMap<>();
        Tries.check(
                20_000,
                choices -> choices.text("a=~\u0001\ud83d\ude00", 0, 6, 140),
                text -> assertThat(seen.computeIfAbsent(BoundedText.of(text), unused -> text), is(text)));
    }
}
