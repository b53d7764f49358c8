package io.thr.core.rate;

import java.util.List;

/** What has been decided about a request's charges. */
public sealed interface RateDecision {

    /** How each policy stands that is known to the decision, in the order of the charges. */
    List<RateState> states();

    /**
     * All is charged. States that are {@linkplain RateState#exceeded exceeded} are of soft policies: nothing was charged there.
     *
     * @param delayMillis how long the request must wait before it begins; 0: it may now
     */
    record Granted(List<RateState> states, long delayMillis) implements RateDecision {}

    /**
     * Nothing is charged. The states that are {@linkplain RateState#exceeded exceeded} say why; one that was decided from
     * memory has only these.
     */
    record Refused(List<RateState> states) implements RateDecision {

        /** After how long to ask again: the longest wait of those that refused; {@link RateState#NEVER} where never. */
        public long waitMillis() {
            long longest = 0;
            for (RateState state : states) {
                if (!state.exceeded() || state.policy().isSoft()) {
                    continue;
                }
                if (state.waitMillis() == RateState.NEVER) {
                    return RateState.NEVER;
                }
                longest = Math.max(longest, state.waitMillis());
            }
            return longest;
        }
    }
}
