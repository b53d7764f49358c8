import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;

/**
 * Sends ten requests at once and tells how long they took together, and how many the upstream saw at a time.
 *
 * <p>With an argument all have that value of Foo: java Client.java bar. Without one each has its own.
 */
class Client {

    private static final String FRONT = "http://localhost:8888";
    private static final int REQUESTS = 10;

    public static void main(String[] args) {
        HttpClient http =
                HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
        // so that the waiting is timed, and not the start of programs
        send(http, "/ready", "none").join();

        long start = System.nanoTime();
        List<CompletableFuture<HttpResponse<String>>> sent = new ArrayList<>();
        for (int i = 0; i < REQUESTS; i++) {
            sent.add(send(http, "/", args.length > 0 ? args[0] : "value_" + i));
        }
        int mostAtOnce = 0;
        for (CompletableFuture<HttpResponse<String>> response : sent) {
            mostAtOnce = Math.max(mostAtOnce, atOnce(response.join()));
        }
        double seconds = (System.nanoTime() - start) / 1e9;

        System.out.printf(
                Locale.ROOT, "%d responses in %.1f s, at most %d at once%n", REQUESTS, seconds, mostAtOnce);
    }

    private static CompletableFuture<HttpResponse<String>> send(HttpClient http, String path, String foo) {
        HttpRequest request =
                HttpRequest.newBuilder(URI.create(FRONT + path)).header("Foo", foo).build();
        return http.sendAsync(request, HttpResponse.BodyHandlers.ofString());
    }

    private static int atOnce(HttpResponse<String> response) {
        return response.headers()
                .firstValue("At-Once")
                .map(Integer::parseInt)
                .orElseThrow(() -> new IllegalStateException("status: " + response.statusCode() + " (expected: 200)"));
    }
}
