package io.thr.demo;

import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** A TCP port on a command line. */
final class PortConverter implements ITypeConverter<Integer> {

    private static final int HIGHEST = 65_535;

    @Override
    public Integer convert(String text) {
        try {
            int port = Integer.parseInt(text);
            if (port >= 0 && port <= HIGHEST) {
                return port;
            }
        } catch (NumberFormatException noNumber) {
            throw new TypeConversionException("'" + text + "' (expected: a number from 0 to " + HIGHEST + ")");
        }
        throw new TypeConversionException(text + " (expected: 0 to " + HIGHEST + ")");
    }
}
