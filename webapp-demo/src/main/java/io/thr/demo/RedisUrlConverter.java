package io.thr.demo;

import io.thr.core.redis.RedisUrl;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** The address of a Redis on a command line. */
final class RedisUrlConverter implements ITypeConverter<RedisUrl> {

    @Override
    public RedisUrl convert(String text) {
        try {
            return RedisUrl.parse(text);
        } catch (IllegalArgumentException wrong) {
            throw new TypeConversionException(wrong.getMessage());
        }
    }
}
