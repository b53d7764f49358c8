package io.thr.dispatcher.upstream;

import io.thr.core.message.Headers;
import io.thr.core.message.HopByHop;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeoutException;
import org.eclipse.jetty.client.Connection;
import org.eclipse.jetty.client.Response;
import org.eclipse.jetty.client.Result;
import org.eclipse.jetty.client.transport.internal.HttpConnectionOverHTTP;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;

/** One call under way: gathers the response. Jetty calls it from one thread at a time. */
final class JettyCall extends CompletableFuture<UpstreamResult> implements Response.Listener {

    /** A Content-Length is believed up to this; a body that is larger grows as it comes. */
    private static final int MAX_FIRST_BUFFER = 1024 * 1024;

    private static final byte[] EMPTY = new byte[0];

    private final JettyRequest request;
    private final int maxBody;
    private byte[] body = EMPTY;
    private int length;
    private boolean tooLarge;

    JettyCall(JettyRequest request, int maxBody) {
        this.request = request;
        this.maxBody = maxBody;
    }

    @Override
    public boolean cancel(boolean mayInterrupt) {
        boolean cancelled = super.cancel(mayInterrupt);
        if (cancelled) {
            abort(new CancellationException("no longer wanted"));
        }
        return cancelled;
    }

    @Override
    public void onHeaders(Response response) {
        if ("HEAD".equals(request.getMethod())) {
            return;
        }
        long announced = response.getHeaders().getLongField(HttpHeader.CONTENT_LENGTH);
        if (announced > maxBody) {
            refuseBody();
        } else if (announced > 0) {
            body = new byte[(int) Math.min(announced, MAX_FIRST_BUFFER)];
        }
    }

    @Override
    public void onContent(Response response, ByteBuffer content) {
        int more = content.remaining();
        if (tooLarge || more > maxBody - length) {
            refuseBody();
            return;
        }
        if (length + more > body.length) {
            long doubled = Math.max(2L * body.length, 1024L);
            body = Arrays.copyOf(body, (int) Math.min(maxBody, Math.max(doubled, length + more)));
        }
        content.get(body, length, more);
        length += more;
    }

    @Override
    public void onComplete(Result result) {
        UpstreamResult outcome;
        try {
            // Nobody asked for another protocol: a 101 is no response
            boolean whole = result.isSucceeded() && result.getResponse().getStatus() >= 200;
            outcome = whole ? response(result.getResponse()) : failure(result);
        } catch (IllegalArgumentException e) {
            outcome = new UpstreamFailure(
                    UpstreamFailure.Kind.BROKEN, "the upstream's response has fields that are not HTTP");
        }
        complete(outcome);
    }

    private UpstreamResponse response(Response response) {
        HttpFields fields = response.getHeaders();
        boolean framedByChunks = fields.contains(HttpHeader.TRANSFER_ENCODING);
        List<Headers.Field> headers = new ArrayList<>(fields.size());
        for (HttpField field : fields) {
            // With both, the length is of no meaning (RFC 9112 §6.3)
            boolean meaningless = framedByChunks && field.getHeader() == HttpHeader.CONTENT_LENGTH;
            if (!meaningless) {
                headers.add(new Headers.Field(field.getName(), field.getValue() == null ? "" : field.getValue()));
            }
        }
        byte[] whole = length == body.length ? body : Arrays.copyOf(body, length);
        return new UpstreamResponse(response.getStatus(), HopByHop.removedFrom(Headers.of(headers)), whole);
    }

    private UpstreamFailure failure(Result result) {
        if (tooLarge) {
            return new UpstreamFailure(
                    UpstreamFailure.Kind.TOO_LARGE, "the response's body is larger than " + maxBody + " bytes");
        }
        Throwable cause = result.getFailure();
        if (cause instanceof TimeoutException || cause instanceof SocketTimeoutException) {
            return new UpstreamFailure(
                    UpstreamFailure.Kind.TIMED_OUT, "the upstream did not give its whole response in time");
        }
        if (!request.begun()) {
            return new UpstreamFailure(
                    UpstreamFailure.Kind.NOT_CONNECTED, "no connection to the upstream could be opened");
        }
        boolean silent = result.getResponse() == null || result.getResponse().getStatus() == 0;
        if (silent && connectionServedBefore()) {
            return new UpstreamFailure(
                    UpstreamFailure.Kind.STALE_CONNECTION, "the upstream closed the connection without a response");
        }
        return new UpstreamFailure(
                UpstreamFailure.Kind.BROKEN,
                silent
                        ? "the upstream closed the connection without a response"
                        : "the upstream's response broke off, or is not HTTP");
    }

    private boolean connectionServedBefore() {
        Connection connection = request.getConnection();
        return connection instanceof HttpConnectionOverHTTP http && http.getMessagesOut() > 1;
    }

    private void refuseBody() {
        if (!tooLarge) {
            tooLarge = true;
            abort(new IllegalStateException("body larger than " + maxBody + " bytes"));
        }
    }

    private void abort(Throwable cause) {
        // Whether anything was left to abort is told by onComplete
        var unused = request.abort(cause);
    }
}
