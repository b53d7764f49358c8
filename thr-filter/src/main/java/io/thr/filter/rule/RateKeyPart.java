package io.thr.filter.rule;

import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A part of what a rate policy counts by. Parts see the request as the rules have left it. Immutable; its function is called by
 * many threads and must not block.
 */
public final class RateKeyPart {

    private final String name;
    private final boolean isAddress;
    private final Function<Exchange, @Nullable String> function;

    private RateKeyPart(String name, boolean isAddress, Function<Exchange, @Nullable String> function) {
        this.name = name;
        this.isAddress = isAddress;
        this.function = function;
    }

    /** The peer's address; of an IPv6 address its network, see {@code ipv6_prefix}. */
    public static RateKeyPart remoteIp() {
        return new RateKeyPart("remote_ip", true, Exchange::remoteIp);
    }

    /** The client's address, as trusted proxies tell it; of an IPv6 address its network, see {@code ipv6_prefix}. */
    public static RateKeyPart realIp() {
        return new RateKeyPart("real_ip", true, Exchange::realIp);
    }

    /** The name of the authenticated user. */
    public static RateKeyPart principal() {
        return new RateKeyPart("principal", false, Exchange::principal);
    }

    /** The first header of that name. */
    public static RateKeyPart header(String header) {
        FieldSyntax.name(header);
        return new RateKeyPart("header " + header, false, exchange -> exchange.header(header));
    }

    /** The first cookie of that name. */
    public static RateKeyPart cookie(String cookie) {
        FieldSyntax.notEmpty("cookie", cookie);
        return new RateKeyPart("cookie " + cookie, false, exchange -> exchange.cookie(cookie));
    }

    /** The first value, decoded, of that query argument. */
    public static RateKeyPart query(String argument) {
        FieldSyntax.notEmpty("query", argument);
        return new RateKeyPart("query " + argument, false, exchange -> exchange.queryArg(argument));
    }

    /** The path as rules see it. */
    public static RateKeyPart path() {
        return new RateKeyPart("path", false, Exchange::path);
    }

    /** The host's name, in lower case and without port. */
    public static RateKeyPart host() {
        return new RateKeyPart("host", false, Exchange::hostName);
    }

    /** The method. */
    public static RateKeyPart method() {
        return new RateKeyPart("method", false, Exchange::method);
    }

    /** Whatever the function tells; null: the request has none. */
    public static RateKeyPart custom(String name, Function<Exchange, @Nullable String> function) {
        Objects.requireNonNull(function, "function: null (expected: a function of the exchange)");
        return new RateKeyPart(name, false, function);
    }

    /** What messages call it. */
    public String name() {
        return name;
    }

    /** Whether it is an address, of which a network may count as one. */
    public boolean isAddress() {
        return isAddress;
    }

    /** Its value for that request; null where that has none: all those share one key. */
    public @Nullable String of(Exchange exchange) {
        return function.apply(exchange);
    }

    @Override
    public String toString() {
        return name;
    }
}
