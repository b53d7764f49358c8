package io.thr.demo;

import java.io.IOException;

/** The demo on free ports, for tests in other packages. */
public final class StartedDemo implements AutoCloseable {

    private final Demo demo;

    private StartedDemo(Demo demo) {
        this.demo = demo;
    }

    /** Starts it. */
    public static StartedDemo start() throws IOException {
        return new StartedDemo(Demo.start(0, 0));
    }

    /** Where the front is. */
    public String url() {
        return demo.url();
    }

    /** Where the page is, with its token. */
    public String page() {
        return demo.page();
    }

    @Override
    public void close() {
        demo.close();
    }
}
