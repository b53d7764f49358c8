package io.thr.dispatcher.upstream;

import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.util.concurrent.atomic.AtomicInteger;
import org.eclipse.jetty.alpn.server.ALPNServerConnectionFactory;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http2.server.HTTP2ServerConnectionFactory;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.server.ConnectionFactory;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.SecureRequestCustomizer;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.SslConnectionFactory;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.ssl.SslContextFactory;
import org.jspecify.annotations.Nullable;

/** A Jetty server with TLS that answers with the request's body, and tells in fields what it has seen. */
final class SecureUpstream implements AutoCloseable {

    private final Server server = new Server();
    private final ServerConnector connector;
    private final AtomicInteger requests = new AtomicInteger();

    private SecureUpstream(ConnectionFactory... factories) {
        connector = new ServerConnector(server, factories);
        connector.setHost("127.0.0.1");
        server.addConnector(connector);
        server.setHandler(new Handler.Abstract() {
            @Override
            public boolean handle(Request request, Response response, Callback callback) {
                requests.incrementAndGet();
                tell(request, response);
                Content.copy(request, response, callback);
                return true;
            }
        });
    }

    /**
     * Starts it.
     *
     * @param clients the certificates of which the client must have one; null: it need not have any
     * @param http2 whether it offers HTTP/2 as well as HTTP/1.1
     */
    static SecureUpstream start(KeyStore own, @Nullable KeyStore clients, boolean http2) throws Exception {
        SslContextFactory.Server tls = new SslContextFactory.Server();
        tls.setKeyStore(own);
        tls.setKeyStorePassword(TestCertificates.PASSWORD);
        if (clients != null) {
            tls.setTrustStore(trusting(clients));
            tls.setNeedClientAuth(true);
        }
        HttpConfiguration configuration = new HttpConfiguration();
        configuration.addCustomizer(new SecureRequestCustomizer(false));
        HttpConnectionFactory http1 = new HttpConnectionFactory(configuration);
        SecureUpstream upstream;
        if (http2) {
            ALPNServerConnectionFactory alpn = new ALPNServerConnectionFactory();
            alpn.setDefaultProtocol(http1.getProtocol());
            upstream = new SecureUpstream(
                    new SslConnectionFactory(tls, alpn.getProtocol()),
                    alpn,
                    new HTTP2ServerConnectionFactory(configuration),
                    http1);
        } else {
            upstream = new SecureUpstream(new SslConnectionFactory(tls, http1.getProtocol()), http1);
        }
        upstream.server.start();
        return upstream;
    }

    private static KeyStore trusting(KeyStore store) throws Exception {
        KeyStore trust = KeyStore.getInstance("PKCS12");
        trust.load(null, null);
        String alias = store.aliases().nextElement();
        trust.setCertificateEntry(alias, store.getCertificate(alias));
        return trust;
    }

    private static void tell(Request request, Response response) {
        response.getHeaders()
                .put("Seen-Protocol", request.getConnectionMetaData().getProtocol());
        response.getHeaders().put("Seen-Scheme", request.getHttpURI().getScheme());
        response.getHeaders().put("Seen-Host", request.getHttpURI().getAuthority());
        response.getHeaders().put("Seen-Method", request.getMethod());
        response.getHeaders()
                .put(
                        "Seen-Fields",
                        request.getHeaders().getFieldNamesCollection().toString());
        String contentType = request.getHeaders().get(HttpHeader.CONTENT_TYPE);
        if (contentType != null) {
            response.getHeaders().put(HttpHeader.CONTENT_TYPE, contentType);
        }
        EndPoint.SslSessionData session =
                (EndPoint.SslSessionData) request.getAttribute(EndPoint.SslSessionData.ATTRIBUTE);
        X509Certificate[] chain = session == null ? null : session.peerCertificates();
        if (chain != null && chain.length > 0) {
            response.getHeaders()
                    .put("Seen-Certificate", chain[0].getSubjectX500Principal().getName());
        }
    }

    int port() {
        return connector.getLocalPort();
    }

    int requests() {
        return requests.get();
    }

    /** How it is called by that name. */
    ServerSettings at(String host) {
        return ServerSettings.of("https://" + host + ":" + port());
    }

    @Override
    public void close() throws Exception {
        server.stop();
    }
}
