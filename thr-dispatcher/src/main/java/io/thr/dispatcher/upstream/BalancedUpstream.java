package io.thr.dispatcher.upstream;

import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.DoubleSupplier;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Sends each request to the server that is least busy, one of them at random where several are, and once more where that
 * is surely right. Threads may share it.
 *
 * <p><b>Who is left out.</b> A server that fails is left out for a while ({@link Ejection}); then one call is its trial. Where
 * all are left out, a call goes to the one whose time is over soonest, but each has one such call at a time: the others fail
 * at once. So one that is back is found by the next request, and one that swallows connections holds one request up, not all.
 *
 * <p><b>What is sent again.</b> What no server has looked at: there was no connection, or the server refused the request as
 * HTTP/2 lets it (RFC 9113 §8.7). And what may be repeated, where a connection that was kept open from an earlier request
 * turned out to be closed (RFC 9110 §9.2.2, RFC 9112 §9.3.1). At once where there is another server, else after a pause; as
 * often as there are servers and once more, three times in all at most, and as far as the {@link RetryBudget} goes. A body
 * that comes while it is sent is gone as soon as some of it was asked for, and the request with it ({@link LentBody}).
 */
final class BalancedUpstream {

    private static final int MOST_TRIES = 3;
    private static final long PAUSE_MILLIS = 100;

    private static final UpstreamFailure ALL_LEFT_OUT = new UpstreamFailure(
            UpstreamFailure.Kind.NOT_CONNECTED, "no connection to the upstream could be opened of late");

    private final List<UpstreamServer> servers;
    private final Function<UpstreamAddress, UpstreamServer> elsewhere;
    private final RetryBudget budget;
    private final DoubleSupplier random;

    /**
     * Among those servers.
     *
     * @param elsewhere makes a server of an address that is none of theirs
     * @param random numbers from 0 to 1
     */
    BalancedUpstream(
            List<UpstreamServer> servers,
            Function<UpstreamAddress, UpstreamServer> elsewhere,
            RetryBudget budget,
            DoubleSupplier random) {
        this.servers = servers;
        this.elsewhere = elsewhere;
        this.budget = budget;
        this.random = random;
    }

    List<UpstreamServer> servers() {
        return servers;
    }

    /** Sends the request to one of the servers. */
    BalancedCall call(UpstreamRequest request) {
        return call(request, servers);
    }

    /** Sends the request to where its address says. */
    BalancedCall callThere(UpstreamRequest request) {
        List<UpstreamServer> there = servers.stream()
                .filter(server -> server.address().equals(request.address()))
                .toList();
        return call(request, there.isEmpty() ? List.of(elsewhere.apply(request.address())) : there);
    }

    private BalancedCall call(UpstreamRequest request, List<UpstreamServer> candidates) {
        budget.earn();
        BalancedCall call = new BalancedCall(request, candidates);
        attempt(call);
        return call;
    }

    private void attempt(BalancedCall call) {
        ServerCall begun = begin(call);
        UpstreamServer server = call.server();
        if (begun == null || server == null) {
            call.complete(ALL_LEFT_OUT);
            return;
        }
        CallWatch.Try watched = call.request().watch().begin(server.address());
        CompletableFuture<UpstreamResult> sent;
        try {
            sent = server.send(watched(call.lent(), watched), begun);
        } catch (RuntimeException e) {
            begun.undecided();
            begun.end();
            watched.end(null, e);
            if (call.tries() == 1) {
                throw e;
            }
            call.completeExceptionally(e);
            return;
        }
        call.under(sent);
        var unused = sent.whenComplete((result, error) -> {
            if (error != null) {
                begun.undecided();
            } else {
                begun.judge(result);
            }
            if (result instanceof UpstreamResponse response && response.rest() != null) {
                proceed(
                        call,
                        server,
                        response.withRest(new WatchedBody(response.rest(), () -> {
                            begun.end();
                            watched.end(result, null);
                        })),
                        null);
            } else {
                begun.end();
                watched.end(result, error);
                proceed(call, server, result, error);
            }
        });
    }

