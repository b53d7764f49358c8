package io.thr.demo;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Clients that send requests to the front, whether the earlier ones have been answered or not, as people do. Threads may share it.
 */
final class DemoLoad implements AutoCloseable {

    /** The field in which a client tells who it is. */
    static final String CLIENT = "X-Client";

    /** How many may be under way; beyond that the clients are patient. */
    private static final int MOST_OPEN = 500;

    private static final Duration TICK = Duration.ofMillis(50);

    private final String front;
    private final List<DemoClient> clients =
            List.of(new DemoClient("web", 0.5, 1), new DemoClient("mobile", 0.3, 1), new DemoClient("batch", 0.2, 8));
    private final double[] untilNext = new double[clients.size()];
    private final Random random = new Random();
    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(5))
            .build();
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread thread = new Thread(task, "demo-load");
        thread.setDaemon(true);
        return thread;
    });
    private final Map<Long, CompletableFuture<HttpResponse<Void>>> open = new ConcurrentHashMap<>();
    private final AtomicLong sent = new AtomicLong();
    private volatile double perSecond;

    private DemoLoad(String front, double perSecond) {
        this.front = front;
        this.perSecond = perSecond;
    }

    /** Sends so many requests a second to that front. */
    static DemoLoad start(String front, double perSecond) {
        DemoLoad load = new DemoLoad(front, perSecond);
        var unused = load.timer.scheduleAtFixedRate(load::tick, 0, TICK.toMillis(), TimeUnit.MILLISECONDS);
        return load;
    }

    double perSecond() {
        return perSecond;
    }

    /** Sends so many from now on. */
    void send(double newPerSecond) {
        perSecond = newPerSecond;
    }

    /** What each of the clients sees. */
    List<DemoClient.Seen> seen() {
        return clients.stream().map(DemoClient::seen).toList();
    }

    /** Independent arrivals: the times between them are exponentially distributed, in a clock that runs as fast as the rate. */
    private void tick() {
        double seconds = TICK.toMillis() / 1e3;
        for (int i = 0; i < untilNext.length; i++) {
            DemoClient client = clients.get(i);
            untilNext[i] -= perSecond * client.share() / client.burst() * seconds;
            while (untilNext[i] <= 0) {
                untilNext[i] -= Math.log(1 - random.nextDouble());
                for (int k = 0; k < client.burst(); k++) {
                    send(client);
                }
            }
        }
    }

    private void send(DemoClient client) {
        if (open.size() >= MOST_OPEN) {
            return;
        }
        String path = client.burst() > 1 || random.nextBoolean() ? "/reports/" : "/images/";
        HttpRequest request = HttpRequest.newBuilder(URI.create(front + path + random.nextInt(1000)))
                .header(CLIENT, client.name())
                .build();
        long start = System.nanoTime();
        client.sent();
        CompletableFuture<HttpResponse<Void>> answer = http.sendAsync(request, HttpResponse.BodyHandlers.discarding());
        Long number = sent.incrementAndGet();
        open.put(number, answer);
        var unused = answer.whenComplete((response, failure) -> {
            open.remove(number);
            if (failure == null) {
                client.got(response.statusCode(), System.nanoTime() - start);
            } else {
                client.lost();
            }
        });
    }

    /** Sends nothing more, and its clients leave. */
    @Override
    public void close() {
        timer.shutdownNow();
        open.values().forEach(answer -> answer.cancel(true));
    }
}
