package io.thr.core.redis;

import static io.thr.core.schedule.Claim.Origin.LOST_SENT;
import static io.thr.core.schedule.Claim.Origin.LOST_UNSENT;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.anEmptyMap;
import static org.hamcrest.Matchers.containsInAnyOrder;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.greaterThan;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.instanceOf;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.lessThan;
import static org.hamcrest.Matchers.nullValue;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.thr.core.BesideOthers;
import io.thr.core.schedule.Claim;
import io.thr.core.schedule.Claim.Origin;
import io.thr.core.schedule.Ending;
import io.thr.core.schedule.LostSlots;
import io.thr.core.schedule.Pulse;
import io.thr.core.schedule.Scheduled;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

@BesideOthers
class ClaimsTest {

    private static final Duration LEASE = Duration.ofSeconds(60);
    private static final RedisKeys KEYS = new RedisKeys("bus");
    private static final String QUEUE = "thr:queue:hello";

    @RegisterExtension
    static final RedisServer server = RedisServer.embedded();

    private FaultyProxy proxy;
    private Redis redis;
    private RedisState state;
    private RedisScheduler claims;
    private ClaimReader reader;

    @BeforeEach
    void connect() throws Exception {
        proxy = FaultyProxy.before(server);
        redis = Redis.connect(proxy.url(), "claims test");
        state = server.state();
        claims = new RedisScheduler(redis, KEYS, "me", List.of(QUEUE));
        claims.renew(LEASE).get();
        reader = claims.reader(List.of(QUEUE), 1000);
    }

    @AfterEach
    void close() {
        reader.close();
        redis.close();
        proxy.close();
        state.close();
    }

    private void push(String... messages) {
        for (String message : messages) {
            state.command("LPUSH", QUEUE, message);
        }
    }

    private Claim takeOne() {
        return reader.take(1).get(0);
    }

    private static List<String> texts(List<Claim> claims) {
        return claims.stream().map(claim -> new String(claim.message(), UTF_8)).toList();
    }

    private static RedisException.Kind kind(@Nullable Throwable failure) {
        assertThat(failure, is(instanceOf(RedisException.class)));
        return ((RedisException) Objects.requireNonNull(failure)).kind();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(UTF_8);
    }

    private static CompletableFuture<Scheduled> end(RedisScheduler member, Claim claim, Ending.LastWord lastWord) {
        return member.finish(List.of(QUEUE), List.of(new Ending(claim, lastWord)), 0, Duration.ofSeconds(5));
    }

    private CompletableFuture<Scheduled> answer(
            Claim claim, String responseKey, byte[] response, Duration expiry, Duration within) {
        Ending ending = new Ending(claim, new Ending.Answer(responseKey, response, expiry));
        return claims.finish(List.of(QUEUE), List.of(ending), 0, within);
    }

    /** Everything but what tells times: the leases, and how fast a queue with a backlog drains. */
    private SortedMap<String, Object> stateWithoutMembers() {
        SortedMap<String, Object> all = new TreeMap<>(state.all());
        all.remove(KEYS.members());
        all.remove(KEYS.drained());
        return all;
    }

    private Set<String> members() {
        Object members = state.content(KEYS.members());
        Set<String> names = new HashSet<>();
        if (members instanceof Map<?, ?> scores) {
            scores.keySet().forEach(name -> names.add(String.valueOf(name)));
        }
        return names;
    }

    @Test
    void messages_are_taken_oldest_first_and_stand_under_the_member() {
        push("a", "b", "c");

        List<Claim> taken = reader.take(2);

        assertThat(texts(taken), is(List.of("a", "b")));
        assertThat(taken.get(0).queue(), is(QUEUE));
        assertThat(taken.get(0).origin(), is(Origin.QUEUE));
        assertThat(
                stateWithoutMembers(),
                is(Map.of(
                        QUEUE,
                        List.of("c"),
                        KEYS.claimed("me"),
                        Map.of(taken.get(0).id(), QUEUE, taken.get(1).id(), QUEUE),
                        KEYS.messages(),
                        Map.of(taken.get(0).id(), "a", taken.get(1).id(), "b"))));
    }

