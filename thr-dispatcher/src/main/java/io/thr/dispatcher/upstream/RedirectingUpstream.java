package io.thr.dispatcher.upstream;

import io.thr.core.message.Headers;
import java.net.URI;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Follows a redirect by itself where the upstream asks for it: a 301, 302, 307 or 308 with a Location and with
 * {@code X-Thr-FollowRedirects: 1}. Method, fields and body stay what they were.
 *
 * <p>It stays on the server that answered, or goes to another of the queue's, unless other hosts are listed; a redirect that
 * leads elsewhere is the client's response as it is, for an upstream must not be able to send requests wherever it likes
 * inside a network.
 */
final class RedirectingUpstream implements Upstream {

    private static final int MAX_REDIRECTS = 10;
    private static final Set<Integer> STATUSES = Set.of(301, 302, 307, 308);

    private final BalancedUpstream next;
    private final HostPolicy host;
    private final Set<String> hosts;

    /** With the hosts, in lower case, {@code name} or {@code name:port}, on which redirects may lead besides their own. */
    RedirectingUpstream(BalancedUpstream next, HostPolicy host, Set<String> hosts) {
        this.next = next;
        this.host = host;
        this.hosts = hosts;
    }

    @Override
    public CompletableFuture<UpstreamResult> call(UpstreamRequest request) {
        ChainedCall call = new ChainedCall();
        follow(next.call(request), call, 0);
        return call;
    }

    private void follow(BalancedCall hop, ChainedCall call, int redirects) {
        call.under(hop);
        var unused = hop.whenComplete((result, error) -> {
            if (error != null) {
                call.completeExceptionally(error);
                return;
            }
            UpstreamServer server = hop.server();
            UpstreamRequest redirected = result instanceof UpstreamResponse response && server != null
                    ? redirect(hop.request(), server.address(), response)
                    : null;
            if (redirected == null) {
                call.complete(result);
                return;
            }
            if (redirects == MAX_REDIRECTS) {
                drop(result);
                call.complete(new UpstreamFailure(
                        UpstreamFailure.Kind.TOO_MANY_REDIRECTS,
                        "the upstream redirected the request more than " + MAX_REDIRECTS + " times"));
            } else {
                BalancedCall following;
                try {
                    following = next.callThere(redirected);
                } catch (RuntimeException e) {
                    // What cannot be followed is the client's
                    call.complete(result);
                    return;
                }
                drop(result);
                follow(following, call, redirects + 1);
            }
        });
    }

    /** What else the upstream says of a redirect is nobody's. */
    private static void drop(UpstreamResult result) {
        if (result instanceof UpstreamResponse response && response.rest() != null) {
            response.rest().cancel();
        }
    }

    /** The request that follows the response, or null where the response is the client's. */
    private @Nullable UpstreamRequest redirect(
            UpstreamRequest request, UpstreamAddress from, UpstreamResponse response) {
        Headers headers = response.headers();
        String location = headers.first("Location");
        if (location == null
                || !STATUSES.contains(response.status())
                || !"1".equals(headers.first("X-Thr-FollowRedirects"))
                || request.following() != null) {
            return null;
        }
        URI to;
        try {
            // A target may hold what is no URI (a raw byte, a bare percent sign): only its path matters for a relative
            // one
            to = URI.create(from.scheme() + "://" + from.authority() + pathOf(request.target()))
                    .resolve(location);
        } catch (IllegalArgumentException notAUri) {
            return null;
        }
        UpstreamAddress address = addressOf(to, from, request);
        if (address == null) {
            return null;
        }
        String path = to.getRawPath() == null || to.getRawPath().isEmpty() ? "/" : to.getRawPath();
        return request.to(address, to.getRawQuery() == null ? path : path + "?" + to.getRawQuery());
    }

    private @Nullable UpstreamAddress addressOf(URI to, UpstreamAddress from, UpstreamRequest request) {
        boolean secure = "https".equalsIgnoreCase(to.getScheme());
        if ((!secure && !"http".equalsIgnoreCase(to.getScheme())) || to.getHost() == null) {
            return null;
        }
        int port = to.getPort() < 0 ? UpstreamAddress.defaultPort(secure) : to.getPort();
        if (port < 1 || port > 65535) {
            return null;
        }
        UpstreamAddress address = UpstreamAddress.of(to.getHost(), port).withSecure(secure);
        boolean asTheClientCallsIt = host == HostPolicy.CLIENT
                && to.getRawAuthority().equalsIgnoreCase(request.headers().first("Host"));
        if (address.hasOriginOf(from) || asTheClientCallsIt) {
            return from;
        }
        for (UpstreamServer server : next.servers()) {
            if (address.hasOriginOf(server.address())) {
                return server.address();
            }
        }
        boolean listed = hosts.contains(to.getHost().toLowerCase(Locale.ROOT)) || hosts.contains(address.authority());
        return listed ? address : null;
    }

    private static String pathOf(String target) {
        int query = target.indexOf('?');
        return query < 0 ? target : target.substring(0, query);
    }
}
