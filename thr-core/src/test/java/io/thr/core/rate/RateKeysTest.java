package io.thr.core.rate;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.everyItem;
import static org.hamcrest.Matchers.greaterThanOrEqualTo;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.lessThanOrEqualTo;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.startsWith;

import io.thr.core.Choices;
import io.thr.core.Tries;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class RateKeysTest {

    private static final int TUPLES_A_TRY = 1000;
    private static final int TUPLES = Integer.getInteger("thr.tuples", 100_000);
    /** Many are made more than once. */
    private static final int TRIES = 3 * TUPLES / TUPLES_A_TRY;

    /** What a naive key is joined by, what shapes a hash tag, letters that look alike, halves of surrogate pairs. */
    private static final String ADVERSARIAL = ":,|{}%/-~ \0\n1a\u00e9e\u0301\ud800\udc00?";

    /** Nothing of it can come near the braces of a hash tag. */
    private static final Pattern KEY = Pattern.compile("[A-Za-z0-9_-]{" + RateKeys.LENGTH + "}");

    private static final List<RatePolicy> POLICIES = List.of(
            policy("a", RateAlgorithm.FIXED_WINDOW),
            policy("a", RateAlgorithm.TOKEN_BUCKET),
            policy("a", RateAlgorithm.SLIDING_WINDOW),
            policy("aa", RateAlgorithm.FIXED_WINDOW),
            policy("a-1", RateAlgorithm.FIXED_WINDOW));

    /** Whose key it is. */
    private record Owner(RatePolicy policy, List<? extends @Nullable String> parts) {}

    private static RatePolicy policy(String name, RateAlgorithm algorithm) {
        return RatePolicy.named(name, algorithm, 1, Duration.ofSeconds(1)).build();
    }

    /** Parts that are cut out of a short text anywhere, so that many tuples differ in the cuts alone. */
    private static List<@Nullable String> parts(Choices choices, Map<String, String> pool) {
        String text = choices.oneIn(50) ? choices.anyText(0, 8, 300) : choices.text(ADVERSARIAL, 0, 7, 40);
        List<@Nullable String> parts = new ArrayList<>();
        int from = 0;
        while (!choices.oneIn(3) && parts.size() < 4) {
            int to = choices.between(from, text.length());
            parts.add(choices.nullOneIn(8, () -> ""));
            if (parts.get(parts.size() - 1) != null) {
                parts.set(parts.size() - 1, text.substring(from, to));
                from = to;
            }
        }
        parts.add(text.substring(from));
        // the same few texts again and again: a million of them have their place
        parts.replaceAll(part -> part == null ? null : pool.computeIfAbsent(part, own -> own));
        return Arrays.asList(parts.toArray(String[]::new));
    }

    @Test
    void no_two_tuples_have_the_same_key() {
        RateKeys keys = new RateKeys("secret");
        Map<String, String> pool = new HashMap<>();
        Map<String, Owner> owners = new HashMap<>();
        Tries.check(
                TRIES,
                choices -> {
                    List<Owner> made = new ArrayList<>();
                    for (int i = 0; i < TUPLES_A_TRY; i++) {
                        made.add(new Owner(choices.of(POLICIES), parts(choices, pool)));
                    }
                    return made;
                },
                made -> {
                    for (Owner owner : made) {
                        String key = keys.key(owner.policy(), owner.parts());
                        Owner before = owners.putIfAbsent(key, owner);
                        if (before == null) {
                            assertThat(key, KEY.matcher(key).matches(), is(true));
                        } else {
                            assertThat(key, owner, is(before));
                        }
                    }
                });
        assertThat(owners.size(), is(greaterThanOrEqualTo(TUPLES)));
    }

    @Test
    void no_two_tuples_have_the_same_text() {
        Map<String, String> pool = new HashMap<>();
        Map<String, List<? extends @Nullable String>> owners = new HashMap<>();
        Tries.check(
                TRIES,
                choices -> {
                    List<List<@Nullable String>> made = new ArrayList<>();
                    for (int i = 0; i < TUPLES_A_TRY; i++) {
                        made.add(parts(choices, pool));
                    }
                    return made;
                },
                made -> {
                    for (List<@Nullable String> parts : made) {
                        String text = RateKeys.text(parts);
                        List<? extends @Nullable String> before = owners.putIfAbsent(text, parts);
                        if (before != null) {
                            assertThat(text, parts, is(before));
                        }
                        assertThat(text, text.length(), is(lessThanOrEqualTo(128)));
                        assertThat(text.chars().filter(c -> c <= ' ' || c > '~').count(), is(0L));
                    }
                });
    }

    @Test
    void missing_part_is_not_an_empty_one() {
        RateKeys keys = new RateKeys("secret");
        RatePolicy policy = POLICIES.get(0);
        List<List<@Nullable String>> tuples = List.of(
                List.of(),
                List.of(""),
                Arrays.asList((String) null),
                List.of("", ""),
                Arrays.asList("", null),
                Arrays.asList(null, ""),
                List.of("null"),
                List.of("%-"));

        assertThat(
                tuples.stream().map(parts -> keys.key(policy, parts)).distinct().count(), is((long) tuples.size()));
        // without parts there is no text: a quota is that of the policy
        assertThat(tuples.stream().skip(1).map(RateKeys::text).distinct().count(), is(tuples.size() - 1L));
    }

    @Test
    void halves_of_surrogate_pairs_are_told_apart() {
        RateKeys keys = new RateKeys("secret");
        List<String> halves = List.of("\ud800", "\ud801", "\udc00", "?", "\ufffd", "\ud800\udc00");

        assertThat(
                halves.stream()
                        .map(half -> keys.key(POLICIES.get(0), List.of(half)))
                        .distinct()
                        .count(),
                is(6L));
        assertThat(
                halves.stream()
                        .map(half -> RateKeys.text(List.of(half)))
                        .distinct()
                        .count(),
                is(6L));
    }

    @Test
    void another_secret_gives_other_keys() {
        List<String> secrets = List.of("", "a", "aa", "secret", "secret ");

        assertThat(
                secrets.stream()
                        .map(secret -> new RateKeys(secret).key(POLICIES.get(0), List.of("127.0.0.1")))
                        .distinct()
                        .count(),
                is(5L));
        // a secret does not run into the policy's letter and name
        assertThat(
                new RateKeys("s").key(POLICIES.get(0), List.of("a")),
                is(not(new RateKeys("sf").key(POLICIES.get(0), List.of("a")))));
    }

    /** Nodes of different versions share the keys of a bus. */
    @Test
    void keys_stay_as_they_are() {
        assertThat(
                new RateKeys("secret")
                        .key(policy("ping", RateAlgorithm.TOKEN_BUCKET), Arrays.asList("127.0.0.1", null, "")),
                is("N8Xd1oJbfEmgs8pmZ_kh3Q"));
    }

    @Test
    void quota_and_window_are_no_part_of_the_key() {
        RateKeys keys = new RateKeys("secret");
        RatePolicy policy = POLICIES.get(0);

        assertThat(
                keys.key(policy.withQuota(7), List.of("a")),
                is(keys.key(
                        RatePolicy.named("a", RateAlgorithm.FIXED_WINDOW, 5, Duration.ofHours(1))
                                .build(),
                        List.of("a"))));
    }

    @Test
    void text_is_as_people_write_it() {
        assertThat(RateKeys.text(List.of("gold")), is("gold"));
        assertThat(RateKeys.text(List.of("10.0.0.1", "GET")), is("10.0.0.1,GET"));
        assertThat(RateKeys.text(Arrays.asList("a,b", null, "", "50%")), is("a%002Cb,%-,,50%0025"));
        assertThat(RateKeys.text(List.of("caf\u00e9 au lait")), is("caf%00E9%0020au%0020lait"));
        assertThat(
                List.of(RateKeys.text(List.of("x".repeat(129))), RateKeys.text(List.of("~x"))),
                everyItem(startsWith("~")));
        assertThat(RateKeys.text(List.of("x".repeat(128))), is("x".repeat(128)));
    }
}
