package io.thr.dispatcher.upstream;

import io.thr.core.body.BodySource;
import io.thr.core.body.EndSource;
import io.thr.core.body.Piece;
import io.thr.core.message.Headers;
import io.thr.core.message.HopByHop;
import java.net.SocketTimeoutException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLHandshakeException;
import org.eclipse.jetty.client.Response;
import org.eclipse.jetty.client.Result;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.io.Content;
import org.jspecify.annotations.Nullable;

/**
 * One call under way. A response that is there at once, or that is short, is completed whole; where it may be streamed and
 * is neither, it is completed with what has come, and the rest is read from Jetty as somebody asks for it. Jetty calls it
 * from one thread at a time.
 */
final class JettyCall extends CompletableFuture<UpstreamResult> implements Response.Listener {

    /** What is longer is streamed; of a Content-Length, what is believed before the body has come. */
    private static final int SHORT = 64 * 1024;

    private static final byte[] EMPTY = new byte[0];

    private final JettyRequest request;
    private final int maxBody;
    private final boolean streamed;
    private byte[] body = EMPTY;
    private int length;
    private boolean tooLarge;
    private volatile boolean timedOut;
    private volatile @Nullable JettyBody rest;

    JettyCall(JettyRequest request, int maxBody, boolean streamed) {
        this.request = request;
        this.maxBody = maxBody;
        this.streamed = streamed;
    }

    @Override
    public boolean cancel(boolean mayInterrupt) {
        boolean cancelled = super.cancel(mayInterrupt);
        if (cancelled) {
            abort(new CancellationException("no longer wanted"));
        }
        return cancelled;
    }

    /** The time for the response, or for its beginning where it is streamed, is over. */
    void timeOut() {
        if (!isDone()) {
            timedOut = true;
            abort(new TimeoutException("no response in time"));
        }
    }

    @Override
    public void onHeaders(Response response) {
        long announced = announced(response);
        if (isHead() || announced <= 0) {
            return;
        }
        if (!streamed && announced > maxBody) {
            refuseBody();
        } else if (announced <= SHORT) {
            body = new byte[(int) announced];
        }
    }

    private boolean isHead() {
        return "HEAD".equals(request.getMethod());
    }

    @Override
    public void onContentSource(Response response, Content.Source source) {
        gather(response, source);
    }

    private void gather(Response response, Content.Source source) {
        while (true) {
            Content.Chunk chunk = source.read();
            if (chunk == null) {
                if (isToStream(response)) {
                    stream(response, source);
                } else {
                    source.demand(() -> gather(response, source));
                }
                return;
            }
            if (Content.Chunk.isFailure(chunk)) {
                fail(response, source, chunk);
                return;
            }
            boolean last = take(chunk);
            if (last || tooLarge) {
                return;
            }
            if (isToStream(response) && (length > SHORT || announced(response) > SHORT)) {
                stream(response, source);
                return;
            }
        }
    }

    /** What is announced as short is here soon, and what is not announced may take its time. */
    private boolean isToStream(Response response) {
        long announced = announced(response);
        return streamed && !isHead() && (announced < 0 || announced > SHORT);
    }

    private static long announced(Response response) {
        return response.getHeaders().getLongField(HttpHeader.CONTENT_LENGTH);
    }

    private void stream(Response response, Content.Source source) {
        JettyBody following = new JettyBody(response, source);
        rest = following;
        complete(response(response, following));
        if (isCancelled()) {
            following.cancel();
        }
    }

    private static void fail(Response response, Content.Source source, Content.Chunk chunk) {
        var unused = response.abort(chunk.getFailure());
        if (!chunk.isLast()) {
            source.fail(chunk.getFailure());
        }
    }

    private boolean take(Content.Chunk chunk) {
        int more = chunk.remaining();
        boolean last = chunk.isLast();
        if (more > maxBody - length) {
            chunk.release();
            refuseBody();
            return last;
        }
        if (length + more > body.length) {
            long doubled = Math.max(2L * body.length, 1024L);
            body = Arrays.copyOf(body, (int) Math.min(maxBody, Math.max(doubled, length + more)));
        }
        chunk.get(body, length, more);
        length += more;
        chunk.release();
        return last;
    }

    /** The fields behind the body, once that has been read. */
    static Headers trailers(Response response) {
        HttpFields fields = response.getTrailers();
        return fields == null ? Headers.EMPTY : headers(fields);
    }

