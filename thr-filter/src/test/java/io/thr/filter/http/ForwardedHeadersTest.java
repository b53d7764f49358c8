package io.thr.filter.http;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.greaterThanOrEqualTo;
import static org.hamcrest.Matchers.in;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.not;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import io.thr.core.Choices;
import io.thr.core.Tries;
import io.thr.core.match.CidrBlock;
import io.thr.filter.config.ForwardedField;
import io.thr.filter.http.ForwardedCase.Line;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Who the client is when proxies stand before us: the cases of {@code forwarded-headers.txt}, and any others. */
class ForwardedHeadersTest {

    private static final List<CidrBlock> TRUSTED = List.of(CidrBlock.parse("10.0.0.0/8"), CidrBlock.parse("fd00::/8"));
    private static final Set<String> PRETENDED = Set.of("6.6.6.6", "2001:db8:bad::1");
    /** What a test may take that is over in milliseconds, but for the slowest of machines. */
    private static final Duration LONG = Duration.ofSeconds(60);

    static List<ForwardedCase> cases() {
        return ForwardedCase.read();
    }

    @ParameterizedTest
    @MethodSource("cases")
    void the_client_is_who_a_listed_proxy_says(ForwardedCase given) {
        String realIp = given.realIp();
        assertThat("what a client only pretends to be", realIp, is(not(in(PRETENDED))));
        assertThat(realIp, is(given.client()));
    }

    @Test
    void there_are_many_cases_and_each_is_told_once() {
        Set<String> names = new HashSet<>();
        Set<ForwardedCase> requests = new HashSet<>();
        for (ForwardedCase given : cases()) {
            assertThat(given.name(), names.add(given.name()));
            ForwardedCase unnamed =
                    new ForwardedCase("", given.field(), given.trusted(), given.peer(), given.lines(), given.client());
            assertThat(given.name(), requests.add(unnamed));
        }
        assertThat(requests.size(), is(greaterThanOrEqualTo(240)));
    }

    @ParameterizedTest
    @EnumSource
    void what_came_before_a_proxy_appended_its_hop_has_no_say(ForwardedField field) {
        Tries.check(20_000, choices -> anyRequest(field, choices), request -> {
            assertThat(request.realIp(), is(request.client()));
        });
    }

    @ParameterizedTest
    @EnumSource
    void what_came_before_the_client_costs_nothing(ForwardedField field) {
        String hop = field == ForwardedField.FORWARDED ? "for=" : "";
        String value = (hop + "6.6.6.6, ").repeat(1_000_000) + hop + "203.0.113.9";
        ForwardedCase request = new ForwardedCase(
                "", field, TRUSTED, "10.0.0.1", List.of(new Line(field.fieldName(), value)), "203.0.113.9");
        assertTimeoutPreemptively(LONG, () -> {
            for (int i = 0; i < 10_000; i++) {
                assertThat(request.realIp(), is(request.client()));
            }
        });
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "X_REAL_IP")
    void many_listed_hops_cost_no_more_than_each_of_them(ForwardedField field) {
        String hop =
                field == ForwardedField.FORWARDED ? "for=\"[fd00::2]:443\";proto=https;by=_proxy" : "[fd00::2]:443";
        String first = field == ForwardedField.FORWARDED ? "for=203.0.113.9" : "203.0.113.9";
        String value = first + (", " + hop).repeat(500_000);
        ForwardedCase request = new ForwardedCase(
                "", field, TRUSTED, "10.0.0.1", List.of(new Line(field.fieldName(), value)), "203.0.113.9");
        assertTimeoutPreemptively(LONG, () -> assertThat(request.realIp(), is(request.client())));
    }

    /** Anything from a client, to which listed proxies have appended theirs, in the same line or in one of their own. */
    private static ForwardedCase anyRequest(ForwardedField field, Choices choices) {
        List<String> hops = new ArrayList<>();
        hops.add(choices.of("203.0.113.9", "2001:db8:c::9"));
        if (field != ForwardedField.X_REAL_IP) {
            hops.addAll(choices.list(0, 3, () -> choices.of("10.2.2.2", "10.255.255.255", "fd00::2")));
        }
        List<String> values = new ArrayList<>(choices.list(1, 3, () -> anyValue(choices)));
        for (String hop : hops) {
            String appended = field == ForwardedField.FORWARDED ? anyElement(hop, choices) : anyNode(hop, choices);
            if (choices.oneIn(4)) {
                values.add(appended);
            } else {
                int last = values.size() - 1;
                values.set(last, values.get(last) + choices.of(",", ", ", " , ", ",\t") + appended);
            }
        }
        List<Line> lines =
                values.stream().map(value -> new Line(field.fieldName(), value)).toList();
        return new ForwardedCase("", field, TRUSTED, choices.of("10.0.0.1", "fd00::1"), lines, hops.get(0));
    }

    /** What a client may send to confuse: the field's own characters, pieces of hops, or any characters at all. */
    private static String anyValue(Choices choices) {
        if (choices.oneIn(4)) {
            return choices.anyText(0, 40, 1_000);
        }
        return String.join(
                "",
                choices.list(
                        0,
                        12,
                        () -> choices.of(
                                "\"",
                                "\\",
                                ",",
                                ";",
                                "=",
                                " ",
                                "\t",
                                "[",
                                "]",
                                ":",
                                "for=",
                                "6.6.6.6",
                                "10.9.9.9",
                                "for=\"",
                                "\\\"",
                                ", for=6.6.6.6",
                                "2001:db8:bad::1",
                                "host=\"a, for=6.6.6.6",
                                "x=\"",
                                "\";")));
    }

    private static String anyElement(String hop, Choices choices) {
        String node = anyNode(hop, choices);
        boolean needsQuotes = node.indexOf(':') >= 0;
        List<String> pairs = new ArrayList<>(choices.list(
                0,
                2,
                () -> choices.of(
                        "by=10.0.0.1",
                        "proto=https",
                        "host=\"a, for=6.6.6.6\"",
                        "host=\"\\\", for=6.6.6.6, \\\\\"",
                        "by=\"[fd00::1]:80\"",
                        "x=\"\"")));
        pairs.add(
                choices.index(pairs.size() + 1),
                choices.of("for=", "For=", "FOR=") + (needsQuotes || choices.oneIn(2) ? '"' + node + '"' : node));
        return String.join(";", pairs);
    }

    private static String anyNode(String address, Choices choices) {
        boolean ipv6 = address.indexOf(':') >= 0;
        String host = ipv6 ? "[" + address + "]" : address;
        return choices.oneIn(3) ? host + ":" + choices.between(0, 65_535) : host;
    }
}
