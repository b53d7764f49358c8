package io.thr.dispatcher.command;

import io.thr.core.bus.BusState.RunningRequest;
import io.thr.core.bus.Why;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** The answer to "why does this request wait?" in sentences. */
final class WhyText {

    /** How many of those that hold a counter are named. */
    private static final int MOST_HOLDERS = 5;

    private WhyText() {}

    /** As lines, made {@linkplain Plain#text plain}. */
    static List<String> of(Why why, Instant now) {
        List<String> lines = new ArrayList<>();
        if (why instanceof Why.Unknown unknown) {
            lines.add(unknown.request()
                    + " is not on this bus: it has ended, waits for a rate policy in its front, or never came.");
        } else if (why instanceof Why.Listed listed) {
            lines.add(listed.request() + " is on the list " + listed.queue() + " as number " + listed.position() + ".");
            lines.add(
                    switch (listed.reason()) {
                        case NO_MEMBER -> "No running dispatcher serves this queue.";
                        case TOO_MANY_WAIT ->
                            "As many requests wait on the bus as may (max_waiting); it is taken when there is room.";
                        case ABOUT_TO_BE_TAKEN -> "It is about to be taken.";
                    });
        } else if (why instanceof Why.Taken taken) {
            lines.add(taken.request() + " does not wait: " + taken.member() + " has it, and sees to it now.");
        } else if (why instanceof Why.Running running) {
            lines.add(running.running().request() + " runs on "
                    + running.running().member() + ", for "
                    + Plain.since(running.running().since(), now) + ".");
        } else if (why instanceof Why.Waiting waiting) {
            waiting(waiting, now, lines);
        }
        return lines.stream().map(Plain::text).toList();
    }

    private static void waiting(Why.Waiting waiting, Instant now, List<String> lines) {
        lines.add(waiting.request() + " waits in " + waiting.queue() + ", for " + Plain.since(waiting.since(), now)
                + ".");
        switch (waiting.reason()) {
            case PAUSED -> lines.add("Its queue is paused; 'resume " + waiting.queue() + "' ends that.");
            case NO_MEMBER -> lines.add("No running dispatcher serves its queue.");
            case LIMIT -> waiting.blockedBy().forEach(blocker -> blocker(blocker, now, lines));
            case TURN -> lines.add("Its limits have room: others come before it, or no dispatcher has room for more.");
        }
        lines.add(position(waiting));
    }

    private static void blocker(Why.Blocker blocker, Instant now, List<String> lines) {
        lines.add(blocker.counter() + " is full: " + blocker.running() + " of " + blocker.max() + " run.");
        List<RunningRequest> holders = blocker.holders();
        holders.stream()
                .limit(MOST_HOLDERS)
                .forEach(holder -> lines.add("  held by " + holder.request() + " on " + holder.member() + " for "
                        + Plain.since(holder.since(), now)));
        if (holders.size() > MOST_HOLDERS) {
            lines.add("  and " + (holders.size() - MOST_HOLDERS) + " more");
        }
        if (blocker.withheld() > 0) {
            lines.add("  " + blocker.withheld() + " kept for requests of lost dispatchers, until their time is up");
        }
    }

    private static String position(Why.Waiting waiting) {
        long before = waiting.position() - 1;
        String place = before == 0 ? "It comes next" : before + (before == 1 ? " comes" : " come") + " before it";
        return waiting.estimatedWait() == null
                ? place + "."
                : place + "; it begins in about " + Plain.time(waiting.estimatedWait()) + ".";
    }
}
