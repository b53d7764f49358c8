package io.thr.dispatcher.upstream;

import java.util.concurrent.atomic.AtomicBoolean;

/**
 * One call to a server, from before it is sent. Two things are said of it, each once: how it went ({@link #judge} or
 * {@link #undecided}), as soon as that is known, and that it is over ({@link #end}), when the server has no more to do with
 * it. Until then the server counts as busy with it. Threads may share it.
 */
final class ServerCall implements ConnectionListener {

    private final UpstreamServer server;
    private final AtomicBoolean ended = new AtomicBoolean();
    private volatile boolean trial;
    private volatile boolean connected;

    ServerCall(UpstreamServer server, boolean trial) {
        this.server = server;
        this.trial = trial;
    }

    @Override
    public void connected(boolean reused) {
        connected = true;
        server.connected(reused, trial);
        if (trial && !server.ejection().isOut()) {
            trial = false;
        }
    }

    /**
     * What came of it. Not to be reached and breaking off speak against a server; any answer speaks for it, unless its status
     * was said not to. That it takes
     * too long says nothing, unless it was not even connected: some requests take long.
     */
    void judge(UpstreamResult result) {
        if (result instanceof UpstreamResponse response) {
            server.answered(response.status(), trial);
        } else if (result instanceof UpstreamFailure failure) {
            judge(failure);
        }
    }

    private void judge(UpstreamFailure failure) {
        switch (failure.kind()) {
            case NOT_CONNECTED -> server.failed(failure, trial, true);
            case BROKEN -> server.failed(failure, trial, false);
            case TIMED_OUT -> {
                if (trial || !connected) {
                    server.failed(failure, trial, !connected);
                }
            }
            case TOO_LARGE, TOO_MANY_REDIRECTS -> server.succeeded(trial);
            case STALE_CONNECTION, REFUSED -> undecided();
        }
    }

    /** Nobody knows how it would have gone. */
    void undecided() {
        server.ejection().undecided(trial);
    }

    /** It is over, response and all; the server is free for another. Saying so twice does nothing. */
    void end() {
        if (ended.compareAndSet(false, true)) {
            server.ended();
        }
    }
}
