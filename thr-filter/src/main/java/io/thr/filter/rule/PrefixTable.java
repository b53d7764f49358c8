package io.thr.filter.rule;

import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;

/**
 * Which rules stand under the prefixes of a text.
 *
 * <p>The prefixes are sorted, and each knows the longest other one that it begins with. Whatever prefix a text has, the
 * greatest entry that is not greater than the text begins with it as well, since nothing else sorts between the two. So
 * one binary search and a walk up from there finds them all, without taking the text apart.
 */
final class PrefixTable {

    static final int NONE = -1;

    private final String[] prefixes;
    private final int[][] rules;
    private final int[] parents;

    /** @param rulesByPrefix the rules' indexes, sorted, under each prefix */
    PrefixTable(Map<String, int[]> rulesByPrefix) {
        TreeMap<String, int[]> sorted = new TreeMap<>(rulesByPrefix);
        this.prefixes = sorted.keySet().toArray(String[]::new);
        this.rules = sorted.values().toArray(int[][]::new);
        this.parents = new int[prefixes.length];
        for (int i = 0; i < prefixes.length; i++) {
            parents[i] = longestPrefixFrom(i - 1, prefixes[i]);
        }
    }

    /** The entry of the text's longest prefix, or {@link #NONE}. */
    int longestPrefixOf(String text) {
        if (prefixes.length == 0) {
            return NONE;
        }
        int found = Arrays.binarySearch(prefixes, text);
        return longestPrefixFrom(found >= 0 ? found : -found - 2, text);
    }

    /** The first rule not before {@code from} under that entry and the shorter prefixes, or MAX_VALUE. */
    int next(int entry, int from) {
        int next = Integer.MAX_VALUE;
        for (int i = entry; i != NONE; i = parents[i]) {
            next = Math.min(next, Candidates.next(rules[i], from));
        }
        return next;
    }

    private int longestPrefixFrom(int entry, String text) {
        int i = entry;
        while (i != NONE && !text.startsWith(prefixes[i])) {
            i = parents[i];
        }
        return i;
    }
}
