package io.thr.dispatcher.upstream;

import io.thr.core.message.Headers;
import org.jspecify.annotations.Nullable;

/** Is told of each time that a request is sent to a server. Must not block, and must not throw. */
@FunctionalInterface
public interface CallWatch {

    /** Looks at nothing. */
    CallWatch NONE = server -> Try.NONE;

    /** It is about to be sent to that server. */
    Try begin(UpstreamAddress server);

    /** One time. */
    interface Try {

        /** Nothing is changed, and nothing is kept. */
        Try NONE = (result, error) -> {};

        /** The fields to send in the place of these. */
        default Headers headers(Headers fields) {
            return fields;
        }

        /**
         * It is over, response and all.
         *
         * @param result what came of it; null where it was aborted
         * @param error why; null where there is a result
         */
        void end(@Nullable UpstreamResult result, @Nullable Throwable error);
    }
}
