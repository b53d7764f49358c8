package io.thr.demo;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Where a front listens.
 *
 * @param port the TCP port; 0: no TCP where there is a unix socket, else any free port
 * @param unixSocket the path of a unix-domain socket, or null
 */
record Listen(int port, @Nullable Path unixSocket) {

    boolean tcp() {
        return port != 0 || unixSocket == null;
    }

    @Override
    public String toString() {
        String tcp = tcp() ? "port " + port : "";
        return unixSocket == null ? tcp : (tcp() ? tcp + " and " : "") + unixSocket;
    }
}
