package io.thr.demo.conformance;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.greaterThanOrEqualTo;
import static org.hamcrest.Matchers.is;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A request through THR is the request that the client sent, and its response the one that the upstream gave, as far as the
 * RFCs let any gateway do that: case by case, beside the direct way and Jetty's own proxy.
 *
 * <p>{@code docs/conformance.md} lists the differences and argues them. One that is not listed there fails, and so does a
 * listed one that no longer occurs. All that were seen are in {@code target/conformance.md}, as rows for that page.
 */
class ConformanceTest {

    private static final int LEAST_CASES = 150;

    private static final List<String> ROWS = new ArrayList<>();
    private static final Map<String, CompletableFuture<Exchanged>> PROXIED = new HashMap<>();
    private static final String NO_RESPONSE = "no response";
    private static Ways ways;
    private static Listed listed;

    @BeforeAll
    static void start() throws Exception {
        ways = new Ways();
        listed = Listed.read();
        // Jetty's proxy leaves some of them without any answer: beside the others that costs less time
        Executor some = Executors.newFixedThreadPool(Ways.PROXIES, work -> {
            Thread thread = new Thread(work, "by-proxy");
            thread.setDaemon(true);
            return thread;
        });
        cases().forEach(sent -> PROXIED.put(sent.name(), CompletableFuture.supplyAsync(() -> byProxy(sent), some)));
    }

    private static Exchanged byProxy(Case sent) {
        try {
            return ways.proxy(sent);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @AfterAll
    static void stop() throws Exception {
        ways.close();
        Files.write(Path.of("target/conformance.md"), ROWS);
    }

    static List<Case> cases() {
        return Case.read("rfc9110.txt", "rfc9112.txt", "rfc9113.txt", "hostile.txt", "large.txt");
    }

    @ParameterizedTest
    @MethodSource("cases")
    void differs_from_the_direct_way_only_as_listed(Case sent) throws IOException {
        Exchanged expected = Gateway.of(ways.direct(sent));
        Exchanged proxied = Objects.requireNonNull(PROXIED.get(sent.name())).join();
        Exchanged seen = ways.thr(sent);
        String ofProxy = String.join("; ", Gateway.differences(expected, proxied, sent.isHead()));
        String ofThr = String.join("; ", Gateway.differences(expected, seen, sent.isHead()));
        note("Jetty", sent, ofProxy);
        note("THR", sent, ofThr);

        assertThat("what THR must do", Wants.missing(sent.wants(), seen), is(empty()));
        assertThat("how THR differs", ofThr, is(of(listed.thr(), sent)));
        String listedOfProxy = of(listed.proxy(), sent);
        // whether it answers at all is for some a matter of chance, and not ours
        if (!ofProxy.contains(NO_RESPONSE) && !listedOfProxy.contains(NO_RESPONSE)) {
            assertThat("how Jetty's proxy differs", ofProxy, is(listedOfProxy));
        }
    }

    private static String of(Map<String, String> differences, Case sent) {
        return differences.getOrDefault(sent.name(), "");
    }

    private static void note(String way, Case sent, String difference) {
        if (!difference.isEmpty()) {
            ROWS.add(way + " " + Listed.row(sent.name(), difference));
        }
    }

    @Test
    void cases_have_names_of_their_own() {
        Set<String> names = new HashSet<>();
        List<String> again = cases().stream()
                .map(Case::name)
                .filter(name -> !names.add(name))
                .toList();

        assertThat(again, is(empty()));
    }

    @Test
    void what_is_listed_is_a_case() {
        Set<String> names = new HashSet<>();
        cases().forEach(sent -> names.add(sent.name()));
        Set<String> unknown = new HashSet<>(listed.thr().keySet());
        unknown.addAll(listed.proxy().keySet());
        unknown.removeAll(names);

        assertThat(unknown, is(empty()));
    }

    @Test
    void most_cases_are_the_same_on_all_ways() {
        long same = cases().stream()
                .filter(sent -> !listed.thr().containsKey(sent.name()))
                .count();

        assertThat(same, is(greaterThanOrEqualTo((long) LEAST_CASES)));
    }
}
