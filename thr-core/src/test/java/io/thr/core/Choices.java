package io.thr.core;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What chance decides about the input of one try. Ends are chosen far more often than their share: what breaks, breaks
 * there. For one thread.
 */
public final class Choices {

    private final SplittableRandom random;

    Choices(SplittableRandom random) {
        this.random = random;
    }

    /** True once in so many times. */
    public boolean oneIn(int times) {
        return random.nextInt(times) == 0;
    }

    /** An index into so many things, all alike. */
    public int index(int size) {
        return random.nextInt(size);
    }

    /** A share from 0 to below 1. */
    public double share() {
        return random.nextDouble();
    }

    /** A number of that range, both ends included: often an end, often near the lower one. */
    public int between(int min, int max) {
        return Math.toIntExact(between((long) min, (long) max));
    }

    /** A number of that range, both ends included: often an end, often near the lower one. */
    public long between(long min, long max) {
        return switch (random.nextInt(8)) {
            case 0 -> min;
            case 1 -> max;
            case 2, 3 -> min + ((max - min) >>> random.nextInt(64));
            default -> max == Long.MAX_VALUE ? min + random.nextLong(max - min) : random.nextLong(min, max + 1);
        };
    }

    /** One of these. */
    @SafeVarargs
    public final <T> T of(T... values) {
        return values[random.nextInt(values.length)];
    }

    /** One of these. */
    public <T> T of(List<T> values) {
        return values.get(random.nextInt(values.size()));
    }

    /** Null once in so many times, else what is supplied. */
    public <T> @Nullable T nullOneIn(int times, Supplier<T> value) {
        return oneIn(times) ? null : value.get();
    }

    /** As many of these as the range says. */
    public <T> List<T> list(int min, int max, Supplier<T> element) {
        int size = between(min, max);
        List<T> list = new ArrayList<>(size);
        for (int i = 0; i < size; i++) {
            list.add(element.get());
        }
        return list;
    }

    /** Characters of that alphabet, often its first or its last: usually few, now and then as many as there can be. */
    public String text(String alphabet, int min, int usual, int longest) {
        int length = length(min, usual, longest);
        StringBuilder text = new StringBuilder(length);
        int last = alphabet.length() - 1;
        for (int i = 0; i < length; i++) {
            text.append(alphabet.charAt(
                    switch (random.nextInt(16)) {
                        case 0 -> 0;
                        case 1 -> last;
                        default -> random.nextInt(last + 1);
                    }));
        }
        return text.toString();
    }

    /** Any UTF-16 code units, halves of surrogate pairs among them. */
    public String anyText(int min, int usual, int longest) {
        int length = length(min, usual, longest);
        StringBuilder text = new StringBuilder(length);
        for (int i = 0; i < length; i++) {
            text.append((char) between(0, Character.MAX_VALUE));
        }
        return text.toString();
    }

    /** Any bytes; now and then all of them 0, or all 0xFF. */
    public byte[] bytes(int min, int usual, int longest) {
        byte[] bytes = new byte[length(min, usual, longest)];
        int kind = random.nextInt(16);
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) (kind == 0 ? 0 : kind == 1 ? 0xFF : random.nextInt(256));
        }
        return bytes;
    }

    private int length(int min, int usual, int longest) {
        return oneIn(100) ? longest : between(min, usual);
    }
}
