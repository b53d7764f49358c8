package io.thr.core.message;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A query as the original has it: {@code application/x-www-form-urlencoded}, taken apart and decoded as UTF-8.
 *
 * <p>Taking apart loses: the order between different names, how something was escaped, {@code a} against {@code a=},
 * and bytes that are not UTF-8. That is why our messages carry the query itself as well.
 */
final class QueryArguments {

    private static final String UNRESERVED_MARKS = "-._~";
    private static final String HEX = "0123456789ABCDEF";

    private QueryArguments() {}

    /**
     * The values by name, both in the order of their first appearance.
     *
     * @param query the raw query, one ISO-8859-1 character a byte; bytes that are not UTF-8 become U+FFFD
     */
    static Map<String, List<String>> decode(String query) {
        Map<String, List<String>> arguments = new LinkedHashMap<>();
        int start = 0;
        while (start < query.length()) {
            int ampersand = query.indexOf('&', start);
            int end = ampersand < 0 ? query.length() : ampersand;
            if (end > start) {
                int equals = query.indexOf('=', start);
                boolean hasValue = equals >= 0 && equals < end;
                String name = unescape(query.substring(start, hasValue ? equals : end));
                String value = hasValue ? unescape(query.substring(equals + 1, end)) : "";
                arguments.computeIfAbsent(name, unused -> new ArrayList<>(1)).add(value);
            }
            start = end + 1;
        }
        return arguments;
    }

    /**
     * Adds an argument to a query as the original sends it upstream: a blank as {@code +}, all but letters, digits and
     * {@code -._~} as the escaped bytes of UTF-8.
     *
     * @throws IllegalArgumentException where a string has half a surrogate pair, which no byte can stand for
     */
    static void append(StringBuilder query, String name, String value) {
        if (!query.isEmpty()) {
            query.append('&');
        }
        escape(query, name);
        query.append('=');
        escape(query, value);
    }

    private static String unescape(String raw) {
        if (isPlain(raw)) {
            return raw;
        }
        byte[] bytes = new byte[raw.length()];
        int length = 0;
        for (int i = 0; i < raw.length(); i++) {
            char c = raw.charAt(i);
            int escaped = c == '%' ? escapedByte(raw, i) : -1;
            if (escaped >= 0) {
                bytes[length++] = (byte) escaped;
                i += 2;
            } else {
                bytes[length++] = (byte) (c == '+' ? ' ' : c);
            }
        }
        return new String(bytes, 0, length, StandardCharsets.UTF_8);
    }

    private static boolean isPlain(String raw) {
        for (int i = 0; i < raw.length(); i++) {
            char c = raw.charAt(i);
            if (c == '%' || c == '+' || c >= 0x80) {
                return false;
            }
        }
        return true;
    }

    /** The byte that the escape at this place stands for, or −1 where a {@code %} stands for itself. */
    private static int escapedByte(String raw, int percent) {
        if (percent + 2 >= raw.length()) {
            return -1;
        }
        int high = Character.digit(raw.charAt(percent + 1), 16);
        int low = Character.digit(raw.charAt(percent + 2), 16);
        return high < 0 || low < 0 ? -1 : high << 4 | low;
    }

    private static void escape(StringBuilder query, String text) {
        ByteBuffer bytes = utf8(text);
        while (bytes.hasRemaining()) {
            int b = bytes.get() & 0xFF;
            if (b == ' ') {
                query.append('+');
            } else if (isUnreserved(b)) {
                query.append((char) b);
            } else {
                query.append('%').append(HEX.charAt(b >> 4)).append(HEX.charAt(b & 0xF));
            }
        }
    }

    private static ByteBuffer utf8(String text) {
        try {
            return StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(text));
        } catch (CharacterCodingException e) {
            throw new IllegalArgumentException("query_arguments: half a surrogate pair (expected: Unicode text)", e);
        }
    }

    private static boolean isUnreserved(int b) {
        return (b >= 'a' && b <= 'z')
                || (b >= 'A' && b <= 'Z')
                || (b >= '0' && b <= '9')
                || UNRESERVED_MARKS.indexOf(b) >= 0;
    }
}