    /** Fields less those of the connection. */
    static Headers headers(HttpFields fields) {
        List<Headers.Field> headers = new ArrayList<>(fields.size());
        for (HttpField field : fields) {
            headers.add(new Headers.Field(field.getName(), field.getValue() == null ? "" : field.getValue()));
        }
        return HopByHop.removedFrom(Headers.of(headers));
    }

    @Override
    public void onSuccess(Response response) {
        // an answer before the request was sent is one all the same, and ends the sending
        request.stopSending();
    }

    @Override
    public void onComplete(Result result) {
        JettyBody following = rest;
        if (following != null) {
            if (result.getResponseFailure() != null) {
                following.fail(result.getResponseFailure());
            }
            return;
        }
        UpstreamResult outcome;
        try {
            // Nobody asked for another protocol: a 101 is no response
            boolean whole =
                    result.getResponseFailure() == null && result.getResponse().getStatus() >= 200;
            outcome = whole ? response(result.getResponse(), end(result.getResponse())) : failure(result);
        } catch (IllegalArgumentException e) {
            outcome = new UpstreamFailure(
                    UpstreamFailure.Kind.BROKEN, "the upstream's response has fields that are not HTTP");
        }
        complete(outcome);
    }

    /** What still follows a body that is here: fields behind it, where there are any and somebody takes them. */
    private @Nullable BodySource end(Response response) {
        Headers trailers = trailers(response);
        return streamed && trailers.size() > 0 ? new EndSource(new Piece.End(trailers)) : null;
    }

    private UpstreamResponse response(Response response, @Nullable BodySource following) {
        HttpFields fields = response.getHeaders();
        boolean framedByChunks = fields.contains(HttpHeader.TRANSFER_ENCODING);
        if (framedByChunks && !"chunked".equalsIgnoreCase(fields.get(HttpHeader.TRANSFER_ENCODING))) {
            // The client has taken off the chunks alone, and nobody would be told of the rest (RFC 9112 §6.1)
            throw new IllegalArgumentException("Transfer-Encoding: more than chunked");
        }
        List<Headers.Field> headers = new ArrayList<>(fields.size());
        for (HttpField field : fields) {
            // With both, the length is of no meaning (RFC 9112 §6.3)
            boolean meaningless = framedByChunks && field.getHeader() == HttpHeader.CONTENT_LENGTH;
            if (!meaningless) {
                headers.add(new Headers.Field(field.getName(), field.getValue() == null ? "" : field.getValue()));
            }
        }
        byte[] whole = length == body.length ? body : Arrays.copyOf(body, length);
        return new UpstreamResponse(response.getStatus(), HopByHop.removedFrom(Headers.of(headers)), whole, following);
    }

    private UpstreamFailure failure(Result result) {
        if (tooLarge) {
            return new UpstreamFailure(
                    UpstreamFailure.Kind.TOO_LARGE, "the response's body is larger than " + maxBody + " bytes");
        }
        Throwable cause = result.getFailure();
        boolean connectTimedOut = !request.begun() && cause instanceof SocketTimeoutException;
        if (!connectTimedOut
                && (timedOut || cause instanceof TimeoutException || cause instanceof SocketTimeoutException)) {
            return new UpstreamFailure(
                    UpstreamFailure.Kind.TIMED_OUT, "the upstream did not give its whole response in time");
        }
        boolean silent = result.getResponse() == null || result.getResponse().getStatus() == 0;
        // Without a handshake there is no connection, though Jetty begins to send before it
        boolean unshaken = silent && !request.keptOpen() && cause instanceof SSLHandshakeException;
        if (!request.begun() || unshaken) {
            return new UpstreamFailure(
                    UpstreamFailure.Kind.NOT_CONNECTED, "no connection to the upstream could be opened", cause);
        }
        if (silent && Http2Refusal.is(cause)) {
            return new UpstreamFailure(
                    UpstreamFailure.Kind.REFUSED, "the upstream refused the request without looking at it", cause);
        }
        if (silent && request.keptOpen()) {
            return new UpstreamFailure(
                    UpstreamFailure.Kind.STALE_CONNECTION,
                    "the upstream closed the connection without a response",
                    cause);
        }
        return new UpstreamFailure(
                UpstreamFailure.Kind.BROKEN,
                silent
                        ? "the upstream closed the connection without a response"
                        : "the upstream's response broke off, or is not HTTP",
                cause);
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
