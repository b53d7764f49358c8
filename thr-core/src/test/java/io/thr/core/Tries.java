package io.thr.core;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.util.SplittableRandom;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Checks what holds for every input, on many inputs made by chance. Each run makes others. A failure tells the seed, the
 * try, and the input: {@code -Dthr.seed=<seed>} makes the same inputs again, in every check.
 */
public final class Tries {

    private static final long SEED = Long.getLong("thr.seed", System.currentTimeMillis());
    private static final int SHOWN = 4_000;

    private Tries() {}

    /** What holds for every input: throws where it does not. */
    public interface Property<T> {

        /** Looks at one input. */
        void check(T input) throws Exception;
    }

    /** Makes so many inputs, one after the other, and checks the property of each. */
    public static <T> void check(int tries, Function<Choices, T> input, Property<T> property) {
        check(SEED, tries, input, property);
    }

    static <T> void check(long seed, int tries, Function<Choices, T> input, Property<T> property) {
        SplittableRandom random = new SplittableRandom(seed);
        for (int i = 0; i < tries; i++) {
            Choices choices = new Choices(random.split());
            T made = null;
            try {
                made = input.apply(choices);
                property.check(made);
            } catch (Throwable e) {
                throw new AssertionError(
                        "seed " + seed + ", try " + i + " (again with -Dthr.seed=" + seed + "), of " + shown(made), e);
            }
        }
    }

    /** The input in printable ASCII, its beginning where it is long. */
    private static String shown(@Nullable Object input) {
        String text = input instanceof byte[] bytes ? new String(bytes, ISO_8859_1) : String.valueOf(input);
        StringBuilder shown = new StringBuilder();
        for (int i = 0; i < Math.min(text.length(), SHOWN); i++) {
            char c = text.charAt(i);
            if (c < ' ' || c > '~') {
                shown.append(String.format("\\u%04x", (int) c));
            } else {
                shown.append(c);
            }
        }
        if (text.length() > SHOWN) {
            shown.append("... (").append(text.length()).append(" characters)");
        }
        return shown.toString();
    }
}
