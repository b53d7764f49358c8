package io.thr.core.redis;

import static org.awaitility.Awaitility.await;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.allOf;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.endsWith;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.notNullValue;
import static org.hamcrest.Matchers.startsWith;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.thr.core.Logged;
import io.thr.core.message.Frame;
import io.thr.core.schedule.Claim;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;

@Isolated("sets the JVM's default TLS context for a while")
class RedisConnectTest {

    private static final RedisKeys KEYS = new RedisKeys("bus");

    @RegisterExtension
    static final RedisServer server = RedisServer.embedded();

    private static String pong(Redis redis) {
        return redis.call(Command.of("PING"), Patience.SHORT, ClaimTaker::text).join();
    }

    private static String refusal(RedisUrl url) {
        return String.valueOf(assertThrows(RedisUnavailableException.class, () -> Redis.connect(url, "test"))
                .getMessage());
    }

    @Test
    void connections_bear_the_clients_name() {
        try (Redis redis = Redis.connect(server.url(), "thr front");
                RedisState state = server.state()) {
            assertThat(redis.url(), is(server.url()));
            assertThat(String.valueOf(state.command("CLIENT", "LIST")), containsString("name=thr-front "));
        }
    }

    @Test
    void database_of_the_url_is_used() {
        try (Redis redis = Redis.connect(RedisUrl.parse(server.url() + "/3"), "test");
                RedisState third = new RedisState(RedisUrl.parse(server.url() + "/3"))) {
            new RequestQueue(redis, KEYS, 10).offer("q", new byte[] {'a'}).join();
            assertThat(third.content("q"), is(List.of("a")));
        }
    }

    @Test
    void user_and_password_of_the_url_are_used() {
        try (RedisState state = server.state()) {
            state.command("ACL", "SETUSER", "thr", "on", ">p@ss:w/rd", "~*", "+@all");
            try (Redis redis =
                    Redis.connect(RedisUrl.parse("redis://thr:p%40ss%3Aw%2Frd@127.0.0.1:" + server.port()), "test")) {
                assertThat(pong(redis), is("PONG"));
            }
            String wrong = refusal(RedisUrl.parse("redis://thr:hunter2@127.0.0.1:" + server.port()));
            assertThat(
                    wrong,
                    allOf(containsString("WRONGPASS"), containsString("thr:***@"), not(containsString("hunter2"))));
            state.command("ACL", "DELUSER", "thr");
        }
    }

    @Test
    void right_that_is_missing_is_an_error_of_its_own_kind() {
        try (RedisState state = server.state()) {
            state.command("ACL", "SETUSER", "thr", "on", ">p", "~*", "+@all", "-lpush");
            try (Redis redis = Redis.connect(RedisUrl.parse("redis://thr:p@127.0.0.1:" + server.port()), "test")) {
                RequestQueue queue = new RequestQueue(redis, KEYS, 10);
                CompletionException error = assertThrows(
                        CompletionException.class,
                        () -> queue.offer("q", new byte[1]).join());
                assertThat(
                        error.getCause() instanceof RedisException refusal
                                && refusal.kind() == RedisException.Kind.NO_PERMISSION,
                        is(true));
            }
            state.command("ACL", "DELUSER", "thr");
        }
    }

    /** What the inbox of that kind logs about the rights of a user that has all but these. */
    private static List<String> missing(Function<Redis, AutoCloseable> inbox, String... rights) {
        try (RedisState state = server.state()) {
            List<Object> user = new ArrayList<>(List.of("ACL", "SETUSER", "thr", "on", ">p", "+@all"));
            user.addAll(List.of(rights));
            state.flush();
            state.command(user.toArray());
            try {
                return Logged.by(ServerCheck.class, () -> {
                    try (Redis redis =
                                    Redis.connect(RedisUrl.parse("redis://thr:p@127.0.0.1:" + server.port()), "test");
                            AutoCloseable open = inbox.apply(redis)) {
                        // when the marker is there the rights have been looked at
                        await().until(() -> !state.keys().isEmpty());
                        assertThat(open, is(notNullValue()));
                    } catch (Exception e) {
                        throw new IllegalStateException(e);
                    }
                });
            } finally {
                state.command("ACL", "DELUSER", "thr");
            }
        }
    }

    private static final ResponseListener NOBODY = new ResponseListener() {
        @Override
        public void onResponse(String responseKey, byte[] message) {}

        @Override
        public void onDataLost() {}
    };

