package io.thr.core.match;

/**
 * A block of addresses: {@code 10.0.0.0/8}, {@code fd00::/8}, or a single address. IPv4 blocks hold IPv4 addresses only,
 * IPv6 blocks IPv6 addresses only. Immutable.
 *
 * @param network the first address of the block
 * @param prefixLength how many leading bits are those of the network: 0 to 32 for IPv4, 0 to 128 for IPv6
 */
public record CidrBlock(IpAddress network, int prefixLength) {

    /**
     * Reads {@code address/length} or a single address.
     *
     * @throws IllegalArgumentException with what was found and what was expected
     */
    public static CidrBlock parse(String text) {
        throw new UnsupportedOperationException();
    }

    /** Whether the address is in the block. */
    public boolean contains(IpAddress address) {
        throw new UnsupportedOperationException();
    }
}
