package io.thr.benchmark.server;

import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicInteger;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.ee10.servlet.ServletHolder;
import org.eclipse.jetty.server.Server;

/** Suspends every request and does nothing else: what a waiting request costs in Jetty before THR adds anything. */
public final class BareSuspension {

    private BareSuspension() {}

    /** Serves until it is killed. */
    public static void main(String[] args) throws Exception {
        ServletHolder holder = new ServletHolder(new Suspend());
        holder.setAsyncSupported(true);
        ServletContextHandler context = new ServletContextHandler("/");
        context.addServlet(holder, "/*");

        Server server = LoopbackServer.on(context);
        server.start();
        LoopbackServer.announce(server);
        server.join();
    }

    private static final class Suspend extends HttpServlet {

        private final AtomicInteger waiting = new AtomicInteger();

        @Override
        protected void service(HttpServletRequest request, HttpServletResponse response) throws IOException {
            if (request.getRequestURI().equals("/waiting")) {
                response.getWriter().print(waiting);
            } else {
                request.startAsync().setTimeout(0);
                waiting.incrementAndGet();
            }
        }
    }
}
