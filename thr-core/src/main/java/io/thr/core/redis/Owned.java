package io.thr.core.redis;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The claims that this member knows to be its own, to be compared with what stands under its name in Redis: what is there
 * and not known here was given to it by a reply that was lost, and nobody else would ever look after it. The sets are
 * compared, not their sizes: of what is known here some may not be the member's any more.
 *
 * <p>A reply may still be on its way while Redis is asked, so a claim counts as unknown when it was so twice; and one that
 * was adopted then is not accepted from a reply that comes still later.
 *
 * <p>Replies overtake each other as well, for there are several connections: A schedules a claim, which waits; B is granted
 * it, and its reply is here first. The claim is A's to begin then, which learns of the grant by {@link #waits}. Were B to
 * begin it, A could not know that the claim that it tries to schedule again, or gives back, runs already.
 *
 * <p>Threads may share it.
 */
final class Owned {

    private static final int REMEMBERED = 10_000;

    /** What a reply said of a claim last. */
    private enum Kind {
        /** To be scheduled, or to be answered. */
        TAKEN,
        /** To be run. */
        GRANTED
    }

    // all guarded by this; keys are names
    private final Map<String, Kind> known = new HashMap<>();
    private Set<String> suspects = new HashSet<>();
    private final Map<String, Kind> adopted = new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Kind> eldest) {
            return size() > REMEMBERED;
        }
    };

    /** A reply gave it, to be scheduled or answered; false where it is known already, and not to be done twice. */
    synchronized boolean taken(String id, String owner) {
        String name = name(id, owner);
        return adopted.get(name) != Kind.TAKEN && known.putIfAbsent(name, Kind.TAKEN) == null;
    }

    /** A reply gave it, to be run; false where it is known already, and is or will be begun by another. */
    synchronized boolean granted(String id, String owner) {
        String name = name(id, owner);
        if (known.put(name, Kind.GRANTED) != null) {
            return false;
        }
        return adopted.get(name) != Kind.GRANTED || known.remove(name) == null;
    }

    /** A reply said that it waits, and is nobody's; true where it has been granted since, and is the caller's to begin. */
    synchronized boolean waits(String id, String owner) {
        return !known.remove(name(id, owner), Kind.TAKEN) && known.get(name(id, owner)) == Kind.GRANTED;
    }

    /** It has ended, or is another's. Where it is the member's all the same, it is found again. */
    synchronized void gone(String id, String owner) {
        known.remove(name(id, owner));
    }

    /** A member that lost its lease may get its own claim back under its new name. */
    private static String name(String id, String owner) {
        return id + '@' + owner;
    }

    synchronized boolean isKnown(String id, String owner) {
        return known.containsKey(name(id, owner));
    }

    /** Redis says that the owner has these, which were not known when it said so; gives those to adopt. */
    synchronized List<String> unknown(List<String> ids, String owner) {
        Set<String> now = new HashSet<>();
        List<String> twice = new ArrayList<>();
        for (String id : ids) {
            String name = name(id, owner);
            if (!known.containsKey(name) && now.add(name) && suspects.contains(name)) {
                twice.add(id);
            }
        }
        suspects = now;
        return twice;
    }

    /** It is adopted, to be run or not; false where a reply was faster. */
    synchronized boolean adopt(String id, String owner, boolean granted) {
        String name = name(id, owner);
        Kind kind = granted ? Kind.GRANTED : Kind.TAKEN;
        if (known.putIfAbsent(name, kind) != null) {
            return false;
        }
        adopted.put(name, kind);
        return true;
    }
}