    @Test
    void waiting_reader_gets_a_message_when_it_comes() {
        CompletableFuture<List<Claim>> waiting = CompletableFuture.supplyAsync(() -> reader.take(10));
        awaitBlocked(1);

        push("a");

        assertThat(texts(waiting.join()), is(List.of("a")));
    }

    private void awaitBlocked(int clients) {
        await().until(() -> String.valueOf(state.command("INFO", "clients")).contains("blocked_clients:" + clients));
    }

    @Test
    void waiting_in_vain_takes_nothing_and_ends() {
        assertThat(reader.take(10), is(empty()));
        assertThat(stateWithoutMembers(), is(anEmptyMap()));
    }

    @Test
    void closing_ends_a_wait_and_loses_nothing() {
        CompletableFuture<List<Claim>> waiting = CompletableFuture.supplyAsync(() -> reader.take(10));
        awaitBlocked(1);

        reader.close();

        assertThat(waiting.orTimeout(2, TimeUnit.SECONDS).join(), is(empty()));
        assertThat(reader.take(1), is(empty()));
        awaitBlocked(0);
        push("a");
        assertThat(stateWithoutMembers(), is(Map.of(QUEUE, List.of("a"))));
    }

    @Test
    void several_queues_are_taken_in_order_of_preference() {
        try (ClaimReader several = claims.reader(List.of("first", "second", "third"), 1000)) {
            state.command("LPUSH", "third", "3");
            state.command("LPUSH", "first", "1a", "1b");
            state.command("LPUSH", "second", "2");

            assertThat(texts(several.take(3)), is(List.of("1a", "1b", "2")));
            assertThat(texts(several.take(3)), is(List.of("3")));

            CompletableFuture<List<Claim>> waiting = CompletableFuture.supplyAsync(() -> several.take(10));
            awaitBlocked(3);
            state.command("LPUSH", "second", "late");
            List<Claim> late = waiting.join();
            assertThat(texts(late), is(List.of("late")));
            assertThat(late.get(0).queue(), is("second"));
        }
        awaitBlocked(0);
    }

    @Test
    void nobody_asks_about_queues_while_the_reader_does_not_take() {
        try (ClaimReader several = claims.reader(List.of("first", "second"), 1000)) {
            state.command("LPUSH", "first", "1", "2", "3");
            assertThat(texts(several.take(1)), is(List.of("1")));
            state.command("CONFIG", "RESETSTAT");
            await().during(Duration.ofMillis(500))
                    .until(() -> !state.commandCalls().containsKey("blmove"));
        }
    }

    @Test
    void without_a_lease_nothing_is_origin() {
        push("a");
        try (ClaimReader stranger =
                new RedisScheduler(redis, KEYS, "stranger", List.of(QUEUE)).reader(List.of(QUEUE), 1000)) {
            Exception refusal = assertThrows(RedisUnavailableException.class, () -> stranger.take(1));
            assertThat(refusal.getMessage(), containsString("member stranger holds no lease"));
        }
        assertThat(stateWithoutMembers(), is(Map.of(QUEUE, List.of("a"))));
    }

    @Test
    void answer_stands_on_its_key_with_an_expiry_and_the_claim_is_gone() throws Exception {
        push("a");
        Claim claim = takeOne();
        assertThat(claims.markSent(claim).get(), is(true));
        assertThat(state.content(KEYS.sent("me")), is(Set.of(claim.id())));

        answer(claim, "thr:queue:response:1", bytes("ok"), Duration.ofSeconds(60), Duration.ofSeconds(5))
                .get();

        assertThat(stateWithoutMembers(), is(Map.of("thr:queue:response:1", List.of("ok"))));
        assertThat((Long) state.command("TTL", "thr:queue:response:1"), is(greaterThan(50L)));
    }

