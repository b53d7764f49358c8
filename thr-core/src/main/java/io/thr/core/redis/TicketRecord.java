package io.thr.core.redis;

import java.util.List;
import java.util.regex.Pattern;

/**
 * The record of a ticket as {@code lib/scheduler.lua} writes it, for those who only look.
 *
 * @param owner empty while it waits
 * @param sinceMillis since when it waits or runs; 0 where it does neither
 * @param request its name: id, blank, response key
 */
record TicketRecord(String owner, long sinceMillis, String request, FlowName flow, String order) {

    private static final Pattern LINE = Pattern.compile("\n");

    static TicketRecord read(String record) {
        String[] parts = LINE.split(record, -1);
        return new TicketRecord(
                parts[0], (long) Double.parseDouble(parts[1]), parts[3], FlowName.read(parts[4]), parts[5]);
    }

    boolean waits() {
        return owner.isEmpty();
    }

    boolean runs() {
        return !owner.isEmpty() && sinceMillis > 0;
    }

    String requestId() {
        return requestId(request);
    }

    static String requestId(String request) {
        int blank = request.indexOf(' ');
        return blank < 0 ? request : request.substring(0, blank);
    }

    List<String> counters() {
        return flow.counters();
    }
}
