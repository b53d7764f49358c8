package io.thr.dispatcher.config;

import static io.thr.core.limit.MaxLimit.dynamic;
import static io.thr.core.limit.MaxLimit.exactly;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.sameInstance;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.thr.core.Logged;
import io.thr.core.config.ConfigDocument;
import io.thr.core.config.ConfigException;
import io.thr.core.limit.FairShare;
import io.thr.core.limit.MaxLimit;
import io.thr.core.limit.PriorityOrder;
import io.thr.core.limit.RequestHash;
import io.thr.core.limit.Scheduling;
import io.thr.core.match.TextPattern;
import io.thr.core.schedule.LostSlots;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.hamcrest.Matcher;
import org.junit.jupiter.api.Test;

/** What the file says of limits, fair shares and order. */
class SchedulingConfigTest {

    private static final String QUEUES = "queues: [ { queue: q } ]\n";

    @Test
    void what_is_not_said_has_its_default() {
        DispatcherSettings settings = read("");
        assertThat(settings.scheduling(), is(Scheduling.DEFAULT));
        assertThat(settings.lostSlots(), is(LostSlots.RELEASE));
        assertThat(settings.maxAttempts(), is(3));
        assertThat(settings.maxWaiting(), is(10_000));
    }

    @Test
    void limits_are_read() {
        assertThat(
                limits("""
                        limits:
                          - { name: limit_foo_header, hash: { header: Foo, default: none }, value: bar, max: 2 }
                          - { name: per_tenant,       hash: { header: X-Tenant }, dynamic: true, max: 5, show_in_stats: false }
                          - { name: low_priority,     hash: { header: X-MyApp-Priority }, value: { regexp: "[789]" }, max: 50 }
                          - { name: none,             hash: { query: q }, value: [a, { glob: "b*" }], max: 0 }
                          - { name: not,              hash: { cookie: c }, value: { diff: [x, y] }, dynamic: false, max: 1 }
                        """),
                contains(
                        new MaxLimit(
                                "limit_foo_header",
                                RequestHash.header("Foo").withDefault("none"),
                                exactly("bar"),
                                2,
                                true),
                        new MaxLimit("per_tenant", RequestHash.header("X-Tenant"), dynamic(), 5, false),
                        new MaxLimit(
                                "low_priority",
                                RequestHash.header("X-MyApp-Priority"),
                                exactly(TextPattern.regexp("[789]")),
                                50,
                                true),
                        new MaxLimit(
                                "none",
                                RequestHash.query("q"),
                                exactly(TextPattern.anyOf(List.of(TextPattern.exact("a"), TextPattern.glob("b*")))),
                                0,
                                true),
                        new MaxLimit("not", RequestHash.cookie("c"), exactly(TextPattern.diff("x", "y")), 1, true)));
    }

    @Test
    void every_word_is_a_hash() {
        assertThat(
                limits("""
                        limits:
                          - { name: a, hash: method, dynamic: true, max: 1 }
                          - { name: b, hash: path, dynamic: true, max: 1 }
                          - { name: c, hash: host, dynamic: true, max: 1 }
                          - { name: d, hash: remote_ip, dynamic: true, max: 1 }
                          - { name: e, hash: { remote_ip: true, default: x }, dynamic: true, max: 1 }
                        """).stream().map(MaxLimit::hash).toList(),
                contains(
                        RequestHash.method(),
                        RequestHash.path(),
                        RequestHash.host(),
                        RequestHash.remoteIp(),
                        RequestHash.remoteIp().withDefault("x")));
    }

    @Test
    void fair_shares_are_read() {
        assertThat(fairShare("fair_by: remote_ip"), is(shares(new FairShare.By(RequestHash.remoteIp()))));
        assertThat(
                fairShare("fair_by: { header: X-Tenant }"),
                is(shares(new FairShare.By(RequestHash.header("X-Tenant")))));
        assertThat(
                fairShare("""
                        fair_by:
                          - { header: X-Tenant, default: none, weights: { gold: 3, "*": 0.5 } }
                          - { host: true, weights: { a.example: 2 } }
                          - method
                        """),
                is(shares(
                        new FairShare.By(
                                RequestHash.header("X-Tenant").withDefault("none"), Map.of("gold", 3.0, "*", 0.5)),
                        new FairShare.By(RequestHash.host(), Map.of("a.example", 2.0)),
                        new FairShare.By(RequestHash.method()))));
    }

    @Test
    void order_is_read() {
        assertThat(read("order: head_start").scheduling().order(), is(PriorityOrder.DEFAULT));
        assertThat(read("order: strict").scheduling().order(), is(new PriorityOrder.Strict()));
        assertThat(
                read("priority_offsets: { 1: 0s, 50: 10s, 99: 20s }")
                        .scheduling()
                        .order(),
                is(new PriorityOrder.HeadStart(
                        Map.of(1, Duration.ZERO, 50, Duration.ofSeconds(10), 99, Duration.ofSeconds(20)))));
    }