    @Test
    void answer_survives_a_lost_reply() throws Exception {
        push("a");
        Claim claim = takeOne();
        proxy.cutNextReply();

        answer(claim, "thr:queue:response:1", bytes("ok"), Duration.ofSeconds(60), Duration.ofSeconds(5))
                .get();

        assertThat(stateWithoutMembers().keySet(), is(Set.of("thr:queue:response:1")));
    }

    @Test
    void full_memory_refuses_the_answer_and_keeps_the_claim() throws Exception {
        push("a");
        Claim claim = takeOne();
        SortedMap<String, Object> before = stateWithoutMembers();
        state.command("CONFIG", "SET", "maxmemory", "1");
        try {
            Throwable failure = assertThrows(
                            ExecutionException.class,
                            () -> answer(claim, "r", bytes("ok"), LEASE, LEASE).get())
                    .getCause();
            assertThat(kind(failure), is(RedisException.Kind.OUT_OF_MEMORY));
        } finally {
            state.command("CONFIG", "SET", "maxmemory", "0");
        }
        assertThat(stateWithoutMembers(), is(before));
    }

    @Test
    void claim_is_let_go_of_when_its_answer_came_too_late_for_the_server() throws Exception {
        push("a");
        Claim claim = takeOne();
        proxy.refuse();

        CompletableFuture<Scheduled> answer = answer(claim, "r", bytes("ok"), LEASE, Duration.ofMillis(100));

        assertThat(
                assertThrows(ExecutionException.class, answer::get).getCause(),
                is(instanceOf(RedisUnavailableException.class)));
        proxy.heal();
        await().until(() -> stateWithoutMembers().isEmpty());
    }

    @Test
    void given_back_message_is_served_next() throws Exception {
        push("a", "b");
        Claim claim = takeOne();
        claims.markSent(claim).get();

        end(claims, claim, new Ending.GiveBack(bytes("a again"))).get();
        end(claims, claim, new Ending.GiveBack(bytes("a again"))).get();

        assertThat(stateWithoutMembers(), is(Map.of(QUEUE, List.of("b", "a again"))));
        assertThat(texts(reader.take(2)), is(List.of("a again", "b")));
    }

    @Test
    void refused_give_back_keeps_the_claim() throws Exception {
        push("a");
        Claim claim = takeOne();
        state.command("SET", QUEUE, "no list");
        SortedMap<String, Object> before = stateWithoutMembers();

        Throwable failure = assertThrows(
                        ExecutionException.class,
                        () -> end(claims, claim, new Ending.GiveBack(bytes("a")))
                                .get())
                .getCause();

        assertThat(kind(failure), is(RedisException.Kind.WRONG_TYPE));
        assertThat(stateWithoutMembers(), is(before));
    }

    @Test
    void dropped_claim_leaves_nothing() throws Exception {
        push("a");
        Claim claim = takeOne();
        claims.markSent(claim).get();

        end(claims, claim, new Ending.Drop()).get();

        assertThat(stateWithoutMembers(), is(anEmptyMap()));
    }

    @Test
    void buried_message_stands_in_the_dead_letters_with_its_reason() throws Exception {
        push("{\"é\"");
        state.command("LPUSH", QUEUE, new byte[] {(byte) 0xff});
        List<Claim> taken = reader.take(2);

        end(claims, taken.get(0), new Ending.Bury("no \"JSON\"")).get();
        end(claims, taken.get(0), new Ending.Bury("a second time")).get();
        end(claims, taken.get(1), new Ending.Bury("no UTF-8")).get();

        assertThat(stateWithoutMembers().keySet(), is(Set.of(QUEUE + ":dead")));
        List<?> letters = (List<?>) Objects.requireNonNull(state.content(QUEUE + ":dead"));
        assertThat(letters, hasSize(2));
        assertThat(
                String.valueOf(letters.get(1)).replaceAll("\"20[^\"]*Z\"", "\"TIME\""),
                is("{\"reason\":\"no \\\"JSON\\\"\",\"time\":\"TIME\",\"message\":\"{\\\"é\\\"\"}"));
        assertThat(String.valueOf(letters.get(0)), containsString("\"message_base64\":\"/w==\""));
    }

