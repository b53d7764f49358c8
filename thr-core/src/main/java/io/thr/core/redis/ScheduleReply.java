package io.thr.core.redis;

import io.thr.core.schedule.Claim;
import io.thr.core.schedule.Claim.Origin;
import io.thr.core.schedule.Outcome;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/** How the scripts of the scheduler answer, as Java has it. */
final class ScheduleReply {

    private static final String BLOCKED = "wait ";

    private ScheduleReply() {}

    static List<?> list(Object reply) {
        return (List<?>) reply;
    }

    static List<String> texts(Object reply) {
        return list(reply).stream().map(ClaimTaker::text).toList();
    }

    /** Fields and their values, of a hash or a sorted set, as either protocol gives them. */
    static void pairs(Object reply, BiConsumer<String, String> each) {
        if (reply instanceof Map<?, ?> map) {
            map.forEach((field, value) -> each.accept(ClaimTaker.text(field), ClaimTaker.text(value)));
            return;
        }
        List<String> texts = texts(reply);
        for (int i = 0; i + 1 < texts.size(); i += 2) {
            each.accept(texts.get(i), texts.get(i + 1));
        }
    }

    static long number(Object reply) {
        return reply instanceof Long whole ? whole : Long.parseLong(ClaimTaker.text(reply));
    }

    static List<Outcome> outcomes(Object reply) {
        List<Outcome> outcomes = new ArrayList<>();
        for (String text : texts(reply)) {
            outcomes.add(outcome(text));
        }
        return outcomes;
    }

    private static Outcome outcome(String text) {
        return switch (text) {
            case "run" -> new Outcome.Runs();
            case "wait" -> new Outcome.Waits(null);
            case "duplicate" -> new Outcome.Duplicate();
            case "cancelled" -> new Outcome.Cancelled();
            case "lost" -> new Outcome.Lost();
            default -> {
                if (!text.startsWith(BLOCKED)) {
                    throw new IllegalStateException("schedule: outcome: " + text);
                }
                yield new Outcome.Waits(text.substring(BLOCKED.length()));
            }
        };
    }

    /** {id, queue, message, order, attempts, deadline}. */
    static Claim granted(Object reply, String owner, Origin origin) {
        List<?> parts = list(reply);
        return new Claim(
                ClaimTaker.text(parts.get(0)),
                owner,
                ClaimTaker.text(parts.get(1)),
                bytes(parts.get(2)),
                origin,
                ClaimTaker.text(parts.get(3)),
                (int) number(parts.get(4)));
    }

    /** {id, queue, message, marked as sent, order, attempts, deadline}. */
    static Claim takenOver(Object reply, String owner) {
        List<?> parts = list(reply);
        return new Claim(
                ClaimTaker.text(parts.get(0)),
                owner,
                ClaimTaker.text(parts.get(1)),
                bytes(parts.get(2)),
                number(parts.get(3)) == 1 ? Origin.LOST_SENT : Origin.LOST_UNSENT,
                ClaimTaker.text(parts.get(4)),
                (int) number(parts.get(5)));
    }

    /**
     * {id, queue, message, marked as sent, slots held, order, attempts, deadline}. Marked as sent it was begun, and its last
     * word could not be said.
     */
    static Claim adopted(Object reply, String owner) {
        List<?> parts = list(reply);
        String order = ClaimTaker.text(parts.get(5));
        Origin origin = Origin.LOST_UNSENT;
        if (number(parts.get(3)) == 1) {
            origin = Origin.LOST_SENT;
        } else if (number(parts.get(4)) == 1) {
            origin = Origin.GRANTED;
        } else if (order.isEmpty()) {
            origin = Origin.QUEUE;
        }
        return new Claim(
                ClaimTaker.text(parts.get(0)),
                owner,
                ClaimTaker.text(parts.get(1)),
                bytes(parts.get(2)),
                origin,
                order,
                (int) number(parts.get(6)));
    }

    static byte[] bytes(@Nullable Object reply) {
        // without its message, which only a server that has lost data can do, it cannot be read, and is buried
        return reply instanceof byte[] bytes ? bytes : new byte[0];
    }
}
