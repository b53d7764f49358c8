package io.thr.benchmark;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;

/**
 * One way from the client to the upstream.
 *
 * @param name how the tables call it
 * @param port where the client connects, on the loopback address
 * @param processes every process a request meets on it
 */
record Way(String name, int port, List<ServerProcess> processes) {

    Way {
        processes = List.copyOf(processes);
    }

    InetSocketAddress address() {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    }
}
