package io.thr.dispatcher.upstream;

/**
 * One of the servers that are a queue's upstream.
 *
 * @param address where it listens
 * @param http2 whether HTTP/2 is spoken with it: with TLS as ALPN agrees on it, without TLS at once (RFC 9113 §3.3). A
 *     server that does not speak it cannot be connected to
 * @param tls of meaning where the address is secure
 */
public record ServerSettings(UpstreamAddress address, boolean http2, TlsSettings tls) {

    /** HTTP/1.1, and what the JDK trusts. */
    public static ServerSettings of(UpstreamAddress address) {
        return new ServerSettings(address, false, TlsSettings.DEFAULT);
    }

    /** As {@link UpstreamAddress#parse} reads it. */
    public static ServerSettings of(String url) {
        return of(UpstreamAddress.parse(url));
    }

    /** The same, with HTTP/2. */
    public ServerSettings withHttp2() {
        return new ServerSettings(address, true, tls);
    }

    /** The same, with that TLS. */
    public ServerSettings withTls(TlsSettings tls) {
        return new ServerSettings(address, http2, tls);
    }
}
