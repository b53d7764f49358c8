package io.thr.core.redis;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.anEmptyMap;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.hasKey;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.notNullValue;
import static org.hamcrest.Matchers.nullValue;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.thr.core.bus.BusState;
import io.thr.core.bus.DeadLetter;
import io.thr.core.bus.Durations;
import io.thr.core.bus.MemberReport;
import io.thr.core.bus.QueuedRequest;
import io.thr.core.bus.Why;
import io.thr.core.message.Headers;
import io.thr.core.message.MessageBody;
import io.thr.core.message.MessageCodec;
import io.thr.core.message.RequestExtra;
import io.thr.core.message.RequestMessage;
import io.thr.core.message.ResponseMessage;
import io.thr.core.schedule.Claim;
import io.thr.core.schedule.Ending;
import io.thr.core.schedule.Flow;
import io.thr.core.schedule.Scheduled;
import io.thr.core.schedule.Ticket;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What those who run a bus see of it, and what comes of what they do. */
class BusTest {

    private static final Duration SOON = Duration.ofSeconds(5);
    private static final RedisKeys KEYS = new RedisKeys("bus");
    private static final String QUEUE = "thr:queue:hello";
    private static final String OTHER = "thr:queue:other";
    private static final String RESPONSES = "thr:queue:response:0123456789abcdef0123456789abcdef";

    @RegisterExtension
    static final RedisServer server = RedisServer.embedded();

    private Redis redis;
    private RedisState state;
    private BusReader reader;
    private BusControl control;
    private LiveLimits limits;
    private RedisScheduler me;
    private ClaimReader claims;
    private int number;

    @BeforeEach
    void connect() throws Exception {
        redis = Redis.connect(server.url(), "bus test");
        state = server.state();
        reader = new BusReader(redis, KEYS);
        control = new BusControl(redis, KEYS);
        limits = new LiveLimits(redis, KEYS);
        me = new RedisScheduler(redis, KEYS, "me", List.of(QUEUE, OTHER));
        me.renew(Duration.ofSeconds(60)).get();
        claims = me.reader(List.of(QUEUE, OTHER), 1000);
    }

    @AfterEach
    void close() {
        claims.close();
        redis.close();
        state.close();
    }

    private static String id(int number) {
        return String.format("%032x", number);
    }

    private byte[] message(String path, int priority) {
        RequestExtra extra = RequestExtra.of(RESPONSES, priority, Instant.now().toEpochMilli() / 1e3, id(++number));
        return MessageCodec.write(new RequestMessage(
                "GET", path, "example.org", "secret=1", "http", Headers.EMPTY, MessageBody.NONE, extra));
    }

    private static Flow flow(String queue, String... counters) {
        return new Flow(queue, List.of(), List.of(counters));
    }

    private Ticket ticket(Flow flow) throws Exception {
        byte[] message = message("/of/" + flow.queue(), 50);
        state.command("LPUSH", flow.queue(), message);
        Claim claim = claims.take(1).get(0);
        String request = RequestCancel.requestName(
                MessageCodec.readRequest(message).extra().requestId(), RESPONSES);
        return new Ticket(claim, request, flow, 0, 0, 0);
    }

