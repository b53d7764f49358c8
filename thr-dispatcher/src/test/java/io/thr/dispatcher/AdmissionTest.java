package io.thr.dispatcher;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.instanceOf;
import static org.hamcrest.Matchers.is;

import io.thr.core.message.Headers;
import io.thr.core.message.MessageCodec;
import io.thr.core.message.RequestExtra;
import io.thr.core.message.RequestMessage;
import io.thr.core.schedule.Claim;
import io.thr.core.schedule.Claim.Origin;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class AdmissionTest {

    private static final double NOW = 1_795_322_156.5;
    private static final Duration MAX_LIFETIME = Duration.ofMinutes(5);

    private final Admission admission =
            new Admission(MAX_LIFETIME, () -> 3, InstantSource.fixed(Instant.ofEpochMilli((long) (NOW * 1000))));

    @Test
    void fresh_request_runs_as_it_came() {
        RequestMessage message = get(extra(NOW - 1, NOW + 1, 1));
        assertThat(decide(message, Origin.QUEUE), is(new Decision.Run(message, 0)));
    }

    @ParameterizedTest
    @CsvSource({"300.5,", "0,0", "1,-0.5", "301,10"})
    void request_that_waited_too_long_gets_504(double age, @Nullable Double left) {
        RequestMessage message = get(extra(NOW - age, left == null ? null : NOW + left, 1));
        assertThat(decide(message, Origin.QUEUE), is(new Decision.Refuse(message, Admission.EXPIRED)));
    }

    @Test
    void request_from_a_clock_ahead_of_ours_runs() {
        RequestMessage message = get(extra(NOW + 100, null, 1));
        assertThat(decide(message, Origin.QUEUE), is(new Decision.Run(message, 0)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"})
    void repeatable_request_of_a_lost_member_runs_as_the_next_attempt(String method) {
        RequestMessage message = message(method, Headers.EMPTY, extra(NOW, null, 1));
        assertThat(decide(message, Origin.LOST_UNSENT), is(new Decision.Run(message.withAttempt(2), 1)));
    }

    @Test
    void repeatable_request_that_a_lost_member_had_begun_to_answer_runs_no_more() {
        RequestMessage message = get(extra(NOW, null, 1));
        assertThat(decide(message, Origin.LOST_SENT), is(new Decision.Refuse(message, Admission.OUTCOME_UNKNOWN)));
    }

    @Test
    void idempotency_key_makes_a_post_repeatable() {
        RequestMessage message = message("POST", Headers.of("idempotency-key", "\"x\""), extra(NOW, null, 1));
        assertThat(decide(message, Origin.LOST_UNSENT), is(new Decision.Run(message.withAttempt(2), 1)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"POST", "PATCH", "PROPFIND", "get"})
    void unsafe_request_of_a_lost_member_runs_only_where_it_was_not_sent(String method) {
        RequestMessage message = message(method, Headers.EMPTY, extra(NOW, null, 1));
        assertThat(decide(message, Origin.LOST_UNSENT), is(new Decision.Run(message, 0)));
        assertThat(decide(message, Origin.LOST_SENT), is(new Decision.Refuse(message, Admission.OUTCOME_UNKNOWN)));
    }

    @Test
    void fourth_attempt_is_none() {
        RequestMessage message = get(extra(NOW, null, 3));
        assertThat(decide(message, Origin.QUEUE), is(new Decision.Run(message, 0)));
        Decision decision = decide(message, Origin.LOST_UNSENT);
        assertThat(decision, is(instanceOf(Decision.GiveUp.class)));
        assertThat(((Decision.GiveUp) decision).problem().status(), is(502));
        assertThat(
                ((Decision.GiveUp) decision).problem().detail(),
                is("the request was begun 3 times and never came to an end"));
    }

    @Test
    void attempts_of_the_ticket_count_with_those_of_the_message() {
        RequestMessage message = get(extra(NOW, null, 1));
        byte[] bytes = MessageCodec.write(message);
        assertThat(decide(bytes, Origin.GRANTED, "1", 2), is(new Decision.Run(message.withAttempt(3), 2)));
        assertThat(decide(bytes, Origin.GRANTED, "1", 3), is(instanceOf(Decision.GiveUp.class)));
    }

    @Test
    void what_a_lost_member_had_not_scheduled_was_not_begun() {
        RequestMessage message = get(extra(NOW, null, 3));
        assertThat(decide(MessageCodec.write(message), Origin.LOST_UNSENT, "", 0), is(new Decision.Run(message, 0)));
    }

    @Test
    void what_the_scheduler_has_found_over_gets_504() {
        RequestMessage message = get(extra(NOW, NOW + 100, 1));
        assertThat(decide(message, Origin.EXPIRED), is(new Decision.Refuse(message, Admission.EXPIRED)));
    }

    @Test
    void connect_is_not_forwarded() {
        RequestMessage message = message("CONNECT", Headers.EMPTY, extra(NOW, null, 1));
        assertThat(((Decision.Refuse) decide(message, Origin.QUEUE)).problem().status(), is(501));
    }

    @ParameterizedTest
    @ValueSource(strings = {"/%", "/a%2", "/%zz/x", "/%%41"})
    void malformed_escape_is_a_bad_request(String path) {
        RequestMessage message = Messages.message("GET", path, Headers.EMPTY, new byte[0], extra(NOW, null, 1));
        assertThat(((Decision.Refuse) decide(message, Origin.QUEUE)).problem().status(), is(400));
    }

    @ParameterizedTest
    @EnumSource(Origin.class)
    void what_cannot_be_read_is_buried(Origin origin) {
        Decision decision = decide("no JSON".getBytes(StandardCharsets.UTF_8), origin);
        assertThat(decision, is(instanceOf(Decision.Bury.class)));
    }

    @Test
    void client_of_a_message_that_cannot_be_read_is_told_where_it_waits() {
        RequestExtra extra = extra(NOW, null, 1);
        byte[] bytes = new String(MessageCodec.write(get(extra)), StandardCharsets.UTF_8)
                .replace("\"GET\"", "17")
                .getBytes(StandardCharsets.UTF_8);
        Decision.Bury bury = (Decision.Bury) decide(bytes, Origin.QUEUE);
        assertThat(bury.responseKey(), is(extra.responseKey()));
        assertThat(bury.requestId(), is(extra.requestId()));
        assertThat(bury.reason(), containsString("method"));
    }

    @Test
    void nobody_makes_us_write_to_another_key() {
        byte[] bytes = new String(MessageCodec.write(get(extra(NOW, null, 1))), StandardCharsets.UTF_8)
                .replace("thr:queue:response:", "thr:queue:hello:")
                .getBytes(StandardCharsets.UTF_8);
        Decision.Bury bury = (Decision.Bury) decide(bytes, Origin.QUEUE);
        assertThat(bury.responseKey(), is((String) null));
    }

    private Decision decide(RequestMessage message, Origin origin) {
        return decide(MessageCodec.write(message), origin);
    }

    private Decision decide(byte[] bytes, Origin origin) {
        boolean lost = origin == Origin.LOST_SENT || origin == Origin.LOST_UNSENT;
        return decide(bytes, origin, origin == Origin.QUEUE ? "" : "1", lost ? 1 : 0);
    }

    private Decision decide(byte[] bytes, Origin origin, String order, int attempts) {
        return admission.decide(new Claim("1", "me", "thr:queue:hello", bytes, origin, order, attempts));
    }

    private static RequestExtra extra(double created, @Nullable Double deadline, int attempt) {
        return Messages.extra(created, deadline, attempt);
    }

    private static RequestMessage get(RequestExtra extra) {
        return message("GET", Headers.EMPTY, extra);
    }

    private static RequestMessage message(String method, Headers headers, RequestExtra extra) {
        return Messages.message(method, "/x?q=1", headers, new byte[0], extra);
    }
}
