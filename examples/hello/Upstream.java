import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;

/** The service behind the queue. It answers every request with "Hello World". Run it with: java Upstream.java */
class Upstream {

    private static final int PORT = 9999;

    public static void main(String[] args) throws IOException {
        byte[] hello = "Hello World\n".getBytes(StandardCharsets.UTF_8);
        HttpServer server = HttpServer.create(new InetSocketAddress(PORT), 0);
        server.createContext("/", exchange -> {
            exchange.getRequestBody().readAllBytes();
            exchange.getResponseHeaders().set("Content-Type", "text/plain");
            exchange.sendResponseHeaders(200, hello.length);
            exchange.getResponseBody().write(hello);
            exchange.close();
        });
        server.start();
        System.out.println("Serving on http://localhost:" + PORT);
    }
}
