package io.thr.dispatcher.upstream;

import java.nio.file.Path;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Where an upstream listens: on a TCP port or on a unix socket.
 *
 * @param host a name or an address in lower case, an IPv6 address without its brackets; {@code localhost} for a socket
 * @param port 1 to 65535
 * @param socket the unix socket, or null for TCP
 */
public record UpstreamAddress(
        String host, int port, @Nullable Path socket) {

    /** Checks the parts. */
    public UpstreamAddress {
        if (host.isEmpty()) {
            throw new IllegalArgumentException("http_host: '' (expected: a host name, an address or a socket's path)");
        }
        if (port < 1 || port > 65535) {
            throw new IllegalArgumentException("http_port: " + port + " (expected: 1 to 65535)");
        }
        host = host.toLowerCase(Locale.ROOT);
    }

    /** As in the configuration: a host that begins with a slash is the path of a unix socket. */
    public static UpstreamAddress of(String host, int port) {
        if (host.startsWith("/")) {
            return new UpstreamAddress("localhost", port, Path.of(host));
        }
        boolean bracketed = host.startsWith("[") && host.endsWith("]");
        return new UpstreamAddress(bracketed ? host.substring(1, host.length() - 1) : host, port, null);
    }

    /** The Host field of a request to it, always with the port. */
    public String authority() {
        return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
    }

    /** What a log shows: the authority, or the path of the socket. */
    @Override
    public String toString() {
        return socket == null ? authority() : socket.toString();
    }
}
