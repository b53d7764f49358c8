package io.thr.core.redis;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.allOf;
import static org.hamcrest.Matchers.closeTo;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.greaterThan;
import static org.hamcrest.Matchers.greaterThanOrEqualTo;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.lessThan;
import static org.hamcrest.Matchers.lessThanOrEqualTo;

import io.thr.core.schedule.Flow;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Who gets the slots while more is asked for than there is: the real scripts, in a time of our own. */
class SchedulerFairnessTest {

    private static final String QUEUE = "thr:a";
    private static final int SLOTS = 8;
    private static final long SECOND = 1_000_000;

    @RegisterExtension
    static final RedisServer redis = RedisServer.embedded();

    private Simulation simulation;

    @BeforeEach
    void begin() {
        simulation = new Simulation(new SchedulerSteps(redis));
    }

    @AfterEach
    void end() {
        simulation.steps.close();
    }

    /** Whether the slots are those of a limit, whose flows are parked, or just as many as the member can run. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void few_have_their_fair_share_beside_a_hundred_times_as_many(boolean limited) {
        simulation.limited = limited;
        simulation.arrive("A", 10_000, List.of(new Flow.Share("A", 1)), SECOND / 10);
        simulation.arrive("B", 100, List.of(new Flow.Share("B", 1)), SECOND / 10);
        simulation.runWhileBothWait("A", "B");
        assertThat(simulation.share("B"), is(greaterThanOrEqualTo(0.95 * 0.5)));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void ten_keys_of_one_tenant_have_one_tenant_s_share(boolean limited) {
        simulation.limited = limited;
        for (int key = 0; key < 10; key++) {
            simulation.arrive("A", 400, List.of(new Flow.Share("A", 1), new Flow.Share("key" + key, 1)), SECOND / 10);
        }
        simulation.arrive("B", 400, List.of(new Flow.Share("B", 1), new Flow.Share("key", 1)), SECOND / 10);
        simulation.runWhileBothWait("A", "B");
        assertThat(simulation.share("B"), is(greaterThanOrEqualTo(0.95 * 0.5)));
        assertThat(simulation.share("A"), is(greaterThanOrEqualTo(0.95 * 0.5)));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void shares_are_as_their_weights(boolean limited) {
        simulation.limited = limited;
        simulation.arrive("A", 600, List.of(new Flow.Share("A", 1)), SECOND / 10);
        simulation.arrive("B", 600, List.of(new Flow.Share("B", 3)), SECOND / 10);
        simulation.runWhileBothWait("A", "B");
        assertThat(simulation.share("A"), is(greaterThanOrEqualTo(0.95 * 0.25)));
        assertThat(simulation.share("B"), is(greaterThanOrEqualTo(0.95 * 0.75)));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void who_takes_ten_times_as_long_gets_a_tenth_of_the_turns(boolean limited) {
        simulation.limited = limited;
        simulation.arrive("A", 600, List.of(new Flow.Share("A", 1)), SECOND);
        simulation.arrive("B", 2_000, List.of(new Flow.Share("B", 1)), SECOND / 10);
        simulation.runWhileBothWait("A", "B");
        assertThat(simulation.share("A"), is(greaterThanOrEqualTo(0.95 * 0.5)));
        assertThat(simulation.share("B"), is(greaterThanOrEqualTo(0.95 * 0.5)));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void who_asks_for_less_than_a_fair_share_hardly_waits(boolean limited) {
        simulation.limited = limited;
        simulation.arrive("A", 1_000, List.of(new Flow.Share("A", 1)), SECOND / 10);
        long longest = 0;
        for (int i = 0; i < 100; i++) {
            simulation.arrive("A", 10, List.of(new Flow.Share("A", 1)), SECOND / 10);
            long arrival = simulation.now;
            String id = simulation.arrive("B", 1, List.of(new Flow.Share("B", 1)), SECOND / 10);
            simulation.run(arrival + SECOND / 10);
            longest = Math.max(longest, simulation.started(id) - arrival);
        }
        assertThat("A waits", simulation.waiting("A"), is(greaterThan(100)));
        // the next slot that is given back
        assertThat("longest wait of B, us", longest, is(lessThanOrEqualTo(SECOND / 10)));
    }

    /** Shares of shares, of various weights and lengths of runs, in a steady state. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void position_and_estimate_foretell_when_each_is_served(boolean limited) {
        simulation.limited = limited;
        simulation.arrive("A", 60, List.of(new Flow.Share("A", 1), new Flow.Share("a", 1)), SECOND / 10);
        simulation.arrive("A", 20, List.of(new Flow.Share("A", 1), new Flow.Share("b", 2)), SECOND / 10);
        simulation.arrive("B", 150, List.of(new Flow.Share("B", 3), new Flow.Share("a", 1)), SECOND / 10);
        simulation.arrive("C", 3, List.of(new Flow.Share("C", 1), new Flow.Share("a", 1)), SECOND / 10);
        simulation.run(simulation.now + SECOND / 2 + 10_000);
        Map<String, Simulation.Foretold> foretold = simulation.foretell();
        assertThat(foretold.size(), is(greaterThan(100)));
        long asked = simulation.now;

        simulation.run(asked + 60 * SECOND);

        foretold.forEach((id, said) -> {
            long served = simulation.started(id);
            long before = foretold.keySet().stream()
                    .filter(other -> simulation.started(other) < served)
                    .count();
            long with = foretold.keySet().stream()
                    .filter(other -> simulation.started(other) == served)
                    .count();
            // those of nearly the same virtual time may change places
            assertThat(
                    id + " at " + said.position + " was served after " + before + " others, with " + with,
                    said.position,
                    is(allOf(greaterThan(before - SLOTS), lessThanOrEqualTo(before + with + SLOTS))));
            double wait = served - asked;
            if (said.position > 4 * SLOTS) {
                assertThat(id + " waited " + wait + " us", said.waitMicros(SLOTS), is(closeTo(wait, 0.2 * wait)));
            }
        });
    }

    @Test
    void the_least_urgent_waits_no_longer_than_its_offset_and_what_came_before() {
        long offset = 5 * SECOND;
        simulation.arrive("flood", 200, List.of(), SECOND / 10);
        String least = simulation.arrive("least", 1, List.of(), SECOND / 10, offset / 1000);
        long arrival = simulation.now;
        long bound = 0;
        // the flood is a tenth more than can be served
        for (int tick = 0; tick < 120; tick++) {
            if (simulation.now <= arrival + offset) {
                bound = simulation.now + (simulation.waiting("flood") / SLOTS + 2) * (SECOND / 10);
            }
            simulation.arrive("flood", 9, List.of(), SECOND / 10);
            simulation.run(simulation.now + SECOND / 10);
        }
        assertThat("flood waits", simulation.waiting("flood"), is(greaterThan(100)));
        assertThat(simulation.started(least), is(lessThanOrEqualTo(bound)));
        assertThat("not before its offset is over", simulation.started(least), is(greaterThan(arrival + offset)));
    }

    @Test
    void a_better_rank_comes_first_whenever_it_came() {
        simulation.arrive("low", 20, List.of(new Flow.Rank(7), new Flow.Share("A", 1)), SECOND / 10);
        simulation.run(simulation.now + SECOND / 10);
        simulation.arrive("high", 40, List.of(new Flow.Rank(2), new Flow.Share("A", 1)), SECOND / 10);
        int low = simulation.waiting("low");
        while (simulation.waiting("high") > 0) {
            assertThat(simulation.waiting("low"), is(low));
            simulation.run(simulation.now + SECOND / 10);
        }
        simulation.run(simulation.now + 10 * SECOND);
        assertThat(simulation.waiting("low"), is(0));
    }

    @Test
    void slot_that_the_first_cannot_take_goes_to_the_next() {
        simulation.limits.putAll(Map.of("first", 1, "second", 1));
        String ends = simulation.offer("ends", new Flow(QUEUE, List.of(), List.of("second")), SECOND);
        String blocked = simulation.offer("blocked", new Flow(QUEUE, List.of(), List.of("first", "second")), SECOND);
        String stays = simulation.offer("stays", new Flow(QUEUE, List.of(), List.of("first")), 100 * SECOND);
        String next = simulation.offer("next", new Flow(QUEUE, List.of(), List.of("second")), SECOND);
        assertThat(simulation.running(), contains(ends, stays));
        simulation.run(simulation.now + SECOND);
        assertThat(simulation.running(), contains(stays, next));
        assertThat(simulation.waiting("blocked"), is(1));
        simulation.run(simulation.now + 200 * SECOND);
        assertThat(simulation.started(blocked), is(lessThan(simulation.now)));
        assertThat(simulation.running(), is(empty()));
    }

    @Test
    void thousands_that_are_blocked_do_not_hide_one_that_can_run() {
        simulation.limits.putAll(Map.of("full", 1));
        for (int i = 0; i < 2_000; i++) {
            simulation.offer(
                    "blocked", new Flow(QUEUE, List.of(), List.of("full", "tenant==" + i % 500)), 100 * SECOND);
        }
        String free = simulation.offer("free", new Flow(QUEUE, List.of(), List.of("tenant==1")), SECOND);
        assertThat(simulation.started(free), is(simulation.now));
    }

    @Test
    void raised_limit_lets_all_look_again_that_now_may_run() {
        simulation.most = 1_000;
        simulation.limits.put("tenant", 2);
        List<String> second = new ArrayList<>();
        List<String> third = new ArrayList<>();
        for (int tenant = 0; tenant < 100; tenant++) {
            Flow flow = new Flow(QUEUE, List.of(), List.of("tenant==" + (100 + tenant)));
            simulation.offer("first", flow, 100 * SECOND);
            // of the last twenty one ends
            second.add(simulation.offer("second", flow, tenant < 80 ? 100 * SECOND : SECOND));
            third.add(simulation.offer("third", flow, 100 * SECOND));
        }
        simulation.setLimit("tenant", 1);
        simulation.run(simulation.now + SECOND);
        simulation.take();
        assertThat("those that wait", simulation.waiting("third"), is(100));
        simulation.setLimit("tenant", 2);
        simulation.take();
        assertThat("those that wait", simulation.waiting("third"), is(80));
        assertThat(simulation.running().containsAll(second.subList(0, 80)), is(true));
        assertThat(simulation.running().containsAll(third.subList(80, 100)), is(true));
        simulation.setLimit("tenant", 3);
        simulation.take();
        assertThat("those that wait", simulation.waiting("third"), is(0));
    }

    /** One member that runs what it is given, each for its own time. */
    private static final class Simulation {

