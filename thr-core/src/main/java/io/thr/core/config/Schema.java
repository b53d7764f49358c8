package io.thr.core.config;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/** The JSON Schema of a configuration file, kept beside the classes that read it. */
public final class Schema {

    private Schema() {}

    /** The text of a schema that lies in the same jar as that class, by its absolute name. */
    public static String text(Class<?> reader, String resource) {
        try (InputStream in = reader.getResourceAsStream(resource)) {
            if (in == null) {
                throw new IllegalStateException(resource + ": is not in the jar of " + reader.getName());
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
