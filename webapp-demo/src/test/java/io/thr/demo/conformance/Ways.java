package io.thr.demo.conformance;

import io.thr.core.redis.RedisServer;
import io.thr.demo.StartedFront;
import io.thr.dispatcher.Dispatcher;
import io.thr.dispatcher.config.DispatcherSettings;
import io.thr.dispatcher.config.QueueSettings;
import io.thr.filter.config.FilterSettings;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.eclipse.jetty.ee10.proxy.AsyncProxyServlet;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.ee10.servlet.ServletHolder;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpVersion;
import org.eclipse.jetty.http.MetaData;
import org.eclipse.jetty.http.UriCompliance;
import org.eclipse.jetty.http2.server.HTTP2CServerConnectionFactory;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.server.Connector;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.jspecify.annotations.Nullable;

/**
 * The three ways from a client to an upstream, each with an upstream of its own: direct, by Jetty's own asynchronous proxy,
 * and by front, Redis and dispatcher, all in this process.
 */
final class Ways implements AutoCloseable {

    private static final String QUEUE = "thr:queue:conformance";
    private static final int HEADER_BYTES = 64 * 1024;

    /** How many cases can go through Jetty's proxy at a time: it leaves some without an answer. */
    static final int PROXIES = 4;

    private final Origin direct = new Origin();
    private final Origin behindThr = new Origin();
    private final BlockingQueue<Proxied> proxies = new LinkedBlockingQueue<>();
    private final RedisServer redis = RedisServer.embedded();
    private final Dispatcher dispatcher;
    private final StartedFront front;

    Ways() throws Exception {
        for (int i = 0; i < PROXIES; i++) {
            proxies.add(new Proxied());
        }
        redis.start();
        dispatcher = Dispatcher.start(DispatcherSettings.builder()
                .redis(redis.url())
                .statsEvery(Duration.ZERO)
                .queue(QueueSettings.of(QUEUE, "127.0.0.1", behindThr.port()))
                .build());
        front = StartedFront.start(FilterSettings.defaults()
                .withRedis(redis.url())
                .withTimeout(Duration.ofSeconds(10))
                .withDefaultQueue(QUEUE));
    }

    /** With the same bounds as the front's; the rest is as it comes. */
    private static Server proxy(String upstream) {
        ServletHolder servlet = new ServletHolder(new AsyncProxyServlet.Transparent());
        servlet.setInitParameter("proxyTo", upstream);
        servlet.setInitParameter("requestBufferSize", Integer.toString(HEADER_BYTES));
        servlet.setInitParameter("responseBufferSize", Integer.toString(HEADER_BYTES));
        servlet.setAsyncSupported(true);
        ServletContextHandler context = new ServletContextHandler("/");
        context.addServlet(servlet, "/*");
        context.getServletHandler().setDecodeAmbiguousURIs(true);
        HttpConfiguration http = new HttpConfiguration();
        http.setSendServerVersion(false);
        http.setRequestHeaderSize(HEADER_BYTES);
        http.setResponseHeaderSize(HEADER_BYTES);
        http.setUriCompliance(UriCompliance.UNSAFE);
        Server server = new Server();
        ServerConnector connector =
                new ServerConnector(server, new HttpConnectionFactory(http), new PriorKnowledge(http));
        connector.setHost("127.0.0.1");
        server.addConnector(connector);
        server.setHandler(context);
        return server;
    }

    /** HTTP/2 where a client begins with it, as at the front. */
    private static final class PriorKnowledge extends HTTP2CServerConnectionFactory {

        PriorKnowledge(HttpConfiguration http) {
            super(http);
        }

        @Override
        public @Nullable Connection upgradeConnection(
                Connector connector, EndPoint endPoint, MetaData.Request request, HttpFields.Mutable response) {
            return request.getHttpVersion() == HttpVersion.HTTP_2
                    ? super.upgradeConnection(connector, endPoint, request, response)
                    : null;
        }
    }

    /** A case straight to the upstream. */
    Exchanged direct(Case sent) throws IOException {
        direct.play(sent.answer(), sent.upstreamCloses());
        if (sent.isMalformed()) {
            Message refused = new Message("HTTP/2 400 ", Fields.NONE, new byte[0], Fields.NONE, false);
            return new Exchanged(List.of(), new Reply(List.of(), List.of(refused), null, Reply.After.UNKNOWN));
        }
        Reply reply = RawClient.exchange(sent, direct.port());
        return new Exchanged(direct.received(), reply);
    }

    /** A proxy with an upstream of its own. */
    private static final class Proxied {

        private final Origin upstream = new Origin();
        private final Server proxy;

        Proxied() throws Exception {
            proxy = proxy("http://127.0.0.1:" + upstream.port());
            proxy.start();
        }

        Exchanged run(Case sent) throws IOException {
            return Ways.run(sent, upstream, ((ServerConnector) proxy.getConnectors()[0]).getLocalPort());
        }

        void close() throws Exception {
            proxy.stop();
            upstream.close();
        }
    }

    /** A case through Jetty's proxy; waits for one that is free. */
    Exchanged proxy(Case sent) throws IOException, InterruptedException {
        Proxied free = proxies.take();
        try {
            return free.run(sent);
        } finally {
            proxies.add(free);
        }
    }

    /** A case through THR. */
    Exchanged thr(Case sent) throws IOException {
        return run(sent, behindThr, front.port());
    }

    private static Exchanged run(Case sent, Origin origin, int port) throws IOException {
        origin.play(sent.answer(), sent.upstreamCloses());
        Http2Request http2 = sent.http2();
        Reply reply = http2 == null ? RawClient.exchange(sent, port) : Http2Client.exchange(http2, port);
        return new Exchanged(origin.received(), reply);
    }

    @Override
    public void close() throws Exception {
        front.close();
        dispatcher.close();
        redis.close();
        for (Proxied proxied : proxies) {
            proxied.close();
        }
        direct.close();
        behindThr.close();
    }
}
