package io.thr.core.redis;

import io.thr.core.rate.RateAlgorithm;
import io.thr.core.rate.RateCharge;
import io.thr.core.rate.RateDecision;
import io.thr.core.rate.RatePolicy;
import io.thr.core.rate.RateState;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * One call of {@code rate_decide.lua} for many decisions: its keys, its arguments, and what its reply says of each. For one
 * thread.
 */
final class RateCall {

    /** Requests in one decision. */
    private static final int MAX_ALIKE = 1024;

    /** The arguments of a call that decides nothing. */
    static final List<Object> NOTHING = List.of("", 0, 0);

    private static final long MICROS = 1000;

    private final RedisKeys names;
    private final Map<RatePolicy, Integer> policies = new LinkedHashMap<>();
    private final List<String> states = new ArrayList<>();
    private final List<Object> shapes = new ArrayList<>();
    private final List<Asked> decisions = new ArrayList<>();

    /** The shape of the last decision, which a like one only counts up. */
    private Asked last = new Asked(List.of(), 0);

    private int countOfLast;

    /**
     * One decision to ask for.
     *
     * @param charges what each request is charged
     * @param alike for how many requests; 0: it is only looked
     */
    record Asked(List<RateCharge> charges, int alike) {

        private boolean isShapedLike(Asked other) {
            if (alike != other.alike || charges.size() != other.charges.size()) {
                return false;
            }
            for (int i = 0; i < charges.size(); i++) {
                RateCharge ours = charges.get(i);
                RateCharge theirs = other.charges.get(i);
                if (ours.cost() != theirs.cost() || !ours.policy().equals(theirs.policy())) {
                    return false;
                }
            }
            return true;
        }

        private boolean mayWait() {
            for (RateCharge charge : charges) {
                if (charge.policy().mayDelay()) {
                    return true;
                }
            }
            return false;
        }
    }

    /**
     * What was decided of one.
     *
     * @param alike for how many requests it was
     * @param granted how many of them may begin now
     * @param delays after how many milliseconds each of those may begin that follow
     * @param states how the policies stand after all of them, in the order of the charges
     * @param over how many of those that may begin found no room in each policy; 0 where the policy is not soft
     * @param overflowed whether a policy has as many keys as it may, so that the states may be of what others share
     */
    record Answered(int alike, int granted, long[] delays, List<RateState> states, int[] over, boolean overflowed) {

        private Answered overflown() {
            return new Answered(alike, granted, delays, states, over, true);
        }

        /** What was decided of the one of that place among the alike, from 0. */
        RateDecision of(int place, List<RateCharge> charges) {
            int begun = granted + delays.length;
            if (place >= begun) {
                return new RateDecision.Refused(states);
            }
            List<RateState> own = states;
            if (alike > 1 || over.length > 0) {
                own = new ArrayList<>(states.size());
                for (int i = 0; i < states.size(); i++) {
                    own.add(own(
                            states.get(i),
                            begun - 1 - place,
                            charges.get(i).cost(),
                            over.length > 0 && place >= begun - over[i]));
                }
            }
            return new RateDecision.Granted(own, place < granted ? 0 : delays[place - granted]);
        }

        /** The state as it was when only so many of the alike were still to come. */
        private static RateState own(RateState state, int later, long cost, boolean over) {
            long remaining = Math.min(state.policy().capacity(), state.remaining() + later * cost);
            long wait = over ? Math.max(1, state.moreMillis()) : 0;
            return new RateState(state.policy(), remaining, state.moreMillis(), wait, state.moreAt());
        }
    }

    RateCall(RedisKeys names) {
        this.names = names;
    }

    /**
     * For how many requests one decision may be. A reply does not tell which of many that wait found no room in a soft policy,
     * so where both may happen each is decided alone.
     */
    static int mostAlike(List<RateCharge> charges) {
        boolean soft = false;
        boolean waits = false;
        for (RateCharge charge : charges) {
            soft |= charge.policy().isSoft();
            waits |= charge.policy().mayDelay();
        }
        return soft && waits ? 1 : MAX_ALIKE;
    }

    /** Adds a decision. */
    void add(Asked asked) {
        for (RateCharge charge : asked.charges()) {
            policies.computeIfAbsent(charge.policy(), policy -> policies.size() + 1);
            states.add(names.rate(charge.key()));
        }
        if (countOfLast > 0 && asked.isShapedLike(last)) {
            countOfLast++;
        } else {
            endShape();
            last = asked;
            countOfLast = 1;
        }
        decisions.add(asked);
    }

