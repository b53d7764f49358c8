package io.thr.core.match;

import java.util.Optional;

/**
 * An IP address, in one form whatever way it was written: an IPv4 address that comes mapped into IPv6
 * ({@code ::ffff:10.0.0.1}) is the IPv4 address, a zone ({@code fe80::1%eth0}) is dropped, brackets around an IPv6
 * address are too. Never asks DNS. Immutable.
 *
 * @param high the upper 64 bits; 0 for IPv4
 * @param low the lower 64 bits; for IPv4 the address after {@code 0xffff} (RFC 4291 §2.5.5.2)
 */
public record IpAddress(long high, long low) {

    private static final long MAPPED = 0xffffL << 32;

    /** The address that the text is, or nothing where it is none (a host name, a socket's path, an empty text). */
    public static Optional<IpAddress> parse(String text) {
        throw new UnsupportedOperationException();
    }

    /**
     * The address that the text is.
     *
     * @throws IllegalArgumentException where it is none
     */
    public static IpAddress of(String text) {
        return parse(text)
                .orElseThrow(() -> new IllegalArgumentException(
                        "address: " + text + " (expected: an IP address such as 10.0.0.1 or fd00::1)"));
    }

    /** Whether this is an IPv4 address. */
    public boolean isIpv4() {
        return high == 0 && low >>> 32 == 0xffff;
    }

    /** The canonical text: dotted for IPv4, RFC 5952 for IPv6. */
    @Override
    public String toString() {
        return "" + MAPPED;
    }
}
