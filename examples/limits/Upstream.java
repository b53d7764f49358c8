import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The service behind the queue: ten workers, each of which sleeps a second over every request. The field At-Once of a
 * response tells how many requests it was working on when that one came. Run it with: java Upstream.java
 */
class Upstream {

    private static final int PORT = 9999;
    private static final int WORKERS = 10;
    private static final int SLEEP_MILLIS = 1000;

    private static final AtomicInteger working = new AtomicInteger();

    public static void main(String[] args) throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(PORT), 0);
        server.setExecutor(Executors.newFixedThreadPool(WORKERS));
        server.createContext("/", Upstream::work);
        // answers at once, to warm up what is in front of it
        server.createContext("/ready", exchange -> answer(exchange, "Ready\n"));
        server.start();
        System.out.println("Serving on http://localhost:" + PORT + " with " + WORKERS + " workers");
    }

    private static void work(HttpExchange exchange) throws IOException {
        int atOnce = working.incrementAndGet();
        try {
            Thread.sleep(SLEEP_MILLIS);
        } catch (InterruptedException e) {
            throw new IOException(e);
        } finally {
            working.decrementAndGet();
        }
        exchange.getResponseHeaders().set("At-Once", Integer.toString(atOnce));
        answer(exchange, "Hello World!\n");
    }

    private static void answer(HttpExchange exchange, String text) throws IOException {
        byte[] body = text.getBytes(StandardCharsets.UTF_8);
        exchange.getRequestBody().readAllBytes();
        exchange.getResponseHeaders().set("Content-Type", "text/plain");
        exchange.sendResponseHeaders(200, body.length);
        exchange.getResponseBody().write(body);
        exchange.close();
    }
}
