package io.thr.dispatcher.upstream;

import static java.lang.System.Logger.Level.INFO;
import static java.lang.System.Logger.Level.WARNING;

import io.thr.core.log.StormLog;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;

/** One of a queue's servers: how to reach it, how busy it is, and whether it is left out. Threads may share it. */
final class UpstreamServer {

    private static final System.Logger LOG = System.getLogger(UpstreamServer.class.getName());

    private final UpstreamAddress address;
    private final JettyUpstream client;
    private final HostPolicy host;
    private final Ejection ejection;
    private final Set<Integer> ejectOn;
    private final boolean checked;
    private final AtomicInteger running = new AtomicInteger();
    private final LongAdder calls = new LongAdder();
    private final LongAdder retries = new LongAdder();
    private final LongAdder failures = new LongAdder();
    private final StormLog storm = StormLog.of(LOG);
    private final LongAdder ejections = new LongAdder();
    private final LongAdder opened = new LongAdder();
    private final LongAdder reused = new LongAdder();

    /**
     * One server.
     *
     * @param ejectOn the statuses that speak against it
     * @param checked whether a health check brings it back, and no client's request is its trial while others serve
     */
    UpstreamServer(
            UpstreamAddress address,
            JettyUpstream client,
            HostPolicy host,
            Ejection ejection,
            Set<Integer> ejectOn,
            boolean checked) {
        this.address = address;
        this.client = client;
        this.host = host;
        this.ejection = ejection;
        this.ejectOn = ejectOn;
        this.checked = checked;
    }

    UpstreamAddress address() {
        return address;
    }

    Ejection ejection() {
        return ejection;
    }

    /** How many calls are under way. */
    int running() {
        return running.get();
    }

    /** Whether a call may now show that it is back, though there are others. */
    boolean beginTrial() {
        return ejection.isOut() && !checked && ejection.beginTrial(false);
    }

    /** Whether a call may now show that it is back, as there is no other. */
    boolean beginEarlyTrial() {
        return ejection.beginTrial(true);
    }

    /** Counts a call that is about to be sent; whoever gets it ends it. */
    ServerCall begin(boolean retry, boolean trial) {
        running.incrementAndGet();
        calls.increment();
        if (retry) {
            retries.increment();
        }
        return new ServerCall(this, trial);
    }

    /** Sends a request here. */
    CompletableFuture<UpstreamResult> send(UpstreamRequest request, ConnectionListener listener) {
        return client.call(request.to(address, request.target()), host, listener);
    }

    void ended() {
        running.decrementAndGet();
    }

    void connected(boolean hasServed, boolean trial) {
        (hasServed ? reused : opened).increment();
        log(ejection.connected(trial), "");
    }

    /** It has answered. */
    void answered(int status, boolean trial) {
        if (ejectOn.contains(status)) {
            failures.increment();
            log(ejection.failed(trial, false), "it answers with " + status);
        } else {
            succeeded(trial);
        }
    }

    void succeeded(boolean trial) {
        log(ejection.succeeded(trial), "");
    }

    void failed(UpstreamFailure failure, boolean trial, boolean unconnected) {
        failures.increment();
        log(ejection.failed(trial, unconnected), failure.forLog());
    }

    void checkPassed() {
        log(ejection.checkPassed(), "");
    }

    /** Its health check failed, not for the first time. */
    void checkFailed(String reason) {
        log(ejection.checkFailed(), "its health check: " + reason);
    }

    private void log(Ejection.Change change, String reason) {
        switch (change) {
            case NONE -> {}
            case FIRST_FAILURE -> storm.log(WARNING, "upstream {0}: {1}", address, reason);
            case LEFT_OUT -> {
                ejections.increment();
                LOG.log(WARNING, "upstream {0}: is left out for {1}: {2}", address, ejection.left(), reason);
            }
            case BACK -> LOG.log(INFO, "upstream {0}: is back", address);
        }
    }

    ServerFigures figures() {
        return new ServerFigures(
                address.toString(),
                calls.sum(),
                retries.sum(),
                running.get(),
                failures.sum(),
                ejection.isOut(),
                ejections.sum(),
                opened.sum(),
                reused.sum());
    }
}