        private record Job(String id, String who, Flow flow, long duration, long headStart) {}

        private record Running(Job job, long end) {}

        private static final String ME = "m";

        final SchedulerSteps steps;
        final Map<String, Integer> limits = new HashMap<>();
        private final Map<String, Job> jobs = new HashMap<>();
        private final Map<String, Long> started = new HashMap<>();
        private final PriorityQueue<Running> running =
                new PriorityQueue<>(Comparator.comparingLong(Running::end).thenComparing(run -> run.job.id));
        private final Map<String, Integer> waiting = new HashMap<>();
        private final Map<String, Long> used = new HashMap<>();
        private boolean limited;
        private int most = SLOTS;
        private long now = 1_790_000_000 * SECOND;

        Simulation(SchedulerSteps steps) {
            this.steps = steps;
            steps.call("member_renew", ME, now, List.of(QUEUE), List.of(), List.of(1_000_000_000L, 1));
        }

        /** So many come at once; gives the id of the last. */
        String arrive(String who, int count, List<Flow.Level> path, long duration) {
            return arrive(who, count, path, duration, 0);
        }

        String arrive(String who, int count, List<Flow.Level> path, long duration, long headStart) {
            if (limited) {
                limits.put("all", SLOTS);
            }
            Flow flow = new Flow(QUEUE, path, limited ? List.of("all") : List.of());
            List<Job> arrived = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                arrived.add(new Job("c" + (jobs.size() + arrived.size()), who, flow, duration, headStart));
            }
            for (int i = 0; i < count; i += 16) {
                schedule(arrived.subList(i, Math.min(count, i + 16)));
                arrived.subList(i, Math.min(count, i + 16)).forEach(job -> jobs.put(job.id, job));
            }
            return arrived.get(count - 1).id;
        }

