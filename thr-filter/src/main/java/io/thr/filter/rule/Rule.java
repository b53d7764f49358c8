package io.thr.filter.rule;

/**
 * One rule: what is done to which requests. Immutable.
 *
 * @param name what messages call it; empty for a rule known by its number only
 * @param criteria the requests it is for
 * @param actions what is done to them
 * @param stop whether a request it is for meets no later rule
 */
public record Rule(String name, Criteria criteria, Actions actions, boolean stop) {

    /** A rule without a name that lets later rules follow. */
    public static Rule of(Criteria criteria, Actions actions) {
        return new Rule("", criteria, actions, false);
    }

    /** The same rule under that name. */
    public Rule named(String newName) {
        return new Rule(newName, criteria, actions, stop);
    }

    /** The same rule, after which no later one follows. */
    public Rule thenStop() {
        return new Rule(name, criteria, actions, true);
    }
}
