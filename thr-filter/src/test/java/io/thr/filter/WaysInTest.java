package io.thr.filter;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.is;

import io.thr.core.RawHttpClient;
import io.thr.core.message.Headers;
import io.thr.core.message.MessageBody;
import io.thr.core.message.RequestMessage;
import io.thr.core.message.ResponseExtra;
import io.thr.core.message.ResponseMessage;
import io.thr.core.redis.RedisServer;
import io.thr.filter.config.FilterConfig;
import io.thr.filter.config.FilterSettings;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.FilterRegistration;
import jakarta.servlet.ServletContextEvent;
import jakarta.servlet.ServletContextListener;
import jakarta.servlet.annotation.WebFilter;
import jakarta.servlet.annotation.WebInitParam;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.catalina.Context;
import org.apache.catalina.Globals;
import org.apache.catalina.LifecycleException;
import org.apache.catalina.startup.ContextConfig;
import org.apache.catalina.startup.Tomcat;
import org.apache.tomcat.util.descriptor.web.FilterDef;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** However the filter comes into an application, the application behaves the same. */
@Tag("container")
class WaysInTest {

    @RegisterExtension
    static final RedisServer REDIS = RedisServer.embedded();

    private static final String QUEUE = "thr:queue:ways";

    private static final String RULES = """
            rate_limit_timeout: 10s    # that the machine is busy must not decide
            rules:
              - when: { path: /refused }
                then: { set_status_code: 403, set_output_body: "no\\n" }
              - when: { path: { glob: "/api/*" } }
                then: { set_redis_queue: "thr:queue:ways", set_input_header: { X-In: "1" }, set_output_header: { X-Out: "2" } }
              - when: { path: /few }
                then: { rate_limit: { name: few, key: path, algorithm: fixed-window, quota: 1, window: 1h } }
              - when: { path: /moved }
                then: { set_path: /where, add_output_header: { X-Moved: "yes" } }
            """;

    private static final String WEB_XML = """
            <web-app xmlns="https://jakarta.ee/xml/ns/jakartaee" version="6.0">
              <filter>
                <filter-name>ours</filter-name>
                <filter-class>io.thr.filter.ThrFilter</filter-class>
                <async-supported>true</async-supported>
                <init-param><param-name>config</param-name><param-value>/WEB-INF/front.yaml</param-value></init-param>
              </filter>
              <filter-mapping>
                <filter-name>ours</filter-name>
                <url-pattern>/*</url-pattern>
                <dispatcher>REQUEST</dispatcher>
                <dispatcher>ASYNC</dispatcher>
              </filter-mapping>
            </web-app>
            """;

    private static final String WEB_XML_WITH_LISTENER = """
            <web-app xmlns="https://jakarta.ee/xml/ns/jakartaee" version="6.0">
              <listener><listener-class>io.thr.filter.WaysInTest$Registering</listener-class></listener>
            </web-app>
            """;

    @TempDir
    Path directory;

    /** Of the application that was started last, by their names. */
    private List<String> filters = List.of();

    /** As an application declares it. */
    @WebFilter(
            urlPatterns = "/*",
            asyncSupported = true,
            dispatcherTypes = {DispatcherType.REQUEST, DispatcherType.ASYNC},
            initParams = @WebInitParam(name = "config", value = "/WEB-INF/front.yaml"))
    public static final class Annotated extends ThrFilter {}

    /** As an application registers it by code, after all that the container registers. */
    public static final class Registering implements ServletContextListener {

        @Override
        public void contextInitialized(ServletContextEvent event) {
            FilterRegistration.Dynamic filter = event.getServletContext().addFilter("ours", new ThrFilter(settings()));
            filter.setAsyncSupported(true);
            filter.addMappingForUrlPatterns(EnumSet.of(DispatcherType.REQUEST, DispatcherType.ASYNC), false, "/*");
        }
    }

    private static final class Application extends HttpServlet {

        private static final long serialVersionUID = 1L;

        @Override
        protected void service(HttpServletRequest request, HttpServletResponse response) throws IOException {
            response.getOutputStream().print("application " + request.getServletPath());
        }
    }

    private static FilterSettings settings() {
        return FilterConfig.parse("java", "redis: " + REDIS.url() + "\n" + RULES, Map.of());
    }

    private Path file(Path application, String name, String text) throws IOException {
        Path file = application.resolve(name);
        Files.createDirectories(Objects.requireNonNull(file.getParent()));
        return Files.writeString(file, text, UTF_8);
    }

    private Path application() throws IOException {
        return Files.createDirectory(directory.resolve("application"));
    }

    /** What clients see, one line each; the queue's request is answered by this test. */
    private List<String> seen(Path application) throws Exception {
        Tomcat tomcat = new Tomcat();
        try (TestBus bus = new TestBus(REDIS)) {
            int port = start(tomcat, application);
            List<String> seen = new ArrayList<>();
            for (String path : List.of("/", "/refused", "/few", "/few", "/moved", "/a/..;/refused", "/%72efused")) {
                seen.add(told(path, RawHttpClient.get(port, path)));
            }
            CompletableFuture<RawHttpClient.Response> client = CompletableFuture.supplyAsync(() -> {
                try {
                    return RawHttpClient.exchange(port, RawHttpClient.post("/api/x?a=b", "body".getBytes(ISO_8859_1)));
                } catch (IOException e) {
                    throw new IllegalStateException(e);
                }
            });
            RequestMessage request = bus.take(QUEUE);
            seen.add(request.method() + " " + request.path() + " " + request.queryString() + " "
                    + request.headers().first("X-In") + " " + new String(bus.body(request), ISO_8859_1));
            bus.respond(
                    request,
                    new ResponseMessage(
                            202,
                            Headers.of("X-Up", "3"),
                            MessageBody.of("done".getBytes(ISO_8859_1)),
                            new ResponseExtra(request.extra().requestId(), null, null, 1, null, false)));
            seen.add(told("/api/x", client.get(30, TimeUnit.SECONDS)));
            return seen;
        } finally {
            tomcat.stop();
            tomcat.destroy();
            System.clearProperty(Globals.CATALINA_HOME_PROP);
            REDIS.state().command("FLUSHALL");
        }
    }

