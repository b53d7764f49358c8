package io.thr.core.redis;

import io.thr.core.bus.DurationCounter;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.exceptions.JedisException;

/**
 * One connection and one thread that carry the calls of everybody, and end the future of each.
 *
 * <p><b>Batching</b>, after Nagle: at most one batch is in flight. A call that finds nothing in flight is written at once
 * by the thread that makes it (a hop to another thread costs more than the write); one that comes while a batch is in
 * flight waits, and all that wait go as the next batch when the last reply has been read. So a lone caller pays nothing,
 * and many share their system calls without anybody choosing a delay. The lane's own thread is always blocked in
 * reading, or has just read.
 *
 * <p><b>Loss.</b> When the connection ends, what was in flight has an unknown outcome: it fails with
 * {@link RedisUnavailableException#maybeDone}, or is sent again where it may be. What was not sent waits for as long as its
 * {@link Patience} says. After one attempt to reconnect has failed the lane is <i>down</i>, and impatient calls fail
 * without waiting until it is up. A server that does not answer is given up after a while, so every future ends.
 *
 * <p>Futures end on the lane's thread: what depends on them must not block. Threads may share a lane.
 */
final class Lane implements AutoCloseable {

    private static final Logger LOG = System.getLogger(Lane.class.getName());
    private static final long EXPIRY_TICK_MILLIS = 10;
    private static final long CLOSE_MILLIS = 1000;

    private enum State {
        UP,
        /** Without a connection, and the first attempt to get one is being made. */
        LOST,
        /** An attempt has failed. */
        DOWN,
        CLOSED
    }

    private final Connector connector;
    private final LaneLimits limits;
    private final Executor writer;
    private final ScheduledExecutorService timer;
    private final Outage outage;
    private final Thread thread;
    private final DurationCounter times = new DurationCounter();

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition closing = lock.newCondition();
    // guarded by lock
    private final ArrayDeque<Call<?>> pending = new ArrayDeque<>();
    private long pendingBytes;
    private int pendingCommands;
    private long calls;
    private long failed;
    private long reconnects;
    private State state = State.UP;
    private long awaySinceNanos;
    private LaneConnection connection;

    // written under lock, read without it: how busy the lane is, and what the watchdog looks at
    private volatile List<Call<?>> inFlight = List.of();
    private volatile int load;
    private volatile long progress;

    private final Watchdog watchdog = new Watchdog();

    /**
     * A lane that begins with that connection.
     *
     * @param writer on which thread a caller's batch is written: the caller's own, or another for large ones
     */
    Lane(
            String name,
            Connector connector,
            LaneConnection first,
            LaneLimits limits,
            Executor writer,
            ScheduledExecutorService timer,
            Outage outage) {
        this.connector = connector;
        this.connection = first;
        this.limits = limits;
        this.writer = writer;
        this.timer = timer;
        this.outage = outage;
        this.thread = new Thread(this::run, name);
        thread.setDaemon(true);
        thread.start();
    }

    /** Makes the call, now or with the next batch. */
    <T> CompletableFuture<T> submit(Call<T> call) {
        List<Call<?>> batch = List.of();
        LaneConnection on = null;
        String refusal;
        lock.lock();
        try {
            refusal = refusal(call);
            calls++;
            if (refusal == null) {
                add(call, false);
                batch = nextBatch();
                on = connection;
            }
        } finally {
            lock.unlock();
        }
        if (refusal != null) {
            failed(1);
            call.fail(refusal, false, null);
        }
        write(on, batch);
        return call.future();
    }

    private void failed(int more) {
        lock.lock();
        try {
            failed += more;
        } finally {
            lock.unlock();
        }
    }

    /** What it has done, and does. */
    LaneFigures figures(String name) {
        lock.lock();
        try {
            return new LaneFigures(
                    name,
                    calls,
                    failed,
                    reconnects,
                    pendingCommands,
                    pendingBytes,
                    state == State.UP,
                    times.durations());
        } finally {
            lock.unlock();
        }
    }

    /** How many commands stand before a new one; very many where there is no connection. */
    int load() {
        return load;
    }

    // under lock
    private @Nullable String refusal(Call<?> call) {
        if (state == State.CLOSED) {
            return "closed";
        }
        if (state == State.DOWN && call.impatient()) {
            return "not reachable at the moment, not sent";
        }
        if (pendingCommands >= limits.pendingCommands()) {
            return "not sent, too many commands wait: " + pendingCommands + " (expected: < " + limits.pendingCommands()
                    + ")";
        }
        if (pendingBytes >= limits.pendingBytes()) {
            return "not sent, too many bytes wait: " + pendingBytes + " (expected: < " + limits.pendingBytes() + ")";
        }
        return null;
    }

    // under lock
    private void add(Call<?> call, boolean first) {
        if (first) {
            pending.addFirst(call);
        } else {
            pending.addLast(call);
        }
        count(call, 1);
    }

