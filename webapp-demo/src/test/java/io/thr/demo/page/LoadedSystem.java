package io.thr.demo.page;

import static io.thr.core.match.TextPattern.any;
import static io.thr.filter.rule.Actions.then;
import static io.thr.filter.rule.Criteria.when;
import static org.awaitility.Awaitility.await;

import io.thr.core.OracleUpstream;
import io.thr.core.limit.MaxLimit;
import io.thr.core.limit.RequestHash;
import io.thr.core.redis.BusControl;
import io.thr.core.redis.Redis;
import io.thr.core.redis.RedisKeys;
import io.thr.core.redis.RedisServer;
import io.thr.core.redis.RedisState;
import io.thr.demo.StartedFront;
import io.thr.dispatcher.Dispatcher;
import io.thr.dispatcher.config.DispatcherSettings;
import io.thr.dispatcher.config.QueueSettings;
import io.thr.filter.config.FilterSettings;
import io.thr.filter.rule.RuleList;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;

/**
 * A whole system, with an upstream that answers nothing until the test lets it: what runs and what waits is known exactly.
 * Users may have two requests running each, all together four; two dispatchers.
 */
final class LoadedSystem implements AutoCloseable {

    static final String TOKEN = "a-token-of-tests";

    static final String REPORTS = "thr:queue:reports";
    static final String IMAGES = "thr:queue:images";

    /** A queue's name that would be markup, if anybody took it for that. */
    static final String HOSTILE = "thr:queue:\"><script>window.hacked=1</script>";

    static final String USER = "X-User";
    static final String BY_USER = "by_user";
    static final String AT_ONCE = "at_once";

    private final Deque<AutoCloseable> ends = new ArrayDeque<>();
    private final Semaphore answers = new Semaphore(0);
    private final OracleUpstream upstream;
    private final StartedFront front;
    private final RedisState redis;
    private final RedisServer server;
    private final BusControl control;
    private AdminPort admin;
    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    private LoadedSystem(RedisServer server) throws IOException {
        this.server = server;
        redis = new RedisState(server.url());
        ends.push(redis);
        upstream = OracleUpstream.start(request -> {
            answers.acquire();
            return OracleUpstream.response(200, request.target());
        });
        ends.push(upstream);
        ends.push(another());
        ends.push(another());
        front = StartedFront.start(FilterSettings.defaults()
                .withRedis(server.url())
                .withTimeout(Duration.ofSeconds(60))
                .withDefaultQueue(REPORTS)
                .withRules(new RuleList()
                        .add(when().path("/images"), then().setRedisQueue(IMAGES))
                        .add(when().path("/hostile"), then().setRedisQueue(HOSTILE))
                        .compile()));
        ends.push(front);
        admin = new AdminPort(server.url(), TOKEN, 0);
        Redis changing = Redis.connect(server.url(), "test");
        ends.push(changing);
        control = new BusControl(changing, new RedisKeys("thr"));
    }

    /** One dispatcher more, which ends when it is drained. */
    Dispatcher another() {
        Dispatcher dispatcher = Dispatcher.start(DispatcherSettings.builder()
                .redis(server.url())
                .statsEvery(Duration.ZERO)
                .queue(QueueSettings.of(REPORTS, "127.0.0.1", upstream.port()))
                .queue(QueueSettings.of(IMAGES, "127.0.0.1", upstream.port()))
                .queue(QueueSettings.of(HOSTILE, "127.0.0.1", upstream.port()))
                .limit(BY_USER, RequestHash.header(USER), MaxLimit.dynamic(), 2)
                .limit(AT_ONCE, RequestHash.header(USER), MaxLimit.exactly(any()), 4)
                .fairBy(RequestHash.header(USER).withDefault("none"))
                .build());
        dispatcher.onDrain(() -> new Thread(dispatcher::close, "drain").start());
        return dispatcher;
    }

    static LoadedSystem start(RedisServer server) throws IOException {
        return new LoadedSystem(server);
    }

    /** Where the page is, with its token. */
    String page() {
        return pageWithoutToken() + "#token=" + TOKEN;
    }

    String pageWithoutToken() {
        return "http://127.0.0.1:" + admin.port() + "/";
    }

    /** The admin port goes away, and comes back where it was. */
    Runnable adminGoes() {
        int port = admin.port();
        admin.close();
        return () -> admin = new AdminPort(server.url(), TOKEN, port);
    }

    RedisState redis() {
        return redis;
    }

    OracleUpstream upstream() {
        return upstream;
    }

    /** Sends so many requests of that user, one after the other has got where it waits or runs. */
    List<CompletableFuture<HttpResponse<String>>> send(String path, String user, int number) {
        List<CompletableFuture<HttpResponse<String>>> sent = new ArrayList<>();
        for (int i = 0; i < number; i++) {
            sent.add(http.sendAsync(
                    HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + front.port() + path))
                            .header(USER, user)
                            .build(),
                    HttpResponse.BodyHandlers.ofString()));
        }
        return sent;
    }

    /** Lets the upstream answer so many. */
    void answer(int number) {
        answers.release(number);
    }

    /** All that is under way has ended, and nothing is as somebody has set it. */
    void reset() {
        control.resetLimit(AT_ONCE).join();
        List.of(REPORTS, IMAGES, HOSTILE).forEach(queue -> control.resume(queue).join());
        answers.release(10_000);
        await().pollDelay(Duration.ZERO)
                .until(() -> redis.content("thr:{thr}:tickets") == null
                        && redis.content("thr:{thr}:messages") == null
                        && upstream.now() == 0);
        answers.drainPermits();
    }

    @Override
    public void close() throws Exception {
        answers.release(10_000);
        admin.close();
        while (!ends.isEmpty()) {
            ends.pop().close();
        }
    }
}
