package io.thr.dispatcher.upstream;

import java.util.Collections;
import java.util.Set;
import java.util.WeakHashMap;
import org.eclipse.jetty.client.Connection;
import org.eclipse.jetty.client.transport.internal.HttpConnectionOverHTTP;
import org.jspecify.annotations.Nullable;

/** Knows which connections have served a request. Threads may share it. */
final class ServedConnections {

    private final Set<Connection> served = Collections.synchronizedSet(Collections.newSetFromMap(new WeakHashMap<>()));

    /** Whether it has served one before; from now on it has. Asked once for each request, when its sending begins. */
    boolean use(@Nullable Connection connection) {
        if (connection instanceof HttpConnectionOverHTTP http) {
            // Counts the one that begins
            return http.getMessagesOut() > 1;
        }
        return connection != null && !served.add(connection);
    }
}
