package io.thr.filter.http;

import io.thr.core.match.CidrBlock;
import io.thr.core.match.IpAddress;
import io.thr.filter.config.ForwardedField;
import jakarta.servlet.http.HttpServletRequest;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

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
        ForwardedHops hops = new ForwardedHops(field, Collections.list(request.getHeaders(field.fieldName())));
        IpAddress client = peer;
        for (Optional<IpAddress> hop = hops.next(); hop.isPresent(); hop = hops.next()) {
            client = hop.get();
            if (!isTrusted(client)) {
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
}
