package io.thr.core.redis;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The claims that this member knows to be its own, to be compared with what stands under its name in Redis: what is there
 * and not known here was given to it by a reply that was lost, and nobody else would ever look after it.
 *
 * <p>A reply may still be on its way while Redis is asked, so a claim counts as unknown when it was so twice; and one that
 * was adopted then is not accepted from a reply that comes still later. Threads may share it.
 */
final class Owned {

    private static final int REMEMBERED = 10_000;

    private final Set<String> known = ConcurrentHashMap.newKeySet();
    // guarded by this
    private Set<String> suspects = new HashSet<>();
    private final Map<String, Boolean> adopted = new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Boolean> eldest) {
            return size() > REMEMBERED;
        }
    };

    /** A reply gave it; false where it is known already, and not to be done twice. */
    boolean given(String id) {
        if (!known.add(id)) {
            return false;
        }
        synchronized (this) {
            return !adopted.containsKey(id) || !known.remove(id);
        }
    }

    /** It has ended, or is nobody's. */
    void gone(String id) {
        known.remove(id);
    }

    int size() {
        return known.size();
    }

    /** Redis says that the member owns these; gives those to adopt. */
    synchronized List<String> unknown(List<String> owned) {
        Set<String> now = new HashSet<>(owned);
        now.removeAll(known);
        List<String> twice = new ArrayList<>();
        for (String id : now) {
            if (suspects.contains(id)) {
                twice.add(id);
            }
        }
        suspects = now;
        return twice;
    }

    synchronized boolean hasSuspects() {
        return !suspects.isEmpty();
    }

    /** It is adopted; false where a reply was faster. */
    synchronized boolean adopt(String id) {
        if (!known.add(id)) {
            return false;
        }
        adopted.put(id, true);
        return true;
    }
}
