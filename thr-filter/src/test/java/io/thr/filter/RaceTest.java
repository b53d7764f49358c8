package io.thr.filter;

import static io.thr.filter.rule.Actions.then;
import static io.thr.filter.rule.Criteria.when;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.greaterThan;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.oneOf;

import io.thr.core.RawHttpClient;
import io.thr.core.message.Headers;
import io.thr.core.message.MalformedMessageException;
import io.thr.core.message.RequestMessage;
import io.thr.core.message.ResponseExtra;
import io.thr.core.message.ResponseMessage;
import io.thr.core.redis.RedisServer;
import io.thr.filter.config.FilterSettings;
import io.thr.filter.rule.RuleList;
import jakarta.servlet.http.HttpServlet;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Time-out against response, a client that leaves, a second response, and the end of the filter, all at the same moment,
 * many times: {@code -Dthr.races}, {@code -Dthr.seed}. The test is the dispatcher. Each request has a number that stands in
 * every response to it, so that a byte of another's would be seen, and the same connections are used again and again, so
 * that one byte too many would be.
 */
class RaceTest {

    private static final Logger LOG = System.getLogger(RaceTest.class.getName());

    @RegisterExtension
    static final RedisServer REDIS = RedisServer.embedded();

    private static final String QUEUE = "thr:queue:races";
    private static final int DEFAULT_RACES = 300;
    private static final int RACES = Integer.getInteger("thr.races", DEFAULT_RACES);
    private static final long SEED = Long.getLong("thr.seed", 20261127);
    private static final Duration TIMEOUT = Duration.ofMillis(60);
    private static final int CONNECTIONS = 32;
    private static final int SPREAD_MICROS = 2000;
    private static final int MOST_ROUNDS = 20;
    private static final int STEP_MICROS = 200;
    private static final int MOST_AHEAD_MICROS = 40_000;
    private static final int BUDGET = (int) FilterSettings.READ_AHEAD;
    private static final int LARGEST_BODY = 16 * 1024;

    private final AtomicInteger numbers = new AtomicInteger();
    private final Map<String, AtomicInteger> ends = new ConcurrentHashMap<>();
    /** Requests that have come to the filter. */
    private final Set<String> seen = ConcurrentHashMap.newKeySet();
    /** Requests whose connection was closed before they were answered. */
    private final Set<String> unseen = ConcurrentHashMap.newKeySet();
    /**
     * How many microseconds before a time-out a response must be sent to come at the same moment: found out by who wins. On
     * a busy machine the time-out itself comes late, so that may be less than nothing.
     */
    private final AtomicInteger ahead = new AtomicInteger(3000);

    private final Map<Integer, AtomicInteger> statuses = new ConcurrentHashMap<>();
    private final ThrFilter filter = new ThrFilter(FilterSettings.defaults()
            .edit()
            .redis(REDIS.url())
            .timeout(TIMEOUT)
            .graceTime(TIMEOUT.dividedBy(2))
            .maxBody(BUDGET)
            .maxBodyBytesInFlight(BUDGET)
            .rules(new RuleList()
                    .add(
                            when(),
                            then().customInput(exchange -> seen.add(exchange.path()))
                                    .setRedisQueue(QUEUE)
                                    .customOutput(exchange -> {
                                        exchange.setOutputHeader("X-Own", exchange.path());
                                        ends.computeIfAbsent(exchange.path(), first -> new AtomicInteger())
                                                .incrementAndGet();
                                    }))
                    .compile())
            .build());
    private final Dispatcher dispatcher = new Dispatcher();

    @AfterEach
    void close() {
        dispatcher.close();
    }

    private static final class Application extends HttpServlet {

        private static final long serialVersionUID = 1L;
    }

    /** Answers each request at the moment when its time is over; some at once, some twice. */
    private final class Dispatcher implements AutoCloseable {

