package io.thr.filter;

import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Ids of 128 bits as 32 hexadecimal digits. The first half is this process's, drawn once from a secure source; the
 * second counts through all 64-bit numbers in an order that looks random (SplitMix64's mixing of a Weyl sequence), so
 * that no two are equal and making one takes no lock. An id tells requests apart; it is no secret.
 */
final class RequestId {

    private static final long GOLDEN_GAMMA = 0x9E3779B97F4A7C15L;
    private static final SecureRandom RANDOM = new SecureRandom();
    private static final String PROCESS = HexFormat.of().toHexDigits(RANDOM.nextLong());
    private static final AtomicLong SEQUENCE = new AtomicLong(RANDOM.nextLong());

    private RequestId() {}

    static String next() {
        return PROCESS + HexFormat.of().toHexDigits(mix(SEQUENCE.addAndGet(GOLDEN_GAMMA)));
    }

    private static long mix(long z) {
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }
}
