package io.thr.demo;

import io.thr.filter.config.FilterSettings;
import java.io.IOException;

/** The ready-made front in this process, on a free port. */
public final class InProcessFront implements AutoCloseable {

    private final Front front;

    private InProcessFront(Front front) {
        this.front = front;
    }

    public static InProcessFront start(FilterSettings settings) throws IOException {
        return new InProcessFront(Front.start(settings, new Listen(0, null)));
    }

    public int port() {
        return front.port();
    }

    @Override
    public void close() throws Exception {
        front.close();
    }
}