        String offer(String who, Flow flow, long duration) {
            Job job = new Job("c" + jobs.size(), who, flow, duration, 0);
            schedule(List.of(job));
            return job.id;
        }

        private void schedule(List<Job> arrived) {
            List<Object> arguments = new ArrayList<>();
            arguments.add(want());
            arguments.add(limits.size());
            limits.forEach((limit, max) -> {
                arguments.add(limit);
                arguments.add(max);
            });
            for (Job job : arrived) {
                jobs.put(job.id, job);
                waiting.merge(job.who, 1, Integer::sum);
                steps.put("HSET", SchedulerSteps.KEYS.messages(), job.id, job.id);
                steps.put("HSET", SchedulerSteps.KEYS.claimed(ME), job.id, QUEUE);
                arguments.addAll(List.of(job.id, job.id, job.flow.name(), "", job.headStart, 0, 0));
            }
            List<?> reply = (List<?>) steps.call("schedule", ME, now, List.of(QUEUE), List.of(), arguments);
            List<?> outcomes = (List<?>) reply.get(3);
            for (int i = 0; i < arrived.size(); i++) {
                if (outcomes.get(i).equals("run")) {
                    start(arrived.get(i).id);
                }
            }
            grants(reply.get(4));
        }

        void setLimit(String limit, int max) {
            limits.put(limit, max);
            Object more;
            do {
                more = ((List<?>) steps.call(
                                "limits_set",
                                ME,
                                now,
                                List.of(QUEUE),
                                List.of(SchedulerSteps.KEYS.overridden()),
                                List.of("configured", limit, max)))
                        .get(0);
            } while (more.equals(1L));
        }

