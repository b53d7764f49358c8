package io.thr.filter.http;

import io.thr.core.body.BodySource;
import io.thr.core.message.Headers;
import io.thr.core.message.HopByHop;
import jakarta.servlet.AsyncContext;
import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.WriteListener;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/**
 * Writes an answer to the container's response. A body that fits the container's buffer is written at once, on whatever
 * thread that is: it cannot block. A larger one goes out as the client takes it, by a {@link WriteListener}, so that a
 * slow client holds no thread.
 */
public final class ResponseWriter {

    private static final Logger LOG = System.getLogger(ResponseWriter.class.getName());

    private static final int CHUNK = 64 * 1024;

    /** These have no body, whatever their fields say (RFC 9110 §6.4.1). */
    private static final Set<Integer> STATUS_WITHOUT_BODY = Set.of(204, 205, 304);

    private ResponseWriter() {}

    /** Writes an answer on the servlet's own thread, and does not end the response: the container does. */
    public static void write(HttpServletResponse response, String method, Answer answer) throws IOException {
        if (head(response, method, answer)) {
            response.getOutputStream().write(answer.body());
        }
    }

    /** Writes an answer to a suspended exchange and completes it; the caller has won the right to end it. */
    public static void writeAndComplete(
            AsyncContext context, HttpServletResponse response, String method, Answer answer) {
        try {
            if (!head(response, method, answer)) {
                if (hasUntoldLength(method, answer)) {
                    response.getOutputStream().setWriteListener(new HeadAlone(context, response.getOutputStream()));
                } else {
                    context.complete();
                }
                return;
            }
            byte[] body = answer.body();
            ServletOutputStream output = response.getOutputStream();
            if (body.length <= response.getBufferSize()) {
                output.write(body);
                context.complete();
            } else {
                output.setWriteListener(new WholeBody(context, output, body));
            }
        } catch (IOException | RuntimeException e) {
            abandon(context, e);
        }
    }

    /**
     * Writes the head of an answer to a suspended exchange and its body as it comes, and completes it. The caller has won the
     * right to end it.
     *
     * @param answer with the beginning of the body
     * @param rest what follows that
     * @return completed when all has been written; fails where the body broke off, or the client has left
     */
    public static CompletableFuture<Void> stream(
            AsyncContext context, HttpServletResponse response, String method, Answer answer, BodySource rest) {
        CompletableFuture<Void> written = new CompletableFuture<>();
        try {
            if (!streamedHead(response, method, answer)) {
                rest.cancel();
                context.complete();
                written.complete(null);
                return written;
            }
            ServletOutputStream output = response.getOutputStream();
            StreamedBody body = new StreamedBody(context, response, output, answer.body(), rest, written);
            if (!response.containsHeader("Content-Length")) {
                setTrailers(response, body);
            }
            output.setWriteListener(body);
        } catch (IOException | RuntimeException e) {
            rest.cancel();
            abandon(context, e);
            written.completeExceptionally(e);
        }
        return written;
    }

    /** Fields behind the body need chunks or HTTP/2; HTTP/1.0 has neither. */
    private static void setTrailers(HttpServletResponse response, StreamedBody body) {
        try {
            response.setTrailerFields(body::trailers);
        } catch (IllegalStateException e) {
            LOG.log(Level.DEBUG, "the response can have no trailers: {0}", e.getMessage());
        }
    }

    private static boolean streamedHead(HttpServletResponse response, String method, Answer answer) {
        int status = answer.status();
        response.setStatus(status);
        for (Headers.Field field : HopByHop.removedFrom(answer.headers())) {
            write(response, field);
        }
        return !method.equals("HEAD") && !STATUS_WITHOUT_BODY.contains(status) && status >= 200;
    }

    /** Writes status and fields; says whether a body follows. */
    private static boolean head(HttpServletResponse response, String method, Answer answer) {
        int status = answer.status();
        response.setStatus(status);
        boolean isHead = method.equals("HEAD");
        boolean withoutBody = STATUS_WITHOUT_BODY.contains(status) || status < 200;
        for (Headers.Field field : HopByHop.removedFrom(answer.headers())) {
            boolean isLength = field.name().equalsIgnoreCase("Content-Length");
            // The length of what is really written counts, but for HEAD and 304, where it tells of another response.
            if (!isLength || isHead || status == 304) {
                write(response, field);
            }
        }
        if (withoutBody || isHead) {
            return false;
        }
        response.setContentLength(answer.body().length);
        return answer.body().length > 0;
    }

    /** Whether the response is about content that does not follow, and does not tell how long that is. */
    private static boolean hasUntoldLength(String method, Answer answer) {
        boolean isAboutOther = (method.equals("HEAD") && answer.status() != 204) || answer.status() == 304;
        return isAboutOther && !answer.headers().contains("Content-Length");
    }

    /** Fields that every container sets by itself are replaced by the answer's; all others are added, repeats too. */
    private static void write(HttpServletResponse response, Headers.Field field) {
        if (field.name().equalsIgnoreCase("Date") || field.name().equalsIgnoreCase("Server")) {
            response.setHeader(field.name(), field.value());
        } else {
            response.addHeader(field.name(), field.value());
        }
    }

    /** The client has left or the container has recycled the response: nobody is left to tell. */
    static void abandon(AsyncContext context, Throwable cause) {
        LOG.log(Level.DEBUG, "the response could not be written", cause);
        try {
            context.complete();
        } catch (IllegalStateException e) {
            LOG.log(Level.DEBUG, "the container had already completed the exchange", e);
        }
    }

    /**
     * Sends the head before the end: a response that is nothing but its end gets {@code Content-Length: 0} from containers,
     * which would not be true of the content that it is about (RFC 9110 §8.6).
     */
    private static final class HeadAlone implements WriteListener {

        private final AsyncContext context;
        private final ServletOutputStream output;
        private boolean flushed;

        HeadAlone(AsyncContext context, ServletOutputStream output) {
            this.context = context;
            this.output = output;
        }

        @Override
        public void onWritePossible() throws IOException {
            if (!flushed) {
                flushed = true;
                output.flush();
            }
            if (output.isReady()) {
                context.complete();
            }
        }

        @Override
        public void onError(Throwable cause) {
            abandon(context, cause);
        }
    }

    /** Writes one array as the client takes it. The container calls it, one call at a time. */
    private static final class WholeBody implements WriteListener {

        private final AsyncContext context;
        private final ServletOutputStream output;
        private final byte[] body;
        private int written;

        WholeBody(AsyncContext context, ServletOutputStream output, byte[] body) {
            this.context = context;
            this.output = output;
            this.body = body;
        }

        @Override
        public void onWritePossible() throws IOException {
            while (output.isReady()) {
                if (written == body.length) {
                    context.complete();
                    return;
                }
                int length = Math.min(CHUNK, body.length - written);
                output.write(body, written, length);
                written += length;
            }
        }

        @Override
        public void onError(Throwable cause) {
            abandon(context, cause);
        }
    }
}
