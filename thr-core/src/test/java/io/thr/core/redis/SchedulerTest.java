package io.thr.core.redis;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.anEmptyMap;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.greaterThan;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.instanceOf;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.lessThan;
import static org.hamcrest.Matchers.notNullValue;
import static org.hamcrest.Matchers.nullValue;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.thr.core.schedule.Claim;
import io.thr.core.schedule.Claim.Origin;
import io.thr.core.schedule.Ending;
import io.thr.core.schedule.Expired;
import io.thr.core.schedule.Flow;
import io.thr.core.schedule.Inspection;
import io.thr.core.schedule.LostSlots;
import io.thr.core.schedule.Outcome;
import io.thr.core.schedule.Scheduled;
import io.thr.core.schedule.Ticket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class SchedulerTest {

    private static final Duration LEASE = Duration.ofSeconds(60);
    private static final Duration SOON = Duration.ofSeconds(5);
    private static final RedisKeys KEYS = new RedisKeys("bus");
    private static final String QUEUE = "thr:queue:hello";
    private static final String OTHER = "thr:queue:other";

    @RegisterExtension
    static final RedisServer server = RedisServer.embedded();

    private FaultyProxy proxy;
    private Redis redis;
    private RedisState state;
    private final Map<RedisScheduler, ClaimReader> readers = new HashMap<>();
    private LiveLimits limits;
    private RedisScheduler me;

    @BeforeEach
    void connect() throws Exception {
        proxy = FaultyProxy.before(server);
        redis = Redis.connect(proxy.url(), "scheduler test");
        state = server.state();
        limits = new LiveLimits(redis, KEYS);
        me = member("me", LEASE, QUEUE);
    }

    @AfterEach
    void close() {
        readers.values().forEach(ClaimReader::close);
        redis.close();
        proxy.close();
        state.close();
    }

    private RedisScheduler member(String name, Duration lease, String queue) throws Exception {
        RedisScheduler member = new RedisScheduler(redis, KEYS, name, List.of(queue));
        member.renew(lease).get();
        readers.put(member, member.reader(List.of(queue), 1000));
        return member;
    }

    private static Flow flow(String... counters) {
        return new Flow(QUEUE, List.of(), List.of(counters));
    }

    private Claim claim(RedisScheduler member) {
        return Objects.requireNonNull(readers.get(member)).take(1).get(0);
    }

    private Ticket ticket(RedisScheduler member, Flow flow, String request) {
        state.command("LPUSH", flow.queue(), request);
        Claim claim = claim(member);
        return new Ticket(claim, request, flow, 0, 0, 0);
    }

    private Scheduled schedule(RedisScheduler member, int want, Map<String, Integer> maxima, Ticket... tickets)
            throws Exception {
        return member.schedule(List.of(tickets[0].flow().queue()), List.of(tickets), want, maxima)
                .get();
    }

    private static CompletableFuture<Scheduled> finish(
            RedisScheduler member, String queue, int want, Ending.LastWord lastWord, Claim... claims) {
        List<Ending> endings = new ArrayList<>();
        for (Claim claim : claims) {
            endings.add(new Ending(claim, lastWord));
        }
        return member.finish(List.of(queue), endings, want, SOON);
    }

    private static Scheduled drop(RedisScheduler member, int want, Claim... claims) throws Exception {
        return finish(member, QUEUE, want, new Ending.Drop(), claims).get();
    }

    private static List<String> texts(List<Claim> claims) {
        return claims.stream().map(claim -> new String(claim.message(), UTF_8)).toList();
    }

    private SortedMap<String, Object> stateWithoutMembers() {
        SortedMap<String, Object> all = new TreeMap<>(state.all());
        all.remove(KEYS.members());
        all.remove(KEYS.limits());
        return all;
    }

    @Test
    void ticket_without_a_limit_runs_at_once_and_leaves_nothing() throws Exception {
        Ticket ticket = ticket(me, flow(), "a");

        Scheduled scheduled = schedule(me, 1, Map.of(), ticket);

        assertThat(scheduled, is(new Scheduled(List.of(new Outcome.Runs()), List.of(), 0)));
        finish(me, QUEUE, 1, new Ending.Answer("r", new byte[] {'x'}, LEASE), ticket.claim())
                .get();
        assertThat(stateWithoutMembers(), is(Map.of("r", List.of("x"))));
    }

    @Test
    void end_of_one_hands_over_the_next() throws Exception {
        Map<String, Integer> maxima = Map.of("two", 2);
        Ticket a = ticket(me, flow("two"), "a");
        Ticket b = ticket(me, flow("two"), "b");
        Ticket c = ticket(me, flow("two"), "c");
        Scheduled scheduled = schedule(me, 16, maxima, a, b, c);
        assertThat(scheduled.outcomes(), is(List.of(new Outcome.Runs(), new Outcome.Runs(), new Outcome.Waits("two"))));
        assertThat(scheduled.waiting(), is(1L));
        assertThat(limits.counts().get(), is(Map.of("two", 2L)));
        assertThat(limits.blocked().get(), is(Map.of("two", 1L)));

        Scheduled next = drop(me, 1, a.claim());

        assertThat(texts(next.granted()), is(List.of("c")));
        assertThat(next.granted().get(0).origin(), is(Origin.GRANTED));
        assertThat(limits.counts().get(), is(Map.of("two", 2L)));
        drop(me, 1, b.claim(), next.granted().get(0));
        assertThat(stateWithoutMembers(), is(anEmptyMap()));
    }

    @Test
    void all_counters_are_taken_or_none() throws Exception {
        Map<String, Integer> maxima = Map.of("one", 1, "free", 5);
        Ticket a = ticket(me, flow("one"), "a");
        Ticket both = ticket(me, flow("free", "one"), "both");
        Ticket free = ticket(me, flow("free"), "free");

        schedule(me, 16, maxima, a, both, free);

        assertThat(limits.counts().get(), is(Map.of("one", 1L, "free", 1L)));
        assertThat(texts(drop(me, 16, a.claim()).granted()), is(List.of("both")));
        assertThat(limits.counts().get(), is(Map.of("one", 1L, "free", 2L)));
    }

    @Test
    void what_the_member_has_no_room_for_wakes_another() throws Exception {
        RedisScheduler other = member("other", LEASE, QUEUE);
        AtomicInteger woken = new AtomicInteger();
        Queue<Claim> taken = new ConcurrentLinkedQueue<>();
        try (AutoCloseable wakes = other.wakes(QUEUE, () -> {
            woken.incrementAndGet();
            taken.addAll(finish(other, QUEUE, 16, new Ending.Drop()).join().granted());
        })) {
            assertThat(wakes, is(notNullValue()));
            schedule(me, 0, Map.of(), ticket(me, flow(), "a"));
            await().until(() -> woken.get() == 1);
            await().until(() -> state.content(KEYS.runnable(QUEUE)) == null);
        }
        assertThat(woken.get(), is(1));
        assertThat(texts(List.copyOf(taken)), is(List.of("a")));
    }

    @Test
    void slot_given_back_wakes_the_members_of_another_queue() throws Exception {
        RedisScheduler other = member("other", LEASE, OTHER);
        Map<String, Integer> maxima = Map.of("one", 1);
        Ticket a = ticket(me, flow("one"), "a");
        schedule(me, 16, maxima, a);
        Flow there = new Flow(OTHER, List.of(), List.of("one"));
        schedule(other, 16, maxima, ticket(other, there, "b"));

        drop(me, 16, a.claim());

        await().until(() -> state.content(KEYS.runnable(OTHER)) != null);
        Scheduled taken = finish(other, OTHER, 1, new Ending.Drop()).get();
        assertThat(texts(taken.granted()), is(List.of("b")));
        assertThat(state.content(KEYS.runnable(OTHER)) == null, is(true));
    }

    @Test
    void same_request_is_kept_once_and_scheduling_twice_does_it_once() throws Exception {
        Map<String, Integer> maxima = Map.of("none", 0);
        Ticket a = ticket(me, flow("none"), "a");
        Ticket again = ticket(me, flow("none"), "a");

        assertThat(schedule(me, 1, maxima, a).outcomes(), is(List.of(new Outcome.Waits("none"))));
        assertThat(schedule(me, 1, maxima, a).outcomes(), is(List.of(new Outcome.Waits(null))));
        assertThat(schedule(me, 1, maxima, again).outcomes(), is(List.of(new Outcome.Duplicate())));
        assertThat(limits.blocked().get(), is(Map.of("none", 1L)));
    }

    @Test
    void raised_limit_lets_those_run_that_waited_for_it() throws Exception {
        Map<String, Integer> maxima = new HashMap<>(Map.of("tenant", 1));
        List<Ticket> tickets = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            tickets.add(ticket(me, flow("tenant==a"), "a" + i));
        }
        schedule(me, 16, maxima, tickets.toArray(Ticket[]::new));
        assertThat(limits.blocked().get(), is(Map.of("tenant==a", 3L)));

        limits.set(Map.of("tenant", 3), Set.of()).get();

        assertThat(texts(drop(me, 16).granted()), is(List.of("a1", "a2")));
        limits.set(Map.of("tenant", 0), Set.of()).get();
        assertThat(drop(me, 16, tickets.get(0).claim()).granted(), is(empty()));
        limits.set(Map.of(), Set.of("tenant")).get();
        assertThat(texts(drop(me, 16).granted()), is(List.of("a3")));
        assertThat(limits.inForce().get(), is(anEmptyMap()));
    }

    @Test
    void ticket_that_waited_until_its_deadline_is_taken_out_to_be_answered() throws Exception {
        Map<String, Integer> maxima = Map.of("none", 0);
        state.command("LPUSH", QUEUE, "a");
        Claim claim = claim(me);
        long soon = System.currentTimeMillis() + 200;
        schedule(me, 1, maxima, new Ticket(claim, "a", flow("none"), 0, soon, 0));
        Expired none = me.expire().get();
        assertThat(none.claims(), is(empty()));
        Duration wait = none.nextDeadline();
        assertThat(wait, is(greaterThan(Duration.ZERO)));
        assertThat(wait, is(lessThan(Duration.ofMillis(250))));

        List<Claim> expired = new ArrayList<>();
        await().until(() -> expired.addAll(me.expire().get().claims()));

        assertThat(texts(expired), is(List.of("a")));
        finish(me, QUEUE, 1, new Ending.Answer("r", new byte[] {'x'}, LEASE), expired.get(0))
                .get();
        assertThat(stateWithoutMembers().keySet(), is(Set.of("r")));
    }

    @Test
    void lost_members_slots_are_free_again_and_its_request_keeps_its_place() throws Exception {
        RedisScheduler lost = member("lost", LEASE, QUEUE);
        Map<String, Integer> maxima = Map.of("one", 1);
        Ticket a = ticket(lost, flow("one"), "a");
        schedule(lost, 1, maxima, a);
        schedule(me, 1, maxima, ticket(me, flow("one"), "b"));
        state.command("ZADD", KEYS.members(), 1, "lost");

        List<Claim> over = me.takeOver(10, LostSlots.RELEASE).get();

        assertThat(texts(over), is(List.of("a")));
        assertThat(over.get(0).attempts(), is(1));
        assertThat(limits.counts().get(), is(anEmptyMap()));
        Ticket again = new Ticket(over.get(0), "a", flow("one"), 0, 0, 1);
        Scheduled scheduled = schedule(me, 1, maxima, again);
        assertThat(texts(scheduled.granted()), is(List.of("a")));
        // a late end of the lost one has no effect
        drop(lost, 0, a.claim());
        assertThat(limits.counts().get(), is(Map.of("one", 1L)));
        assertThat(texts(drop(me, 1, scheduled.granted().get(0)).granted()), is(List.of("b")));
    }

    @Test
    void lost_members_slots_are_kept_until_the_deadline_where_that_is_wanted() throws Exception {
        RedisScheduler lost = member("lost", LEASE, QUEUE);
        Map<String, Integer> maxima = Map.of("one", 1);
        state.command("LPUSH", QUEUE, "a");
        Claim claim = claim(lost);
        long deadline = System.currentTimeMillis() + 700;
        schedule(lost, 1, maxima, new Ticket(claim, "a", flow("one"), 0, deadline, 0));
        schedule(me, 1, maxima, ticket(me, flow("one"), "b"));
        state.command("ZADD", KEYS.members(), 1, "lost");

        List<Claim> over = me.takeOver(10, LostSlots.HOLD).get();

        drop(me, 0, over.get(0));
        assertThat(limits.counts().get(), is(Map.of("one", 1L)));
        assertThat(drop(me, 1).granted(), is(empty()));
        await().until(() -> {
            me.expire().get();
            return limits.counts().get().isEmpty();
        });
        assertThat(System.currentTimeMillis() >= deadline, is(true));
        Scheduled next = drop(me, 1);
        assertThat(texts(next.granted()), is(List.of("b")));
        drop(me, 1, next.granted().get(0));
        assertThat(stateWithoutMembers(), is(anEmptyMap()));
    }

    @Test
    void grants_of_a_lost_reply_are_found() throws Exception {
        Map<String, Integer> maxima = Map.of("one", 1);
        Ticket a = ticket(me, flow("one"), "a");
        schedule(me, 1, maxima, a, ticket(me, flow("one"), "b"));
        me.finish(List.of(QUEUE), List.of(), 0, SOON).get();
        proxy.cutNextReply();

        // it is repeated, and the repetition finds nothing more to grant
        assertThat(drop(me, 1, a.claim()).granted(), is(empty()));
        me.renew(LEASE).get();
        List<Claim> found = new ArrayList<>();
        await().until(() -> found.addAll(me.unknown().get()));

        assertThat(texts(found), is(List.of("b")));
        assertThat(found.get(0).origin(), is(Origin.GRANTED));
        drop(me, 1, found.get(0));
        assertThat(stateWithoutMembers(), is(anEmptyMap()));
    }

    /** What the member finds that it owns and does not know of; it believes the second look. */
    private static List<Claim> found(RedisScheduler member) throws Exception {
        List<Claim> found = new ArrayList<>();
        for (int look = 0; look < 2; look++) {
            member.renew(LEASE).get();
            found.addAll(member.unknown().get());
        }
        return found;
    }

    /** Its lease runs out, and it comes back under another name; what it had taken is taken over by another. */
    private void loseLease(RedisScheduler member) throws Exception {
        RedisScheduler other = member("other", LEASE, OTHER);
        state.command("ZADD", KEYS.members(), 1, "me");
        other.takeOver(16, LostSlots.RELEASE).get().forEach(claim -> {
            var unused = finish(other, QUEUE, 0, new Ending.Drop(), claim).join();
        });
        assertThat(member.renew(LEASE).get().held(), is(false));
        other.leave().get();
    }

    @Test
    void what_was_lost_with_the_lease_does_not_hide_what_the_member_does_not_know_of() throws Exception {
        Ticket lost = ticket(me, flow(), "lost");
        loseLease(me);
        assertThat(schedule(me, 0, Map.of(), lost).outcomes(), is(List.of(new Outcome.Lost())));
        Map<String, Integer> maxima = Map.of("one", 1);
        Ticket a = ticket(me, flow("one"), "a");
        schedule(me, 1, maxima, a, ticket(me, flow("one"), "b"));
        assertThat(found(me), is(empty()));
        proxy.cutNextReply();
        assertThat(drop(me, 1, a.claim()).granted(), is(empty()));

        List<Claim> found = found(me);

        assertThat(texts(found), is(List.of("b")));
        drop(me, 0, found.get(0));
        assertThat(stateWithoutMembers(), is(anEmptyMap()));
    }

    @Test
    void claim_of_an_earlier_lease_is_lost_and_the_others_are_scheduled() throws Exception {
        Ticket lost = ticket(me, flow(), "lost");
        loseLease(me);
        Ticket first = ticket(me, flow(), "first");
        Ticket second = ticket(me, flow(), "second");

        Scheduled scheduled = schedule(me, 16, Map.of(), first, lost, second);

        assertThat(scheduled.outcomes(), is(List.of(new Outcome.Runs(), new Outcome.Lost(), new Outcome.Runs())));
        drop(me, 0, first.claim(), second.claim());
        assertThat(stateWithoutMembers(), is(anEmptyMap()));
    }

    @Test
    void grant_whose_reply_comes_before_the_word_that_the_ticket_waits_is_not_lost() throws Exception {
        Map<String, Integer> maxima = Map.of("one", 1);
        Ticket a = ticket(me, flow("one"), "a");
        Ticket b = ticket(me, flow("one"), "b");
        schedule(me, 1, maxima, a);
        CountDownLatch held = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        var unused = redis.call(Command.of("PING"), Patience.SHORT, reply -> {
            held.countDown();
            return awaited(go);
        });
        held.await();
        // on the first connection, as nothing is under way there; its thread does not read the reply
        CompletableFuture<Scheduled> scheduled = me.schedule(List.of(QUEUE), List.of(b), 0, maxima);
        await().until(() -> state.content(KEYS.waiting()) != null);

        List<Claim> granted = drop(me, 1, a.claim()).granted();
        go.countDown();

        assertThat(granted, is(empty()));
        assertThat(scheduled.get().outcomes(), is(List.of(new Outcome.Runs())));
        assertThat(found(me), is(empty()));
        drop(me, 0, b.claim());
        assertThat(stateWithoutMembers(), is(anEmptyMap()));
    }

    private static boolean awaited(CountDownLatch latch) {
        try {
            return latch.await(10, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    @Test
    void what_was_found_and_then_waited_is_granted_like_any_other() throws Exception {
        Map<String, Integer> maxima = Map.of("one", 1);
        Ticket a = ticket(me, flow("one"), "a");
        schedule(me, 1, maxima, a);
        state.command("HSET", KEYS.claimed("me"), "b.1.1", QUEUE);
        state.command("HSET", KEYS.messages(), "b.1.1", "b");
        Claim b = found(me).get(0);
        schedule(me, 0, maxima, new Ticket(b, "b", flow("one"), 0, 0, 0));

        assertThat(texts(drop(me, 1, a.claim()).granted()), is(List.of("b")));

        drop(me, 0, b);
        assertThat(stateWithoutMembers(), is(anEmptyMap()));
    }

    @Test
    void look_for_the_unknown_that_failed_is_made_again() throws Exception {
        schedule(me, 1, Map.of(), ticket(me, flow(), "known"));
        state.command("HSET", KEYS.claimed("me"), "b.1.1", QUEUE);
        state.command("HSET", KEYS.messages(), "b.1.1", "b");
        me.renew(LEASE).get();
        proxy.refuse();
        assertThrows(ExecutionException.class, () -> me.unknown().get());
        proxy.heal();

        assertThat(texts(found(me)), is(List.of("b")));
    }

    @Test
    void look_for_the_unknown_looks_at_all() throws Exception {
        List<Object> claims = new ArrayList<>(List.of("HSET", KEYS.claimed("me")));
        List<Object> messages = new ArrayList<>(List.of("HSET", KEYS.messages()));
        for (int i = 1; i <= 3000; i++) {
            claims.addAll(List.of("b." + i + ".1", QUEUE));
            messages.addAll(List.of("b." + i + ".1", "b" + i));
        }
        state.command(claims.toArray());
        state.command(messages.toArray());

        assertThat(new HashSet<>(texts(found(me))), hasSize(3000));
        assertThat(found(me), is(empty()));
    }

    @Test
    void claim_that_could_not_be_let_go_of_is_found_again() throws Exception {
        Ticket ticket = ticket(me, flow(), "a");
        schedule(me, 1, Map.of(), ticket);
        state.command("DEL", KEYS.tickets());
        state.command("SET", KEYS.tickets(), "of another kind");
        assertThrows(ExecutionException.class, () -> drop(me, 0, ticket.claim()));
        state.command("DEL", KEYS.tickets());

        List<Claim> found = found(me);

        assertThat(texts(found), is(List.of("a")));
        drop(me, 0, found.get(0));
        assertThat(state.content(KEYS.claimed("me")), is(nullValue()));
    }

    @Test
    void what_was_sent_and_is_found_again_must_not_run_again() throws Exception {
        Ticket ticket = ticket(me, flow(), "a");
        schedule(me, 1, Map.of(), ticket);
        assertThat(me.markSent(ticket.claim()).get(), is(true));
        state.command("RENAME", KEYS.tickets(), "aside");
        state.command("SET", KEYS.tickets(), "of another kind");
        assertThrows(ExecutionException.class, () -> drop(me, 0, ticket.claim()));
        state.command("RENAME", "aside", KEYS.tickets());

        List<Claim> found = found(me);

        assertThat(found.get(0).origin(), is(Origin.LOST_SENT));
        drop(me, 0, found.get(0));
        assertThat(stateWithoutMembers(), is(anEmptyMap()));
    }

    @Test
    void ends_of_two_leases_are_not_said_together() throws Exception {
        Ticket old = ticket(me, flow(), "old");
        loseLease(me);
        Ticket now = ticket(me, flow(), "now");

        assertThrows(IllegalArgumentException.class, () -> drop(me, 1, now.claim(), old.claim()));
    }

    @Test
    void inspection_tells_what_a_request_waits_for() throws Exception {
        Map<String, Integer> maxima = Map.of("all", 5, "one", 1);
        Ticket running = ticket(me, flow("all", "one"), "running");
        Ticket first = ticket(me, flow("all", "one"), "first");
        Ticket second = ticket(me, flow("all", "one"), "second");
        schedule(me, 16, maxima, running, first, second);
        Inspector inspector = new Inspector(redis, KEYS);

        Inspection.Waiting waits =
                (Inspection.Waiting) inspector.inspect("second").get();
        assertThat(
                waits,
                is(new Inspection.Waiting(
                        QUEUE,
                        1,
                        2,
                        "one",
                        List.of(new Inspection.Usage("all", 1, 5), new Inspection.Usage("one", 1, 1)),
                        waits.since(),
                        false,
                        null)));
        assertThat(inspector.inspect("running").get(), is(instanceOf(Inspection.Running.class)));
        assertThat(inspector.inspect("nobody").get(), is(new Inspection.Unknown()));
        SortedMap<String, Object> before = state.all();
        inspector.inspect("first").get();
        assertThat(state.all(), is(before));
    }

    @Test
    void without_a_lease_nothing_is_granted() throws Exception {
        schedule(me, 0, Map.of(), ticket(me, flow(), "a"));
        state.command("ZADD", KEYS.members(), 1, "me");
        assertThat(drop(me, 16).granted(), is(empty()));
    }
}
