package io.thr.core.redis;

import java.util.ArrayList;
import java.util.List;

/** What every script that includes {@code lib/scheduler.lua} is given first, in the order in which its head has it. */
final class SchedulerKeys {

    private SchedulerKeys() {}

    /** KEYS of a member that serves these queues; of one who is no member the name is empty. */
    static List<String> of(RedisKeys keys, String me, List<String> queues) {
        List<String> all = new ArrayList<>(List.of(
                keys.members(),
                keys.messages(),
                keys.tickets(),
                keys.requests(),
                keys.waiting(),
                keys.flows(),
                keys.run(),
                keys.parked(),
                keys.fair(),
                keys.counts(),
                keys.limits(),
                keys.deadlines(),
                keys.withheld(),
                keys.cancelled(),
                keys.claimed(me),
                keys.sent(me),
                keys.pace(),
                keys.paused()));
        queues.forEach(queue -> all.add(keys.runnable(queue)));
        return all;
    }

    /** ARGV: the member, the server's own clock, its queues. */
    static List<Object> arguments(String me, List<String> queues) {
        List<Object> all = new ArrayList<>(List.of(me, "", queues.size()));
        all.addAll(queues);
        return all;
    }
}
