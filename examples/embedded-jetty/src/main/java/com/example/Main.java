package com.example;

import static io.thr.core.match.TextPattern.glob;
import static io.thr.core.rate.RateAlgorithm.FIXED_WINDOW;
import static io.thr.filter.rule.Actions.then;
import static io.thr.filter.rule.Criteria.when;
import static io.thr.filter.rule.RateKeyPart.realIp;
import static jakarta.servlet.DispatcherType.ASYNC;
import static jakarta.servlet.DispatcherType.REQUEST;

import io.thr.core.rate.RatePolicy;
import io.thr.core.redis.RedisUrl;
import io.thr.filter.ThrFilter;
import io.thr.filter.config.FilterSettings;
import io.thr.filter.rule.RateLimit;
import io.thr.filter.rule.RuleList;
import io.thr.filter.rule.Rules;
import java.time.Duration;
import java.util.EnumSet;
import org.eclipse.jetty.ee10.servlet.FilterHolder;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.handler.GracefulHandler;

/** Jetty, the application, and the filter before it, configured in Java. */
public final class Main {

    private static final int PORT = 8080;

    private Main() {}

    public static void main(String[] args) throws Exception {
        FilterHolder filter = new FilterHolder(new ThrFilter(settings()));
        filter.setAsyncSupported(true);

        ServletContextHandler context = new ServletContextHandler("/");
        context.addFilter(filter, "/*", EnumSet.of(REQUEST, ASYNC));
        context.addServlet(new Application(), "/");

        Server server = new Server(PORT);
        // on SIGTERM, what waits is still answered
        server.setHandler(new GracefulHandler(context));
        server.setStopTimeout(Duration.ofSeconds(30).toMillis());
        server.setStopAtShutdown(true);
        server.start();
        System.out.println("Serving on http://localhost:" + PORT);
    }

    private static FilterSettings settings() {
        return FilterSettings.defaults()
                .withRedis(RedisUrl.parse("redis://127.0.0.1:6379"))
                .withRules(rules());
    }

    private static Rules rules() {
        RatePolicy search = RatePolicy.named("search", FIXED_WINDOW, 2, Duration.ofMinutes(1)).build();
        return new RuleList()
                .add(when().path(glob("/reports/*")), then().setRedisQueue("thr:queue:hello"))
                .add(when().path("/search"), then().rateLimit(RateLimit.by(search, realIp())))
                .add(when().path("/health"), then().setStatusCode(200).setOutputBody("fine\n"))
                .compile();
    }
}
