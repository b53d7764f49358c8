package io.thr.filter.suspend;

import io.thr.filter.rule.Exchange;
import org.jspecify.annotations.Nullable;

/** Writes {@code Forwarded} (RFC 7239): by whom, for which host and by which scheme we were called. */
final class Forwarded {

    private static final String TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";

    private Forwarded() {}

    /** The field with our element after those of the proxies before us. */
    static String appended(@Nullable String before, Exchange exchange) {
        String host = exchange.host();
        String ours = "for=" + node(exchange.remoteIp())
                + (host.isEmpty() ? "" : ";host=" + value(host))
                + ";proto=" + exchange.scheme();
        return before == null ? ours : before + ", " + ours;
    }

    /** An address as a node identifier has it (RFC 7239 §6): IPv6 in brackets, and so in quotes. */
    private static String node(String address) {
        return value(address.indexOf(':') < 0 ? address : "[" + address + "]");
    }

    private static String value(String text) {
        return text.matches(TOKEN) ? text : '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
    }
}
