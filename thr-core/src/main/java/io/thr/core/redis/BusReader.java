package io.thr.core.redis;

import io.thr.core.bus.BusState;
import io.thr.core.bus.BusState.RunningRequest;
import io.thr.core.bus.DeadLetter;
import io.thr.core.bus.MemberReport;
import io.thr.core.bus.QueuedRequest;
import io.thr.core.bus.Why;
import io.thr.core.message.MalformedMessageException;
import io.thr.core.message.MessageCodec;
import io.thr.core.message.RequestMessage;
import io.thr.core.schedule.Inspection;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Looks at a bus and changes nothing: for those who run it. Needs no running member. Threads may share it.
 *
 * <p>Each future fails with a {@link RedisException} or {@link RedisUnavailableException} where Redis cannot be asked.
 */
public final class BusReader {

    private static final Patience SOON = Patience.repeatable(Duration.ofSeconds(2));

    /** How many commands or fields go in one call. */
    private static final int PAGE = 500;

    /** Of how many flows it is looked up since when the first waits. */
    private static final int MOST_HEADS = 500;

    /** How many tickets of what members own are looked at. */
    private static final int MOST_TICKETS = 5_000;

    /** How far lists are searched for a request. */
    private static final int MOST_LISTED = 10_000;

    private final Redis redis;
    private final RedisKeys keys;
    private final FlowScan flows;
    private final LiveLimits limits;
    private final MemberReports reports;
    private final Inspector inspector;

    /** For that bus. */
    public BusReader(Redis redis, RedisKeys keys) {
        this.redis = redis;
        this.keys = keys;
        this.flows = new FlowScan(redis, keys);
        this.limits = new LiveLimits(redis, keys);
        this.reports = new MemberReports(redis, keys);
        this.inspector = new Inspector(redis, keys);
    }

    /** The bus at a glance. */
    public CompletableFuture<BusState> state() {
        return snapshot().thenApply(this::state);
    }

    private BusState state(BusSnapshot snapshot) {
        return snapshot.state(keys.bus(), redis.url().address());
    }

    // reading

    private record Basics(
            Instant at,
            Map<String, Long> leases,
            Map<String, Instant> paused,
            Map<String, Duration> pace,
            Map<String, Integer> configured,
            List<String> drained,
            List<String> withheld) {}

    private CompletableFuture<BusSnapshot> snapshot() {
        CompletableFuture<Basics> basics = basics();
        CompletableFuture<Map<String, Integer>> maxima = limits.inForce();
        CompletableFuture<Map<String, Long>> counts = limits.counts();
        CompletableFuture<List<FlowScan.Row>> waiting = flows.all();
        CompletableFuture<Map<String, Instant>> heads = waiting.thenCompose(this::heads);
        CompletableFuture<Map<String, MemberReport>> said =
                basics.thenCompose(found -> reports.of(found.leases.keySet()));
        CompletableFuture<Map<String, Map<String, String>>> owned =
                basics.thenCompose(found -> owned(found.leases.keySet()));
        CompletableFuture<List<RunningRequest>> running = owned.thenCompose(this::running);
        CompletableFuture<List<Map<String, Long>>> lengths = CompletableFuture.allOf(said, owned, waiting)
                .thenCompose(done -> lengths(BusSnapshot.queues(
                        said.join().values(),
                        owned.join().values(),
                        basics.join().paused.keySet(),
                        basics.join().pace.keySet(),
                        waiting.join(),
                        basics.join().drained)));
        return CompletableFuture.allOf(maxima, counts, heads, running, lengths).thenApply(done -> {
            Basics found = basics.join();
            return new BusSnapshot(
                    found.at,
                    found.leases,
                    said.join(),
                    owned.join(),
                    maxima.join(),
                    found.configured,
                    counts.join(),
                    found.paused,
                    found.pace,
                    waiting.join(),
                    heads.join(),
                    running.join(),
                    withheld(found.withheld),
                    lengths.join().get(0),
                    lengths.join().get(1));
        });
    }

