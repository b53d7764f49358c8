package io.thr.admin;

import io.thr.core.match.IpAddress;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Keeps web pages of others from using a browser that can reach the admin port. Immutable.
 *
 * <p>A page of another site can have a browser send requests here; the browser tells so in {@code Origin} and {@code
 * Sec-Fetch-Site}. Or it gives its own name our address (DNS rebinding), and is of the same site then; but the browser still
 * sends that name as {@code Host}. So a name must be one that is known; an address cannot be rebound, and is right where it is
 * the one that the connection came to.
 */
final class AccessCheck {

    private final List<String> hosts;

    /** With the names that are known besides {@code localhost}, in lower case. */
    AccessCheck(List<String> hosts) {
        this.hosts = hosts;
    }

    /** Why that request is not served; nothing where it may be. */
    Optional<AdminResponse> refusal(AdminRequest request) {
        String host = request.field("Host");
        if (host == null || !isKnown(name(host), request.local())) {
            return Optional.of(AdminResponse.problem(
                    421,
                    "Misdirected Request",
                    "the Host of the request is not known here; names are listed in admin.hosts of the configuration"));
        }
        String origin = request.field("Origin");
        if (origin != null && !isSame(origin, host)) {
            return Optional.of(refused("the request comes from a page of another origin"));
        }
        String site = request.field("Sec-Fetch-Site");
        if (site != null && !site.equals("same-origin") && !site.equals("none") && !isNavigation(request)) {
            return Optional.of(refused("the request comes from a page of another site"));
        }
        return Optional.empty();
    }

    private static AdminResponse refused(String detail) {
        return AdminResponse.problem(403, "Forbidden", detail);
    }

    /** Without its port; null where it is no host. */
    private static @Nullable String name(String host) {
        int bracket = host.indexOf(']');
        if (host.startsWith("[")) {
            return bracket > 0 && isPort(host.substring(bracket + 1)) ? host.substring(1, bracket) : null;
        }
        int colon = host.indexOf(':');
        String name = colon < 0 ? host : host.substring(0, colon);
        return isPort(host.substring(name.length())) ? name.toLowerCase(Locale.ROOT) : null;
    }

    private static boolean isPort(String text) {
        return text.isEmpty()
                || (text.startsWith(":") && text.substring(1).chars().allMatch(Character::isDigit));
    }

    private boolean isKnown(@Nullable String name, String local) {
        if (name == null) {
            return false;
        }
        Optional<IpAddress> address = IpAddress.parse(name);
        return name.equals("localhost")
                || hosts.contains(name)
                || address.filter(literal -> AdminSettings.isLoopback(literal)
                                || IpAddress.parse(local)
                                        .filter(literal::equals)
                                        .isPresent())
                        .isPresent();
    }

    /** The scheme is not looked at: a proxy may speak https for this port. */
    private static boolean isSame(String origin, String host) {
        int scheme = origin.indexOf("://");
        return scheme > 0 && origin.substring(scheme + 3).equalsIgnoreCase(host);
    }

    /** Somebody follows a link to the page. */
    private static boolean isNavigation(AdminRequest request) {
        return request.method().equals("GET")
                && request.path().equals("/")
                && "navigate".equals(request.field("Sec-Fetch-Mode"))
                && "document".equals(request.field("Sec-Fetch-Dest"));
    }
}
