package io.thr.benchmark;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.thr.core.redis.ClaimReader;
import io.thr.core.redis.Redis;
import io.thr.core.redis.RedisKeys;
import io.thr.core.redis.RedisScheduler;
import io.thr.core.redis.RedisUrl;
import io.thr.core.redis.RequestQueue;
import io.thr.core.schedule.Claim;
import io.thr.core.schedule.Ending;
import io.thr.core.schedule.Flow;
import io.thr.core.schedule.Outcome;
import io.thr.core.schedule.Scheduled;
import io.thr.core.schedule.Ticket;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.HdrHistogram.Histogram;

/**
 * One member alone with Redis: requests are offered, claimed, scheduled and finished without anything being called, so that
 * what is measured is what the scheduler costs.
 */
final class SchedulerLoad implements AutoCloseable {

    private static final String QUEUE = "thr:queue:load";
    private static final RedisKeys KEYS = new RedisKeys("load");
    private static final Duration LEASE = Duration.ofHours(1);
    private static final Duration WITHIN = Duration.ofSeconds(10);
    private static final Ending.Answer ANSWER =
            new Ending.Answer("thr:queue:response:load", new byte[300], Duration.ofMinutes(1));
    private static final int RUNNING = 64;

    private final RedisProcess server;
    private final Redis redis;
    private final RedisScheduler scheduler;
    private final ClaimReader reader;
    private final RequestQueue queue;
    private final int limits;
    private final boolean fair;
    private final int flows;
    private final Map<String, Integer> maxima;
    private final Deque<Claim> running = new ArrayDeque<>();
    private int next;

    /**
     * @param limits how many apply to each request, 0 to 3; the first is as large as what runs at a time
     * @param fair whether each tenant has a share
     * @param flows how many tenants there are
     */
    SchedulerLoad(RedisProcess server, int limits, boolean fair, int flows) throws Exception {
        this.server = server;
        this.limits = limits;
        this.fair = fair;
        this.flows = flows;
        this.maxima = Map.of("all", RUNNING, "kind", RUNNING / 2, "tenant", 5);
        server.flush();
        redis = Redis.connect(RedisUrl.parse(server.url()), "benchmark");
        scheduler = new RedisScheduler(redis, KEYS, "member", List.of(QUEUE));
        scheduler.renew(LEASE).get();
        reader = scheduler.reader(List.of(QUEUE), Integer.MAX_VALUE);
        queue = new RequestQueue(redis, KEYS, Integer.MAX_VALUE);
    }

    /**
     * What was measured.
     *
     * @param redisMicros CPU time of Redis for each request
     */
    record Cost(double requestsPerSecond, double redisMicros) {}

    /** Lets so many wait. */
    void backlog(int waiting) throws Exception {
        for (int i = 0; i < waiting; i += 64) {
            List<Ticket> tickets = claim(64);
            for (int from = 0; from < tickets.size(); from += RedisScheduler.MOST) {
                schedule(tickets.subList(from, Math.min(tickets.size(), from + RedisScheduler.MOST)), 0);
            }
        }
    }

    /** Goes on for that time: {@code batch} requests end at a time, as many come, and as many of those that wait follow. */
    Cost run(int batch, Duration time) throws Exception {
        while (running.size() < RUNNING) {
            running.addAll(finish(List.of(), Math.min(RedisScheduler.MOST, RUNNING - running.size())));
            if (running.size() < RUNNING) {
                schedule(claim(batch), RedisScheduler.MOST);
            }
        }
        double cpu = server.cpuSeconds();
        long begin = System.nanoTime();
        long done = 0;
        while (System.nanoTime() - begin < time.toNanos()) {
            List<Ending> ends = new ArrayList<>();
            for (int i = 0; i < batch; i++) {
                ends.add(new Ending(running.remove(), ANSWER));
            }
            running.addAll(finish(ends, batch));
            int free = RUNNING - running.size();
            schedule(claim(batch), Math.min(free, RedisScheduler.MOST));
            done += batch;
        }
        double seconds = (System.nanoTime() - begin) / 1e9;
        return new Cost(done / seconds, (server.cpuSeconds() - cpu) * 1e6 / done);
    }

    /** How long it takes from one request's end to the next one's start, microseconds; and a plain LPUSH in turn with it. */
    List<Histogram> handOff(int times) throws Exception {
        while (running.size() < RUNNING) {
            running.addAll(finish(List.of(), RedisScheduler.MOST));
        }
        Histogram handOff = new Histogram(3);
        Histogram plain = new Histogram(3);
        for (int i = 0; i < times; i++) {
            long begin = System.nanoTime();
            List<Claim> granted = finish(List.of(new Ending(running.remove(), ANSWER)), 1);
            handOff.recordValue((System.nanoTime() - begin) / 1000);
            running.addAll(granted);
            begin = System.nanoTime();
            queue.offerAgain("thr:queue:plain", new byte[300], WITHIN).get();
            plain.recordValue((System.nanoTime() - begin) / 1000);
        }
        return List.of(handOff, plain);
    }

    private List<Ticket> claim(int count) throws Exception {
        List<CompletableFuture<?>> offers = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            byte[] message = new byte[600];
            byte[] name = ("request-" + next++).getBytes(UTF_8);
            System.arraycopy(name, 0, message, 0, name.length);
            offers.add(queue.offerAgain(QUEUE, message, WITHIN));
        }
        for (CompletableFuture<?> offer : offers) {
            offer.get();
        }
        List<Ticket> tickets = new ArrayList<>();
        while (tickets.size() < count) {
            for (Claim claim : reader.take(count - tickets.size())) {
                String tenant = "t" + Math.floorMod(claim.id().hashCode(), flows);
                List<String> counters = List.of("all", "kind==" + tenant.hashCode() % 4, "tenant==" + tenant);
                List<Flow.Level> path = fair ? List.of(new Flow.Share(tenant, 1)) : List.of();
                tickets.add(new Ticket(
                        claim,
                        claim.id(),
                        new Flow(QUEUE, path, counters.subList(0, limits)),
                        0,
                        Long.MAX_VALUE >> 12,
                        0));
            }
        }
        return tickets;
    }

    private void schedule(List<Ticket> tickets, int want) throws Exception {
        Scheduled scheduled =
                scheduler.schedule(List.of(QUEUE), tickets, want, maxima).get();
        for (int i = 0; i < tickets.size(); i++) {
            if (scheduled.outcomes().get(i) instanceof Outcome.Runs) {
                running.add(tickets.get(i).claim());
            }
        }
        running.addAll(scheduled.granted());
    }

    private List<Claim> finish(List<Ending> ends, int want) throws Exception {
        return scheduler.finish(List.of(QUEUE), ends, want, WITHIN).get().granted();
    }

    @Override
    public void close() {
        reader.close();
        redis.close();
    }
}
