package io.thr.examples;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.LinkedHashMap;
import java.util.Map;

/** What differs between a page and its run in a test: free ports, so that it disturbs nothing on its machine. */
final class Replacements {

    private final Map<String, String> byText = new LinkedHashMap<>();

    /** In the order in which they are put. */
    Replacements put(String written, String instead) {
        byText.put(written, instead);
        return this;
    }

    /** A free port instead of each of those that the page names. */
    Replacements putFreePorts(int... written) throws IOException {
        for (int port : written) {
            try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
                put(String.valueOf(port), String.valueOf(socket.getLocalPort()));
            }
        }
        return this;
    }

    String in(String text) {
        String replaced = text;
        for (Map.Entry<String, String> entry : byText.entrySet()) {
            replaced = replaced.replace(entry.getKey(), entry.getValue());
        }
        return replaced;
    }
}