    // under lock
    private void count(Call<?> call, int sign) {
        pendingBytes += (long) sign * call.size();
        pendingCommands += sign * call.commands().size();
    }

    /**
     * What is to be written now by whoever gets it: nothing while a batch is in flight. A makes a call while the last
     * reply to a batch is being read: either A comes in here first, finds the batch in flight and leaves its call to the
     * lane's thread, which comes in here next; or the lane's thread was first and found nothing, then nothing is in
     * flight and A writes. The lock decides, and no call is left lying.
     */
    private List<Call<?>> nextBatch() {
        // under lock
        if (state != State.UP || !inFlight.isEmpty() || pending.isEmpty()) {
            updateLoad();
            return List.of();
        }
        List<Call<?>> batch = new ArrayList<>(Math.min(pending.size(), limits.batchCommands()));
        int commands = 0;
        long bytes = 0;
        for (Call<?> next = pending.peek(); next != null; next = pending.peek()) {
            commands += next.commands().size();
            bytes += next.size();
            if (!batch.isEmpty() && (commands > limits.batchCommands() || bytes > limits.batchBytes())) {
                break;
            }
            pending.remove();
            count(next, -1);
            batch.add(next);
        }
        inFlight = batch;
        progress = System.nanoTime();
        updateLoad();
        return batch;
    }

    // under lock
    private void updateLoad() {
        load = state == State.UP ? pendingCommands + inFlight.size() : Integer.MAX_VALUE;
    }

    private void write(@Nullable LaneConnection on, List<Call<?>> batch) {
        if (on == null || batch.isEmpty()) {
            return;
        }
        try {
            writer.execute(() -> writeHere(on, batch));
        } catch (RejectedExecutionException e) {
            // closed meanwhile: the lane's thread fails the batch
            on.abort();
        }
    }

    private static void writeHere(LaneConnection on, List<Call<?>> batch) {
        List<Command> commands;
        if (batch.size() == 1) {
            commands = batch.get(0).commands();
        } else {
            commands = new ArrayList<>(batch.size());
            for (Call<?> call : batch) {
                commands.addAll(call.commands());
            }
        }
        try {
            on.send(commands);
        } catch (IOException e) {
            // wakes the lane's thread, which reads; it alone decides what becomes of the batch
            on.abort();
        }
    }

    private void run() {
        LaneConnection on = connection;
        while (on != null) {
            serve(on);
            on.abort();
            on = reconnect();
        }
        end();
    }

    /** Reads replies until the connection ends. */
    private void serve(LaneConnection on) {
        startPending(on);
        List<List<Object>> answers = new ArrayList<>();
        try {
            while (true) {
                answers.clear();
                Object reply = on.read();
                List<Call<?>> batch = inFlight;
                if (batch.isEmpty()) {
                    throw new JedisException("a reply that nobody asked for");
                }
                for (Call<?> call : batch) {
                    answers.add(answersTo(call, answers.isEmpty() ? reply : on.read(), on));
                }
                List<Call<?>> next;
                lock.lock();
                try {
                    inFlight = List.of();
                    next = nextBatch();
                } finally {
                    lock.unlock();
                }
                // the server works on the next batch while the futures of this one end
                if (!next.isEmpty()) {
                    writeHere(on, next);
                }
                complete(batch, answers);
            }
        } catch (RuntimeException e) {
            // the end of the connection, or a reply that makes no sense: nothing after it can be trusted
            lost(e, answers);
        }
    }

    private List<Object> answersTo(Call<?> call, Object first, LaneConnection on) {
        progress = System.nanoTime();
        int count = call.commands().size();
        if (count == 1) {
            // a reply may be null, which List.of would refuse
            List<Object> one = new ArrayList<>(1);
            one.add(first);
            return one;
        }
        List<Object> replies = new ArrayList<>(count);
        replies.add(first);
        while (replies.size() < count) {
            replies.add(on.read());
            progress = System.nanoTime();
        }
        return replies;
    }

    private void startPending(LaneConnection on) {
        List<Call<?>> next;
        lock.lock();
        try {
            next = nextBatch();
        } finally {
            lock.unlock();
        }
        if (!next.isEmpty()) {
            writeHere(on, next);
        }
    }

    private void complete(List<Call<?>> calls, List<List<Object>> answers) {
        long now = answers.isEmpty() ? 0 : System.nanoTime();
        for (int i = 0; i < answers.size(); i++) {
            Call<?> call = calls.get(i);
            Call<?> retry = call.withScriptText(answers.get(i));
            if (retry == null) {
                times.add(now - call.submittedNanos());
                call.complete(answers.get(i));
            } else {
                List<Call<?>> batch;
                LaneConnection on;
                lock.lock();
                try {
                    add(retry, true);
                    batch = nextBatch();
                    on = connection;
                } finally {
                    lock.unlock();
                }
                write(on, batch);
            }
        }
    }

