package io.thr.core.redis;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The steps of rate policies as functions of the server (Redis Functions, 7.0 and later): registered when we come to it, if they
 * are not there or older, and again when they are found missing. Where the server has no functions, or does not let us
 * register or call them, the same texts are called as scripts. Threads may share it.
 *
 * <p>This is what the tutorial of Redis did with RedisGears, on servers of today. The library's name says which keys and
 * arguments the functions take, so that nodes of different versions can be at one server; the revision, in the description of
 * the first function, says which of two texts for the same is the newer.
 */
final class RateFunctions {

    private static final Logger LOG = System.getLogger(RateFunctions.class.getName());

    /** Grows with every change of KEYS, ARGV or reply. */
    static final String LIBRARY = "thr_rate_1";

    /** Grows with every other change. */
    static final int REVISION = 4;

    private static final Pattern DESCRIPTION = Pattern.compile("revision (\\d{1,9})");
    private static final Patience PATIENCE = Patience.SHORT;

    private static final LuaScript DECIDE = LuaScript.load("rate_decide");
    private static final LuaScript SETTLE = LuaScript.load("rate_settle");

    private final Redis redis;
    private final LuaScript decideFunction = DECIDE.asFunction(LIBRARY + "_decide", this::registerAgain);
    private final LuaScript settleFunction = SETTLE.asFunction(LIBRARY + "_settle", this::registerAgain);
    private final AtomicBoolean registering = new AtomicBoolean();
    private volatile boolean usable;

    RateFunctions(Redis redis) {
        this.redis = redis;
    }

    /** What decides. */
    LuaScript decide() {
        return usable ? decideFunction : DECIDE;
    }

    /** What corrects. */
    LuaScript settle() {
        return usable ? settleFunction : SETTLE;
    }

    /**
     * Looks again, without waiting for it: a function was not there, so that its call was repeated as a script, which the next
     * ones need not be; or the server was away, and may be another one now.
     */
    void registerAgain() {
        if (registering.compareAndSet(false, true)) {
            var unused = register().whenComplete((done, failure) -> registering.set(false));
        }
    }

    /**
     * Looks what is registered, and registers what is missing. Never fails: where the server says no, scripts are used, and
     * where it says nothing, what was used before.
     */
    CompletableFuture<Void> register() {
        return redis.call(Command.of("FUNCTION", "LIST", "LIBRARYNAME", LIBRARY), PATIENCE, RateFunctions::revision)
                .thenCompose(revision -> revision >= REVISION
                        ? CompletableFuture.completedFuture(null)
                        : redis.call(
                                Command.of("FUNCTION", "LOAD", "REPLACE", library()), PATIENCE, reply -> log(revision)))
                // whether we may call it
                .thenCompose(done ->
                        redis.call(decideFunction, List.of(), RateCall.NOTHING, PATIENCE, reply -> usable = true))
                .handle((done, failure) -> {
                    if (failure != null) {
                        usable = usable && !(failure.getCause() instanceof RedisException);
                        LOG.log(
                                Level.DEBUG,
                                "redis {0}: no functions, rate policies use scripts: {1}",
                                redis.url(),
                                failure.getMessage());
                    }
                    return null;
                });
    }

    private Void log(int before) {
        LOG.log(
                Level.INFO,
                "redis {0}: {1} library of functions {2}, revision {3}",
                redis.url(),
                before < 0 ? "registered" : "replaced revision " + before + " of",
                LIBRARY,
                REVISION);
        return null;
    }

    /** That of the registered library; −1 where there is none. */
    private static int revision(Object reply) {
        StringBuilder texts = new StringBuilder();
        append(texts, reply);
        Matcher found = DESCRIPTION.matcher(texts);
        return found.find() ? Integer.parseInt(found.group(1)) : -1;
    }

    private static void append(StringBuilder texts, Object reply) {
        if (reply instanceof List<?> list) {
            list.forEach(element -> append(texts, element));
        } else if (reply instanceof byte[]) {
            texts.append(ClaimTaker.text(reply)).append('\n');
        }
    }

    private static String library() {
        return "#!lua name=" + LIBRARY + "\n" + function("decide", DECIDE) + function("settle", SETTLE);
    }

    private static String function(String step, LuaScript script) {
        return "redis.register_function{ function_name = '" + LIBRARY + "_" + step + "', description = 'revision "
                + REVISION + "', callback = function(KEYS, ARGV)\n" + script.text() + "\nend }\n";
    }
}