    private static AutoCloseable dispatchersInbox(Redis redis) {
        FrameInbox inbox = new FrameInbox(redis, KEYS);
        inbox.open(new FrameInbox.Listener() {
            @Override
            public void onFrame(Frame frame) {}

            @Override
            public void onDataLost() {}
        });
        return inbox;
    }

    @Test
    void right_to_frames_that_is_missing_is_told_at_the_start() {
        assertThat(
                missing(
                        redis -> ResponseInbox.shared(redis, KEYS, "me", NOBODY),
                        "~thr:queue:*",
                        "~thr:{bus}:node:*",
                        "~thr:{bus}:body:*"),
                hasItem(allOf(
                        startsWith("WARNING"),
                        containsString("a filter node"),
                        endsWith("(ACL): LPUSH thr:{bus}:frames:x, EXPIRE thr:{bus}:frames:x"))));
        assertThat(
                missing(RedisConnectTest::dispatchersInbox, "~thr:queue:*", "~thr:{bus}:node:*"),
                hasItem(allOf(
                        startsWith("WARNING"),
                        containsString("a dispatcher"),
                        containsString("BLMOVE thr:{bus}:frames:"),
                        containsString("LTRIM thr:{bus}:frames:"),
                        containsString("LRANGE thr:{bus}:frames:"))));
        assertThat(
                missing(RedisConnectTest::dispatchersInbox, "~thr:{bus}:*", "-ltrim"),
                hasItem(endsWith("(ACL): LPUSH thr:queue:response:x, EXPIRE thr:queue:response:x, LTRIM")));
    }

    @Test
    void looking_at_rights_changes_nothing() throws Exception {
        try (Redis redis = Redis.connect(server.url(), "test");
                RedisState state = server.state()) {
            RedisScheduler claims = new RedisScheduler(redis, KEYS, "me", List.of("q"));
            claims.renew(Duration.ofSeconds(60)).get();
            try (ClaimReader reader = claims.reader(List.of("q"), 100)) {
                state.command("LPUSH", "q", "a");
                assertThat(reader.take(1).size(), is(1));
            }
            assertThat(state.keys().size(), is(3));
        }
    }

    @Test
    void unreachable_server_is_told_in_words_to_act_on() {
        int port = RedisProcess.freePort();
        assertThat(
                refusal(RedisUrl.of("127.0.0.1", port)),
                startsWith("cannot reach Redis at 127.0.0.1:" + port
                        + ": connection refused; is it running? Start it with `redis-server`"));
        assertThat(refusal(RedisUrl.of("no-such-host.invalid", 6379)), containsString("unknown host"));
        assertThat(refusal(RedisUrl.unix("/no/such.sock")), containsString("/no/such.sock"));
    }

    @Test
    void server_that_says_nothing_is_told_after_the_connect_timeout() {
        try (FaultyProxy proxy = FaultyProxy.before(server)) {
            proxy.blackHole();
            assertThat(refusal(proxy.url()), containsString("no reply within 2000 ms"));
        }
    }

    @Test
    void server_that_is_no_redis_is_told() throws Exception {
        try (java.net.ServerSocket web = new java.net.ServerSocket(0, 10, java.net.InetAddress.getLoopbackAddress())) {
            Thread answering = Redis.daemon(
                    () -> {
                        try (java.net.Socket client = web.accept()) {
                            client.getOutputStream()
                                    .write("HTTP/1.1 400 Bad Request\r\n\r\n"
                                            .getBytes(java.nio.charset.StandardCharsets.US_ASCII));
                        } catch (IOException e) {
                            throw new java.io.UncheckedIOException(e);
                        }
                    },
                    "web");
            answering.start();
            assertThat(refusal(RedisUrl.of("127.0.0.1", web.getLocalPort())), containsString("is it a Redis?"));
        }
    }

    @Test
    void embedded_server_gives_its_address_and_ends_with_the_connection() {
        RedisUrl url;
        try (Redis redis = Redis.connect(RedisUrl.parse("embedded"), "test")) {
            url = redis.url();
            assertThat(url.toString(), startsWith("redis://127.0.0.1:"));
            assertThat(pong(redis), is("PONG"));
        }
        assertThat(refusal(url), containsString("connection refused"));
    }

