package io.thr.filter.suspend;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.is;

import io.thr.core.message.Headers;
import io.thr.core.trace.TraceContext;
import io.thr.filter.config.ForwardedField;
import io.thr.filter.rule.Exchange;
import io.thr.filter.rule.PlainRequest;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RequestCaptureTest {

    private static final byte[] NO_BODY = {};

    private static Headers captured(Exchange exchange, ForwardedField field) {
        return new RequestCapture(InstantSource.system(), field)
                .capture(
                        exchange,
                        "HTTP/1.1",
                        NO_BODY,
                        false,
                        false,
                        "thr:queue:response:1",
                        Duration.ofSeconds(1),
                        TraceContext.NONE)
                .headers();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "10.0.0.1    | a.example      | for=10.0.0.1;host=a.example;proto=http",
                "10.0.0.1    | a.example:8080 | for=10.0.0.1;host=\"a.example:8080\";proto=http",
                "2001:db8::1 | [::1]          | for=\"[2001:db8::1]\";host=\"[::1]\";proto=http"
            })
    void forwarded_tells_of_the_last_hop(String peer, String host, String expected) {
        Exchange exchange =
                PlainRequest.get("/").withIps(peer, peer).withHost(host).exchange();

        assertThat(captured(exchange, ForwardedField.FORWARDED).all("Forwarded"), contains(expected));
    }

    @Test
    void forwarded_is_appended_to() {
        Exchange exchange = PlainRequest.get("/")
                .withHost("a.example")
                .withHeader("Forwarded", "for=1.2.3.4")
                .withHeader("Forwarded", "for=_b;proto=https")
                .exchange();

        assertThat(
                captured(exchange, ForwardedField.FORWARDED).all("Forwarded"),
                contains("for=1.2.3.4, for=_b;proto=https, for=10.0.0.1;host=a.example;proto=http"));
    }

    @Test
    void what_a_client_writes_for_a_proxy_is_not_passed_on() {
        Exchange exchange = PlainRequest.get("/")
                .withHeader("Forwarded", "for=6.6.6.6")
                .withHeader("X-Forwarded-Host", "evil.example")
                .exchange();
        Headers headers = captured(exchange, ForwardedField.X_FORWARDED_FOR);

        assertThat(headers.all("Forwarded"), is(empty()));
        assertThat(headers.all("X-Forwarded-Host"), is(empty()));
    }

    @Test
    void what_a_rule_writes_is_passed_on() {
        Exchange exchange = PlainRequest.get("/")
                .withHeader("X-Forwarded-Host", "evil.example")
                .exchange();
        exchange.setInputHeader("X-Forwarded-Host", "www.example");

        assertThat(captured(exchange, ForwardedField.X_FORWARDED_FOR).all("X-Forwarded-Host"), contains("www.example"));
    }

    @ParameterizedTest
    @CsvSource({"OPTIONS,3,2", "TRACE,1,0", "GET,3,3", "OPTIONS,many,many", "OPTIONS,-1,-1"})
    void max_forwards_counts_where_it_has_a_meaning(String method, String came, String goes) {
        Exchange exchange = PlainRequest.get("/")
                .withMethod(method)
                .withHeader("Max-Forwards", came)
                .exchange();

        assertThat(captured(exchange, ForwardedField.X_FORWARDED_FOR).all("Max-Forwards"), is(List.of(goes)));
    }
}
