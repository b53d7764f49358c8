package io.thr.dispatcher;

import io.thr.core.message.Headers;
import io.thr.core.message.MessageBody;
import io.thr.core.message.RequestMessage;
import io.thr.core.trace.Tracing;
import io.thr.dispatcher.upstream.HostPolicy;
import io.thr.dispatcher.upstream.UpstreamRequest;
import io.thr.dispatcher.upstream.UpstreamResult;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Calls the upstream for an admitted request: gets its body, says in Redis that it will be sent where it must not be
 * sent twice, sends it, and hands on what came of it. Never blocks; threads may share it.
 *
 * <p>The promise: before the first byte of a request that is not safe to repeat, Redis knows that it is sent and that it
 * is this member's. Whoever takes the claim over later will not send it again.
 */
final class Forwarder {

    private static final Problem BODY_GONE = new Problem(502, "the request's body is no longer there");

    private static final Problem NOT_MARKED =
            new Problem(502, "the request was not sent, as Redis could not be told that it would be");

    private static final Problem NOT_SENDABLE = new Problem(502, "the request cannot be sent to the upstream");

    private static final byte[] NO_BODY = {};

    private final Answering answering;
    private final InstantSource clock;
    private final boolean addThrExtraHeaders;
    private final Duration timeout;
    private final Tracing tracing;
    private volatile boolean stopping;

    Forwarder(Answering answering, InstantSource clock, boolean addThrExtraHeaders, Duration timeout, Tracing tracing) {
        this.answering = answering;
        this.clock = clock;
        this.addThrExtraHeaders = addThrExtraHeaders;
        this.timeout = timeout;
        this.tracing = tracing;
    }

    /** From now on what is not yet sent is given back. */
    void stop() {
        stopping = true;
    }

    void forward(Execution execution) {
        execution.traced(new ExecutionTrace(tracing, execution)).begun();
        if (execution.message().extra().more()) {
            prepare(execution, NO_BODY);
        } else if (execution.message().body() instanceof MessageBody.Link link) {
            When.done(
                    execution.bus().bodies().get(link.key()),
                    (body, error) -> answering.toTheEnd(execution, NOT_SENDABLE, () -> {
                        if (error == null) {
                            prepare(execution, body);
                        } else {
                            answering.refuse(execution, BODY_GONE, error);
                        }
                    }));
        } else {
            prepare(execution, ((MessageBody.Inline) execution.message().body()).bytes());
        }
    }

    private void prepare(Execution execution, byte[] body) {
        if (execution.repeatable()) {
            send(execution, body);
            return;
        }
        When.done(
                execution.bus().scheduler().markSent(execution.claim()),
                (mine, error) -> answering.toTheEnd(execution, NOT_SENDABLE, () -> {
                    if (error != null) {
                        answering.refuse(execution, NOT_MARKED, error);
                    } else if (mine) {
                        send(execution, body);
                    } else {
                        answering.letGo(execution);
                    }
                }));
    }

    private void send(Execution execution, byte[] body) {
        if (execution.aborted() == Execution.Abort.CLIENT_LEFT) {
            answering.drop(execution);
            return;
        }
        if (stopping || execution.aborted() != null || !isStillOurs(execution)) {
            answering.giveBack(execution);
            return;
        }
        CompletableFuture<UpstreamResult> call;
        try {
            call = execution.route().upstream().call(request(execution, body));
        } catch (RuntimeException e) {
            answering.refuse(execution, NOT_SENDABLE, e);
            return;
        }
        execution.called(call, clock.millis());
        When.done(call, (result, error) -> answering.answer(execution, result, error));
    }

    /** Under a new lease, what was granted under the one that ran out may be another member's. */
    private static boolean isStillOurs(Execution execution) {
        Bus bus = execution.bus();
        return bus.lease().isSure() && bus.scheduler().isMine(execution.claim());
    }

    private UpstreamRequest request(Execution execution, byte[] body) {
        RequestMessage message = execution.message();
        Double deadline = message.extra().deadline();
        return new UpstreamRequest(
                execution.route().address(),
                message.method(),
                message.target(),
                headers(execution),
                body,
                following(execution),
                deadline == null ? Instant.MAX : Seconds.toInstant(deadline),
                message.extra().frames(),
                interim -> answering.tell(execution, interim),
                execution.trace());
    }

    private @Nullable Upload following(Execution execution) {
        if (!execution.message().extra().more()) {
            return null;
        }
        Upload upload = Upload.of(execution, timeout);
        execution.upload(upload);
        return upload;
    }

    private Headers headers(Execution execution) {
        RequestMessage message = execution.message();
        List<Headers.Field> fields = new ArrayList<>(message.headers().size() + 2);
        message.headers().forEach(fields::add);
        if (execution.route().settings().upstream().host() == HostPolicy.CLIENT) {
            fields.removeIf(field -> field.name().equalsIgnoreCase("Host"));
            fields.add(new Headers.Field("Host", message.host()));
        }
        if (!message.host().isEmpty() && !message.headers().contains("X-Forwarded-Host")) {
            fields.add(new Headers.Field("X-Forwarded-Host", message.host()));
        }
        if (addThrExtraHeaders) {
            fields.removeIf(field -> field.name().equalsIgnoreCase("X-Thr-Bus"));
            fields.add(new Headers.Field("X-Thr-Bus", execution.bus().address()));
        }
        return Headers.of(fields);
    }
}
