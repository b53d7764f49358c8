package io.thr.filter.rule;

import io.thr.core.match.CanonicalPath;
import io.thr.core.message.Headers;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A request that is what the test says. */
public record PlainRequest(
        String method,
        String rawPath,
        String path,
        @Nullable String queryString,
        String host,
        String scheme,
        String remoteIp,
        String realIp,
        @Nullable String principal,
        Set<String> roles,
        Headers headers)
        implements RequestView {

    /** {@code GET http://localhost:8888} and that target, from 10.0.0.1, without headers. */
    public static PlainRequest get(String target) {
        int question = target.indexOf('?');
        String rawPath = question < 0 ? target : target.substring(0, question);
        CanonicalPath path = CanonicalPath.of(rawPath);
        return new PlainRequest(
                "GET",
                rawPath,
                ((CanonicalPath.Canonical) path).path(),
                question < 0 ? null : target.substring(question + 1),
                "localhost:8888",
                "http",
                "10.0.0.1",
                "10.0.0.1",
                null,
                Set.of(),
                Headers.EMPTY);
    }

    public PlainRequest withMethod(String newMethod) {
        return new PlainRequest(
                newMethod, rawPath, path, queryString, host, scheme, remoteIp, realIp, principal, roles, headers);
    }

    public PlainRequest withHost(String newHost) {
        return new PlainRequest(
                method, rawPath, path, queryString, newHost, scheme, remoteIp, realIp, principal, roles, headers);
    }

    public PlainRequest withScheme(String newScheme) {
        return new PlainRequest(
                method, rawPath, path, queryString, host, newScheme, remoteIp, realIp, principal, roles, headers);
    }

    public PlainRequest withIps(String newRemoteIp, String newRealIp) {
        return new PlainRequest(
                method, rawPath, path, queryString, host, scheme, newRemoteIp, newRealIp, principal, roles, headers);
    }

    public PlainRequest withUser(String name, String... newRoles) {
        return new PlainRequest(
                method, rawPath, path, queryString, host, scheme, remoteIp, realIp, name, Set.of(newRoles), headers);
    }

    public PlainRequest withHeader(String name, String value) {
        return new PlainRequest(
                method,
                rawPath,
                path,
                queryString,
                host,
                scheme,
                remoteIp,
                realIp,
                principal,
                roles,
                headers.edit().add(name, value).build());
    }

    public Exchange exchange() {
        return new Exchange(this, "0123456789abcdef0123456789abcdef");
    }

    @Override
    public boolean hasRole(String role) {
        return roles.contains(role);
    }

    @Override
    public @Nullable String header(String name) {
        return headers.first(name);
    }

    @Override
    public List<String> headers(String name) {
        return headers.all(name);
    }

    @Override
    public List<String> headerNames() {
        return headers.stream()
                .map(field -> field.name().toLowerCase(Locale.ROOT))
                .distinct()
                .toList();
    }
}
