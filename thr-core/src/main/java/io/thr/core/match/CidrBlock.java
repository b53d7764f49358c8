package io.thr.core.match;

/**
 * A block of addresses: {@code 10.0.0.0/8}, {@code fd00::/8}, or a single address. IPv4 blocks hold IPv4 addresses only,
 * IPv6 blocks IPv6 addresses only. Immutable.
 *
 * @param network the first address of the block
 * @param prefixLength how many leading bits are those of the network: 0 to 32 for IPv4, 0 to 128 for IPv6
 */
public record CidrBlock(IpAddress network, int prefixLength) {

    /** Checks that the network has no bit set behind the prefix. */
    public CidrBlock {
        int bits = network.isIpv4() ? 32 : 128;
        if (prefixLength < 0 || prefixLength > bits) {
            throw new IllegalArgumentException(
                    "block: " + network + "/" + prefixLength + " (expected: a prefix length from 0 to " + bits + ")");
        }
        IpAddress first = masked(network, prefixLength);
        if (!first.equals(network)) {
            throw new IllegalArgumentException("block: " + network + "/" + prefixLength + " (expected: " + first + "/"
                    + prefixLength + ", or " + network + " for that address alone)");
        }
    }

    /**
     * Reads {@code address/length} or a single address.
     *
     * @throws IllegalArgumentException with what was found and what was expected
     */
    public static CidrBlock parse(String text) {
        int slash = text.indexOf('/');
        IpAddress network =
                IpAddress.parse(slash < 0 ? text : text.substring(0, slash)).orElseThrow(() -> unreadable(text));
        int bits = network.isIpv4() ? 32 : 128;
        if (slash < 0) {
            return new CidrBlock(network, bits);
        }
        String length = text.substring(slash + 1);
        if (!length.matches("[0-9]{1,3}")) {
            throw unreadable(text);
        }
        boolean mapped = network.isIpv4() && text.indexOf(':') >= 0;
        return new CidrBlock(network, Integer.parseInt(length) - (mapped ? 96 : 0));
    }

    /** The block of that prefix length that holds the address. */
    static CidrBlock around(IpAddress address, int prefixLength) {
        return new CidrBlock(masked(address, prefixLength), prefixLength);
    }

    /** Whether the address is in the block. */
    public boolean contains(IpAddress address) {
        return address.isIpv4() == network.isIpv4()
                && masked(address, prefixLength).equals(network);
    }

    /** {@code 10.0.0.0/8}. */
    @Override
    public String toString() {
        return network + "/" + prefixLength;
    }

    private static IpAddress masked(IpAddress address, int prefixLength) {
        int length = address.isIpv4() ? prefixLength + 96 : prefixLength;
        return new IpAddress(address.high() & leading(length), address.low() & leading(length - 64));
    }

    /** A long whose first bits are set: none for 0 or less, all for 64 or more. */
    private static long leading(int bits) {
        return bits <= 0 ? 0 : bits >= 64 ? -1L : -1L << (64 - bits);
    }

    private static IllegalArgumentException unreadable(String text) {
        return new IllegalArgumentException(
                "block: " + text + " (expected: an address or a block, such as 10.0.0.1, 10.0.0.0/8 or fd00::/8)");
    }
}
