package io.thr.filter;

import static io.thr.filter.rule.Actions.then;
import static io.thr.filter.rule.Criteria.when;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.lessThanOrEqualTo;

import io.thr.core.redis.RedisServer;
import io.thr.filter.config.FilterSettings;
import io.thr.filter.rule.RuleList;
import jakarta.servlet.http.HttpServlet;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * A suspended request holds no thread and no connection to Redis. Client and server are one process here, and share its
 * file descriptors; the benchmark does the same with 10,000 requests from another process.
 */
class SuspendedThreadsTest {

    @RegisterExtension
    static final RedisServer REDIS = RedisServer.embedded();

    private static final int FEW = 10;
    private static final int MANY = 8_000;

    @Test
    void thousands_of_suspended_requests_need_no_more_threads_and_connections_than_ten() throws Exception {
        FilterSettings settings = FilterSettings.defaults()
                .edit()
                .redis(REDIS.url())
                .graceTime(Duration.ZERO)
                .rules(new RuleList()
                        .add(when(), then().setRedisQueue("thr:queue:hello"))
                        .compile())
                .build();
        ThrFilter filter = new ThrFilter(settings);
        List<SocketChannel> clients = new ArrayList<>();
        try (Container container = Container.Kind.JETTY.start(filter, new HttpServlet() {
            private static final long serialVersionUID = 1L;
        })) {
            suspend(container, clients, FEW);
            Awaitility.await().until(() -> filter.suspended() == FEW);
            long connectionsOfTen = redisConnections();

            suspend(container, clients, MANY - FEW);
            Awaitility.await().atMost(Duration.ofSeconds(60)).until(() -> filter.suspended() == MANY);

            assertThat(busyThreads(), lessThanOrEqualTo(0L));
            assertThat(redisConnections(), is(connectionsOfTen));
        } finally {
            for (SocketChannel client : clients) {
                client.close();
            }
        }
    }

    private static void suspend(Container container, List<SocketChannel> clients, int number) throws Exception {
        byte[] request = "GET /x HTTP/1.1\r\nHost: a\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
        for (int i = 0; i < number; i++) {
            SocketChannel client =
                    SocketChannel.open(new InetSocketAddress(InetAddress.getLoopbackAddress(), container.port()));
            client.write(ByteBuffer.wrap(request));
            clients.add(client);
        }
    }

    private static long redisConnections() {
        return String.valueOf(REDIS.state().command("CLIENT", "LIST"))
                .lines()
                .filter(line -> line.contains("name=thr-filter"))
                .count();
    }

    /** Threads that are inside the filter, whatever pool they are of: a suspended request would show as one. */
    private static long busyThreads() {
        return Thread.getAllStackTraces().values().stream()
                .filter(frames -> java.util.Arrays.stream(frames)
                        .anyMatch(frame -> frame.getClassName().equals(ThrFilter.class.getName())))
                .count();
    }
}
