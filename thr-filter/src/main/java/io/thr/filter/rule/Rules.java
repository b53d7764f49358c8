package io.thr.filter.rule;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;

/**
 * All rules, compiled: what a request meets on its way in, and its response on its way out.
 *
 * <p>Rules run in order; later ones override what earlier ones set; {@link Rule#stop()} ends the list. Criteria see the
 * request as earlier rules have changed it. The rules that matched on the way in, and only those, run their output side.
 *
 * <p>Immutable, so threads may share it. An exchange belongs to one run at a time.
 */
public final class Rules {

    private static final CompletableFuture<Void> DONE = CompletableFuture.completedFuture(null);

    /** No rule at all. */
    public static final Rules EMPTY = new Rules(List.of());

    private final List<Rule> rules;
    private final List<NumberedRule> numbered;
    private final RuleIndex index;
    private final List<RateLimit> rateLimits;

    private Rules(List<Rule> rules) {
        this.rules = rules;
        this.rateLimits = rateLimits(rules);
        this.numbered = IntStream.range(0, rules.size())
                .mapToObj(i -> new NumberedRule(i + 1, rules.get(i)))
                .toList();
        this.index = new RuleIndex(rules);
    }

    private static List<RateLimit> rateLimits(List<Rule> rules) {
        Map<String, RateLimit> byName = new LinkedHashMap<>();
        for (Rule rule : rules) {
            for (RateLimit limit : rule.actions().rateLimits()) {
                RateLimit same = byName.putIfAbsent(limit.policy().name(), limit);
                if (same != null && same != limit) {
                    throw new IllegalArgumentException(
                            "rate policy: " + limit.policy().name()
                                    + " stands for two different ones (expected: a name of its own for each)");
                }
            }
        }
        return List.copyOf(byName.values());
    }

    /**
     * These rules, in this order.
     *
     * @throws IllegalArgumentException where two rate policies have the same name
     */
    public static Rules of(List<Rule> rules) {
        return rules.isEmpty() ? EMPTY : new Rules(List.copyOf(rules));
    }

    /** The rules in order. */
    public List<Rule> list() {
        return rules;
    }

    /** The rate policies of all rules, each once. */
    public List<RateLimit> rateLimits() {
        return rateLimits;
    }

    /** Whether a rule may say that rate policies are decided by this node alone. */
    public boolean mayDecideLocally() {
        return rules.stream().anyMatch(rule -> rule.actions().mayDecideLocally());
    }

    /**
     * Runs the input side: looks for the rules that match and applies their input actions to the exchange.
     *
     * @return a future that is complete already where every function was synchronous, and then shared: look at
     *     {@link CompletableFuture#isDone()} first, and chain only where it is not. It fails with a {@link RuleException};
     *     the remaining rules are not run then. Later rules run on the thread that completes the stage they waited for
     */
    public CompletableFuture<Void> applyInput(Exchange exchange) {
        Candidates candidates = index.candidates(exchange);
        return candidates.next(0) == Candidates.END
                ? DONE
                : new RuleRun.Input(exchange, numbered, index, candidates).start();
    }

    /**
     * Runs the output side of the rules that matched on the way in, in order. Call it once, after
     * {@link Exchange#response}. It does not matter whether the rules have been read anew since: the exchange knows its
     * own.
     *
     * @return as {@link #applyInput}
     */
    public CompletableFuture<Void> applyOutput(Exchange exchange) {
        return exchange.matchedRules().isEmpty() ? DONE : new RuleRun.Output(exchange).start();
    }
}
