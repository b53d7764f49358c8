package io.thr.dispatcher;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.security.SecureRandom;
import java.util.HexFormat;

/** What a dispatcher is called on the bus: tells people where it is, and no other is called so. */
final class MemberName {

    private static final int MAX_HOST = 64;

    private MemberName() {}

    /** {@code host-pid-random}, of letters, digits, dots, hyphens and underscores. */
    static String create() {
        byte[] random = new byte[4];
        new SecureRandom().nextBytes(random);
        return host() + "-" + ProcessHandle.current().pid() + "-"
                + HexFormat.of().formatHex(random);
    }

    private static String host() {
        String name;
        try {
            name = InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException e) {
            // A machine whose own name leads nowhere still needs one
            name = "unknown";
        }
        String plain = name.replaceAll("[^A-Za-z0-9._-]", "_");
        return plain.length() <= MAX_HOST ? plain : plain.substring(0, MAX_HOST);
    }
}
