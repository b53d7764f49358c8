package io.thr.filter.http;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.startsWith;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.thr.core.Choices;
import io.thr.core.Tries;
import io.thr.core.message.Headers;
import io.thr.core.rate.OnExceeded;
import io.thr.core.rate.RateAlgorithm;
import io.thr.core.rate.RateDecision;
import io.thr.core.rate.RatePolicy;
import io.thr.core.rate.RateState;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a problem says in each of its forms. */
class ProblemTest {

    private static final JsonFactory JSON = new JsonFactory();
    private static final String ID = "0123456789abcdef0123456789abcdef";
    private static final String EVIL = "<script>alert(\"1\")</script> & 'more'\r\n\u0000";

    @Test
    void problem_details_name_type_title_status_detail_and_request() {
        assertThat(
                text(Problem.timeout(ID), ProblemFormat.JSON),
                is("{\"type\":\"about:blank\",\"title\":\"Gateway Timeout\",\"status\":504,"
                        + "\"detail\":\"no reply from the backend\",\"request_id\":\"" + ID + "\"}\n"));
        assertThat(
                text(Problem.badRequest("twice"), ProblemFormat.JSON),
                is("{\"type\":\"about:blank\",\"title\":\"Bad Request\",\"status\":400,\"detail\":\"twice\"}\n"));
    }

    @Test
    void page_names_title_detail_status_and_request() {
        String page = text(Problem.timeout(ID), ProblemFormat.HTML);

        assertThat(page, startsWith("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"));
        assertThat(page, containsString("\n<title>Gateway Timeout</title>\n"));
        assertThat(
                page,
                containsString("\n<h1>Gateway Timeout</h1>\n<p>no reply from the backend</p>\n<p><small>504, request "
                        + ID + "</small></p>\n</body>\n</html>\n"));
        assertThat(page, not(containsString("http")));
        assertThat(text(Problem.badRequest("twice"), ProblemFormat.HTML), containsString("<small>400</small>"));
    }

    @Test
    void text_names_status_title_detail_and_request() {
        assertThat(
                text(Problem.timeout(ID), ProblemFormat.TEXT),
                is("504 Gateway Timeout\nno reply from the backend\nrequest " + ID + "\n"));
        assertThat(text(Problem.badRequest("twice"), ProblemFormat.TEXT), is("400 Bad Request\ntwice\n"));
    }

    @Test
    void exceeded_quota_names_its_type_and_the_policies_that_refused() {
        Problem problem = Problem.quotaExceeded(refused(), 0, ID);

        assertThat(problem.status(), is(429));
        assertThat(problem.headers(), is(Headers.of("Retry-After", "31", "Cache-Control", "no-store")));
        assertThat(
                text(problem, ProblemFormat.JSON),
                is("{\"type\":\"https://iana.org/assignments/http-problem-types#quota-exceeded\","
                        + "\"title\":\"Too Many Requests\",\"status\":429,"
                        + "\"detail\":\"the request exceeds the quota of burst, daily; try again in 31 s\","
                        + "\"violated-policies\":[\"burst\",\"daily\"],\"request_id\":\"" + ID + "\"}\n"));
        assertThat(
                text(problem, ProblemFormat.TEXT),
                is("429 Too Many Requests\nthe request exceeds the quota of burst, daily; try again in 31 s\nrequest "
                        + ID + "\n"));
    }

    @Test
    void who_is_never_granted_is_not_told_to_try_again() {
        RateState never = new RateState(policy("burst").build(), 0, 0, RateState.NEVER, 0);

        Problem problem = Problem.quotaExceeded(new RateDecision.Refused(List.of(never)), 0, ID);

        assertThat(problem.detail(), is("the request exceeds the quota of burst, whenever it comes"));
        assertThat(problem.headers().first("Retry-After"), is("60"));
    }

