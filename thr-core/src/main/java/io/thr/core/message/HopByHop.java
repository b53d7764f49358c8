package io.thr.core.message;

import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * The fields that are meant for the next hop only and that nobody passes on (RFC 9110 §7.6.1): the known ones, and those
 * that {@code Connection} names.
 */
public final class HopByHop {

    /** Compared without regard to case, and without making a string for each question. */
    private static final SortedSet<String> FIELDS = caseInsensitive(List.of(
            "Connection",
            "Keep-Alive",
            "Proxy-Authenticate",
            "Proxy-Authorization",
            "Proxy-Connection",
            "TE",
            "Trailer",
            "Transfer-Encoding",
            "Upgrade"));

    private HopByHop() {}

    /** The fields that may be passed on; the same object where that is all of them. */
    public static Headers removedFrom(Headers headers) {
        for (Headers.Field field : headers) {
            if (isHopByHop(field.name())) {
                return headers.edit().removeAll(withNamedByConnection(headers)).build();
            }
        }
        return headers;
    }

    /** Whether the field is hop-by-hop whatever {@code Connection} says. */
    public static boolean isHopByHop(String name) {
        return FIELDS.contains(name);
    }

    private static Set<String> withNamedByConnection(Headers headers) {
        SortedSet<String> drop = caseInsensitive(FIELDS);
        for (String connection : headers.all("Connection")) {
            for (String option : connection.split(",", -1)) {
                drop.add(option.strip());
            }
        }
        return drop;
    }

    private static SortedSet<String> caseInsensitive(Collection<String> names) {
        SortedSet<String> set = new TreeSet<>(String.CASE_INSENSITIVE_ORDER);
        set.addAll(names);
        return set;
    }
}
