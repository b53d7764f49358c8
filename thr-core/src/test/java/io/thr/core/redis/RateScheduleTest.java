package io.thr.core.redis;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.lessThanOrEqualTo;

import io.thr.core.Choices;
import io.thr.core.Tries;
import io.thr.core.rate.LocalRateLimiter;
import io.thr.core.rate.OnExceeded;
import io.thr.core.rate.RateAlgorithm;
import io.thr.core.rate.RateCharge;
import io.thr.core.rate.RateDecision;
import io.thr.core.rate.RateKeys;
import io.thr.core.rate.RatePolicy;
import io.thr.core.rate.RateState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * What the scripts decide on many schedules made by chance, of a clock of the test, is what {@link LocalRateLimiter} decides,
 * to the last number; and what is admitted keeps within the bound that each algorithm states, which is counted here from the
 * times of the admitted alone.
 */
class RateScheduleTest {

    private static final int SCHEDULES_A_TRY = 50;
    private static final Duration HORIZON = Duration.ofSeconds(5);

    @RegisterExtension
    static final RedisServer server = RedisServer.embedded();

    private static final LuaScript DECIDE = LuaScript.load("rate_decide");
    private static final LuaScript SETTLE = LuaScript.load("rate_settle");
    private static final Patience PATIENCE = Patience.once(Duration.ofSeconds(10));

    private final RedisKeys names = new RedisKeys("thr");
    private final AtomicLong number = new AtomicLong();
    private Redis redis;

    @BeforeEach
    void connect() {
        redis = Redis.connect(server.url(), "rate schedules");
        redis.call(Command.of("SCRIPT", "LOAD", DECIDE.text()), PATIENCE, sha -> sha)
                .join();
    }

    @AfterEach
    void close() {
        redis.close();
    }

    /** What happens at one time. */
    private sealed interface Step {
        long micros();
    }

    private record Decide(long micros, List<RateCharge> charges, int alike) implements Step {}

    private record Peek(long micros, List<RateCharge> charges) implements Step {}

    /** Corrects the latest charge of that step, if it was granted. */
    private record Settle(long micros, int step, long cost) implements Step {}

    /** What is special about a schedule, besides its times. */
    private enum Kind {
        /** Nothing: what is admitted keeps within its bound. */
        PLAIN,
        /** Costs are corrected afterwards. */
        CORRECTED,
        /** The server's clock is set back now and then: nobody is shut out for longer than without that. */
        SET_BACK
    }

    private record Schedule(List<Step> steps, Kind kind) {}

    @Test
    void scripts_decide_as_the_local_limiter_and_keep_their_bounds() {
        int tries = Integer.getInteger("thr.schedules", 5_000) / SCHEDULES_A_TRY;
        Tries.check(tries, this::schedules, this::check);
    }

    private List<Schedule> schedules(Choices choices) {
        List<Schedule> schedules = new ArrayList<>();
        for (int i = 0; i < SCHEDULES_A_TRY; i++) {
            schedules.add(schedule(choices));
        }
        return schedules;
    }

