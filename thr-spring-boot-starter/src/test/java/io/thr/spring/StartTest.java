package io.thr.spring;

import static io.thr.filter.rule.Actions.then;
import static io.thr.filter.rule.Criteria.when;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.allOf;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.startsWith;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.micrometer.core.instrument.MeterRegistry;
import io.thr.core.redis.RedisServer;
import io.thr.filter.config.FilterSettings;
import io.thr.filter.rule.OnRedisFailure;
import io.thr.filter.rule.RuleList;
import io.thr.filter.rule.RulesProvider;
import java.net.http.HttpClient.Version;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.Test;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.diagnostics.FailureAnalysisReporter;
import org.springframework.context.ApplicationContextException;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.annotation.Order;

/** Starts without Redis, with settings and rules in Java, and with mistakes. */
class StartTest {

    /** What failed starts told, as the log has it. */
    static final class ToldFailures implements FailureAnalysisReporter {

        static final Queue<FailureAnalysis> TOLD = new ConcurrentLinkedQueue<>();

        @Override
        public void report(FailureAnalysis analysis) {
            TOLD.add(analysis);
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class OwnSettings {

        /** Set before the context is made. */
        private static final RedisServer REDIS = RedisServer.embedded();

        @Bean
        FilterSettings settings() {
            RuleList rules = new RuleList()
                    .add(when().path("/settings/x"), then().setOutputHeader("X-From", "settings"))
                    .add(when().path("/kept/open"), then().setRedisQueue("q").onRedisFailure(OnRedisFailure.OPEN))
                    .add(when().path("/kept/closed"), then().setRedisQueue("q"));
            return FilterSettings.defaults().withRedis(REDIS.url()).withRules(rules.compile());
        }

        @Bean
        @Order(2)
        RulesProvider second() {
            return rules -> rules.add(when().path("/settings/x"), then().setStatusCode(222));
        }

        @Bean
        @Order(1)
        RulesProvider first() {
            return rules -> rules.add(when().path("/settings/x"), then().setStatusCode(211));
        }
    }

    private static String health(StartedApplication application) throws Exception {
        return application.get(Version.HTTP_1_1, "/actuator/health/thr").body();
    }

    @Test
    void application_with_settings_in_java_starts_without_redis_and_is_up() throws Exception {
        RedisServer redis = OwnSettings.REDIS;
        StartedApplication application = StartedApplication.start(
                redis, List.of(Application.class, OwnSettings.class), "thr.timout=not-looked-at");
        try (redis) {
            MeterRegistry meters = application.context().getBean(MeterRegistry.class);

            assertThat(
                    health(application),
                    is("{\"details\":{\"redis\":\"unreachable\",\"suspended\":0},\"status\":\"UNKNOWN\"}"));
            HttpResponse<String> all = application.get(Version.HTTP_1_1, "/actuator/health");
            assertThat(all.statusCode(), is(200));
            assertThat(all.body(), containsString("\"status\":\"UP\""));
            assertThat(meters.get("thr.connected").gauge().value(), is(0.0));
            assertThat(application.get(Version.HTTP_1_1, "/kept/open").body(), is("application kept open"));
            assertThat(application.get(Version.HTTP_1_1, "/kept/closed").statusCode(), is(503));

            HttpResponse<String> answered = application.get(Version.HTTP_1_1, "/settings/x");
            assertThat(answered.headers().firstValue("X-From").orElse(""), is("settings"));
            assertThat("the last rule says it", answered.statusCode(), is(222));

            redis.start();
            await().untilAsserted(() -> assertThat(
                    health(application),
                    is("{\"details\":{\"redis\":\"reachable\",\"suspended\":0},\"status\":\"UP\"}")));
        } finally {
            application.stop();
        }
    }

    @Test
    void failed_start_tells_every_mistake_and_where_it_is() {
        ToldFailures.TOLD.clear();
        try (RedisServer redis = RedisServer.embedded()) {
            assertThrows(
                    ApplicationContextException.class,
                    () -> StartedApplication.start(
                            redis,
                            List.of(Application.class),
                            "thr.timout=5s",
                            "thr.max-queue-length=many",
                            "logging.level.org.springframework.boot=off"));
        }

        assertThat(ToldFailures.TOLD.size(), is(1));
        FailureAnalysis told = ToldFailures.TOLD.remove();
        assertThat(
                told.getDescription(),
                allOf(
                        startsWith("The filter THR cannot be configured:\n\n"),
                        containsString("thr.timout: unknown key `timout` (expected one of: "),
                        containsString("did you mean `timeout`?"),
                        containsString("thr.max-queue-length: many (expected: a whole number")));
        assertThat(told.getAction(), startsWith("Correct these settings."));
    }
}