    @Test
    void fields_are_added_to_those_of_the_problem() {
        Problem problem = Problem.quotaExceeded(refused(), 0, ID)
                .withFields(List.of(new Headers.Field("RateLimit", "\"burst\";r=0;t=2")));

        assertThat(
                problem.headers(),
                is(Headers.of("Retry-After", "31", "Cache-Control", "no-store", "RateLimit", "\"burst\";r=0;t=2")));
    }

    @ParameterizedTest
    @CsvSource({
        "text/html,                      text/html; charset=utf-8",
        "Text/Plain,                     Text/Plain; charset=utf-8",
        "text/html; Charset=\"UTF-8\",   text/html; Charset=\"UTF-8\"",
        "application/json,               application/json",
        "application/problem+xml,        application/problem+xml"
    })
    void own_body_says_its_charset_where_it_is_a_text(String contentType, String said) {
        Problem problem = Problem.quotaExceeded(refused(), 0, ID).withBody(contentType, "slowly, Zo\u00eb");

        Answer answer = Answer.of(problem);

        assertThat(
                answer.headers(),
                is(Headers.of("Retry-After", "31", "Cache-Control", "no-store", "Content-Type", said)));
        assertThat(new String(answer.body(), UTF_8), is("slowly, Zo\u00eb"));
    }

    @Test
    void own_body_with_a_line_break_in_its_type_is_refused() {
        Problem problem = Problem.timeout(ID);

        assertThrows(IllegalArgumentException.class, () -> problem.withBody("text/html\r\nSet-Cookie: a=b", ""));
    }

    @Test
    void page_escapes_what_would_be_markup() {
        String page = text(Problem.badRequest(EVIL), ProblemFormat.HTML);

        assertThat(
                page,
                containsString("<p>&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; &#39;more&#39;   </p>"));
    }

    @Test
    void text_keeps_to_its_lines() {
        assertThat(
                text(Problem.badRequest("a\r\nrequest 1\u0085"), ProblemFormat.TEXT),
                is("400 Bad Request\na  request 1 \n"));
    }

    @Test
    void problem_details_of_any_text_are_json_and_read_back_the_same() {
        Tries.check(100_000, ProblemTest::anyProblem, problem -> {
            Map<String, Object> expected = new LinkedHashMap<>();
            expected.put("type", asUtf8(problem.type()));
            expected.put("title", asUtf8(problem.title()));
            expected.put("status", problem.status());
            expected.put("detail", asUtf8(problem.detail()));
            if (!problem.violatedPolicies().isEmpty()) {
                expected.put(
                        "violated-policies",
                        problem.violatedPolicies().stream()
                                .map(ProblemTest::asUtf8)
                                .toList());
            }
            String requestId = problem.requestId();
            if (requestId != null) {
                expected.put("request_id", asUtf8(requestId));
            }

            assertThat(object(ProblemFormat.JSON.body(problem)), equalTo(expected));
        });
    }

    @Test
    void page_of_any_text_has_no_other_markup_than_its_own() {
        List<String> own = tags(text(Problem.badRequest(""), ProblemFormat.HTML));
        Tries.check(100_000, ProblemTest::anyProblem, problem -> {
            String page = text(problem, ProblemFormat.HTML);

            assertThat(tags(page), equalTo(own));
            assertThat(unescaped(between(page, "<p>", "</p>")), is(withoutControls(asUtf8(problem.detail()))));
            assertThat(unescaped(between(page, "<h1>", "</h1>")), is(withoutControls(asUtf8(problem.title()))));
        });
    }

    @Test
    void text_of_any_text_has_its_lines_and_no_more() {
        Tries.check(100_000, ProblemTest::anyProblem, problem -> {
            String text = text(problem, ProblemFormat.TEXT);

            long lines = problem.requestId() == null ? 2 : 3;
            assertThat(text.chars().filter(Character::isISOControl).count(), is(lines));
            assertThat(text.chars().filter(c -> c == '\n').count(), is(lines));
        });
    }

