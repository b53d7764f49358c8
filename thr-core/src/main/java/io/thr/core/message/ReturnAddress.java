package io.thr.core.message;

import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Where the answer to a message goes that could not be read: searched for in its bytes, wherever the damage is.
 *
 * <p>A client cannot plant an address: within a JSON string each quotation mark has a backslash before it, so that
 * {@code "response_key":} can stand only where the writer of the message put it. Where two different ones are found,
 * none is believed.
 *
 * @param responseKey where the client waits, always below {@link RequestExtra#RESPONSE_KEY_PREFIX}; null where it was
 *     not found
 * @param requestId the request's id; null where it was not found
 */
record ReturnAddress(@Nullable String responseKey, @Nullable String requestId) {

    private static final Pattern RESPONSE_KEY = field(
            "response_key",
            Pattern.quote(RequestExtra.RESPONSE_KEY_PREFIX)
                    + "[!-~&&[^\"\\\\]]{1,"
                    + (RequestExtra.MAX_RESPONSE_KEY_LENGTH - RequestExtra.RESPONSE_KEY_PREFIX.length())
                    + "}");
    private static final Pattern REQUEST_ID = field("request_id", "[0-9a-fA-F]{32}");

    static ReturnAddress findIn(byte[] message) {
        String text = new String(message, StandardCharsets.ISO_8859_1);
        return new ReturnAddress(onlyValue(RESPONSE_KEY, text), onlyValue(REQUEST_ID, text));
    }

    private static Pattern field(String name, String value) {
        return Pattern.compile("\"" + name + "\"[ \t\r\n]{0,8}:[ \t\r\n]{0,8}\"(" + value + ")\"");
    }

    private static @Nullable String onlyValue(Pattern field, String text) {
        Matcher matcher = field.matcher(text);
        String value = null;
        while (matcher.find()) {
            if (value != null && !value.equals(matcher.group(1))) {
                return null;
            }
            value = matcher.group(1);
        }
        return value;
    }
}
