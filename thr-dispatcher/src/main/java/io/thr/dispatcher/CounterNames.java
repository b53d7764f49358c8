package io.thr.dispatcher;

import io.thr.core.message.RequestMessage;
import java.util.List;

/** Tells what counts a request, under the limits in force. */
@FunctionalInterface
interface CounterNames {

    /** Each a limit's name, or {@code name==value}. */
    List<String> of(String queue, RequestMessage request);
}
