package io.thr.filter.http;

import io.thr.core.match.CidrBlock;
import io.thr.core.match.IpAddress;
import io.thr.filter.config.ForwardedField;
import jakarta.servlet.http.HttpServletRequest;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Tells who the client is when proxies stand before us. What they write in their field is believed only from a listed
 * proxy; the list of hops is walked from the right, over listed proxies, and the first other address is the client. A hop
 * that is no address ends the walk: then the last address that was believed counts. Never the leftmost, which anybody can
 * write, and never another field: a proxy that appends to {@code X-Forwarded-For} passes a client's {@code Forwarded} on
 * as it came. Threads may share it.
 */
public final class ClientAddress {

    private final List<CidrBlock> trustedProxies;
    private final ForwardedField field;

    /** With the proxies that are believed, and the field that they write; with none, the peer is the client. */
    public ClientAddress(List<CidrBlock> trustedProxies, ForwardedField field) {
        this.trustedProxies = List.copyOf(trustedProxies);
        this.field = field;
    }

    /** The client's address for a request that came from that peer. */
    IpAddress of(IpAddress peer, HttpServletRequest request) {
        if (!isTrusted(peer)) {
            return peer;
        }
        List<String> hops = hops(request);
        IpAddress client = peer;
        for (int i = hops.size() - 1; i >= 0; i--) {
            IpAddress hop = addressOf(hops.get(i));
            if (hop == null) {
                return client;
            }
            client = hop;
            if (!isTrusted(hop)) {
                return client;
            }
        }
        return client;
    }

    /** Whether that address is a listed proxy's. */
    boolean isTrusted(IpAddress address) {
        for (CidrBlock block : trustedProxies) {
            if (block.contains(address)) {
                return true;
            }
        }
        return false;
    }

    /** The hops in the order they were passed, oldest first; all lines of the field joined (RFC 9110 §5.3). */
    private List<String> hops(HttpServletRequest request) {
        List<String> hops = new ArrayList<>();
        for (String line : Collections.list(request.getHeaders(field.fieldName()))) {
            for (String element : line.split(",", -1)) {
                hops.add(field == ForwardedField.FORWARDED ? forwardedFor(element) : element.strip());
            }
        }
        return hops;
    }

    /** The node of the {@code for} parameter of one forwarded-element, empty where there is none (RFC 7239 §4). */
    private static String forwardedFor(String element) {
        for (String pair : element.split(";", -1)) {
            String stripped = pair.strip();
            if (stripped.regionMatches(true, 0, "for=", 0, 4)) {
                String node = stripped.substring(4).strip();
                boolean quoted = node.length() >= 2 && node.startsWith("\"") && node.endsWith("\"");
                return quoted ? node.substring(1, node.length() - 1) : node;
            }
        }
        return "";
    }

    /** The address without brackets and port; null where it is none ({@code unknown}, {@code _id}). */
    private static @Nullable IpAddress addressOf(String hop) {
        String host = hop.strip();
        if (host.startsWith("[")) {
            int end = host.indexOf(']');
            host = end < 0 ? "" : host.substring(1, end);
        } else if (host.indexOf(':') >= 0 && host.indexOf(':') == host.lastIndexOf(':')) {
            host = host.substring(0, host.indexOf(':'));
        }
        return IpAddress.parse(host).orElse(null);
    }
}
