package io.thr.core.redis;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;

/**
 * A script of {@code /io/thr/core/redis/lua}. It is called by its digest; where the server does not know it (the first
 * call, a restart, SCRIPT FLUSH), the call is repeated once with the text.
 */
final class LuaScript {

    private final String name;
    private final byte[] text;
    private final byte[] sha1;

    private LuaScript(String name, byte[] text, byte[] sha1) {
        this.name = name;
        this.text = text;
        this.sha1 = sha1;
    }

    /** Reads {@code <name>.lua}. */
    static LuaScript load(String name) {
        try (InputStream in = LuaScript.class.getResourceAsStream("lua/" + name + ".lua")) {
            if (in == null) {
                throw new IllegalStateException("script: " + name + " (expected: lua/" + name + ".lua in thr-core)");
            }
            byte[] text = in.readAllBytes();
            String digest =
                    HexFormat.of().formatHex(MessageDigest.getInstance("SHA-1").digest(text));
            return new LuaScript(name, text, digest.getBytes(StandardCharsets.US_ASCII));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (NoSuchAlgorithmException e) {
            // every JVM has it
            throw new IllegalStateException(e);
        }
    }

    /** Its file's name, for messages. */
    String name() {
        return name;
    }

    /** EVALSHA with these keys and arguments (texts, whole numbers, bytes). */
    Command call(List<String> keys, List<?> arguments) {
        byte[][] parts = new byte[3 + keys.size() + arguments.size()][];
        parts[0] = Command.bytes("EVALSHA");
        parts[1] = sha1;
        parts[2] = Command.bytes(keys.size());
        int at = 3;
        for (String key : keys) {
            parts[at++] = Command.bytes(key);
        }
        for (Object argument : arguments) {
            parts[at++] = Command.bytes(argument);
        }
        return new Command(parts);
    }

    /** The same call with the script's text. */
    Command withText(Command call) {
        byte[][] parts = call.parts().clone();
        parts[0] = Command.bytes("EVAL");
        parts[1] = text;
        return new Command(parts);
    }
}