    /** By two policies, after 2.5 s and 30.001 s; one in the shadow, one that queues, and one with room have no say. */
    private static RateDecision.Refused refused() {
        return new RateDecision.Refused(List.of(
                new RateState(policy("roomy").build(), 3, 50_000, 0, 0),
                new RateState(policy("burst").build(), 0, 2_500, 2_500, 0),
                new RateState(policy("shadow").shadow(true).build(), 0, 40_000, 40_000, 0),
                new RateState(policy("queueing").onExceeded(OnExceeded.QUEUE).build(), 0, 50_000, 50_000, 0),
                new RateState(policy("daily").build(), 0, 30_001, 30_001, 0)));
    }

    private static RatePolicy.Builder policy(String name) {
        return RatePolicy.named(name, RateAlgorithm.FIXED_WINDOW, 10, Duration.ofMinutes(1));
    }

    private static Problem anyProblem(Choices choices) {
        return new Problem(
                anyText(choices),
                choices.between(400, 599),
                anyText(choices),
                anyText(choices),
                choices.list(0, 4, () -> anyText(choices)),
                choices.nullOneIn(3, () -> anyText(choices)),
                Headers.EMPTY,
                null);
    }

    private static String anyText(Choices choices) {
        return choices.oneIn(2)
                ? choices.text("<>&\"'\\/ \r\n\t\u0000\u007f\u0085\u2028abc{}[],:;u0", 0, 12, 100)
                : choices.anyText(0, 12, 100);
    }

    private static String text(Problem problem, ProblemFormat format) {
        return new String(format.body(problem), UTF_8);
    }

    /** Half a surrogate pair is nothing that UTF-8 can tell. */
    private static String asUtf8(String text) {
        return new String(text.getBytes(UTF_8), UTF_8);
    }

    private static String withoutControls(String text) {
        return text.replaceAll("[\\x00-\\x1f\\x7f-\\x9f]", " ");
    }

    private static List<String> tags(String page) {
        List<String> tags = new ArrayList<>();
        for (int start = page.indexOf('<'); start >= 0; start = page.indexOf('<', start + 1)) {
            tags.add(page.substring(start, page.indexOf('>', start) + 1));
        }
        return tags;
    }

    private static String between(String page, String before, String after) {
        int start = page.indexOf(before) + before.length();
        return page.substring(start, page.indexOf(after, start));
    }

    /** As a browser reads it; refuses what one would have to guess at. */
    private static String unescaped(String html) {
        assertThat(html, not(containsString("<")));
        assertThat(html, not(containsString(">")));
        String entities = "&(?!(amp|lt|gt|quot|#39);)";
        assertThat(html, html.split(entities, -1).length, is(1));
        return html.replace("&lt;", "<")
                .replace("&gt;", ">")
                .replace("&quot;", "\"")
                .replace("&#39;", "'")
                .replace("&amp;", "&");
    }

    /** One flat object of texts, numbers and lists of texts, and nothing after it. */
    private static Map<String, Object> object(byte[] bytes) throws IOException {
        Map<String, Object> object = new LinkedHashMap<>();
        try (JsonParser json = JSON.createParser(bytes)) {
            assertThat(json.nextToken(), is(JsonToken.START_OBJECT));
            while (json.nextToken() != JsonToken.END_OBJECT) {
                String name = json.currentName();
                JsonToken token = json.nextToken();
                object.put(
                        name,
                        switch (token) {
                            case VALUE_STRING -> json.getText();
                            case VALUE_NUMBER_INT -> json.getIntValue();
                            case START_ARRAY -> texts(json);
                            default -> throw new IllegalArgumentException(token.toString());
                        });
            }
            assertThat(json.nextToken() == null, is(true));
        }
        return object;
    }

    private static List<String> texts(JsonParser json) throws IOException {
        List<String> texts = new ArrayList<>();
        while (json.nextToken() != JsonToken.END_ARRAY) {
            assertThat(json.currentToken(), is(JsonToken.VALUE_STRING));
            texts.add(json.getText());
        }
        return texts;
    }
}
