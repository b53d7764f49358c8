package io.thr.demo;

import io.thr.core.config.Quantity;
import java.time.Duration;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** A time-out on a command line, written as in the configuration: {@code 500ms}, {@code 300s}, {@code 5m}. */
final class DurationConverter implements ITypeConverter<Duration> {

    @Override
    public Duration convert(String text) {
        try {
            Duration duration = Quantity.duration(text);
            if (duration.isZero()) {
                throw new TypeConversionException(text + " (expected: > 0)");
            }
            return duration;
        } catch (IllegalArgumentException wrong) {
            throw new TypeConversionException(wrong.getMessage());
        }
    }
}