        private final Random random = new Random(SEED);
        private final TestBus queue = new TestBus(REDIS);
        private final TestBus responses = new TestBus(REDIS);
        private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
        private final CompletableFuture<Void> end;
        private volatile boolean stopped;

        Dispatcher() {
            end = CompletableFuture.runAsync(this::run, task -> new Thread(task).start());
        }

        private void run() {
            try {
                while (!stopped) {
                    RequestMessage request = queue.poll(QUEUE);
                    if (request != null) {
                        answer(request);
                    }
                }
            } catch (MalformedMessageException e) {
                throw new IllegalStateException(e);
            }
        }

        private void answer(RequestMessage request) {
            double left = Objects.requireNonNull(request.extra().deadline()) * 1000 - System.currentTimeMillis();
            long micros = random.nextInt(10) == 0
                    ? 0
                    : (long) (left * 1000) - ahead.get() + random.nextInt(SPREAD_MICROS) - SPREAD_MICROS / 2;
            int length = random.nextInt(4) == 0 ? random.nextInt(LARGEST_BODY * 4) : random.nextInt(200);
            int times = random.nextInt(5) == 0 ? 2 : 1;
            var unused = timer.schedule(
                    () -> {
                        for (int i = 0; i < times; i++) {
                            responses.respond(request, response(request, length));
                        }
                    },
                    micros,
                    TimeUnit.MICROSECONDS);
        }

        private ResponseMessage response(RequestMessage request, int length) {
            return new ResponseMessage(
                    200,
                    Headers.of("X-Number", request.path(), "Content-Type", "text/plain"),
                    responses.store(body(request.path(), length).getBytes(StandardCharsets.ISO_8859_1)),
                    new ResponseExtra(request.extra().requestId(), null, null, 1, "test", false));
        }

        @Override
        public void close() {
            stopped = true;
            end.join();
            timer.shutdownNow();
            queue.close();
            responses.close();
        }
    }

    /** The number again and again. */
    private static String body(String number, int length) {
        return (number + ";").repeat(length / (number.length() + 1) + 1);
    }

    /**
     * One after the other on one connection, and on a new one after leaving.
     *
     * @param enough what must have been seen besides so many races; a machine that has just begun loses them all
     */
    private void race(int port, int races, BooleanSupplier enough, Random random) {
        RawHttpClient connection = null;
        boolean reused = false;
        try {
            for (int i = 0; i < races || (i < MOST_ROUNDS * races && !enough.getAsBoolean()); i++) {
                if (connection == null) {
                    connection = new RawHttpClient(port);
                    reused = false;
                }
                String number = "/" + numbers.incrementAndGet();
                boolean leaves = random.nextInt(10) == 0;
                boolean ends = true;
                if (!send(connection, number, random)) {
                    closedBefore(number, reused);
                } else if (leaves) {
                    TimeUnit.MICROSECONDS.sleep(random.nextInt((int) TIMEOUT.toMillis() * 1100));
                } else if (!connection.begins()) {
                    closedBefore(number, reused);
                } else {
                    RawHttpClient.Response response = connection.receive(false);
                    check(number, response);
                    ends = "close".equalsIgnoreCase(response.header("Connection"));
                    reused = true;
                }
                if (ends) {
                    connection.close();
                    connection = null;
                }
            }
            if (connection != null) {
                connection.close();
            }
        } catch (IOException | InterruptedException e) {
            throw new IllegalStateException("seed " + SEED + ": " + e, e);
        }
    }

    /** False where the connection has ended. */
    private static boolean send(RawHttpClient connection, String number, Random random) throws IOException {
        byte[] request = random.nextBoolean()
                ? ("GET " + number + " HTTP/1.1\r\nHost: a\r\n\r\n").getBytes(StandardCharsets.ISO_8859_1)
                : RawHttpClient.post(number, new byte[random.nextInt(LARGEST_BODY)]);
        try {
            connection.send(request);
            return true;
        } catch (SocketException e) {
            return false;
        }
    }

