package io.thr.demo.e2e;

import static java.lang.System.Logger.Level.INFO;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.lessThanOrEqualTo;

import io.thr.core.redis.RedisServer;
import io.thr.core.redis.RedisState;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.awaitility.core.ConditionTimeoutException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Real processes, killed at random moments. Short in every build; {@code -Pchaos} kills 300 times. The seed is printed, and
 * set with {@code -Dthr.seed=N}; the number of kills with {@code -Dthr.kills=N}.
 */
class KillTest {

    private static final System.Logger LOG = System.getLogger(KillTest.class.getName());

    private static final int KILLS = Integer.getInteger("thr.kills", 6);
    private static final int ALL = 8;
    private static final int PER_TENANT = 3;
    private static final int TENANTS = 5;
    private static final int DISPATCHERS = 3;
    private static final int CLIENTS = 24;
    private static final Duration TIMEOUT = Duration.ofSeconds(18);
    private static final Duration LEASE = Duration.ofSeconds(10);

    private final long seed = Long.getLong("thr.seed", System.nanoTime());
    private final Random random = new Random(seed);
    private final List<AutoCloseable> opened = new ArrayList<>();
    private final List<Integer> ports = new ArrayList<>();
    private final AtomicBoolean done = new AtomicBoolean();
    private final AtomicLong ids = new AtomicLong();
    private final Map<String, Integer> outcomes = new ConcurrentHashMap<>();
    private final ConcurrentLinkedQueue<String> wrong = new ConcurrentLinkedQueue<>();
    private final Set<String> unsafe = ConcurrentHashMap.newKeySet();
    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    @TempDir
    Path directory;

    private RedisServer redis;
    private WitnessUpstream upstream;

    @BeforeEach
    void startAll() throws Exception {
        LOG.log(INFO, "thr.seed={0}", Long.toString(seed));
        redis = RedisServer.embedded().with("--appendonly", "yes", "--dir", directory.toString());
        redis.start();
        upstream = WitnessUpstream.start();
    }

    @AfterEach
    void closeAll() throws Exception {
        for (AutoCloseable one : opened) {
            one.close();
        }
        upstream.close();
        redis.stop();
    }

    /** A program that can be killed and started again. */
    private final class Victim implements AutoCloseable {
        private final String mainClass;
        private final String ready;
        private final String[] arguments;
        private final AtomicBoolean up = new AtomicBoolean(true);
        private volatile Program program;

        /** All start at the same time. */
        Victim(String mainClass, String ready, String... arguments) throws IOException {
            this.mainClass = mainClass;
            this.ready = ready;
            this.arguments = arguments;
            program = Program.begin(mainClass, ready, arguments);
            opened.add(this);
        }

        private Program start() throws IOException, InterruptedException {
            return Program.start(mainClass, ready, arguments);
        }

        boolean isUp() {
            return up.get();
        }

        /** Kills it now; it is up again seconds later. */
        void kill(ScheduledExecutorService later) throws InterruptedException {
            up.set(false);
            program.kill();
            var unused = later.submit(this::startUntilItIsUp);
        }

        /** As what supervises a service does: one that finds no Redis when it starts says so and ends. */
        private @Nullable Void startUntilItIsUp() throws IOException, InterruptedException {
            while (!up.get()) {
                try {
                    program = start();
                    up.set(true);
                } catch (IllegalStateException e) {
                    LOG.log(INFO, "started again, as it {0}", e.getMessage());
                }
            }
            return null;
        }

        /** Lets it stand still for that long. */
        void pause(ScheduledExecutorService later, Duration time) throws IOException, InterruptedException {
            up.set(false);
            program.pause();
            var unused = later.schedule(
                    () -> {
                        program.goOn();
                        up.set(true);
                        return null;
                    },
                    time.toMillis(),
                    TimeUnit.MILLISECONDS);
        }

        @Override
        public void close() {
            program.close();
        }
    }

    private Victim dispatcher(String lostSlots) throws Exception {
        Path file = directory.resolve("dispatcher.yaml");
        Files.writeString(file, """
                redis: %s
                stats_frequency_ms: 0
                timeout: %ds
                max_lifetime: %ds
                lost_slots: %s
                limits:
                  - { name: all, hash: host, value: { glob: "*" }, max: %d }
                  - { name: tenant, hash: { header: X-Tenant }, dynamic: true, max: %d }
                fair_by: { header: X-Tenant }
                queues:
                  - queue: thr:queue:default
                    http_host: 127.0.0.1
                    http_port: %d
                    max_concurrent: 50
                """.formatted(
                redis.url(), TIMEOUT.toSeconds(), TIMEOUT.toSeconds(), lostSlots, ALL, PER_TENANT, upstream.port()));
        return new Victim("io.thr.dispatcher.Main", "redis2http started", "--config", file.toString());
    }

