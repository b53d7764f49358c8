package io.thr.core.redis;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.greaterThanOrEqualTo;
import static org.hamcrest.Matchers.is;

import io.thr.core.Choices;
import io.thr.core.Tries;
import io.thr.core.bus.Why;
import io.thr.core.redis.SchedulerModel.End;
import io.thr.core.redis.SchedulerModel.Offer;
import io.thr.core.redis.SchedulerModel.Ticket;
import io.thr.core.schedule.Flow;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Random histories of all steps, as members take them that come, pause, and go: after each step its reply and every key
 * are compared with {@link SchedulerModel}. The scripts choose at random which shares to forget, so that a seed makes the
 * same steps again, but where fairness decides not always the same grants.
 */
class SchedulerModelTest {

    private static final int HISTORIES = Integer.getInteger("thr.histories", 120);
    private static final int STEPS = 200;
    private static final int LOOK_EVERY = 100;

    @RegisterExtension
    static final RedisServer redis = RedisServer.embedded();

    private static SchedulerSteps steps;
    private static Redis connected;
    private static BusReader reader;
    private static int taken;
    private static int explained;

    @BeforeAll
    static void connect() {
        steps = new SchedulerSteps(redis);
        connected = Redis.connect(redis.url(), "model");
        reader = new BusReader(connected, SchedulerSteps.KEYS);
    }

    @AfterAll
    static void disconnect() {
        steps.close();
        connected.close();
    }

    @Test
    void every_history_is_as_the_model_has_it() {
        Tries.check(HISTORIES, History::new, History::play);
        assertThat("steps", taken, is(greaterThanOrEqualTo(HISTORIES * STEPS)));
        assertThat("requests that waited and were asked about", explained, is(greaterThanOrEqualTo(HISTORIES)));
    }

    /** One history, made up while it runs. */
    private static final class History {

        private static final List<String> QUEUES = List.of("thr:a", "thr:b");
        private static final List<String> LIMITS = List.of("all", "some", "tenant");

        private record Member(String name, List<String> queues) {}

        private final Choices choices;
        private final SchedulerModel model = new SchedulerModel();
        private final Deque<String> last = new ArrayDeque<>();
        private final List<Member> members = new ArrayList<>();
        private final List<Member> gone = new ArrayList<>();
        private final Map<String, Integer> maxima = new TreeMap<>();
        private final Map<String, Integer> shapes = new TreeMap<>();
        private final Map<String, Offer> offers = new HashMap<>();
        private final List<String> requests = new ArrayList<>();
        private final int tenants;
        private final int most;
        private int number;

        History(Choices choices) {
            this.choices = choices;
            LIMITS.forEach(limit -> maxima.put(limit, choices.of(1, 1, 2, 3, 6)));
            QUEUES.forEach(queue -> shapes.put(queue, choices.index(6)));
            tenants = choices.of(1, 2, 4);
            most = choices.of(4, 8, 12, 40);
        }

        void play() {
            steps.put("FLUSHALL");
            join();
            for (int i = 0; i < STEPS; i++) {
                step();
                if (i % LOOK_EVERY == LOOK_EVERY - 1) {
                    look();
                }
            }
            end();
        }

        /** Who runs the bus is told what there is, and of each request that waits why. */
        private void look() {
            // what has been put is there when this is answered
            List<Object> unused = steps.replies();
            model.compareState(reader.state().join());
            for (Ticket ticket : model.waiting()) {
                List<Why> why =
                        reader.why(TicketRecord.requestId(ticket.request)).join();
                if (why.size() != 1) {
                    throw new AssertionError("one, not " + why);
                }
                model.compareWhy(ticket, why.get(0));
                explained++;
            }
        }

