package io.thr.filter;

import static io.thr.filter.rule.Actions.then;
import static io.thr.filter.rule.Criteria.when;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.is;

import io.thr.core.Logged;
import io.thr.core.RawHttpClient;
import io.thr.core.message.Headers;
import io.thr.core.message.MessageBody;
import io.thr.core.message.RequestMessage;
import io.thr.core.message.ResponseExtra;
import io.thr.core.message.ResponseMessage;
import io.thr.core.rate.RateAlgorithm;
import io.thr.core.rate.RatePolicy;
import io.thr.core.redis.Connecting;
import io.thr.core.redis.RedisServer;
import io.thr.filter.config.FilterSettings;
import io.thr.filter.rate.RateCounts;
import io.thr.filter.rule.OnRedisFailure;
import io.thr.filter.rule.RateKeyPart;
import io.thr.filter.rule.RateLimit;
import io.thr.filter.rule.RuleList;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** An application starts whether there is a Redis or not, and its rules say what becomes of requests meanwhile. */
class StartWithoutRedisTest {

    private static final String QUEUE = "thr:queue:later";

    private static final class Application extends HttpServlet {

        private static final long serialVersionUID = 1L;

        @Override
        protected void service(HttpServletRequest request, HttpServletResponse response) throws IOException {
            response.getOutputStream().print("application");
        }
    }

    private static RateLimit twice(String name) {
        return RateLimit.by(
                RatePolicy.named(name, RateAlgorithm.FIXED_WINDOW, 2, Duration.ofHours(1))
                        .build(),
                RateKeyPart.method());
    }

    private static FilterSettings settings(RedisServer redis) {
        RuleList rules = new RuleList()
                .add(when().path("/open"), then().setRedisQueue(QUEUE).onRedisFailure(OnRedisFailure.OPEN))
                .add(when().path("/closed"), then().setRedisQueue(QUEUE))
                .add(when().path("/local"), then().rateLimit(twice("local")).onRedisFailure(OnRedisFailure.LOCAL))
                .add(when().path("/counted"), then().rateLimit(twice("counted")));
        return FilterSettings.defaults()
                .withRedis(redis.url())
                .withTimeout(Duration.ofSeconds(20))
                .withRules(rules.compile());
    }

    private static int status(Container container, String path) throws IOException {
        return RawHttpClient.get(container.port(), path).status();
    }

    @Test
    void rules_say_what_becomes_of_requests_until_it_is_there_and_then_all_works() throws Exception {
        try (RedisServer redis = RedisServer.embedded()) {
            ThrFilter filter = new ThrFilter(settings(redis));
            try (Container container = Container.Kind.JETTY.start(filter, new Application())) {
                assertThat(filter.isConnected(), is(false));
                assertThat(status(container, "/other"), is(200));
                assertThat(status(container, "/open"), is(200));
                assertThat(status(container, "/closed"), is(503));
                assertThat(status(container, "/counted"), is(503));
                assertThat(status(container, "/local"), is(200));
                assertThat(status(container, "/local"), is(200));
                assertThat(status(container, "/local"), is(429));
                assertThat(filter.rateCounts().get("counted"), is(new RateCounts.Count(0, 0, 0, 1)));

                redis.start();
                await().until(filter::isConnected);

                try (TestBus bus = new TestBus(redis)) {
                    CompletableFuture<Integer> answered = CompletableFuture.supplyAsync(() -> {
                        try {
                            return status(container, "/closed");
                        } catch (IOException e) {
                            throw new IllegalStateException(e);
                        }
                    });
                    RequestMessage request = bus.take(QUEUE);
                    bus.respond(
                            request,
                            new ResponseMessage(
                                    201,
                                    Headers.EMPTY,
                                    MessageBody.NONE,
                                    new ResponseExtra(request.extra().requestId(), null, null, 1, null, false)));
                    assertThat(answered.get(30, TimeUnit.SECONDS), is(201));
                }
                await().until(() -> status(container, "/counted"), is(200));
            }
        }
    }

    @Test
    void log_says_once_where_it_was_sought() throws Exception {
        try (RedisServer redis = RedisServer.embedded()) {
            List<String> logged = Logged.by(Connecting.class, () -> {
                try (Container container =
                        Container.Kind.JETTY.start(new ThrFilter(settings(redis)), new Application())) {
                    assertThat(container.port() > 0, is(true));
                } catch (Exception e) {
                    throw new IllegalStateException(e);
                }
            });
            assertThat(logged.size(), is(1));
            assertThat(logged, hasItem(containsString("127.0.0.1:" + redis.port() + ": connection refused")));
        }
    }
}
