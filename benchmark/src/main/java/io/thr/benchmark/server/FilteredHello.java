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

/** A servlet that says hello, behind the filter, under a rate policy or none. */
public final class FilteredHello {

    private static final long MANY = 100_000_000;
    private static final Duration HOUR = Duration.ofHours(1);

    private FilteredHello() {}

    /** What its requests come under. */
    public enum Policy {
        /** A rule that meets no request. */
        NONE("none", 200),
        /** One bucket for all, which always has room. */
        ONE_KEY("one key", 200),
        /** A bucket for each value of {@code X-Key}; each always has room. */
        MANY_KEYS("10,000 keys", 200),
        /** A window that lets one pass in an hour. */
        REFUSED("refused", 429);

        private final String label;
        private final int status;

        Policy(String label, int status) {
            this.label = label;
            this.status = status;
        }

        /** What tables call it. */
        public String label() {
            return label;
        }

        /** What its requests get. */
        public int status() {
            return status;
        }

        /** Whether it charges requests, and lets them pass. */
        public boolean isLimited() {
            return this == ONE_KEY || this == MANY_KEYS;
        }

        private RateLimit limit() {
            RatePolicy policy = this == REFUSED
                    ? RatePolicy.named("hello", RateAlgorithm.FIXED_WINDOW, 1, HOUR)
                            .build()
                    : RatePolicy.named("hello", RateAlgorithm.TOKEN_BUCKET, MANY, HOUR)
                            .build();
            return RateLimit.by(policy, this == MANY_KEYS ? RateKeyPart.header("X-Key") : RateKeyPart.realIp());
        }
    }

    /**
     * Serves until it is killed.
     *
     * @param args the URL of Redis, and the name of a {@link Policy}
     */
    public static void main(String[] args) throws Exception {
        Policy policy = Policy.valueOf(args[1]);
        ThrFilter filter = new ThrFilter(FilterSettings.defaults()
                .withRedis(RedisUrl.parse(args[0]))
                .edit()
                .bus(policy.name())
                .rules(new RuleList()
                        .add(when().path(policy == Policy.NONE ? "/other" : "/hello"), then().rateLimit(policy.limit()))
                        .compile())
                .build());
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
