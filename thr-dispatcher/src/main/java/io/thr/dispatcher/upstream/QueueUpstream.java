package io.thr.dispatcher.upstream;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;

/** All that serves a queue, behind the promises that {@link Upstreams} makes. Threads may share it. */
public final class QueueUpstream implements Upstream {

    private final Upstream outermost;
    private final List<UpstreamServer> servers;

    QueueUpstream(Upstream outermost, List<UpstreamServer> servers) {
        this.outermost = outermost;
        this.servers = servers;
    }

    /** Sends the request to one of the servers, whatever its address says. */
    @Override
    public CompletableFuture<UpstreamResult> call(UpstreamRequest request) {
        return outermost.call(request);
    }

    /** What has become of the calls so far, for each server in the order of the settings. */
    public List<ServerFigures> figures() {
        return servers.stream().map(UpstreamServer::figures).toList();
    }

    /** What a log shows: the address, or all of them. */
    @Override
    public String toString() {
        return servers.stream().map(server -> server.address().toString()).collect(Collectors.joining(", "));
    }
}
