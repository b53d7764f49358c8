package io.thr.filter;

import static org.awaitility.Awaitility.await;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.anyOf;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.endsWith;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.startsWith;

import io.thr.core.RawHttpClient;
import io.thr.core.redis.RedisServer;
import io.thr.filter.config.FilterConfig;
import io.thr.filter.rule.PlainRequest;
import jakarta.servlet.AsyncContext;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.Filter;
import jakarta.servlet.FilterChain;
import jakarta.servlet.RequestDispatcher;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * An application that dispatches, fails, and goes on later, behind a filter that is mapped to every type of dispatch: the
 * request is decided and charged once, and its response settles what it costs. The count in Redis says so.
 */
class DispatchTest {

    @RegisterExtension
    static final RedisServer REDIS = RedisServer.embedded();

    private static final Set<DispatcherType> ALL = EnumSet.allOf(DispatcherType.class);

    private static final int QUOTA = 1000;

    /** The response of a 404 or of a failure costs nothing, so what is left tells whether it was settled. */
    private static final String RULES = """
            rules:
              - when: { path: { glob: "/free/*" } }
                then: {}
                stop: true
              - when: { path: { glob: "/moved*" } }
                then: { set_path: "/target" }
              - when: { path: { glob: "/a/*" } }
                then: { set_path: "/include" }
              - then:
                  rate_limit: { name: all, key: [], algorithm: fixed-window, quota: 1000, window: 600s, refund_on: [404, 5xx] }
                  set_input_header: { X-A: rewritten }
                  set_output_header: { X-Out: seen }
            """;

    private final Queue<String> seen = new ConcurrentLinkedQueue<>();
    private final ThrFilter filter = filter();
    private @Nullable Container started;

    private static ThrFilter filter() {
        return new ThrFilter(FilterConfig.parse(
                "front.yaml", "redis: " + REDIS.url() + "\nrate_limit_timeout: 10s\n" + RULES, Map.of()));
    }

    @AfterEach
    void close() {
        container().close();
    }

    /** A filter of the application, behind ours: tells of each dispatch. */
    private final class Watcher implements Filter {

        @Override
        public void doFilter(ServletRequest request, ServletResponse response, FilterChain chain)
                throws IOException, ServletException {
            HttpServletRequest http = (HttpServletRequest) request;
            seen.add(http.getDispatcherType() + " " + http.getServletPath() + " " + http.getHeader("X-A") + " "
                    + http.getQueryString());
            chain.doFilter(request, response);
        }
    }

    /** Does with a request what its path says. */
    private static final class Application extends HttpServlet {

        private static final long serialVersionUID = 1L;

        @Override
        protected void service(HttpServletRequest request, HttpServletResponse response)
                throws ServletException, IOException {
            boolean isIncluded = request.getDispatcherType() == DispatcherType.INCLUDE;
            String path = isIncluded
                    ? String.valueOf(request.getAttribute(RequestDispatcher.INCLUDE_SERVLET_PATH))
                    : request.getServletPath();
            switch (path) {
                case "/forward" ->
                    request.getRequestDispatcher("/target?inner=1").forward(request, response);
                case "/include" -> {
                    request.getRequestDispatcher("/target?inner=1").include(request, response);
                    response.getWriter().print(" and more");
                }
                case "/include-then-header" -> {
                    request.getRequestDispatcher("/nothing").include(request, response);
                    response.setStatus(404);
                }
                case "/async" -> dispatchLater(request, "/target?inner=1");
                case "/async-same" -> {
                    if (request.getDispatcherType() == DispatcherType.ASYNC) {
                        response.getWriter().print("target");
                    } else {
                        dispatchLater(request, null);
                    }
                }
                case "/async-twice" -> dispatchLater(request, "/async");
                case "/async-complete" -> {
                    AsyncContext context = request.startAsync();
                    new Thread(() -> {
                                try {
                                    context.getResponse().getWriter().print("target");
                                } catch (IOException e) {
                                    throw new IllegalStateException(e);
                                } finally {
                                    context.complete();
                                }
                            })
                            .start();
                }
                case "/async-complete-404" -> {
                    AsyncContext context = request.startAsync();
                    new Thread(() -> {
                                ((HttpServletResponse) context.getResponse()).setStatus(404);
                                context.complete();
                            })
                            .start();
                }
                case "/async-timeout" -> request.startAsync().setTimeout(50);
                case "/async-throws" -> dispatchLater(request, "/throws?what=" + request.getParameter("what"));
                case "/started-and-thrown" -> {
                    request.startAsync().setTimeout(1000);
                    fail(request.getParameter("what"));
                }
                case "/send-error" ->
                    response.sendError(Integer.parseInt(request.getParameter("status")), "as the application says");
                case "/throws" -> fail(request.getParameter("what"));
                case "/writes-and-throws" -> {
                    response.getWriter().print("half");
                    response.flushBuffer();
                    fail("runtime");
                }
                case "/redirect" -> redirect(response);
                case "/error" -> response.getWriter().print("error page of " + response.getStatus());
                case "/nothing" -> {}
                default -> response.getWriter().print("target");
            }
        }

