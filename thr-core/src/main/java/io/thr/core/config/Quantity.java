package io.thr.core.config;

import java.math.BigDecimal;
import java.time.Duration;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Numbers with a unit, as files and command lines have them. */
public final class Quantity {

    static final String A_DURATION = "a duration such as 300s, 50ms or 5m";
    static final String A_SIZE = "a size such as 10MiB, 64KiB or 4096";

    private static final Pattern NUMBER_AND_UNIT = Pattern.compile("(\\d{1,15}(?:\\.\\d{1,9})?) ?([A-Za-z]*)");

    private static final Map<String, BigDecimal> NANOS = Map.of(
            "ms", BigDecimal.valueOf(1_000_000L),
            "s", BigDecimal.valueOf(1_000_000_000L),
            "", BigDecimal.valueOf(1_000_000_000L),
            "m", BigDecimal.valueOf(60_000_000_000L),
            "h", BigDecimal.valueOf(3_600_000_000_000L),
            "d", BigDecimal.valueOf(86_400_000_000_000L));

    private static final Map<String, BigDecimal> BYTES = Map.of(
            "", BigDecimal.ONE,
            "B", BigDecimal.ONE,
            "kB", BigDecimal.valueOf(1000),
            "MB", BigDecimal.valueOf(1000_000),
            "GB", BigDecimal.valueOf(1000_000_000),
            "KiB", BigDecimal.valueOf(1L << 10),
            "MiB", BigDecimal.valueOf(1L << 20),
            "GiB", BigDecimal.valueOf(1L << 30),
            "TiB", BigDecimal.valueOf(1L << 40));

    private Quantity() {}

    /**
     * Reads {@code 300s}, {@code 50ms}, {@code 5m}, {@code 2h}, {@code 1d}, or seconds without unit.
     *
     * @throws IllegalArgumentException with what was found and what was expected
     */
    public static Duration duration(String text) {
        return Duration.ofNanos(read(text, NANOS, A_DURATION));
    }

    /**
     * Reads {@code 10MiB}, {@code 64KiB}, {@code 1GiB}, {@code 1TiB}, {@code 5kB}, {@code 5MB}, {@code 5GB}, or bytes with or without
     * {@code B}.
     *
     * @throws IllegalArgumentException with what was found and what was expected
     */
    public static long bytes(String text) {
        return read(text, BYTES, A_SIZE);
    }

    private static long read(String text, Map<String, BigDecimal> units, String expected) {
        Matcher matcher = NUMBER_AND_UNIT.matcher(text);
        BigDecimal unit = matcher.matches() ? units.get(matcher.group(2)) : null;
        if (unit == null) {
            throw new IllegalArgumentException(text + " (expected: " + expected + ")");
        }
        try {
            return new BigDecimal(matcher.group(1)).multiply(unit).longValueExact();
        } catch (ArithmeticException e) {
            throw new IllegalArgumentException(text + " (expected: " + expected + ", not as fine or as large)", e);
        }
    }
}
