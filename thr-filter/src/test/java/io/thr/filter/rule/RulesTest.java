package io.thr.filter.rule;

import static io.thr.core.match.TextPattern.glob;
import static io.thr.filter.rule.Actions.then;
import static io.thr.filter.rule.Criteria.when;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.nullValue;
import static org.hamcrest.Matchers.sameInstance;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.thr.core.message.Headers;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;

class RulesTest {

    private final List<String> ran = new ArrayList<>();

    // ---- order

    @Test
    void rules_run_in_order_and_later_ones_override() {
        Rules rules = new RuleList()
                .add(when(), then().setRedisQueue("first").setInputPriority(1))
                .add(when().path(glob("/a*")), then().setRedisQueue("second"))
                .add(when().path("/other"), then().setRedisQueue("other"))
                .add(when().method("GET"), then().setRedisQueue("third"))
                .compile();
        Exchange exchange = in(rules, "/a");
        assertThat(exchange.redisQueue(), is("third"));
        assertThat(exchange.priority(), is(1));
    }

    @Test
    void rules_found_in_different_places_of_the_index_keep_their_order() {
        RuleList list = new RuleList();
        List<Criteria> criteria = List.of(
                when().path("/api/v1/x"),
                when().path(glob("/api/*")),
                when().host("localhost"),
                when().path(glob("/api/v1/*")),
                when().method("GET"),
                when().scheme("http"),
                when().path("/api/v1/x", "/y"),
                when().path(glob("/*x")),
                when());
        for (int round = 0; round < 3; round++) {
            criteria.forEach(each -> list.add(each, notes("" + list.size())));
        }
        in(list.compile(), "/api/v1/x");
        assertThat(
                ran,
                is(java.util.stream.IntStream.range(0, list.size())
                        .mapToObj(i -> "" + i)
                        .toList()));
    }

    @Test
    void a_rule_that_stops_ends_the_list() {
        Rules rules = new RuleList()
                .add(when(), notes("1"))
                .add(when().path("/stop"), notes("2"), true)
                .add(when(), notes("3"))
                .compile();
        in(rules, "/stop");
        assertThat(ran, contains("1", "2"));
        ran.clear();
        in(rules, "/go");
        assertThat(ran, contains("1", "3"));
    }

    @Test
    void actions_run_in_the_order_in_which_they_were_added() {
        Rules rules = new RuleList()
                .add(
                        when(),
                        then().setPath("/a")
                                .customInput(e -> ran.add(e.path()))
                                .setPath("/b")
                                .customInput(e -> ran.add(e.path())))
                .compile();
        in(rules, "/");
        assertThat(ran, contains("/a", "/b"));
    }

    // ---- what earlier rules changed

    @Test
    void later_criteria_see_what_earlier_rules_changed() {
        Rules rules = new RuleList()
                .add(
                        when(),
                        then().setMethod("PUT")
                                .setHost("other:81")
                                .setRemoteIp("192.0.2.7")
                                .setInputHeader("X-A", "new")
                                .setQueryStringArg("q", "1"))
                .add(when().method("PUT"), notes("method"))
                .add(when().host("other"), notes("host"))
                .add(when().remoteIp("192.0.2.0/24"), notes("remote_ip"))
                .add(when().realIp("192.0.2.7"), notes("real_ip"))
                .add(when().header("X-A", "new"), notes("header"))
                .add(when().query("q", "1"), notes("query"))
                .add(when().method("GET"), notes("never"))
                .compile();
        in(rules, "/");
        assertThat(ran, contains("method", "host", "remote_ip", "real_ip", "header", "query"));
    }

    @Test
    void a_changed_path_is_looked_up_again() {
        Rules rules = new RuleList()
                .add(when().path("/b"), notes("before"))
                .add(when().path("/a"), then().setPath("/b/c/../"))
                .add(when().path("/a"), notes("old"))
                .add(when().path("/b/"), notes("exact"))
                .add(when().path(glob("/b*")), notes("prefix"))
                .compile();
        in(rules, "/a");
        assertThat(ran, contains("exact", "prefix"));
    }

    @Test
    void a_changed_method_and_host_are_looked_up_again() {
        Rules rules = new RuleList()
                .add(when().path("/a"), then().setMethod("PUT"))
                .add(when().method("PUT"), then().setHost("h"))
                .add(when().host("h"), notes("found"))
                .compile();
        in(rules, "/a");
        assertThat(ran, contains("found"));
    }

    // ---- the output side

    @Test
    void the_rules_that_matched_and_only_those_run_their_output_side() {
        Rules rules = new RuleList()
                .add(when().path("/a"), then().setPath("/b").addOutputHeader("N", "1"))
                .add(when().path("/a"), then().addOutputHeader("N", "2"))
                .add(when().path("/b"), then().addOutputHeader("N", "3"), true)
                .add(when(), then().addOutputHeader("N", "4"))
                .compile();
        Exchange exchange = in(rules, "/a");
        exchange.setPath("/elsewhere");
        out(rules, exchange);
        assertThat(exchange.responseHeaders().all("N"), contains("1", "3"));
    }