    private CompletableFuture<Basics> basics() {
        List<Command> commands = List.of(
                Command.of("TIME"),
                Command.of("ZRANGE", keys.members(), 0, -1, "WITHSCORES"),
                Command.of("HGETALL", keys.paused()),
                Command.of("HGETALL", keys.pace()),
                Command.of("HGETALL", keys.overridden()),
                Command.of("HKEYS", keys.drained()),
                Command.of("HVALS", keys.withheld()));
        return redis.call(commands, SOON, replies -> {
            Map<String, Long> leases = new TreeMap<>();
            ScheduleReply.pairs(replies.get(1), (member, end) -> leases.put(member, (long) Double.parseDouble(end)));
            Map<String, Instant> paused = new TreeMap<>();
            ScheduleReply.pairs(
                    replies.get(2), (queue, since) -> paused.put(queue, Instant.ofEpochMilli(Long.parseLong(since))));
            Map<String, Duration> pace = new TreeMap<>();
            ScheduleReply.pairs(replies.get(3), (name, mean) -> pace.put(name, millis(beforeBlank(mean))));
            Map<String, Integer> configured = new TreeMap<>();
            ScheduleReply.pairs(
                    replies.get(4),
                    (limit, both) -> configured.put(limit, Integer.valueOf(both.substring(both.indexOf(' ') + 1))));
            return new Basics(
                    time(replies.get(0)),
                    leases,
                    paused,
                    pace,
                    configured,
                    ScheduleReply.texts(replies.get(5)),
                    ScheduleReply.texts(replies.get(6)));
        });
    }

    static Instant time(Object reply) {
        List<String> parts = ScheduleReply.texts(reply);
        return Instant.ofEpochSecond(Long.parseLong(parts.get(0)), Long.parseLong(parts.get(1)) * 1_000);
    }

    private static String beforeBlank(String text) {
        return text.substring(0, text.indexOf(' '));
    }

    private static Duration millis(String text) {
        return Duration.ofNanos(Math.round(Double.parseDouble(text) * 1e6));
    }

    /** Since when the first of each flow waits, of those whose order is least. */
    private CompletableFuture<Map<String, Instant>> heads(List<FlowScan.Row> rows) {
        List<String> names = rows.stream()
                .sorted(Comparator.comparing(FlowScan.Row::order))
                .limit(MOST_HEADS)
                .map(row -> row.flow().name())
                .toList();
        if (names.isEmpty()) {
            return CompletableFuture.completedFuture(Map.of());
        }
        List<Command> commands =
                names.stream().map(name -> WaitingTickets.firstOf(keys, name)).toList();
        return redis.call(commands, SOON, replies -> {
                    Map<String, String> ids = new HashMap<>();
                    for (int i = 0; i < names.size(); i++) {
                        List<String> first = ScheduleReply.texts(replies.get(i));
                        if (!first.isEmpty()) {
                            ids.put(names.get(i), WaitingTickets.claimId(first.get(0)));
                        }
                    }
                    return ids;
                })
                .thenCompose(ids -> tickets(ids.values()).thenApply(tickets -> {
                    Map<String, Instant> since = new HashMap<>();
                    ids.forEach((name, id) -> {
                        TicketRecord ticket = tickets.get(id);
                        if (ticket != null && ticket.waits()) {
                            since.put(name, Instant.ofEpochMilli(ticket.sinceMillis()));
                        }
                    });
                    return since;
                }));
    }

    /** The tickets of these claims, those that there are. */
    private CompletableFuture<Map<String, TicketRecord>> tickets(Collection<String> claimIds) {
        return fields(keys.tickets(), claimIds, bytes -> TicketRecord.read(ClaimTaker.text(bytes)));
    }

    private CompletableFuture<Map<String, byte[]>> messages(Collection<String> claimIds) {
        return fields(keys.messages(), claimIds, bytes -> bytes);
    }

    private <T> CompletableFuture<Map<String, T>> fields(
            String key, Collection<String> names, Function<byte[], T> reading) {
        List<String> all = List.copyOf(names);
        List<CompletableFuture<Map<String, T>>> pages = new ArrayList<>();
        for (int from = 0; from < all.size(); from += PAGE) {
            pages.add(page(key, all.subList(from, Math.min(all.size(), from + PAGE)), reading));
        }
        return CompletableFuture.allOf(pages.toArray(CompletableFuture<?>[]::new))
                .thenApply(done -> {
                    Map<String, T> found = new HashMap<>();
                    pages.forEach(page -> found.putAll(page.join()));
                    return found;
                });
    }

