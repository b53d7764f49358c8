package io.thr.dispatcher.upstream;

import org.eclipse.jetty.client.AbstractHttpClientTransport;
import org.eclipse.jetty.client.transport.HttpClientTransportOverHTTP;
import org.eclipse.jetty.http2.client.HTTP2Client;
import org.eclipse.jetty.http2.client.transport.HttpClientTransportOverHTTP2;
import org.eclipse.jetty.io.ClientConnector;
import org.eclipse.jetty.util.thread.Invocable;
import org.jspecify.annotations.Nullable;

/** What a client speaks: HTTP/1.1 or HTTP/2, with TLS or without. */
final class JettyTransport {

    private JettyTransport() {}

    /** One for one client. */
    static AbstractHttpClientTransport of(boolean http2, @Nullable TlsSettings tls) {
        ClientConnector connector = new ClientConnector();
        connector.setSelectors(1);
        if (tls != null) {
            connector.setSslContextFactory(TlsContext.of(tls));
        }
        AbstractHttpClientTransport transport =
                http2 ? new HttpClientTransportOverHTTP2(new HTTP2Client(connector)) : http1(connector);
        // Nothing that hangs on a response blocks, so it runs on the selector's thread: a hand-over costs more than the
        // work
        transport.setInvocationType(Invocable.InvocationType.NON_BLOCKING);
        return transport;
    }

    private static AbstractHttpClientTransport http1(ClientConnector connector) {
        HttpClientTransportOverHTTP transport = new HttpClientTransportOverHTTP(connector);
        // Else a value comes out in the case of one that was seen before
        transport.setHeaderCacheCaseSensitive(true);
        return transport;
    }
}