    @Test
    void output_runs_by_what_the_exchange_knows_although_the_rules_have_changed() {
        Rules rules = new RuleList().add(when(), then().setOutputBody("mine")).compile();
        Exchange exchange = in(rules, "/a");
        out(Rules.EMPTY, exchange);
        assertThat(exchange.responseBody(), is("mine".getBytes(java.nio.charset.StandardCharsets.UTF_8)));
    }

    @Test
    void a_direct_answer_runs_its_output_side() {
        Rules rules = new RuleList()
                .add(
                        when(),
                        then().setStatusCode(403).setOutputDefaultBody("no").setOutputHeader("A", "b"))
                .compile();
        Exchange exchange = in(rules, "/a");
        assertThat(exchange.statusCode(), is(403));
        out(rules, exchange);
        assertThat(exchange.responseHeaders().first("A"), is("b"));
        assertThat(exchange.responseBody(), is(nullValue()));
        assertThat(exchange.outputDefaultBody(), is("no".getBytes(java.nio.charset.StandardCharsets.UTF_8)));
    }

    // ---- synchronous and asynchronous

    @Test
    void what_is_synchronous_gives_the_shared_future() {
        Rules rules = new RuleList()
                .add(when().path("/a"), then().setMethod("PUT").setOutputBody("b"))
                .compile();
        Exchange matched = PlainRequest.get("/a").exchange();
        CompletableFuture<Void> unmatched =
                rules.applyInput(PlainRequest.get("/x").exchange());
        assertThat(unmatched.isDone(), is(true));
        assertThat(rules.applyInput(PlainRequest.get("/y").exchange()), sameInstance(unmatched));
        assertThat(Rules.EMPTY.applyInput(PlainRequest.get("/y").exchange()), sameInstance(unmatched));
        CompletableFuture<Void> done = rules.applyInput(matched);
        assertThat(done.isDone(), is(true));
        assertThat(rules.applyOutput(matched), sameInstance(done));
    }

    @Test
    void rules_go_on_when_the_stage_completes() {
        CompletableFuture<Boolean> criterion = new CompletableFuture<>();
        CompletableFuture<String> action = new CompletableFuture<>();
        Rules rules = new RuleList()
                .add(when(), notes("1"))
                .add(when().customAsync(e -> criterion), notes("2"))
                .add(
                        when(),
                        then().customInputAsync(e -> action.thenAccept(e::setPath))
                                .customInput(e -> ran.add("3")))
                .add(when().path("/changed"), notes("4"))
                .compile();
        Exchange exchange = PlainRequest.get("/a").exchange();
        CompletableFuture<Void> end = rules.applyInput(exchange);
        assertThat(ran, contains("1"));
        assertThat(end.isDone(), is(false));
        criterion.complete(true);
        assertThat(ran, contains("1", "2"));
        assertThat(end.isDone(), is(false));
        action.complete("/changed");
        assertThat(ran, contains("1", "2", "3", "4"));
        end.join();
    }

    @Test
    void a_criterion_that_takes_its_time_may_say_no() {
        CompletableFuture<Boolean> criterion = new CompletableFuture<>();
        Rules rules = new RuleList()
                .add(when().customAsync(e -> criterion), notes("1"), true)
                .add(when(), notes("2"))
                .compile();
        CompletableFuture<Void> end = rules.applyInput(PlainRequest.get("/a").exchange());
        criterion.complete(false);
        end.join();
        assertThat(ran, contains("2"));
    }

    @Test
    void the_output_side_goes_on_when_the_stage_completes() {
        CompletableFuture<String> action = new CompletableFuture<>();
        Rules rules = new RuleList()
                .add(when(), then().customOutputAsync(e -> action.thenAccept(text -> e.setOutputHeader("A", text))))
                .add(when(), then().customOutput(e -> e.addOutputHeader("A", "2")))
                .compile();
        Exchange exchange = in(rules, "/a");
        exchange.response(200, Headers.EMPTY, null);
        CompletableFuture<Void> end = rules.applyOutput(exchange);
        assertThat(end.isDone(), is(false));
        action.complete("1");
        end.join();
        assertThat(exchange.responseHeaders().all("A"), contains("1", "2"));
    }

    @Test
    void many_stages_one_after_the_other_do_not_overflow() {
        RuleList list = new RuleList();
        for (int i = 0; i < 2_000; i++) {
            list.add(
                    when().customAsync(e -> CompletableFuture.supplyAsync(() -> true)),
                    then().customInputAsync(e -> CompletableFuture.runAsync(() -> e.setInputPriority(7))));
        }
        Exchange exchange = PlainRequest.get("/a").exchange();
        list.compile().applyInput(exchange).join();
        assertThat(exchange.priority(), is(7));
    }

    // ---- failures