    @Test
    void dead_letters_are_bounded() throws Exception {
        for (int i = 0; i < 1000; i++) {
            state.command("LPUSH", QUEUE + ":dead", i);
        }
        push("a");

        end(claims, takeOne(), new Ending.Bury("reason")).get();

        assertThat(state.command("LLEN", QUEUE + ":dead"), is(1000L));
        assertThat(
                String.valueOf(state.command("LINDEX", QUEUE + ":dead", 0)), containsString("\"reason\":\"reason\""));
    }

    @Test
    void expired_members_claims_are_taken_over_with_what_was_sent() throws Exception {
        RedisScheduler lost = new RedisScheduler(redis, KEYS, "lost", List.of(QUEUE));
        lost.renew(Duration.ofMillis(300)).get();
        push("sent", "unsent");
        try (ClaimReader lostReader = lost.reader(List.of(QUEUE), 1000)) {
            List<Claim> theirs = lostReader.take(2);
            lost.markSent(theirs.get(0)).get();
            assertThat(claims.takeOver(10, LostSlots.RELEASE).get(), is(empty()));
            await().until(() -> {
                Duration wait = claims.renew(LEASE).get().nextExpiry();
                return wait != null && wait.isZero();
            });

            List<Claim> mine = claims.takeOver(10, LostSlots.RELEASE).get();

            assertThat(texts(mine), containsInAnyOrder("sent", "unsent"));
            for (Claim claim : mine) {
                boolean sent = new String(claim.message(), UTF_8).equals("sent");
                assertThat(claim.origin(), is(sent ? LOST_SENT : LOST_UNSENT));
                assertThat(claim.queue(), is(QUEUE));
            }
            Claim sent = mine.stream()
                    .filter(claim -> claim.origin() == LOST_SENT)
                    .findFirst()
                    .orElseThrow();
            assertThat(
                    stateWithoutMembers(),
                    is(Map.of(
                            KEYS.claimed("me"),
                            Map.of(mine.get(0).id(), QUEUE, mine.get(1).id(), QUEUE),
                            KEYS.messages(),
                            Map.of(
                                    mine.get(0).id(),
                                    new String(mine.get(0).message(), UTF_8),
                                    mine.get(1).id(),
                                    new String(mine.get(1).message(), UTF_8)),
                            KEYS.sent("me"),
                            Set.of(sent.id()))));
            assertThat(members(), is(Set.of("me")));

            // late words of the lost one have no effect
            SortedMap<String, Object> before = stateWithoutMembers();
            assertThat(lost.markSent(theirs.get(1)).get(), is(false));
            end(lost, theirs.get(1), new Ending.GiveBack(bytes("late"))).get();
            end(lost, theirs.get(1), new Ending.Bury("late")).get();
            end(lost, theirs.get(1), new Ending.Drop()).get();
            await().until(() -> stateWithoutMembers().equals(before));
        }
    }

    @Test
    void many_claims_are_taken_over_up_to_the_number_asked_for() throws Exception {
        RedisScheduler lost = new RedisScheduler(redis, KEYS, "lost", List.of(QUEUE));
        lost.renew(LEASE).get();
        for (int i = 0; i < 50; i++) {
            push("m" + i);
        }
        try (ClaimReader lostReader = lost.reader(List.of(QUEUE), 1000)) {
            assertThat(lostReader.take(50), hasSize(50));
        }
        lost.leave().get();

        List<Claim> first = claims.takeOver(20, LostSlots.RELEASE).get();
        List<Claim> second = claims.takeOver(100, LostSlots.RELEASE).get();

        assertThat(first, hasSize(20));
        assertThat(second, hasSize(30));
        Set<String> texts = new HashSet<>(texts(first));
        texts.addAll(texts(second));
        assertThat(texts, hasSize(50));
        assertThat(members(), is(Set.of("me")));
    }

