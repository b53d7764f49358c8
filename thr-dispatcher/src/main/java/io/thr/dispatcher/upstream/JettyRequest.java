package io.thr.dispatcher.upstream;

import io.thr.core.message.Headers;
import io.thr.core.message.HopByHop;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.URI;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.function.Consumer;
import org.eclipse.jetty.client.ByteBufferRequestContent;
import org.eclipse.jetty.client.Connection;
import org.eclipse.jetty.client.HttpClient;
import org.eclipse.jetty.client.Request;
import org.eclipse.jetty.client.transport.HttpConversation;
import org.eclipse.jetty.client.transport.HttpRequest;
import org.eclipse.jetty.client.transport.internal.HttpConnectionOverHTTP;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.io.Transport;
import org.eclipse.jetty.util.HostPort;
import org.jspecify.annotations.Nullable;

/**
 * Jetty's request, with method, path and query exactly as they are given: Jetty's own writes the method in upper case
 * and reads the target as a URI, which not every target is.
 */
final class JettyRequest extends HttpRequest {

    private static final Logger LOG = System.getLogger(JettyRequest.class.getName());

    // Host and port are set afterwards: as a URI, a name like my_service would be refused
    private static final URI ANY_URI = URI.create("http://localhost");

    // Jetty itself says that a POST or a PUT has no body, and whatever has a type; known by name only, so that it
    // writes
    // it for a PATCH too
    private static final HttpField NO_CONTENT = new HttpField(null, "Content-Length", "0");

    private final String method;
    private final String path;
    private final @Nullable String query;
    private @Nullable FollowingContent following;
    private final @Nullable HostPort authority;
    private final ServedConnections served;
    private final ConnectionListener listener;
    private final Consumer<InterimResponse> interim;
    private final long madeMillis = System.currentTimeMillis();
    private volatile boolean begun;
    private volatile boolean reused;
    private volatile boolean keptOpen;
    private int interimStatus;

    JettyRequest(
            HttpClient client,
            UpstreamRequest request,
            boolean http2,
            HostPolicy policy,
            ServedConnections served,
            ConnectionListener listener) {
        super(client, new HttpConversation(), ANY_URI);
        this.served = served;
        this.listener = listener;
        this.interim = request.interim();
        scheme(request.address().scheme())
                .host(request.address().host())
                .port(request.address().port());
        this.method = request.method();
        int question = request.target().indexOf('?');
        this.path = question < 0 ? request.target() : request.target().substring(0, question);
        this.query = question < 0 ? null : request.target().substring(question + 1);
        if (request.address().socket() != null) {
            transport(new Transport.TCPUnix(request.address().socket()));
        }
        String host = host(request, policy);
        this.authority = http2 ? new HostPort(host) : null;
        headers(fields -> copy(request.headers(), fields));
        if (!http2) {
            headers(fields -> fields.put(HttpHeader.HOST, host));
        }
        if (request.following() == null) {
            setBody(request.body());
        } else {
            following =
                    new FollowingContent(request.following(), request.headers().contentLength());
            body(following);
        }
    }

    private static String host(UpstreamRequest request, HostPolicy policy) {
        String asked = policy == HostPolicy.CLIENT ? request.headers().first("Host") : null;
        return asked == null || asked.isEmpty() ? request.address().hostField() : asked;
    }

    private static HttpFields.Mutable copy(Headers from, HttpFields.Mutable to) {
        for (Headers.Field field : HopByHop.removedFrom(from)) {
            HttpField copy = new HttpField(field.name(), field.value());
            if (!dependsOnMessage(copy.getHeader())) {
                to.add(copy);
            }
        }
        return to;
    }

    private static boolean dependsOnMessage(HttpHeader header) {
        // The body is here already, so nobody has to wait for a 100 (Continue)
        return header == HttpHeader.HOST || header == HttpHeader.CONTENT_LENGTH || header == HttpHeader.EXPECT;
    }

    private void setBody(byte[] body) {
        if (body.length > 0) {
            body(new ByteBufferRequestContent(null, List.of(ByteBuffer.wrap(body))));
        } else if (method.equals("PATCH") && !getHeaders().contains(HttpHeader.CONTENT_TYPE)) {
            headers(fields -> fields.add(NO_CONTENT));
        }
    }

    @Override
    public String getMethod() {
        return method;
    }

    /** Where it goes; once that is found, what HTTP/2 calls it by, as Jetty makes its :authority of this. */
    @Override
    public String getHost() {
        return begun && authority != null ? authority.getHost() : super.getHost();
    }

    @Override
    public int getPort() {
        return begun && authority != null ? authority.getPort() : super.getPort();
    }

    @Override
    public String getPath() {
        return path;
    }

    @Override
    public @Nullable String getQuery() {
        return query;
    }

    @Override
    public Request method(String ignored) {
        return this;
    }

    @Override
    public void notifyBegin() {
        Connection connection = getConnection();
        reused = served.use(connection);
        keptOpen = reused || isOlder(connection);
        begun = true;
        super.notifyBegin();
    }

    /** The head of an interim response is here. */
    void interimBegins(int status) {
        interimStatus = status;
    }

    /** The interim response is here. */
    void interimCame(HttpFields fields) {
        InterimResponse response;
        try {
            response = new InterimResponse(interimStatus, JettyCall.headers(fields));
        } catch (IllegalArgumentException e) {
            LOG.log(Level.DEBUG, "an interim response has fields that are not HTTP: {0}", e.getMessage());
            return;
        }
        interim.accept(response);
    }

    /** Sends nothing more of a body that is still to come. */
    void stopSending() {
        if (following != null) {
            following.stop();
        }
    }

    @Override
    public void notifyCommit() {
        // Not sooner, as with TLS a connection that cannot be used is there before its handshake has failed
        listener.connected(reused);
        super.notifyCommit();
    }

    private boolean isOlder(Connection connection) {
        return connection instanceof HttpConnectionOverHTTP http && http.getCreatedTimeStamp() < madeMillis;
    }

    /** Whether a connection was there and sending began. */
    boolean begun() {
        return begun;
    }

    /** Whether its connection was open before it was made: the upstream may have closed it meanwhile. */
    boolean keptOpen() {
        return keptOpen;
    }
}
