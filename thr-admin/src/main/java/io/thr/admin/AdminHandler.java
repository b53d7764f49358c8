package io.thr.admin;

import static java.lang.System.Logger.Level.WARNING;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.thr.core.bus.BusState;
import io.thr.core.redis.OwnThreads;
import io.thr.core.redis.RedisException;
import io.thr.core.redis.RedisUnavailableException;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import org.jspecify.annotations.Nullable;

/**
 * The admin port, whatever server is in front of it: answers each request, or refuses it. Threads may share it.
 *
 * <p>In the order in which a request meets them: {@link AccessCheck} (is it from a page of somebody else?), its {@link Route}, {@link
 * TokenCheck} (may it?), {@link Parameters}, what the route does; {@link AuditLog} where that was a change. A future that is given out
 * always ends with an answer. It may end on a thread of its own or on the caller's.
 */
public final class AdminHandler implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(AdminHandler.class.getName());

    private static final JsonFactory JSON = new JsonFactory();
    private static final int MOST_BODY = 16 * 1024;
    private static final int MOST_SHOWN = 1000;
    private static final int USUALLY_SHOWN = 50;

    private final AdminProgram program;
    private final boolean isOpen;
    private final AccessCheck access;
    private final TokenCheck token;
    private final AuditLog audit = new AuditLog();
    private final Metrics metrics;
    private final Page page = new Page(Page.FOLDER, Page.names());
    private final OwnThreads threads = new OwnThreads("thr-admin");
    private final ScheduledThreadPoolExecutor executor = new ScheduledThreadPoolExecutor(1, threads);
    private final Map<String, BusSampler> samplers = new ConcurrentHashMap<>();
    private final Map<String, Route> routes = new LinkedHashMap<>();

    /**
     * For that program.
     *
     * @param settings its token and hosts
     * @param isOpen whether those without a token may look: where nobody but this machine reaches it
     * @param meters what {@code /metrics} shows besides the JVM
     */
    public AdminHandler(AdminProgram program, AdminSettings settings, boolean isOpen, PrometheusRegistry meters) {
        this.program = program;
        this.isOpen = isOpen;
        this.access = new AccessCheck(settings.hosts());
        this.executor.setRemoveOnCancelPolicy(true);
        this.token = new TokenCheck(settings.token(), executor);
        this.metrics = new Metrics(meters);
        addRoutes();
    }

    private void addRoutes() {
        routes.put(
                "/health",
                Route.forAll(call -> done(AdminResponse.json(200, json -> json.writeStringField("status", "up")))));
        routes.put("/ready", Route.forAll(call -> done(ready())));
        routes.put(
                "/metrics",
                Route.forAll(call -> done(metrics.answer(call.request().field("Accept")))));
        routes.put("/stats", Route.look(this::stats));
        routes.put("/api/bus", Route.look(this::bus));
        routes.put("/api/history", Route.look(this::history));
        routes.put("/api/peek", Route.look(call -> {
            String queue = call.parameters().required("queue");
            return call.bus()
                    .reader()
                    .get()
                    .peek(queue, most(call))
                    .thenApplyAsync(found -> AdminResponse.json(200, json -> BusJson.requests(json, found)), executor);
        }));
        routes.put("/api/why", Route.look(call -> {
            String request = call.parameters().required("request");
            return call.bus()
                    .reader()
                    .get()
                    .why(request)
                    .thenApplyAsync(found -> AdminResponse.json(200, json -> BusJson.why(json, found)), executor);
        }));
        routes.put("/api/dead", Route.look(call -> {
            String queue = call.parameters().required("queue");
            return call.bus()
                    .reader()
                    .get()
                    .dead(queue, most(call))
                    .thenApplyAsync(found -> AdminResponse.json(200, json -> BusJson.letters(json, found)), executor);
        }));
        addChanges();
        program.extensions().forEach(this::add);
    }

    private void add(AdminExtension extension) {
        routes.put(
                "/api/" + extension.name(),
                Route.look(call -> done(AdminResponse.json(200, json -> copyMembers(extension.state(), json)))));
        change(extension.name() + "/set", call -> {
            try {
                extension.set(
                        call.parameters().required("name"), call.parameters().required("value"));
            } catch (IllegalArgumentException e) {
                throw new Parameters.WrongException(String.valueOf(e.getMessage()));
            }
            return Change.made(CompletableFuture.completedFuture(true));
        });
    }

    private void addChanges() {
        change(
                "pause",
                call -> Change.made(
                        call.bus().control().get().pause(call.parameters().required("queue"))));
        change(
                "resume",
                call -> Change.made(
                        call.bus().control().get().resume(call.parameters().required("queue"))));
        change(
                "purge",
                call -> Change.counted(
                        call.bus().control().get().purge(call.parameters().required("queue"))));
        change("limits/set", call -> {
            String name = call.parameters().required("name");
            int max = (int) call.parameters().number("max", 0, Integer.MAX_VALUE);
            return Change.madeTo(call.bus().control().get().setLimit(name, max), "there is no such limit");
        });
        change(
                "limits/reset",
                call -> Change.made(
                        call.bus().control().get().resetLimit(call.parameters().required("name"))));
        change(
                "drain",
                call -> Change.madeTo(
                        call.bus().control().get().drain(call.parameters().required("member")),
                        "there is no such member"));
        change("retry", call -> {
            String queue = call.parameters().required("queue");
            String letter = call.parameters().required("letter");
            return Change.madeTo(call.bus().control().get().retry(queue, letter), "there is no such letter any more");
        });
        change(
                "purge-dead",
                call -> Change.counted(
                        call.bus().control().get().purgeDead(call.parameters().required("queue"))));
    }

    private void change(String name, Route.Changing action) {
        routes.put("/api/" + name, Route.change(call -> changed(name, call, action)));
    }

    private static int most(Route.Call call) {
        return (int) call.parameters().number("most", 1, MOST_SHOWN, USUALLY_SHOWN);
    }

    private static CompletableFuture<AdminResponse> done(AdminResponse answer) {
        return CompletableFuture.completedFuture(answer);
    }

    /** The answer to that request. */
    public CompletableFuture<AdminResponse> handle(AdminRequest request) {
        try {
            return answer(request).exceptionally(this::failed);
        } catch (RuntimeException e) {
            return done(failed(e));
        }
    }

    private CompletableFuture<AdminResponse> answer(AdminRequest request) {
        String path = request.path();
        Route route = routes.get(path);
        String allowed = route == null ? page.has(path) ? "GET, HEAD" : "GET, HEAD, POST" : route.methods();
        if (!List.of("GET", "HEAD", "POST").contains(request.method())) {
            return done(notAllowed(allowed));
        }
        Optional<AdminResponse> refusal = access.refusal(request);
        if (refusal.isPresent()) {
            return done(refusal.get());
        }
        if (route == null && !page.has(path)) {
            return done(AdminResponse.problem(404, "Not Found", "there is nothing at this path"));
        }
        if (!allowed.contains(request.method())) {
            return done(notAllowed(allowed));
        }
        if (isTooLarge(request)) {
            return done(AdminResponse.problem(413, "Content Too Large", "no request here needs a body"));
        }
        AdminResponse file = page.at(request);
        if (file != null) {
            lookAtFirst();
            return done(file);
        }
        if (route == null) {
            throw new IllegalStateException("neither a route nor a file: " + path);
        }
        if (route.isChange() || (!isOpen && !route.isForAll())) {
            Optional<CompletableFuture<AdminResponse>> without = token.refusal(request);
            if (without.isPresent()) {
                return without.get();
            }
        }
        return call(route, request);
    }

    private CompletableFuture<AdminResponse> call(Route route, AdminRequest request) {
        try {
            Parameters parameters = Parameters.of(request.query());
            AdminBus bus = bus(parameters.optional("bus"));
            return bus == null
                    ? done(AdminResponse.problem(404, "Not Found", "there is no such bus"))
                    : route.action().answer(new Route.Call(request, parameters, bus));
        } catch (Parameters.WrongException e) {
            return done(AdminResponse.problem(400, "Bad Request", String.valueOf(e.getMessage())));
        }
    }

    private static AdminResponse notAllowed(String allowed) {
        return AdminResponse.problem(405, "Method Not Allowed", "allowed: " + allowed)
                .with("Allow", allowed);
    }

    private static boolean isTooLarge(AdminRequest request) {
        String length = request.field("Content-Length");
        // a number that is longer than this is none that a server lets through, or too large
        return length != null && (length.length() > 9 || Long.parseLong(length) > MOST_BODY);
    }

    private @Nullable AdminBus bus(Optional<String> address) {
        List<AdminBus> buses = program.buses();
        return address.isEmpty()
                ? buses.get(0)
                : buses.stream()
                        .filter(bus -> bus.address().equals(address.get()))
                        .findFirst()
                        .orElse(null);
    }

    private AdminResponse failed(Throwable failure) {
        Throwable cause =
                failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        if (cause instanceof RedisUnavailableException || cause instanceof RedisException) {
            return AdminResponse.problem(503, "Service Unavailable", String.valueOf(cause.getMessage()));
        }
        if (cause instanceof RejectedExecutionException) {
            return AdminResponse.problem(503, "Service Unavailable", "the program is stopping");
        }
        LOG.log(WARNING, "a request to the admin port could not be answered", cause);
        return AdminResponse.problem(500, "Internal Server Error", "see the program's log");
    }

    private AdminResponse ready() {
        List<String> reasons = program.notReady();
        return AdminResponse.json(reasons.isEmpty() ? 200 : 503, json -> {
            json.writeBooleanField("ready", reasons.isEmpty());
            json.writeArrayFieldStart("reasons");
            for (String reason : reasons) {
                json.writeString(reason);
            }
            json.writeEndArray();
        });
    }

    private BusSampler sampler(AdminBus bus) {
        return samplers.computeIfAbsent(
                bus.address(),
                address -> new BusSampler(() -> bus.reader().get().state(), executor, System::nanoTime));
    }

    /** Who has the page wants to see the plots. */
    private void lookAtFirst() {
        if (isOpen) {
            sampler(program.buses().get(0)).look();
        }
    }

    private CompletableFuture<AdminResponse> bus(Route.Call call) {
        BusSampler sampler = sampler(call.bus());
        sampler.look();
        return sampler.state()
                .thenApplyAsync(state -> AdminResponse.json(200, json -> writeBus(json, state)), executor);
    }

    private void writeBus(JsonGenerator json, BusState state) throws IOException {
        BusJson.head(json, state);
        json.writeObjectFieldStart("program");
        json.writeStringField("kind", program.kind());
        json.writeStringField("name", program.name());
        json.writeStringField("version", program.version());
        json.writeBooleanField("may_change", token.isSet());
        json.writeArrayFieldStart("extensions");
        for (AdminExtension extension : program.extensions()) {
            json.writeString(extension.name());
        }
        json.writeEndArray();
        json.writeArrayFieldStart("buses");
        for (AdminBus bus : program.buses()) {
            json.writeString(bus.address());
        }
        json.writeEndArray();
        json.writeEndObject();
        BusJson.parts(json, state);
    }

    private CompletableFuture<AdminResponse> history(Route.Call call) {
        long since = call.parameters().number("since_ms", 0, Long.MAX_VALUE, 0);
        BusSampler sampler = sampler(call.bus());
        sampler.look();
        return done(AdminResponse.json(200, json -> BusJson.history(json, sampler.since(since))));
    }

    /** What the program counts, and the bus; where that cannot be read, without it. */
    private CompletableFuture<AdminResponse> stats(Route.Call call) {
        String stats = program.stats();
        return sampler(call.bus())
                .state()
                .handle((state, failure) -> Optional.ofNullable(state))
                .thenApplyAsync(
                        state -> AdminResponse.json(200, json -> {
                            copyMembers(stats, json);
                            if (state.isPresent()) {
                                json.writeObjectFieldStart("bus");
                                writeBus(json, state.get());
                                json.writeEndObject();
                            } else {
                                json.writeNullField("bus");
                            }
                        }),
                        executor);
    }

    private static void copyMembers(String object, JsonGenerator json) throws IOException {
        try (JsonParser parser = JSON.createParser(object)) {
            JsonToken start = parser.nextToken();
            if (start != JsonToken.START_OBJECT) {
                throw new IllegalStateException("stats begin with " + start + " (expected: an object)");
            }
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                json.copyCurrentStructure(parser);
            }
        }
    }

    private CompletableFuture<AdminResponse> changed(String name, Route.Call call, Route.Changing action) {
        return action.change(call).handle((change, failure) -> {
            String outcome = change == null ? "not known whether done: " + reason(failure) : change.outcome();
            audit.changed(name, call.parameters().all(), call.request().peer(), outcome);
            if (change == null) {
                throw new CompletionException(failure);
            }
            return change.answer();
        });
    }

    private static String reason(@Nullable Throwable failure) {
        return AuditLog.quoted(String.valueOf(failure == null ? null : failure.getMessage()));
    }

    /** Ends what is sampled; who still waits for an answer gets one. */
    @Override
    public void close() {
        threads.end(executor);
        token.close();
    }
}
