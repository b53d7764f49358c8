package io.thr.demo.conformance;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * The gateway that changes nothing but what it must: what a client and an upstream would have seen of each other through it,
 * made of what they saw directly. And how what they see through another is compared with that.
 */
final class Gateway {

    /** Fields of one connection (RFC 9110 §7.6.1). */
    private static final Set<String> HOP_BY_HOP = StrictReader.names(
            "connection",
            "keep-alive",
            "proxy-authenticate",
            "proxy-authorization",
            "proxy-connection",
            "te",
            "trailer",
            "transfer-encoding",
            "upgrade");

    /** What each gateway writes itself, or frames anew. */
    private static final Set<String> OF_ANY_GATEWAY = StrictReader.names(
            "connection",
            "content-length",
            "date",
            "forwarded",
            "host",
            "server-timing",
            "trailer",
            "transfer-encoding",
            "via",
            "x-forwarded-for",
            "x-forwarded-host",
            "x-forwarded-proto",
            "x-forwarded-server");

    private static final String NOT_WHOLE = "not a whole response";

    private Gateway() {}

    /** What would have been seen through it. */
    static Exchanged of(Exchanged direct) {
        Reply reply = direct.reply();
        return new Exchanged(
                direct.requests().stream().map(Gateway::forwarded).toList(),
                new Reply(
                        reply.interim().stream().map(Gateway::withoutHop).toList(),
                        reply.finals().stream().map(Gateway::withoutHop).toList(),
                        reply.broken(),
                        Reply.After.REUSED));
    }

    private static Message forwarded(Message request) {
        String target = request.target();
        int authority = target.indexOf("://");
        String origin = target;
        if (authority >= 0) {
            int path = target.indexOf('/', authority + 3);
            int query = target.indexOf('?', authority + 3);
            boolean hasPath = path >= 0 && (query < 0 || path < query);
            origin = hasPath ? target.substring(path) : "/" + (query < 0 ? "" : target.substring(query));
        }
        String version = " HTTP/1.1";
        return withoutHop(request)
                .with(
                        request.method() + " " + origin + version,
                        withoutHop(request).fields());
    }

    private static Message withoutHop(Message message) {
        Set<String> names = new TreeSet<>(HOP_BY_HOP);
        names.addAll(message.fields().members("Connection"));
        return message.with(message.start(), message.fields().without(names));
    }

    /** In what it differs; nothing where it does not. */
    static List<String> differences(Exchanged expected, Exchanged seen, boolean isHead) {
        List<String> differences = new ArrayList<>();
        boolean isRefused = expected.requests().isEmpty() && seen.requests().isEmpty();
        requests(expected.requests(), seen.requests(), differences);
        reply(expected.reply(), seen.reply(), isRefused, isHead, differences);
        return differences;
    }

    private static void requests(List<Message> expected, List<Message> seen, List<String> differences) {
        if (expected.size() != seen.size()) {
            differences.add("upstream: " + seen.size() + " requests instead of " + expected.size());
            return;
        }
        for (int i = 0; i < expected.size(); i++) {
            compare("upstream", "line", expected.get(i).start(), seen.get(i).start(), differences);
            fields("upstream", ours(expected.get(i), false), ours(seen.get(i), false), differences);
            compare("upstream", "body", expected.get(i).text(), seen.get(i).text(), differences);
            fields("upstream trailer", expected.get(i).trailers(), seen.get(i).trailers(), differences);
        }
    }

    private static void reply(Reply expected, Reply seen, boolean isRefused, boolean isHead, List<String> differences) {
        List<String> expectedStatuses = statuses(expected);
        List<String> seenStatuses = statuses(seen);
        boolean isRefusedToo =
                isRefused && expectedStatuses.get(0).startsWith("4") && seenStatuses.equals(List.of(NOT_WHOLE));
        if (isRefusedToo) {
            // by the end of the connection, which says no less
        } else if (!expectedStatuses.equals(seenStatuses)) {
            differences.add("client: " + String.join(", ", seenStatuses) + " instead of "
                    + String.join(", ", expectedStatuses));
        } else if (!isRefused && expected.broken() == null) {
            responses("client interim", expected.interim(), seen.interim(), false, differences);
            responses("client", expected.finals(), seen.finals(), isHead, differences);
        }
        if (seen.after() == Reply.After.OUT_OF_STEP || seen.after() == Reply.After.LEFT_OPEN) {
            differences.add("client: the connection is " + seen.after());
        }
    }

    /**
     * What a gateway cannot understand, and what breaks off, it must not pass on as if it were whole: it answers 502, or breaks
     * off as well (RFC 9112 §6.3, §8).
     */
    private static List<String> statuses(Reply reply) {
        List<String> statuses = new ArrayList<>();
        for (Message response : reply.finals()) {
            statuses.add(response.status() == 502 ? NOT_WHOLE : Integer.toString(response.status()));
        }
        if (reply.broken() != null) {
            statuses.add(reply.broken().equals("no response") ? "no response" : NOT_WHOLE);
        }
        return statuses;
    }

    private static void responses(
            String what, List<Message> expected, List<Message> seen, boolean isHead, List<String> differences) {
        if (expected.size() != seen.size()) {
            differences.add(what + ": " + seen.size() + " instead of " + expected.size());
            return;
        }
        for (int i = 0; i < expected.size(); i++) {
            boolean tellsLength = isHead || seen.get(i).status() == 304;
            fields(what, ours(expected.get(i), tellsLength), ours(seen.get(i), tellsLength), differences);
            compare(what, "body", expected.get(i).text(), seen.get(i).text(), differences);
            fields(what + " trailer", expected.get(i).trailers(), seen.get(i).trailers(), differences);
        }
    }

    /** The fields that are compared. Where no body follows, its length is a field like any other (RFC 9110 §8.6). */
    private static Fields ours(Message message, boolean tellsLength) {
        Fields compared = message.fields().without(OF_ANY_GATEWAY);
        if (!tellsLength) {
            return compared;
        }
        List<Fields.Line> lines = new ArrayList<>(compared.lines());
        lines.addAll(
                message.fields().where(line -> line.isNamed("Content-Length")).lines());
        return new Fields(lines);
    }

    private static void fields(String where, Fields expected, Fields seen, List<String> differences) {
        if (expected.sorted().equals(seen.sorted())) {
            return;
        }
        List<String> missing = new ArrayList<>(expected.sorted());
        seen.sorted().forEach(missing::remove);
        List<String> added = new ArrayList<>(seen.sorted());
        expected.sorted().forEach(added::remove);
        missing.forEach(field -> differences.add(where + ": without `" + shortened(field) + "`"));
        added.forEach(field -> differences.add(where + ": with `" + shortened(field) + "`"));
        if (missing.isEmpty() && added.isEmpty()) {
            differences.add(where + ": fields in another order");
        }
    }

    private static void compare(String where, String what, String expected, String seen, List<String> differences) {
        if (!expected.equals(seen)) {
            differences.add(
                    where + ": " + what + " `" + shortened(seen) + "` instead of `" + shortened(expected) + "`");
        }
    }

    private static String shortened(String text) {
        StringBuilder shown = new StringBuilder();
        text.chars()
                .limit(80)
                .forEach(c -> shown.append(c < ' ' || c > '~' ? String.format("<x%02X>", c) : Character.toString(c)));
        return text.length() > 80 ? shown + "…" : shown.toString();
    }
}
