package io.thr.dispatcher;

import static java.lang.System.Logger.Level.INFO;
import static java.lang.System.Logger.Level.WARNING;

import io.thr.core.claim.Claim;
import io.thr.core.message.MessageCodec;
import io.thr.core.message.RequestMessage;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Takes over what lost members have held: what may run goes back to the end of its queue that is served next, where any
 * member that serves the queue finds it as soon as it has room; of the rest, the clients get their answer here.
 */
final class Reaper {

    private static final System.Logger LOG = System.getLogger(Reaper.class.getName());

    private static final int BATCH = 64;

    /** So that the lease, by Redis' clock, is surely over; well inside the second that is promised. */
    private static final Duration AFTER = Duration.ofMillis(100);

    private final Bus bus;
    private final Admission admission;
    private final Answering answering;
    private final ScheduledExecutorService timer;
    // From the time a look is scheduled until nothing more is found: takeOver() is for one at a time
    private final AtomicBoolean looking = new AtomicBoolean();

    Reaper(Bus bus, Admission admission, Answering answering, ScheduledExecutorService timer) {
        this.bus = bus;
        this.admission = admission;
        this.answering = answering;
        this.timer = timer;
    }

    /** Looks when that time is over, unless it is about to look or at it; the next beat tells again. */
    void lookIn(Duration time) {
        if (!timer.isShutdown() && looking.compareAndSet(false, true)) {
            var unused = timer.schedule(this::takeOver, time.plus(AFTER).toMillis(), TimeUnit.MILLISECONDS);
        }
    }

    private void takeOver() {
        if (!bus.lease().isSure()) {
            looking.set(false);
            return;
        }
        When.done(bus.claims().takeOver(BATCH), (claims, error) -> {
            if (error != null) {
                looking.set(false);
                LOG.log(WARNING, "{0}: nothing could be taken over: {1}", bus.address(), error);
            } else if (claims.isEmpty()) {
                looking.set(false);
            } else {
                LOG.log(INFO, "{0}: took over {1} requests of lost dispatchers", bus.address(), claims.size());
                claims.forEach(this::inherit);
                takeOver();
            }
        });
    }

    private void inherit(Claim claim) {
        When.done(step(claim, admission.decide(claim)), (done, error) -> {
            if (error != null) {
                LOG.log(WARNING, "{0}: a request that was taken over is stuck: {1}", claim.queue(), error);
            }
        });
    }

    private CompletableFuture<Void> step(Claim claim, Decision decision) {
        if (decision instanceof Decision.Run run) {
            return answering.giveBack(bus, claim, bytes(claim, run.message()));
        }
        if (decision instanceof Decision.Refuse refuse) {
            return answering.refuse(bus, claim, refuse.message(), refuse.problem());
        }
        return answering.bury(bus, claim, (Decision.Bury) decision);
    }

    /** The message as it came where nothing has changed, so that fields of others that we do not know are kept. */
    private static byte[] bytes(Claim claim, RequestMessage message) {
        return message.extra().attempt() == 1 ? claim.message() : MessageCodec.write(message);
    }
}
