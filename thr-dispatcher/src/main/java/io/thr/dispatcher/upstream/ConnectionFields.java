package io.thr.dispatcher.upstream;

import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpHeader;

/** The fields that are of one connection and not of the message (RFC 9110 §7.6.1): no proxy passes them on. */
final class ConnectionFields {

    private static final Set<HttpHeader> ALWAYS = EnumSet.of(
            HttpHeader.CONNECTION,
            HttpHeader.KEEP_ALIVE,
            HttpHeader.PROXY_AUTHENTICATE,
            HttpHeader.PROXY_AUTHORIZATION,
            HttpHeader.PROXY_CONNECTION,
            HttpHeader.TE,
            HttpHeader.TRAILER,
            HttpHeader.TRANSFER_ENCODING,
            HttpHeader.UPGRADE);

    private ConnectionFields() {}

    /** The names, in lower case, that the values of Connection list. */
    static Set<String> listedBy(List<String> connection) {
        if (connection.isEmpty()) {
            return Set.of();
        }
        Set<String> names = new HashSet<>();
        for (String value : connection) {
            for (String name : value.split(",", -1)) {
                names.add(name.strip().toLowerCase(Locale.ROOT));
            }
        }
        return names;
    }

    /** Whether the field is of the connection: one that always is, or one of those listed. */
    static boolean contains(HttpField field, Set<String> listed) {
        HttpHeader header = field.getHeader();
        return (header != null && ALWAYS.contains(header))
                || (!listed.isEmpty() && listed.contains(field.getName().toLowerCase(Locale.ROOT)));
    }
}
