package io.thr.dispatcher.upstream;

import java.nio.file.Path;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Where an upstream listens: on a TCP port, plain or with TLS, or on a unix socket.
 *
 * @param secure whether TLS is spoken there; never on a socket
 * @param host a name or an address in lower case, an IPv6 address without its brackets; {@code localhost} for a socket
 * @param port 1 to 65535
 * @param socket the unix socket, or null for TCP
 */
public record UpstreamAddress(
        boolean secure, String host, int port, @Nullable Path socket) {

    private static final Pattern URL =
            Pattern.compile("(?i)(https?)://(\\[[0-9a-f:.]+]|[^\\[\\]:/?#@\\s\\\\]+)(?::([0-9]{1,5}))?/?");

    private static final String UNIX = "unix:";
    private static final int HTTP_PORT = 80;
    private static final int HTTPS_PORT = 443;

    /** Checks the parts. */
    public UpstreamAddress {
        if (host.isEmpty()) {
            throw new IllegalArgumentException("http_host: '' (expected: a host name, an address or a socket's path)");
        }
        if (port < 1 || port > 65535) {
            throw new IllegalArgumentException("http_port: " + port + " (expected: 1 to 65535)");
        }
        if (secure && socket != null) {
            throw new IllegalArgumentException("unix:" + socket + " with TLS (expected: a plain socket)");
        }
        host = host.toLowerCase(Locale.ROOT);
    }

    /** As in the configuration: a host that begins with a slash is the path of a unix socket. */
    public static UpstreamAddress of(String host, int port) {
        return host.startsWith("/")
                ? new UpstreamAddress(false, "localhost", port, Path.of(host))
                : new UpstreamAddress(false, unbracketed(host), port, null);
    }

    /**
     * Reads {@code http://host[:port]}, {@code https://host[:port]} or {@code unix:/path}.
     *
     * @throws IllegalArgumentException with what was found and what was expected
     */
    public static UpstreamAddress parse(String url) {
        if (url.startsWith(UNIX + "/")) {
            String path = url.substring(UNIX.length());
            // As in a URL, the path may have an empty authority before it
            return of(path.startsWith("///") ? path.substring(2) : path, HTTP_PORT);
        }
        Matcher matcher = URL.matcher(url);
        if (!matcher.matches()) {
            throw new IllegalArgumentException(
                    url + " (expected: http://host:port, https://host:port or unix:/path/of/socket)");
        }
        boolean secure = matcher.group(1).equalsIgnoreCase("https");
        String port = matcher.group(3);
        int number = port == null ? defaultPort(secure) : Integer.parseInt(port);
        if (number < 1 || number > 65535) {
            throw new IllegalArgumentException(url + " (expected: a port from 1 to 65535)");
        }
        return new UpstreamAddress(secure, unbracketed(matcher.group(2)), number, null);
    }

    /** The same place, with TLS or without. */
    UpstreamAddress withSecure(boolean secure) {
        return new UpstreamAddress(secure, host, port, socket);
    }

    static int defaultPort(boolean secure) {
        return secure ? HTTPS_PORT : HTTP_PORT;
    }

    private static String unbracketed(String host) {
        boolean bracketed = host.startsWith("[") && host.endsWith("]");
        return bracketed ? host.substring(1, host.length() - 1) : host;
    }

    /** Host and port, always with the port: {@code name:port}. */
    public String authority() {
        return bracketedHost() + ":" + port;
    }

    /** The Host field of a request to it: as the original has it with the port, but for the one that TLS implies. */
    String hostField() {
        return secure && port == HTTPS_PORT ? bracketedHost() : authority();
    }

    /** {@code http} or {@code https}. */
    public String scheme() {
        return secure ? "https" : "http";
    }

    /** Whether a request to the one may go to the other: the same scheme, host and port, whatever the socket. */
    boolean hasOriginOf(UpstreamAddress other) {
        return secure == other.secure && port == other.port && host.equals(other.host);
    }

    private String bracketedHost() {
        return host.indexOf(':') >= 0 ? "[" + host + "]" : host;
    }

    /** As {@link #parse} reads it: {@code http://host:port}, {@code https://host:port} or {@code unix:/path}. */
    @Override
    public String toString() {
        return socket == null ? scheme() + "://" + authority() : UNIX + socket;
    }
}
