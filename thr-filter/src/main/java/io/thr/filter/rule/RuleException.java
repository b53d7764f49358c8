package io.thr.filter.rule;

/**
 * A function of a rule failed. The message names the rule, what of it failed, and why, on one line; the cause is what
 * the function threw. The request must not be queued half changed: answer 500.
 */
public final class RuleException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    RuleException(String message, Throwable cause) {
        super(message, cause);
    }
}