    /** Sorts what was in flight: answered, to be sent again, or of unknown outcome. */
    private void lost(RuntimeException cause, List<List<Object>> answers) {
        List<Call<?>> flight;
        List<Call<?>> unknown = new ArrayList<>();
        boolean closed;
        lock.lock();
        try {
            long now = System.nanoTime();
            closed = state == State.CLOSED;
            flight = inFlight;
            inFlight = List.of();
            for (int i = flight.size() - 1; i >= answers.size(); i--) {
                Call<?> call = flight.get(i);
                if (!closed
                        && call.repeatable()
                        && !call.expired(now, now, limits.patience().toNanos())) {
                    add(call, true);
                } else {
                    unknown.add(call);
                }
            }
            if (!closed) {
                state = State.LOST;
                awaySinceNanos = now;
            }
            updateLoad();
        } finally {
            lock.unlock();
        }
        complete(flight, answers);
        failed(unknown.size());
        for (Call<?> call : unknown) {
            call.fail("connection lost, nobody knows whether it was done", true, cause);
        }
        if (!closed) {
            outage.lost(this, cause);
            scheduleExpiry();
        }
    }

    private @Nullable LaneConnection reconnect() {
        BackOff pauses = new BackOff(limits.firstPause(), limits.lastPause());
        while (!closed()) {
            LaneConnection fresh;
            try {
                fresh = connector.open();
            } catch (RuntimeException e) {
                // the outage has been logged; what comes in while it lasts fails with its own message
                if (!down(pauses.nextMillis())) {
                    return null;
                }
                continue;
            }
            return up(fresh);
        }
        return null;
    }

    private boolean closed() {
        lock.lock();
        try {
            return state == State.CLOSED;
        } finally {
            lock.unlock();
        }
    }

    /** Marks the lane down and waits; false where it has been closed. */
    private boolean down(long pauseMillis) {
        lock.lock();
        try {
            if (state != State.CLOSED) {
                state = State.DOWN;
                updateLoad();
                long left = TimeUnit.MILLISECONDS.toNanos(pauseMillis);
                while (left > 0 && state != State.CLOSED) {
                    left = closing.awaitNanos(left);
                }
            }
            return state != State.CLOSED;
        } catch (InterruptedException e) {
            // nobody but close() ends this thread
            return state != State.CLOSED;
        } finally {
            lock.unlock();
        }
    }

    private @Nullable LaneConnection up(LaneConnection fresh) {
        lock.lock();
        try {
            if (state == State.CLOSED) {
                fresh.abort();
                return null;
            }
            connection = fresh;
            state = State.UP;
            reconnects++;
            updateLoad();
        } finally {
            lock.unlock();
        }
        outage.recovered(this);
        return fresh;
    }

    private void scheduleExpiry() {
        try {
            var unused = timer.schedule(this::expire, EXPIRY_TICK_MILLIS, TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException e) {
            // the timer ends when all lanes are closed, and a closed lane has failed what was pending
            LOG.log(Level.DEBUG, "closed while the connection was lost", e);
        }
    }

    /** Fails what has waited for long enough; again and again until there is a connection. */
    private void expire() {
        List<Call<?>> expired = new ArrayList<>();
        boolean away;
        lock.lock();
        try {
            away = state == State.LOST || state == State.DOWN;
            long now = System.nanoTime();
            for (Iterator<Call<?>> calls = pending.iterator(); away && calls.hasNext(); ) {
                Call<?> call = calls.next();
                if (call.expired(now, awaySinceNanos, limits.patience().toNanos())) {
                    calls.remove();
                    count(call, -1);
                    expired.add(call);
                }
            }
            failed += expired.size();
        } finally {
            lock.unlock();
        }
        for (Call<?> call : expired) {
            call.fail("not reachable at the moment, not sent", false, null);
        }
        if (away) {
            scheduleExpiry();
        }
    }

    /** One look of the timer at whether replies come. */
    void tick() {
        LaneConnection current;
        lock.lock();
        try {
            current = connection;
        } finally {
            lock.unlock();
        }
        if (watchdog.tick(!inFlight.isEmpty(), progress + current.moved(), limits.reply())) {
            current.giveUp("no reply for " + limits.reply().toMillis() + " ms");
        }
    }

    private void end() {
        List<Call<?>> left;
        lock.lock();
        try {
            left = new ArrayList<>(pending);
            failed += left.size();
            pending.clear();
            pendingCommands = 0;
            pendingBytes = 0;
        } finally {
            lock.unlock();
        }
        for (Call<?> call : left) {
            call.fail("closed before it was sent", false, null);
        }
        outage.forget(this);
    }

    /** Ends the connection, and every future with an error. */
    @Override
    public void close() {
        lock.lock();
        try {
            state = State.CLOSED;
            closing.signalAll();
            connection.abort();
        } finally {
            lock.unlock();
        }
        end();
        if (Thread.currentThread() == thread) {
            return;
        }
        try {
            // it ends at once, unless it is connecting, and then nobody waits for it
            thread.join(CLOSE_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
