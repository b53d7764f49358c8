package io.thr.filter.rate;

import io.thr.core.rate.RateCharge;
import io.thr.core.rate.RateLimiter;
import io.thr.core.rate.RateState;
import io.thr.filter.rule.Exchange;
import io.thr.filter.rule.RateLimit;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a request was charged, to be corrected by its response. Threads may share it. */
public final class RateReceipt {

    private static final Logger LOG = System.getLogger(RateReceipt.class.getName());

    /** Nothing was charged. */
    static final RateReceipt NOTHING = new RateReceipt(List.of(), null);

    private final List<Item> items;
    private final @Nullable RateLimiter limiter;

    /** One charge, and how its policy stood right after it. */
    record Item(RateLimit limit, RateCharge charge, RateState state) {}

    private RateReceipt(List<Item> items, @Nullable RateLimiter limiter) {
        this.items = items;
        this.limiter = limiter;
    }

    /** Of a request that was granted; states are as many as charges, in their order. */
    static RateReceipt of(
            List<RateLimit> limits, List<RateCharge> charges, List<RateState> states, RateLimiter limiter) {
        List<Item> items = new ArrayList<>(charges.size());
        for (int i = 0; i < charges.size(); i++) {
            // what found no room in a soft policy was not charged there
            if (!states.get(i).exceeded()) {
                items.add(new Item(limits.get(i), charges.get(i), states.get(i)));
            }
        }
        return new RateReceipt(items, limiter);
    }

    /** Has what may have to be corrected looked at when there is a response. */
    void attach(Exchange exchange) {
        for (Item item : items) {
            if (item.charge().policy().settled()) {
                exchange.settleBy(this::settle);
                return;
            }
        }
    }

    private void settle(Exchange exchange) {
        for (Item item : items) {
            String header = item.limit().costHeader();
            long cost = item.limit()
                    .settledCost(
                            item.charge().cost(),
                            exchange.responseStatus(),
                            header == null ? null : exchange.responseHeaders().first(header));
            correct(item, cost);
        }
    }

    /** Gives everything back: the request does not run after all. */
    public void refund() {
        items.forEach(item -> correct(item, 0));
    }

    private void correct(Item item, long cost) {
        if (limiter != null && cost != item.charge().cost()) {
            var unused = limiter.settle(item.charge(), item.state(), cost).exceptionally(failure -> {
                LOG.log(Level.DEBUG, "a cost could not be corrected, and stays as it was charged", failure);
                return null;
            });
        }
    }
}