        /** Takes until nothing more can run. */
        void take() {
            int before;
            do {
                before = running.size();
                List<?> reply = (List<?>) steps.call("finish", ME, now, List.of(QUEUE), List.of(), List.of(want()));
                grants(reply.get(4));
            } while (running.size() > before);
        }

        private int want() {
            return limited ? 16 : Math.min(16, most - running.size());
        }

        private void grants(Object grants) {
            ((List<?>) grants).forEach(grant -> start(String.valueOf(((List<?>) grant).get(0))));
        }

        private void start(String id) {
            Job job = Objects.requireNonNull(jobs.get(id), id);
            waiting.merge(job.who, -1, Integer::sum);
            started.put(id, now);
            running.add(new Running(job, now + job.duration));
            assertThat(running.size(), is(lessThanOrEqualTo(most)));
        }

        /** Until then, whatever ends is followed by what may run next. */
        void run(long until) {
            while (!running.isEmpty() && running.element().end <= until) {
                finishNext();
            }
            pass(until);
        }

        void runWhileBothWait(String one, String other) {
            while (waiting(one) > 0 && waiting(other) > 0) {
                finishNext();
            }
        }

        private void finishNext() {
            pass(running.element().end);
            String ended = running.remove().job.id;
            List<?> reply = (List<?>)
                    steps.call("finish", ME, now, List.of(QUEUE), List.of(), List.of(want(), ended, "drop", 0, "", 0));
            grants(reply.get(4));
        }

        private void pass(long until) {
            running.forEach(run -> used.merge(run.job.who, until - now, Long::sum));
            now = until;
        }

        /** The share of the time of all slots that has been used. */
        double share(String who) {
            long all = used.values().stream().mapToLong(Long::longValue).sum();
            return used.getOrDefault(who, 0L) / (double) all;
        }

        int waiting(String who) {
            return waiting.getOrDefault(who, 0);
        }

        /** What is told of one that waits: its position, and the mean run of what it waits for. */
        record Foretold(long position, double meanMillis) {

            double waitMicros(int slots) {
                return position * meanMillis * 1000 / slots;
            }
        }

        Map<String, Foretold> foretell() {
            List<String> waiting = jobs.keySet().stream()
                    .filter(id -> !started.containsKey(id))
                    .toList();
            List<?> replies = (List<?>) steps.call("inspect", ME, now, List.of(QUEUE), List.of(), waiting);
            Map<String, Foretold> foretold = new HashMap<>();
            for (int i = 0; i < waiting.size(); i++) {
                List<?> reply = (List<?>) replies.get(i);
                assertThat(reply.get(0), is("waiting"));
                foretold.put(
                        waiting.get(i),
                        new Foretold((Long) reply.get(7) + 1, Double.parseDouble(String.valueOf(reply.get(8)))));
            }
            return foretold;
        }

        long started(String id) {
            return started.getOrDefault(id, Long.MAX_VALUE);
        }

        Set<String> running() {
            Set<String> ids = new TreeSet<>();
            running.forEach(run -> ids.add(run.job.id));
            return ids;
        }
    }
}
