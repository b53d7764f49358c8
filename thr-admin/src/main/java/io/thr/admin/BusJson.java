package io.thr.admin;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.thr.core.bus.BusState;
import io.thr.core.bus.DeadLetter;
import io.thr.core.bus.Durations;
import io.thr.core.bus.MemberReport;
import io.thr.core.bus.QueuedRequest;
import io.thr.core.bus.Totals;
import io.thr.core.bus.Why;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What is known of a bus as JSON, for the admin port and for scripts: the records of {@link io.thr.core.bus} under the names of their
 * components in snake case, times in ms since the epoch as {@code …_ms}.
 */
public final class BusJson {

    private static final JsonFactory FACTORY = new JsonFactory();

    private BusJson() {}

    /** Writes to that stream, which is closed with it. */
    public static JsonGenerator generator(OutputStream out) throws IOException {
        return FACTORY.createGenerator(out);
    }

    /** All members of a state. */
    public static void state(JsonGenerator json, BusState state) throws IOException {
        head(json, state);
        parts(json, state);
    }

    /** The first members of a state: when, and which bus. */
    static void head(JsonGenerator json, BusState state) throws IOException {
        time(json, "at_ms", state.at());
        json.writeStringField("bus", state.bus());
        json.writeStringField("redis", state.redis());
    }

    /** The other members of a state. */
    static void parts(JsonGenerator json, BusState state) throws IOException {
        queues(json, state);
        limits(json, state);
        json.writeArrayFieldStart("flows");
        for (BusState.WaitingFlow flow : state.flows()) {
            flow(json, flow);
        }
        json.writeEndArray();
        json.writeNumberField("flows_in_all", state.flowsInAll());
        json.writeArrayFieldStart("running");
        for (BusState.RunningRequest running : state.running()) {
            json.writeStartObject();
            running(json, running);
            json.writeEndObject();
        }
        json.writeEndArray();
        json.writeNumberField("running_in_all", state.runningInAll());
        members(json, state);
    }

    /** The queues, as {@code queues}. */
    public static void queues(JsonGenerator json, BusState state) throws IOException {
        Map<String, Totals> reported = Totals.of(state.members());
        json.writeArrayFieldStart("queues");
        for (BusState.Queue queue : state.queues()) {
            queue(json, queue, reported.getOrDefault(queue.name(), Totals.NONE));
        }
        json.writeEndArray();
    }

    /** The limits, as {@code limits}. */
    public static void limits(JsonGenerator json, BusState state) throws IOException {
        json.writeArrayFieldStart("limits");
        for (BusState.Limit limit : state.limits()) {
            limit(json, limit);
        }
        json.writeEndArray();
    }

    /** The members, as {@code members}. */
    public static void members(JsonGenerator json, BusState state) throws IOException {
        json.writeArrayFieldStart("members");
        for (BusState.Member member : state.members()) {
            member(json, member);
        }
        json.writeEndArray();
    }

    private static void queue(JsonGenerator json, BusState.Queue queue, Totals reported) throws IOException {
        json.writeStartObject();
        json.writeStringField("name", queue.name());
        json.writeNumberField("listed", queue.listed());
        json.writeNumberField("waiting", queue.waiting());
        json.writeNumberField("running", queue.running());
        json.writeNumberField("dead", queue.dead());
        json.writeBooleanField("paused", queue.pausedSince() != null);
        time(json, "paused_since_ms", queue.pausedSince());
        time(json, "oldest_since_ms", queue.oldest());
        millis(json, "run_ms", queue.runTime());
        millis(json, "estimated_wait_ms", queue.estimatedWait());
        counts(json, reported.counts());
        durations(json, "waits", reported.waits());
        durations(json, "runs", reported.runs());
        json.writeEndObject();
    }

    private static void limit(JsonGenerator json, BusState.Limit limit) throws IOException {
        json.writeStartObject();
        json.writeStringField("name", limit.name());
        json.writeNumberField("max", limit.max());
        number(json, "configured", limit.configured());
        json.writeNumberField("running", limit.running());
        json.writeNumberField("waiting", limit.waiting());
        json.writeArrayFieldStart("counters");
        for (BusState.Counter counter : limit.counters()) {
            json.writeStartObject();
            json.writeStringField("counter", counter.counter());
            json.writeNumberField("running", counter.running());
            json.writeNumberField("waiting", counter.waiting());
            json.writeEndObject();
        }
        json.writeEndArray();
        json.writeNumberField("counters_in_all", limit.countersInAll());
        json.writeEndObject();
    }

    private static void flow(JsonGenerator json, BusState.WaitingFlow flow) throws IOException {
        json.writeStartObject();
        json.writeStringField("queue", flow.queue());
        texts(json, "shares", flow.shares());
        texts(json, "counters", flow.counters());
        json.writeNumberField("waiting", flow.waiting());
        json.writeStringField("blocked_by", flow.blockedBy());
        time(json, "oldest_since_ms", flow.oldest());
        json.writeEndObject();
    }