    @Test
    void bounds_are_read() {
        DispatcherSettings settings = read("""
                lost_slots: hold
                max_attempts: 1
                max_waiting: 1000000
                """);
        assertThat(settings.lostSlots(), is(LostSlots.HOLD));
        assertThat(settings.maxAttempts(), is(1));
        assertThat(settings.maxWaiting(), is(1_000_000));
    }

    @Test
    void originals_settings_without_meaning_are_warned_of() {
        AtomicReference<DispatcherSettings> settings = new AtomicReference<>();
        List<String> logged = Logged.by(
                ConfigDocument.class,
                () -> settings.set(read("blocked_queue_max_size: 20\nmax_local_queue_lifetime_ms: 1000\n")));
        assertThat(
                logged,
                contains(
                        "WARNING d.yaml:1:25: blocked_queue_max_size:"
                                + " has no meaning here: blocked requests wait in Redis",
                        "WARNING d.yaml:2:30: max_local_queue_lifetime_ms:"
                                + " has no meaning here: blocked requests wait in Redis"));
        assertThat(settings.get(), is(read("")));
        assertThat(Logged.by(ConfigDocument.class, () -> read("order: strict")), is(empty()));
    }

    @Test
    void every_mistake_in_a_limit_is_told_with_its_place() {
        assertProblems(
                """
                limits:
                  - { name: a==b, hash: method, dynamic: true, max: 1 }
                  - { name: a, hash: methd, dynamic: true, max: 1 }
                  - { name: b, hash: { heder: X }, dynamic: true, max: 1 }
                  - { name: c, hash: { header: X, cookie: Y }, dynamic: true, max: 1 }
                  - { name: d, hash: { header: "a b" }, dynamic: true, max: 1 }
                  - { name: e, hash: path, value: x, dynamic: true, max: 1 }
                  - { name: f, hash: path, max: 1 }
                  - { name: g, hash: path, value: { regexp: "(" }, max: 1 }
                  - { name: h, hash: path, value: x, max: -1 }
                  - { name: h, hash: path, value: x, max: 1 }
                  - { name: i, hash: [path], value: x, max: 1 }
                  - { name: j, hash: { host: false }, value: x, mx: 1 }
                  - text
                """,
                containsString("d.yaml:2:13: name: 'a==b' (expected: 1 to 128 characters, without =="),
                is("d.yaml:3:22: hash: methd (expected: method or path or host or remote_ip; did you mean `method`?)"),
                is(
                        "d.yaml:4:22: hash: a mapping (expected: one of method, path, host, remote_ip, header, query, cookie)"),
                containsString("d.yaml:4:24: unknown key `heder`"),
                is(
                        "d.yaml:5:22: hash: a mapping (expected: one of method, path, host, remote_ip, header, query, cookie)"),
                containsString("d.yaml:6:32: header name: U+0020 at 1 (expected: a token)"),
                is("d.yaml:7:5: limits: both value and dynamic (expected: one of `value: …` and `dynamic: true`)"),
                is("d.yaml:8:5: limits: neither value nor dynamic (expected: one of `value: …` and `dynamic: true`)"),
                containsString("d.yaml:9:45: regexp: ("),
                is("d.yaml:10:43: max: -1 (expected: a whole number from 0 to 1000000)"),
                is("d.yaml:11:13: name: h (expected: a name of its own; line 10 has it too)"),
                is(
                        "d.yaml:12:22: hash: a list (expected: one of method, path, host, remote_ip, header, query, cookie)"),
                is("d.yaml:13:5: missing key `max`"),
                is("d.yaml:13:30: host: false (expected: true)"),
                containsString("d.yaml:13:49: unknown key `mx`"),
                is("d.yaml:14:5: limits: text (expected: a mapping with name, hash, max, and value or dynamic)"));
    }

