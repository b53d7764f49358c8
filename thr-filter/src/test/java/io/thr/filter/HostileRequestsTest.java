package io.thr.filter;

import static io.thr.core.match.TextPattern.glob;
import static io.thr.filter.rule.Actions.then;
import static io.thr.filter.rule.Criteria.when;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.greaterThan;
import static org.hamcrest.Matchers.is;

import io.thr.core.redis.RedisServer;
import io.thr.filter.config.FilterSettings;
import io.thr.filter.rule.Actions;
import io.thr.filter.rule.RuleList;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Whatever a client writes for a path, the rules say of it what the container's routing does, or it is refused: no servlet
 * runs whose rule has not matched, and no rule matches whose servlet does not run. The requests are in
 * {@code hostile-requests.txt}.
 */
class HostileRequestsTest {

    @RegisterExtension
    static final RedisServer REDIS = RedisServer.embedded();

    private static final Pattern BYTE = Pattern.compile("\\\\x([0-9a-f]{2})");
    private static final Pattern SERVLET = Pattern.compile("(?m)^X-Servlet: (.*)$");
    private static final Pattern RULE = Pattern.compile("(?m)^X-Rule: (.*)$");

    /** Says which of the application's servlets it is. */
    private static final class Named extends HttpServlet {

        private static final long serialVersionUID = 1L;
        private final String name;

        Named(String name) {
            this.name = name;
        }

        @Override
        protected void service(HttpServletRequest request, HttpServletResponse response) {
            response.setHeader("X-Servlet", name);
        }
    }

    private static Actions mark(String name) {
        return then().addOutputHeader("X-Rule", name);
    }

    private static WebApp app(String context) {
        RuleList rules = new RuleList()
                .add(when().path(context + "/login"), mark("login"))
                .add(when().path(context + "/admin"), mark("admin"))
                .add(when().path(glob(context + "/admin/*")), mark("admin"))
                .add(when().path(glob(context + "/*.do")), mark("action"));
        ThrFilter filter =
                new ThrFilter(FilterSettings.defaults().withRedis(REDIS.url()).withRules(rules.compile()));
        return WebApp.at(context)
                .filter("thr", filter, WebApp.USUAL, "/*")
                .servlet(new Named("login"), "/login")
                .servlet(new Named("admin"), "/admin/*")
                .servlet(new Named("action"), "*.do")
                .servlet(new Named("other"), "/");
    }

    private static List<String> corpus() throws IOException {
        try (InputStream file = HostileRequestsTest.class.getResourceAsStream("/hostile-requests.txt")) {
            if (file == null) {
                throw new IOException("hostile-requests.txt is missing");
            }
            return new String(file.readAllBytes(), StandardCharsets.US_ASCII)
                    .lines()
                    .filter(line -> !line.startsWith("#"))
                    .toList();
        }
    }

    /** The request as it goes over the wire. */
    private static byte[] request(String line, String context) {
        String[] parts = line.split("\\|", -1);
        String target =
                parts[1].startsWith("/") ? context + parts[1] : parts[1].replace("example/", "example" + context + "/");
        StringBuilder request = new StringBuilder(parts[0] + " " + target + " HTTP/1.1\r\nHost: a.example\r\n");
        Stream.of(parts).skip(2).forEach(field -> request.append(field).append("\r\n"));
        String bytes = BYTE.matcher(request + "Connection: close\r\n\r\n")
                .replaceAll(found -> String.valueOf((char) Integer.parseInt(found.group(1), 16)));
        return bytes.getBytes(StandardCharsets.ISO_8859_1);
    }

    private static String answer(int port, byte[] request) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout(3_000);
            socket.getOutputStream().write(request);
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
        } catch (SocketException e) {
            // closed before all of it was read
            return "";
        } catch (SocketTimeoutException e) {
            throw new IOException("no answer to " + new String(request, StandardCharsets.ISO_8859_1), e);
        }
    }

    private static void check(Container.Kind kind, WebApp app) throws Exception {
        List<String> wrong = new ArrayList<>();
        int routed = 0;
        try (Container container = kind.start(app)) {
            for (String line : corpus()) {
                String answer = answer(container.port(), request(line, app.contextPath));
                List<String> servlets = found(SERVLET, answer);
                List<String> rules = found(RULE, answer);
                routed += servlets.size();
                if (!agrees(servlets, rules)) {
                    wrong.add(line + " -> servlet " + servlets + ", rules " + rules);
                }
            }
        }
        assertThat(wrong, is(empty()));
        assertThat(routed, is(greaterThan(50)));
    }

    private static List<String> found(Pattern pattern, String answer) {
        return pattern.matcher(answer)
                .results()
                .map((MatchResult result) -> result.group(1))
                .toList();
    }

    /** Refused before any servlet; or by a servlet for which there is no rule; or by one whose rule is among those that match. */
    private static boolean agrees(List<String> servlets, List<String> rules) {
        return servlets.isEmpty()
                || (servlets.size() == 1
                        && (servlets.get(0).equals("other") ? rules.isEmpty() : rules.contains(servlets.get(0))));
    }

    @EachContainer
    void rules_agree_with_routing(Container.Kind kind) throws Exception {
        check(kind, app(""));
    }

    @EachContainer
    void rules_agree_with_routing_where_the_container_lets_any_path_through(Container.Kind kind) throws Exception {
        check(kind, app("").acceptsAnyPath());
    }

    @EachContainer
    void rules_agree_with_routing_in_a_context_with_its_path(Container.Kind kind) throws Exception {
        check(kind, app("/app"));
    }
}
