package io.thr.filter;

import io.thr.filter.rule.Exchange;
import org.jspecify.annotations.Nullable;

/** What the rules have decided about an exchange. */
sealed interface Decision {

    /** The application answers it. */
    record Pass() implements Decision {
        @Override
        public String toString() {
            return "pass";
        }
    }

    /** It is answered at once. */
    record Answer(int status) implements Decision {
        @Override
        public String toString() {
            return "answer " + status;
        }
    }

    /** It waits on that queue. */
    record Queue(String name) implements Decision {
        @Override
        public String toString() {
            return "queue " + name;
        }
    }

    /** The queue's name that says: no queue, as the original has it. */
    String NO_QUEUE = "null";

    Pass PASS = new Pass();

    /** A status code comes first, then a queue of the rules, then the default queue. */
    static Decision of(Exchange exchange, @Nullable String defaultQueue) {
        Integer status = exchange.statusCode();
        if (status != null) {
            return new Answer(status);
        }
        String said = exchange.redisQueue();
        String queue = said == null ? defaultQueue : said;
        return queue == null || queue.equals(NO_QUEUE) ? PASS : new Queue(queue);
    }
}