    @Test
    void leaving_with_nothing_claimed_leaves_no_key() throws Exception {
        push("a");
        end(claims, takeOne(), new Ending.Drop()).get();

        claims.leave().get();

        assertThat(state.all(), is(anEmptyMap()));
    }

    @Test
    void heartbeat_tells_when_the_next_lease_runs_out_and_whether_its_own_was_held() throws Exception {
        assertThat(claims.renew(LEASE).get(), is(new Pulse(true, null, null, 0)));
        RedisScheduler other = new RedisScheduler(redis, KEYS, "other", List.of(QUEUE));
        other.renew(Duration.ofSeconds(5)).get();

        Duration wait = claims.renew(LEASE).get().nextExpiry();
        assertThat(wait, is(greaterThan(Duration.ofSeconds(4))));
        assertThat(wait, is(lessThan(Duration.ofMillis(5001))));

        claims.renew(Duration.ofMillis(1)).get();
        await().until(() -> !claims.renew(Duration.ofMillis(1)).get().held());
    }

    @Test
    void member_that_lost_its_lease_comes_back_with_nothing_and_takes_its_own_claims_over() throws Exception {
        push("a");
        Claim old = takeOne();
        claims.markSent(old).get();
        state.command("ZADD", KEYS.members(), 1, "me");

        Pulse heartbeat = claims.renew(LEASE).get();

        assertThat(heartbeat, is(new Pulse(false, Duration.ZERO, null, 0)));
        assertThat(claims.markSent(old).get(), is(false));
        List<Claim> again = claims.takeOver(10, LostSlots.RELEASE).get();
        assertThat(texts(again), is(List.of("a")));
        assertThat(again.get(0).origin(), is(LOST_SENT));
        assertThat(claims.renew(LEASE).get(), is(new Pulse(true, null, null, 0)));
        end(claims, again.get(0), new Ending.Drop()).get();
        await().until(() -> stateWithoutMembers().isEmpty());
        push("b");
        assertThat(texts(reader.take(1)), is(List.of("b")));
    }

    @Test
    void lost_reply_to_a_taking_is_recovered() {
        push("warm");
        assertThat(texts(reader.take(1)), is(List.of("warm")));
        push("a", "b");
        proxy.cutNextReply();

        RedisUnavailableException failure = assertThrows(RedisUnavailableException.class, () -> reader.take(10));
        assertThat(failure.maybeDone(), is(true));
        assertThat(state.content(QUEUE), is(nullValue()));
        push("c");
        List<String> got = new ArrayList<>(texts(reader.take(10)));
        got.addAll(texts(reader.take(10)));

        assertThat(got, is(List.of("a", "b", "c")));
    }

    @Test
    void recovered_claims_are_given_once_though_asked_for_again() {
        push("warm");
        assertThat(texts(reader.take(1)), is(List.of("warm")));
        push("a");
        proxy.cutNextReply();
        assertThrows(RedisUnavailableException.class, () -> reader.take(10));

        assertThat(texts(reader.take(10)), is(List.of("a")));
        // the second look comes when the lost call can do nothing more, after about seven seconds
        assertThat(reader.take(10), is(empty()));
        assertThat(reader.take(10), is(empty()));
        assertThat(reader.take(10), is(empty()));
    }

    @Test
    void reader_that_was_cut_while_it_waited_waits_again() {
        AtomicReference<RuntimeException> failure = new AtomicReference<>();
        CompletableFuture<List<Claim>> waiting = CompletableFuture.supplyAsync(() -> {
            try {
                return reader.take(10);
            } catch (RedisUnavailableException e) {
                failure.set(e);
                return reader.take(10);
            }
        });
        awaitBlocked(1);
        proxy.cut();
        await().until(() -> failure.get() != null);
        push("a");

        assertThat(texts(waiting.join()), is(List.of("a")));
    }

