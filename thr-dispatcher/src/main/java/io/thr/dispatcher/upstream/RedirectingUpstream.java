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
 * <p>It stays on the host that was asked, unless others are listed; a redirect that leads elsewhere is the client's
 * response as it is, for an upstream must not be able to send requests wherever it likes inside a network.
 */
final class RedirectingUpstream implements Upstream {

    private static final int MAX_REDIRECTS = 10;
    private static final Set<Integer> STATUSES = Set.of(301, 302, 307, 308);

    private final Upstream next;
    private final Set<String> hosts;

    /** With the hosts, in lower case, {@code name} or {@code name:port}, on which redirects may lead besides their own. */
    RedirectingUpstream(Upstream next, Set<String> hosts) {
        this.next = next;
        this.hosts = hosts;
    }

    @Override
    public CompletableFuture<UpstreamResult> call(UpstreamRequest request) {
        ChainedCall call = new ChainedCall();
        follow(request, call, 0);
        return call;
    }

    private void follow(UpstreamRequest request, ChainedCall call, int redirects) {
        CompletableFuture<UpstreamResult> hop = next.call(request);
        call.under(hop);
        var unused = hop.whenComplete((result, error) -> {
            if (error != null) {
                call.completeExceptionally(error);
                return;
            }
            UpstreamRequest redirected =
                    result instanceof UpstreamResponse response ? redirect(request, response) : null;
            if (redirected == null) {
                call.complete(result);
                return;
            }
            drop(result);
            if (redirects == MAX_REDIRECTS) {
                call.complete(new UpstreamFailure(
                        UpstreamFailure.Kind.TOO_MANY_REDIRECTS,
                        "the upstream redirected the request more than " + MAX_REDIRECTS + " times"));
            } else {
                follow(redirected, call, redirects + 1);
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
    private @Nullable UpstreamRequest redirect(UpstreamRequest request, UpstreamResponse response) {
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
            to = URI.create("http://" + request.address().authority() + pathOf(request.target()))
                    .resolve(location);
        } catch (IllegalArgumentException notAUri) {
            return null;
        }
        UpstreamAddress address = addressOf(to, request.address());
        if (address == null) {
            return null;
        }
        String path = to.getRawPath() == null || to.getRawPath().isEmpty() ? "/" : to.getRawPath();
        return request.to(address, to.getRawQuery() == null ? path : path + "?" + to.getRawQuery());
    }

    private @Nullable UpstreamAddress addressOf(URI to, UpstreamAddress from) {
        if (!"http".equalsIgnoreCase(to.getScheme()) || to.getHost() == null) {
            return null;
        }
        int port = to.getPort() < 0 ? 80 : to.getPort();
        UpstreamAddress address = UpstreamAddress.of(to.getHost(), port);
        if (address.authority().equals(from.authority())) {
            return from;
        }
        boolean listed = hosts.contains(to.getHost().toLowerCase(Locale.ROOT)) || hosts.contains(address.authority());
        return listed ? address : null;
    }

    private static String pathOf(String target) {
        int query = target.indexOf('?');
        return query < 0 ? target : target.substring(0, query);
    }
}