    private <T> CompletableFuture<Map<String, T>> page(String key, List<String> names, Function<byte[], T> reading) {
        Object[] parts = new Object[names.size() + 2];
        parts[0] = "HMGET";
        parts[1] = key;
        for (int i = 0; i < names.size(); i++) {
            parts[i + 2] = names.get(i);
        }
        return redis.bulkCall(Command.of(parts), SOON, reply -> {
            List<?> values = ScheduleReply.list(reply);
            Map<String, T> found = new HashMap<>();
            for (int i = 0; i < names.size(); i++) {
                if (values.get(i) instanceof byte[] bytes) {
                    found.put(names.get(i), reading.apply(bytes));
                }
            }
            return found;
        });
    }

    private CompletableFuture<Map<String, Map<String, String>>> owned(Set<String> members) {
        Map<String, CompletableFuture<Map<String, String>>> asked = new TreeMap<>();
        members.forEach(member ->
                asked.put(member, redis.bulkCall(Command.of("HGETALL", keys.claimed(member)), SOON, reply -> {
                    Map<String, String> claims = new TreeMap<>();
                    ScheduleReply.pairs(reply, claims::put);
                    return claims;
                })));
        return CompletableFuture.allOf(asked.values().toArray(CompletableFuture<?>[]::new))
                .thenApply(done -> {
                    Map<String, Map<String, String>> owned = new TreeMap<>();
                    asked.forEach((member, claims) -> owned.put(member, claims.join()));
                    return owned;
                });
    }

    private CompletableFuture<List<RunningRequest>> running(Map<String, Map<String, String>> owned) {
        List<String> ids = owned.values().stream()
                .flatMap(claims -> claims.keySet().stream())
                .limit(MOST_TICKETS)
                .toList();
        return tickets(ids)
                .thenApply(tickets -> tickets.values().stream()
                        .filter(TicketRecord::runs)
                        .map(ticket -> new RunningRequest(
                                ticket.requestId(),
                                ticket.flow().queue(),
                                ticket.counters(),
                                ticket.owner(),
                                Instant.ofEpochMilli(ticket.sinceMillis())))
                        .sorted(Comparator.comparing(RunningRequest::since).thenComparing(RunningRequest::request))
                        .toList());
    }

    private static Map<String, Long> withheld(List<String> records) {
        Map<String, Long> withheld = new TreeMap<>();
        records.forEach(record ->
                TicketRecord.read(record).counters().forEach(counter -> withheld.merge(counter, 1L, Long::sum)));
        return withheld;
    }

    /** How long these lists are, and those of their dead letters. */
    private CompletableFuture<List<Map<String, Long>>> lengths(Set<String> queues) {
        if (queues.isEmpty()) {
            return CompletableFuture.completedFuture(List.of(Map.of(), Map.of()));
        }
        List<Command> commands = new ArrayList<>();
        queues.forEach(queue -> {
            commands.add(Command.of("LLEN", queue));
            commands.add(Command.of("LLEN", RedisKeys.dead(queue)));
        });
        return redis.call(commands, SOON, replies -> {
            Map<String, Long> listed = new TreeMap<>();
            Map<String, Long> dead = new TreeMap<>();
            int i = 0;
            for (String queue : queues) {
                listed.put(queue, ScheduleReply.number(replies.get(i++)));
                dead.put(queue, ScheduleReply.number(replies.get(i++)));
            }
            return List.of(listed, dead);
        });
    }

    // why

    /**
     * Where the requests of that id are: one, but for two fronts that have chosen the same by accident.
     *
     * @param requestId the id alone
     */
    public CompletableFuture<List<Why>> why(String requestId) {
        return names(requestId).thenCompose(names -> names.isEmpty() ? listed(requestId) : why(names));
    }

