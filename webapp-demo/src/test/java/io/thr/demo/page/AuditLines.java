package io.thr.demo.page;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;

/** What changes leave in the log. */
final class AuditLines extends Handler {

    // held here, as the log manager holds loggers weakly
    private static final Logger AUDIT = Logger.getLogger("io.thr.audit");

    private final List<String> lines = new CopyOnWriteArrayList<>();
    private final SimpleFormatter format = new SimpleFormatter();

    static AuditLines listen() {
        AuditLines lines = new AuditLines();
        AUDIT.addHandler(lines);
        return lines;
    }

    /** Those since the last call. */
    List<String> take() {
        List<String> taken = List.copyOf(lines);
        lines.clear();
        return taken;
    }

    @Override
    public void publish(LogRecord entry) {
        lines.add(format.formatMessage(entry));
    }

    @Override
    public void flush() {
        // nothing is kept back
    }

    @Override
    public void close() {
        AUDIT.removeHandler(this);
    }
}
