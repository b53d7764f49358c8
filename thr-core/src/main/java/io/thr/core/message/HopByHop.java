package io.thr.core.message;

import java.util.HashSet;
import java.util.Locale;
import java.util.Set;

/**
 * The fields that are meant for the next hop only and that nobody passes on (RFC 9110 §7.6.1): the known ones, and those
 * that {@code Connection} names.
 */
public final class HopByHop {

    private static final Set<String> FIELDS = Set.of(
            "connection",
            "keep-alive",
            "proxy-authenticate",
            "proxy-authorization",
            "proxy-connection",
            "te",
            "trailer",
            "transfer-encoding",
            "upgrade");

    private HopByHop() {}

    /** The fields that may be passed on; the same object where that is all of them. */
    public static Headers removedFrom(Headers headers) {
        Set<String> drop = null;
        for (Headers.Field field : headers) {
            if (isHopByHop(field.name())) {
                drop = FIELDS;
                break;
            }
        }
        if (drop == null) {
            return headers;
        }
        return headers.edit().removeAll(withNamedByConnection(headers)).build();
    }

    /** Whether the field is hop-by-hop whatever {@code Connection} says. */
    public static boolean isHopByHop(String name) {
        return FIELDS.contains(name.toLowerCase(Locale.ROOT));
    }

    private static Set<String> withNamedByConnection(Headers headers) {
        Set<String> drop = new HashSet<>(FIELDS);
        for (String connection : headers.all("Connection")) {
            for (String option : connection.split(",", -1)) {
                drop.add(option.strip().toLowerCase(Locale.ROOT));
            }
        }
        return drop;
    }
}
