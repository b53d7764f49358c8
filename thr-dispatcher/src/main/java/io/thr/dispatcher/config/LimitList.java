package io.thr.dispatcher.config;

import io.thr.core.limit.FairShare;
import io.thr.core.limit.MaxLimit;
import io.thr.core.limit.RequestHash;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Limits in the making, in the order in which they apply. For one thread. */
public final class LimitList {

    private final List<MaxLimit> limits = new ArrayList<>();
    private @Nullable FairShare fairShare;

    /** An empty list. */
    public LimitList() {}

    /** Limits these requests as well; the names of all limits must differ. */
    public LimitList add(MaxLimit limit) {
        limits.add(limit);
        return this;
    }

    /**
     * Limits to {@code max} at a time the requests whose hash is that value, or, with {@link MaxLimit#dynamic()}, those of
     * each distinct hash; shown in the statistics.
     *
     * @throws IllegalArgumentException where one of these cannot be, with what is expected
     */
    public LimitList add(String name, RequestHash hash, MaxLimit.Value value, int max) {
        return add(new MaxLimit(name, hash, value, max, true));
    }

    /** Shares fairly between the values of these hashes, all alike, the outer first. */
    public LimitList fairBy(RequestHash... hashes) {
        return fairBy(FairShare.of(Stream.of(hashes).map(FairShare.By::new).toList()));
    }

    /**
     * Shares fairly.
     *
     * @throws IllegalStateException where {@code fair_by} has been told already: there is one fair share
     */
    public LimitList fairBy(FairShare share) {
        if (fairShare != null) {
            throw new IllegalStateException("fair_by: told already, as " + fairShare + " (expected: once)");
        }
        fairShare = share;
        return this;
    }

    /** The limits so far. */
    public List<MaxLimit> limits() {
        return List.copyOf(limits);
    }

    /** The fair share; null where nothing has been told. */
    @Nullable
    FairShare fairShare() {
        return fairShare;
    }
}
