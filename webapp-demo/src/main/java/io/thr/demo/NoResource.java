package io.thr.demo;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpMethod;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;

/**
 * Answers what is about no resource, and so no servlet's: {@code OPTIONS *}, which asks whether the server is there (RFC 9110
 * §9.3.7), and {@code CONNECT}, which asks for a tunnel. Threads may share it.
 */
final class NoResource extends Handler.Wrapper {

    private static final byte[] NO_TUNNEL = """
            {"type":"about:blank","title":"Not Implemented","status":501,"detail":"CONNECT: this is a gateway, not a tunnel"}
            """.getBytes(StandardCharsets.UTF_8);

    NoResource(Handler next) {
        super(next);
    }

    @Override
    public boolean handle(Request request, Response response, Callback callback) throws Exception {
        String method = request.getMethod();
        if (HttpMethod.CONNECT.is(method)) {
            response.setStatus(HttpStatus.NOT_IMPLEMENTED_501);
            response.getHeaders().put(HttpHeader.CONTENT_TYPE, "application/problem+json");
            response.write(true, ByteBuffer.wrap(NO_TUNNEL), callback);
            return true;
        }
        if (!"*".equals(request.getHttpURI().getPath())) {
            return super.handle(request, response, callback);
        }
        response.setStatus(HttpMethod.OPTIONS.is(method) ? HttpStatus.NO_CONTENT_204 : HttpStatus.BAD_REQUEST_400);
        callback.succeeded();
        return true;
    }
}