        /** By what only Servlet 6.1 has, where there is that. */
        private static void redirect(HttpServletResponse response) throws IOException {
            try {
                HttpServletResponse.class
                        .getMethod("sendRedirect", String.class, int.class, boolean.class)
                        .invoke(response, "/target", 303, true);
            } catch (NoSuchMethodException e) {
                response.sendRedirect("/target");
            } catch (ReflectiveOperationException e) {
                throw new IllegalStateException(e);
            }
        }

        private static void dispatchLater(HttpServletRequest request, @Nullable String path) {
            AsyncContext context = request.startAsync();
            new Thread(() -> {
                        if (path == null) {
                            context.dispatch();
                        } else {
                            context.dispatch(path);
                        }
                    })
                    .start();
        }

        private static void fail(String what) throws ServletException, IOException {
            switch (what) {
                case "io" -> throw new IOException("as asked");
                case "servlet" -> throw new ServletException("as asked");
                case "runtime" -> throw new IllegalStateException("as asked");
                default -> throw new StackOverflowError("as asked");
            }
        }
    }

    private WebApp app() {
        return WebApp.atRoot()
                .filter("thr", filter, ALL, "/*")
                .filter("watcher", new Watcher(), ALL, "/*")
                .servlet(new Application(), "/");
    }

    private void start(Container.Kind kind, WebApp app) throws Exception {
        started = kind.start(app);
    }

    private Container container() {
        return Objects.requireNonNull(started);
    }

    private RawHttpClient.Response get(String target) throws IOException {
        seen.clear();
        return RawHttpClient.get(container().port(), target);
    }

    private long charged() {
        return QUOTA
                - filter.explain(PlainRequest.get("/x"))
                        .join()
                        .policies()
                        .get(0)
                        .state()
                        .remaining();
    }

    @EachContainer
    void forward_include_and_async_dispatches_count_once(Container.Kind kind) throws Exception {
        start(kind, app());

        int requests = 0;
        for (String target :
                List.of("/forward", "/include", "/async", "/async-same", "/async-twice", "/async-complete")) {
            RawHttpClient.Response response = get(target + "?q=1");
            requests++;

            assertThat(target, response.status(), is(200));
            assertThat(target, response.text(), containsString("target"));
            assertThat(target, response.headers("X-Out"), contains("seen"));
            assertThat(target, response.headers("RateLimit").size(), is(1));
            assertThat(target, charged(), is((long) requests));
            assertThat(target, filter.suspended(), is(0));
        }
    }

    @EachContainer
    void filters_of_the_application_see_each_dispatch_rewritten(Container.Kind kind) throws Exception {
        start(kind, app());

        get("/forward?q=1");
        assertThat(seen, contains("REQUEST /forward rewritten q=1", "FORWARD /target rewritten inner=1"));
        get("/include?q=1");
        assertThat(seen, contains("REQUEST /include rewritten q=1", "INCLUDE /include rewritten q=1"));
        get("/async?q=1");
        assertThat(seen, contains("REQUEST /async rewritten q=1", "ASYNC /target rewritten inner=1"));
        get("/async-same?q=1");
        assertThat(seen, contains("REQUEST /async-same rewritten q=1", "ASYNC /async-same rewritten q=1"));
    }

    @EachContainer
    void errors_of_the_application_are_given_back(Container.Kind kind) throws Exception {
        start(kind, app());
        int port = container().port();

        assertThat(RawHttpClient.get(port, "/target").status(), is(200));
        for (String target : List.of(
                "/send-error?status=404",
                "/send-error?status=503",
                "/throws?what=io",
                "/throws?what=servlet",
                "/throws?what=runtime",
                "/throws?what=error",
                "/async-throws?what=io",
                "/async-throws?what=runtime",
                "/async-throws?what=error",
                "/include-then-header",
                "/async-complete-404",
                "/async-timeout")) {
            int status = get(target).status();

            assertThat(
                    target,
                    status,
                    is(target.contains("404") || target.contains("then") ? 404 : target.contains("503") ? 503 : 500));
            await(target).until(() -> charged() == 1);
            assertThat(target, filter.suspended(), is(0));
        }
    }