    private static UpstreamRequest watched(UpstreamRequest request, CallWatch.Try watched) {
        return watched == CallWatch.Try.NONE ? request : request.withHeaders(watched.headers(request.headers()));
    }

    private void proceed(
            BalancedCall call, UpstreamServer server, @Nullable UpstreamResult result, @Nullable Throwable error) {
        if (error != null) {
            call.completeExceptionally(error);
        } else if (result instanceof UpstreamFailure failure && mayRepeat(call, failure)) {
            again(call, server, failure);
        } else {
            call.complete(result);
        }
    }

    private boolean mayRepeat(BalancedCall call, UpstreamFailure failure) {
        boolean right = switch (failure.kind()) {
            case NOT_CONNECTED, REFUSED -> true;
            case STALE_CONNECTION -> call.request().repeatable();
            default -> false;
        };
        int most = Math.min(MOST_TRIES, call.candidates().size() + 1);
        return right && !call.isDone() && call.tries() < most && call.takeBack() && budget.spend();
    }

    private void again(BalancedCall call, UpstreamServer server, UpstreamFailure failure) {
        // Of a server that was killed many connections are stale; another server has none of it
        call.avoid(server);
        boolean atOnce = failure.kind() == UpstreamFailure.Kind.STALE_CONNECTION
                || call.candidates().stream()
                        .anyMatch(other ->
                                !call.avoids(other) && !other.ejection().isOut());
        if (atOnce) {
            attempt(call);
            return;
        }
        long pause = PAUSE_MILLIS + (long) (PAUSE_MILLIS * random.getAsDouble());
        CompletableFuture.delayedExecutor(pause, TimeUnit.MILLISECONDS, Runnable::run)
                .execute(() -> {
                    if (!call.isDone()) {
                        attempt(call);
                    }
                });
    }

    /** Chooses and counts in one step, so that calls that come together do not all find the same server idle. */
    private synchronized @Nullable ServerCall begin(BalancedCall call) {
        boolean retry = call.tries() > 0;
        for (UpstreamServer server : call.candidates()) {
            if (!call.avoids(server) && server.beginTrial()) {
                call.tryAt(server);
                return server.begin(retry, true);
            }
        }
        UpstreamServer idlest =
                leastBusy(call.candidates(), server -> !server.ejection().isOut() && !call.avoids(server));
        if (idlest == null) {
            idlest = leastBusy(call.candidates(), server -> !server.ejection().isOut());
        }
        if (idlest != null) {
            call.tryAt(idlest);
            return idlest.begin(retry, false);
        }
        UpstreamServer soonest = soonest(call);
        if (soonest == null) {
            return null;
        }
        call.tryAt(soonest);
        return soonest.begin(retry, true);
    }

    private @Nullable UpstreamServer leastBusy(List<UpstreamServer> candidates, Predicate<UpstreamServer> which) {
        UpstreamServer idlest = null;
        int ties = 0;
        for (UpstreamServer server : candidates) {
            if (!which.test(server)) {
                continue;
            }
            int more = idlest == null ? -1 : Integer.compare(server.running(), idlest.running());
            ties = more < 0 ? 1 : more == 0 ? ties + 1 : ties;
            if (more < 0 || (more == 0 && random.getAsDouble() * ties < 1)) {
                idlest = server;
            }
        }
        return idlest;
    }

    private static @Nullable UpstreamServer soonest(BalancedCall call) {
        return call.candidates().stream()
                .sorted(Comparator.<UpstreamServer, Boolean>comparing(call::avoids)
                        .thenComparingLong(server -> server.ejection().leftNanos()))
                .filter(UpstreamServer::beginEarlyTrial)
                .findFirst()
                .orElse(null);
    }
}