        private void step() {
            model.now += choices.of(0L, 1L, 1_000L, choices.between(0L, 20_000L), choices.between(0L, 200_000L));
            Member member = choices.of(members);
            int kind = choices.index(100);
            if (kind < 30) {
                schedule(member);
            } else if (kind < 58) {
                finish(member, choices.of(0, 1, 2, 4, 16));
            } else if (kind < 66) {
                finish(member, member.queues, choices.of(1, 2, 16), List.of());
            } else if (kind < 74) {
                renew(member, choices.between(5_000, 20_000), false);
            } else if (kind < 80) {
                cancel();
            } else if (kind < 87) {
                expire(member, choices.of(1, 2, 16));
            } else if (kind < 89) {
                setLimits(member);
            } else if (kind < 90) {
                if (choices.oneIn(2)) {
                    purge(member);
                } else {
                    pauseOrResume(choices.of(QUEUES));
                }
            } else if (kind < 95 && !gone.isEmpty()) {
                takeOver(member, choices.of(gone), choices.of(1, 3, 16, 16), choices.oneIn(2));
            } else if (kind < 96) {
                takeOver(member, choices.of(members), 16, choices.oneIn(2));
            } else if (kind < 97) {
                leave(member);
            } else if (kind < 98) {
                pause();
            } else if (members.size() < 4) {
                join();
            } else {
                markSent(member);
            }
        }

        // members

        private void join() {
            List<String> queues = choices.of(
                    List.of(QUEUES.get(0)), List.of(QUEUES.get(1)), QUEUES, List.of(QUEUES.get(1), QUEUES.get(0)));
            join(queues);
        }

        private void join(List<String> queues) {
            Member member = new Member("m" + ++number, queues);
            members.add(member);
            renew(member, choices.between(5_000, 20_000), true);
        }

        private void renew(Member member, long lease, boolean joins) {
            step(
                    "member_renew",
                    member,
                    member.queues,
                    List.of(),
                    List.of(lease, joins ? 1 : 0),
                    reply -> model.renew(member.name, member.queues, lease, joins, reply));
        }

        /** Time goes by in which some renew their leases, and some do not. */
        private void pause() {
            List<Member> awake =
                    members.stream().filter(member -> !choices.oneIn(3)).toList();
            for (int i = 0; i < 5; i++) {
                model.now += 4_000_000L;
                awake.forEach(member -> renew(member, 10_000, false));
            }
            // who finds its lease lost comes back under another name
            members.removeIf(member -> {
                if (!model.hasLease(member.name) && !choices.oneIn(4)) {
                    gone.add(member);
                    return true;
                }
                return false;
            });
            if (members.isEmpty()) {
                join();
            }
        }

        private void leave(Member member) {
            step("member_leave", member, member.queues, List.of(), List.of(), reply -> model.leave(member.name, reply));
            members.remove(member);
            gone.add(member);
            if (members.isEmpty()) {
                join();
            }
        }

        private void takeOver(Member member, Member lost, int most, boolean hold) {
            step(
                    "claims_take_over",
                    member,
                    member.queues,
                    List.of(SchedulerSteps.KEYS.claimed(lost.name), SchedulerSteps.KEYS.sent(lost.name)),
                    List.of(lost.name, most, hold ? "hold" : "release"),
                    reply -> model.takeOver(member.name, member.queues, lost.name, most, hold, reply));
        }

        private void markSent(Member member) {
            List<String> running = new ArrayList<>(model.claims(member.name).keySet());
            if (!running.isEmpty()) {
                String id = choices.of(running);
                model.sentBy(member.name).add(id);
                steps.put("SADD", SchedulerSteps.KEYS.sent(member.name), id);
            }
        }

        // tickets

