package io.thr.core;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;

/** What a class logs while something is done; it does not come into the build's own output then. */
public final class Logged {

    private Logged() {}

    /** What the class logs, by whatever thread: each as {@code LEVEL message}. */
    public static List<String> by(Class<?> type, Runnable action) {
        return by(type.getName(), action);
    }

    /** What is logged under that name. */
    public static List<String> by(String name, Runnable action) {
        List<LogRecord> records = Collections.synchronizedList(new ArrayList<>());
        Logger logger = Logger.getLogger(name);
        Handler handler = new Handler() {
            @Override
            public void publish(LogRecord logged) {
                records.add(logged);
            }

            @Override
            public void flush() {}

            @Override
            public void close() {}
        };
        logger.addHandler(handler);
        logger.setUseParentHandlers(false);
        try {
            action.run();
        } finally {
            logger.removeHandler(handler);
            logger.setUseParentHandlers(true);
        }
        SimpleFormatter formatter = new SimpleFormatter();
        return List.copyOf(records).stream()
                .map(logged -> logged.getLevel() + " " + formatter.formatMessage(logged)
                        + (logged.getThrown() == null ? "" : " " + logged.getThrown()))
                .toList();
    }
}
