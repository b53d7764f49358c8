package io.thr.core.body;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.greaterThanOrEqualTo;
import static org.hamcrest.Matchers.is;

import io.thr.core.message.Frame;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class FrameReceiverTest {

    private static final String REQUEST = "0123456789abcdef0123456789abcdef";
    private static final long MINUTE = TimeUnit.MINUTES.toNanos(1);

    private final FrameReceiver receiver = new FrameReceiver(REQUEST, "inbox.1", frame -> {}, Frame.WINDOW, -1);

    @Test
    void sender_is_silent_from_when_its_reader_waits() {
        assertThat(receiver.silentNanos(System.nanoTime() + MINUTE), is(0L));
        long asked = System.nanoTime();
        var unused = receiver.next();
        long now = System.nanoTime();
        assertThat(receiver.silentNanos(now + MINUTE), is(greaterThanOrEqualTo(MINUTE)));
        assertThat(receiver.silentNanos(asked), is(0L));
    }

    @Test
    void sender_is_not_silent_while_its_reader_has_something_to_read() {
        receiver.receive(new Frame.Data(REQUEST, "inbox.1", 0, new byte[1]));
        assertThat(receiver.silentNanos(System.nanoTime() + MINUTE), is(0L));
        var unusedFirst = receiver.next();
        assertThat(receiver.silentNanos(System.nanoTime() + MINUTE), is(0L));
        var unusedSecond = receiver.next();
        receiver.receive(new Frame.Data(REQUEST, "inbox.1", 1, new byte[1]));
        assertThat(receiver.silentNanos(System.nanoTime() + MINUTE), is(0L));
    }

    @Test
    void no_more_is_allowed_than_will_come() {
        List<Frame> said = new ArrayList<>();
        long expected = Frame.WINDOW + Frame.WINDOW / 2;
        FrameReceiver known = new FrameReceiver(REQUEST, "inbox.1", said::add, Frame.WINDOW, expected);
        int half = Frame.WINDOW / 2;
        for (int i = 0; i < 3; i++) {
            known.receive(new Frame.Data(REQUEST, "inbox.1", i, new byte[half]));
            var unused = known.next();
        }
        assertThat(said, is(List.of(new Frame.Credit(REQUEST, "inbox.1", Frame.WINDOW + half))));
    }
}
