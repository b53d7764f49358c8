package io.thr.demo;

import static io.thr.core.match.TextPattern.any;
import static io.thr.core.match.TextPattern.glob;
import static io.thr.filter.rule.Actions.then;
import static io.thr.filter.rule.Criteria.when;

import io.thr.admin.AdminSettings;
import io.thr.core.config.Secret;
import io.thr.core.limit.MaxLimit;
import io.thr.core.limit.RequestHash;
import io.thr.core.redis.EmbeddedRedis;
import io.thr.core.redis.RedisUrl;
import io.thr.dispatcher.Dispatcher;
import io.thr.dispatcher.config.DispatcherSettings;
import io.thr.dispatcher.config.QueueSettings;
import io.thr.dispatcher.upstream.ServerSettings;
import io.thr.dispatcher.upstream.UpstreamSettings;
import io.thr.filter.config.FilterSettings;
import io.thr.filter.rule.RuleList;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HexFormat;
import java.util.List;

/**
 * The whole way in one process: front, two dispatchers and their upstreams, with a Redis as child process; clients that keep them
 * busy, and the page that shows it. Ends in the order in which a request meets them, so that none that waits loses the part it
 * waits for.
 *
 * <p>What clients of the load send is told by its field {@value DemoLoad#CLIENT}. All else has a queue and an upstream of its own,
 * and no limit, so that whoever tries it with {@code curl} does not wait behind the load.
 */
final class Demo implements AutoCloseable {

    /** The limit of all reports. */
    static final String REPORTS_AT_ONCE = "reports_at_once";

    /** The limit of each client's reports. */
    static final String REPORTS_BY_CLIENT = "reports_by_client";

    private static final String IMAGES_AT_ONCE = "images_at_once";

    private static final String REPORTS = "thr:queue:reports";
    private static final String IMAGES = "thr:queue:images";

    /** As much as makes requests wait now and then. */
    private static final int PER_SECOND = 5;

    private static final int MILLIS = 600;
    private static final int MOST_REPORTS = 4;
    private static final int MOST_OF_EACH = 2;
    private static final int MOST_IMAGES = 2;

    private final Deque<Runnable> ends = new ArrayDeque<>();
    private final String token = token();
    private final SlowUpstream slow;
    private final HelloUpstream hello;
    private final Front front;
    private final RedisUrl redis;

    private Demo(int port, int adminPort) throws IOException {
        try {
            EmbeddedRedis server = EmbeddedRedis.start();
            ends.push(server::close);
            redis = server.url();
            hello = HelloUpstream.start();
            ends.push(hello::close);
            slow = SlowUpstream.start(MILLIS);
            ends.push(slow::close);
            for (int i = 0; i < 2; i++) {
                Dispatcher dispatcher = Dispatcher.start(dispatcher());
                ends.push(dispatcher::close);
                dispatcher.onDrain(() -> end(dispatcher));
            }
            DemoControls controls = new DemoControls(slow);
            front = Front.start(front(adminPort), new Listen(port, null), List.of(controls));
            ends.push(front::close);
            // who waits would keep the front from ending
            ends.push(() -> slow.take(0));
            DemoLoad load = DemoLoad.start("http://127.0.0.1:" + front.port(), PER_SECOND);
            ends.push(load::close);
            controls.controls(load);
        } catch (IOException | RuntimeException failed) {
            close();
            throw failed;
        }
    }

    /**
     * Starts all parts.
     *
     * @param port where the front listens; 0: any free port
     * @param adminPort where the page is; where that is taken, or 0: any free port
     */
    static Demo start(int port, int adminPort) throws IOException {
        return new Demo(port, adminPort);
    }

    /** Ends a dispatcher that somebody has drained: what it runs goes on until it is done. */
    private static void end(Dispatcher dispatcher) {
        Thread thread = new Thread(dispatcher::close, "demo-drain");
        thread.setDaemon(true);
        thread.start();
    }

    private static String token() {
        byte[] bytes = new byte[12];
        new SecureRandom().nextBytes(bytes);
        return HexFormat.of().formatHex(bytes);
    }

    private DispatcherSettings dispatcher() {
        UpstreamSettings servers = UpstreamSettings.of(
                ServerSettings.of("http://127.0.0.1:" + slow.port(0)),
                ServerSettings.of("http://127.0.0.1:" + slow.port(1)));
        RequestHash client = RequestHash.header(DemoLoad.CLIENT);
        return DispatcherSettings.builder()
                .redis(redis)
                .statsEvery(Duration.ZERO)
                .queue(QueueSettings.of(Main.DEFAULT_QUEUE, "127.0.0.1", hello.port()))
                .queue(QueueSettings.of(REPORTS, servers).withMaxConcurrent(10))
                .queue(QueueSettings.of(IMAGES, servers).withMaxConcurrent(10))
                .limit(REPORTS_AT_ONCE, clientOf("/reports/"), MaxLimit.exactly(any()), MOST_REPORTS)
                .limit(REPORTS_BY_CLIENT, clientOf("/reports/"), MaxLimit.dynamic(), MOST_OF_EACH)
                .limit(IMAGES_AT_ONCE, clientOf("/images/"), MaxLimit.exactly(any()), MOST_IMAGES)
                .fairBy(client.withDefault("others"))
                .build();
    }

    /** Who sends a request for something below that path. */
    private static RequestHash clientOf(String path) {
        return request -> request.path().startsWith(path) ? request.headers().first(DemoLoad.CLIENT) : null;
    }

    private FilterSettings front(int adminPort) {
        AdminSettings admin =
                new AdminSettings(free(adminPort), AdminSettings.DEFAULT_HOST, new Secret(token), List.of());
        return FilterSettings.defaults()
                .withRedis(redis)
                .withDefaultQueue(Main.DEFAULT_QUEUE)
                .withRules(new RuleList()
                        .add(
                                when().path(glob("/reports/*")).header(DemoLoad.CLIENT, any()),
                                then().setRedisQueue(REPORTS))
                        .add(
                                when().path(glob("/images/*")).header(DemoLoad.CLIENT, any()),
                                then().setRedisQueue(IMAGES))
                        .compile())
                .edit()
                .admin(admin)
                .build();
    }

    /** That port, or 0 where another program has it. */
    private static int free(int port) {
        try (ServerSocket probe = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
            return probe.getLocalPort() == port ? port : 0;
        } catch (IOException taken) {
            return 0;
        }
    }

    String url() {
        return front.url();
    }

    /** Where the page is, with what one needs to change something on it. */
    String page() {
        return front.adminUrl() + "/#token=" + token;
    }

    /** What runs where, and what to do next. */
    String introduction() {
        return """
                Redis        %s (embedded: ends with this demo)
                Upstreams    http://127.0.0.1:%d answers "Hello World"; ports %d and %d take their time
                Dispatchers  two take %s to the first, %s and %s to the others
                Clients      web, mobile and batch keep them busy

                Start http2redis on %s

                Watch it:  %s
                Try:       curl %s
                End:       Ctrl-C""".formatted(
                        redis,
                        hello.port(),
                        slow.port(0),
                        slow.port(1),
                        Main.DEFAULT_QUEUE,
                        REPORTS,
                        IMAGES,
                        url(),
                        page(),
                        url());
    }

    void awaitEnd() throws InterruptedException {
        front.awaitEnd();
    }

    @Override
    public void close() {
        while (!ends.isEmpty()) {
            ends.pop().run();
        }
    }
}