    private static void running(JsonGenerator json, BusState.RunningRequest running) throws IOException {
        json.writeStringField("request", running.request());
        json.writeStringField("queue", running.queue());
        texts(json, "counters", running.counters());
        json.writeStringField("member", running.member());
        time(json, "since_ms", running.since());
    }

    private static void member(JsonGenerator json, BusState.Member member) throws IOException {
        json.writeStartObject();
        json.writeStringField("name", member.name());
        time(json, "lease_ends_ms", member.leaseEnd());
        json.writeNumberField("owns", member.owns());
        MemberReport report = member.report();
        if (report == null) {
            json.writeNullField("report");
        } else {
            report(json, report);
        }
        json.writeEndObject();
    }

    private static void report(JsonGenerator json, MemberReport report) throws IOException {
        json.writeObjectFieldStart("report");
        time(json, "at_ms", report.at());
        json.writeStringField("host", report.host());
        json.writeNumberField("pid", report.pid());
        json.writeStringField("version", report.version());
        time(json, "started_ms", report.startedAt());
        json.writeBooleanField("stopping", report.stopping());
        json.writeArrayFieldStart("routes");
        for (MemberReport.Route route : report.routes()) {
            route(json, route);
        }
        json.writeEndArray();
        json.writeEndObject();
    }

