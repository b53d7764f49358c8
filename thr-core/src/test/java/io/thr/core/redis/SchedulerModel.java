package io.thr.core.redis;

import static io.thr.core.redis.SchedulerSteps.KEYS;

import io.thr.core.bus.BusState;
import io.thr.core.bus.Why;
import io.thr.core.schedule.Flow;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What the scheduler is to do, in lists and maps, plain and slow. It is told each step and what the scripts replied. Where
 * they have a choice (which of the tickets that may run gets the slot) it sees whether that choice is one they may make;
 * all else it foretells. {@link #compare} then looks at every key.
 */
final class SchedulerModel {

    private static final char RS = '\u001e';
    private static final char US = '\u001f';
    private static final char GS = '\u001d';

    /** A claim that has become a ticket. */
    static final class Ticket {
        final String id;
        final String request;
        final Flow flow;
        final String order;
        final long deadline;
        int attempts;
        String owner = "";
        long since;

        Ticket(Offer offer, String order) {
            id = offer.id;
            request = offer.request;
            flow = offer.flow;
            this.order = order;
            deadline = offer.deadline;
            attempts = offer.attempts;
        }

        private Ticket(Ticket of) {
            id = of.id;
            request = of.request;
            flow = of.flow;
            order = of.order;
            deadline = of.deadline;
            attempts = of.attempts;
            owner = of.owner;
            since = of.since;
        }

        /** Within its flow; two may have one order where one was given back. */
        String place() {
            return order + GS + id;
        }

        boolean waits() {
            return owner.isEmpty();
        }

        boolean runs() {
            return !owner.isEmpty() && since > 0;
        }

        /** The record in Redis, without what its run was charged. */
        String record() {
            return String.join(
                    "\n",
                    owner,
                    millis(since),
                    request,
                    flow.name(),
                    order,
                    String.valueOf(deadline),
                    String.valueOf(attempts));
        }
    }

    /** What is to be scheduled. */
    record Offer(String id, String request, Flow flow, String order, long headStart, long deadline, int attempts) {

        List<Object> arguments() {
            return List.of(id, request, flow.name(), order, headStart, deadline, attempts);
        }
    }

    /** How a claim ends. */
    record End(String id, String action, String key, String payload, int number) {}

    /** Epoch microseconds; later than any clock of ours, by which who looks at the bus sees the leases stand. */
    long now = 4_000_000_000_000_000L;

    final SortedMap<String, Long> members = new TreeMap<>();
    final Map<String, String> messages = new TreeMap<>();
    final Map<String, Ticket> tickets = new TreeMap<>();
    final Map<String, String> requests = new TreeMap<>();
    final Map<String, Ticket> withheld = new TreeMap<>();
    final Map<String, SortedMap<String, String>> claimed = new TreeMap<>();
    final Map<String, Set<String>> sent = new TreeMap<>();
    final Map<String, String> limits = new TreeMap<>();
    final Map<String, Long> cancelled = new TreeMap<>();
    final Set<String> paused = new TreeSet<>();

    /** Limit to the maximum that somebody has set, and the configured one. */
    final Map<String, List<String>> overridden = new TreeMap<>();

    /** How long requests ran of late, by queue and limit. */
    final Map<String, String> pace = new TreeMap<>();

    /** Whether somebody waited when the step began. */
    private boolean waited;

    /** Lists of others that the last step has written to. */
    final Map<String, List<String>> lists = new TreeMap<>();

    /** Queues of others that a step said are to be woken. */
    final Set<String> toWake = new TreeSet<>();

    /** Queues whose markers the last step has set. */
    private final Set<String> marked = new HashSet<>();

    /** Whether limits have been set and the call is to be repeated. */
    boolean settingLimits;

    // what there is

    SortedMap<String, String> claims(String member) {
        return claimed.computeIfAbsent(member, name -> new TreeMap<>());
    }

    Set<String> sentBy(String member) {
        return sent.computeIfAbsent(member, name -> new TreeSet<>());
    }

    boolean hasLease(String member) {
        Long lease = members.get(member);
        return lease != null && lease * 1000 > now;
    }

    List<Ticket> waiting() {
        return tickets.values().stream().filter(Ticket::waits).toList();
    }

    List<Ticket> holders() {
        List<Ticket> holders = new ArrayList<>(withheld.values());
        tickets.values().stream().filter(Ticket::runs).forEach(holders::add);
        return holders;
    }

    private Map<String, Integer> counts() {
        Map<String, Integer> counts = new HashMap<>();
        holders().forEach(ticket -> ticket.flow.counters().forEach(counter -> counts.merge(counter, 1, Integer::sum)));
        return counts;
    }

    private int room(String counter, Map<String, Integer> counts) {
        int cut = counter.indexOf("==");
        String max = limits.get(cut < 0 ? counter : counter.substring(0, cut));
        return max == null ? Integer.MAX_VALUE : Integer.parseInt(max) - counts.getOrDefault(counter, 0);
    }

    private boolean hasRoom(Flow flow, Map<String, Integer> counts) {
        return flow.counters().stream().allMatch(counter -> room(counter, counts) > 0);
    }

    private List<Ticket> runnable(String queue) {
        Map<String, Integer> counts = counts();
        return waiting().stream()
                .filter(ticket -> ticket.flow.queue().equals(queue) && hasRoom(ticket.flow, counts))
                .filter(ticket -> !paused.contains(queue))
                .toList();
    }

    /** So many milliseconds from now, as Lua formats it. */
    private long rounded(long millis) {
        return (long) Math.rint(now / 1000.0 + millis);
    }

    private long millisNow() {
        return Math.floorDiv(now, 1000);
    }

    // the steps

    void claim(String member, String id, String queue, String message) {
        messages.put(id, message);
        claims(member).put(id, queue);
    }

    void schedule(
            String member,
            List<String> queues,
            int want,
            Map<String, Integer> maxima,
            List<Offer> offers,
            Object said) {
        begin();
        List<?> reply = list(said);
        if (!hasLease(member)) {
            same("reply", reply, List.of("no lease"));
            return;
        }
        same("reply", reply.get(0), "done");
        maxima.forEach((limit, max) -> limits.putIfAbsent(limit, String.valueOf(max)));
        List<String> outcomes = texts(reply.get(3));
        same("number of outcomes", outcomes.size(), offers.size());
        int started = 0;
        Set<String> known = new HashSet<>();
        for (int i = 0; i < offers.size(); i++) {
            Offer offer = offers.get(i);
            known.add(offer.id);
            String outcome = outcomes.get(i);
            String foretold = foretell(member, offer);
            if (foretold != null) {
                same("outcome of " + offer.id, outcome.startsWith("wait") ? "wait" : outcome, foretold);
                continue;
            }
            String order =
                    offer.order.isEmpty() ? stamp(Math.max(0, now + offer.headStart * 1000 + i + 1)) : offer.order;
            Ticket ticket = new Ticket(offer, order);
            ticket.since = now;
            if (outcome.equals("run")) {
                started++;
                check(started <= want, "runs though no more are wanted: " + offer);
                check(queues.contains(offer.flow.queue()), "runs though its queue is not the member's: " + offer);
                check(hasRoom(offer.flow, counts()), "runs though a counter is full: " + offer);
                same("tickets that could run and are overtaken", ids(runnable(offer.flow.queue())), List.of());
                check(
                        waiting().stream().noneMatch(other -> other.flow.equals(offer.flow)),
                        "overtakes its own flow: " + offer);
                check(!paused.contains(offer.flow.queue()), "runs though its queue is paused: " + offer);
                ticket.owner = member;
            } else {
                check(
                        outcome.equals("wait")
                                || (outcome.startsWith("wait ")
                                        && offer.flow.counters().contains(outcome.substring(5))),
                        "outcome " + outcome + " of " + offer);
                claims(member).remove(offer.id);
                sentBy(member).remove(offer.id);
            }
            tickets.put(offer.id, ticket);
            requests.put(offer.request, offer.id);
        }
        grants(member, queues, want - started, known, reply.get(4));
        same("how many wait", reply.get(1), (long) waiting().size());
        end(queues, reply.get(2));
    }

    /** What must come of an offer; null where it becomes a ticket. */
    private @Nullable String foretell(String member, Offer offer) {
        Ticket ticket = tickets.get(offer.id);
        if (ticket != null && ticket.waits()) {
            return "wait";
        }
        if (ticket != null && ticket.runs() && ticket.owner.equals(member)) {
            return "run";
        }
        if (!claims(member).containsKey(offer.id)) {
            return "lost";
        }
        String holder = requests.get(offer.request);
        if (holder != null && !holder.equals(offer.id)) {
            return "duplicate";
        }
        return cancelled.containsKey(offer.request) ? "cancelled" : null;
    }

    private void grants(String member, List<String> queues, int want, Set<String> known, Object said) {
        List<?> grants = list(said);
        check(grants.size() <= want, grants.size() + " grants, wanted " + want);
        for (Object one : grants) {
            List<?> grant = list(one);
            String id = String.valueOf(grant.get(0));
            Ticket ticket = tickets.get(id);
            check(ticket != null && ticket.waits(), "granted, and does not wait: " + id);
            Ticket granted = Objects.requireNonNull(ticket);
            String queue = granted.flow.queue();
            same(
                    "grant",
                    grant,
                    List.of(
                            id,
                            queue,
                            known.contains(id) ? "" : Objects.requireNonNull(messages.get(id), id),
                            granted.order,
                            String.valueOf(granted.attempts),
                            String.valueOf(granted.deadline)));
            check(queues.contains(queue), "granted, of a queue that is not the member's: " + id);
            check(hasRoom(granted.flow, counts()), "granted, though a counter is full: " + id);
            check(!paused.contains(queue), "granted, though its queue is paused: " + id);
            for (String preferred : queues.subList(0, queues.indexOf(queue))) {
                same("tickets of a preferred queue that could run", ids(runnable(preferred)), List.of());
            }
            checkOrder(granted, runnable(queue));
            granted.owner = member;
            granted.since = now;
            claims(member).put(id, queue);
        }
        if (grants.size() < want) {
            for (String queue : queues) {
                same("tickets that could run and were not granted", ids(runnable(queue)), List.of());
            }
        }
    }

    private static void checkOrder(Ticket granted, List<Ticket> runnable) {
        int depth = granted.flow.path().size();
        boolean ranked = runnable.stream()
                .allMatch(other -> other.flow.path().size() == depth
                        && other.flow.path().stream().allMatch(Flow.Rank.class::isInstance));
        boolean rankedFirst = runnable.stream()
                .allMatch(other ->
                        !other.flow.path().isEmpty() && other.flow.path().get(0) instanceof Flow.Rank);
        for (Ticket other : runnable) {
            if (other.flow.equals(granted.flow)) {
                check(
                        granted.order.compareTo(other.order) <= 0,
                        "granted " + granted.id + " before " + other.id + " of the same flow");
            } else if (ranked) {
                check(
                        place(granted).compareTo(place(other)) <= 0,
                        "granted " + granted.id + " (" + place(granted) + ") before " + other.id + " (" + place(other)
                                + ")");
            } else if (rankedFirst) {
                check(
                        rank(granted) <= rank(other),
                        "granted " + granted.id + " before " + other.id + " of a better rank");
            }
        }
    }

    private static int rank(Ticket ticket) {
        return ((Flow.Rank) ticket.flow.path().get(0)).number();
    }

    private static String place(Ticket ticket) {
        return path(ticket.flow) + " " + ticket.order;
    }

    void finish(String member, List<String> queues, int want, List<End> ends, Object said) {
        begin();
        List<?> reply = list(said);
        boolean lease = hasLease(member);
        same("lease", reply.get(0), lease ? 1L : 0L);
        List<Long> outcomes = new ArrayList<>();
        for (End end : ends) {
            if (end.action.equals("answer")) {
                list(end.key).add(0, end.payload);
            }
        }
        for (End end : ends) {
            if (claims(member).remove(end.id) == null) {
                outcomes.add(0L);
                released(withheld.remove(end.id + "@" + member));
                continue;
            }
            outcomes.add(1L);
            switch (end.action) {
                case "give_back" -> list(end.key).add(end.payload);
                case "bury" -> {
                    List<String> letters = list(end.key);
                    letters.add(0, end.payload);
                    letters.subList(Math.min(letters.size(), end.number), letters.size())
                            .clear();
                }
                default -> {}
            }
            messages.remove(end.id);
            sentBy(member).remove(end.id);
            Ticket ticket = tickets.remove(end.id);
            if (ticket != null) {
                if (ticket.runs()) {
                    released(ticket);
                }
                requests.remove(ticket.request);
            }
        }
        same("outcomes", reply.get(3), outcomes);
        grants(member, queues, lease ? want : 0, Set.of(), reply.get(4));
        same("how many wait", reply.get(1), (long) waiting().size());
        end(queues, reply.get(2));
    }

    private List<String> list(String key) {
        return lists.computeIfAbsent(key, name -> new ArrayList<>());
    }

    void expire(String member, List<String> queues, int most, Object said) {
        begin();
        List<?> reply = list(said);
        if (!hasLease(member)) {
            same("reply", reply, List.of(0L, List.of(), 0L, List.of(), -1L));
            return;
        }
        List<String> due = deadlines().entrySet().stream()
                .filter(deadline -> deadline.getValue() <= rounded(0))
                .sorted(Map.Entry.<String, Long>comparingByValue().thenComparing(Map.Entry.comparingByKey()))
                .map(Map.Entry::getKey)
                .limit(most)
                .toList();
        List<Object> expired = new ArrayList<>();
        for (String id : due) {
            Ticket kept = withheld.remove(id);
            if (kept != null) {
                released(kept);
                continue;
            }
            Ticket ticket = Objects.requireNonNull(tickets.get(id));
            ticket.owner = member;
            ticket.since = 0;
            claims(member).put(id, ticket.flow.queue());
            expired.add(List.of(
                    id,
                    ticket.flow.queue(),
                    Objects.requireNonNull(messages.get(id)),
                    ticket.order,
                    String.valueOf(ticket.attempts),
                    String.valueOf(ticket.deadline)));
        }
        same("reply", reply, List.of(1L, reply.get(1), (long) due.size(), expired, nextDeadline()));
        end(queues, reply.get(1));
    }

    private Map<String, Long> deadlines() {
        Map<String, Long> deadlines = new TreeMap<>();
        tickets.forEach((id, ticket) -> {
            if (ticket.waits() && ticket.deadline > 0) {
                deadlines.put(id, ticket.deadline);
            }
        });
        withheld.forEach((name, ticket) -> deadlines.put(name, ticket.deadline));
        return deadlines;
    }

    private long nextDeadline() {
        return deadlines().values().stream()
                .min(Comparator.naturalOrder())
                .map(this::millisTo)
                .orElse(-1L);
    }

    private long millisTo(long millis) {
        return Math.max(0, -Math.floorDiv(now - millis * 1000, 1000));
    }

    void cancel(List<String> queues, String request, long millis, Object said) {
        begin();
        List<?> reply = list(said);
        String id = requests.get(request);
        if (id == null) {
            cancelled.values().removeIf(until -> until <= rounded(0));
            cancelled.put(request, rounded(millis));
            same("reply", reply, List.of("noted"));
            return;
        }
        Ticket ticket = Objects.requireNonNull(tickets.get(id));
        if (!ticket.waits()) {
            same("reply", reply, List.of("running", ticket.owner, id));
            return;
        }
        same("reply", reply.get(0), "dropped");
        tickets.remove(id);
        messages.remove(id);
        requests.remove(request);
        end(queues, reply.get(1));
    }

    /** What is to be told of each request that waits, but for its position and how long that takes. */
    void compareWhy(Ticket ticket, Why said) {
        check(said instanceof Why.Waiting, "waits, and is said to be " + said);
        Why.Waiting why = (Why.Waiting) said;
        Map<String, Integer> counts = counts();
        List<String> full = ticket.flow.counters().stream()
                .filter(counter -> room(counter, counts) <= 0)
                .sorted(Comparator.comparing(counter -> -ticket.flow.counters().indexOf(counter)))
                .toList();
        Why.Reason reason = paused.contains(ticket.flow.queue())
                ? Why.Reason.PAUSED
                : members.isEmpty() ? Why.Reason.NO_MEMBER : full.isEmpty() ? Why.Reason.TURN : Why.Reason.LIMIT;
        same("reason of " + ticket.id, why.reason(), reason);
        same("since of " + ticket.id, why.since().toEpochMilli(), (long) Math.rint(ticket.since / 1000.0));
        same(
                "usages of " + ticket.id,
                why.counters(),
                ticket.flow.counters().stream()
                        .map(counter -> new Why.Usage(
                                counter,
                                counts.getOrDefault(counter, 0),
                                limits.containsKey(BusSnapshot.limitOf(counter))
                                        ? Integer.valueOf(limits.get(BusSnapshot.limitOf(counter)))
                                        : null))
                        .toList());
        same(
                "full counters of " + ticket.id,
                why.blockedBy().stream().map(Why.Blocker::counter).toList(),
                reason == Why.Reason.LIMIT ? full : List.of());
        for (Why.Blocker blocker : why.blockedBy()) {
            same("holders of " + blocker.counter(), requestsOf(blocker.holders()), runningIn(blocker.counter()));
            same(
                    "withheld slots of " + blocker.counter(),
                    blocker.withheld(),
                    withheld.values().stream()
                            .filter(other -> other.flow.counters().contains(blocker.counter()))
                            .count());
        }
        long inFlow = waiting().stream()
                .filter(other -> other.flow.equals(ticket.flow) && other.place().compareTo(ticket.place()) < 0)
                .count();
        same("before " + ticket.id + " in its flow", why.inFlow(), inFlow);
        long others = waiting().stream()
                .filter(other -> other.flow.queue().equals(ticket.flow.queue())
                        || other.flow.counters().stream().anyMatch(ticket.flow.counters()::contains))
                .count();
        check(
                why.position() > inFlow && why.position() <= others,
                "position " + why.position() + " of " + ticket.id + " (expected: " + (inFlow + 1) + " to " + others
                        + ")");
    }

    private static Set<String> requestsOf(List<BusState.RunningRequest> running) {
        Set<String> requests = new TreeSet<>();
        running.forEach(one -> requests.add(one.request() + " by " + one.member()));
        return requests;
    }

    private Set<String> runningIn(String counter) {
        Set<String> requests = new TreeSet<>();
        tickets.values().stream()
                .filter(ticket -> ticket.runs() && ticket.flow.counters().contains(counter))
                .forEach(ticket -> requests.add(TicketRecord.requestId(ticket.request) + " by " + ticket.owner));
        return requests;
    }

    /** What is shown of the bus is what there is. */
    void compareState(BusState state) {
        Map<String, Long> waiting = new TreeMap<>();
        waiting().forEach(ticket -> waiting.merge(ticket.flow.queue(), 1L, Long::sum));
        Map<String, Long> running = new TreeMap<>();
        tickets.values().stream()
                .filter(Ticket::runs)
                .forEach(ticket -> running.merge(ticket.flow.queue(), 1L, Long::sum));
        for (BusState.Queue queue : state.queues()) {
            same("waiting in " + queue.name(), queue.waiting(), waiting.getOrDefault(queue.name(), 0L));
            same("running of " + queue.name(), queue.running(), running.getOrDefault(queue.name(), 0L));
            same("paused: " + queue.name(), queue.pausedSince() != null, paused.contains(queue.name()));
        }
        same(
                "running in all",
                state.runningInAll(),
                running.values().stream().mapToLong(n -> n).sum());
        Map<String, Integer> counts = counts();
        Map<String, String> shown = new TreeMap<>();
        Map<String, String> overridden = new TreeMap<>();
        for (BusState.Limit limit : state.limits()) {
            shown.put(limit.name(), String.valueOf(limit.max()));
            if (limit.configured() != null) {
                overridden.put(limit.name(), String.valueOf(limit.configured()));
            }
            for (BusState.Counter counter : limit.counters()) {
                same("running in " + counter.counter(), counter.running(), (long)
                        counts.getOrDefault(counter.counter(), 0));
            }
        }
        same("limits", shown, limits);
        Map<String, String> set = new TreeMap<>();
        this.overridden.forEach((limit, values) -> {
            if (limits.containsKey(limit)) {
                set.put(limit, values.get(1));
            }
        });
        same("configured maxima of limits that somebody has set", overridden, set);
        same("members", state.members().stream().map(BusState.Member::name).toList(), List.copyOf(members.keySet()));
    }

    void setLimits(List<String> queues, String mode, Map<String, String> maxima, Object said) {
        begin();
        long changed = 0;
        for (Map.Entry<String, String> one : maxima.entrySet()) {
            changed += setLimit(mode, one.getKey(), one.getValue()) ? 1 : 0;
        }
        same("how many limits are changed", list(said).get(2), changed);
        settingLimits = list(said).get(0).equals(1L);
        end(queues, list(said).get(1));
    }

    private boolean setLimit(String mode, String limit, String max) {
        List<String> set = overridden.get(limit);
        String inForce = limits.get(limit);
        switch (mode) {
            case "set" -> {
                if (set == null && inForce == null) {
                    return false;
                }
                overridden.put(limit, List.of(max, set == null ? Objects.requireNonNull(inForce) : set.get(1)));
                limits.put(limit, max);
            }
            case "reset" -> {
                if (set == null) {
                    return false;
                }
                overridden.remove(limit);
                if (inForce != null) {
                    limits.put(limit, set.get(1));
                }
            }
            default -> {
                if (max.isEmpty()) {
                    overridden.remove(limit);
                    limits.remove(limit);
                } else {
                    if (set != null) {
                        overridden.put(limit, List.of(set.get(0), max));
                    }
                    limits.put(limit, set == null ? max : set.get(0));
                }
            }
        }
        return true;
    }

    /** Requests that wait are answered and forgotten. */
    void purge(List<String> queues, List<String> ids, String key, String answer, Object said) {
        begin();
        long waits = 0;
        for (String id : ids) {
            Ticket ticket = tickets.get(id);
            if (ticket != null && ticket.waits()) {
                waits++;
                tickets.remove(id);
                messages.remove(id);
                requests.remove(ticket.request);
                list(key).add(0, answer);
            }
        }
        same("how many waited", list(said).get(0), waits);
        end(queues, list(said).get(1));
    }

    /** Nothing more of that queue is begun. */
    void pause(String queue) {
        paused.add(queue);
        marked.clear();
    }

    void resume(String queue) {
        if (paused.remove(queue)) {
            toWake.add(queue);
        }
        marked.clear();
    }

    /** A slot is given back, and how long it was used is noted, where somebody waited. */
    private void released(@Nullable Ticket ticket) {
        if (ticket == null || !waited) {
            return;
        }
        double spent = now / 1000.0 - ticket.since / 1000.0;
        note("q:" + ticket.flow.queue(), spent);
        ticket.flow.counters().forEach(counter -> note("l:" + counter.split("==", 2)[0], spent));
    }

    private void note(String name, double spent) {
        Pace before = paces.computeIfAbsent(name, none -> Pace.read(pace.get(name)));
        int of = Math.min(before.of + 1, 32);
        paces.put(name, new Pace(before.mean + (spent - before.mean) / of, of));
    }

    /** Those that the step has noted, not rounded yet. */
    private final Map<String, Pace> paces = new HashMap<>();

    private record Pace(double mean, int of) {

        static Pace read(@Nullable String record) {
            if (record == null) {
                return new Pace(0, 0);
            }
            String[] parts = record.split(" ", -1);
            return new Pace(Double.parseDouble(parts[0]), Integer.parseInt(parts[1]));
        }

        String record() {
            return new BigDecimal(mean).setScale(3, RoundingMode.HALF_EVEN).toPlainString() + " " + of;
        }
    }

    void renew(String member, List<String> queues, long lease, boolean joins, Object said) {
        begin();
        boolean held = hasLease(member);
        if (held || joins) {
            members.put(member, rounded(lease));
        }
        long wait = members.entrySet().stream()
                .sorted(Map.Entry.<String, Long>comparingByValue().thenComparing(Map.Entry.comparingByKey()))
                .limit(2)
                .filter(other -> !other.getKey().equals(member))
                .findFirst()
                .map(other -> Math.max(0, Math.floorDiv(other.getValue() * 1000 - now, 1000)))
                .orElse(-1L);
        cancelled.values().removeIf(until -> until <= rounded(0));
        same(
                "reply",
                said,
                List.of(
                        held ? 1L : 0L,
                        millisNow(),
                        wait,
                        (long) claims(member).size(),
                        (long) waiting().size(),
                        nextDeadline()));
        end(queues, List.of());
    }

    void takeOver(String member, List<String> queues, String lost, int most, boolean hold, Object said) {
        begin();
        List<?> reply = list(said);
        if (!hasLease(member)) {
            same("reply", reply, List.of("no lease"));
            return;
        }
        if (hasLease(lost)) {
            same("reply", reply, List.of("alive"));
            return;
        }
        int owned = claims(lost).size();
        List<?> moved = reply.subList(2, reply.size());
        same("how many are taken over", moved.size(), Math.min(most, owned));
        for (Object one : moved) {
            String id = String.valueOf(list(one).get(0));
            String queue = claims(lost).remove(id);
            check(queue != null, "taken over, and not the lost member's: " + id);
            claims(member).put(id, Objects.requireNonNull(queue));
            boolean marked = sentBy(lost).remove(id);
            if (marked) {
                sentBy(member).add(id);
            }
            Ticket ticket = tickets.get(id);
            if (ticket != null) {
                if (ticket.runs()) {
                    if (hold && ticket.deadline * 1000 > now) {
                        withheld.put(id + "@" + lost, new Ticket(ticket));
                    } else {
                        released(ticket);
                    }
                    ticket.attempts++;
                }
                ticket.owner = member;
                ticket.since = 0;
            }
            same(
                    "taken over",
                    list(one).stream().map(String::valueOf).toList(),
                    List.of(
                            id,
                            queue,
                            Objects.requireNonNull(messages.get(id)),
                            marked ? "1" : "0",
                            ticket == null ? "" : ticket.order,
                            ticket == null ? "0" : String.valueOf(ticket.attempts),
                            ticket == null ? "0" : String.valueOf(ticket.deadline)));
        }
        if (claims(lost).isEmpty()) {
            members.remove(lost);
            sent.remove(lost);
        }
        end(queues, reply.get(1));
    }

    void leave(String member, Object said) {
        begin();
        same("reply", said, (long) claims(member).size());
        if (!claims(member).isEmpty()) {
            members.put(member, 0L);
            return;
        }
        members.remove(member);
        sent.remove(member);
        if (members.isEmpty() && tickets.isEmpty()) {
            limits.clear();
        }
    }

    private void begin() {
        marked.clear();
        lists.clear();
        paces.clear();
        waited = !waiting().isEmpty();
    }

    private void end(List<String> queues, Object others) {
        List<String> woken = texts(others);
        for (String queue : woken) {
            check(!queues.contains(queue), "to be woken, and the member's own: " + queue);
        }
        toWake.addAll(woken);
        toWake.removeAll(queues);
        marked.addAll(queues);
    }

    // the keys

    /** Compares all that Redis holds with what it should hold. */
    void compare(SortedMap<String, Object> state) {
        paces.forEach((name, noted) -> pace.put(name, noted.record()));
        if (waiting().isEmpty()) {
            pace.clear();
        }
        SortedMap<String, Object> found = new TreeMap<>(state);
        SortedMap<String, Object> expected = new TreeMap<>();
        expected.put(KEYS.members(), strings(members));
        expected.put(KEYS.messages(), messages);
        Map<String, String> records = new TreeMap<>();
        tickets.forEach((id, ticket) -> records.put(id, ticket.record()));
        expected.put(KEYS.tickets(), records);
        found.computeIfPresent(KEYS.tickets(), (key, value) -> withoutCharge(value));
        expected.put(KEYS.requests(), requests);
        Map<String, String> waiting = new TreeMap<>();
        waiting().forEach(ticket -> waiting.put(ticket.flow.name() + GS + ticket.order + GS + ticket.id, "0"));
        expected.put(KEYS.waiting(), waiting);
        expected.put(KEYS.counts(), strings(counts()));
        expected.put(KEYS.limits(), limits);
        expected.put(KEYS.pace(), pace);
        Map<String, String> pauses = new TreeMap<>();
        paused.forEach(queue -> pauses.put(queue, "1"));
        expected.put(KEYS.paused(), pauses);
        Map<String, String> set = new TreeMap<>();
        overridden.forEach((limit, values) -> set.put(limit, String.join(" ", values)));
        expected.put(KEYS.overridden(), set);
        expected.put(KEYS.deadlines(), strings(deadlines()));
        Map<String, String> held = new TreeMap<>();
        withheld.forEach((name, ticket) -> held.put(name, ticket.record()));
        expected.put(KEYS.withheld(), held);
        found.computeIfPresent(KEYS.withheld(), (key, value) -> withoutCharge(value));
        expected.put(KEYS.cancelled(), strings(cancelled));
        claimed.forEach((member, claims) -> expected.put(KEYS.claimed(member), claims));
        sent.forEach((member, ids) -> expected.put(KEYS.sent(member), ids));
        expected.putAll(lists);
        expected.values().removeIf(SchedulerModel::isEmpty);
        Map<String, String> flows = map(found.remove(KEYS.flows()));
        Set<String> run = map(found.remove(KEYS.run())).keySet();
        Set<String> parked = map(found.remove(KEYS.parked())).keySet();
        Map<String, String> fair = map(found.remove(KEYS.fair()));
        Set<String> queuesOfRun = new TreeSet<>();
        run.forEach(member -> queuesOfRun.add(member.split("[\u001d\u001e]", 2)[0]));
        for (String key : List.copyOf(found.keySet())) {
            if (key.startsWith(KEYS.runnable(""))) {
                found.remove(key);
                String queue = key.substring(KEYS.runnable("").length());
                check(
                        (queuesOfRun.contains(queue) && !paused.contains(queue)) || !marked.contains(queue),
                        "a marker, and nothing can run, of " + queue);
                queuesOfRun.remove(queue);
            }
        }
        queuesOfRun.removeAll(toWake);
        queuesOfRun.removeAll(paused);
        same("queues without a marker in which something can run", queuesOfRun, Set.of());
        for (String key : union(found.keySet(), expected.keySet())) {
            same(key, found.get(key), expected.get(key));
        }
        compareFlows(flows, run, parked);
        comparePromise(run, parked);
        compareFair(run, fair);
    }

    private void compareFlows(Map<String, String> flows, Set<String> run, Set<String> parked) {
        Map<String, List<Ticket>> waiting = new TreeMap<>();
        waiting()
                .forEach(ticket -> waiting.computeIfAbsent(ticket.flow.name(), name -> new ArrayList<>())
                        .add(ticket));
        same("flows", flows.keySet(), waiting.keySet());
        Set<String> standing = new TreeSet<>();
        waiting.forEach((name, tickets) -> {
            Flow flow = tickets.get(0).flow;
            String head = tickets.stream()
                    .map(ticket -> ticket.order)
                    .min(Comparator.naturalOrder())
                    .orElseThrow();
            String state = Objects.requireNonNull(flows.get(name));
            String n = String.valueOf(tickets.size());
            check(state.startsWith(n), "flow " + name + " has " + n + " waiting, not as in " + state);
            String member = state.substring(n.length() + 1);
            check(standing.add(member), "stands twice: " + member);
            String[] parts = member.split(String.valueOf(GS), -1);
            same("flow in " + member, parts[2], name);
            if (state.charAt(n.length()) == 'r') {
                check(run.contains(member), "not in run: " + member);
                same("member of run", member, leaf(flow) + GS + head + GS + name);
            } else {
                check(parked.contains(member), "not parked: " + member);
                check(flow.counters().contains(parts[0]), "parked for another's counter: " + member);
                same("order of parked " + member, parts[1].substring(parts[1].length() - head.length()), head);
            }
        });
        Set<String> leafs = new TreeSet<>();
        run.forEach(member -> {
            if (isFlow(member)) {
                leafs.add(member);
            }
        });
        leafs.addAll(parked);
        same("members of run and parked", leafs, standing);
    }

    private static boolean isFlow(String member) {
        String child = member.split(String.valueOf(GS), -1)[2];
        return child.indexOf(RS) != child.lastIndexOf(RS);
    }

    /** No slot stays free while a request could have it: of each queue that has flows parked enough can be tried. */
    private void comparePromise(Set<String> run, Set<String> parked) {
        if (settingLimits) {
            return;
        }
        Map<String, Integer> counts = counts();
        for (String member : parked) {
            String[] parts = member.split(String.valueOf(GS), -1);
            String queue = parts[2].substring(0, parts[2].indexOf(RS));
            int room = room(parts[0], counts);
            if (room > 0) {
                long candidates = run.stream()
                        .filter(SchedulerModel::isFlow)
                        .map(other -> other.split(String.valueOf(GS), -1)[2])
                        .filter(flow -> flow.startsWith(queue + RS)
                                && List.of(flow.substring(flow.lastIndexOf(RS) + 1)
                                                .split(String.valueOf(US), -1))
                                        .contains(parts[0]))
                        .count();
                check(
                        candidates >= room,
                        "parked for " + parts[0] + " with room for " + room + ", of which only " + candidates
                                + " can be tried: " + member);
            }
        }
    }

    private void compareFair(Set<String> run, Map<String, String> fair) {
        Map<String, int[]> numbers = new TreeMap<>();
        for (Ticket ticket : tickets.values()) {
            if (ticket.waits() || ticket.runs()) {
                count(numbers, ticket.flow, ticket.waits() ? 0 : 1);
            }
        }
        withheld.values().forEach(ticket -> count(numbers, ticket.flow, 1));
        Map<String, String> standing = new TreeMap<>();
        for (String member : run) {
            String[] parts = member.split(String.valueOf(GS), -1);
            if (!isFlow(member)) {
                check(standing.put(parts[2], member) == null, "stands twice in run: " + parts[2]);
                int cut = Math.max(parts[2].lastIndexOf(US), parts[2].lastIndexOf(RS));
                same("parent of " + parts[2], parts[0], parts[2].substring(0, cut));
            }
        }
        for (String member : run) {
            String parent = member.split(String.valueOf(GS), -1)[0];
            check(
                    parent.indexOf(RS) < 0 || standing.containsKey(parent),
                    "in run below what does not stand there: " + member);
        }
        for (String node : standing.keySet()) {
            check(
                    run.stream().anyMatch(member -> member.startsWith(node + GS)),
                    "in run, and nothing is below it: " + node);
        }
        check(
                fair.isEmpty() || !tickets.isEmpty() || !withheld.isEmpty(),
                "shares are kept, and there is no ticket: " + fair);
        for (String node : union(fair.keySet(), numbers.keySet())) {
            String share = fair.get(node);
            check(share != null, "no share of " + node);
            String[] parts = Objects.requireNonNull(share).split(" ", -1);
            int[] number = numbers.getOrDefault(node, new int[2]);
            same("waiting and running below " + node, parts[1] + " " + parts[2], number[0] + " " + number[1]);
            check(Double.parseDouble(parts[0]) >= 0, "start of " + node + ": " + share);
            String stands = standing.get(node);
            if (stands == null) {
                same("tag of " + node + " that does not stand in run", parts[7], "");
                continue;
            }
            String tag = stands.split(String.valueOf(GS), -1)[1];
            same("tag of " + node, parts[7], tag);
            String element = node.substring(Math.max(node.lastIndexOf(US), node.lastIndexOf(RS)) + 1);
            String place = element.startsWith("=")
                    ? element.substring(1)
                    : stamp(Math.round(Double.parseDouble(parts[0]) * 1000));
            same("place of " + node, tag, place);
        }
    }

    private static void count(Map<String, int[]> numbers, Flow flow, int which) {
        if (flow.path().isEmpty()) {
            return;
        }
        String leaf = leaf(flow);
        numbers.computeIfAbsent(flow.queue(), name -> new int[2])[which]++;
        for (int at = flow.queue().length() + 1; at > 0; at = leaf.indexOf(US, at) + 1) {
            int end = leaf.indexOf(US, at);
            numbers.computeIfAbsent(end < 0 ? leaf : leaf.substring(0, end), name -> new int[2])[which]++;
        }
    }

    private static String path(Flow flow) {
        return flow.name().split(String.valueOf(RS), -1)[1];
    }

    private static String leaf(Flow flow) {
        return flow.path().isEmpty() ? flow.queue() : flow.queue() + RS + path(flow);
    }

    // texts

    private static String millis(long micros) {
        String fraction = String.valueOf(micros % 1000);
        return micros / 1000 + "." + "0".repeat(3 - fraction.length()) + fraction;
    }

    private static String stamp(long micros) {
        String millis = millis(micros);
        return "0".repeat(18 - millis.length()) + millis;
    }

    private static SortedMap<String, String> withoutCharge(Object records) {
        SortedMap<String, String> cut = new TreeMap<>();
        map(records).forEach((id, record) -> {
            List<String> fields = new ArrayList<>(List.of(record.split("\n", -1)));
            double charge = Double.parseDouble(fields.remove(2));
            check(charge >= 0, "charge in " + record);
            cut.put(id, String.join("\n", fields));
        });
        return cut;
    }

    private static Map<String, String> strings(Map<String, ?> numbers) {
        Map<String, String> strings = new TreeMap<>();
        numbers.forEach((name, number) -> strings.put(name, String.valueOf(number)));
        return strings;
    }

    @SuppressWarnings("unchecked")
    private static Map<String, String> map(@Nullable Object content) {
        return content == null ? Map.of() : (Map<String, String>) content;
    }

    private static boolean isEmpty(Object content) {
        return content instanceof Map<?, ?> map ? map.isEmpty() : ((Collection<?>) content).isEmpty();
    }

    private static List<?> list(Object reply) {
        return (List<?>) reply;
    }

    private static List<String> texts(Object reply) {
        return list(reply).stream().map(String::valueOf).toList();
    }

    private static List<String> ids(List<Ticket> tickets) {
        return tickets.stream().map(ticket -> ticket.id).toList();
    }

    private static Set<String> union(Set<String> one, Set<String> other) {
        Set<String> union = new TreeSet<>(one);
        union.addAll(other);
        return union;
    }

    private static void same(String what, @Nullable Object found, @Nullable Object expected) {
        if (!Objects.equals(found, expected)) {
            throw new AssertionError(what + ": " + found + " (expected: " + expected + ")");
        }
    }

    private static void check(boolean holds, String otherwise) {
        if (!holds) {
            throw new AssertionError(otherwise);
        }
    }
}
