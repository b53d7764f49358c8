package io.thr.core.redis;

import io.thr.core.rate.RateCharge;
import io.thr.core.rate.RateDecision;
import io.thr.core.rate.RateState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** Decides by the scripts, at times that a test says. One thread at a time. */
final class ClockedRate implements AutoCloseable {

    private static final LuaScript DECIDE = LuaScript.load("rate_decide");
    private static final Patience PATIENCE = Patience.once(Duration.ofSeconds(20));
    private static final int PAGE = 256;

    private final Redis redis;
    private final RedisKeys names;
    private final Duration longestDelay;

    /** In that server, where no policy makes a request wait for longer than that. */
    ClockedRate(RedisServer server, RedisKeys names, Duration longestDelay) {
        this.redis = Redis.connect(server.url(), "clocked rate");
        this.names = names;
        this.longestDelay = longestDelay;
        redis.call(Command.of("SCRIPT", "LOAD", DECIDE.text()), PATIENCE, sha -> sha)
                .join();
    }

    /** What is decided at that time. */
    RateDecision decide(long micros, RateCharge... charges) {
        return decideAll(List.of(micros), List.of(charges)).get(0);
    }

    /** What is decided, at each of these times, of one more request with the same charges. */
    List<RateDecision> decideAll(List<Long> micros, List<RateCharge> charges) {
        List<RateDecision> decisions = new ArrayList<>(micros.size());
        for (int from = 0; from < micros.size(); from += PAGE) {
            RateCall call = asking(charges, 1);
            List<Command> commands = new ArrayList<>();
            for (long now : micros.subList(from, Math.min(from + PAGE, micros.size()))) {
                commands.add(command(call, now));
            }
            for (Object reply : redis.call(commands, PATIENCE, said -> said).join()) {
                decisions.add(call.answers(reply).get(0).of(0, charges));
            }
        }
        return decisions;
    }

    /** How that charge's policy stands at that time. */
    RateState peek(long micros, RateCharge charge) {
        RateCall call = asking(List.of(charge), 0);
        Object reply = redis.call(List.of(command(call, micros)), PATIENCE, said -> said.get(0))
                .join();
        return call.answers(Objects.requireNonNull(reply)).get(0).states().get(0);
    }

    private RateCall asking(List<RateCharge> charges, int alike) {
        RateCall call = new RateCall(names);
        call.add(new RateCall.Asked(charges, alike));
        return call;
    }

    private Command command(RateCall call, long micros) {
        return DECIDE.call(call.keys(), call.arguments(Long.toString(micros), longestDelay.toMillis()));
    }

    @Override
    public void close() {
        redis.close();
    }
}
