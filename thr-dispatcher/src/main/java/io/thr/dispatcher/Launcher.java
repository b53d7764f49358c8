package io.thr.dispatcher;

import io.thr.core.message.RequestExtra;
import io.thr.core.message.RequestMessage;
import io.thr.core.schedule.Claim;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Begins what the scheduler has granted: makes an {@link Execution} of each claim, which owns one slot of its route, and
 * hands it on. Never blocks and never throws; threads may share it.
 */
final class Launcher {

    private final Admission admission;
    private final Forwarder forwarder;
    private final Answering answering;
    private final Running running;
    private final InstantSource clock;

    Launcher(Admission admission, Forwarder forwarder, Answering answering, Running running, InstantSource clock) {
        this.admission = admission;
        this.forwarder = forwarder;
        this.answering = answering;
        this.running = running;
        this.clock = clock;
    }

    /** A claim that was granted, and what was decided when it was read. */
    record Granted(Claim claim, Decision decision) {}

    /**
     * Begins these.
     *
     * @param slots how many the caller has acquired for them; what is left is released
     */
    void launch(Finisher finisher, List<Claim> granted, int slots) {
        launchRead(
                finisher,
                granted.stream()
                        .map(claim -> new Granted(claim, admission.decide(claim)))
                        .toList(),
                slots);
    }

    /** The same with claims that have been read. */
    void launchRead(Finisher finisher, List<Granted> granted, int slots) {
        Slots free = finisher.route().slots();
        int left = slots;
        for (Granted one : granted) {
            // More than was asked for where a reply was lost and the call repeated
            boolean hasSlot = left > 0 || free.tryAcquireUpTo(1) == 1;
            left -= left > 0 ? 1 : 0;
            try {
                launch(finisher, one, hasSlot);
            } catch (RuntimeException e) {
                // Nothing is begun by then: what throws is what makes the execution
                When.failed(answering.abandon(finisher, one.claim, hasSlot, e));
            }
        }
        free.release(left);
    }

    /** What is known here was sent as unknown, or the other way round, where two replies overtook each other. */
    void launchUnknown(Finisher finisher, Claim claim) {
        if (!running.isAt(claim)) {
            launch(finisher, List.of(claim), 0);
        }
    }

    private void launch(Finisher finisher, Granted granted, boolean hasSlot) {
        if (!(granted.decision instanceof Decision.Run run)) {
            When.failed(answering.conclude(finisher, granted.claim, granted.decision, hasSlot));
        } else if (hasSlot) {
            begin(finisher, granted.claim, run.message());
        } else {
            When.failed(answering.giveBack(finisher, granted.claim, run.message()));
        }
    }

    private void begin(Finisher finisher, Claim claim, RequestMessage message) {
        Execution execution = new Execution(finisher, claim, message, clock.millis());
        Execution other = running.enter(execution);
        if (other == null) {
            forward(execution);
        } else if (other.isOf(claim)) {
            // The grant was heard of twice
            finisher.route().slots().release(1);
        } else {
            // Its answer does for both. Whether it gives one only its end tells: it may be given back, and has lost its
            // claim by then
            When.done(other.ended(), (answered, error) -> afterOther(other, answered, execution));
        }
    }

    private void afterOther(Execution other, boolean answered, Execution execution) {
        boolean doesForBoth = other.aborted() == null ? answered : other.aborted() == Execution.Abort.CLIENT_LEFT;
        if (doesForBoth) {
            answering.dropDuplicate(execution);
            return;
        }
        try {
            begin(execution.finisher(), execution.claim(), execution.message());
        } catch (RuntimeException e) {
            When.failed(answering.abandon(execution.finisher(), execution.claim(), true, e));
        }
    }

    private void forward(Execution execution) {
        RequestExtra extra = execution.message().extra();
        long waitedMillis = execution.begunMillis() - (long) (extra.creationTime() * 1000);
        execution.route().meters().begun(extra.attempt(), TimeUnit.MILLISECONDS.toNanos(waitedMillis));
        try {
            forwarder.forward(execution);
        } catch (RuntimeException e) {
            answering.refuse(execution, new Problem(502, "the request could not be sent to the upstream"), e);
        }
    }
}
