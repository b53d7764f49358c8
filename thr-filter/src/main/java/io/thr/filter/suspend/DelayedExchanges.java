package io.thr.filter.suspend;

import io.thr.core.redis.OwnThreads;
import io.thr.core.redis.TimeLimit;
import io.thr.filter.http.Answer;
import io.thr.filter.http.Answers;
import io.thr.filter.http.Problem;
import io.thr.filter.http.ResponseWriter;
import io.thr.filter.rule.Exchange;
import jakarta.servlet.AsyncContext;
import jakarta.servlet.AsyncEvent;
import jakarta.servlet.AsyncListener;
import jakarta.servlet.http.HttpServletResponse;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Exchanges that wait for a time that a rate policy has given them. They hold no thread, and there is a bound on their number.
 * Each goes on when its time has come, or ends: its client leaves, or the node stops. One compare-and-set decides which.
 * Threads may share it.
 */
public final class DelayedExchanges implements AutoCloseable {

    private static final Logger LOG = System.getLogger(DelayedExchanges.class.getName());

    /** More are refused, as if they had to wait for too long. */
    static final int MAX = 10_000;

    private static final String STOPPING = "the server is stopping";

    private final Answers answers;
    private final Set<Delayed> waiting = ConcurrentHashMap.newKeySet();
    private final Set<Runnable> bounded = ConcurrentHashMap.newKeySet();
    private final AtomicInteger count = new AtomicInteger();
    private final OwnThreads threads = new OwnThreads("thr-delay");
    private final ScheduledThreadPoolExecutor timer = new ScheduledThreadPoolExecutor(1, threads);
    private volatile boolean stopping;

    /** With what makes the answers of those that end here. */
    public DelayedExchanges(Answers answers) {
        this.answers = answers;
        timer.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
        timer.setRemoveOnCancelPolicy(true);
    }

    /** How many wait now. */
    public int size() {
        return waiting.size();
    }

    /**
     * Has an exchange wait, whose context has been started and has no time-out.
     *
     * @param goOn called on the timer's thread when the time has come; must not block
     * @param giveBack called where it never comes: what was charged for the exchange
     * @return false where there are too many already: it does not wait, and nothing is called
     */
    public boolean delay(
            Exchange exchange,
            HttpServletResponse response,
            AsyncContext context,
            String clientMethod,
            long millis,
            Runnable goOn,
            Runnable giveBack) {
        if (count.incrementAndGet() > MAX) {
            count.decrementAndGet();
            return false;
        }
        Delayed delayed = new Delayed(exchange, response, context, clientMethod, goOn, giveBack);
        waiting.add(delayed);
        context.addListener(delayed);
        try {
            delayed.timer = timer.schedule(delayed::goOn, millis, TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException e) {
            LOG.log(Level.DEBUG, "the node stops", e);
        }
        if (stopping) {
            // either close() has seen it, or this sees that it closes
            delayed.stop();
        }
        return true;
    }

    /** The same future; it fails with {@link java.util.concurrent.TimeoutException} where it takes longer. */
    public <T> CompletableFuture<T> within(CompletableFuture<T> future, long millis) {
        Runnable stop = () -> future.completeExceptionally(new CancellationException(STOPPING));
        bounded.add(stop);
        var unused = future.whenComplete((value, failure) -> bounded.remove(stop));
        if (stopping) {
            // either close() has seen it, or this sees that it closes
            stop.run();
        }
        return TimeLimit.on(future, millis, timer);
    }

    /** Answers all that wait with 503, and gives back what was charged for them. */
    @Override
    public void close() {
        stopping = true;
        timer.shutdownNow();
        waiting.forEach(Delayed::stop);
        bounded.forEach(Runnable::run);
        threads.end(timer);
    }

    /** One exchange that waits. */
    private final class Delayed implements AsyncListener {

        private final Exchange exchange;
        private final HttpServletResponse response;
        private final AsyncContext context;
        private final String clientMethod;
        private final Runnable goOn;
        private final Runnable giveBack;
        private final AtomicBoolean ended = new AtomicBoolean();
        private volatile @Nullable Future<?> timer;

        Delayed(
                Exchange exchange,
                HttpServletResponse response,
                AsyncContext context,
                String clientMethod,
                Runnable goOn,
                Runnable giveBack) {
            this.exchange = exchange;
            this.response = response;
            this.context = context;
            this.clientMethod = clientMethod;
            this.goOn = goOn;
            this.giveBack = giveBack;
        }

        /** True for exactly one caller: the one that decides how the waiting ends. */
        private boolean end() {
            if (!ended.compareAndSet(false, true)) {
                return false;
            }
            waiting.remove(this);
            count.decrementAndGet();
            return true;
        }

        void goOn() {
            if (end()) {
                goOn.run();
            }
        }

        void stop() {
            if (end()) {
                giveBack.run();
                Problem stopped = Problem.unavailable(STOPPING, exchange.requestId());
                CompletableFuture<Answer> made = answers.problem(exchange, stopped);
                var unused = made.thenAccept(
                        answer -> ResponseWriter.writeAndComplete(context, response, clientMethod, answer));
            }
        }

        private boolean abandon() {
            if (!end()) {
                return false;
            }
            giveBack.run();
            Future<?> pending = timer;
            if (pending != null) {
                pending.cancel(false);
            }
            return true;
        }

        @Override
        public void onError(AsyncEvent event) {
            if (!abandon()) {
                // it has gone on, and is somebody else's
                return;
            }
            try {
                context.complete();
            } catch (IllegalStateException e) {
                LOG.log(Level.DEBUG, "the container had already completed the exchange", e);
            }
        }

        @Override
        public void onComplete(AsyncEvent event) {
            // an outer filter may have completed it
            abandon();
        }

        @Override
        public void onTimeout(AsyncEvent event) {
            // it has none
        }

        @Override
        public void onStartAsync(AsyncEvent event) {
            // only a dispatch leads here, and an exchange that is dispatched waits no more
        }
    }
}
