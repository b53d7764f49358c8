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
    boolean given(String id, String owner) {
        String name = name(id, owner);
        if (!known.add(name)) {
            return false;
        }
        synchronized (this) {
            return !adopted.containsKey(name) || !known.remove(name);
        }
    }

    /** It has ended, or is nobody's. */
    void gone(String id, String owner) {
        known.remove(name(id, owner));
    }

    /** A member that lost its lease may get its own claim back under its new name. */
    private static String name(String id, String owner) {
        return id + '@' + owner;
    }

    int size() {
        return known.size();
    }

    /** Redis says that the owner has these; gives those to adopt. */
    synchronized List<String> unknown(List<String> ids, String owner) {
        Set<String> now = new HashSet<>();
        for (String id : ids) {
            if (!known.contains(name(id, owner))) {
                now.add(id);
            }
        }
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
    synchronized boolean adopt(String id, String owner) {
        if (!known.add(name(id, owner))) {
            return false;
        }
        adopted.put(name(id, owner), true);
        return true;
    }
}
