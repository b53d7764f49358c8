package io.thr.demo;

import static org.awaitility.Awaitility.await;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.is;

import io.thr.core.redis.RedisServer;
import io.thr.dispatcher.Dispatcher;
import io.thr.dispatcher.config.DispatcherSettings;
import io.thr.dispatcher.config.QueueSettings;
import java.lang.System.Logger.Level;
import java.lang.ref.WeakReference;
import java.lang.reflect.Constructor;
import java.net.URI;
import java.net.URL;
import java.net.URLClassLoader;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.apache.catalina.Context;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** A container that never stops, while applications with the filter come and go. */
class RedeployIT {

    private static final System.Logger LOG = System.getLogger(RedeployIT.class.getName());
    private static final int DEPLOYMENTS = Integer.getInteger("thr.deployments", 10);

    /** What Tomcat complains about when an application stops: threads that go on, and values of threads. */
    private static final Logger COMPLAINTS = Logger.getLogger("org.apache.catalina.loader.WebappClassLoaderBase");

    @RegisterExtension
    static final RedisServer redis = RedisServer.embedded();

    @TempDir
    Path directory;

    private final HttpClient client = HttpClient.newHttpClient();

    /** Keeps what is logged. */
    private static final class Kept extends Handler {

        private final ConcurrentLinkedQueue<String> messages = new ConcurrentLinkedQueue<>();

        @Override
        public void publish(LogRecord entry) {
            if (entry.getLevel().intValue() >= java.util.logging.Level.WARNING.intValue()) {
                messages.add(entry.getMessage());
            }
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    }

    /** What the next application brings; of its own type, for types of the JDK are kept in another place. */
    private record Successor(@Nullable Successor before) {}

    /**
     * Does what the next application would do. The JDK's {@code ObjectMethods}, which links a record's equality, hash and
     * text at their first use, keeps for each of the three the types it was last used with: strongly in JDK 17, softly in
     * later ones. So the last application that used a record stays until another one does, which need not be ours. That
     * the applications before it go shows that this does not add up.
     */
    private static void displaceLastRecord() throws Exception {
        URL classes = RedeployIT.class.getProtectionDomain().getCodeSource().getLocation();
        try (URLClassLoader next = new URLClassLoader(new URL[] {classes}, ClassLoader.getPlatformClassLoader())) {
            Class<?> type = next.loadClass(Successor.class.getName());
            Constructor<?> constructor = type.getDeclaredConstructor(type);
            constructor.setAccessible(true);
            Object first = constructor.newInstance((Object) null);
            Object second = constructor.newInstance(first);
            assertThat(second, is(constructor.newInstance(first)));
            assertThat(second.hashCode(), is(constructor.newInstance(first).hashCode()));
            assertThat(second.toString(), is("Successor[before=Successor[before=null]]"));
        }
    }

    private Path application() throws Exception {
        return FilterJar.application(directory.resolve("application"), """
                redis: %s
                admin: { token: a-token }
                rate_limit_timeout: 10s    # that the machine is busy must not decide
                rules:
                  - when: { path: { glob: "/hello*" } }
                    then:
                      set_redis_queue: thr:queue:default
                      rate_limit:
                        - { name: live, key: [real_ip], algorithm: sliding-window, quota: 1000, window: 60s, live: true }
                        - { name: delay, key: [real_ip], algorithm: token-bucket, quota: 100, window: 1s, burst: 1, on_exceeded: delay, max_delay: 2s }
                """.formatted(redis.url()), """
                <servlet>
                  <servlet-name>admin</servlet-name>
                  <servlet-class>io.thr.filter.ThrAdminServlet</servlet-class>
                  <async-supported>true</async-supported>
                </servlet>
                <servlet-mapping>
                  <servlet-name>admin</servlet-name>
                  <url-pattern>/thr-admin/*</url-pattern>
                </servlet-mapping>
                """);
    }

    private String get(IsolatedTomcat tomcat, String path) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + tomcat.port() + path))
                .header("Authorization", "Bearer a-token")
                .build();
        return client.send(request, HttpResponse.BodyHandlers.ofString()).body();
    }

    /** Deploys, uses and undeploys; nothing of it may be reachable afterwards. */
    private WeakReference<ClassLoader> round(IsolatedTomcat tomcat, Path application, List<Duration> starts)
            throws Exception {
        long begun = System.nanoTime();
        Context context = tomcat.deploy(application);
        starts.add(Duration.ofNanos(System.nanoTime() - begun));
        assertThat(get(tomcat, "/hello"), is("Hello World\n"));
        assertThat(get(tomcat, "/hello/again"), is("Hello World\n"));
        assertThat(get(tomcat, "/page.html"), is("the application's own"));
        assertThat(get(tomcat, "/thr-admin/metrics"), containsString("jvm_memory_used_bytes"));
        assertThat(get(tomcat, "/thr-admin/api/bus"), containsString("\"kind\":\"front\""));
        ClassLoader loader = context.getLoader().getClassLoader();
        tomcat.undeploy(context);
        List<String> threads = Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getContextClassLoader() == loader)
                .map(Thread::getName)
                .toList();
        assertThat(threads, is(empty()));
        return new WeakReference<>(loader);
    }

    private static Duration median(List<Duration> times) {
        return times.stream().sorted().toList().get(times.size() / 2);
    }

    @Test
    void undeployed_application_leaves_no_thread_and_no_class_loader() throws Exception {
        Kept complaints = new Kept();
        COMPLAINTS.addHandler(complaints);
        List<WeakReference<ClassLoader>> loaders = new ArrayList<>();
        List<Duration> starts = new ArrayList<>();
        List<Duration> withoutFilter = new ArrayList<>();
        Path bare = FilterJar.withoutFilter(directory.resolve("bare"), "");
        Path application = application();
        try (HelloUpstream upstream = HelloUpstream.start();
                Dispatcher dispatcher = Dispatcher.start(DispatcherSettings.builder()
                        .redis(redis.url())
                        .statsEvery(Duration.ZERO)
                        .queue(QueueSettings.of("thr:queue:default", "127.0.0.1", upstream.port()))
                        .build());
                IsolatedTomcat tomcat = new IsolatedTomcat(directory.resolve("tomcat"), true)) {
            for (int i = 0; i < DEPLOYMENTS; i++) {
                long begun = System.nanoTime();
                Context context = tomcat.deploy(bare);
                withoutFilter.add(Duration.ofNanos(System.nanoTime() - begun));
                tomcat.undeploy(context);
                loaders.add(round(tomcat, application, starts));
            }
            displaceLastRecord();
            await().atMost(Duration.ofSeconds(20)).untilAsserted(() -> {
                System.gc();
                assertThat(
                        "class loaders of " + DEPLOYMENTS,
                        loaders.stream().filter(loader -> loader.get() != null).count(),
                        is(0L));
            });
            assertThat(complaints.messages, is(empty()));
            LOG.log(
                    Level.INFO,
                    "start of an application: with the filter {0} ms at first, {1} ms in the median; without {2} and {3} ms",
                    starts.get(0).toMillis(),
                    median(starts).toMillis(),
                    withoutFilter.get(0).toMillis(),
                    median(withoutFilter).toMillis());
        } finally {
            COMPLAINTS.removeHandler(complaints);
        }
    }
}
