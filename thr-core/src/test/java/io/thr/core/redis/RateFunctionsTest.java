package io.thr.core.redis;

import static org.awaitility.Awaitility.await;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.is;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.thr.core.Logged;
import io.thr.core.rate.RateAlgorithm;
import io.thr.core.rate.RateCharge;
import io.thr.core.rate.RateDecision;
import io.thr.core.rate.RatePolicy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** How the steps come to the server: as functions where it has them, else as scripts; and that nothing it forgets matters. */
class RateFunctionsTest extends OnEachServer {

    private final RatePolicy policy = policy("p", RateAlgorithm.TOKEN_BUCKET, 1000, LONG);
    private long used;

    RateFunctionsTest(RedisServer server) {
        super(server);
    }

    @BeforeEach
    void forget() {
        state.command("SCRIPT", "FLUSH");
        if (hasFunctions()) {
            state.command("FUNCTION", "FLUSH");
        }
    }

    /** One more of the policy's units is charged, and the answer says so. */
    private void decidesRightly(RedisRateLimiter node) {
        RateDecision decision = decide(node, charge(policy, "a"));
        used++;
        assertThat(isGranted(decision), is(true));
        assertThat(decision.states().get(0).remaining(), is(1000 - used));
    }

    private String library() {
        return String.valueOf(state.command("FUNCTION", "LIST", "LIBRARYNAME", RateFunctions.LIBRARY, "WITHCODE"));
    }

    /** The code of the library that is registered. */
    private String code() {
        List<?> libraries = Objects.requireNonNull(
                (List<?>) state.command("FUNCTION", "LIST", "LIBRARYNAME", RateFunctions.LIBRARY, "WITHCODE"));
        List<?> library = (List<?>) libraries.get(0);
        return String.valueOf(library.get(library.indexOf("library_code") + 1));
    }

    private RedisUrl limitedUser(String... rights) {
        List<Object> command = new ArrayList<>(List.of("ACL", "SETUSER", "limited", "on", ">p", "~*", "+@all"));
        command.addAll(List.of(rights));
        state.command(command.toArray());
        return RedisUrl.parse("redis://limited:p@127.0.0.1:" + server.port());
    }

    private RedisRateLimiter node(RedisUrl url) {
        return RedisRateLimiter.connect(url, NAMES, "rate test", Duration.ZERO, Duration.ofSeconds(20));
    }

    @Test
    void library_is_registered_at_the_connect_where_it_is_missing() {
        assumeTrue(hasFunctions(), "Redis 7");

        List<String> logged = Logged.by(RateFunctions.class, () -> {
            node();
            node();
        });

        assertThat(logged, contains(containsString("registered library of functions " + RateFunctions.LIBRARY)));
        assertThat(library(), containsString("revision " + RateFunctions.REVISION));
    }

    @Test
    void older_revision_is_replaced() {
        assumeTrue(hasFunctions(), "Redis 7");
        state.command(
                "FUNCTION",
                "LOAD",
                "#!lua name=" + RateFunctions.LIBRARY + "\nredis.register_function{ function_name = '"
                        + RateFunctions.LIBRARY + "_decide', description = 'revision " + (RateFunctions.REVISION - 1)
                        + "', callback = function() return 'old' end }");

        List<String> logged = Logged.by(RateFunctions.class, () -> decidesRightly(node()));

        assertThat(logged, contains(containsString("replaced revision " + (RateFunctions.REVISION - 1))));
        assertThat(library(), containsString("revision " + RateFunctions.REVISION));
        assertThat(library(), containsString(RateFunctions.LIBRARY + "_settle"));
    }

    @Test
    void equal_and_newer_revisions_are_kept() {
        assumeTrue(hasFunctions(), "Redis 7");
        node();
        String ours = code();
        for (int revision : List.of(RateFunctions.REVISION, RateFunctions.REVISION + 1)) {
            String other = "%s%n-- registered by another node"
                    .formatted(ours.replace("revision " + RateFunctions.REVISION, "revision " + revision));
            state.command("FUNCTION", "LOAD", "REPLACE", other);

            RedisRateLimiter node = node();

            decidesRightly(node);
            assertThat(code(), is(other));
        }
    }

    @Test
    void decision_is_one_call() throws Exception {
        RedisRateLimiter node = node();
        // the first call of a script takes its text along
        decidesRightly(node);
        String call = hasFunctions() ? "FCALL" : "EVALSHA";
        try (Monitor monitor = new Monitor(server)) {
            decidesRightly(node);
            assertThat(monitor.commands(), contains(call));

            List<RateCharge> charges = new ArrayList<>();
            for (RateAlgorithm algorithm : RateAlgorithm.values()) {
                for (int i = 0; i < 5; i++) {
                    charges.add(charge(policy("p" + algorithm.letter() + i, algorithm, 10, LONG), "a"));
                }
            }
            assertThat(isGranted(node.decide(charges).join()), is(true));
            assertThat(monitor.commands(), contains(call));

            node.peek(List.of(charge(policy, "a"))).join();
            assertThat(monitor.commands(), contains(call));
        }
    }

