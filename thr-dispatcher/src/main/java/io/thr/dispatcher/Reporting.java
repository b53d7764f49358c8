package io.thr.dispatcher;

import static java.lang.System.Logger.Level.DEBUG;

import io.thr.core.bus.MemberReport;
import io.thr.core.redis.MemberReports;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Tells each bus what this member has counted: once a second while that changes, and now and then while it does not, so that it is
 * not forgotten. A report that cannot be given is not given again: the next says more.
 */
final class Reporting implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(Reporting.class.getName());

    /** Twice in the time after which a report is forgotten: an idle member asks Redis at most once a second, for anything. */
    private static final int IDLE_SECONDS = 14;

    private static final Duration PATIENCE = Duration.ofSeconds(2);

    private final Collection<Bus> buses;
    private final DispatcherMeters meters;
    private final BooleanSupplier isStopping;
    private final ScheduledExecutorService timer;
    // by the timer's thread only, as is what follows
    private final Map<Bus, Last> last = new HashMap<>();
    private @Nullable MemberIdentity identity;

    /**
     * Reports nothing yet.
     *
     * @param timer reports, and is ended with this
     */
    Reporting(
            Collection<Bus> buses,
            DispatcherMeters meters,
            BooleanSupplier isStopping,
            ScheduledExecutorService timer) {
        this.buses = buses;
        this.meters = meters;
        this.isStopping = isStopping;
        this.timer = timer;
    }

    /** What was said, how long ago, and whether it has arrived. */
    private record Last(MemberReport report, int seconds, CompletableFuture<Void> said) {

        Last later() {
            return new Last(report, seconds + 1, said);
        }

        boolean isIdleSince(MemberReport now) {
            return now.stopping() == report.stopping() && now.routes().equals(report.routes());
        }
    }

    /** Begins to report. */
    void start() {
        var unused = timer.scheduleWithFixedDelay(this::tell, 0, 1, TimeUnit.SECONDS);
    }

    private void tell() {
        for (Bus bus : buses) {
            try {
                tell(bus);
            } catch (RuntimeException e) { // a timer drops a task that throws
                LOG.log(DEBUG, "no report could be made", e);
            }
        }
    }

    private void tell(Bus bus) {
        Last before = last.get(bus);
        if (before != null && !before.said.isDone()) {
            return;
        }
        MemberIdentity who = identity();
        MemberReport report = meters.report(bus, who, isStopping.getAsBoolean());
        if (before != null && before.seconds + 1 < IDLE_SECONDS && before.isIdleSince(report)) {
            last.put(bus, before.later());
            return;
        }
        CompletableFuture<Void> said = new MemberReports(bus.redis(), bus.keys())
                .publish(bus.scheduler().name(), report);
        var unused = said.whenComplete((done, error) -> {
            if (error != null) {
                LOG.log(DEBUG, "{0}: the report could not be given: {1}", bus.address(), error);
            }
        });
        last.put(bus, new Last(report, 0, said));
    }

    /** Takes back what was said, as the member leaves. */
    @Override
    public void close() {
        timer.shutdown();
        try {
            boolean unused = timer.awaitTermination(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
            for (Bus bus : buses) {
                new MemberReports(bus.redis(), bus.keys())
                        .withdraw(bus.scheduler().name())
                        .get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
            }
        } catch (ExecutionException | TimeoutException e) {
            LOG.log(DEBUG, "the report could not be taken back, and will be forgotten: {0}", e.toString());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private MemberIdentity identity() {
        MemberIdentity known = identity;
        if (known == null) {
            known = MemberIdentity.here();
            identity = known;
        }
        return known;
    }
}
