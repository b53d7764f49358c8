package io.thr.dispatcher.upstream;

import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What serves a queue: one server, or several that do the same.
 *
 * @param servers 1 to 100, no address twice; a request goes to the one that is least busy
 * @param healthCheck how each server is asked whether it can serve; null: only requests show that
 * @param host what the Host field says
 * @param redirectHosts where internal redirects may lead besides the servers: names or {@code name:port}
 * @param ejectOn the statuses, 400 to 599, by which a server shows that it fails, so that three in a row leave it out; the
 *     client gets them all the same. None: any answer speaks for a server
 */
public record UpstreamSettings(
        List<ServerSettings> servers,
        @Nullable HealthCheck healthCheck,
        HostPolicy host,
        Set<String> redirectHosts,
        Set<Integer> ejectOn) {

    /** How many servers a queue can have. */
    public static final int MOST_SERVERS = 100;

    /** Checks the parts. */
    public UpstreamSettings {
        servers = List.copyOf(servers);
        redirectHosts = redirectHosts.stream()
                .map(name -> name.toLowerCase(Locale.ROOT))
                .collect(Collectors.toUnmodifiableSet());
        ejectOn = Set.copyOf(ejectOn);
        for (int status : ejectOn) {
            if (status < 400 || status > 599) {
                throw new IllegalArgumentException("eject_on: " + status + " (expected: 400 to 599)");
            }
        }
        if (servers.isEmpty() || servers.size() > MOST_SERVERS) {
            throw new IllegalArgumentException(
                    "upstreams: " + servers.size() + " (expected: 1 to " + MOST_SERVERS + ")");
        }
        Set<UpstreamAddress> addresses = new HashSet<>();
        for (ServerSettings server : servers) {
            if (!addresses.add(server.address())) {
                throw new IllegalArgumentException("upstreams: " + server.address() + " twice (expected: once)");
            }
        }
    }

    /** Those servers, and the defaults. */
    public static UpstreamSettings of(ServerSettings... servers) {
        return new UpstreamSettings(List.of(servers), null, HostPolicy.UPSTREAM, Set.of(), Set.of());
    }

    /** A plain HTTP/1.1 server, or a unix socket where the host begins with a slash, and the defaults. */
    public static UpstreamSettings of(String host, int port) {
        return of(ServerSettings.of(UpstreamAddress.of(host, port)));
    }

    /** The same, with that check. */
    public UpstreamSettings withHealthCheck(HealthCheck healthCheck) {
        return new UpstreamSettings(servers, healthCheck, host, redirectHosts, ejectOn);
    }

    /** The same, with that Host field. */
    public UpstreamSettings withHost(HostPolicy host) {
        return new UpstreamSettings(servers, healthCheck, host, redirectHosts, ejectOn);
    }

    /** The same, with redirects to those hosts. */
    public UpstreamSettings withRedirectHosts(Set<String> redirectHosts) {
        return new UpstreamSettings(servers, healthCheck, host, redirectHosts, ejectOn);
    }

    /** The same, with servers that fail where they answer with one of those statuses. */
    public UpstreamSettings withEjectOn(Set<Integer> statuses) {
        return new UpstreamSettings(servers, healthCheck, host, redirectHosts, statuses);
    }
}
