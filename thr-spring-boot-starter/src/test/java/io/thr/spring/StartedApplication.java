package io.thr.spring;

import io.thr.core.redis.RedisServer;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;

/** An application that runs in its container on a free port, and a client of it. JUnit would close what it could. */
final class StartedApplication {

    private static final HttpClient CLIENT =
            HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build();

    private final ConfigurableApplicationContext context;

    private StartedApplication(ConfigurableApplicationContext context) {
        this.context = context;
    }

    /** Starts these configurations with application.yaml and these properties, which come before it. */
    static StartedApplication start(RedisServer redis, List<Class<?>> configurations, String... properties) {
        List<String> arguments = new ArrayList<>(List.of("--thr.redis=" + redis.url()));
        for (String property : properties) {
            arguments.add("--" + property);
        }
        return new StartedApplication(new SpringApplicationBuilder(configurations.toArray(Class<?>[]::new))
                .run(arguments.toArray(String[]::new)));
    }

    /** One that has been started. */
    static StartedApplication of(ConfigurableApplicationContext context) {
        return new StartedApplication(context);
    }

    String port() {
        return context.getEnvironment().getRequiredProperty("local.server.port");
    }

    ConfigurableApplicationContext context() {
        return context;
    }

    /** A request to be changed, and sent. HTTP/2 begins by an upgrade, as curl does it. */
    HttpRequest.Builder request(HttpClient.Version version, String path) {
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port() + path))
                .version(version)
                .timeout(Duration.ofSeconds(20));
    }

    HttpResponse<String> get(HttpClient.Version version, String path) throws IOException, InterruptedException {
        return CLIENT.send(request(version, path).build(), BodyHandlers.ofString());
    }

    static HttpResponse<String> send(HttpRequest.Builder request) throws IOException, InterruptedException {
        return CLIENT.send(request.build(), BodyHandlers.ofString());
    }

    static CompletableFuture<HttpResponse<String>> sendLater(HttpRequest.Builder request) {
        return CLIENT.sendAsync(request.build(), BodyHandlers.ofString());
    }

    static HttpResponse<String> result(CompletableFuture<HttpResponse<String>> response) throws Exception {
        return response.get(20, TimeUnit.SECONDS);
    }

    static HttpRequest.BodyPublisher body(String text) {
        return BodyPublishers.ofString(text);
    }

    void stop() {
        context.close();
    }
}