    private CompletableFuture<List<String>> names(String requestId) {
        return names("0", literal(requestId) + " *", new LinkedHashSet<>()).thenApply(List::copyOf);
    }

    private CompletableFuture<Set<String>> names(String cursor, String pattern, Set<String> names) {
        return redis.bulkCall(
                        Command.of("HSCAN", keys.requests(), cursor, "MATCH", pattern, "COUNT", PAGE), SOON, reply -> {
                            List<?> parts = ScheduleReply.list(reply);
                            ScheduleReply.pairs(parts.get(1), (name, id) -> names.add(name));
                            return ClaimTaker.text(parts.get(0));
                        })
                .thenCompose(next ->
                        next.equals("0") ? CompletableFuture.completedFuture(names) : names(next, pattern, names));
    }

    /** As a pattern of Redis that matches only itself. */
    private static String literal(String text) {
        return text.replaceAll("[*?\\[\\]\\\\^-]", "\\\\$0");
    }

    private CompletableFuture<List<Why>> why(List<String> names) {
        return inspector.inspect(names).thenCombine(snapshot(), (places, snapshot) -> {
            List<Why> found = new ArrayList<>();
            for (int i = 0; i < names.size(); i++) {
                found.add(why(TicketRecord.requestId(names.get(i)), places.get(i), snapshot));
            }
            return found;
        });
    }

    private static Why why(String request, Inspection place, BusSnapshot snapshot) {
        if (place instanceof Inspection.Running running) {
            return new Why.Running(
                    new RunningRequest(request, running.queue(), running.counters(), running.owner(), running.since()));
        } else if (place instanceof Inspection.Taken taken) {
            return new Why.Taken(request, taken.queue(), taken.owner());
        } else if (place instanceof Inspection.Waiting waiting) {
            return waiting(request, waiting, snapshot);
        }
        return new Why.Unknown(request);
    }

    private static Why waiting(String request, Inspection.Waiting place, BusSnapshot snapshot) {
        List<Why.Blocker> full = new ArrayList<>();
        for (Inspection.Usage usage : place.counters()) {
            if (usage.max() != null && usage.running() >= usage.max()) {
                full.add(blocker(usage.counter(), usage.running(), usage.max(), snapshot));
            }
        }
        // counters go from the general to the specific
        Collections.reverse(full);
        Why.Reason reason = reason(place, !full.isEmpty(), snapshot);
        return new Why.Waiting(
                request,
                place.queue(),
                place.since(),
                reason,
                reason == Why.Reason.LIMIT ? full : List.of(),
                place.counters().stream()
                        .map(usage -> new Why.Usage(usage.counter(), usage.running(), usage.max()))
                        .toList(),
                place.before(),
                place.position(),
                estimate(place, reason, full, snapshot));
    }

    private static Why.Blocker blocker(String counter, long running, int max, BusSnapshot snapshot) {
        return new Why.Blocker(
                counter,
                running,
                max,
                snapshot.running().stream()
                        .filter(holder -> holder.counters().contains(counter))
                        .limit(BusState.MOST_RUNNING)
                        .toList(),
                snapshot.withheld().getOrDefault(counter, 0L));
    }

    private static Why.Reason reason(Inspection.Waiting place, boolean isFull, BusSnapshot snapshot) {
        if (place.paused()) {
            return Why.Reason.PAUSED;
        }
        if (snapshot.serving(place.queue()).isEmpty()) {
            return Why.Reason.NO_MEMBER;
        }
        return isFull ? Why.Reason.LIMIT : Why.Reason.TURN;
    }

    private static @Nullable Duration estimate(
            Inspection.Waiting place, Why.Reason reason, List<Why.Blocker> full, BusSnapshot snapshot) {
        Duration meanRun = place.meanRun();
        if (meanRun == null || reason == Why.Reason.PAUSED || reason == Why.Reason.NO_MEMBER) {
            return null;
        }
        int slots;
        List<RunningRequest> holders;
        if (reason == Why.Reason.LIMIT) {
            slots = full.get(0).max();
            holders = full.get(0).holders();
        } else {
            slots = snapshot.room(place.queue());
            holders = snapshot.running().stream()
                    .filter(holder -> holder.queue().equals(place.queue()))
                    .toList();
        }
        if (slots == 0) {
            return null;
        }
        List<Duration> held = holders.stream()
                .map(holder -> Duration.between(holder.since(), snapshot.at()))
                .toList();
        return SlotForecast.wait(place.position(), slots, meanRun, held);
    }

