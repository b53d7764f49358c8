package io.thr.demo;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.thr.admin.AdminExtension;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import org.jspecify.annotations.Nullable;

/** What can be turned in the demo, and what its clients see: a panel on the page. Threads may share it. */
final class DemoControls implements AdminExtension {

    /** The most requests a second, and how long each may take. */
    private static final int MOST_PER_SECOND = 30;

    private static final int LEAST_MILLIS = 50;
    private static final int MOST_MILLIS = 3000;

    private static final JsonFactory JSON = new JsonFactory();

    private final SlowUpstream upstream;
    private volatile @Nullable DemoLoad load;

    DemoControls(SlowUpstream upstream) {
        this.upstream = upstream;
    }

    /** The load begins when the front does, after this. */
    void controls(DemoLoad newLoad) {
        load = newLoad;
    }

    @Override
    public String name() {
        return "demo";
    }

    @Override
    public String state() {
        StringWriter text = new StringWriter();
        try (JsonGenerator json = JSON.createGenerator(text)) {
            json.writeStartObject();
            json.writeStringField(
                    "text",
                    "Three clients send requests through the front to a service that has to be treated with care. Move a"
                            + " slider, and see what waits, and why.");
            DemoLoad running = load;
            json.writeArrayFieldStart("controls");
            value(json, "load", "Requests a second", 0, MOST_PER_SECOND, 1, "/s");
            json.writeNumberField("value", running == null ? 0 : running.perSecond());
            json.writeEndObject();
            value(json, "time", "Each takes about", LEAST_MILLIS, MOST_MILLIS, LEAST_MILLIS, "ms");
            json.writeNumberField("value", upstream.millis());
            json.writeEndObject();
            // the page has the maxima in force, and sets them as it does everywhere
            value(json, "all", "Reports at once", 0, 20, 1, "");
            json.writeStringField("limit", Demo.REPORTS_AT_ONCE);
            json.writeEndObject();
            value(json, "each", "Of these, of one client", 0, 10, 1, "");
            json.writeStringField("limit", Demo.REPORTS_BY_CLIENT);
            json.writeEndObject();
            json.writeEndArray();
            json.writeArrayFieldStart("clients");
            if (running != null) {
                for (DemoClient.Seen seen : running.seen()) {
                    write(json, seen);
                }
            }
            json.writeEndArray();
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return text.toString();
    }

    /** All of a control but its value. */
    private static void value(JsonGenerator json, String name, String label, int min, int max, int step, String unit)
            throws IOException {
        json.writeStartObject();
        json.writeStringField("name", name);
        json.writeStringField("label", label);
        json.writeNumberField("min", min);
        json.writeNumberField("max", max);
        json.writeNumberField("step", step);
        json.writeStringField("unit", unit);
    }

    private static void write(JsonGenerator json, DemoClient.Seen seen) throws IOException {
        json.writeStartObject();
        json.writeStringField("name", seen.name());
        json.writeNumberField("waiting", seen.waiting());
        json.writeNumberField("answered", seen.answered());
        json.writeNumberField("refused", seen.refused());
        write(json, "p50_ms", seen.p50Millis());
        write(json, "p95_ms", seen.p95Millis());
        json.writeEndObject();
    }

    private static void write(JsonGenerator json, String name, @Nullable Double number) throws IOException {
        if (number == null) {
            json.writeNullField(name);
        } else {
            json.writeNumberField(name, number);
        }
    }

    @Override
    public void set(String name, String value) {
        DemoLoad running = load;
        switch (name) {
            case "load" -> {
                int perSecond = number(name, value, 0, MOST_PER_SECOND);
                if (running != null) {
                    running.send(perSecond);
                }
            }
            case "time" -> upstream.take(number(name, value, LEAST_MILLIS, MOST_MILLIS));
            default -> throw new IllegalArgumentException("name: wrong (expected: load or time)");
        }
    }

    private static int number(String name, String text, int min, int max) {
        try {
            int number = Integer.parseInt(text);
            if (number >= min && number <= max) {
                return number;
            }
        } catch (NumberFormatException e) {
            throw wrong(name, min, max);
        }
        throw wrong(name, min, max);
    }

    private static IllegalArgumentException wrong(String name, int min, int max) {
        return new IllegalArgumentException(
                name + ": wrong (expected: a whole number from " + min + " to " + max + ")");
    }
}
