package io.thr.filter;

import static io.thr.core.match.TextPattern.glob;
import static io.thr.filter.rule.Actions.then;
import static io.thr.filter.rule.Criteria.when;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.startsWith;

import io.thr.core.RawHttpClient;
import io.thr.core.redis.RedisServer;
import io.thr.filter.config.FilterSettings;
import io.thr.filter.rule.RuleList;
import jakarta.servlet.http.HttpServlet;
import java.io.IOException;
import java.time.Duration;
import java.util.Locale;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Problems reach the client in the form that it accepts, from every container, of requests that wait and that do not. */
class ProblemFormatsTest {

    @RegisterExtension
    static final RedisServer REDIS = RedisServer.embedded();

    @EachContainer
    void client_gets_what_it_accepts(Container.Kind kind) throws Exception {
        FilterSettings settings = FilterSettings.defaults()
                .withRedis(REDIS.url())
                .withTimeout(Duration.ofMillis(200))
                .withRules(new RuleList()
                        .add(when().path(glob("/api/*")), then().setRedisQueue("thr:queue:hello"))
                        .compile());
        ThrFilter filter = new ThrFilter(settings);
        try (Container container = kind.start(filter, new HttpServlet() {
            private static final long serialVersionUID = 1L;
        })) {
            RawHttpClient.Response late = get(container, "Accept: text/html;q=0.5\r\nAccept: text/plain\r\n");
            assertThat(late.status(), is(504));
            assertThat(contentType(late), is("text/plain;charset=utf-8"));
            assertThat(late.text(), startsWith("504 Gateway Timeout\n"));
            assertThat(late.headers("Vary"), contains("Accept"));
            assertThat(late.headers("Cache-Control"), contains("no-store"));

            filter.destroy();
            RawHttpClient.Response refused = get(container, "Accept: text/html\r\n");
            assertThat(refused.status(), is(503));
            assertThat(contentType(refused), is("text/html;charset=utf-8"));
            assertThat(refused.text(), containsString("<h1>Service Unavailable</h1>"));
            assertThat(refused.headers("Vary"), contains("Accept"));

            assertThat(contentType(get(container, "")), is("application/problem+json"));
        }
    }

    private static RawHttpClient.Response get(Container container, String accept) throws IOException {
        return RawHttpClient.exchange(container.port(), "GET /api/x HTTP/1.1\r\nHost: a.example\r\n" + accept + "\r\n");
    }

    /** Containers write the charset each in its own way. */
    private static String contentType(RawHttpClient.Response response) {
        return String.join(", ", response.headers("Content-Type"))
                .replace(" ", "")
                .toLowerCase(Locale.ROOT);
    }
}
