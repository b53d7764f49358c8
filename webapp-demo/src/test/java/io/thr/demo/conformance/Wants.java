package io.thr.demo.conformance;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/**
 * What must come of a case by THR, whatever comes of it on the other ways:
 *
 * <pre>
 * 200                           the client's status
 * upstream nothing              no request arrived
 * upstream line GET / HTTP/1.1  the request line
 * upstream Via: 1.1 thr         the only value of that field; * for any
 * upstream no TE                no such field
 * upstream body ok
 * client Via: *, client no Via, client body ok
 * client closed                 the server closed the connection
 * </pre>
 */
final class Wants {

    private Wants() {}

    /** What of it did not come. */
    static List<String> missing(List<String> wants, Exchanged seen) {
        List<String> missing = new ArrayList<>();
        for (String want : wants) {
            if (!isMet(want, seen)) {
                missing.add(want);
            }
        }
        return missing;
    }

    private static boolean isMet(String want, Exchanged seen) {
        if (want.equals("upstream nothing")) {
            return seen.requests().isEmpty();
        }
        if (want.equals("client closed")) {
            return seen.reply().after() == Reply.After.CLOSED || seen.reply().broken() != null;
        }
        List<Message> requests = seen.requests();
        List<Message> responses = seen.reply().finals();
        if (want.startsWith("upstream ")) {
            return !requests.isEmpty() && isMet(want.substring(9), requests.get(0));
        }
        if (responses.isEmpty()) {
            return false;
        }
        Message response = responses.get(responses.size() - 1);
        return want.startsWith("client ")
                ? isMet(want.substring(7), response)
                : response.status() == Integer.parseInt(want);
    }

    private static boolean isMet(String want, Message message) {
        if (want.startsWith("line ")) {
            return message.start().equals(want.substring(5));
        }
        if (want.startsWith("body ")) {
            return message.text().equals(want.substring(5));
        }
        if (want.startsWith("no ")) {
            return !message.fields().has(want.substring(3));
        }
        int colon = want.indexOf(':');
        List<String> values = message.fields().all(want.substring(0, colon));
        Predicate<String> isValue = like(want.substring(colon + 1).strip());
        return values.size() == 1 && isValue.test(values.get(0));
    }

    private static Predicate<String> like(String value) {
        return value.endsWith("*") ? seen -> seen.startsWith(value.substring(0, value.length() - 1)) : value::equals;
    }
}
