package io.thr.filter.suspend;

import io.thr.core.body.BeganSource;
import io.thr.core.body.BodySource;
import io.thr.core.log.StormLog;
import io.thr.core.message.Frame;
import io.thr.core.message.Headers;
import io.thr.core.message.RequestMessage;
import io.thr.core.message.ResponseExtra;
import io.thr.core.message.ResponseMessage;
import io.thr.core.redis.LaneFigures;
import io.thr.core.redis.Offer;
import io.thr.core.redis.Redis;
import io.thr.core.redis.RedisException;
import io.thr.core.redis.RedisUnavailableException;
import io.thr.core.redis.RedisUrl;
import io.thr.core.redis.TimeLimit;
import io.thr.core.trace.TraceSpan;
import io.thr.core.trace.Tracing;
import io.thr.filter.config.FilterSettings;
import io.thr.filter.config.ResponseKeys;
import io.thr.filter.http.Answer;
import io.thr.filter.http.Answers;
import io.thr.filter.http.GatheredBody;
import io.thr.filter.http.InterimResponse;
import io.thr.filter.http.Problem;
import io.thr.filter.http.RequestBody;
import io.thr.filter.rule.Exchange;
import io.thr.filter.rule.OnRedisFailure;
import io.thr.filter.rule.SignOfLife;
import jakarta.servlet.AsyncContext;
import jakarta.servlet.AsyncEvent;
import jakarta.servlet.AsyncListener;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * One filter in one process: everything that its suspended exchanges share. Threads may share it.
 *
 * <p>A suspended exchange costs an entry in {@link #pending} and holds neither a thread nor a connection. It ends by
 * whatever comes first: its response, its time-out, its client's leaving, the end of the node. When Redis cannot take
 * the request, the exchange ends at once with 503, or is passed on where its rule says {@code on_redis_failure: open}.
 * Where it ends without a response, its request is cancelled on the bus, that it does not run for nobody.
 *
 * <p>The node is the authority on its exchanges: it holds client and request. When Redis has lost its data, it offers
 * again what is safe to repeat, and answers the rest with 502 and {@code Thr-Outcome: unknown}.
 */
public final class FilterNode implements AutoCloseable {

    private static final Logger LOG = System.getLogger(FilterNode.class.getName());
    private static final StormLog UNQUEUED = StormLog.of(LOG);

    private static final byte[] NO_BODY = {};

    /** How long the end of the node waits until Redis has been told to forget the requests of those it ended. */
    private static final Duration CANCELLING = Duration.ofSeconds(2);

    private static final Duration STREAMS_TICK = Duration.ofSeconds(5);

    private final Answers answers;
    private final NodeBuses buses;
    private final BodyBudget budget;
    private final FilterMeters meters = new FilterMeters();
    private final Tracing tracing = Tracing.find();
    private final ExpiryClock expiry;
    private final long startNanos = System.nanoTime();
    private final Map<String, SuspendedExchange> pending = new ConcurrentHashMap<>();
    private final ResponseStreams streams;
    private final SignsOfLife signs = new SignsOfLife(this::abandon);
    private final Map<String, CompletableFuture<Void>> cancelling = new ConcurrentHashMap<>();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition drained = lock.newCondition();
    private volatile FilterSettings settings;
    private volatile RequestCapture capture;
    private volatile boolean stopping;

    /** Passes a request on to the application instead. */
    @FunctionalInterface
    public interface PassOn {

        /** Resumes the container's chain for that exchange, with that body where it has been read. */
        void pass(Exchange exchange, AsyncContext context, byte[] body);
    }

    /**
     * Connects to Redis; where there is none yet it goes on trying, and treats requests as {@code on_redis_failure} says.
     *
     * @throws RedisUnavailableException where an embedded Redis does not start
     */
    public FilterNode(FilterSettings settings, String node) {
        this.settings = settings;
        this.answers = new Answers(settings.rules());
        this.capture = capture(settings);
        this.streams = new ResponseStreams(answers, settings.timeout(), this::remove);
        this.budget = new BodyBudget(settings.maxBodyBytesInFlight());
        this.expiry = new ExpiryClock(this::now, this::expire);
        this.buses = new NodeBuses(settings, node, new Incoming());
    }

    /** Where its bus is; where the settings say {@code embedded}, the server that was started. */
    public RedisUrl redis() {
        return buses.mainUrl();
    }

    private static RequestCapture capture(FilterSettings settings) {
        return new RequestCapture(Clock.systemUTC(), settings.forwardedField());
    }

    /** Works by other settings from now on, which differ in what {@link io.thr.filter.config.SettingsChange} lets change. */
    public void apply(FilterSettings next) {
        settings = next;
        capture = capture(next);
    }

    /** Whether its bus can be reached now, as far as is known. */
    public boolean isUp() {
        return buses.isMainUp();
    }

    /**
     * Its connections to its bus.
     *
     * @throws RedisUnavailableException where there are none yet
     */
    public Redis connections() {
        return buses.mainRedis();
    }

    /** How many exchanges are suspended now. */
    public int suspended() {
        return pending.size();
    }

    /** What is counted here. */
    public FilterMeters meters() {
        return meters;
    }

    /** What the connections to its bus do; none where there are none yet. */
    public List<LaneFigures> redisFigures() {
        return buses.mainFigures();
    }

    /** Whether the node takes no new requests any more. */
    public boolean isStopping() {
        return stopping;
    }

    /**
     * Suspends an exchange whose rules chose a queue. Called on the servlet's thread after {@code startAsync}; returns at
     * once, and the exchange ends later, on another thread.
     */
    public void suspend(
            Exchange exchange,
            HttpServletRequest request,
            HttpServletResponse response,
            AsyncContext context,
            String queue,
            PassOn passOn) {
        long deadline = now() + settings.timeout().toNanos();
        String protocol = request.getProtocol();
        SuspendedExchange suspended = new SuspendedExchange(
                exchange, context, response, request.getMethod(), protocol, deadline, meters, begin(exchange, queue));
        // The exchange has a deadline of its own, met to the millisecond; containers look once a second or so.
        context.setTimeout(0);
        context.addListener(new ClientWatch(suspended));
        pending.put(suspended.id(), suspended);
        expiry.wakeBy(deadline);
        SignOfLife sign = exchange.signOfLife();
        if (sign != null) {
            expiry.wakeBy(signs.watch(suspended, sign, exchange.headerValues("Accept"), now()));
        }
        if (stopping) {
            end(suspended, Problem.unavailable("the server is stopping", suspended.id()));
            return;
        }
        if (request.getContentLengthLong() > settings.maxBody()) {
            end(suspended, Problem.bodyTooLarge(settings.maxBody(), suspended.id()));
            return;
        }
        byte[] set = exchange.inputBody();
        if (set != null || !RequestBody.hasBody(request)) {
            send(suspended, queue, set == null ? NO_BODY : set, null, passOn);
            return;
        }
        RequestBody source = new RequestBody(context, settings.maxBody());
        if (!drainsByItself(request)) {
            suspended.endsConnectionUnlessWhole(source);
        }
        long announced = request.getContentLengthLong();
        if (streams() && announced > FilterSettings.READ_AHEAD) {
            send(suspended, queue, NO_BODY, source, passOn);
            return;
        }
        long upTo = streams() ? FilterSettings.READ_AHEAD : settings.maxBody();
        var unused = GatheredBody.gather(source, upTo, bytes -> suspended.reserve(budget, bytes))
                .whenComplete((body, failure) -> {
                    if (failure != null) {
                        bodyFailed(suspended, failure);
                    } else if (body.whole() && announced >= 0 && announced != body.bytes().length) {
                        // possible in HTTP/2 (RFC 9113 §8.1.1), which not every container looks at
                        end(suspended, Problem.badRequest("the body has another length than announced"));
                    } else if (body.whole()) {
                        send(suspended, queue, body.bytes(), null, passOn);
                    } else {
                        send(suspended, queue, NO_BODY, new BeganSource(body.bytes(), source), passOn);
                    }
                });
    }

    private TraceSpan begin(Exchange exchange, String queue) {
        if (tracing == Tracing.NONE) {
            return TraceSpan.NONE;
        }
        return tracing.beginHere("thr.wait", Tracing.Kind.INTERNAL, RequestCapture.trace(exchange))
                .set("messaging.destination.name", queue)
                .set("thr.request.id", exchange.requestId());
    }

    /**
     * What is not read of a body, containers read as the exchange ends, and call our listener with it on another thread: so
     * Jetty has taken the rest for the next request, and in Undertow the next request has got lost. Tomcat does it under a
     * lock; and where a connection is to end, it does not wait until its client has read the response.
     */
    private static boolean drainsByItself(HttpServletRequest request) {
        String server = request.getServletContext().getServerInfo();
        return server != null && server.startsWith("Apache Tomcat/");
    }

    /** Whether bodies may be passed on while they come: the original's dispatcher knows no frames. */
    private boolean streams() {
        return settings.responseKeys() == ResponseKeys.SHARED && !settings.inlineBodies();
    }

    private void bodyFailed(SuspendedExchange suspended, Throwable failure) {
        if (failure instanceof CancellationException) {
            // the exchange has ended, or nobody wants the rest
            return;
        }
        if (failure instanceof RequestBody.TooLargeException) {
            giveUp(suspended, Problem.bodyTooLarge(settings.maxBody(), suspended.id()));
        } else if (failure instanceof GatheredBody.TooManyException) {
            end(suspended, Problem.unavailable("too many bodies are waiting", suspended.id()));
        } else if (failure instanceof TimeoutException) {
            tooSlow(suspended);
        } else if (failure instanceof RedisException || failure instanceof RedisUnavailableException) {
            // It was to be passed on, so its request has been begun, and the client has done nothing wrong
            giveUp(suspended, Problem.outcomeUnknown(suspended.id()));
        } else {
            // Whoever has left does not read it; whoever has sent no body that can be read must not take it for done
            LOG.log(Level.DEBUG, "request " + suspended.id() + ": its body could not be read", failure);
            giveUp(suspended, Problem.badRequest("the body is malformed, or not whole"));
        }
    }

    /** What is still to come of the body would be taken for the next request: the connection ends (RFC 9110 §15.5.9). */
    private void tooSlow(SuspendedExchange suspended) {
        if (suspended.end()) {
            cancel(suspended);
            suspended.response().setHeader("Connection", "close");
            finish(suspended, answers.problem(suspended.exchange(), Problem.requestTimeout(suspended.id())));
        }
    }

    private void send(
            SuspendedExchange suspended, String queue, byte[] body, @Nullable BodySource following, PassOn passOn) {
        if (suspended.hasEnded()) {
            return;
        }
        CompletableFuture<Offer> sent;
        try {
            sent = buses.of(suspended.exchange()).thenCompose(bus -> {
                Exchange exchange = suspended.exchange();
                RequestMessage message = capture.capture(
                        exchange,
                        suspended.protocol(),
                        body,
                        following != null,
                        streams(),
                        bus.responseKey(suspended.id()),
                        left(suspended),
                        suspended.trace());
                if (following != null) {
                    suspended.upload(new RequestUpload(
                            bus, suspended.id(), following, failure -> bodyFailed(suspended, failure)));
                }
                suspended.sent(new SuspendedExchange.Sent(bus, queue, message.isRepeatable(), message, body));
                if (suspended.hasEnded()) {
                    // It ended while the bus was found, and did not know yet what to forget.
                    bus.forget(suspended.id());
                    return CompletableFuture.completedFuture(new Offer.Queued(0));
                }
                return bus.offer(queue, message, body, suspended::bodyKey);
            });
        } catch (RuntimeException e) {
            sent = CompletableFuture.failedFuture(e);
        }
        var unused = sent.whenComplete((offer, failure) -> {
            if (failure != null) {
                offerFailed(suspended, failure, body, following instanceof BeganSource, passOn);
            } else if (offer instanceof Offer.Full full) {
                end(suspended, Problem.queueFull(full.retryAfter().toSeconds(), suspended.id()));
            }
        });
    }

    private void offerFailed(
            SuspendedExchange suspended, Throwable failure, byte[] body, boolean halfRead, PassOn passOn) {
        Throwable cause =
                failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        // that a server is away has been logged once, by whoever noticed
        Level level = cause instanceof RedisUnavailableException ? Level.DEBUG : Level.WARNING;
        UNQUEUED.log(level, "request {0} could not be queued: {1}", suspended.id(), cause.getMessage());
        if (cause instanceof IllegalArgumentException) {
            // a field, a path or a query that the message format refuses: the client's doing, or a rule's
            end(suspended, Problem.badRequest("the request cannot be queued as it is"));
            return;
        }
        // What may have reached the queue will be executed there: it must not be executed here as well.
        boolean surelyNotQueued = cause instanceof RedisUnavailableException redis && !redis.maybeDone();
        if (surelyNotQueued && !halfRead && onRedisFailure(suspended.exchange()) == OnRedisFailure.OPEN) {
            if (suspended.events() == null && suspended.end()) {
                remove(suspended);
                suspended.endsUnwritten("passed");
                passOn.pass(suspended.exchange(), suspended.context(), body);
            }
            return;
        }
        Problem unreachable = Problem.unavailable("the queue cannot be reached", suspended.id());
        if (surelyNotQueued) {
            end(suspended, unreachable);
        } else {
            giveUp(suspended, unreachable);
        }
    }

    private OnRedisFailure onRedisFailure(Exchange exchange) {
        OnRedisFailure said = exchange.onRedisFailure();
        return said == null ? settings.onRedisFailure() : said;
    }

    /** Ends the exchange with that problem, unless it has ended, and has its request forgotten, which may wait or run. */
    private void giveUp(SuspendedExchange suspended, Problem problem) {
        if (suspended.end()) {
            cancel(suspended);
            finish(suspended, answers.problem(suspended.exchange(), problem));
        }
    }

    /** Called by the winner of the exchange's end alone, where that is not the response, and before it is removed. */
    private void cancel(SuspendedExchange suspended) {
        SuspendedExchange.Sent sent = suspended.sent();
        if (sent == null) {
            return;
        }
        CompletableFuture<Void> cancelled = sent.bus().cancel(sent.message(), left(suspended));
        // the connections must stay until then: a container that stops ends exchanges before it stops us
        cancelling.put(suspended.id(), cancelled);
        var unused = cancelled.whenComplete((done, failure) -> cancelling.remove(suspended.id()));
    }

    private Duration left(SuspendedExchange suspended) {
        return Duration.ofNanos(Math.max(0, suspended.deadlineNanos() - now()));
    }

    /** Ends the exchange with that problem, unless it has ended; nothing of it waits or runs. */
    private void end(SuspendedExchange suspended, Problem problem) {
        if (suspended.end()) {
            finish(suspended, answers.problem(suspended.exchange(), problem));
        }
    }

    /** Called by the winner of the exchange's end alone. */
    private void finish(SuspendedExchange suspended, CompletableFuture<Answer> made) {
        remove(suspended);
        var unused = suspended.whenWritten(made).thenAccept(suspended::write);
    }

    /** Ends the exchange of a client that has left: there is nobody to write to. */
    private void abandon(SuspendedExchange suspended) {
        if (suspended.end()) {
            cancel(suspended);
            remove(suspended);
            suspended.endsUnwritten("left");
            try {
                suspended.context().complete();
            } catch (IllegalStateException e) {
                LOG.log(Level.DEBUG, "the container had already completed the exchange", e);
            }
        }
    }

    private void remove(SuspendedExchange suspended) {
        pending.remove(suspended.id());
        signs.forget(suspended);
        RequestUpload upload = suspended.upload();
        if (upload != null) {
            upload.stop();
        }
        suspended.release(budget);
        SuspendedExchange.Sent sent = suspended.sent();
        if (sent != null) {
            sent.bus().forget(suspended.id());
            String bodyKey = suspended.bodyKey();
            if (bodyKey != null) {
                sent.bus().removeBody(bodyKey);
            }
        }
        if (stopping && pending.isEmpty()) {
            lock.lock();
            try {
                drained.signalAll();
            } finally {
                lock.unlock();
            }
        }
    }

    private long now() {
        return System.nanoTime() - startNanos;
    }

    /** Ends what has expired; returns the earliest deadline left. */
    private long expire(long nowNanos) {
        streams.tick(System.nanoTime());
        long earliest = signs.tick(nowNanos);
        if (!streams.isEmpty()) {
            earliest = Math.min(earliest, nowNanos + STREAMS_TICK.toNanos());
        }
        for (SuspendedExchange suspended : pending.values()) {
            if (streams.isOpen(suspended.id())) {
                continue;
            }
            if (suspended.deadlineNanos() <= nowNanos) {
                giveUp(suspended, Problem.timeout(suspended.id()));
            } else {
                earliest = Math.min(earliest, suspended.deadlineNanos());
            }
        }
        return earliest;
    }

    /**
     * Refuses new requests, waits up to the grace time for the suspended ones, ends the rest with 503, and closes the
     * connections. Blocks for as long.
     */
    @Override
    public void close() {
        stopping = true;
        boolean interrupted = !awaitDrained(settings.graceTime());
        for (SuspendedExchange suspended : pending.values()) {
            giveUp(suspended, Problem.unavailable("the server is stopping", suspended.id()));
        }
        streams.breakOff("the server is stopping");
        expiry.close();
        // whoever ended an exchange before us may not have come to its cancellation yet
        interrupted |= !awaitDrained(CANCELLING);
        awaitCancelled();
        buses.close();
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** The connections are closed after that; a server that is away must not keep us. */
    private void awaitCancelled() {
        TimeLimit.await(
                CompletableFuture.allOf(cancelling.values().toArray(CompletableFuture<?>[]::new)),
                CANCELLING.toMillis());
    }

    /** Whether it was not interrupted. */
    private boolean awaitDrained(Duration atMost) {
        long left = atMost.toNanos();
        lock.lock();
        try {
            while (!pending.isEmpty() && left > 0) {
                // Bounded steps: the last exchange may end between the check and the wait without seeing `stopping`.
                left -= TimeUnit.MILLISECONDS.toNanos(50)
                        - Math.max(0, drained.awaitNanos(TimeUnit.MILLISECONDS.toNanos(50)));
            }
            return true;
        } catch (InterruptedException e) {
            return false;
        } finally {
            lock.unlock();
        }
    }

    /** What comes in from the bus, on the inbox's thread. */
    private final class Incoming implements NodeBus.Listener {

        @Override
        public void onResponse(NodeBus bus, String requestId, ResponseMessage response, byte[] body) {
            SuspendedExchange suspended = pending.get(requestId);
            if (response.statusCode() < 200 && response.extra().more()) {
                if (suspended != null) {
                    interim(suspended, response);
                }
                return;
            }
            if (suspended == null || !suspended.end()) {
                streams.late(bus, requestId, response.extra().stream());
                return;
            }
            suspended.isAnswered();
            Headers headers = withTiming(response);
            if (response.extra().stream() != null) {
                signs.forget(suspended);
                streams.begin(bus, suspended, response, headers, body);
                expiry.wakeBy(now() + STREAMS_TICK.toNanos());
            } else {
                finish(suspended, answers.upstream(suspended.exchange(), response.statusCode(), headers, body));
            }
        }

        /** What the upstream says before its response; HTTP/1.0 has no words for it (RFC 9110 §15.2). */
        private void interim(SuspendedExchange suspended, ResponseMessage said) {
            if (!suspended.protocol().equals("HTTP/1.0")) {
                suspended.writeBeforeEnd(
                        () -> InterimResponse.send(suspended.response(), said.statusCode(), said.headers()));
            }
        }

        @Override
        public void onFrame(NodeBus bus, Frame frame) {
            if (frame instanceof Frame.Credit credit) {
                credit(bus, credit);
                return;
            }
            if (streams.receive(frame)) {
                return;
            }
            SuspendedExchange suspended = pending.get(frame.request());
            RequestUpload upload = suspended == null ? null : suspended.upload();
            if (upload != null && frame instanceof Frame.Abort) {
                upload.onAbort(frame.stream());
            }
        }

        private void credit(NodeBus bus, Frame.Credit credit) {
            SuspendedExchange suspended = pending.get(credit.request());
            RequestUpload upload = suspended == null ? null : suspended.upload();
            String list = bus.frameListOf(credit.stream());
            if (upload != null) {
                upload.onCredit(credit);
            } else if (list != null) {
                bus.tell(list, new Frame.Abort(credit.request(), credit.stream(), "its client has left"));
            }
        }

        private Headers withTiming(ResponseMessage response) {
            ResponseExtra extra = response.extra();
            if (extra.queueMillis() == null || extra.upstreamMillis() == null) {
                return response.headers();
            }
            return response.headers()
                    .edit()
                    .add(
                            "Server-Timing",
                            "thr-queue;dur=" + extra.queueMillis() + ", thr-upstream;dur=" + extra.upstreamMillis())
                    .build();
        }

        @Override
        public void onBadResponse(String requestId, String reason) {
            SuspendedExchange suspended = pending.get(requestId);
            if (suspended != null) {
                end(suspended, Problem.badGateway(reason, requestId));
            }
        }

        @Override
        public void onDataLost(NodeBus bus) {
            int again = 0;
            int unknown = 0;
            for (SuspendedExchange suspended : pending.values()) {
                SuspendedExchange.Sent sent = suspended.sent();
                // of one that has ended the response is under way, and its dispatcher breaks that off
                if (sent == null || sent.bus() != bus || suspended.hasEnded()) {
                    continue;
                }
                if (sent.repeatable()) {
                    again++;
                    offerAgain(suspended, sent);
                } else {
                    unknown++;
                    giveUp(suspended, Problem.outcomeUnknown(suspended.id()));
                }
            }
            LOG.log(
                    Level.WARNING,
                    "Redis has lost its data: {0} waiting requests offered again, {1} unsafe ones answered with 502",
                    again,
                    unknown);
        }

        private void offerAgain(SuspendedExchange suspended, SuspendedExchange.Sent sent) {
            var unused = sent.bus()
                    .offerAgain(sent.queue(), sent.message(), sent.body(), suspended::bodyKey, left(suspended))
                    .whenComplete((length, failure) -> {
                        if (failure != null) {
                            giveUp(suspended, Problem.unavailable("the queue cannot be reached", suspended.id()));
                        }
                    });
        }
    }

    /** Hears from the container that the client has left. */
    private final class ClientWatch implements AsyncListener {

        private final SuspendedExchange suspended;

        ClientWatch(SuspendedExchange suspended) {
            this.suspended = suspended;
        }

        @Override
        public void onError(AsyncEvent event) throws IOException {
            streams.cancel(suspended.id());
            abandon(suspended);
        }

        @Override
        public void onTimeout(AsyncEvent event) {
            giveUp(suspended, Problem.timeout(suspended.id()));
        }

        @Override
        public void onComplete(AsyncEvent event) {
            streams.cancel(suspended.id());
            // An outer filter may have completed it: then the exchange must not be written to any more.
            if (suspended.end()) {
                cancel(suspended);
                remove(suspended);
                suspended.endsUnwritten("left");
            }
        }

        @Override
        public void onStartAsync(AsyncEvent event) {
            // Only a dispatch leads here, and an exchange that is dispatched has ended.
        }
    }
}
