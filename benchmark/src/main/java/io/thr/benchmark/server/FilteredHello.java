package io.thr.benchmark.server;

import static io.thr.filter.rule.Actions.then;
import static io.thr.filter.rule.Criteria.when;

import io.thr.core.rate.RateAlgorithm;
import io.thr.core.rate.RatePolicy;
import io.thr.core.redis.RedisUrl;
import io.thr.filter.ThrFilter;
import io.thr.filter.config.FilterSettings;
import io.thr.filter.rule.RateKeyPart;
import io.thr.filter.rule.RateLimit;
import io.thr.filter.rule.RuleList;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.Duration;
import java.util.EnumSet;
import org.eclipse.jetty.ee10.servlet.FilterHolder;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.ee10.servlet.ServletHolder;
import org.eclipse.jetty.server.Server;

/** A servlet that says hello, behind the filter: with a rule that meets no request, or one that charges a rate policy. */
public final class FilteredHello {

    private static final long MANY = 100_000_000;

    private FilteredHello() {}

    /**
     * Serves until it is killed.
     *
     * @param args the URL of Redis, and {@code limited} or {@code unlimited}
     */
    public static void main(String[] args) throws Exception {
        RateLimit limit = RateLimit.by(
                RatePolicy.named("hello", RateAlgorithm.TOKEN_BUCKET, MANY, Duration.ofHours(1))
                        .build(),
                RateKeyPart.realIp());
        String path = args[1].equals("limited") ? "/hello" : "/other";
        ThrFilter filter = new ThrFilter(FilterSettings.defaults()
                .withRedis(RedisUrl.parse(args[0]))
                .withRules(new RuleList()
                        .add(when().path(path), then().rateLimit(limit))
                        .compile()));
        ServletContextHandler context = new ServletContextHandler();
        context.setContextPath("/");
        FilterHolder holder = new FilterHolder(filter);
        holder.setAsyncSupported(true);
        context.addFilter(holder, "/*", EnumSet.of(DispatcherType.REQUEST, DispatcherType.ASYNC));
        ServletHolder servlet = new ServletHolder(new Hello());
        servlet.setAsyncSupported(true);
        context.addServlet(servlet, "/*");
        Server server = LoopbackServer.on(context);
        server.start();
        LoopbackServer.announce(server);
        server.join();
    }

    private static final class Hello extends HttpServlet {

        private static final long serialVersionUID = 1L;

        @Override
        protected void doGet(HttpServletRequest request, HttpServletResponse response) throws IOException {
            response.setContentType("text/plain");
            response.getOutputStream().print("Hello World\n");
        }
    }
}
