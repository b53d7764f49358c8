package io.thr.core.trace;

import java.time.Instant;

/** A part of a trace that has begun. To be ended once; what is said of it after that is lost. Threads may share it. */
public interface TraceSpan {

    /** Of no trace: nothing is kept. */
    TraceSpan NONE = new TraceSpan() {
        @Override
        public TraceContext context() {
            return TraceContext.NONE;
        }

        @Override
        public TraceSpan set(String name, String value) {
            return this;
        }

        @Override
        public TraceSpan set(String name, long value) {
            return this;
        }

        @Override
        public void failed(String what) {}

        @Override
        public void end() {}

        @Override
        public void end(Instant time) {}
    };

    /** What those are told that come after it; none where there is nothing to tell. */
    TraceContext context();

    /** Says something of it. */
    TraceSpan set(String name, String value);

    /** Says a number of it. */
    TraceSpan set(String name, long value);

    /** It came to nothing; {@code what} is one of few words. */
    void failed(String what);

    /** It is over. */
    void end();

    /** It was over then. */
    void end(Instant time);
}
