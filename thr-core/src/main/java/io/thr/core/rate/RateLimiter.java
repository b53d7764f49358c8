package io.thr.core.rate;

import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Decides whether requests may go on by how many have gone before. Threads may share it. */
public interface RateLimiter {

    /**
     * Decides all charges of a request together: all are charged, or none is.
     *
     * @param charges 1 to 16, of different policies
     * @return fails soon where nobody can decide; what depends on it must not block
     */
    CompletableFuture<RateDecision> decide(List<RateCharge> charges);

    /** How the policies stand for these charges; nothing is charged. */
    CompletableFuture<List<RateState>> peek(List<RateCharge> charges);

    /**
     * Corrects what was charged: gives back what was too much, as far as it still counts, or charges what was too little,
     * whether there is room or not.
     *
     * @param charge what was charged
     * @param state how its policy stood right after that
     * @param cost what it should have been, 0 for nothing
     */
    CompletableFuture<Void> settle(RateCharge charge, RateState state, long cost);
}