    private static String told(String path, RawHttpClient.Response response) {
        return path + ": " + response.status() + " " + response.header("X-Out") + response.header("X-Moved")
                + response.header("X-Up") + response.header("RateLimit-Policy") + " "
                + response.text()
                        .replaceAll("[0-9a-f]{32}", "ID")
                        .replaceAll("in [0-9]+ s", "in N s")
                        .strip();
    }

    private int start(Tomcat tomcat, Path application) throws LifecycleException, IOException {
        tomcat.setBaseDir(Files.createDirectories(directory.resolve("tomcat")).toString());
        tomcat.setPort(0);
        tomcat.setHostname("127.0.0.1");
        tomcat.getConnector().setProperty("address", "127.0.0.1");
        Context context = tomcat.addContext("", application.toString());
        context.setParentClassLoader(WaysInTest.class.getClassLoader());
        ContextConfig configuration = new ContextConfig();
        configuration.setDefaultWebXml(tomcat.noDefaultWebXmlPath());
        context.addLifecycleListener(configuration);
        Tomcat.addServlet(context, "application", new Application()).setAsyncSupported(true);
        context.addServletMapping("/", "application");
        tomcat.start();
        assertThat(context.getState().isAvailable(), is(true));
        filters = Stream.of(context.findFilterDefs())
                .map(FilterDef::getFilterName)
                .sorted()
                .toList();
        return tomcat.getConnector().getLocalPort();
    }

    private List<String> byWebXml() throws Exception {
        Path application = application();
        file(application, "WEB-INF/web.xml", WEB_XML);
        file(application, "WEB-INF/front.yaml", "redis: " + REDIS.url() + "\n" + RULES);
        return seen(application);
    }

    @Test
    void file_alone_is_enough() throws Exception {
        List<String> expected = byWebXml();
        assertThat(filters, contains("ours"));
        assertThat(expected, hasItem("/refused: 403 nullnullnullnull no"));
        assertThat(expected, hasItem("/few: 200 nullnullnull\"few\";q=1;w=3600 application /few"));
        assertThat(expected, hasItem("/moved: 200 nullyesnullnull application /where"));
        assertThat(expected, hasItem("POST /api/x a=b 1 body"));
        assertThat(expected, hasItem("/api/x: 202 2null3null done"));

        Path application = Files.createDirectory(directory.resolve("automatic"));
        file(application, "WEB-INF/thr.yaml", "redis: " + REDIS.url() + "\n" + RULES);
        assertThat(seen(application), is(expected));
        assertThat(filters, contains("thr"));
    }

    @Test
    void annotation_is_as_good_as_web_xml() throws Exception {
        List<String> expected = byWebXml();

        Path application = Files.createDirectory(directory.resolve("annotated"));
        file(application, "WEB-INF/front.yaml", "redis: " + REDIS.url() + "\n" + RULES);
        String name = Annotated.class.getName().replace('.', '/') + ".class";
        try (var source =
                Objects.requireNonNull(WaysInTest.class.getClassLoader().getResourceAsStream(name))) {
            Path target = application.resolve("WEB-INF/classes").resolve(name);
            Files.createDirectories(Objects.requireNonNull(target.getParent()));
            Files.copy(source, target);
        }
        assertThat(seen(application), is(expected));
        assertThat(filters, contains(Annotated.class.getName()));
    }

    @Test
    void code_is_as_good_as_web_xml_and_comes_before_the_file() throws Exception {
        List<String> expected = byWebXml();

        Path application = Files.createDirectory(directory.resolve("coded"));
        file(application, "WEB-INF/web.xml", WEB_XML_WITH_LISTENER);
        assertThat(seen(application), is(expected));
        // what would refuse all: it stands back, as one has been declared
        file(
                application,
                "WEB-INF/thr.yaml",
                "redis: " + REDIS.url() + "\nrules: [ { then: { set_status_code: 410 } } ]\n");
        assertThat(seen(application), is(expected));
    }

    @Test
    void declared_filter_comes_before_the_file() throws Exception {
        List<String> expected = byWebXml();
        file(
                directory.resolve("application"),
                "WEB-INF/thr.yaml",
                "redis: " + REDIS.url() + "\nrules: [ { then: { set_status_code: 410 } } ]\n");
        assertThat(seen(directory.resolve("application")), is(expected));
        assertThat(filters, contains("ours"));
    }

    @Test
    void application_without_a_file_has_no_filter() throws Exception {
        Path application = application();
        Tomcat tomcat = new Tomcat();
        try {
            int port = start(tomcat, application);
            assertThat(filters.isEmpty(), is(true));
            assertThat(RawHttpClient.get(port, "/refused").text(), is("application /refused"));
        } finally {
            tomcat.stop();
            tomcat.destroy();
            System.clearProperty(Globals.CATALINA_HOME_PROP);
        }
    }
}
