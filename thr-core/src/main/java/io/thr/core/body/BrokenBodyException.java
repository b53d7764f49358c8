package io.thr.core.body;

import java.io.IOException;

/** A body broke off before its end. */
public final class BrokenBodyException extends IOException {

    private static final long serialVersionUID = 1L;

    /** For that reason, in words for a log. */
    public BrokenBodyException(String reason) {
        super(reason);
    }
}