    private void endShape() {
        if (countOfLast == 0) {
            return;
        }
        shapes.add(countOfLast);
        shapes.add(last.alike());
        shapes.add(last.charges().size());
        for (RateCharge charge : last.charges()) {
            shapes.add(policies.getOrDefault(charge.policy(), 0));
            shapes.add(charge.cost());
        }
        countOfLast = 0;
    }

    /** KEYS. */
    List<Object> keys() {
        List<Object> keys = new ArrayList<>(2 * policies.size() + states.size());
        policies.keySet().forEach(policy -> addKeys(keys, names, policy));
        keys.addAll(states);
        return keys;
    }

    /**
     * ARGV.
     *
     * @param now a test's clock; empty for the server's
     * @param longestDelayMillis of any policy that the same keys are charged by
     */
    List<Object> arguments(String now, long longestDelayMillis) {
        endShape();
        List<Object> arguments = new ArrayList<>(3 + 9 * policies.size() + shapes.size());
        arguments.add(now);
        arguments.add(longestDelayMillis * MICROS);
        arguments.add(policies.size());
        policies.keySet().forEach(policy -> addArguments(arguments, policy));
        arguments.addAll(shapes);
        return arguments;
    }

    static void addKeys(List<Object> keys, RedisKeys names, RatePolicy policy) {
        keys.add(names.rateKeys(policy.name()));
        keys.add(names.rateRest(policy.name()));
    }

    static void addArguments(List<Object> arguments, RatePolicy policy) {
        boolean bucket = policy.algorithm() == RateAlgorithm.TOKEN_BUCKET;
        arguments.add(String.valueOf(policy.algorithm().letter()));
        arguments.add(policy.quota());
        arguments.add(policy.window().toNanos() / MICROS);
        arguments.add(policy.capacity());
        arguments.add(bucket && policy.quota() > 0 ? policy.nanosPerToken() : 0);
        arguments.add(policy.isSoft() ? 1 : 0);
        arguments.add(policy.maxDelay().toMillis() * MICROS);
        arguments.add(policy.settled() ? 1 : 0);
        arguments.add(policy.maxKeys());
    }

    /** What the reply says, in the order in which the decisions were added. */
    List<Answered> answers(Object reply) {
        Reader reader = new Reader(ScheduleReply.list(reply).iterator());
        long now = reader.next();
        List<Answered> answers = new ArrayList<>(decisions.size());
        for (Asked asked : decisions) {
            answers.add(reader.read(asked, now));
        }
        if (reader.numbers.hasNext()) {
            boolean[] overflowed = new boolean[policies.size() + 1];
            reader.numbers.forEachRemaining(number -> overflowed[((Long) number).intValue()] = true);
            for (int i = 0; i < answers.size(); i++) {
                if (sharesOne(decisions.get(i), overflowed)) {
                    answers.set(i, answers.get(i).overflown());
                }
            }
        }
        return answers;
    }

    private boolean sharesOne(Asked asked, boolean[] overflowed) {
        for (RateCharge charge : asked.charges()) {
            if (overflowed[policies.getOrDefault(charge.policy(), 0)]) {
                return true;
            }
        }
        return false;
    }

    /** Reads the numbers of a reply. */
    private static final class Reader {

        private static final long[] NO_DELAYS = {};
        private static final int[] NONE_OVER = {};

        private final Iterator<?> numbers;

        Reader(Iterator<?> numbers) {
            this.numbers = numbers;
        }

        long next() {
            return (Long) numbers.next();
        }

        Answered read(Asked asked, long now) {
            int granted = (int) next();
            long[] delays = NO_DELAYS;
            if (asked.mayWait()) {
                delays = new long[(int) next()];
                for (int i = 0; i < delays.length; i++) {
                    delays[i] = next();
                }
            }
            boolean waits = granted + delays.length < asked.alike() || asked.alike() == 0;
            int charges = asked.charges().size();
            int[] over = NONE_OVER;
            RateState[] states = new RateState[charges];
            for (int i = 0; i < charges; i++) {
                RatePolicy policy = asked.charges().get(i).policy();
                long remaining = next();
                long more = next();
                long wait = waits ? next() : 0;
                states[i] = new RateState(policy, remaining, more, wait, now + more);
                if (policy.isSoft()) {
                    over = over.length == 0 ? new int[charges] : over;
                    over[i] = (int) next();
                }
            }
            return new Answered(asked.alike(), granted, delays, List.of(states), over, false);
        }
    }
}
