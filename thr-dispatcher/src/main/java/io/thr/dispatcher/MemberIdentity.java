package io.thr.dispatcher;

import java.net.InetAddress;
import java.net.UnknownHostException;

/**
 * Which program a member is.
 *
 * @param host the machine's name
 * @param pid the process
 * @param version of the program
 */
record MemberIdentity(String host, long pid, String version) {

    /** Of this program. May take a while, where the machine's name is to be looked up. */
    static MemberIdentity here() {
        String version = MemberIdentity.class.getPackage().getImplementationVersion();
        return new MemberIdentity(hostName(), ProcessHandle.current().pid(), version == null ? "?" : version);
    }

    private static String hostName() {
        try {
            return InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException e) {
            return "?";
        }
    }
}