        private void schedule(Member member) {
            Set<String> ids = new LinkedHashSet<>();
            int waiting = model.waiting().size();
            for (int i = choices.of(0, 1, 2, choices.between(1, 16)); i > 0 && waiting < most; i--) {
                if (model.hasLease(member.name)) {
                    ids.add(claim(member));
                }
            }
            List<String> own = new ArrayList<>(model.claims(member.name).keySet());
            for (int i = choices.of(0, 0, 2, 8); i > 0 && !own.isEmpty(); i--) {
                ids.add(choices.of(own));
            }
            if (choices.oneIn(8) && !offers.isEmpty()) {
                ids.add(choices.of(offers.keySet().stream().sorted().toList()));
            }
            if (choices.oneIn(10)) {
                // some wait for a later call, or are left behind
                ids.removeIf(id -> choices.oneIn(2));
            }
            List<Offer> tickets = ids.stream().limit(16).map(this::offer).toList();
            if (tickets.isEmpty()) {
                return;
            }
            int want = choices.of(0, 1, 2, 16);
            schedule(member, want, tickets);
            if (choices.oneIn(10)) {
                // its reply was lost
                schedule(member, choices.of(0, want), tickets);
            }
        }

        private void schedule(Member member, int want, List<Offer> tickets) {
            Map<String, Integer> known = new TreeMap<>();
            tickets.forEach(ticket -> ticket.flow().counters().forEach(counter -> {
                String limit = counter.split("==", 2)[0];
                known.put(limit, maxima.getOrDefault(limit, 1));
            }));
            List<Object> arguments = new ArrayList<>();
            arguments.add(want);
            arguments.add(known.size());
            known.forEach((limit, max) -> {
                arguments.add(limit);
                arguments.add(max);
            });
            tickets.forEach(ticket -> arguments.addAll(ticket.arguments()));
            step(
                    "schedule",
                    member,
                    member.queues,
                    List.of(),
                    arguments,
                    reply -> model.schedule(member.name, member.queues, want, known, tickets, reply));
        }

        private static String name(int request) {
            return "r" + request + " thr:queue:response:of";
        }

        private String claim(Member member) {
            String id = "c" + ++number;
            String queue = choices.oneIn(12) ? choices.of(QUEUES) : choices.of(member.queues);
            String request = choices.oneIn(12) && !requests.isEmpty() ? choices.of(requests) : name(number);
            requests.add(request);
            steps.put("HSET", SchedulerSteps.KEYS.messages(), id, "message of " + id);
            steps.put("HSET", SchedulerSteps.KEYS.claimed(member.name), id, queue);
            model.claim(member.name, id, queue, "message of " + id);
            offers.put(
                    id,
                    new Offer(
                            id,
                            request,
                            flow(queue),
                            "",
                            choices.of(0, 0, 20, 500),
                            choices.oneIn(2) ? 0 : model.now / 1000 + choices.between(-10, 3_000),
                            choices.between(0, 3)));
            return id;
        }

        private Offer planned(String id) {
            return Objects.requireNonNull(offers.get(id), id);
        }

        /** As it was offered before, and where it stood then. */
        private Offer offer(String id) {
            Offer offer = planned(id);
            Ticket ticket = model.tickets.get(id);
            Offer again = new Offer(
                    id,
                    offer.request(),
                    choices.oneIn(8) ? flow(offer.flow().queue()) : offer.flow(),
                    ticket == null ? "" : ticket.order,
                    offer.headStart(),
                    offer.deadline(),
                    offer.attempts());
            offers.put(id, again);
            return again;
        }

        private Flow flow(String queue) {
            List<String> counters = new ArrayList<>();
            if (choices.oneIn(2)) {
                counters.add("all");
            }
            if (choices.oneIn(2)) {
                counters.add("some");
            }
            if (choices.oneIn(2)) {
                counters.add("tenant==" + choices.index(tenants));
            }
            return new Flow(queue, path(shapes.getOrDefault(queue, 0)), counters);
        }

        private List<Flow.Level> path(int shape) {
            return switch (shape) {
                case 0, 1 -> List.of();
                case 2 -> List.of(rank());
                case 3 -> List.of(share(2));
                case 4 -> choices.oneIn(2) ? List.of(share(2), share(3)) : List.of(rank(), share(3));
                default -> path(choices.index(5));
            };
        }

        private Flow.Level rank() {
            return new Flow.Rank(choices.of(0, 1, 10));
        }

