package io.thr.core.body;

import io.thr.core.Choices;
import io.thr.core.message.Frame;
import io.thr.core.message.FrameCodec;
import io.thr.core.message.Headers;
import io.thr.core.message.MalformedMessageException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * One body on its way from a source through a {@link FrameSender}, a link, and a {@link FrameReceiver} to a reader, in one
 * thread: chance decides which of them goes on next, and what the links do with what is on them.
 */
final class FrameRun {

    static final int WINDOW = Frame.WINDOW;
    static final int LARGEST_PIECE = 300_000;
    static final Headers TRAILERS = Headers.of("X-Checksum", "0815");

    private static final String REQUEST = "b4370dc760fa4c28aab831a037ef931d";
    private static final String STREAM = "4e14a81934674aed8d5abdadda16468b.1";
    private static final long TICK_NANOS = 11_000_000_000L;
    private static final byte[] BYTES = new byte[5 << 20];

    static {
        new SplittableRandom(1).nextBytes(BYTES);
    }

    private final Choices choices;
    private final int length;
    private final Source source;
    private final FrameSender sender;
    private final FrameReceiver receiver;
    private boolean repeating;
    private int losesOneIn = Integer.MAX_VALUE;
    private boolean losingCredit;
    private int breakAt = Integer.MAX_VALUE;
    private int cancelAt = Integer.MAX_VALUE;

    private final Deque<byte[]> down = new ArrayDeque<>();
    private final Deque<byte[]> up = new ArrayDeque<>();
    private @Nullable CompletableFuture<Object> pushing;
    private List<byte[]> pushed = List.of();
    private long sent;
    private long allowed = WINDOW;
    private long received;

    private @Nullable CompletableFuture<Piece> reading;
    private long read;
    private @Nullable Headers end;
    private boolean broken;
    private boolean left;
    private boolean senderDone;
    private int idleTicks;
    private long nowNanos = System.nanoTime();

    FrameRun(Choices choices) {
        this.choices = choices;
        this.length = choices.between(0, BYTES.length);
        this.source = new Source();
        this.sender = new FrameSender(REQUEST, STREAM, source, this::push, WINDOW);
        // some know how much will come
        long expected = choices.between(0, 1) == 0 ? -1 : length;
        this.receiver = new FrameReceiver(REQUEST, STREAM, frame -> up.add(FrameCodec.write(frame)), WINDOW, expected);
    }

    /** Frames may come twice, and credit in another order. */
    FrameRun repeating() {
        repeating = true;
        return this;
    }

    /** Frames of either direction may be lost, or come late. */
    FrameRun losing() {
        losesOneIn = choices.of(8, 40, 200);
        return this;
    }

    /** Credit may be lost. */
    FrameRun losingCredit() {
        losingCredit = true;
        return this;
    }

    /** The source may fail somewhere. */
    FrameRun breaking() {
        breakAt = choices.oneIn(2) ? choices.between(0, length) : breakAt;
        return this;
    }

    /** The reader may leave somewhere. */
    FrameRun cancelling() {
        cancelAt = choices.oneIn(2) ? choices.between(0, length) : cancelAt;
        return this;
    }

    void start() {
        var unused = sender.start().whenComplete((last, error) -> {
            senderDone = true;
            down.add(FrameCodec.write(
                    error == null ? last : new Frame.Abort(REQUEST, STREAM, String.valueOf(error.getMessage()))));
        });
    }

    /** Somebody does something; false where nobody has anything to do. */
    boolean step() {
        List<Runnable> possible = new ArrayList<>();
        if (source.asked != null) {
            possible.add(source::give);
        }
        if (pushing != null) {
            possible.add(this::pushed);
        }
        if (!down.isEmpty()) {
            possible.add(() -> travel(down));
        }
        if (!up.isEmpty()) {
            possible.add(() -> travel(up));
        }
        if (reading == null && end == null && !broken && !left) {
            possible.add(this::ask);
        }
        if (possible.isEmpty() && idleTicks < 3) {
            // time passes when nobody has anything else to do
            idleTicks++;
            possible.add(this::tick);
        }
        if (possible.isEmpty()) {
            return false;
        }
        choices.of(possible).run();
        return true;
    }

    private void tick() {
        nowNanos += TICK_NANOS;
        receiver.tick(nowNanos);
    }

    private CompletableFuture<?> push(List<byte[]> frames) {
        if (pushing != null) {
            throw new IllegalStateException("the last frames have not been sent yet");
        }
        pushed = frames;
        for (byte[] frame : frames) {
            sent += ((Frame.Data) frame(frame)).bytes().length;
        }
        CompletableFuture<Object> done = new CompletableFuture<>();
        if (choices.oneIn(3)) {
            pushed();
            done.complete(this);
            return done;
        }
        pushing = done;
        return done;
    }

    /** The frames are on the link, twice where nobody knew whether they were; then the sender hears it. */
    private void pushed() {
        down.addAll(pushed);
        if (repeating && choices.oneIn(6)) {
            down.addAll(pushed);
        }
        pushed = List.of();
        CompletableFuture<Object> done = pushing;
        pushing = null;
        if (done != null) {
            done.complete(this);
        }
    }

