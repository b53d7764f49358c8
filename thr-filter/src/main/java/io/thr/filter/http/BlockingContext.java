package io.thr.filter.http;

import jakarta.servlet.AsyncContext;
import jakarta.servlet.AsyncEvent;
import jakarta.servlet.AsyncListener;
import jakarta.servlet.ReadListener;
import jakarta.servlet.ServletContext;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletInputStream;
import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.WriteListener;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpServletResponseWrapper;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import org.jspecify.annotations.Nullable;

/**
 * Suspends an exchange where the container cannot, because a filter or servlet of the chain is not async-supported: the
 * thread that brought the request waits for its end, and meanwhile does for it what a container does for a suspended one. It
 * calls the listeners of the streams, which then read and write by blocking on it. To everybody else such an exchange is
 * suspended like any other.
 *
 * <p>The thread that makes it owns it, and alone calls {@link #await()}. All else may be called by any thread. Clients that
 * leave are noticed by reading or writing only.
 */
public final class BlockingContext implements AsyncContext {

    private static final Logger LOG = System.getLogger(BlockingContext.class.getName());

    private final Thread owner = Thread.currentThread();
    private final HttpServletRequest request;
    private final HttpServletResponse response;
    private final BlockingQueue<Work> works = new LinkedBlockingQueue<>();
    private final List<AsyncListener> listeners = new CopyOnWriteArrayList<>();
    private volatile @Nullable End end;

    /** How it may end. */
    public enum End {
        /** The response is written, or there is nobody to write to. */
        COMPLETED,
        /** The request goes on to the application. */
        DISPATCHED
    }

    /** What the owner is to do. */
    @FunctionalInterface
    private interface Work {

        void run() throws IOException;
    }

    /** Of the request and the response of the thread that calls. */
    public BlockingContext(HttpServletRequest request, HttpServletResponse response) {
        this.request = new OwnersRequest(request);
        this.response = new OwnersResponse(response);
    }

    /** Waits until it ends. What is bound to end it is not its own affair. */
    public End await() throws IOException {
        boolean interrupted = false;
        End how = end;
        while (how == null) {
            try {
                works.take().run();
            } catch (InterruptedException e) {
                // the server stops, and does not want to wait for its threads
                interrupted = true;
                interrupted(e);
            }
            how = end;
        }
        if (interrupted) {
            owner.interrupt();
        }
        return how;
    }

    private void interrupted(InterruptedException cause) throws IOException {
        AsyncEvent event = new AsyncEvent(this, request, response, cause);
        for (AsyncListener listener : listeners) {
            listener.onError(event);
        }
        // whoever has won the exchange's end may still be writing
    }

    private void end(End how) {
        synchronized (works) {
            if (end != null) {
                throw new IllegalStateException("the exchange has ended: " + end);
            }
            end = how;
        }
        works.add(() -> {});
    }

    @Override
    public void complete() {
        end(End.COMPLETED);
    }

    @Override
    public void dispatch() {
        end(End.DISPATCHED);
    }

    @Override
    public void dispatch(String path) {
        throw new UnsupportedOperationException("dispatch to another path");
    }

    @Override
    public void dispatch(ServletContext context, String path) {
        throw new UnsupportedOperationException("dispatch to another path");
    }

    @Override
    public void start(Runnable run) {
        works.add(run::run);
    }

    @Override
    public void addListener(AsyncListener listener) {
        listeners.add(listener);
    }

    @Override
    public void addListener(AsyncListener listener, ServletRequest servletRequest, ServletResponse servletResponse) {
        listeners.add(listener);
    }

    @Override
    public <T extends AsyncListener> T createListener(Class<T> type) throws ServletException {
        throw new UnsupportedOperationException("createListener");
    }

    @Override
    public HttpServletRequest getRequest() {
        return request;
    }

    @Override
    public HttpServletResponse getResponse() {
        return response;
    }

    @Override
    public boolean hasOriginalRequestAndResponse() {
        return true;
    }

    @Override
    public void setTimeout(long timeout) {
        if (timeout > 0) {
            throw new UnsupportedOperationException("timeout: " + timeout + " (expected: 0, none)");
        }
    }

    @Override
    public long getTimeout() {
        return 0;
    }

    private boolean isOwner() {
        return Thread.currentThread() == owner;
    }

    private final class OwnersRequest extends HttpServletRequestWrapper {

        private @Nullable Input input;

        OwnersRequest(HttpServletRequest request) {
            super(request);
        }

        @Override
        public synchronized ServletInputStream getInputStream() throws IOException {
            Input opened = input;
            if (opened == null) {
                opened = new Input(super.getInputStream());
                input = opened;
            }
            return opened;
        }
    }

    private final class OwnersResponse extends HttpServletResponseWrapper {

        private @Nullable Output output;

        OwnersResponse(HttpServletResponse response) {
            super(response);
        }

        @Override
        public synchronized ServletOutputStream getOutputStream() throws IOException {
            Output opened = output;
            if (opened == null) {
                opened = new Output(super.getOutputStream());
                output = opened;
            }
            return opened;
        }
    }

    /** Ready to be read by the owner, who is called for that. */
    private final class Input extends ServletInputStream {

        private final ServletInputStream in;
        private volatile @Nullable ReadListener listener;

        Input(ServletInputStream in) {
            this.in = in;
        }

        @Override
        public void setReadListener(ReadListener newListener) {
            listener = newListener;
            works.add(this::dataAvailable);
        }

        private void dataAvailable() {
            ReadListener told = listener;
            if (told != null && end == null) {
                try {
                    told.onDataAvailable();
                } catch (IOException | RuntimeException e) {
                    told.onError(e);
                }
            }
        }

        @Override
        public boolean isReady() {
            if (isOwner()) {
                return true;
            }
            works.add(this::dataAvailable);
            return false;
        }

        @Override
        public boolean isFinished() {
            return in.isFinished();
        }

        @Override
        public int read() throws IOException {
            return in.read();
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            return in.read(bytes, offset, length);
        }
    }

    /** Ready to be written by the owner, who is called for that. */
    private final class Output extends ServletOutputStream {

        private final ServletOutputStream out;
        private volatile @Nullable WriteListener listener;

        Output(ServletOutputStream out) {
            this.out = out;
        }

        @Override
        public void setWriteListener(WriteListener newListener) {
            listener = newListener;
            works.add(this::writePossible);
        }

        private void writePossible() {
            WriteListener told = listener;
            if (told != null && end == null) {
                try {
                    told.onWritePossible();
                } catch (IOException | RuntimeException e) {
                    LOG.log(Level.DEBUG, "the response could not be written", e);
                    told.onError(e);
                }
            }
        }

        @Override
        public boolean isReady() {
            if (isOwner()) {
                return true;
            }
            works.add(this::writePossible);
            return false;
        }

        @Override
        public void write(int one) throws IOException {
            out.write(one);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            out.write(bytes, offset, length);
        }

        @Override
        public void flush() throws IOException {
            out.flush();
        }
    }
}
