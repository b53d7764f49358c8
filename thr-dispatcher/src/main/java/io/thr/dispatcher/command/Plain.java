package io.thr.dispatcher.command;

import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Texts, times and numbers as a terminal shows them. */
final class Plain {

    private Plain() {}

    /** What clients have sent, so that it can neither move the cursor nor begin a line. */
    static String text(String text) {
        StringBuilder plain = new StringBuilder(text.length());
        text.codePoints().forEach(point -> {
            switch (Character.getType(point)) {
                case Character.CONTROL,
                        Character.FORMAT,
                        Character.LINE_SEPARATOR,
                        Character.PARAGRAPH_SEPARATOR,
                        Character.SURROGATE,
                        Character.PRIVATE_USE,
                        Character.UNASSIGNED -> plain.append(String.format("\\u{%x}", point));
                default -> plain.appendCodePoint(point);
            }
        });
        return plain.toString();
    }

    /** Such as {@code 12 ms}, {@code 3.4 s}, {@code 2 min 5 s}; a dash where it is not known. */
    static String time(@Nullable Duration duration) {
        if (duration == null) {
            return "-";
        }
        long millis = Math.max(0, duration.toMillis());
        if (millis < 1_000) {
            return millis + " ms";
        }
        if (millis < 60_000) {
            return String.format(Locale.ROOT, "%.1f s", millis / 1e3);
        }
        long seconds = millis / 1_000;
        return seconds < 3_600
                ? seconds / 60 + " min " + seconds % 60 + " s"
                : seconds / 3_600 + " h " + seconds / 60 % 60 + " min";
    }

    /** How long ago; a dash where that is not known. */
    static String since(@Nullable Instant since, Instant now) {
        return since == null ? "-" : time(Duration.between(since, now));
    }

    static String perSecond(double rate) {
        return String.format(Locale.ROOT, "%.1f/s", rate);
    }
}