    @Test
    void what_a_lost_reply_gave_is_found() throws Exception {
        RedisScheduler lost = new RedisScheduler(redis, KEYS, "lost", List.of(QUEUE));
        lost.renew(LEASE).get();
        push("a");
        try (ClaimReader lostReader = lost.reader(List.of(QUEUE), 1000)) {
            lostReader.take(1);
        }
        lost.leave().get();
        CompletableFuture<List<Claim>> call = takeOverWithLostReply();
        assertThrows(CompletionException.class, call::join);

        List<Claim> found = new ArrayList<>();
        await().untilAsserted(() -> {
            claims.renew(LEASE).join();
            found.addAll(claims.unknown().exceptionally(failure -> List.of()).join());
            assertThat(texts(found), is(List.of("a")));
        });
        claims.renew(LEASE).get();
        assertThat(claims.unknown().get(), is(empty()));
        assertThat(claims.unknown().get(), is(empty()));
        end(claims, found.get(0), new Ending.Drop()).get();
        await().until(() -> stateWithoutMembers().isEmpty());
    }

    private CompletableFuture<List<Claim>> takeOverWithLostReply() throws Exception {
        // so that both scripts are known to the server, and the reply to the second is the one that is lost
        claims.takeOver(0, LostSlots.RELEASE).get();
        proxy.delay(Duration.ofMillis(100));
        CompletableFuture<List<Claim>> call = claims.takeOver(10, LostSlots.RELEASE);
        await().until(() -> state.content(KEYS.claimed("me")) != null);
        proxy.cut();
        proxy.delay(Duration.ZERO);
        return call;
    }

    @Test
    void scripts_are_sent_again_after_the_server_forgot_them() throws Exception {
        push("a");
        Claim claim = takeOne();
        state.command("SCRIPT", "FLUSH");
        end(claims, claim, new Ending.GiveBack(bytes("a"))).get();
        state.command("SCRIPT", "FLUSH");

        assertThat(texts(reader.take(1)), is(List.of("a")));
    }

    @Test
    void idle_member_asks_at_most_once_a_second() throws Exception {
        assertThat(reader.take(1), is(empty()));
        state.command("CONFIG", "RESETSTAT");

        assertThat(reader.take(1), is(empty()));
        assertThat(reader.take(1), is(empty()));
        for (int i = 0; i < 3; i++) {
            claims.renew(LEASE).get();
        }

        Map<String, Long> calls = state.commandCalls();
        // eight seconds with a heartbeat every three: what scripts call within the server is not sent by anybody
        assertThat(calls.getOrDefault("evalsha", 0L) + calls.getOrDefault("blmove", 0L), is(lessThan(8L)));
    }

    @Test
    void every_message_is_taken_once_by_many_readers() throws Exception {
        int count = 2000;
        Queue<String> got = new ConcurrentLinkedQueue<>();
        List<CompletableFuture<Void>> readings = new ArrayList<>();
        List<ClaimReader> readers = new ArrayList<>();
        AtomicBoolean done = new AtomicBoolean();
        for (int i = 0; i < 4; i++) {
            ClaimReader one = claims.reader(List.of(QUEUE), 1000);
            readers.add(one);
            readings.add(CompletableFuture.runAsync(() -> {
                while (!done.get()) {
                    List<Claim> some = one.take(7);
                    got.addAll(texts(some));
                    some.forEach(claim -> end(claims, claim, new Ending.Drop()).join());
                }
            }));
        }
        RequestQueue queue = new RequestQueue(redis, KEYS, 10_000);
        for (int i = 0; i < count; i++) {
            queue.offer(QUEUE, bytes("m" + i)).get();
        }
        await().until(() -> got.size() >= count);
        done.set(true);
        readers.forEach(ClaimReader::close);
        readings.forEach(CompletableFuture::join);

        assertThat(got, hasSize(count));
        assertThat(new HashSet<>(got), hasSize(count));
        assertThat(stateWithoutMembers(), is(anEmptyMap()));
    }
}