    @EachContainer
    void one_that_goes_on_later_and_throws_is_given_back(Container.Kind kind) throws Exception {
        start(kind, app());

        for (String what : List.of("io", "servlet", "runtime", "error")) {
            try (Client client = new Client(
                    container(),
                    "GET /started-and-thrown?what=" + what + " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")) {
                // Tomcat closes the connection without a word
                assertThat(client.rest(), anyOf(is(""), startsWith("HTTP/1.1 500")));
            }
            await(what).until(() -> charged() == 0);
        }
        assertThat(get("/target").status(), is(200));
        assertThat(charged(), is(1L));
    }

    @EachContainer
    void error_pages_do_not_count_and_carry_the_fields_of_the_rules(Container.Kind kind) throws Exception {
        start(
                kind,
                app().errorPage(404, "/error")
                        .errorPage(500, "/error")
                        .errorPage(IllegalStateException.class, "/error"));

        for (String target : List.of(
                "/send-error?status=404", "/send-error?status=500", "/throws?what=runtime", "/throws?what=error")) {
            RawHttpClient.Response response = get(target);

            int status = target.contains("404") ? 404 : 500;
            assertThat(target, response.status(), is(status));
            assertThat(target, response.text(), is("error page of " + status));
            // Undertow forgets all fields of a response when a servlet throws
            if (kind != Container.Kind.UNDERTOW || target.contains("send-error")) {
                assertThat(target, response.headers("X-Out"), contains("seen"));
            }
            await(target).until(() -> charged() == 0);
        }
    }

    @EachContainer
    void redirects_carry_the_fields_of_the_rules(Container.Kind kind) throws Exception {
        start(kind, app());

        RawHttpClient.Response response = get("/redirect");

        assertThat(response.status(), anyOf(is(302), is(303)));
        assertThat(response.header("Location"), endsWith("/target"));
        assertThat(response.headers("X-Out"), contains("seen"));
    }

    @EachContainer
    void response_that_breaks_off_stays_charged(Container.Kind kind) throws Exception {
        start(kind, app());

        try (Client client = new Client(container(), "GET /writes-and-throws HTTP/1.1\r\nHost: a\r\n\r\n")) {
            client.readUntil("half");
        }
        assertThat(charged(), is(1L));
    }

    @EachContainer
    void filter_that_is_mapped_twice_counts_once(Container.Kind kind) throws Exception {
        start(
                kind,
                WebApp.atRoot()
                        .filter("thr", filter, ALL, "/*", "/tar*", "/target")
                        .filter("watcher", new Watcher(), ALL, "/*")
                        .servlet(new Application(), "/"));

        assertThat(get("/target?q=1").headers("X-Out"), contains("seen"));

        assertThat(charged(), is(1L));
        assertThat(seen, contains("REQUEST /target rewritten q=1"));
    }

    @EachContainer
    void second_filter_decides_for_itself_once(Container.Kind kind) throws Exception {
        ThrFilter second = filter();
        start(
                kind,
                WebApp.atRoot()
                        .filter("thr", filter, ALL, "/*")
                        .filter("second", second, ALL, "/*")
                        .filter("watcher", new Watcher(), ALL, "/*")
                        .servlet(new Application(), "/"));

        int requests = 0;
        for (String target : List.of("/forward", "/include", "/async", "/async-twice")) {
            assertThat(target, get(target).status(), is(200));
            requests++;
            assertThat(target, charged(), is(2L * requests));
        }
    }

    @EachContainer
    void set_path_forwards_and_counts_once(Container.Kind kind) throws Exception {
        start(kind, app());

        assertThat(get("/moved?q=1").text(), is("target"));
        assertThat(seen, contains("FORWARD /target rewritten q=1"));
        assertThat(charged(), is(1L));
        RawHttpClient.Response included = get("/a/x");
        assertThat(included.text(), is("target and more"));
        assertThat(included.headers("X-Out"), contains("seen"));
        assertThat(charged(), is(2L));
    }

    @EachContainer
    void many_at_once_are_counted_one_by_one(Container.Kind kind) throws Exception {
        start(kind, app());

        List<CompletableFuture<Integer>> answers = java.util.stream.IntStream.range(0, 60)
                .mapToObj(i -> CompletableFuture.supplyAsync(() -> {
                    try {
                        return RawHttpClient.get(container().port(), i % 2 == 0 ? "/async-twice" : "/forward")
                                .status();
                    } catch (IOException e) {
                        throw new IllegalStateException(e);
                    }
                }))
                .toList();
        answers.forEach(answer -> assertThat(answer.join(), is(200)));

        assertThat(charged(), is(60L));
    }
}
