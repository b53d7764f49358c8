package io.thr.core.message;

import java.util.ArrayList;
import java.util.List;

/** Reads {@code Cookie} fields as they come (RFC 6265 §5.4): what is no pair of name and value is passed over. */
public final class Cookies {

    private Cookies() {}

    /**
     * The values of the cookies of that name, in order, quotes taken off.
     *
     * @param cookieFields the values of all {@code Cookie} fields
     * @param name the name; case counts
     */
    public static List<String> values(List<String> cookieFields, String name) {
        List<String> values = new ArrayList<>();
        for (String field : cookieFields) {
            for (String pair : field.split(";", -1)) {
                int equals = pair.indexOf('=');
                if (equals > 0 && pair.substring(0, equals).strip().equals(name)) {
                    values.add(unquoted(pair.substring(equals + 1).strip()));
                }
            }
        }
        return values;
    }

    private static String unquoted(String value) {
        return value.length() > 1 && value.startsWith("\"") && value.endsWith("\"")
                ? value.substring(1, value.length() - 1)
                : value;
    }
}
