package io.thr.filter.rule;

import java.util.ArrayList;
import java.util.List;

/**
 * Rules in the making, in the order in which they will run. For one thread.
 *
 * <pre>{@code
 * rules.add(when().path(glob("/api/*")).method("GET", "POST"), then().setRedisQueue("thr:queue:hello"));
 * }</pre>
 */
public final class RuleList {

    private final List<Rule> rules = new ArrayList<>();

    /** An empty list. */
    public RuleList() {}

    /** Adds a rule after which later ones follow. */
    public RuleList add(Criteria criteria, Actions actions) {
        return add(Rule.of(criteria, actions));
    }

    /** Adds a rule; {@code stop}: a request that matches it meets no later rule. */
    public RuleList add(Criteria criteria, Actions actions, boolean stop) {
        return add(new Rule("", criteria, actions, stop));
    }

    /** Adds a rule. */
    public RuleList add(Rule rule) {
        rules.add(rule);
        return this;
    }

    /** How many rules there are. */
    public int size() {
        return rules.size();
    }

    /** The rules so far, compiled. */
    public Rules compile() {
        return Rules.of(rules);
    }
}
