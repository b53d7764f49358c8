package io.thr.core.match;

import java.util.Arrays;
import java.util.Optional;

/**
 * An IP address, in one form whatever way it was written: an IPv4 address that comes mapped into IPv6
 * ({@code ::ffff:10.0.0.1}) is the IPv4 address, a zone ({@code fe80::1%eth0}) is dropped, and so are brackets around an
 * IPv6 address. Never asks DNS. Immutable.
 *
 * @param high the upper 64 bits; 0 for IPv4
 * @param low the lower 64 bits; for IPv4 the address after {@code 0xffff} (RFC 4291 §2.5.5.2)
 */
public record IpAddress(long high, long low) {

    private static final long MAPPED = 0xffffL << 32;
    private static final int GROUPS = 8;

    /** The address that the text is, or nothing where it is none (a host name, a socket's path, an empty text). */
    public static Optional<IpAddress> parse(String text) {
        String bare = text.startsWith("[") && text.endsWith("]") ? text.substring(1, text.length() - 1) : text;
        if (bare.indexOf(':') < 0) {
            long ipv4 = bare.length() == text.length() ? ipv4(bare) : -1;
            return ipv4 < 0 ? Optional.empty() : Optional.of(new IpAddress(0, MAPPED | ipv4));
        }
        int zone = bare.indexOf('%');
        return ipv6(zone < 0 ? bare : bare.substring(0, zone));
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

    /**
     * What the address counts as where clients are told apart: an IPv4 address as itself, an IPv6 address as its network,
     * {@code 2001:db8:0:1::/64}. A machine picks the lower 64 bits itself (RFC 4291 §2.5.1), so it can have as many
     * addresses as it likes.
     *
     * @param ipv6PrefixLength how many leading bits are those of the network, 0 to 128
     */
    public String network(int ipv6PrefixLength) {
        return isIpv4() ? toString() : CidrBlock.around(this, ipv6PrefixLength).toString();
    }

    /** The canonical text: dotted for IPv4, RFC 5952 for IPv6. */
    @Override
    public String toString() {
        if (isIpv4()) {
            return (low >>> 24 & 0xff) + "." + (low >>> 16 & 0xff) + "." + (low >>> 8 & 0xff) + "." + (low & 0xff);
        }
        int zeros = longestRunOfZeros();
        StringBuilder text = new StringBuilder(39);
        for (int i = 0; i < GROUPS; i++) {
            if (i == zeros) {
                text.append(i == 0 ? "::" : ":");
                while (i + 1 < GROUPS && group(i + 1) == 0) {
                    i++;
                }
                continue;
            }
            text.append(Integer.toHexString(group(i)));
            if (i + 1 < GROUPS) {
                text.append(':');
            }
        }
        return text.toString();
    }

    /** The first group of the longest run of at least two zero groups, or −1: RFC 5952 §4.2. */
    private int longestRunOfZeros() {
        int longest = 1;
        int start = -1;
        int run = 0;
        for (int i = 0; i < GROUPS; i++) {
            run = group(i) == 0 ? run + 1 : 0;
            if (run > longest) {
                longest = run;
                start = i - run + 1;
            }
        }
        return start;
    }

    private int group(int index) {
        long half = index < 4 ? high : low;
        return (int) (half >>> (48 - 16 * (index & 3)) & 0xffff);
    }

    /** The 32 bits of a dotted quad, or −1. Leading zeros are refused: some read them as octal. */
    private static long ipv4(String text) {
        long address = 0;
        int parts = 0;
        int at = 0;
        while (at <= text.length()) {
            int end = text.indexOf('.', at);
            int stop = end < 0 ? text.length() : end;
            int part = decimalByte(text, at, stop);
            if (part < 0) {
                return -1;
            }
            address = address << 8 | part;
            parts++;
            at = stop + 1;
        }
        return parts == 4 ? address : -1;
    }

    private static int decimalByte(String text, int start, int end) {
        int length = end - start;
        if (length < 1 || length > 3 || (length > 1 && text.charAt(start) == '0')) {
            return -1;
        }
        int value = 0;
        for (int i = start; i < end; i++) {
            int digit = text.charAt(i) - '0';
            if (digit < 0 || digit > 9) {
                return -1;
            }
            value = value * 10 + digit;
        }
        return value <= 255 ? value : -1;
    }

    private static Optional<IpAddress> ipv6(String text) {
        int gap = text.indexOf("::");
        if (gap < 0) {
            int[] groups = groups(text);
            return groups.length == GROUPS ? Optional.of(ofGroups(groups)) : Optional.empty();
        }
        int[] left = gap == 0 ? new int[0] : groups(text.substring(0, gap));
        int[] right = gap + 2 == text.length() ? new int[0] : groups(text.substring(gap + 2));
        boolean leftIsBad = left.length == 0 && gap > 0;
        boolean rightIsBad = right.length == 0 && gap + 2 < text.length();
        boolean leftEndsInIpv4 = text.substring(0, gap).indexOf('.') >= 0;
        if (leftIsBad || rightIsBad || leftEndsInIpv4 || left.length + right.length >= GROUPS) {
            return Optional.empty();
        }
        int[] groups = new int[GROUPS];
        System.arraycopy(left, 0, groups, 0, left.length);
        System.arraycopy(right, 0, groups, GROUPS - right.length, right.length);
        return Optional.of(ofGroups(groups));
    }

    /** The 16-bit groups between colons, the last two of which may be written as a dotted quad; none where one is bad. */
    private static int[] groups(String text) {
        String[] parts = text.split(":", GROUPS + 1);
        int[] none = new int[0];
        int[] groups = new int[parts.length + 1];
        int count = 0;
        for (int i = 0; i < parts.length; i++) {
            if (i == parts.length - 1 && parts[i].indexOf('.') >= 0) {
                long ipv4 = ipv4(parts[i]);
                if (ipv4 < 0) {
                    return none;
                }
                groups[count++] = (int) (ipv4 >>> 16);
                groups[count++] = (int) (ipv4 & 0xffff);
            } else {
                int group = hexGroup(parts[i]);
                if (group < 0) {
                    return none;
                }
                groups[count++] = group;
            }
        }
        return Arrays.copyOf(groups, count);
    }

    private static int hexGroup(String text) {
        if (text.isEmpty() || text.length() > 4) {
            return -1;
        }
        int value = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            int digit = c < 0x80 ? Character.digit(c, 16) : -1;
            if (digit < 0) {
                return -1;
            }
            value = value << 4 | digit;
        }
        return value;
    }

    private static IpAddress ofGroups(int[] groups) {
        long high = 0;
        long low = 0;
        for (int i = 0; i < 4; i++) {
            high = high << 16 | groups[i];
            low = low << 16 | groups[i + 4];
        }
        return new IpAddress(high, low);
    }
}
