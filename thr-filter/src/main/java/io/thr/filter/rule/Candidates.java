package io.thr.filter.rule;

import java.util.Arrays;

/**
 * The rules that may match a request, found in the index: sorted lists and a chain of prefixes, merged as they are walked. Immutable.
 *
 * @param always the rules that no index could tell
 * @param byPath those under the request's path
 * @param byHost those under its host
 * @param byMethod those under its method
 * @param byHeader those under its header fields
 * @param prefixes the table for the next one
 * @param longestPrefix the entry of its path's longest prefix
 */
record Candidates(
        int[] always,
        int[] byPath,
        int[] byHost,
        int[] byMethod,
        int[][] byHeader,
        PrefixTable prefixes,
        int longestPrefix) {

    /** What {@link #next} gives at the end. */
    static final int END = Integer.MAX_VALUE;

    /** The first candidate not before {@code from}, or {@link #END}. */
    int next(int from) {
        int next = Math.min(next(always, from), next(byPath, from));
        next = Math.min(next, Math.min(next(byHost, from), next(byMethod, from)));
        for (int[] rules : byHeader) {
            next = Math.min(next, next(rules, from));
        }
        return Math.min(next, prefixes.next(longestPrefix, from));
    }

    /** The first in a sorted list that is not before {@code from}, or {@link #END}. */
    static int next(int[] sorted, int from) {
        if (sorted.length == 0) {
            return END;
        }
        int found = Arrays.binarySearch(sorted, from);
        int at = found >= 0 ? found : -found - 1;
        return at < sorted.length ? sorted[at] : END;
    }
}
