package io.thr.spring;

import static io.thr.spring.StartedApplication.body;
import static io.thr.spring.StartedApplication.result;
import static io.thr.spring.StartedApplication.send;
import static io.thr.spring.StartedApplication.sendLater;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.startsWith;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.micrometer.core.instrument.MeterRegistry;
import io.thr.core.message.MessageBody;
import io.thr.core.message.RequestMessage;
import io.thr.core.redis.RedisServer;
import java.net.http.HttpClient.Version;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.slf4j.LoggerFactory;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.context.event.ApplicationReadyEvent;

/** An application really started, in each container that Spring Boot has, asked by HTTP/1.1 and HTTP/2. */
class SpringBootApplicationTest {

    private static final String QUEUE = "thr:queue:boot";
    private static final int JDK_WITH_VIRTUAL_THREADS = 21;
    /** Fewer than the streams that each container allows on a connection. */
    private static final int MANY = 60;

    @RegisterExtension
    static final RedisServer redis = RedisServer.embedded();

    private static final List<StartedApplication> applications = new ArrayList<>();

    @BeforeAll
    static void start() {
        boolean virtual = Runtime.version().feature() >= JDK_WITH_VIRTUAL_THREADS;
        String threads = "spring.threads.virtual.enabled=" + virtual;
        applications.add(StartedApplication.start(redis, List.of(Application.class), threads));
        applications.add(
                StartedApplication.start(
                        redis,
                        List.of(Application.class),
                        threads,
                        "spring.autoconfigure.exclude="
                                + "org.springframework.boot.tomcat.autoconfigure.servlet.TomcatServletWebServerAutoConfiguration"));
    }

    /** Tomcat changes to HTTP/2 with a request that has no body; then the connection is there. */
    @BeforeEach
    void changeToHttp2() throws Exception {
        for (StartedApplication application : applications) {
            application.get(Version.HTTP_2, "/any/x");
        }
    }

    @AfterAll
    static void stop() {
        applications.forEach(StartedApplication::stop);
        applications.clear();
    }

    static Stream<Arguments> ways() {
        return applications.stream()
                .flatMap(application -> Stream.of(Version.HTTP_1_1, Version.HTTP_2)
                        .map(version ->
                                Arguments.argumentSet(version + " " + serverOf(application), application, version)));
    }

    private static String serverOf(StartedApplication application) {
        return application.context().getBeanProvider(Object.class).stream()
                .map(bean -> bean.getClass().getSimpleName())
                .filter(name -> name.endsWith("ServletWebServerFactory"))
                .findFirst()
                .orElse("none");
    }

    @ParameterizedTest
    @MethodSource("ways")
    void queued_request_gets_its_answer(StartedApplication application, Version version) throws Exception {
        CompletableFuture<HttpResponse<String>> client = sendLater(application
                .request(version, "/form?q=1")
                .header("X-Wait", "1")
                .header("Content-Type", "application/x-www-form-urlencoded")
                .PUT(body("a=1&b=2")));
        RequestMessage request;
        try (QueueEnd end = new QueueEnd(redis)) {
            request = end.take(QUEUE);
            end.answer(request, "from the queue");
        }
        HttpResponse<String> response = result(client);

        assertThat(response.body(), is("from the queue"));
        assertThat(response.version(), is(version));
        assertThat(request.method(), is("PUT"));
        assertThat(request.path(), is("/form"));
        assertThat(request.headers().first("X-A"), is("b"));
        // Spring's filter of forms would have read it
        assertThat(new String(((MessageBody.Inline) request.body()).bytes(), StandardCharsets.UTF_8), is("a=1&b=2"));
    }

    @ParameterizedTest
    @MethodSource("ways")
    void other_requests_pass_to_the_application(StartedApplication application, Version version) throws Exception {
        HttpResponse<String> response = application.get(version, "/any/x");

        assertThat(response.body(), is("application any x"));
        assertThat(response.version(), is(version));
        assertThat(
                send(application
                                .request(version, "/form")
                                .header("Content-Type", "application/x-www-form-urlencoded")
                                .PUT(body("a=1")))
                        .body(),
                is("application 1"));
    }

    @ParameterizedTest
    @MethodSource("ways")
    void asynchronous_controller_works_under_a_rule(StartedApplication application, Version version) throws Exception {
        HttpResponse<String> response = application.get(version, "/deferred/x");

        assertThat(response.body(), is("deferred x"));
        assertThat(response.headers().firstValue("X-Out").orElse(""), is("y"));
    }

    @ParameterizedTest
    @MethodSource("ways")
    void third_request_of_two_is_refused(StartedApplication application, Version version) throws Exception {
        String path = "/limited/" + UUID.randomUUID();
        application.get(version, path);
        application.get(version, path);
        HttpResponse<String> third = application.get(version, path);

        assertThat(third.statusCode(), is(429));
        assertThat(third.headers().firstValue("Content-Type").orElse(""), is("application/problem+json"));
    }