    private List<Ticket> tickets(int count, Flow flow) throws Exception {
        List<Ticket> tickets = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            tickets.add(ticket(flow));
        }
        return tickets;
    }

    private Scheduled schedule(int want, Map<String, Integer> maxima, List<Ticket> tickets) throws Exception {
        Scheduled last = null;
        for (int from = 0; from < tickets.size(); from += 16) {
            last = me.schedule(
                            List.of(QUEUE, OTHER),
                            tickets.subList(from, Math.min(tickets.size(), from + 16)),
                            want,
                            maxima)
                    .get();
        }
        return Objects.requireNonNull(last);
    }

    private Scheduled finish(int want, Claim... ended) throws Exception {
        List<Ending> endings = new ArrayList<>();
        for (Claim claim : ended) {
            endings.add(new Ending(claim, new Ending.Drop()));
        }
        return me.finish(List.of(QUEUE, OTHER), endings, want, SOON).get();
    }

    private static String idOf(Ticket ticket) throws Exception {
        return MessageCodec.readRequest(ticket.claim().message()).extra().requestId();
    }

    private Why.Waiting why(Ticket ticket) throws Exception {
        return (Why.Waiting) reader.why(idOf(ticket)).get().get(0);
    }

    private BusState.Queue queue(String name) throws Exception {
        return reader.state().get().queues().stream()
                .filter(queue -> queue.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    private static MemberReport report(int maxConcurrent, boolean stopping) {
        return new MemberReport(
                Instant.ofEpochMilli(1_795_000_000_000L),
                "host-a",
                42,
                "0.1.0",
                Instant.ofEpochMilli(1_794_000_000_000L),
                stopping,
                List.of(new MemberReport.Route(
                        List.of(QUEUE, OTHER),
                        maxConcurrent,
                        1,
                        new MemberReport.Counts(9, 8, 7, 6, 5, 4, 3, 2, 1),
                        Durations.NONE,
                        new Durations(
                                IntStream.range(0, 17).mapToObj(Long::valueOf).toList(), 12.5),
                        List.of(new MemberReport.Server("http://127.0.0.1:9", 1, true, 3, 2, 1)))));
    }

    // seeing

    @Test
    void empty_bus_has_its_member_and_nothing_else() throws Exception {
        BusState seen = reader.state().get();

        assertThat(seen.bus(), is("bus"));
        assertThat(seen.redis(), is(server.url().address()));
        assertThat(seen.members().stream().map(BusState.Member::name).toList(), contains("me"));
        assertThat(seen.queues(), is(empty()));
        assertThat(seen.running(), is(empty()));
        assertThat(seen.flows(), is(empty()));
    }

    @Test
    void state_tells_what_waits_and_what_runs_and_under_which_limits() throws Exception {
        List<Ticket> tickets = tickets(5, flow(QUEUE, "two", "user==bob"));
        tickets.add(ticket(flow(OTHER, "two")));
        schedule(16, Map.of("two", 2, "user", 3), tickets);
        state.command("LPUSH", OTHER, message("/later", 50));

        BusState seen = reader.state().get();

        assertThat(queue(QUEUE).waiting(), is(3L));
        assertThat(queue(QUEUE).running(), is(2L));
        assertThat(queue(QUEUE).oldest(), is(notNullValue()));
        assertThat(queue(OTHER).waiting(), is(1L));
        assertThat(queue(OTHER).listed(), is(1L));
        assertThat(seen.limits().stream().map(BusState.Limit::name).toList(), contains("two", "user"));
        BusState.Limit two = seen.limits().get(0);
        assertThat(two.running(), is(2L));
        assertThat(two.waiting(), is(4L));
        assertThat(seen.limits().get(1).counters(), contains(new BusState.Counter("user==bob", 2, 0)));
        assertThat(seen.flowsInAll(), is(2L));
        assertThat(seen.flows().get(0).blockedBy(), is("two"));
        assertThat(seen.running(), hasSize(2));
        assertThat(seen.running().get(0).member(), is("me"));
        assertThat(seen.running().get(0).request(), is(idOf(tickets.get(0))));
        assertThat(seen.members().get(0).owns(), is(2L));
    }

    @Test
    void looking_changes_nothing() throws Exception {
        List<Ticket> tickets = tickets(3, flow(QUEUE, "one"));
        schedule(16, Map.of("one", 1), tickets);
        var before = state.all();

        reader.state().get();
        reader.why(idOf(tickets.get(1))).get();
        reader.why(id(77)).get();
        reader.peek(QUEUE, 10).get();
        reader.dead(QUEUE, 10).get();
        reader.unservedQueues().get();

        assertThat(state.all(), is(before));
    }

    @Test
    void member_tells_of_itself() throws Exception {
        MemberReports reports = new MemberReports(redis, KEYS);
        reports.publish("me", report(8, false)).get();

        BusState seen = reader.state().get();

        assertThat(seen.members().get(0).report(), is(report(8, false)));
        assertThat(seen.queues().stream().map(BusState.Queue::name).toList(), contains(QUEUE, OTHER));
        reports.withdraw("me").get();
        assertThat(reader.state().get().members().get(0).report(), is(nullValue()));
    }

    @Test
    void report_that_cannot_be_read_is_none() throws Exception {
        for (String wrong : List.of("", "x", "[]", "{}", "{\"v\":1}", "{\"v\":2}", "{\"v\":1,\"routes\":7}")) {
            state.command("SET", KEYS.report("me"), wrong);

            assertThat(wrong, reader.state().get().members().get(0).report(), is(nullValue()));
        }
    }

    // why

    @Test
    void why_names_the_full_limit_who_holds_it_and_who_comes_before() throws Exception {
        List<Ticket> tickets = tickets(4, flow(QUEUE, "all", "one"));
        schedule(16, Map.of("all", 5, "one", 1), tickets);

        Why.Waiting why = why(tickets.get(3));

        assertThat(why.reason(), is(Why.Reason.LIMIT));
        assertThat(why.blockedBy(), hasSize(1));
        Why.Blocker blocker = why.blockedBy().get(0);
        assertThat(blocker.counter(), is("one"));
        assertThat(blocker.max(), is(1));
        assertThat(
                blocker.holders().stream().map(BusState.RunningRequest::request).toList(),
                contains(idOf(tickets.get(0))));
        assertThat(why.inFlow(), is(2L));
        assertThat(why.position(), is(3L));
        assertThat("nothing has ended yet", why.estimatedWait(), is(nullValue()));
        assertThat(why.counters(), contains(new Why.Usage("all", 1, 5), new Why.Usage("one", 1, 1)));
    }

    @Test
    void position_is_the_order_in_which_they_run() throws Exception {
        List<Ticket> tickets = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            tickets.add(ticket(i % 3 == 0 ? flow(QUEUE, "one") : flow(QUEUE, "one", "user==" + i % 3)));
        }
        schedule(16, Map.of("one", 1, "user", 5), tickets);

        assertThat(positions(tickets), is(orderOfRuns(tickets)));
    }

    /** The requests that wait, by their position. */
    private List<String> positions(List<Ticket> tickets) throws Exception {
        List<String> byPosition = new ArrayList<>();
        List<Why.Waiting> waiting = new ArrayList<>();
        for (Ticket ticket : tickets) {
            if (reader.why(idOf(ticket)).get().get(0) instanceof Why.Waiting why) {
                waiting.add(why);
            }
        }
        waiting.sort(Comparator.comparingLong(Why.Waiting::position));
        waiting.forEach(why -> byPosition.add(why.request()));
        return byPosition;
    }

    private List<String> orderOfRuns(List<Ticket> tickets) throws Exception {
        List<String> runs = new ArrayList<>();
        Claim running = tickets.get(0).claim();
        while (true) {
            List<Claim> next = finish(1, running).granted();
            if (next.isEmpty()) {
                return runs;
            }
            running = next.get(0);
            runs.add(MessageCodec.readRequest(running.message()).extra().requestId());
        }
    }

    @Test
    void why_tells_where_else_a_request_is() throws Exception {
        List<Ticket> tickets = tickets(2, flow(QUEUE, "one"));
        schedule(16, Map.of("one", 1), tickets);
        Ticket taken = ticket(flow(QUEUE));
        byte[] first = message("/first", 50);
        byte[] second = message("/second", 50);
        state.command("LPUSH", "thr:queue:nobodys", first);
        state.command("LPUSH", "thr:queue:nobodys", second);

        Why running = reader.why(idOf(tickets.get(0))).get().get(0);
        assertThat(((Why.Running) running).running().member(), is("me"));
        assertThat(
                "it has no ticket, so nothing is known of it by its name",
                reader.why(idOf(taken)).get(),
                contains(new Why.Unknown(idOf(taken))));
        assertThat(
                reader.why(MessageCodec.readRequest(second).extra().requestId()).get(),
                contains(new Why.Listed(
                        MessageCodec.readRequest(second).extra().requestId(),
                        "thr:queue:nobodys",
                        2,
                        Why.ListedReason.TOO_MANY_WAIT)));
        assertThat(reader.why("*").get(), contains(new Why.Unknown("*")));
        assertThat(reader.why("\\").get(), contains(new Why.Unknown("\\")));
    }

    @Test
    void why_tells_of_a_pause_and_of_missing_members() throws Exception {
        List<Ticket> tickets = tickets(2, flow(QUEUE, "one"));
        schedule(16, Map.of("one", 1), tickets);

        control.pause(QUEUE).get();
        assertThat(why(tickets.get(1)).reason(), is(Why.Reason.PAUSED));
        control.resume(QUEUE).get();
        assertThat(why(tickets.get(1)).reason(), is(Why.Reason.LIMIT));

        new MemberReports(redis, KEYS).publish("me", report(8, true)).get();
        assertThat(why(tickets.get(1)).reason(), is(Why.Reason.NO_MEMBER));
        new MemberReports(redis, KEYS).publish("me", report(8, false)).get();
        state.command("ZADD", KEYS.members(), 1, "me");
        assertThat(why(tickets.get(1)).reason(), is(Why.Reason.NO_MEMBER));
    }

    @Test
    void pace_is_the_mean_of_what_ended_while_others_waited() throws Exception {
        List<Ticket> tickets = tickets(4, flow(QUEUE, "one"));
        schedule(16, Map.of("one", 1), tickets);
        state.command("HSET", KEYS.pace(), "l:one", "2000.000 32");

        Duration estimate = Objects.requireNonNull(why(tickets.get(3)).estimatedWait());

        // two whole runs and what is left of the one that runs
        assertThat(estimate + "", estimate.toMillis() > 5_000 && estimate.toMillis() <= 6_000);
        assertThat("by what it waits for", queue(QUEUE).estimatedWait(), is(Duration.ofSeconds(6)));
        state.command("HSET", KEYS.pace(), "q:" + QUEUE, "1000.000 32");
        assertThat("by Little's law", queue(QUEUE).estimatedWait(), is(Duration.ofSeconds(3)));
        state.command("HDEL", KEYS.pace(), "q:" + QUEUE);
        finish(1, tickets.get(0).claim());
        assertThat(
                String.valueOf(((Map<?, ?>) Objects.requireNonNull(state.content(KEYS.pace()))).get("q:" + QUEUE))
                        .endsWith(" 1"),
                is(true));
        orderOfRuns(tickets.subList(1, 2));
        assertThat("kept while somebody waits", state.all(), not(hasKey(KEYS.pace())));
    }

    // peek

    @Test
    void peek_shows_what_comes_next_without_the_query() throws Exception {
        List<Ticket> tickets = tickets(3, flow(QUEUE, "one"));
        schedule(16, Map.of("one", 1), tickets);
        state.command("LPUSH", QUEUE, message("/listed", 7));
        state.command("LPUSH", QUEUE, "rubbish");

        List<QueuedRequest> next = reader.peek(QUEUE, 10).get();

        assertThat(next, hasSize(4));
        assertThat(next.get(0).request(), is(idOf(tickets.get(1))));
        assertThat(next.get(0).blockedBy(), is("one"));
        assertThat(next.get(0).path(), is("/of/" + QUEUE));
        assertThat(next.get(2).listed(), is(true));
        assertThat(next.get(2).priority(), is(7));
        assertThat(next.get(3).request(), is(""));
        assertThat(reader.peek(QUEUE, 1).get(), hasSize(1));
        assertThat(reader.peek(OTHER, 1).get(), is(empty()));
    }

    // changing

    @Test
    void paused_queue_is_left_alone_and_others_go_on() throws Exception {
        schedule(16, Map.of("one", 1), List.of(ticket(flow(QUEUE, "one"))));
        assertThat(control.pause(QUEUE).get(), is(true));
        assertThat(control.pause(QUEUE).get(), is(false));

        Scheduled paused = schedule(16, Map.of(), tickets(2, flow(QUEUE)));
        Scheduled other = schedule(16, Map.of(), tickets(1, flow(OTHER)));

        assertThat(paused.granted(), is(empty()));
        assertThat(queue(QUEUE).waiting(), is(2L));
        assertThat(queue(QUEUE).pausedSince(), is(notNullValue()));
        assertThat(other.outcomes().get(0).getClass().getSimpleName(), is("Runs"));
        me.renew(Duration.ofSeconds(60)).get();
        assertThat("nobody is woken for it", state.all(), not(hasKey(KEYS.runnable(QUEUE))));

        Queue<String> woken = new ConcurrentLinkedQueue<>();
        try (AutoCloseable waiting = me.wakes(QUEUE, () -> woken.add("woken"))) {
            assertThat(control.resume(QUEUE).get(), is(true));
            await().until(() -> !woken.isEmpty());
        }
        assertThat(control.resume(QUEUE).get(), is(false));
        assertThat(finish(16).granted(), hasSize(2));
    }

    @Test
    void limit_that_somebody_has_set_outlives_a_restart_and_can_be_reset() throws Exception {
        limits.set(Map.of("one", 1), List.of()).get();
        assertThat(control.setLimit("none", 3).get(), is(false));
        assertThat(control.setLimit("one", 3).get(), is(true));

        limits.set(Map.of("one", 2), List.of()).get();

        BusState.Limit seen = reader.state().get().limits().get(0);
        assertThat(seen.max(), is(3));
        assertThat("as configured now", seen.configured(), is(2));
        assertThat(control.resetLimit("one").get(), is(true));
        assertThat(control.resetLimit("one").get(), is(false));
        seen = reader.state().get().limits().get(0);
        assertThat(seen.max(), is(2));
        assertThat(seen.configured(), is(nullValue()));
        assertThrows(IllegalArgumentException.class, () -> control.setLimit("one", -1));
    }

    @Test
    void raised_limit_lets_those_run_that_waited_and_zero_stops_all() throws Exception {
        List<Ticket> tickets = tickets(6, flow(QUEUE, "one"));
        schedule(16, Map.of("one", 1), tickets);

        control.setLimit("one", 3).get();
        assertThat(finish(16).granted(), hasSize(2));
        control.setLimit("one", 0).get();
        assertThat(finish(16, tickets.get(0).claim()).granted(), is(empty()));
        control.resetLimit("one").get();
        assertThat("two run, where one may", finish(16).granted(), is(empty()));
    }

    @Test
    void purge_answers_all_that_wait_and_leaves_what_runs() throws Exception {
        List<Ticket> tickets = tickets(140, flow(QUEUE, "one"));
        schedule(16, Map.of("one", 1), tickets);
        Ticket elsewhere = ticket(flow(OTHER, "one"));
        schedule(16, Map.of("one", 1), List.of(elsewhere));
        for (int i = 0; i < 70; i++) {
            state.command("LPUSH", QUEUE, message("/listed", 50));
        }
        state.command("LPUSH", QUEUE, "rubbish");

        assertThat(control.purge(QUEUE).get(), is(139L + 71));

        assertThat(queue(QUEUE).waiting(), is(0L));
        assertThat(queue(QUEUE).listed(), is(0L));
        assertThat(queue(QUEUE).running(), is(1L));
        assertThat(queue(OTHER).waiting(), is(1L));
        List<?> answers = (List<?>) Objects.requireNonNull(state.content(RESPONSES));
        assertThat(answers, hasSize(139 + 70));
        ResponseMessage answer =
                MessageCodec.readResponse(String.valueOf(answers.get(0)).getBytes(UTF_8));
        assertThat(answer.statusCode(), is(503));
        assertThat(new String(((MessageBody.Inline) answer.body()).bytes(), UTF_8), containsString("by those who run"));
        assertThat(finish(16, tickets.get(0).claim()).granted(), hasSize(1));
        state.command("DEL", RESPONSES);
    }

    @Test
    void member_is_told_to_drain() throws Exception {
        Queue<String> told = new ConcurrentLinkedQueue<>();
        try (AutoCloseable listening = me.words(told::add, () -> told.add("drained"))) {
            assertThat(control.drain("nobody").get(), is(false));
            assertThat(control.drain("me").get(), is(true));

            await().until(() -> told.contains("drained"));
        }
        assertThat(told, hasSize(1));
    }

    @Test
    void dead_letters_are_shown_tried_again_and_forgotten() throws Exception {
        byte[] readable = message("/buried", 50);
        state.command("LPUSH", OTHER, readable);
        Claim buried = claims.take(1).get(0);
        state.command("LPUSH", OTHER, new byte[] {(byte) 0xff, 1, 2});
        Claim bytes = claims.take(1).get(0);
        me.finish(
                        List.of(OTHER),
                        List.of(
                                new Ending(buried, new Ending.Bury("because")),
                                new Ending(bytes, new Ending.Bury("no text"))),
                        0,
                        SOON)
                .get();
        state.command("LPUSH", RedisKeys.dead(OTHER), "not a letter");

        List<DeadLetter> letters = reader.dead(OTHER, 10).get();

        assertThat(letters, hasSize(3));
        assertThat(letters.get(0).reason(), containsString("cannot be read"));
        assertThat(letters.get(1).reason(), is("no text"));
        assertThat(letters.get(2).reason(), is("because"));
        assertThat(
                letters.get(2).request(),
                is(MessageCodec.readRequest(readable).extra().requestId()));
        assertThat(letters.get(2).bytes(), is((long) readable.length));
        assertThat(reader.dead(OTHER, 1).get(), hasSize(1));
        assertThat(control.retry(OTHER, letters.get(0).id()).get(), is(false));
        assertThat(control.retry(OTHER, letters.get(2).id()).get(), is(true));
        assertThat("only once", control.retry(OTHER, letters.get(2).id()).get(), is(false));
        assertThat(control.retry(OTHER, letters.get(1).id()).get(), is(true));
        assertThat(claims.take(2).get(0).message(), is(readable));
        assertThat(control.purgeDead(OTHER).get(), is(1L));
        assertThat(state.all(), not(hasKey(RedisKeys.dead(OTHER))));
    }

    @Test
    void nothing_is_left_of_pauses_and_set_limits_that_have_been_ended() throws Exception {
        limits.set(Map.of("one", 1), List.of()).get();
        control.pause(QUEUE).get();
        control.setLimit("one", 5).get();
        control.resume(QUEUE).get();
        control.resetLimit("one").get();
        state.command("DEL", KEYS.runnable(QUEUE));
        claims.close();
        me.leave().get();

        assertThat(state.all(), is(anEmptyMap()));
    }
}
