package io.thr.core.redis;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import redis.clients.jedis.exceptions.JedisDataException;
import redis.clients.jedis.exceptions.JedisNoScriptException;

/**
 * A script of {@code /io/thr/core/redis/lua}. A line {@code -- include <file>} stands for that file. It is called by its digest; where the server does not know it (the first
 * call, a restart, SCRIPT FLUSH), the call is repeated once with the text. The same text can be called as a function of the
 * server, see {@link RateFunctions}.
 */
final class LuaScript {

    private static final Pattern INCLUDE = Pattern.compile("^-- include (\\S+)$", Pattern.MULTILINE);

    private static final byte[] EVALSHA = Command.bytes("EVALSHA");
    private static final byte[] FCALL = Command.bytes("FCALL");

    private final String name;
    private final byte[] text;
    private final byte[] verb;
    private final byte[] handle;
    private final Runnable onUnknown;

    private LuaScript(String name, byte[] text, byte[] verb, byte[] handle, Runnable onUnknown) {
        this.name = name;
        this.text = text;
        this.verb = verb;
        this.handle = handle;
        this.onUnknown = onUnknown;
    }

    /** Reads {@code <name>.lua}. */
    static LuaScript load(String name) {
        byte[] text = INCLUDE.matcher(read(name + ".lua"))
                .replaceAll(include -> Matcher.quoteReplacement(read(include.group(1))))
                .getBytes(StandardCharsets.UTF_8);
        try {
            String digest =
                    HexFormat.of().formatHex(MessageDigest.getInstance("SHA-1").digest(text));
            return new LuaScript(name, text, EVALSHA, digest.getBytes(StandardCharsets.US_ASCII), () -> {});
        } catch (NoSuchAlgorithmException e) {
            // every JVM has it
            throw new IllegalStateException(e);
        }
    }

    private static String read(String file) {
        try (InputStream in = LuaScript.class.getResourceAsStream("lua/" + file)) {
            if (in == null) {
                throw new IllegalStateException("script: " + file + " (expected: lua/" + file + " in thr-core)");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Its file's name, for messages. */
    String name() {
        return name;
    }

    /**
     * The same as a function that has been registered in the server under that name.
     *
     * @param onUnknown called when the server does not know the function (any more); must not block
     */
    LuaScript asFunction(String function, Runnable onUnknown) {
        return new LuaScript(name, text, FCALL, Command.bytes(function), onUnknown);
    }

    /** The script's text, its includes in it. */
    String text() {
        return new String(text, StandardCharsets.UTF_8);
    }

    /** Whether the reply says that the server does not know the script, or the function. */
    boolean isUnknown(Object reply) {
        boolean unknown = reply instanceof JedisNoScriptException
                || (reply instanceof JedisDataException error
                        && String.valueOf(error.getMessage()).startsWith("ERR Function not found"));
        if (unknown) {
            onUnknown.run();
        }
        return unknown;
    }

    /** EVALSHA, or FCALL, with these keys and arguments (texts, whole numbers, bytes). */
    Command call(List<?> keys, List<?> arguments) {
        byte[][] parts = new byte[3 + keys.size() + arguments.size()][];
        parts[0] = verb;
        parts[1] = handle;
        parts[2] = Command.bytes(keys.size());
        int at = 3;
        for (Object key : keys) {
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
