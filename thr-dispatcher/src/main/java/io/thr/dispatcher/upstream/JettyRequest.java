package io.thr.dispatcher.upstream;

import io.thr.core.message.Headers;
import java.net.URI;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Set;
import org.eclipse.jetty.client.ByteBufferRequestContent;
import org.eclipse.jetty.client.HttpClient;
import org.eclipse.jetty.client.Request;
import org.eclipse.jetty.client.transport.HttpConversation;
import org.eclipse.jetty.client.transport.HttpRequest;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.io.Transport;

/**
 * Jetty's request, with method, path and query exactly as they are given: Jetty's own writes the method in upper case
 * and reads the target as a URI, which not every target is.
 */
final class JettyRequest extends HttpRequest {

    // Host and port are set afterwards: as a URI, a name like my_service would be refused
    private static final URI ANY_URI = URI.create("http://localhost");

    private static final Set<String> METHODS_WITH_BODY = Set.of("POST", "PUT", "PATCH");
    // Known by name only, so that the generator writes it also where it sees no need
    private static final HttpField NO_CONTENT = new HttpField(null, "Content-Length", "0");

    private final String method;
    private final String target;
    private volatile boolean begun;

    JettyRequest(HttpClient client, UpstreamRequest request) {
        super(
                client,
                new HttpConversation(),
                URI.create("http://" + request.address().authority()));
        this.method = request.method();
        this.target = request.target();
        if (request.address().socket() != null) {
            transport(new Transport.TCPUnix(request.address().socket()));
        }
        headers(fields -> copy(request.headers(), fields)
                .put(HttpHeader.HOST, request.address().authority()));
        setBody(request.body());
    }

    private static HttpFields.Mutable copy(Headers from, HttpFields.Mutable to) {
        Set<String> ofConnection = ConnectionFields.listedBy(from.all("Connection"));
        for (Headers.Field field : from) {
            HttpField copy = new HttpField(field.name(), field.value());
            if (!ConnectionFields.contains(copy, ofConnection) && !dependsOnMessage(copy.getHeader())) {
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
        } else if (METHODS_WITH_BODY.contains(method)) {
            headers(fields -> fields.add(NO_CONTENT));
        }
    }

    @Override
    public String getMethod() {
        return method;
    }

    @Override
    public String getPath() {
        return target;
    }

    @Override
    public String getQuery() {
        return null;
    }

    @Override
    public Request method(String ignored) {
        return this;
    }

    @Override
    public void notifyBegin() {
        begun = true;
        super.notifyBegin();
    }

    /** Whether a connection was there and sending began. */
    boolean begun() {
        return begun;
    }
}
