package io.thr.demo;

import java.io.IOException;
import java.util.concurrent.Callable;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code demo}: everything in one process, to see it work. */
@Command(
        name = "demo",
        description =
                "Starts everything in this one process: a Redis, upstreams, dispatchers, the front, clients that keep them"
                        + " busy, and the page that shows it.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        sortOptions = false)
final class DemoCommand implements Callable<Integer> {

    @Option(
            names = "--port",
            paramLabel = "N",
            defaultValue = "8888",
            converter = PortConverter.class,
            description = "the front's TCP port (${DEFAULT-VALUE}); 0: any free one")
    private int port;

    @Option(
            names = "--admin-port",
            paramLabel = "N",
            defaultValue = "8899",
            converter = PortConverter.class,
            description = "the TCP port of the page (${DEFAULT-VALUE}); where it is taken, or 0: any free one")
    private int adminPort;

    @Option(
            names = "--open",
            negatable = true,
            description = "open the page in the browser, or do not (default: where there is a screen)")
    private @Nullable Boolean open;

    // Held here, as the log manager holds loggers weakly and forgets their levels with them
    private static final Logger PARTS = Logger.getLogger("io.thr");

    private static final Logger AUDIT = Logger.getLogger("io.thr.audit");

    @Override
    public Integer call() throws IOException, InterruptedException {
        // What the parts say of themselves, such as that this Redis keeps nothing, would bury what there is to do.
        PARTS.setLevel(Level.WARNING);
        // but for what somebody changes on the page
        AUDIT.setLevel(Level.INFO);
        try (Demo demo = Demo.start(port, adminPort)) {
            CleanEnd.onSignal(demo::close);
            System.out.println(demo.introduction());
            if (open == null ? Browser.hasDisplay(System.getenv(), System.getProperty("os.name")) : open) {
                Browser.open(demo.page());
            }
            demo.awaitEnd();
        }
        return 0;
    }
}
