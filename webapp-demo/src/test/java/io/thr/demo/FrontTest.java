package io.thr.demo;

import static io.thr.filter.rule.Actions.then;
import static io.thr.filter.rule.Criteria.when;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.lessThan;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.startsWith;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.thr.admin.AdminSettings;
import io.thr.core.RawHttpClient;
import io.thr.core.config.Secret;
import io.thr.core.redis.RedisServer;
import io.thr.dispatcher.Dispatcher;
import io.thr.dispatcher.config.DispatcherSettings;
import io.thr.dispatcher.config.QueueSettings;
import io.thr.filter.config.FilterSettings;
import io.thr.filter.rule.RuleList;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.URI;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

class FrontTest {

    @RegisterExtension
    static final RedisServer redis = RedisServer.embedded();

    private static final String QUEUE = "thr:queue:test";

    @TempDir
    Path directory;

    /** {@code /none}: no queue. {@code /direct}: 204 at once. All else waits in the queue. */
    private static FilterSettings settings() {
        RuleList rules = new RuleList();
        rules.add(when().path("/none"), then().setRedisQueue("null"));
        rules.add(when().path("/direct"), then().setStatusCode(204));
        return FilterSettings.defaults()
                .withRedis(redis.url())
                .withTimeout(Duration.ofSeconds(20))
                .withDefaultQueue(QUEUE)
                .withRules(rules.compile());
    }

    private static Front start() throws IOException {
        return Front.start(settings(), new Listen(0, null));
    }

