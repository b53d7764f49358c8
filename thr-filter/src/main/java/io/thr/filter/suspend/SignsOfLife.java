package io.thr.filter.suspend;

import io.thr.core.message.Headers;
import io.thr.core.message.RequestMessage;
import io.thr.core.schedule.Inspection;
import io.thr.filter.http.EventStream;
import io.thr.filter.http.InterimResponse;
import io.thr.filter.http.ResponseWriter;
import io.thr.filter.rule.SignOfLife;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Tells clients that wait, now and then, that they still do, how many requests come before theirs, and how long that may
 * take. What it says comes from the scheduler, of many requests in one call. Threads may share it.
 */
final class SignsOfLife {

    /** Signs that are due at about the same time go together. */
    private static final long GRID_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    private final Consumer<SuspendedExchange> left;
    private final Map<String, Watched> watched = new ConcurrentHashMap<>();

    /**
     * Of nobody yet.
     *
     * @param left told whose client was found to have left
     */
    SignsOfLife(Consumer<SuspendedExchange> left) {
        this.left = left;
    }

    /**
     * Shows signs of that exchange until it ends, if its client can read them.
     *
     * @param accept the request's lines of that field
     * @return when the first is due, on the node's clock; {@link Long#MAX_VALUE} where there will be none
     */
    long watch(SuspendedExchange suspended, SignOfLife sign, List<String> accept, long nowNanos) {
        boolean readable = switch (sign.as()) {
            case EVENTS -> !suspended.clientMethod().equals("HEAD") && EventStream.isAccepted(accept);
            case INTERIM -> !suspended.protocol().equals("HTTP/1.0");
        };
        if (!readable) {
            return Long.MAX_VALUE;
        }
        Watched exchange = new Watched(suspended, sign, nowNanos);
        watched.put(suspended.id(), exchange);
        return exchange.dueNanos;
    }

    /** The exchange has ended. */
    void forget(SuspendedExchange suspended) {
        watched.remove(suspended.id());
    }

    /** Shows the signs that are due; returns when the next is. */
    long tick(long nowNanos) {
        Map<NodeBus, List<Watched>> due = new HashMap<>();
        long earliest = Long.MAX_VALUE;
        for (Watched exchange : watched.values()) {
            if (exchange.suspended.hasEnded()) {
                // it may have ended before it was watched
                forget(exchange.suspended);
                continue;
            }
            if (exchange.dueNanos <= nowNanos) {
                exchange.dueNanos = exchange.after(nowNanos);
                SuspendedExchange.Sent sent = exchange.suspended.sent();
                if (sent == null) {
                    show(exchange, null, nowNanos);
                } else {
                    due.computeIfAbsent(sent.bus(), bus -> new ArrayList<>()).add(exchange);
                }
            }
            earliest = Math.min(earliest, exchange.dueNanos);
        }
        due.forEach((bus, exchanges) -> ask(bus, exchanges, nowNanos));
        return earliest;
    }

    private void ask(NodeBus bus, List<Watched> exchanges, long nowNanos) {
        List<RequestMessage> requests = new ArrayList<>(exchanges.size());
        exchanges.forEach(exchange -> requests.add(exchange.message()));
        var unused = bus.inspect(requests).whenComplete((places, failure) -> {
            for (int i = 0; i < exchanges.size(); i++) {
                // where Redis cannot be asked, the client waits all the same
                show(exchanges.get(i), failure == null ? places.get(i) : null, nowNanos);
            }
        });
    }

    private void show(Watched exchange, @Nullable Inspection place, long nowNanos) {
        Long position = null;
        Long seconds = null;
        if (place instanceof Inspection.Waiting waiting) {
            position = waiting.position();
            Long seen = exchange.progress.estimate(position, nowNanos);
            Duration estimated = waiting.estimatedWait();
            seconds = estimated == null ? seen : Long.valueOf((estimated.toMillis() + 999) / 1000);
        }
        SuspendedExchange suspended = exchange.suspended;
        if (exchange.sign.as() == SignOfLife.As.INTERIM) {
            Headers fields = fields(position, seconds);
            // a 102 would suit better, but Jetty leaves off its fields
            suspended.writeBeforeEnd(
                    () -> whileThere(suspended, InterimResponse.send(suspended.response(), 103, fields)));
        } else {
            EventStream events = suspended.events();
            if (events == null) {
                events = new EventStream();
                if (!suspended.beginEvents(events)) {
                    return;
                }
                events.comment(text(place, position, seconds));
                begin(suspended, events);
            } else {
                events.comment(text(place, position, seconds));
            }
        }
    }

    private void begin(SuspendedExchange suspended, EventStream events) {
        var unused = ResponseWriter.stream(
                        suspended.context(), suspended.response(), suspended.clientMethod(), EventStream.HEAD, events)
                .whenComplete((done, failure) -> {
                    if (failure != null) {
                        left.accept(suspended);
                    }
                });
    }

    private CompletableFuture<Void> whileThere(SuspendedExchange suspended, CompletableFuture<Void> written) {
        return written.whenComplete((done, failure) -> {
            Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
            if (cause instanceof IOException) {
                left.accept(suspended);
            }
        });
    }

    private static Headers fields(@Nullable Long position, @Nullable Long seconds) {
        List<Headers.Field> fields = new ArrayList<>();
        if (position != null) {
            fields.add(new Headers.Field("Thr-Position", String.valueOf(position)));
        }
        if (seconds != null) {
            fields.add(new Headers.Field("Thr-Estimated-Wait", String.valueOf(seconds)));
        }
        return Headers.of(fields);
    }

    private static String text(@Nullable Inspection place, @Nullable Long position, @Nullable Long seconds) {
        if (place instanceof Inspection.Running) {
            return "running";
        }
        return "queued"
                + (position == null ? "" : " position=" + position)
                + (seconds == null ? "" : " estimated_wait=" + seconds);
    }

    /** One exchange; its times are the timer's alone. */
    private static final class Watched {

        private final SuspendedExchange suspended;
        private final SignOfLife sign;
        private final Progress progress = new Progress();
        private volatile long dueNanos;

        Watched(SuspendedExchange suspended, SignOfLife sign, long nowNanos) {
            this.suspended = suspended;
            this.sign = sign;
            this.dueNanos = after(nowNanos);
        }

        /** As it was put on the bus. */
        RequestMessage message() {
            return Objects.requireNonNull(suspended.sent()).message();
        }

        private long after(long nowNanos) {
            long next = nowNanos + sign.every().toNanos();
            return (next + GRID_NANOS - 1) / GRID_NANOS * GRID_NANOS;
        }
    }
}
