package io.thr.examples;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.LinkedHashMap;
import java.util.Map;

/** Free ports in place of those that a page names, so that its commands disturb nothing on the machine they run on. */
final class Ports {

    private final Map<String, String> free = new LinkedHashMap<>();

    /** One free port for each of these numbers. */
    static Ports insteadOf(int... named) throws IOException {
        Ports ports = new Ports();
        for (int port : named) {
            try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
                ports.put(port, socket.getLocalPort());
            }
        }
        return ports;
    }

    Ports put(int named, int instead) {
        free.put(String.valueOf(named), String.valueOf(instead));
        return this;
    }

    String in(String text) {
        String changed = text;
        for (Map.Entry<String, String> port : free.entrySet()) {
            changed = changed.replace(port.getKey(), port.getValue());
        }
        return changed;
    }
}
