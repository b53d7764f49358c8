package io.thr.filter.http;

import io.thr.core.match.IpAddress;
import io.thr.filter.rule.RequestView;
import jakarta.servlet.http.HttpServletRequest;
import java.security.Principal;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Enumeration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A servlet request as the rules see it. It asks the container only for what a rule asks, and only while the exchange is
 * undecided or its own: after the end of an exchange the container uses the request again for somebody else.
 */
public final class ServletRequestView implements RequestView {

    private static final IpAddress LOOPBACK = IpAddress.of("127.0.0.1");

    private final HttpServletRequest request;
    private final ClientAddress clients;
    private final String path;
    private @Nullable IpAddress peer;
    private @Nullable String realIp;

    /** With the canonical path that was found for it. */
    public ServletRequestView(HttpServletRequest request, ClientAddress clients, String path) {
        this.request = request;
        this.clients = clients;
        this.path = path;
    }

    @Override
    public String method() {
        return request.getMethod();
    }

    @Override
    public String rawPath() {
        return request.getRequestURI();
    }

    @Override
    public String path() {
        return path;
    }

    @Override
    public @Nullable String queryString() {
        return request.getQueryString();
    }

    @Override
    public String host() {
        String host = request.getHeader("Host");
        if (host != null) {
            return host;
        }
        // HTTP/1.0 without Host, or HTTP/2 where :authority stands for it
        int port = request.getServerPort();
        boolean usual = port == ("https".equals(request.getScheme()) ? 443 : 80);
        return usual ? request.getServerName() : request.getServerName() + ":" + port;
    }

    @Override
    public String scheme() {
        return request.getScheme();
    }

    @Override
    public String remoteIp() {
        return peer().toString();
    }

    @Override
    public String realIp() {
        String known = realIp;
        if (known == null) {
            known = clients.of(peer(), request).toString();
            realIp = known;
        }
        return known;
    }

    private IpAddress peer() {
        IpAddress known = peer;
        if (known == null) {
            String address = request.getRemoteAddr();
            // A unix socket's peer has no address; whoever can open the socket is on this machine.
            known = address == null ? LOOPBACK : IpAddress.parse(address).orElse(LOOPBACK);
            peer = known;
        }
        return known;
    }

    @Override
    public @Nullable String principal() {
        Principal principal = request.getUserPrincipal();
        return principal == null ? null : principal.getName();
    }

    @Override
    public boolean hasRole(String role) {
        return request.isUserInRole(role);
    }

    @Override
    public @Nullable String header(String name) {
        return request.getHeader(name);
    }

    @Override
    public List<String> headers(String name) {
        Enumeration<String> values = request.getHeaders(name);
        if (!values.hasMoreElements()) {
            return List.of();
        }
        String first = values.nextElement();
        if (!values.hasMoreElements()) {
            return List.of(first);
        }
        List<String> all = new ArrayList<>();
        all.add(first);
        values.asIterator().forEachRemaining(all::add);
        return all;
    }

    @Override
    public List<String> headerNames() {
        return Collections.list(request.getHeaderNames());
    }

    /** Whether the peer itself is a listed proxy, so that what it forwards is kept. */
    public boolean isFromTrustedProxy() {
        return clients.isTrusted(peer());
    }
}
