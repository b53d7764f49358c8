package io.thr.dispatcher.upstream;

import io.thr.core.body.BodySource;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A call that one of several servers is to answer, and its tries so far. They come one after the other, each from where the
 * one before it has ended, so that only {@link #server()} is for other threads.
 */
final class BalancedCall extends ChainedCall {

    private final UpstreamRequest request;
    private final List<UpstreamServer> candidates;
    private final Set<UpstreamServer> avoided = new HashSet<>();
    private int tries;
    private @Nullable LentBody body;
    private volatile @Nullable UpstreamServer server;

    BalancedCall(UpstreamRequest request, List<UpstreamServer> candidates) {
        this.request = request;
        this.candidates = candidates;
    }

    UpstreamRequest request() {
        return request;
    }

    /** The request for the next try. */
    UpstreamRequest lent() {
        BodySource following = request.following();
        if (following == null) {
            return request;
        }
        LentBody lent = new LentBody(following);
        body = lent;
        return request.following(lent);
    }

    /** Whether there can be another try after one that failed: a body that it has begun to read is gone. */
    boolean takeBack() {
        return body == null || body.takeBack();
    }

    List<UpstreamServer> candidates() {
        return candidates;
    }

    /** How often it has been tried. */
    int tries() {
        return tries;
    }

    /** It is tried there now. */
    void tryAt(UpstreamServer server) {
        tries++;
        this.server = server;
    }

    /** The server that it was tried at last; null where it was not. */
    @Nullable
    UpstreamServer server() {
        return server;
    }

    /** That server could not be reached, has closed its connections, or wants no more requests: another is better. */
    void avoid(UpstreamServer server) {
        avoided.add(server);
    }

    boolean avoids(UpstreamServer server) {
        return avoided.contains(server);
    }
}