    private static SocketAddress tcp(Front front) {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), front.port());
    }

    /** Sends a request as it stands and reads until the server closes the connection. */
    private static String exchange(SocketAddress address, String requestLine, String... fields) throws IOException {
        try (SocketChannel channel = SocketChannel.open(address)) {
            String head = requestLine + "\r\nHost: test\r\nConnection: close\r\n" + String.join("", fields) + "\r\n";
            channel.write(StandardCharsets.ISO_8859_1.encode(head));
            StringBuilder response = new StringBuilder();
            ByteBuffer buffer = ByteBuffer.allocate(8192);
            while (channel.read(buffer) >= 0) {
                response.append(StandardCharsets.ISO_8859_1.decode(buffer.flip()));
                buffer.clear();
            }
            return response.toString();
        }
    }

    @Test
    void request_without_queue_gets_404() throws IOException {
        try (Front front = start()) {
            String response = exchange(tcp(front), "GET /none HTTP/1.1");

            assertThat(response, startsWith("HTTP/1.1 404 "));
            assertThat(response, containsString("no redis queue set"));
        }
    }

    @Test
    void admin_port_shows_what_waits_and_refuses_others() throws IOException {
        AdminSettings admin = new AdminSettings(0, "127.0.0.1", new Secret("a-token"), List.of());
        FilterSettings settings =
                settings().edit().admin(admin).graceTime(Duration.ZERO).build();
        try (Front front = Front.start(settings, new Listen(0, null));
                RawHttpClient client = new RawHttpClient(front.port())) {
            client.send("GET /waits?key=hidden HTTP/1.1\r\nHost: test\r\n\r\n");
            int port = URI.create(String.valueOf(front.adminUrl())).getPort();

            await().untilAsserted(() -> assertThat(
                    admin(port, "GET /api/peek?queue=" + QUEUE).text(), containsString("\"path\":\"/waits\"")));
            assertThat(admin(port, "GET /ready").text(), is("{\"ready\":true,\"reasons\":[]}"));
            assertThat(admin(port, "GET /metrics").text(), containsString("jvm_threads_current"));
            assertThat(admin(port, "GET /stats").text(), containsString("\"suspended\":1"));
            assertThat(admin(port, "GET /stats").text(), not(containsString("hidden")));
            assertThat(admin(port, "GET /nowhere").status(), is(404));
            assertThat(admin(port, "OPTIONS /api/bus").status(), is(405));
            assertThat(admin(port, "TRACE /api/bus").status(), is(405));
            assertThat(admin(port, "GET /api/%2e%2e/health").status(), is(400));
            assertThat(admin(port, "GET /health", "Origin: http://evil.example").status(), is(403));
            assertThat(
                    admin(port, "GET /health", "X-Large: " + "x".repeat(20_000)).status(), is(431));
            assertThat(
                    RawHttpClient.exchange(port, "GET /health HTTP/1.1\r\nHost: evil.example\r\n\r\n")
                            .status(),
                    is(421));
            assertThat(admin(port, "POST /api/purge?queue=" + QUEUE).status(), is(401));
            assertThat(
                    admin(port, "POST /api/purge?queue=" + QUEUE, "Authorization: Bearer a-token")
                            .text(),
                    is("{\"done\":true,\"count\":1}"));
            assertThat(client.receive(false).status(), is(503));
        }
    }

    private static RawHttpClient.Response admin(int port, String what, String... fields) throws IOException {
        String head = what + " HTTP/1.1\r\nHost: localhost:" + port + "\r\n" + String.join("\r\n", fields);
        return RawHttpClient.exchange(port, head + (fields.length == 0 ? "\r\n" : "\r\n\r\n"));
    }

    @Test
    void slow_readers_of_the_admin_port_keep_nobody_waiting() throws IOException {
        FilterSettings settings =
                settings().edit().admin(AdminSettings.OFF.withPort(0)).build();
        List<RawHttpClient> slow = new ArrayList<>();
        try (Front front = Front.start(settings, new Listen(0, null))) {
            int port = URI.create(String.valueOf(front.adminUrl())).getPort();
            // more than there are threads, and more than sockets take
            for (int i = 0; i < 20; i++) {
                RawHttpClient neverReads = new RawHttpClient(port);
                slow.add(neverReads);
                neverReads.send("GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(700));
            }
            long begun = System.nanoTime();
            assertThat(admin(port, "GET /health").status(), is(200));
            assertThat(admin(port, "GET /api/bus").status(), is(200));
            // those are given up after 30 s
            assertThat(Duration.ofNanos(System.nanoTime() - begun).toSeconds(), is(lessThan(25L)));
        } finally {
            for (RawHttpClient client : slow) {
                client.close();
            }
        }
    }

    @Test
    void taken_admin_port_says_what_to_do() throws IOException {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            FilterSettings settings = settings()
                    .edit()
                    .admin(AdminSettings.OFF.withPort(taken.getLocalPort()))
                    .build();

            IOException failure = assertThrows(IOException.class, () -> Front.start(settings, new Listen(0, null)));
            assertThat(failure.getMessage(), startsWith("admin: can't listen on 127.0.0.1:" + taken.getLocalPort()));
            assertThat(failure.getMessage(), containsString("--admin-port"));
        }
    }

    @Test
    void server_does_not_say_what_it_is() throws IOException {
        try (Front front = start()) {
            assertThat(exchange(tcp(front), "GET /direct HTTP/1.1"), not(containsString("Jetty")));
        }
    }

    @Test
    void any_method_reaches_the_rules() throws IOException {
        try (Front front = start()) {
            for (String method : new String[] {"PROPFIND", "TRACE", "purge", "X-ANY"}) {
                assertThat(method, exchange(tcp(front), method + " /direct HTTP/1.1"), startsWith("HTTP/1.1 204 "));
            }
        }
    }

    @Test
    void header_of_60_kilobytes_is_accepted() throws IOException {
        try (Front front = start()) {
            String cookie = "Cookie: a=" + "x".repeat(60_000) + "\r\n";

            assertThat(exchange(tcp(front), "GET /direct HTTP/1.1", cookie), startsWith("HTTP/1.1 204 "));
        }
    }

    @Test
    void ambiguous_path_is_refused_by_the_filter() throws IOException {
        try (Front front = start()) {
            String response = exchange(tcp(front), "GET /a%2Fb HTTP/1.1");

            assertThat(response, startsWith("HTTP/1.1 400 "));
            assertThat(response, containsString("application/problem+json"));
        }
    }

    @Test
    void unix_socket_is_served_and_removed_at_the_end() throws IOException {
        Path socket = directory.resolve("front.sock");
        try (Front front = Front.start(settings(), new Listen(0, socket))) {
            assertThat(
                    exchange(UnixDomainSocketAddress.of(socket), "GET /direct HTTP/1.1"), startsWith("HTTP/1.1 204 "));
            assertThat(front.url(), is("unix:" + socket));
        }

        assertThat(Files.exists(socket), is(false));
    }

    @Test
    void socket_left_by_a_killed_front_does_not_hinder_the_next() throws IOException {
        Path socket = directory.resolve("front.sock");
        try (ServerSocketChannel killed = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            killed.bind(UnixDomainSocketAddress.of(socket));
        }

        try (Front front = Front.start(settings(), new Listen(0, socket))) {
            assertThat(
                    exchange(UnixDomainSocketAddress.of(socket), "GET /direct HTTP/1.1"), startsWith("HTTP/1.1 204 "));
            IOException refused =
                    assertThrows(IOException.class, () -> Front.start(settings(), new Listen(0, socket)), front::url);
            assertThat(refused.getMessage(), containsString("another program listens there"));
        }
    }

    @Test
    void file_in_place_of_the_socket_is_left_alone() throws IOException {
        Path file = Files.writeString(directory.resolve("front.sock"), "mine");

        IOException refused = assertThrows(IOException.class, () -> Front.start(settings(), new Listen(0, file)));

        assertThat(refused.getMessage(), containsString("there is a file"));
        assertThat(Files.readString(file), is("mine"));
    }

    @Test
    void waiting_request_is_answered_before_the_front_ends() throws Exception {
        Front front = start();
        SocketAddress address = tcp(front);
        CompletableFuture<String> client =
                CompletableFuture.supplyAsync(() -> unchecked(address, "GET /waits HTTP/1.1"));
        await().until(() -> redis.state().content(QUEUE) != null);

        CompletableFuture<Void> end = CompletableFuture.runAsync(front::close);
        await().until(() -> !accepts(address));
        try (HelloUpstream upstream = HelloUpstream.start();
                Dispatcher dispatcher = dispatcher(upstream)) {
            assertThat(client.get(20, TimeUnit.SECONDS), containsString("Hello World"));
            end.get(20, TimeUnit.SECONDS);
        }
    }

    private static Dispatcher dispatcher(HelloUpstream upstream) {
        return Dispatcher.start(DispatcherSettings.builder()
                .redis(redis.url())
                .statsEvery(Duration.ZERO)
                .queue(QueueSettings.of(QUEUE, "127.0.0.1", upstream.port()))
                .build());
    }

    private static String unchecked(SocketAddress address, String requestLine) {
        try {
            return exchange(address, requestLine);
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }

    private static boolean accepts(SocketAddress address) {
        try (SocketChannel channel = SocketChannel.open(address)) {
            return channel.isConnected();
        } catch (IOException refused) {
            return false;
        }
    }
}
