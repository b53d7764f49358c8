package io.thr.demo;

import java.io.IOException;
import java.util.concurrent.Callable;
import java.util.logging.Level;
import java.util.logging.Logger;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code demo}: everything in one process, to see it work. */
@Command(
        name = "demo",
        description =
                "Starts everything in this one process: a Redis, an upstream that says hello, dispatcher and front.",
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

    // Held here, as the log manager holds loggers weakly and forgets their levels with them
    private static final Logger PARTS = Logger.getLogger("io.thr");

    @Override
    public Integer call() throws IOException, InterruptedException {
        // What the parts say of themselves, such as that this Redis keeps nothing, would bury what there is to do.
        PARTS.setLevel(Level.WARNING);
        try (Demo demo = Demo.start(port)) {
            CleanEnd.onSignal(demo::close);
            System.out.println(demo.introduction());
            demo.awaitEnd();
        }
        return 0;
    }
}
