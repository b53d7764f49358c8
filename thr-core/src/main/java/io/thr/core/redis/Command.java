package io.thr.core.redis;

import java.nio.charset.StandardCharsets;

/** One Redis command: its name and its arguments, as bytes. The arrays are not copied, and must not change any more. */
record Command(byte[]... parts) {

    /** From texts (UTF-8), whole numbers, and bytes. */
    static Command of(Object... parts) {
        byte[][] bytes = new byte[parts.length][];
        for (int i = 0; i < parts.length; i++) {
            bytes[i] = bytes(parts[i]);
        }
        return new Command(bytes);
    }

    static byte[] bytes(Object part) {
        if (part instanceof byte[] bytes) {
            return bytes;
        }
        if (part instanceof String || part instanceof Integer || part instanceof Long) {
            return part.toString().getBytes(StandardCharsets.UTF_8);
        }
        throw new IllegalArgumentException(
                "argument: " + part.getClass().getName() + " (expected: String, Integer, Long or byte[])");
    }

    /** About how many bytes it takes on the wire. */
    int size() {
        int size = 16;
        for (byte[] part : parts) {
            size += part.length + 16;
        }
        return size;
    }

    /** For messages: the command's name and its key, and nothing that a client sent. */
    String step() {
        String name = new String(parts[0], StandardCharsets.US_ASCII);
        boolean keyed = parts.length > 1 && !name.startsWith("EVAL") && parts[1].length <= 200;
        return keyed ? name + " " + new String(parts[1], StandardCharsets.UTF_8) : name;
    }
}
