package io.thr.filter.rule;

/**
 * A rule in its place.
 *
 * @param number its place in the list, from 1
 * @param rule the rule
 */
record NumberedRule(int number, Rule rule) {

    /** {@code rule 3} or {@code rule 3 (hello)}. */
    @Override
    public String toString() {
        return "rule " + number + (rule.name().isEmpty() ? "" : " (" + rule.name() + ")");
    }
}
