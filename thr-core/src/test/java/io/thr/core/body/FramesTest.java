package io.thr.core.body;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.lessThanOrEqualTo;

import io.thr.core.Tries;
import io.thr.core.message.Headers;
import org.junit.jupiter.api.Test;

/**
 * A body goes through a sender and a receiver, while chance decides who comes next and what becomes of the frames between
 * them: {@link FrameRun}. A failure tells its seed.
 */
class FramesTest {

    /** A sender holds as much at most, and what its source gives at a time. */
    private static final int BATCH = FrameRun.WINDOW / 2;

    @Test
    void every_body_arrives_whole_where_nothing_is_lost() {
        Tries.check(150, choices -> new FrameRun(choices).repeating(), run -> {
            play(run);
            assertThat(run.toString(), run.end(), is(FrameRun.TRAILERS));
            assertThat(run.toString(), run.open(), is(false));
        });
    }

    @Test
    void lost_credit_is_given_again() {
        Tries.check(60, choices -> new FrameRun(choices).repeating().losingCredit(), run -> {
            play(run);
            assertThat(run.toString(), run.end(), is(FrameRun.TRAILERS));
        });
    }

    @Test
    void what_arrives_is_a_beginning_and_never_seems_whole_when_it_is_not() {
        Tries.check(
                250,
                choices -> new FrameRun(choices).repeating().losing().breaking().cancelling(),
                FramesTest::play);
    }

    @Test
    void source_that_breaks_off_breaks_off_for_the_reader() {
        Tries.check(60, choices -> new FrameRun(choices).repeating().breaking(), run -> {
            play(run);
            assertThat(run.toString(), run.broken() || run.end() != null, is(true));
            assertThat(run.toString(), run.sourceBroke(), is(run.broken()));
        });
    }

    @Test
    void reader_that_leaves_ends_the_source() {
        Tries.check(60, choices -> new FrameRun(choices).repeating().cancelling(), run -> {
            play(run);
            if (run.left()) {
                assertThat(run.toString(), run.sourceEnded(), is(true));
                assertThat(run.toString(), run.broken(), is(true));
            }
        });
    }

    /** Until nobody has anything left to do; what must hold at every time is looked at after every step. */
    private static void play(FrameRun run) {
        run.start();
        while (run.step()) {
            assertThat(run.toString(), run.sentBytes(), is(lessThanOrEqualTo(run.allowedBytes())));
            assertThat(run.toString(), run.unreadBytes(), is(lessThanOrEqualTo((long) FrameRun.WINDOW)));
            assertThat(run.toString(), run.heldBytes(), is(lessThanOrEqualTo((long) BATCH + FrameRun.LARGEST_PIECE)));
        }
        Headers end = run.end();
        if (end != null) {
            assertThat(run.toString(), run.readBytes(), is((long) run.length()));
            assertThat(run.toString(), end, is(FrameRun.TRAILERS));
            assertThat(run.toString(), run.sourceBroke(), is(false));
        }
    }
}
