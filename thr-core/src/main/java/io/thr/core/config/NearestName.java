package io.thr.core.config;

import java.util.Collection;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;

/**
 * Guesses which name was meant: the one with the least edits (a character inserted, left out or replaced, two neighbours
 * swapped), as long as most of it is right. Case, {@code -} and {@code _} do not count, so that {@code setRedisQueue}
 * finds {@code set_redis_queue}.
 */
final class NearestName {

    private NearestName() {}

    static Optional<String> of(String name, Collection<String> names) {
        String plain = plain(name);
        return names.stream()
                .min(Comparator.comparingInt(candidate -> edits(plain, plain(candidate))))
                .filter(nearest -> edits(plain, plain(nearest)) <= Math.max(1, (plain.length() + 1) / 3));
    }

    private static String plain(String name) {
        String cut = name.length() > 100 ? name.substring(0, 100) : name;
        return cut.toLowerCase(Locale.ROOT).replace("_", "").replace("-", "");
    }

    /** The optimal string alignment distance. */
    private static int edits(String a, String b) {
        int[][] edits = new int[a.length() + 1][b.length() + 1];
        for (int i = 0; i <= a.length(); i++) {
            for (int j = 0; j <= b.length(); j++) {
                edits[i][j] = i == 0 || j == 0 ? i + j : fewest(edits, a, b, i, j);
            }
        }
        return edits[a.length()][b.length()];
    }

    private static int fewest(int[][] edits, String a, String b, int i, int j) {
        int replaced = edits[i - 1][j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        int fewest = Math.min(replaced, Math.min(edits[i - 1][j], edits[i][j - 1]) + 1);
        boolean swapped = i > 1 && j > 1 && a.charAt(i - 1) == b.charAt(j - 2) && a.charAt(i - 2) == b.charAt(j - 1);
        return swapped ? Math.min(fewest, edits[i - 2][j - 2] + 1) : fewest;
    }
}