    /** Not a ticket: it may still be on its list. */
    private CompletableFuture<List<Why>> listed(String requestId) {
        CompletableFuture<BusSnapshot> seen = snapshot();
        return unservedQueues()
                .thenCompose(unserved -> seen.thenCompose(snapshot -> {
                    Set<String> queues = new TreeSet<>(unserved);
                    snapshot.listed().forEach((queue, length) -> {
                        if (length > 0) {
                            queues.add(queue);
                        }
                    });
                    return find(requestId, List.copyOf(queues), snapshot);
                }));
    }

    private CompletableFuture<List<Why>> find(String requestId, List<String> queues, BusSnapshot snapshot) {
        CompletableFuture<List<Why>> found = CompletableFuture.completedFuture(List.of());
        for (String queue : queues) {
            found = found.thenCompose(before -> before.isEmpty()
                    ? position(requestId, queue, 0).thenApply(position -> listed(requestId, queue, position, snapshot))
                    : CompletableFuture.completedFuture(before));
        }
        return found.thenApply(places -> places.isEmpty() ? List.of(new Why.Unknown(requestId)) : places);
    }

    private static List<Why> listed(String requestId, String queue, long position, BusSnapshot snapshot) {
        if (position == 0) {
            return List.of();
        }
        Why.ListedReason reason = Why.ListedReason.ABOUT_TO_BE_TAKEN;
        if (snapshot.serving(queue).isEmpty()) {
            reason = Why.ListedReason.NO_MEMBER;
        } else if (position > 1) {
            // a member takes 64 at a time as long as there is room on the bus
            reason = Why.ListedReason.TOO_MANY_WAIT;
        }
        return List.of(new Why.Listed(requestId, queue, position, reason));
    }

    /** Its place from the tail of that list; 0 where it is not there. */
    private CompletableFuture<Long> position(String requestId, String queue, long from) {
        return page(queue, from).thenCompose(messages -> {
            for (int i = 0; i < messages.size(); i++) {
                if (isOf(requestId, messages.get(i))) {
                    return CompletableFuture.completedFuture(from + i + 1);
                }
            }
            return messages.size() < PAGE || from + PAGE >= MOST_LISTED
                    ? CompletableFuture.completedFuture(0L)
                    : position(requestId, queue, from + PAGE);
        });
    }

    private static boolean isOf(String requestId, byte[] message) {
        try {
            return new String(message, StandardCharsets.UTF_8).contains(requestId)
                    && MessageCodec.readRequest(message).extra().requestId().equals(requestId);
        } catch (MalformedMessageException e) {
            return requestId.equals(e.requestId());
        }
    }

    /** Messages of a list, the next to be taken first. */
    private CompletableFuture<List<byte[]>> page(String queue, long from) {
        return redis.bulkCall(Command.of("LRANGE", queue, -(from + PAGE), -(from + 1)), SOON, reply -> {
            List<byte[]> messages = new ArrayList<>();
            ScheduleReply.list(reply).forEach(message -> messages.add((byte[]) message));
            Collections.reverse(messages);
            return messages;
        });
    }

    // peek

    private record Place(String order, String id, FlowName flow) {}

    /** The requests of that queue that come next, {@code most} at most, in the order of their priority and arrival. */
    public CompletableFuture<List<QueuedRequest>> peek(String queue, int most) {
        return places(queue, 0, new ArrayList<>())
                .thenCompose(places -> queued(places.stream()
                        .sorted(Comparator.comparing(Place::order))
                        .limit(most)
                        .toList()))
                .thenCompose(waiting -> page(queue, 0).thenApply(messages -> {
                    List<QueuedRequest> all = new ArrayList<>(waiting);
                    messages.stream()
                            .limit(Math.max(0, most - waiting.size()))
                            .forEach(message -> all.add(queued(message, true, null)));
                    return all;
                }));
    }