        private Flow.Level share(int keys) {
            int key = choices.index(keys);
            return new Flow.Share("k" + key, key == 1 ? 2.5 : 1);
        }

        private void finish(Member member, int want) {
            Set<String> ids = new LinkedHashSet<>();
            List<String> own = new ArrayList<>(model.claims(member.name).keySet());
            for (int i = choices.of(1, 1, 3, 16); i > 0 && !own.isEmpty(); i--) {
                ids.add(choices.of(own));
            }
            if (choices.oneIn(6) && !offers.isEmpty()) {
                ids.add(choices.of(offers.keySet().stream().sorted().toList()));
            }
            Member by = member;
            if (!gone.isEmpty() && choices.oneIn(6)) {
                // a late word
                by = choices.of(gone);
                model.withheld.keySet().stream()
                        .filter(name -> !choices.oneIn(3))
                        .forEach(name -> ids.add(name.substring(0, name.indexOf('@'))));
            }
            List<End> ends = ids.stream().limit(16).map(this::end).toList();
            finish(by, by.queues, want, ends);
            if (choices.oneIn(10)) {
                finish(by, by.queues, choices.of(0, want), ends);
            }
        }

        private End end(String id) {
            String queue = planned(id).flow().queue();
            return switch (choices.index(8)) {
                case 0 -> new End(id, "give_back", queue, "again " + id, 0);
                case 1 -> new End(id, "bury", queue + ":dead", "letter of " + id, 2);
                case 2 -> new End(id, "drop", "", "", 0);
                default -> new End(id, "answer", "thr:queue:response:" + choices.index(2), "response to " + id, 60);
            };
        }

        private void finish(Member member, List<String> queues, int want, List<End> ends) {
            List<String> keys = ends.stream()
                    .map(End::key)
                    .filter(key -> !key.isEmpty())
                    .distinct()
                    .toList();
            List<Object> arguments = new ArrayList<>();
            arguments.add(want);
            ends.forEach(end -> arguments.addAll(
                    List.of(end.id(), end.action(), keys.indexOf(end.key()) + 1, end.payload(), end.number())));
            step(
                    "finish",
                    member,
                    queues,
                    keys,
                    arguments,
                    reply -> model.finish(member.name, queues, want, ends, reply));
            keys.forEach(key -> steps.put("DEL", key));
        }

        private void expire(Member member, int most) {
            step(
                    "expire",
                    member,
                    member.queues,
                    List.of(),
                    List.of(most),
                    reply -> model.expire(member.name, member.queues, most, reply));
        }

        private void cancel() {
            String request = requests.isEmpty() || choices.oneIn(4)
                    ? name(number + choices.between(1, 8))
                    : requests.get(Math.max(0, requests.size() - 1 - choices.between(0, 60)));
            // a front is no member
            Member front = choices.oneIn(2) ? new Member("", List.of()) : choices.of(members);
            step(
                    "cancel",
                    front,
                    front.queues,
                    List.of(),
                    List.of(request, 60_000),
                    reply -> model.cancel(front.queues, request, 60_000, reply));
        }

        private void setLimits(Member member) {
            Map<String, String> set = new TreeMap<>();
            for (String limit : LIMITS) {
                if (choices.oneIn(2)) {
                    set.put(limit, choices.of("", "0", "1", "2", "4"));
                }
            }
            String mode = choices.of("configured", "set", "reset");
            if (!mode.equals("configured")) {
                set.replaceAll((limit, max) -> max.isEmpty() ? "3" : max);
            }
            if (!set.isEmpty()) {
                setLimits(member, mode, set);
            }
        }

        private void pauseOrResume(String queue) {
            if (model.paused.contains(queue)) {
                steps.put("HDEL", SchedulerSteps.KEYS.paused(), queue);
                model.resume(queue);
            } else {
                steps.put("HSET", SchedulerSteps.KEYS.paused(), queue, 1);
                model.pause(queue);
            }
        }

