package io.thr.demo.application;

import com.fasterxml.jackson.databind.ObjectMapper;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Map;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redis.clients.jedis.Jedis;

/** Writes and reads with the application's own libraries, and answers with what came back and which ones they were. */
public final class LibrariesServlet extends HttpServlet {

    private static final long serialVersionUID = 1;

    private static final Logger LOG = LoggerFactory.getLogger(LibrariesServlet.class);

    @Override
    protected void doGet(HttpServletRequest request, HttpServletResponse response) throws IOException {
        ObjectMapper json = new ObjectMapper();
        Map<String, String> answer = new TreeMap<>();
        int port = Integer.parseInt(getInitParameter("redis-port"));
        try (Jedis jedis = new Jedis("127.0.0.1", port)) {
            jedis.set("application", json.writeValueAsString(Map.of("kept", "by its own Jedis")));
            answer.put(
                    "read",
                    String.valueOf(
                            json.readTree(jedis.get("application")).get("kept").asText()));
        }
        answer.put("jackson", json.version().toString());
        answer.put("jedis", jar(Jedis.class));
        answer.put("slf4j", jar(Logger.class));
        LOG.debug("answers {}", answer);
        response.setContentType("application/json");
        response.getWriter().print(json.writeValueAsString(answer));
    }

    private static String jar(Class<?> type) {
        String place = type.getProtectionDomain().getCodeSource().getLocation().getPath();
        return place.substring(place.lastIndexOf('/') + 1);
    }
}
