package io.thr.filter.http;

import io.thr.core.match.IpAddress;
import io.thr.filter.config.ForwardedField;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The addresses in a request's forwarding field, from the right: first what the peer appended, then what was there before.
 * All lines of the field are one list (RFC 9110 §5.3). For one thread.
 *
 * <p>It reads from the right too, and no further than it is asked. So what a client wrote before a proxy appended its part
 * has no say in how that part is read, and costs nothing. Read from the left, {@code for="6.6.6.6, for=203.0.113.9} is one
 * broken element; from the right, where quotes are matched as well, the part that the proxy appended is whole.
 */
final class ForwardedHops {

    /** A node's port (RFC 7239 §6), or that there is none. */
    private static final Pattern PORT = Pattern.compile("|:[0-9]{1,5}|:_[A-Za-z0-9._-]+");

    private final ForwardedField field;
    private final List<String> lines;
    private int line;
    /** Where the rest of the line ends that is still to be read; −1 where there is none, not even an empty element. */
    private int end = -1;

    /** Of a request that has these lines of that field. */
    ForwardedHops(ForwardedField field, List<String> lines) {
        this.field = field;
        this.lines = lines;
        this.line = lines.size();
    }

    /**
     * The next address to the left; nothing at the end of the list, and where something else than an address stands:
     * {@code unknown}, {@code _id}, nothing between two commas, or what the grammar does not allow.
     */
    Optional<IpAddress> next() {
        boolean isSecond = line < lines.size();
        if (field == ForwardedField.X_REAL_IP && isSecond) {
            return Optional.empty();
        }
        while (end < 0) {
            if (line == 0) {
                return Optional.empty();
            }
            line--;
            end = lines.get(line).length();
        }
        String text = lines.get(line);
        boolean isElement = field == ForwardedField.FORWARDED;
        int comma = isElement ? commaBefore(text, end) : text.lastIndexOf(',', end - 1);
        String hop = trimmed(text, comma + 1, end);
        end = comma;
        return (isElement ? ForwardedElement.node(hop) : Optional.of(hop)).flatMap(ForwardedHops::addressOf);
    }

    /** The last comma before that end which is in no quoted string, or −1. */
    private static int commaBefore(String text, int end) {
        boolean quoted = false;
        for (int i = end - 1; i >= 0; i--) {
            char c = text.charAt(i);
            if (c == ',' && !quoted) {
                return i;
            }
            if (c == '"' && !(quoted && isEscaped(text, i))) {
                quoted = !quoted;
            }
        }
        return -1;
    }

    /** Whether an odd number of backslashes stands before. */
    private static boolean isEscaped(String text, int at) {
        int start = at;
        while (start > 0 && text.charAt(start - 1) == '\\') {
            start--;
        }
        return (at - start) % 2 == 1;
    }

    /** The address of a node: {@code 192.0.2.1}, {@code [2001:db8::1]}, either with a port, or {@code 2001:db8::1}. */
    private static Optional<IpAddress> addressOf(String node) {
        int colon = node.indexOf(':');
        int end = node.length();
        if (node.startsWith("[")) {
            end = node.indexOf(']') + 1;
        } else if (colon >= 0 && colon == node.lastIndexOf(':')) {
            end = colon;
        }
        return PORT.matcher(node.substring(end)).matches() ? IpAddress.parse(node.substring(0, end)) : Optional.empty();
    }

    /** That part of the text without the blanks around it, spaces and tabs (RFC 9110 §5.6.3). */
    static String trimmed(String text, int start, int end) {
        int from = start;
        int to = end;
        while (from < to && isBlank(text.charAt(from))) {
            from++;
        }
        while (from < to && isBlank(text.charAt(to - 1))) {
            to--;
        }
        return text.substring(from, to);
    }

    private static boolean isBlank(char c) {
        return c == ' ' || c == '\t';
    }
}