    private void travel(Deque<byte[]> link) {
        byte[] bytes = link.remove();
        boolean credit = link == up && frame(bytes) instanceof Frame.Credit;
        if (choices.oneIn(losesOneIn) || (losingCredit && credit && idleTicks == 0 && choices.oneIn(2))) {
            return;
        }
        if ((choices.oneIn(losesOneIn) || (repeating && credit && choices.oneIn(4))) && !link.isEmpty()) {
            link.add(bytes);
            return;
        }
        if (repeating && choices.oneIn(10)) {
            link.addFirst(bytes);
        }
        Frame frame = frame(bytes);
        idleTicks = losingCredit ? 0 : idleTicks;
        if (link == down) {
            received += frame instanceof Frame.Data data ? data.bytes().length : 0;
            receiver.receive(frame);
        } else if (frame instanceof Frame.Credit more) {
            allowed = Math.max(allowed, more.bytes());
            sender.credit(more.bytes());
        } else if (frame instanceof Frame.Abort abort) {
            sender.abort(new BrokenBodyException(abort.reason()));
        }
    }

    private static Frame frame(byte[] bytes) {
        try {
            return FrameCodec.read(bytes);
        } catch (MalformedMessageException e) {
            throw new IllegalStateException(e);
        }
    }

    private void ask() {
        if (read >= cancelAt) {
            left = true;
            receiver.cancel();
        }
        CompletableFuture<Piece> piece = receiver.next();
        reading = piece;
        var unused = piece.whenComplete((got, error) -> {
            reading = null;
            if (error != null) {
                broken = true;
            } else if (got instanceof Piece.Data data) {
                int size = data.bytes().length;
                int from = (int) read;
                if (!Arrays.equals(data.bytes(), 0, size, BYTES, from, Math.min(BYTES.length, from + size))) {
                    throw new IllegalStateException("other bytes than those sent, from " + read);
                }
                read += size;
            } else if (got instanceof Piece.End last) {
                end = last.trailers();
            }
        });
    }

    /** What the source has given and the sender has not sent. */
    long heldBytes() {
        return source.given - sent;
    }

    /** What has been handed to the link in all. */
    long sentBytes() {
        return sent;
    }

    /** What the sender has heard that it may send. */
    long allowedBytes() {
        return allowed;
    }

    /** What has been sent and nobody has read: all that Redis and the receiver can hold. */
    long unreadBytes() {
        return sent - read;
    }

    long readBytes() {
        return read;
    }

    int length() {
        return length;
    }

    /** The trailers, where the reader was told that this was all; else null. */
    @Nullable
    Headers end() {
        return end;
    }

    /** Whether the reader was told that it is not whole. */
    boolean broken() {
        return broken;
    }

    boolean left() {
        return left;
    }

    /** Whether the sender has not ended, or somebody still waits. */
    boolean open() {
        return !senderDone || reading != null;
    }

    boolean sourceBroke() {
        return source.broke;
    }

    /** Whether the source has given all, or was told that nobody wants it. */
    boolean sourceEnded() {
        return source.cancelled || source.broke || source.finished;
    }

    @Override
    public String toString() {
        return "length " + length + ", given " + source.given + ", sent " + sent + " of " + allowed + ", received "
                + received + ", read " + read + ", breaks at " + breakAt + ", cancelled at " + cancelAt;
    }

    /** Gives pieces of all sizes, at once or later. */
    private final class Source implements BodySource {

        /** As servers give them: so a credit may be used up to its last byte when the next is due. */
        private final boolean even = choices.oneIn(3);

        @Nullable
        CompletableFuture<Piece> asked;

        long given;
        boolean broke;
        boolean cancelled;
        boolean finished;

        @Override
        public CompletableFuture<Piece> next() {
            if (asked != null || finished) {
                throw new IllegalStateException("asked while it was asked, or after its end");
            }
            CompletableFuture<Piece> piece = new CompletableFuture<>();
            asked = piece;
            if (cancelled || choices.oneIn(3)) {
                give();
            }
            return piece;
        }

        void give() {
            CompletableFuture<Piece> waiter = asked;
            if (waiter == null) {
                return;
            }
            asked = null;
            if (cancelled) {
                waiter.completeExceptionally(new CancellationException("cancelled"));
            } else if (given >= breakAt) {
                broke = true;
                waiter.completeExceptionally(new BrokenBodyException("the source broke off"));
            } else if (given == length) {
                finished = true;
                waiter.complete(new Piece.End(TRAILERS));
            } else {
                int most = (int) Math.min(LARGEST_PIECE, length - given);
                int size = even ? Math.min(64 * 1024, most) : choices.between(1, most);
                int from = (int) given;
                given += size;
                waiter.complete(new Piece.Data(Arrays.copyOfRange(BYTES, from, from + size)));
            }
        }

        @Override
        public void cancel() {
            cancelled = true;
            give();
        }
    }
}