    @Test
    void a_function_that_throws_fails_the_future_with_the_rule() {
        IllegalStateException boom = new IllegalStateException("boom");
        Rules rules = new RuleList()
                .add(when(), notes("1"))
                .add(Rule.of(when(), then().setPath(e -> {
                            throw boom;
                        }))
                        .named("hello"))
                .add(when(), notes("3"))
                .compile();
        RuleException failure = failure(rules);
        assertThat(failure.getMessage(), is("rule 2 (hello): set_path: java.lang.IllegalStateException: boom"));
        assertThat(failure.getCause(), sameInstance(boom));
        assertThat(ran, contains("1"));
    }

    @Test
    void a_criterion_that_throws_fails_the_future() {
        Rules rules = new RuleList()
                .add(
                        when().custom(e -> {
                            throw new IllegalStateException("boom");
                        }),
                        then())
                .compile();
        assertThat(failure(rules).getMessage(), is("rule 1: criteria: java.lang.IllegalStateException: boom"));
    }

    @Test
    void an_error_fails_the_future_as_well() {
        Rules rules = new RuleList()
                .add(when(), then().customInput(e -> {
                    throw new LinkageError("gone");
                }))
                .compile();
        assertThat(failure(rules).getMessage(), is("rule 1: custom_input: java.lang.LinkageError: gone"));
    }

    @Test
    void a_wrong_value_of_a_function_fails_the_future() {
        Rules rules = new RuleList()
                .add(when(), then().setInputHeader("A", e -> "\n"))
                .compile();
        assertThat(
                failure(rules).getMessage(),
                is("rule 1: set_input_header: java.lang.IllegalArgumentException:"
                        + " A: \\u000a (expected: no control characters, and none above U+00FF)"));
    }

    @Test
    void a_stage_that_fails_fails_the_future() {
        CompletableFuture<Void> stage = new CompletableFuture<>();
        Rules rules = new RuleList()
                .add(when(), then().customInputAsync(e -> stage.thenRun(() -> {})))
                .compile();
        CompletableFuture<Void> end = rules.applyInput(PlainRequest.get("/a").exchange());
        stage.completeExceptionally(new java.io.IOException("gone"));
        assertThat(failure(end).getMessage(), is("rule 1: custom_input: java.io.IOException: gone"));
    }

    @Test
    void a_stage_that_has_failed_fails_the_future() {
        Rules rules = new RuleList()
                .add(when().customAsync(e -> CompletableFuture.failedFuture(new java.io.IOException("gone"))), then())
                .compile();
        assertThat(failure(rules).getMessage(), is("rule 1: criteria: java.io.IOException: gone"));
    }

    @Test
    void a_stage_that_is_cancelled_fails_the_future() {
        CompletableFuture<Void> stage = new CompletableFuture<>();
        Rules rules =
                new RuleList().add(when(), then().customInputAsync(e -> stage)).compile();
        CompletableFuture<Void> end = rules.applyInput(PlainRequest.get("/a").exchange());
        stage.cancel(false);
        assertThat(failure(end).getMessage(), is("rule 1: custom_input: java.util.concurrent.CancellationException"));
    }

    @Test
    @SuppressWarnings("NullAway") // what a careless function does
    void null_for_a_stage_or_its_answer_fails_the_future() {
        assertThat(
                failure(new RuleList()
                                .add(when(), then().customInputAsync(e -> null))
                                .compile())
                        .getMessage(),
                is("rule 1: custom_input: java.lang.NullPointerException: null (expected: a CompletionStage)"));
        assertThat(
                failure(new RuleList()
                                .add(when().customAsync(e -> null), then())
                                .compile())
                        .getMessage(),
                is("rule 1: criteria: java.lang.NullPointerException: custom: null (expected: a CompletionStage)"));
        assertThat(
                failure(new RuleList()
                                .add(when().customAsync(e -> CompletableFuture.completedFuture(null)), then())
                                .compile())
                        .getMessage(),
                is("rule 1: criteria: java.lang.NullPointerException: custom: null (expected: true or false)"));
    }

    @Test
    void a_failing_output_side_fails_its_future() {
        Rules rules = new RuleList()
                .add(when(), then())
                .add(when(), then().customOutput(e -> {
                    throw new IllegalStateException("boom");
                }))
                .compile();
        Exchange exchange = in(rules, "/a");
        exchange.response(200, Headers.EMPTY, null);
        assertThat(
                failure(rules.applyOutput(exchange)).getMessage(),
                is("rule 2: custom_output: java.lang.IllegalStateException: boom"));
    }

    private Actions notes(String note) {
        return then().customInput(exchange -> ran.add(note));
    }

    private static Exchange in(Rules rules, String target) {
        Exchange exchange = PlainRequest.get(target).exchange();
        rules.applyInput(exchange).join();
        return exchange;
    }

    private static void out(Rules rules, Exchange exchange) {
        exchange.response(200, Headers.EMPTY, null);
        rules.applyOutput(exchange).join();
    }

    private static RuleException failure(Rules rules) {
        return failure(rules.applyInput(PlainRequest.get("/a").exchange()));
    }

    private static RuleException failure(CompletableFuture<Void> end) {
        CompletionException wrapped = assertThrows(CompletionException.class, end::join);
        if (wrapped.getCause() instanceof RuleException failure) {
            return failure;
        }
        throw new AssertionError("not a RuleException", wrapped);
    }
}