    private CompletableFuture<List<Place>> places(String queue, int from, List<Place> places) {
        int page = 10 * PAGE;
        Command range = WaitingTickets.ofQueue(keys, queue, from, page);
        return redis.bulkCall(range, SOON, reply -> {
                    List<String> members = ScheduleReply.texts(reply);
                    for (String member : members) {
                        int flow = member.indexOf(FlowName.GROUP);
                        int order = member.indexOf(FlowName.GROUP, flow + 1);
                        places.add(new Place(
                                member.substring(flow + 1, order),
                                member.substring(order + 1),
                                FlowName.read(member.substring(0, flow))));
                    }
                    return members.size();
                })
                .thenCompose(read ->
                        read < page ? CompletableFuture.completedFuture(places) : places(queue, from + page, places));
    }

    private CompletableFuture<List<QueuedRequest>> queued(List<Place> places) {
        List<String> ids = places.stream().map(Place::id).toList();
        return messages(ids).thenCombine(flows.all(), (messages, rows) -> {
            Map<String, FlowScan.Row> byName = new HashMap<>();
            rows.forEach(row -> byName.put(row.flow().name(), row));
            List<QueuedRequest> waiting = new ArrayList<>();
            for (Place place : places) {
                byte[] message = messages.get(place.id);
                if (message != null) {
                    FlowScan.Row row = byName.get(place.flow.name());
                    waiting.add(queued(message, false, row == null ? null : row.parkedFor()));
                }
            }
            return waiting;
        });
    }

    private static QueuedRequest queued(byte[] bytes, boolean listed, @Nullable String blockedBy) {
        try {
            RequestMessage message = MessageCodec.readRequest(bytes);
            return new QueuedRequest(
                    message.extra().requestId(),
                    message.method(),
                    message.path(),
                    message.extra().priority(),
                    Instant.ofEpochMilli(Math.round(message.extra().creationTime() * 1000)),
                    listed,
                    blockedBy);
        } catch (MalformedMessageException e) {
            String request = e.requestId();
            return new QueuedRequest(request == null ? "" : request, "", "", 0, null, listed, blockedBy);
        }
    }

    /** The newest dead letters of that queue, {@code most} at most. */
    public CompletableFuture<List<DeadLetter>> dead(String queue, int most) {
        return redis.bulkCall(Command.of("LRANGE", RedisKeys.dead(queue), 0, most - 1), SOON, reply -> {
            List<DeadLetter> letters = new ArrayList<>();
            ScheduleReply.list(reply)
                    .forEach(letter ->
                            letters.add(BuriedMessage.read((byte[]) letter).letter()));
            return letters;
        });
    }

    /**
     * Lists of messages that begin with {@code thr:queue:}, whether a member knows of them or not. Looks through all keys of
     * the server, so not to be asked often.
     */
    public CompletableFuture<List<String>> unservedQueues() {
        return scan("0", new TreeSet<>())
                .thenApply(keys -> keys.stream()
                        .filter(key -> !key.startsWith(RedisKeys.RESPONSE_PREFIX) && !RedisKeys.isDead(key))
                        .toList());
    }

    /** Queues that begin with {@code thr:queue:} and have dead letters. Looks through all keys of the server, too. */
    public CompletableFuture<List<String>> queuesWithDeadLetters() {
        return scan("0", new TreeSet<>())
                .thenApply(keys -> keys.stream()
                        .filter(RedisKeys::isDead)
                        .map(RedisKeys::queueOfDead)
                        .toList());
    }

    private CompletableFuture<Set<String>> scan(String cursor, Set<String> found) {
        Command scan = Command.of("SCAN", cursor, "MATCH", "thr:queue:*", "COUNT", 1_000, "TYPE", "list");
        return redis.bulkCall(scan, SOON, reply -> {
                    List<?> parts = ScheduleReply.list(reply);
                    found.addAll(ScheduleReply.texts(parts.get(1)));
                    return ClaimTaker.text(parts.get(0));
                })
                .thenCompose(next -> next.equals("0") ? CompletableFuture.completedFuture(found) : scan(next, found));
    }
}
