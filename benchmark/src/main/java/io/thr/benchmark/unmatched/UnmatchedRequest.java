package io.thr.benchmark.unmatched;

import io.thr.core.redis.RedisUrl;
import io.thr.filter.ThrFilter;
import io.thr.filter.config.FilterSettings;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** What JMH runs: requests that no rule matches, to the end of a chain that does nothing. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class UnmatchedRequest {

    /** The name of the parameter that says how many rules there are. */
    public static final String RULES = "rules";

    /** The name of the parameter that says what the requests are like: a {@link Kind}. */
    public static final String KIND = "kind";

    /** The name of the parameter that has the URL of Redis. */
    public static final String REDIS = "redis";

    /** The requests. */
    public enum Kind {
        /** A browser's. */
        PLAIN("no"),
        /** With a header that rules look at, and a value that none has. */
        TENANT("with another value");

        private final String label;

        Kind(String label) {
            this.label = label;
        }

        /** What tables call it. */
        public String label() {
            return label;
        }
    }

    private static final HttpServletResponse RESPONSE = Nothing.as(HttpServletResponse.class);

    /** Several requests in turn, so that no processor learns the one path by heart. */
    @State(Scope.Thread)
    public static class Requests {

        private static final int COUNT = 64;
        private static final List<Map.Entry<String, String>> FIELDS = List.of(
                Map.entry("Host", "www.example.com"),
                Map.entry("User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"),
                Map.entry("Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"),
                Map.entry("Accept-Language", "en-GB,en;q=0.5"),
                Map.entry("Accept-Encoding", "gzip, deflate, br"),
                Map.entry("Connection", "keep-alive"),
                Map.entry("Cookie", "session=8d3f5a0c71b24e6a"));

        private final FixedRequest[] plain = requests(FIELDS);
        private final FixedRequest[] tenant = requests(IntStream.rangeClosed(0, FIELDS.size())
                .mapToObj(i -> i < FIELDS.size() ? FIELDS.get(i) : Map.entry("X-Tenant", "acme"))
                .toList());
        private int next;

        /** For JMH. */
        public Requests() {}

        HttpServletRequest next(Kind kind) {
            next = (next + 1) % COUNT;
            return kind == Kind.PLAIN ? plain[next] : tenant[next];
        }

        private static FixedRequest[] requests(List<Map.Entry<String, String>> fields) {
            return IntStream.range(0, COUNT)
                    .mapToObj(i -> new FixedRequest(path(i), fields))
                    .toArray(FixedRequest[]::new);
        }

        private static String path(int i) {
            return switch (i % 4) {
                case 0 -> "/shop/articles/" + i;
                case 1 -> "/api/v1/customers/" + i + "/addresses";
                case 2 -> "/reports/year-" + i + "/summary.html";
                default -> "/assets/" + i + "/app.css";
            };
        }
    }

    /** What the chain ends with; the compiler cannot leave out what gets here. */
    @State(Scope.Thread)
    public static class End implements FilterChain {

        private @Nullable ServletRequest last;

        /** For JMH. */
        public End() {}

        @Override
        public void doFilter(ServletRequest request, ServletResponse response) {
            last = request;
        }

        @Nullable
        ServletRequest last() {
            return last;
        }
    }

    /** A filter that runs. */
    @State(Scope.Benchmark)
    public static class Filtered {

        /** How many rules there are. */
        @Param({"1", "10", "1000"})
        public int rules;

        /** The requests. */
        @Param
        public Kind kind = Kind.PLAIN;

        /** Its Redis. */
        @Param("redis://127.0.0.1:6379")
        public String redis = "";

        private ThrFilter filter = new ThrFilter();

        /** For JMH. */
        public Filtered() {}

        /** Starts it. */
        @Setup
        public void start() throws ServletException {
            filter = new ThrFilter(FilterSettings.defaults()
                    .withRedis(RedisUrl.parse(redis))
                    .edit()
                    .rules(RuleMix.of(rules))
                    .build());
            filter.init(new InAnApplication());
        }

        /** Stops it. */
        @TearDown
        public void stop() {
            filter.destroy();
        }
    }

    /** For JMH. */
    public UnmatchedRequest() {}

    /** The chain alone. */
    @Benchmark
    public @Nullable Object bare(Requests requests, End end) {
        end.doFilter(requests.next(Kind.PLAIN), RESPONSE);
        return end.last();
    }

    /** Through the filter. */
    @Benchmark
    public @Nullable Object filtered(Filtered filtered, Requests requests, End end)
            throws IOException, ServletException {
        filtered.filter.doFilter(requests.next(filtered.kind), RESPONSE, end);
        return end.last();
    }
}