    private Schedule schedule(Choices choices) {
        Kind kind = choices.oneIn(8) ? Kind.CORRECTED : choices.oneIn(5) ? Kind.SET_BACK : Kind.PLAIN;
        boolean delays = choices.oneIn(2);
        RateKeys keys = new RateKeys("schedule " + number.incrementAndGet());
        int count = choices.oneIn(3) ? choices.between(1, 4) : 1;
        List<RatePolicy> policies = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            policies.add(policy(choices, "p" + number.get() + "-" + i, kind, delays));
        }
        long now = 1_790_000_000_000_000L + choices.between(0, 999_999_999);
        List<Step> steps = new ArrayList<>();
        int length = choices.oneIn(20) ? 60 : choices.between(2, 12);
        for (int i = 0; i < length; i++) {
            now += pause(choices, policies.get(0), kind);
            List<RateCharge> charges = new ArrayList<>();
            for (RatePolicy policy : policies) {
                if (charges.isEmpty() || choices.oneIn(2)) {
                    String key = keys.key(policy, List.of(choices.oneIn(5) ? "b" : "a"));
                    charges.add(new RateCharge(policy, key, cost(choices, policy)));
                }
            }
            if (choices.oneIn(12)) {
                steps.add(new Peek(now, charges));
            } else if (kind == Kind.CORRECTED && choices.oneIn(6) && !steps.isEmpty()) {
                steps.add(new Settle(now, choices.index(steps.size()), choices.between(0, 30)));
            } else {
                int alike = choices.oneIn(3) ? choices.between(1, 40) : 1;
                steps.add(new Decide(now, charges, Math.min(alike, RateCall.mostAlike(charges))));
            }
        }
        return new Schedule(steps, kind);
    }

    private static RatePolicy policy(Choices choices, String name, Kind kind, boolean delays) {
        RateAlgorithm algorithm = choices.of(RateAlgorithm.values());
        Duration window = Duration.ofMillis(choices.of(10, 999, 1000, 60_000, 3_600_000));
        long quota = choices.oneIn(30) ? 0 : choices.oneIn(8) ? choices.between(1, 5000) : choices.between(1, 20);
        quota = Math.min(quota, window.toMillis() * 1000);
        RatePolicy.Builder builder = RatePolicy.named(name, algorithm, quota, window)
                .settled(kind == Kind.CORRECTED && choices.oneIn(2))
                .shadow(choices.oneIn(10));
        if (algorithm == RateAlgorithm.TOKEN_BUCKET && choices.oneIn(2)) {
            builder.burst(choices.between(1, 20));
        }
        if (delays && choices.oneIn(2)) {
            builder.delay(Duration.ofMillis(choices.between(1, 5000)));
        } else if (choices.oneIn(10)) {
            builder.onExceeded(OnExceeded.QUEUE);
        }
        return builder.build();
    }

    private static long cost(Choices choices, RatePolicy policy) {
        return choices.oneIn(4) ? choices.between(0, Math.max(1, (int) policy.capacity() + 1)) : 1;
    }

    /** Adversarial: often nothing, often just to, before or after the end of a window or of a token's time. */
    private static long pause(Choices choices, RatePolicy policy, Kind kind) {
        long window = policy.window().toNanos() / 1000;
        if (kind == Kind.SET_BACK && choices.oneIn(8)) {
            return -choices.of(1L, 1000L, 10_000_000L, 3_600_000_000L, window);
        }
        long token = policy.quota() == 0 ? window : Math.max(1, window / policy.quota());
        return switch (choices.index(8)) {
            case 0, 1 -> 0;
            case 2 -> window + choices.of(-1, 0, 1);
            case 3 -> Math.max(0, token + choices.of(-1, 0, 1));
            case 4 -> choices.between(0, window);
            case 5 -> 2 * window;
            case 6 -> choices.between(0, 2 * token);
            default -> choices.between(0, 2000);
        };
    }

    private void check(List<Schedule> schedules) {
        List<List<CompletableFuture<?>>> asked = new ArrayList<>();
        for (Schedule schedule : schedules) {
            asked.add(ask(schedule));
        }
        for (int i = 0; i < schedules.size(); i++) {
            if (schedules.get(i).kind() == Kind.SET_BACK) {
                checkThatNobodyIsShutOut(schedules.get(i), asked.get(i));
            } else {
                compare(schedules.get(i), asked.get(i));
            }
        }
    }

    private List<CompletableFuture<?>> ask(Schedule schedule) {
        return schedule.kind() == Kind.CORRECTED ? askOneByOne(schedule) : askTogether(schedule);
    }

    private List<CompletableFuture<?>> askTogether(Schedule schedule) {
        List<Command> commands = new ArrayList<>();
        List<RateCall> calls = new ArrayList<>();
        for (Step step : schedule.steps()) {
            RateCall call = call(step);
            calls.add(call);
            commands.add(DECIDE.call(call.keys(), arguments(call, step)));
        }
        CompletableFuture<List<Object>> replies = redis.call(commands, PATIENCE, all -> all);
        List<CompletableFuture<?>> answers = new ArrayList<>();
        for (int i = 0; i < calls.size(); i++) {
            int number = i;
            answers.add(replies.thenApply(
                    all -> calls.get(number).answers(all.get(number)).get(0)));
        }
        return answers;
    }

    /** What is corrected is known only when it has been decided. */
    private List<CompletableFuture<?>> askOneByOne(Schedule schedule) {
        List<CompletableFuture<?>> replies = new ArrayList<>();
        for (Step step : schedule.steps()) {
            CompletableFuture<?> reply;
            if (step instanceof Settle settle) {
                reply = settle(schedule, replies, settle);
            } else {
                RateCall call = call(step);
                reply = redis.call(
                        DECIDE,
                        call.keys(),
                        arguments(call, step),
                        PATIENCE,
                        said -> call.answers(said).get(0));
            }
            reply.join();
            replies.add(reply);
        }
        return replies;
    }

    private RateCall call(Step step) {
        RateCall call = new RateCall(names);
        call.add(new RateCall.Asked(charges(step), step instanceof Decide decide ? decide.alike() : 0));
        return call;
    }

    private static List<Object> arguments(RateCall call, Step step) {
        return call.arguments(Long.toString(step.micros()), HORIZON.toMillis());
    }

    private CompletableFuture<?> settle(Schedule schedule, List<CompletableFuture<?>> replies, Settle settle) {
        RateState state = stateToCorrect(schedule, replies, settle);
        if (state == null) {
            return CompletableFuture.completedFuture(null);
        }
        RateCharge charge = charges(schedule.steps().get(settle.step())).get(0);
        List<Object> keys = new ArrayList<>();
        RateCall.addKeys(keys, names, charge.policy());
        keys.add(names.rate(charge.key()));
        List<Object> arguments = new ArrayList<>(List.of(Long.toString(settle.micros()), HORIZON.toMillis() * 1000, 1));
        RateCall.addArguments(arguments, charge.policy());
        arguments.addAll(List.of(charge.cost(), settle.cost(), state.countsUntil()));
        return redis.call(SETTLE, keys, arguments, PATIENCE, reply -> reply);
    }

    private static @Nullable RateState stateToCorrect(
            Schedule schedule, List<CompletableFuture<?>> replies, Settle settle) {
        Step step = schedule.steps().get(settle.step());
        if (!(step instanceof Decide decide) || settle.step() >= replies.size()) {
            return null;
        }
        RateCall.Answered answered =
                (RateCall.Answered) replies.get(settle.step()).join();
        return answered.of(0, decide.charges()) instanceof RateDecision.Granted granted
                ? granted.states().get(0)
                : null;
    }

    private static List<RateCharge> charges(Step step) {
        if (step instanceof Decide decide) {
            return decide.charges();
        }
        return step instanceof Peek peek ? peek.charges() : List.of();
    }

    private static void checkThatNobodyIsShutOut(Schedule schedule, List<CompletableFuture<?>> replies) {
        for (CompletableFuture<?> reply : replies) {
            for (RateState state : ((RateCall.Answered) reply.join()).states()) {
                long capacityMillis = state.policy().algorithm() != RateAlgorithm.TOKEN_BUCKET
                        ? state.policy().window().toMillis()
                        : state.policy().quota() == 0
                                ? 0
                                : state.policy().capacity() * state.policy().nanosPerToken() / 1_000_000;
                assertThat(
                        state + " of " + schedule,
                        state.waitMillis(),
                        is(lessThanOrEqualTo(capacityMillis + HORIZON.toMillis() + 1)));
            }
        }
    }

    private static void compare(Schedule schedule, List<CompletableFuture<?>> replies) {
        AtomicLong clock = new AtomicLong();
        LocalRateLimiter local = new LocalRateLimiter(clock::get, () -> 1, HORIZON);
        Map<String, Admitted> admitted = new HashMap<>();
        for (int i = 0; i < schedule.steps().size(); i++) {
            Step step = schedule.steps().get(i);
            String at = "step " + i + " of " + schedule;
            clock.set(step.micros());
            if (step instanceof Settle settle) {
                RateState state = stateToCorrect(schedule, replies, settle);
                if (state != null) {
                    RateCharge charge =
                            charges(schedule.steps().get(settle.step())).get(0);
                    local.settle(charge, state, settle.cost()).join();
                }
            } else if (step instanceof Peek peek) {
                RateCall.Answered answered = (RateCall.Answered) replies.get(i).join();
                assertThat(at, answered.states(), is(local.peek(peek.charges()).join()));
            } else {
                Decide decide = (Decide) step;
                RateCall.Answered answered = (RateCall.Answered) replies.get(i).join();
                for (int place = 0; place < decide.alike(); place++) {
                    RateDecision expected = local.decide(decide.charges()).join();
                    RateDecision said = answered.of(place, decide.charges());
                    boolean last = place == decide.alike() - 1;
                    assertThat(at + ", " + place, outcome(said, last), is(outcome(expected, last)));
                    admit(decide, said, admitted);
                }
            }
        }
        if (schedule.kind() == Kind.PLAIN) {
            admitted.values().forEach(one -> one.check(schedule));
        }
    }

    /** All that is said of the last of alike ones; of those before it, what they are told to do. */
    private static Object outcome(RateDecision decision, boolean last) {
        List<Boolean> exceeded =
                decision.states().stream().map(RateState::exceeded).toList();
        if (decision instanceof RateDecision.Granted granted) {
            return last ? granted : List.of(granted.delayMillis(), exceeded);
        }
        // those that are refused change nothing, so what is said of one is said of all
        return decision;
    }

    private static void admit(Decide decide, RateDecision said, Map<String, Admitted> admitted) {
        if (!(said instanceof RateDecision.Granted granted)) {
            return;
        }
        long begins = decide.micros() + granted.delayMillis() * 1000;
        for (int i = 0; i < decide.charges().size(); i++) {
            RateCharge charge = decide.charges().get(i);
            if (!granted.states().get(i).exceeded() && charge.cost() > 0) {
                admitted.computeIfAbsent(charge.key(), key -> new Admitted(charge.policy()))
                        .add(begins, charge.cost());
            }
        }
    }

    /** The oracle: when how many units were admitted for one key. */
    private static final class Admitted {

        private final RatePolicy policy;
        private final TreeMap<Long, Long> units = new TreeMap<>();

        Admitted(RatePolicy policy) {
            this.policy = policy;
        }

        void add(long micros, long cost) {
            units.merge(micros, cost, Long::sum);
        }

        private long bound() {
            return switch (policy.algorithm()) {
                case FIXED_WINDOW -> 2 * policy.quota();
                case SLIDING_WINDOW -> policy.quota();
                case TOKEN_BUCKET -> policy.quota() + policy.burst();
            };
        }

        /** In no interval of the window's length more than the bound: each that begins with a request. */
        void check(Schedule schedule) {
            // a delay, which may be of another policy of the same request, is told in milliseconds, rounded up
            boolean delays = schedule.steps().stream()
                    .flatMap(step -> charges(step).stream())
                    .anyMatch(charge -> charge.policy().mayDelay());
            long window = policy.window().toNanos() / 1000 - (delays ? 1000 : 0);
            for (long from : units.keySet()) {
                long sum = units.subMap(from, true, from + window, false).values().stream()
                        .mapToLong(Long::longValue)
                        .sum();
                assertThat(policy + " from " + from + " of " + schedule, sum, is(lessThanOrEqualTo(bound())));
            }
        }
    }
}
