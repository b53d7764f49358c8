package io.thr.filter.http;

import static io.thr.filter.rule.Actions.then;
import static io.thr.filter.rule.Criteria.when;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.nullValue;
import static org.hamcrest.Matchers.startsWith;

import io.thr.core.Logged;
import io.thr.core.message.Headers;
import io.thr.core.rate.RateDecision;
import io.thr.filter.rule.Actions;
import io.thr.filter.rule.Exchange;
import io.thr.filter.rule.PlainRequest;
import io.thr.filter.rule.RequestView;
import io.thr.filter.rule.RuleList;
import io.thr.filter.rule.Rules;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What becomes of a problem on its way through the rules and to the form that its client asks for. */
class AnswersTest {

    private static final String ID = "0123456789abcdef0123456789abcdef";
    private static final PlainRequest REQUEST = PlainRequest.get("/");

    @Test
    void problem_comes_in_the_form_that_the_request_accepts() {
        Answer answer = answer(then(), REQUEST.withHeader("Accept", "text/plain"));

        assertThat(answer.status(), is(503));
        assertThat(
                answer.headers(),
                is(Headers.of(
                        "Retry-After", "1",
                        "Cache-Control", "no-store",
                        "Content-Type", "text/plain; charset=utf-8",
                        "Vary", "Accept")));
        assertThat(text(answer), is("503 Service Unavailable\nstopping\nrequest " + ID + "\n"));
    }

    @Test
    void without_an_accept_line_it_is_problem_details() {
        Answer answer = answer(then(), REQUEST);

        assertThat(answer.headers().all("Content-Type"), contains("application/problem+json"));
        assertThat(answer.headers().all("Vary"), contains("Accept"));
        assertThat(
                text(answer),
                startsWith("{\"type\":\"about:blank\",\"title\":\"Service Unavailable\",\"status\":503,"));
    }

    @Test
    void all_lines_of_accept_count() {
        Answer answer =
                answer(then(), REQUEST.withHeader("Accept", "text/plain;q=0.5").withHeader("Accept", "text/html"));

        assertThat(answer.headers().first("Content-Type"), is("text/html; charset=utf-8"));
    }

    @Test
    void body_of_a_rule_wins_over_every_form() {
        for (Actions actions : List.of(then().setOutputBody("own"), then().setOutputDefaultBody("own"))) {
            Answer answer = answer(
                    actions.setOutputHeader("Content-Type", "text/x-own"), REQUEST.withHeader("Accept", "text/html"));

            assertThat(text(answer), is("own"));
            assertThat(answer.headers(), is(Headers.of("Retry-After", "1", "Content-Type", "text/x-own")));
        }
    }

    @Test
    void own_body_of_a_problem_wins_over_every_form_but_not_over_a_rule() {
        Problem problem = Problem.unavailable("stopping", ID).withBody("text/css", "p {}");
        PlainRequest request = REQUEST.withHeader("Accept", "text/html");

        Answer answer = answer(then(), request, problem);
        assertThat(text(answer), is("p {}"));
        assertThat(
                answer.headers(),
                is(Headers.of(
                        "Retry-After", "1", "Cache-Control", "no-store", "Content-Type", "text/css; charset=utf-8")));

        assertThat(text(answer(then().setOutputBody("own"), request, problem)), is("own"));
        assertThat(text(answer(then().setOutputDefaultBody("own"), request, problem)), is("own"));
    }

    @Test
    void refusal_is_not_to_be_stored_whoever_wrote_its_body() {
        Problem problem = Problem.quotaExceeded(new RateDecision.Refused(List.of()), 0, ID);

        Answer answer = answer(then().setOutputBody("own"), REQUEST, problem);

        assertThat(answer.status(), is(429));
        assertThat(answer.headers().all("Cache-Control"), contains("no-store"));
    }

    @Test
    void fields_and_status_of_a_rule_stay() {
        Answer answer = answer(
                then().setOutputHeader("Retry-After", "7").customOutput(exchange -> exchange.responseStatus(500)),
                REQUEST);

        assertThat(answer.status(), is(500));
        assertThat(answer.headers().all("Retry-After"), contains("7"));
    }

    @Test
    void vary_of_a_rule_is_added_to_unless_it_says_so_already() {
        assertThat(
                answer(then().setOutputHeader("Vary", "Origin, Accept-Encoding"), REQUEST)
                        .headers()
                        .all("Vary"),
                contains("Origin, Accept-Encoding", "Accept"));
        for (String enough : List.of("*", "Accept", "Origin , ACCEPT", "accept,Origin")) {
            assertThat(
                    answer(then().setOutputHeader("Vary", enough), REQUEST)
                            .headers()
                            .all("Vary"),
                    contains(enough));
        }
    }

    @Test
    void failure_of_a_rule_is_told_in_the_form_that_the_request_accepts() {
        Actions failing = then().customOutput(exchange -> {
            throw new IllegalStateException("on purpose");
        });

        Answer[] answers = new Answer[1];
        List<String> logged = Logged.by(
                Answers.class, () -> answers[0] = answer(failing, REQUEST.withHeader("Accept", "text/plain")));

        Answer answer = answers[0];
        assertThat(logged, contains(startsWith("SEVERE request " + ID + ": a rule's response side failed")));
        assertThat(answer.status(), is(500));
        assertThat(text(answer), is("500 Internal Server Error\na rule failed\nrequest " + ID + "\n"));
    }

    @Test
    void request_that_its_container_has_taken_back_gets_an_answer_all_the_same() {
        RequestView gone = (RequestView) Proxy.newProxyInstance(
                AnswersTest.class.getClassLoader(), new Class<?>[] {RequestView.class}, (proxy, method, arguments) -> {
                    if (method.getName().equals("headers")) {
                        throw new IllegalStateException("recycled");
                    }
                    try {
                        return method.invoke(REQUEST, arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });

        Answer answer = answer(then(), gone);

        assertThat(answer.headers().first("Content-Type"), is("application/problem+json"));
    }

    @Test
    void answer_of_an_upstream_is_left_as_it_is() {
        Answers answers = new Answers(Rules.EMPTY);
        Exchange exchange = REQUEST.withHeader("Accept", "text/html").exchange();

        Answer answer = answers.upstream(exchange, 404, Headers.EMPTY, "gone".getBytes(UTF_8))
                .join();

        assertThat(text(answer), is("gone"));
        assertThat(answer.headers().first("Vary"), is(nullValue()));
    }

    /** The answer to a 503, with a rule for every request. */
    private static Answer answer(Actions actions, RequestView request) {
        return answer(actions, request, Problem.unavailable("stopping", ID));
    }

    private static Answer answer(Actions actions, RequestView request, Problem problem) {
        Rules rules = new RuleList().add(when(), actions).compile();
        Exchange exchange = new Exchange(request, ID);
        rules.applyInput(exchange).join();
        return new Answers(rules).problem(exchange, problem).join();
    }

    private static String text(Answer answer) {
        return new String(answer.body(), UTF_8);
    }
}
