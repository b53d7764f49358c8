package io.thr.dispatcher.upstream;

import java.time.Duration;

/**
 * One of the servers that are a queue's upstream.
 *
 * @param address where it listens
 * @param http2 whether HTTP/2 is spoken with it: with TLS as ALPN agrees on it, without TLS at once (RFC 9113 §3.3). A
 *     server that does not speak it cannot be connected to
 * @param tls of meaning where the address is secure
 * @param connectTimeout how long a connection may take to be opened, at least 1 ms; the same again for the server's name to
 *     be looked up. Servers that differ in it share no connections
 */
public record ServerSettings(UpstreamAddress address, boolean http2, TlsSettings tls, Duration connectTimeout) {

    /** How long a connection may take to be opened, where nobody says. */
    public static final Duration DEFAULT_CONNECT_TIMEOUT = Duration.ofSeconds(15);

    /** Checks the time. */
    public ServerSettings {
        if (connectTimeout.toMillis() < 1) {
            throw new IllegalArgumentException("connect_timeout: " + connectTimeout + " (expected: at least 1 ms)");
        }
    }

    /** HTTP/1.1, and what the JDK trusts. */
    public static ServerSettings of(UpstreamAddress address) {
        return new ServerSettings(address, false, TlsSettings.DEFAULT, DEFAULT_CONNECT_TIMEOUT);
    }

    /** As {@link UpstreamAddress#parse} reads it. */
    public static ServerSettings of(String url) {
        return of(UpstreamAddress.parse(url));
    }

    /** The same, with HTTP/2. */
    public ServerSettings withHttp2() {
        return new ServerSettings(address, true, tls, connectTimeout);
    }

    /** The same, with that TLS. */
    public ServerSettings withTls(TlsSettings tls) {
        return new ServerSettings(address, http2, tls, connectTimeout);
    }

    /** The same, with a connection that may take so long. */
    public ServerSettings withConnectTimeout(Duration connectTimeout) {
        return new ServerSettings(address, http2, tls, connectTimeout);
    }
}