    @ParameterizedTest
    @MethodSource("ways")
    void delayed_request_passes_to_the_application(StartedApplication application, Version version) throws Exception {
        String path = "/delayed/" + UUID.randomUUID();
        application.get(version, path);

        assertThat(application.get(version, path).body(), startsWith("application delayed "));
    }

    @ParameterizedTest
    @MethodSource("ways")
    void many_quick_answers_arrive(StartedApplication application, Version version) throws Exception {
        List<CompletableFuture<HttpResponse<String>>> clients = Stream.generate(
                        () -> application.request(version, "/any/x").header("X-Wait", "1"))
                .limit(MANY)
                .map(StartedApplication::sendLater)
                .toList();
        try (QueueEnd end = new QueueEnd(redis)) {
            for (int i = 0; i < MANY; i++) {
                end.answer(end.take(QUEUE), "quick");
            }
        }
        for (CompletableFuture<HttpResponse<String>> client : clients) {
            assertThat(result(client).body(), is("quick"));
        }
    }

    @ParameterizedTest
    @MethodSource("ways")
    void servlets_run_on_virtual_threads(StartedApplication application, Version version) throws Exception {
        assumeTrue(Runtime.version().feature() >= JDK_WITH_VIRTUAL_THREADS, "virtual threads");

        assertThat(application.get(version, "/thread").body(), startsWith("VirtualThread["));
    }

    @ParameterizedTest
    @MethodSource("ways")
    void health_tells_how_many_wait_and_does_not_wait_itself(StartedApplication application, Version version)
            throws Exception {
        CompletableFuture<HttpResponse<String>> client =
                sendLater(application.request(version, "/any/x").header("X-Wait", "1"));
        try (QueueEnd end = new QueueEnd(redis)) {
            RequestMessage request = end.take(QUEUE);
            HttpResponse<String> health =
                    send(application.request(version, "/actuator/health").header("X-Wait", "1"));

            assertThat(health.statusCode(), is(200));
            assertThat(
                    health.body(),
                    containsString(
                            "\"thr\":{\"details\":{\"redis\":\"reachable\",\"suspended\":1},\"status\":\"UP\"}"));
            end.answer(request, "");
            result(client);
        }
        await().untilAsserted(() -> assertThat(
                application.get(version, "/actuator/health/thr").body(),
                is("{\"details\":{\"redis\":\"reachable\",\"suspended\":0},\"status\":\"UP\"}")));
    }

    @Test
    void meters_count_what_waits_and_what_policies_say() throws Exception {
        StartedApplication application = applications.get(0);
        MeterRegistry meters = application.context().getBean(MeterRegistry.class);
        String path = "/limited/" + UUID.randomUUID();
        double granted = decisions(meters, "granted");
        double exceeded = decisions(meters, "exceeded");
        for (int i = 0; i < 5; i++) {
            application.get(Version.HTTP_1_1, path);
        }

        assertThat(decisions(meters, "granted") - granted, is(2.0));
        assertThat(decisions(meters, "exceeded") - exceeded, is(3.0));
        assertThat(decisions(meters, "undecided"), is(0.0));
        assertThat(
                meters.get("thr.rate.delayed")
                                .tag("policy", "later")
                                .functionCounter()
                                .count()
                        >= 0,
                is(true));
        assertThat(meters.get("thr.connected").gauge().value(), is(1.0));
        await().until(() -> meters.get("thr.suspended").gauge().value() == 0);
        CompletableFuture<HttpResponse<String>> client =
                sendLater(application.request(Version.HTTP_1_1, "/any/x").header("X-Wait", "1"));
        try (QueueEnd end = new QueueEnd(redis)) {
            RequestMessage request = end.take(QUEUE);

            assertThat(meters.get("thr.suspended").gauge().value(), is(1.0));
            end.answer(request, "");
            result(client);
        }
    }

    @Test
    void meters_are_registered_once() {
        StartedApplication application = applications.get(0);
        Logger logger = (Logger) LoggerFactory.getLogger(MeterRegistry.class);
        ListAppender<ILoggingEvent> logged = new ListAppender<>();
        logged.start();
        logger.setLevel(Level.DEBUG);
        logger.addAppender(logged);
        try {
            application
                    .context()
                    .getBean(ThrMetrics.class)
                    .onApplicationEvent(new ApplicationReadyEvent(
                            new SpringApplication(), new String[0], application.context(), Duration.ZERO));
        } finally {
            logger.detachAppender(logged);
            logger.setLevel(null);
        }

        assertThat(logged.list, is(empty()));
    }

    private static double decisions(MeterRegistry meters, String outcome) {
        return meters.get("thr.rate.decisions")
                .tag("policy", "two")
                .tag("outcome", outcome)
                .functionCounter()
                .count();
    }
}
