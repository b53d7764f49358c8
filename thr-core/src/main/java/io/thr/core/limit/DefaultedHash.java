package io.thr.core.limit;

import io.thr.core.message.RequestMessage;
import org.jspecify.annotations.Nullable;

/** A hash that every request has. */
record DefaultedHash(RequestHash hash, String fallback) implements RequestHash {

    @Override
    public String hash(RequestMessage request) {
        @Nullable String found = hash.hash(request);
        return found == null ? fallback : found;
    }

    @Override
    public String toString() {
        return hash + ", default " + fallback;
    }
}
