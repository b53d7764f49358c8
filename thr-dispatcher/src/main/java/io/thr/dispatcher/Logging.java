package io.thr.dispatcher;

import java.util.List;
import java.util.logging.Level;
import java.util.logging.Logger;

/** The log of the process: one line an event, on stderr, of warnings only where others' code speaks. */
public final class Logging {

    private static final String FORMAT = "java.util.logging.SimpleFormatter.format";
    private static final String ONE_LINE = "%1$tF %1$tT.%1$tL %4$s %3$s: %5$s%6$s%n";

    // Held here, as the log manager holds loggers weakly and forgets their levels with them
    private static final List<Logger> OTHERS =
            List.of(Logger.getLogger("org.eclipse.jetty"), Logger.getLogger("redis.clients"));

    private static final Logger OURS = Logger.getLogger("io.thr");

    private Logging() {}

    /** Sets it up, unless the user has configured java.util.logging himself. To be called before anything is logged. */
    public static void setUp() {
        boolean configured = System.getProperty("java.util.logging.config.file") != null
                || System.getProperty("java.util.logging.config.class") != null;
        if (configured) {
            return;
        }
        if (System.getProperty(FORMAT) == null) {
            System.setProperty(FORMAT, ONE_LINE);
        }
        OTHERS.forEach(logger -> logger.setLevel(Level.WARNING));
    }

    /** For a command: what the parts say of themselves and of the server would bury its answer. */
    static void quiet() {
        OURS.setLevel(Level.SEVERE);
    }
}