    private Victim front(int port) throws Exception {
        Path file = directory.resolve("front.yaml");
        Files.writeString(
                file,
                "redis: %s\ndefault_queue: thr:queue:default\ntimeout: %ds\n"
                        .formatted(redis.url(), TIMEOUT.toSeconds()));
        return new Victim(
                "io.thr.demo.Main",
                "Start http2redis on http://localhost:" + port,
                "--config",
                file.toString(),
                "--port",
                Integer.toString(port));
    }

    private Thread client(int number, int port) {
        Random choices = new Random(seed + number);
        Thread thread = new Thread(
                () -> {
                    while (!done.get()) {
                        send(choices, port);
                    }
                },
                "client-" + number);
        thread.start();
        return thread;
    }

    private void send(Random choices, int port) {
        String id = "r" + ids.incrementAndGet();
        boolean isPost = choices.nextBoolean();
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(
                        "http://127.0.0.1:%d/work?id=%s&ms=%d".formatted(port, id, 10 + choices.nextInt(140))))
                .header("X-Tenant", "t" + choices.nextInt(TENANTS))
                .timeout(TIMEOUT.plusSeconds(15));
        if (isPost) {
            unsafe.add(id);
            request.POST(HttpRequest.BodyPublishers.ofString("x"));
        }
        try {
            HttpResponse<String> response = http.send(request.build(), HttpResponse.BodyHandlers.ofString());
            outcomes.merge(Integer.toString(response.statusCode()), 1, Integer::sum);
            boolean isAnswer = response.statusCode() == 200 && response.body().equals(id);
            boolean isError = Set.of(502, 503, 504).contains(response.statusCode())
                    && response.body().startsWith("{");
            if (!isAnswer && !isError) {
                wrong.add(id + ": " + response.statusCode() + " " + response.body());
            }
        } catch (java.net.http.HttpTimeoutException e) {
            wrong.add(id + ": no answer in time");
        } catch (IOException e) {
            // its front was killed
            outcomes.merge("cut", 1, Integer::sum);
            rest();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** A refused connection costs nothing, and a front takes seconds to start. */
    private static void rest() {
        try {
            TimeUnit.MILLISECONDS.sleep(100);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void whoever_is_killed_or_paused_each_request_ends_once_and_no_limit_is_passed() throws Exception {
        run("hold", true, KILLS);
    }

    @Test
    void slots_of_the_killed_are_free_soon_after_their_lease() throws Exception {
        run("release", false, KILLS / 2);

        // all slots were held when the only dispatcher died
        Victim last = (Victim) opened.get(0);
        for (AutoCloseable other : List.copyOf(opened.subList(1, DISPATCHERS))) {
            other.close();
        }
        int port = ports.get(0);
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < ALL; i++) {
            String id = "long" + i;
            String tenant = "l" + i;
            Thread thread = new Thread(() -> sendLong(port, id, tenant));
            threads.add(thread);
            thread.start();
        }
        await().atMost(Duration.ofSeconds(40)).until(() -> upstream.now() == ALL);
        last.program.kill();
        long killed = System.nanoTime();
        last.program = last.start();
        await().atMost(Duration.ofSeconds(20)).until(() -> upstream.executions("long0") == 2);
        Duration after = Duration.ofNanos(System.nanoTime() - killed);
        LOG.log(INFO, "slots of the killed were used again after {0}", after);
        assertThat(after, is(lessThanOrEqualTo(LEASE.plusSeconds(1))));
        for (Thread thread : threads) {
            thread.join();
        }
    }

    private void sendLong(int port, String id, String tenant) {
        try {
            HttpRequest request = HttpRequest.newBuilder(
                            URI.create("http://127.0.0.1:%d/work?id=%s&ms=4000".formatted(port, id)))
                    .header("X-Tenant", tenant)
                    .timeout(TIMEOUT.plusSeconds(15))
                    .build();
            http.send(request, HttpResponse.BodyHandlers.ofString());
        } catch (IOException e) {
            wrong.add(id + ": " + e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void run(String lostSlots, boolean pauses, int kills) throws Exception {
        List<Victim> dispatchers = new ArrayList<>();
        for (int i = 0; i < DISPATCHERS; i++) {
            dispatchers.add(dispatcher(lostSlots));
        }
        List<Victim> fronts = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            int port = FreePort.next();
            ports.add(port);
            fronts.add(front(port));
        }
        for (AutoCloseable victim : opened) {
            ((Victim) victim).program.awaitReady();
        }
        List<Thread> clients = new ArrayList<>();
        for (int i = 0; i < CLIENTS; i++) {
            clients.add(client(i, ports.get(i % ports.size())));
        }
        ScheduledExecutorService later = Executors.newScheduledThreadPool(5);
        try {
            for (int kill = 0; kill < kills; kill++) {
                TimeUnit.MILLISECONDS.sleep(200 + random.nextInt(1500));
                strike(kill, dispatchers, fronts, pauses, later);
            }
        } finally {
            // ends when what was killed or paused is up again
            later.shutdown();
            assertThat(later.awaitTermination(60, TimeUnit.SECONDS), is(true));
        }
        // who comes when all are up again is served
        await().atMost(Duration.ofSeconds(90)).until(() -> outcomes.getOrDefault("200", 0) > 100);
        done.set(true);
        for (Thread client : clients) {
            client.join();
        }
        LOG.log(
                INFO,
                "thr.seed={0}: {1} kills, outcomes {2}, begun and cut {3}, most at once {4}",
                Long.toString(seed),
                kills,
                new TreeMap<>(outcomes),
                upstream.begunAndCut(),
                upstream.most("all"));
        check();
    }

    private void strike(
            int kill, List<Victim> dispatchers, List<Victim> fronts, boolean pauses, ScheduledExecutorService later)
            throws Exception {
        int choice = random.nextInt(10);
        if (pauses && (choice == 0 || kill == 1)) {
            LOG.log(INFO, "kill {0}: a dispatcher stands still", kill);
            oneOf(dispatchers).pause(later, LEASE.plusMillis(500 + random.nextInt(2000)));
        } else if (choice < 6) {
            LOG.log(INFO, "kill {0}: a dispatcher", kill);
            oneOf(dispatchers).kill(later);
        } else if (choice < 8) {
            LOG.log(INFO, "kill {0}: a front", kill);
            oneOf(fronts).kill(later);
        } else {
            LOG.log(INFO, "kill {0}: redis", kill);
            redis.kill();
            TimeUnit.MILLISECONDS.sleep(random.nextInt(500));
            redis.start();
        }
    }

    /** One that is up; all may be down at a time. */
    private Victim oneOf(List<Victim> victims) {
        List<Victim> up = new ArrayList<>();
        await().atMost(Duration.ofSeconds(60)).until(() -> {
            up.clear();
            victims.stream().filter(Victim::isUp).forEach(up::add);
            return !up.isEmpty();
        });
        return up.get(random.nextInt(up.size()));
    }

    /** What the programs have said tells more than what is left. */
    private void saidByAll() {
        try (RedisState state = redis.state()) {
            LOG.log(INFO, "left: {0}", Leftovers.of(state));
        }
        for (AutoCloseable one : opened) {
            if (one instanceof Victim victim) {
                LOG.log(INFO, "said by {0}:\n{1}", victim.mainClass, victim.program.output());
            }
        }
    }

    private void check() {
        assertThat(wrong, is(empty()));
        List<String> twice =
                unsafe.stream().filter(id -> upstream.executions(id) > 1).toList();
        assertThat(twice, is(empty()));
        assertThat(upstream.most("all"), is(lessThanOrEqualTo(ALL)));
        for (int tenant = 0; tenant < TENANTS; tenant++) {
            assertThat("tenant " + tenant, upstream.most("t" + tenant), is(lessThanOrEqualTo(PER_TENANT)));
        }
        try (RedisState state = redis.state()) {
            // what was told to a dead dispatcher or front expires within a minute after the last exchange
            await().atMost(TIMEOUT.plusSeconds(70))
                    .ignoreExceptions()
                    .untilAsserted(() -> assertThat(Leftovers.of(state).keySet(), is(empty())));
        } catch (ConditionTimeoutException e) {
            saidByAll();
            throw e;
        }
    }
}
