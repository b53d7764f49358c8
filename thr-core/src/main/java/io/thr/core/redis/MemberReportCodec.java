package io.thr.core.redis;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.thr.core.bus.Durations;
import io.thr.core.bus.MemberReport;
import io.thr.core.bus.MemberReport.Counts;
import io.thr.core.bus.MemberReport.Route;
import io.thr.core.bus.MemberReport.Server;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A {@link MemberReport} as JSON: {@code {"v": 1, "at", "host", "pid", "version", "started", "stopping", "routes": [{"queues",
 * "max", "running", "counts": [in the order of the record], "waits": [sum in ms, counts…], "runs": the same, "servers": [{"url",
 * "running", "ejected", "calls", "retries", "failures"}]}]}}; times are epoch ms. What another version writes otherwise is read
 * as nothing.
 */
final class MemberReportCodec {

    private static final int VERSION = 1;
    private static final JsonFactory JSON = new JsonFactory();

    private MemberReportCodec() {}

    static byte[] write(MemberReport report) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(1024);
        try (JsonGenerator json = JSON.createGenerator(bytes)) {
            json.writeStartObject();
            json.writeNumberField("v", VERSION);
            json.writeNumberField("at", report.at().toEpochMilli());
            json.writeStringField("host", report.host());
            json.writeNumberField("pid", report.pid());
            json.writeStringField("version", report.version());
            json.writeNumberField("started", report.startedAt().toEpochMilli());
            json.writeBooleanField("stopping", report.stopping());
            json.writeArrayFieldStart("routes");
            for (Route route : report.routes()) {
                write(json, route);
            }
            json.writeEndArray();
            json.writeEndObject();
        } catch (IOException e) {
            // nothing is written but memory
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    private static void write(JsonGenerator json, Route route) throws IOException {
        json.writeStartObject();
        json.writeArrayFieldStart("queues");
        for (String queue : route.queues()) {
            json.writeString(queue);
        }
        json.writeEndArray();
        json.writeNumberField("max", route.maxConcurrent());
        json.writeNumberField("running", route.running());
        json.writeFieldName("counts");
        Counts counts = route.counts();
        long[] numbers = {
            counts.taken(),
            counts.begun(),
            counts.answered(),
            counts.failed(),
            counts.refused(),
            counts.expired(),
            counts.retried(),
            counts.buried(),
            counts.left()
        };
        json.writeArray(numbers, 0, numbers.length);
        write(json, "waits", route.waits());
        write(json, "runs", route.runs());
        json.writeArrayFieldStart("servers");
        for (Server server : route.servers()) {
            json.writeStartObject();
            json.writeStringField("url", server.url());
            json.writeNumberField("running", server.running());
            json.writeBooleanField("ejected", server.ejected());
            json.writeNumberField("calls", server.calls());
            json.writeNumberField("retries", server.retries());
            json.writeNumberField("failures", server.failures());
            json.writeEndObject();
        }
        json.writeEndArray();
        json.writeEndObject();
    }

    private static void write(JsonGenerator json, String name, Durations durations) throws IOException {
        json.writeArrayFieldStart(name);
        json.writeNumber(durations.sumMillis());
        for (long count : durations.counts()) {
            json.writeNumber(count);
        }
        json.writeEndArray();
    }

    /** Null where it cannot be read. */
    static @Nullable MemberReport read(byte[] bytes) {
        try {
            Map<?, ?> report = PlainJson.read(bytes);
            if (number(report, "v") != VERSION) {
                return null;
            }
            List<Route> routes = new ArrayList<>();
            list(report, "routes").forEach(route -> routes.add(route((Map<?, ?>) route)));
            return new MemberReport(
                    Instant.ofEpochMilli(number(report, "at")),
                    text(report, "host"),
                    number(report, "pid"),
                    text(report, "version"),
                    Instant.ofEpochMilli(number(report, "started")),
                    (Boolean) value(report, "stopping"),
                    routes);
        } catch (IOException | RuntimeException e) {
            // whoever writes to this Redis may write anything there
            return null;
        }
    }

    private static Route route(Map<?, ?> route) {
        List<Server> servers = new ArrayList<>();
        list(route, "servers").forEach(server -> servers.add(server((Map<?, ?>) server)));
        List<Long> counts = new ArrayList<>();
        list(route, "counts").forEach(count -> counts.add(((Number) count).longValue()));
        List<String> queues = new ArrayList<>();
        list(route, "queues").forEach(queue -> queues.add((String) queue));
        return new Route(
                queues,
                (int) number(route, "max"),
                (int) number(route, "running"),
                new Counts(
                        counts.get(0),
                        counts.get(1),
                        counts.get(2),
                        counts.get(3),
                        counts.get(4),
                        counts.get(5),
                        counts.get(6),
                        counts.get(7),
                        counts.get(8)),
                durations(list(route, "waits")),
                durations(list(route, "runs")),
                servers);
    }

    private static Server server(Map<?, ?> server) {
        return new Server(
                text(server, "url"),
                (int) number(server, "running"),
                (Boolean) value(server, "ejected"),
                number(server, "calls"),
                number(server, "retries"),
                number(server, "failures"));
    }

    private static Durations durations(List<?> numbers) {
        List<Long> counts = new ArrayList<>();
        numbers.subList(1, numbers.size()).forEach(count -> counts.add(((Number) count).longValue()));
        return new Durations(counts, ((Number) numbers.get(0)).doubleValue());
    }

    private static List<?> list(Map<?, ?> of, String name) {
        return (List<?>) value(of, name);
    }

    private static String text(Map<?, ?> of, String name) {
        return (String) value(of, name);
    }

    private static long number(Map<?, ?> of, String name) {
        return ((Number) value(of, name)).longValue();
    }

    private static Object value(Map<?, ?> of, String name) {
        Object value = of.get(name);
        if (value == null) {
            throw new IllegalArgumentException(name + ": missing");
        }
        return value;
    }
}