        private void purge(Member member) {
            Set<String> ids = new LinkedHashSet<>();
            model.waiting().stream()
                    .filter(ticket -> !choices.oneIn(3))
                    .limit(20)
                    .forEach(ticket -> ids.add(ticket.id));
            if (!offers.isEmpty()) {
                ids.add(choices.of(offers.keySet().stream().sorted().toList()));
            }
            String key = "thr:queue:response:purged";
            List<Object> arguments = new ArrayList<>();
            ids.forEach(id -> arguments.addAll(List.of(id, 1, "purged", 60)));
            if (arguments.isEmpty()) {
                return;
            }
            step(
                    "purge",
                    member,
                    member.queues,
                    List.of(key),
                    arguments,
                    reply -> model.purge(member.queues, List.copyOf(ids), key, "purged", reply));
            steps.put("DEL", key);
        }

        private void setLimits(Member member, String mode, Map<String, String> set) {
            do {
                List<Object> arguments = new ArrayList<>(List.of(mode));
                set.forEach((limit, max) -> {
                    arguments.add(limit);
                    arguments.add(max);
                });
                step(
                        "limits_set",
                        member,
                        member.queues,
                        List.of(SchedulerSteps.KEYS.overridden()),
                        arguments,
                        reply -> model.setLimits(member.queues, mode, set, reply));
            } while (model.settingLimits);
        }

        /** All that is left ends, and leaves nothing. */
        private void end() {
            members.clear();
            model.now += 60_000_000;
            join(QUEUES);
            Member member = members.get(0);
            Map<String, String> open = new TreeMap<>();
            LIMITS.forEach(limit -> open.put(limit, "1"));
            LIMITS.stream()
                    .filter(model.overridden::containsKey)
                    .forEach(limit -> setLimits(member, "reset", Map.of(limit, "1")));
            setLimits(member, "configured", open);
            List.copyOf(model.paused).forEach(this::pauseOrResume);
            for (String lost : List.copyOf(model.members.keySet())) {
                if (!lost.equals(member.name)) {
                    while (model.members.containsKey(lost)) {
                        takeOver(member, new Member(lost, QUEUES), 16, choices.oneIn(2));
                    }
                }
            }
            while (!model.tickets.isEmpty()
                    || !model.withheld.isEmpty()
                    || !model.claims(member.name).isEmpty()) {
                List<End> ends = model.claims(member.name).keySet().stream()
                        .limit(16)
                        .map(this::end)
                        .toList();
                finish(member, QUEUES, 16, ends);
                model.now += 10_000;
                renew(member, 10_000, false);
                expire(member, 16);
            }
            model.now += 60_000_000;
            renew(member, 10_000, true);
            step("member_leave", member, QUEUES, List.of(), List.of(), reply -> model.leave(member.name, reply));
            steps.look(List.of(), QUEUES, List.of());
            Map<String, Object> left = steps.state(steps.replies());
            if (!left.isEmpty()) {
                throw new AssertionError("left when all have left: " + left);
            }
        }

        private void step(
                String script,
                Member member,
                List<String> queues,
                List<String> moreKeys,
                List<?> moreArguments,
                Consumer<Object> told) {
            String step = model.now + " " + script + " of " + member.name + " " + queues + " " + moreKeys + " "
                    + moreArguments;
            last.add(step);
            if (last.size() > 12) {
                last.remove();
            }
            for (String queue : model.toWake) {
                if (choices.oneIn(2)) {
                    steps.put("LPUSH", SchedulerSteps.KEYS.runnable(queue), 1);
                }
            }
            steps.send(script, member.name, model.now, queues, moreKeys, moreArguments);
            steps.look(
                    model.claimed.keySet(), QUEUES, List.of("finish", "purge").contains(script) ? moreKeys : List.of());
            List<Object> replies = steps.replies();
            last.removeLast();
            last.add(step + " -> " + replies.get(0));
            told.accept(replies.get(0));
            taken++;
            model.compare(steps.state(replies.subList(1, replies.size())));
        }

        @Override
        public String toString() {
            return String.join("\n", last);
        }
    }
}