    @Test
    void every_mistake_in_fairness_and_order_is_told_with_its_place() {
        assertProblems(
                """
                fair_by: { header: X, weights: { gold: 0, silver: x, "*": 101 }, defualt: y }
                order: strickt
                priority_offsets: { 0: 1s, 5: soon, 50: 3s, 99: 2s }
                lost_slots: keep
                max_attempts: 101
                max_waiting: 0
                """,
                is("d.yaml:1:40: gold: 0 (expected: a number from 0.01 to 100)"),
                is("d.yaml:1:51: silver: x (expected: a number from 0.01 to 100)"),
                is("d.yaml:1:59: *: 101 (expected: a number from 0.01 to 100)"),
                containsString("d.yaml:1:66: unknown key `defualt`"),
                is("d.yaml:2:8: order: strickt (expected: head_start or strict; did you mean `strict`?)"),
                is("d.yaml:3:21: 0: 0 (expected: a whole number from 1 to 99)"),
                is("d.yaml:3:31: 5: soon (expected: a duration such as 300s, 50ms or 5m)"),
                is("d.yaml:4:13: lost_slots: keep (expected: release or hold)"),
                is("d.yaml:5:15: max_attempts: 101 (expected: a whole number from 1 to 100)"),
                is("d.yaml:6:14: max_waiting: 0 (expected: a whole number from 1 to 1000000)"));
        assertProblems(
                "priority_offsets: { 1: 2s, 50: 1s }\n",
                is("d.yaml:1:19: priority_offsets: 50: 1000 ms after 2000 ms"
                        + " (expected: not less than that of a more urgent one)"));
        assertProblems(
                "priority_offsets: { 1: 2s, 01: 2s }\n", is("d.yaml:1:28: priority_offsets: 1 twice (expected: once)"));
        assertProblems(
                "order: strict\npriority_offsets: { 1: 2s }\n",
                is("d.yaml:2:19: priority_offsets: a mapping (expected: none with `order: strict`)"));
        assertProblems("fair_by: []\n", is("d.yaml:1:10: fair_by: an empty list (expected: at least one value)"));
        assertProblems(
                "fair_by: [path, path, path, path, path]\n", is("d.yaml:1:10: fair_by: 5 levels (expected: <= 4)"));
    }

    @Test
    void names_of_counters_and_queues_do_not_mix() {
        assertProblems(
                "queues: [ { queue: \"a\\x1eb\" } ]\n",
                containsString("d.yaml:1:11: queue: a control character (expected: names without)"));
    }

    @Test
    void same_is_said_in_java() {
        DispatcherSettings settings = DispatcherSettings.builder()
                .queue(QueueSettings.of("q", "localhost", 8082))
                .limit("foo", RequestHash.header("Foo"), dynamic(), 2)
                .fairBy(RequestHash.header("X-Tenant"), RequestHash.remoteIp())
                .order(new PriorityOrder.Strict())
                .lostSlots(LostSlots.HOLD)
                .maxAttempts(2)
                .maxWaiting(5)
                .build();
        assertThat(settings, is(read("""
                limits: [ { name: foo, hash: { header: Foo }, dynamic: true, max: 2 } ]
                fair_by: [ { header: X-Tenant }, remote_ip ]
                order: strict
                lost_slots: hold
                max_attempts: 2
                max_waiting: 5
                """)));
        assertThat(settings.edit().build(), is(settings));
        assertThat(settings.edit().noLimits().build().scheduling().limits().inOrder(), is(empty()));
        RequestHash function = request -> request.extra().fairKey();
        assertThat(
                settings.edit()
                        .limit("own", function, exactly("x"), 1)
                        .build()
                        .scheduling()
                        .limits()
                        .inOrder()
                        .get(1)
                        .hash(),
                is(sameInstance(function)));
    }

    @Test
    void bounds_hold_in_java_too() {
        DispatcherSettings.Builder builder =
                DispatcherSettings.builder().queue(QueueSettings.of("q", "localhost", 8082));
        assertRefused(builder.build().edit().maxAttempts(0), "max_attempts: 0 (expected: 1 to 100)");
        assertRefused(builder.build().edit().maxWaiting(0), "max_waiting: 0 (expected: 1 to 1000000)");
        assertRefused(
                builder.build()
                        .edit()
                        .limit("a", RequestHash.path(), dynamic(), 1)
                        .limit("a", RequestHash.host(), dynamic(), 1),
                "name: 'a' twice (expected: names of their own)");
    }

    private static void assertRefused(DispatcherSettings.Builder builder, String message) {
        assertThat(assertThrows(IllegalArgumentException.class, builder::build).getMessage(), is(message));
    }

    @SafeVarargs
    @SuppressWarnings("varargs")
    private static void assertProblems(String text, Matcher<String>... problems) {
        ConfigException wrong = assertThrows(ConfigException.class, () -> read(text));
        assertThat(List.of(String.valueOf(wrong.getMessage()).split("\n", -1)), contains(problems));
    }

    private static FairShare shares(FairShare.By... levels) {
        return FairShare.of(List.of(levels));
    }

    private static FairShare fairShare(String text) {
        return read(text).scheduling().fairShare();
    }

    private static List<MaxLimit> limits(String text) {
        return read(text).scheduling().limits().inOrder();
    }

    private static DispatcherSettings read(String text) {
        String whole = text.contains("queues:") ? text : text.stripTrailing() + "\n" + QUEUES;
        return DispatcherSchemaTest.SCHEMA.agreesOn(whole, DispatcherConfig.parse("d.yaml", whole, Map.of()));
    }
}