    @Test
    void user_who_may_not_register_functions_uses_scripts() throws Exception {
        assumeTrue(hasFunctions(), "Redis 7");
        for (String forbidden : List.of("-function", "-fcall", "-@scripting +eval +evalsha")) {
            try (RedisRateLimiter node = node(limitedUser(forbidden.split(" ", -1)))) {
                decidesRightly(node);
                try (Monitor monitor = new Monitor(server)) {
                    decidesRightly(node);
                    assertThat(forbidden, monitor.commands(), contains("EVALSHA"));
                }
            }
            state.command("ACL", "DELUSER", "limited");
        }
    }

    /** An administrator may register the library for a user who may not. */
    @Test
    void user_who_may_list_and_call_functions_uses_those_that_another_has_registered() throws Exception {
        assumeTrue(hasFunctions(), "Redis 7");
        node();

        try (RedisRateLimiter node = node(limitedUser("-function|load", "-function|delete", "-function|flush"));
                Monitor monitor = new Monitor(server)) {
            decidesRightly(node);
            assertThat(monitor.commands(), contains("FCALL"));
        }
        state.command("ACL", "DELUSER", "limited");
    }

    /** Looking for them may fall into a moment in which the server is away. */
    @Test
    void functions_stay_in_use_where_the_server_was_away_when_they_were_looked_for() {
        assumeTrue(hasFunctions(), "Redis 7");
        try (FaultyProxy proxy = FaultyProxy.before(server);
                Redis redis = Redis.connect(proxy.url(), "functions")) {
            RateFunctions functions = new RateFunctions(redis);
            functions.register().join();
            proxy.refuse();
            functions.register().join();
            proxy.heal();

            assertThat(verb(functions.decide()), is("FCALL"));
        }
    }

    /** As when a server is upgraded. */
    @Test
    void functions_are_used_when_the_server_has_them_after_it_was_away() throws Exception {
        assumeTrue(hasFunctions(), "Redis 7");
        try (FaultyProxy proxy = FaultyProxy.before(server)) {
            state.command("ACL", "SETUSER", "default", "-function");
            try (RedisRateLimiter node = node(proxy.url())) {
                decidesRightly(node);
                state.command("ACL", "SETUSER", "default", "+function");
                proxy.refuse();
                await().until(() -> node.decide(List.of(charge(policy, "a"))).isCompletedExceptionally());
                proxy.heal();
                await().until(() -> library().contains("revision"));
            }
        }
    }

    private static String verb(LuaScript script) {
        return ClaimTaker.text(script.call(List.of(), List.of()).parts()[0]);
    }

    @Test
    void forgotten_steps_are_sent_again_and_functions_registered_again() {
        Logged.by(RateFunctions.class, this::forgetAndDecide);
    }

    private void forgetAndDecide() {
        RedisRateLimiter node = node();
        for (int i = 0; i < 3; i++) {
            decidesRightly(node);
            forget();

            decidesRightly(node);

            if (hasFunctions()) {
                await().until(() -> library().contains("revision " + RateFunctions.REVISION));
                await().until(() -> {
                    try (Monitor monitor = new Monitor(server)) {
                        decidesRightly(node);
                        return monitor.commands().contains("FCALL");
                    }
                });
            } else {
                try (Monitor monitor = new Monitor(server)) {
                    decidesRightly(node);
                    assertThat(monitor.commands(), contains("EVALSHA"));
                }
            }
        }
    }

    @Test
    void settling_survives_what_the_server_forgets() {
        RedisRateLimiter node = node();
        RateCharge charge = new RateCharge(policy, charge(policy, "a").key(), 10);
        RateDecision decision = decide(node, charge);
        forget();

        node.settle(charge, decision.states().get(0), 3).join();

        assertThat(node.peek(List.of(charge)).join().get(0).remaining(), is(997L));
    }

    @Test
    void exactly_the_quota_passes_while_the_server_forgets_all_the_time() {
        Logged.by(RateFunctions.class, this::decideWhileItForgets);
    }

    private void decideWhileItForgets() {
        boolean functions = hasFunctions();
        RedisRateLimiter node = node();
        RatePolicy narrow = policy("narrow", RateAlgorithm.FIXED_WINDOW, 500, LONG);
        Thread forgetting = Redis.daemon(
                () -> {
                    try (RedisState own = server.state()) {
                        while (!Thread.currentThread().isInterrupted()) {
                            own.command("SCRIPT", "FLUSH");
                            if (functions) {
                                own.command("FUNCTION", "FLUSH");
                            }
                        }
                    }
                },
                "forgetting");
        forgetting.start();
        List<CompletableFuture<RateDecision>> decisions = new ArrayList<>();
        for (int i = 0; i < 2000; i++) {
            // not all as one
            decisions.add(node.decide(List.of(
                    charge(narrow, "a"), charge(policy("p" + i % 7, RateAlgorithm.TOKEN_BUCKET, 1000, LONG), "a"))));
            if (i % 20 == 0) {
                granted(decisions);
            }
        }

        assertThat(granted(decisions), is(500L));
        forgetting.interrupt();
        await().until(() -> !forgetting.isAlive());
    }

    @Test
    void restarted_server_gets_the_functions_again() {
        RedisRateLimiter node = node();
        decidesRightly(node);
        server.kill();
        server.start();
        used = 0;

        // the connection may be found lost at the first
        await().until(() -> {
            try {
                decidesRightly(node);
                return true;
            } catch (CompletionException e) {
                return false;
            }
        });

        if (hasFunctions()) {
            await().until(() -> library().contains("revision " + RateFunctions.REVISION));
        }
    }
}
