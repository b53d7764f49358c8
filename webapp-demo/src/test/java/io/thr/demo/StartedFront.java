package io.thr.demo;

import io.thr.filter.config.FilterSettings;
import java.io.IOException;
import java.time.Duration;

/** The ready-made front on a free port, for tests in other packages. */
public final class StartedFront implements AutoCloseable {

    private final Front front;

    private StartedFront(Front front) {
        this.front = front;
    }

    /** Starts it. */
    public static StartedFront start(FilterSettings settings) throws IOException {
        return new StartedFront(Front.start(settings, new Listen(0, null)));
    }

    /** Starts it with little patience for slow senders. */
    public static StartedFront start(FilterSettings settings, Duration senderPatience) throws IOException {
        return new StartedFront(Front.start(settings, new Listen(0, null), senderPatience));
    }

    /** Where it listens. */
    public int port() {
        return front.port();
    }

    @Override
    public void close() {
        front.close();
    }
}