    /**
     * A server may end a connection on which nothing is going on while the next request is on its way (RFC 9112 §9.3.1, §9.5). Then that
     * request has never been seen, which is looked at when all is over; on a new connection there is no such excuse.
     */
    private void closedBefore(String number, boolean reused) {
        assertThat("the first connection for " + number + " was closed without a response", reused, is(true));
        unseen.add(number);
    }

    private void check(String number, RawHttpClient.Response response) {
        statuses.computeIfAbsent(response.status(), first -> new AtomicInteger())
                .incrementAndGet();
        assertThat(response.status(), is(oneOf(200, 504, 503)));
        ahead.accumulateAndGet(
                response.status() == 504 ? STEP_MICROS : -STEP_MICROS,
                (now, more) -> Math.max(-MOST_AHEAD_MICROS, Math.min(now + more, MOST_AHEAD_MICROS)));
        if (response.status() == 200) {
            assertThat(response.headers("X-Number"), is(List.of(number)));
            String text = response.text();
            assertThat(text, is(body(number, text.length() - 1)));
        }
        if (response.headers("X-Own").isEmpty()) {
            // refused by a filter that has ended
            assertThat(response.status(), is(503));
        } else {
            assertThat(response.headers("X-Own"), is(List.of(number)));
        }
    }

    private int count(int status) {
        AtomicInteger count = statuses.get(status);
        return count == null ? 0 : count.get();
    }

    private boolean eachHasWon() {
        return Math.min(count(200), count(504)) > RACES / 10;
    }

    private List<CompletableFuture<Void>> start(ExecutorService threads, int port, int races, BooleanSupplier enough) {
        List<CompletableFuture<Void>> running = new ArrayList<>();
        for (int i = 0; i < CONNECTIONS; i++) {
            Random random = new Random(SEED + i);
            running.add(CompletableFuture.runAsync(() -> race(port, races, enough, random), threads));
        }
        return running;
    }

    @EachContainer
    void each_request_gets_one_response_and_its_own(Container.Kind kind) throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(CONNECTIONS);
        try (Container container = kind.start(filter, new Application())) {
            start(threads, container.port(), (RACES + CONNECTIONS - 1) / CONNECTIONS, this::eachHasWon)
                    .forEach(CompletableFuture::join);

            await().until(() -> filter.suspended() == 0);
            assertThat(statuses + ": each has won", eachHasWon(), is(true));
            assertThat(count(503), is(0));
            each_ended_once();
            whole_budget_is_there(container);
        } finally {
            threads.shutdownNow();
            LOG.log(
                    RACES > DEFAULT_RACES ? Level.INFO : Level.DEBUG,
                    "{0}: {1} of {2} requests, {3} on connections that were closed before",
                    kind,
                    statuses,
                    numbers,
                    unseen.size());
        }
    }

    private void each_ended_once() {
        assertThat(ends.values().stream().filter(times -> times.get() != 1).toList(), is(empty()));
        assertThat(unseen.stream().filter(seen::contains).toList(), is(empty()));
    }

    /** Nothing is held for those that are gone: a body that needs all of it is taken. */
    private void whole_budget_is_there(Container container) throws IOException {
        RawHttpClient.Response response =
                RawHttpClient.exchange(container.port(), RawHttpClient.post("/whole", new byte[BUDGET]));
        assertThat(response.status(), is(oneOf(200, 504)));
    }

    @EachContainer
    void filter_that_ends_in_the_middle_leaves_nobody_waiting(Container.Kind kind) throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(CONNECTIONS);
        try (Container container = kind.start(filter, new Application())) {
            List<CompletableFuture<Void>> running = start(threads, container.port(), 12, () -> count(503) > 0);
            await().until(() -> count(200) > 0 && filter.suspended() > 0);

            filter.destroy();

            assertThat(filter.suspended(), is(0));
            running.forEach(CompletableFuture::join);
            assertThat(count(503), is(greaterThan(0)));
            each_ended_once();
        } finally {
            threads.shutdownNow();
        }
    }
}
