package io.thr.filter;

import com.fasterxml.jackson.core.JsonGenerator;
import io.thr.admin.AdminBus;
import io.thr.admin.AdminExtension;
import io.thr.admin.AdminProgram;
import io.thr.admin.BusJson;
import io.thr.core.redis.BusControl;
import io.thr.core.redis.BusReader;
import io.thr.core.redis.RedisKeys;
import io.thr.filter.rate.RateCounts;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A filter as its admin port shows it. Threads may share it. */
final class FrontProgram implements AdminProgram {

    private final Node node;
    private final RedisKeys keys;
    private final List<AdminExtension> extensions;

    /** That node, from its start to its end, and what it has besides. */
    FrontProgram(Node node, List<AdminExtension> extensions) {
        this.node = node;
        this.extensions = extensions;
        this.keys = new RedisKeys(node.bus());
    }

    @Override
    public String kind() {
        return "front";
    }

    @Override
    public String name() {
        return node.name();
    }

    @Override
    public String version() {
        String version = ThrFilter.class.getPackage().getImplementationVersion();
        return version == null ? "(not from a jar)" : version;
    }

    @Override
    public List<AdminExtension> extensions() {
        return extensions;
    }

    @Override
    public List<String> notReady() {
        List<String> reasons = new ArrayList<>();
        if (node.exchanges().isStopping()) {
            reasons.add("the filter is stopping");
        }
        if (!node.exchanges().isUp()) {
            reasons.add("redis " + node.exchanges().redis().address() + ": cannot be reached");
        }
        return reasons;
    }

    @Override
    public String stats() {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (JsonGenerator json = BusJson.generator(bytes)) {
            json.writeStartObject();
            json.writeNumberField("epoch", System.currentTimeMillis() / 1000.0);
            json.writeStringField("version", version());
            json.writeNumberField("suspended", node.exchanges().suspended());
            json.writeNumberField("delayed", node.delayed().size());
            json.writeBooleanField("connected", node.exchanges().isUp());
            json.writeObjectFieldStart("rate_policies");
            for (Map.Entry<String, RateCounts.Count> policy : node.rateCounts().entrySet()) {
                json.writeObjectFieldStart(policy.getKey());
                json.writeNumberField("granted", policy.getValue().granted());
                json.writeNumberField("exceeded", policy.getValue().exceeded());
                json.writeNumberField("delayed", policy.getValue().delayed());
                json.writeNumberField("undecided", policy.getValue().undecided());
                json.writeEndObject();
            }
            json.writeEndObject();
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toString(StandardCharsets.UTF_8);
    }

    @Override
    public List<AdminBus> buses() {
        return List.of(new AdminBus(
                node.exchanges().redis().address(),
                () -> new BusReader(node.exchanges().connections(), keys),
                () -> new BusControl(node.exchanges().connections(), keys)));
    }
}