    private static void route(JsonGenerator json, MemberReport.Route route) throws IOException {
        json.writeStartObject();
        texts(json, "queues", route.queues());
        json.writeNumberField("max_concurrent", route.maxConcurrent());
        json.writeNumberField("running", route.running());
        counts(json, route.counts());
        durations(json, "waits", route.waits());
        durations(json, "runs", route.runs());
        json.writeArrayFieldStart("servers");
        for (MemberReport.Server server : route.servers()) {
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

    private static void counts(JsonGenerator json, MemberReport.Counts counts) throws IOException {
        json.writeObjectFieldStart("counts");
        json.writeNumberField("taken", counts.taken());
        json.writeNumberField("begun", counts.begun());
        json.writeNumberField("answered", counts.answered());
        json.writeNumberField("failed", counts.failed());
        json.writeNumberField("refused", counts.refused());
        json.writeNumberField("expired", counts.expired());
        json.writeNumberField("retried", counts.retried());
        json.writeNumberField("buried", counts.buried());
        json.writeNumberField("left", counts.left());
        json.writeEndObject();
    }

    private static void durations(JsonGenerator json, String name, Durations durations) throws IOException {
        json.writeObjectFieldStart(name);
        json.writeNumberField("count", durations.count());
        json.writeNumberField("sum_ms", rounded(durations.sumMillis()));
        millis(json, "p50_ms", durations.quantile(0.50));
        millis(json, "p95_ms", durations.quantile(0.95));
        millis(json, "p99_ms", durations.quantile(0.99));
        json.writeEndObject();
    }

    /** Where a request is, as {@code found}: one object in an array, or more. */
    public static void why(JsonGenerator json, List<Why> found) throws IOException {
        json.writeArrayFieldStart("found");
        for (Why why : found) {
            json.writeStartObject();
            why(json, why);
            json.writeEndObject();
        }
        json.writeEndArray();
    }

    private static void why(JsonGenerator json, Why why) throws IOException {
        if (why instanceof Why.Unknown unknown) {
            json.writeStringField("state", "unknown");
            json.writeStringField("request", unknown.request());
        } else if (why instanceof Why.Listed listed) {
            json.writeStringField("state", "listed");
            json.writeStringField("request", listed.request());
            json.writeStringField("queue", listed.queue());
            json.writeNumberField("position", listed.position());
            word(json, "reason", listed.reason());
        } else if (why instanceof Why.Taken taken) {
            json.writeStringField("state", "taken");
            json.writeStringField("request", taken.request());
            json.writeStringField("queue", taken.queue());
            json.writeStringField("member", taken.member());
        } else if (why instanceof Why.Running running) {
            json.writeStringField("state", "running");
            running(json, running.running());
        } else if (why instanceof Why.Waiting waiting) {
            waiting(json, waiting);
        }
    }

    private static void waiting(JsonGenerator json, Why.Waiting waiting) throws IOException {
        json.writeStringField("state", "waiting");
        json.writeStringField("request", waiting.request());
        json.writeStringField("queue", waiting.queue());
        time(json, "since_ms", waiting.since());
        word(json, "reason", waiting.reason());
        json.writeArrayFieldStart("blocked_by");
        for (Why.Blocker blocker : waiting.blockedBy()) {
            json.writeStartObject();
            json.writeStringField("counter", blocker.counter());
            json.writeNumberField("running", blocker.running());
            json.writeNumberField("max", blocker.max());
            json.writeArrayFieldStart("holders");
            for (BusState.RunningRequest holder : blocker.holders()) {
                json.writeStartObject();
                running(json, holder);
                json.writeEndObject();
            }
            json.writeEndArray();
            json.writeNumberField("withheld", blocker.withheld());
            json.writeEndObject();
        }
        json.writeEndArray();
        json.writeArrayFieldStart("counters");
        for (Why.Usage usage : waiting.counters()) {
            json.writeStartObject();
            json.writeStringField("counter", usage.counter());
            json.writeNumberField("running", usage.running());
            number(json, "max", usage.max());
            json.writeEndObject();
        }
        json.writeEndArray();
        json.writeNumberField("in_flow", waiting.inFlow());
        json.writeNumberField("position", waiting.position());
        millis(json, "estimated_wait_ms", waiting.estimatedWait());
    }

    /** The requests that come next, as {@code requests}. */
    public static void requests(JsonGenerator json, List<QueuedRequest> requests) throws IOException {
        json.writeArrayFieldStart("requests");
        for (QueuedRequest request : requests) {
            json.writeStartObject();
            json.writeStringField("request", request.request());
            json.writeStringField("method", request.method());
            json.writeStringField("path", request.path());
            json.writeNumberField("priority", request.priority());
            time(json, "since_ms", request.since());
            json.writeBooleanField("listed", request.listed());
            json.writeStringField("blocked_by", request.blockedBy());
            json.writeEndObject();
        }
        json.writeEndArray();
    }

    /** Dead letters, as {@code letters}. */
    public static void letters(JsonGenerator json, List<DeadLetter> letters) throws IOException {
        json.writeArrayFieldStart("letters");
        for (DeadLetter letter : letters) {
            json.writeStartObject();
            json.writeStringField("id", letter.id());
            json.writeStringField("reason", letter.reason());
            time(json, "time_ms", letter.time());
            json.writeStringField("request", letter.request());
            json.writeNumberField("bytes", letter.bytes());
            json.writeEndObject();
        }
        json.writeEndArray();
    }

    /** What has been sampled, as {@code every_ms} and {@code samples}. */
    static void history(JsonGenerator json, List<BusSample> samples) throws IOException {
        json.writeNumberField("every_ms", BusSampler.EVERY.toMillis());
        json.writeArrayFieldStart("samples");
        for (BusSample sample : samples) {
            json.writeStartObject();
            time(json, "at_ms", sample.at());
            json.writeObjectFieldStart("queues");
            for (BusSample.Queue queue : sample.queues()) {
                json.writeObjectFieldStart(queue.name());
                json.writeNumberField("listed", queue.listed());
                json.writeNumberField("waiting", queue.waiting());
                json.writeNumberField("running", queue.running());
                json.writeNumberField("begun_per_s", rounded(queue.pace().begunPerSecond()));
                json.writeNumberField("ended_per_s", rounded(queue.pace().endedPerSecond()));
                json.writeNumberField("failed_per_s", rounded(queue.pace().failedPerSecond()));
                millis(json, "wait_p95_ms", queue.pace().waits().quantile(0.95));
                millis(json, "run_p50_ms", queue.pace().runs().quantile(0.50));
                millis(json, "run_p95_ms", queue.pace().runs().quantile(0.95));
                json.writeEndObject();
            }
            json.writeEndObject();
            json.writeEndObject();
        }
        json.writeEndArray();
    }

    private static void time(JsonGenerator json, String name, @Nullable Instant time) throws IOException {
        if (time == null) {
            json.writeNullField(name);
        } else {
            json.writeNumberField(name, time.toEpochMilli());
        }
    }

    private static void millis(JsonGenerator json, String name, @Nullable Duration duration) throws IOException {
        if (duration == null) {
            json.writeNullField(name);
        } else {
            json.writeNumberField(name, rounded(duration.toNanos() / 1e6));
        }
    }

    /** To thousandths, which are microseconds. */
    private static double rounded(double number) {
        return Math.round(number * 1000) / 1000.0;
    }

    private static void number(JsonGenerator json, String name, @Nullable Integer number) throws IOException {
        if (number == null) {
            json.writeNullField(name);
        } else {
            json.writeNumberField(name, number);
        }
    }

    private static void word(JsonGenerator json, String name, Enum<?> word) throws IOException {
        json.writeStringField(name, word.name().toLowerCase(Locale.ROOT));
    }

    /** Texts under that name. */
    public static void texts(JsonGenerator json, String name, List<String> texts) throws IOException {
        json.writeArrayFieldStart(name);
        for (String text : texts) {
            json.writeString(text);
        }
        json.writeEndArray();
    }
}