    @Test
    void unix_socket_carries_everything(@TempDir Path directory) throws Exception {
        Path socket = directory.resolve("redis.sock");
        try (RedisServer local = RedisServer.embedded()
                        .with("--unixsocket", socket.toString())
                        .start();
                Redis redis = Redis.connect(RedisUrl.unix(socket.toString()), "test");
                RedisState state = local.state()) {
            assertThat(redis.url().address(), is(socket.toString()));
            byte[] large = new byte[3_000_000];
            BodyStore bodies = new BodyStore(redis, KEYS);
            assertThat(
                    bodies.take(bodies.put(large, Duration.ofMinutes(1)).get()).get(), is(large));
            RedisScheduler claims = new RedisScheduler(redis, KEYS, "me", List.of("q"));
            claims.renew(Duration.ofSeconds(60)).get();
            try (ClaimReader reader = claims.reader(List.of("q"), 100)) {
                CompletableFuture<List<Claim>> waiting = CompletableFuture.supplyAsync(() -> reader.take(1));
                await().until(() ->
                        String.valueOf(state.command("INFO", "clients")).contains("blocked_clients:1"));
                new RequestQueue(redis, KEYS, 10).offer("q", new byte[] {'a'}).get();
                assertThat(waiting.get(5, TimeUnit.SECONDS).get(0).message(), is(new byte[] {'a'}));
                CompletableFuture<List<Claim>> closed = CompletableFuture.supplyAsync(() -> reader.take(1));
                await().until(() ->
                        String.valueOf(state.command("INFO", "clients")).contains("blocked_clients:1"));
                reader.close();
                assertThat(closed.get(2, TimeUnit.SECONDS), is(List.of()));
            }
        }
    }

    @Test
    void tls_checks_the_certificate_and_the_hosts_name(@TempDir Path directory) throws Exception {
        Optional<RedisServer> installed = RedisServer.installed();
        assumeTrue(installed.isPresent(), "redis-server with TLS on the PATH");
        assumeTrue(certificate(directory), "openssl on the PATH");
        int port = RedisProcess.freePort();
        SSLContext before = SSLContext.getDefault();
        try (RedisServer secure = installed
                .get()
                .with("--tls-port", Integer.toString(port))
                .with("--tls-cert-file", directory.resolve("cert.pem").toString())
                .with("--tls-key-file", directory.resolve("key.pem").toString())
                .with("--tls-ca-cert-file", directory.resolve("cert.pem").toString())
                .with("--tls-auth-clients", "no")
                .start()) {
            assertThat(secure.port() == port, is(false));
            RedisUrl byName = RedisUrl.parse("rediss://localhost:" + port);
            assertThat(refusal(byName), containsString("TLS failed"));

            SSLContext.setDefault(trusting(directory.resolve("cert.pem")));
            try (Redis redis = Redis.connect(byName, "test")) {
                assertThat(pong(redis), is("PONG"));
                byte[] large = new byte[1_000_000];
                BodyStore bodies = new BodyStore(redis, KEYS);
                assertThat(
                        bodies.take(bodies.put(large, Duration.ofMinutes(1)).get())
                                .get(),
                        is(large));
            }
            assertThat(refusal(RedisUrl.parse("rediss://127.0.0.1:" + port)), containsString("TLS failed"));
        } finally {
            SSLContext.setDefault(before);
        }
    }

    private static boolean certificate(Path directory) throws InterruptedException {
        try {
            Process openssl = new ProcessBuilder(List.of(
                            "openssl",
                            "req",
                            "-x509",
                            "-newkey",
                            "rsa:2048",
                            "-nodes",
                            "-days",
                            "2",
                            "-subj",
                            "/CN=localhost",
                            "-addext",
                            "subjectAltName=DNS:localhost",
                            "-keyout",
                            directory.resolve("key.pem").toString(),
                            "-out",
                            directory.resolve("cert.pem").toString()))
                    .redirectErrorStream(true)
                    .redirectOutput(directory.resolve("openssl.log").toFile())
                    .start();
            return openssl.waitFor() == 0;
        } catch (IOException e) {
            // not installed
            return false;
        }
    }

    private static SSLContext trusting(Path certificate) throws Exception {
        KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null, null);
        try (InputStream in = Files.newInputStream(certificate)) {
            store.setCertificateEntry(
                    "redis", CertificateFactory.getInstance("X.509").generateCertificate(in));
        }
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(store);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        return context;
    }
}
