package io.thr.filter.rule;

import io.thr.core.match.TextPattern;
import io.thr.core.message.RequestMessage;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** One criterion. Immutable. */
sealed interface Condition {

    /** Whether only a stage can tell. */
    default boolean isAsync() {
        return false;
    }

    /** Whether it holds; not asked where {@link #isAsync()}. */
    boolean holds(Exchange exchange);

    /** Whether it holds, also where {@link #isAsync()}. */
    default CompletionStage<Boolean> holdsLater(Exchange exchange) {
        return CompletableFuture.completedFuture(holds(exchange));
    }

    /** What a single text of the request is looked at. */
    enum Subject {
        PATH,
        METHOD,
        HOST,
        SCHEME,
        CONTENT_TYPE,
        PRINCIPAL;

        @Nullable
        String in(Exchange exchange) {
            return switch (this) {
                case PATH -> exchange.path();
                case METHOD -> exchange.method();
                case HOST -> exchange.hostName();
                case SCHEME -> exchange.scheme();
                case CONTENT_TYPE -> exchange.contentType();
                case PRINCIPAL -> exchange.principal();
            };
        }
    }

    /** A text of which there is one at most. */
    record Text(Subject subject, TextPattern pattern) implements Condition {

        @Override
        public boolean holds(Exchange exchange) {
            String text = subject.in(exchange);
            return text != null && pattern.matches(text);
        }

        @Override
        public String toString() {
            return subject.name().toLowerCase(Locale.ROOT) + ": " + pattern;
        }
    }

    /** A text of which there may be several. */
    record Values(String what, Function<Exchange, List<String>> read, TextPattern pattern) implements Condition {

        @Override
        public boolean holds(Exchange exchange) {
            return anyMatches(read.apply(exchange), pattern);
        }

        @Override
        public String toString() {
            return what + ": " + pattern;
        }
    }

    /** A header field, of which there may be several. */
    record Header(String name, TextPattern pattern) implements Condition {

        @Override
        public boolean holds(Exchange exchange) {
            // most requests have none; to look at the first one needs no list
            return exchange.header(name) != null && anyMatches(exchange.headerValues(name), pattern);
        }

        @Override
        public String toString() {
            return "header " + name + ": " + pattern;
        }
    }

    /** An address. */
    record Address(String what, Function<Exchange, String> read, AddressPattern pattern) implements Condition {

        @Override
        public boolean holds(Exchange exchange) {
            return pattern.matches(read.apply(exchange));
        }

        @Override
        public String toString() {
            return what + ": " + pattern;
        }
    }

    /** A role of the user. */
    record Role(List<String> roles) implements Condition {

        static Role of(String... roles) {
            if (roles.length == 0) {
                throw new IllegalArgumentException("role: none (expected: at least one)");
            }
            return new Role(List.of(roles));
        }

        @Override
        public boolean holds(Exchange exchange) {
            return roles.stream().anyMatch(exchange::hasRole);
        }

        @Override
        public String toString() {
            return "role: " + roles;
        }
    }

    /** The opposite. */
    record Not(Criteria criteria) implements Condition {

        @Override
        public boolean isAsync() {
            return criteria.isAsync();
        }

        @Override
        public boolean holds(Exchange exchange) {
            return !criteria.hold(exchange);
        }

        @Override
        public CompletionStage<Boolean> holdsLater(Exchange exchange) {
            return criteria.holdLater(exchange).thenApply(hold -> !hold);
        }

        @Override
        public String toString() {
            return "not: " + criteria;
        }
    }

    /** The first of several that holds. */
    record OneOf(List<Criteria> criteria) implements Condition {

        static OneOf of(Criteria... criteria) {
            if (criteria.length == 0) {
                throw new IllegalArgumentException("any: none (expected: at least one)");
            }
            return new OneOf(List.of(criteria));
        }

        @Override
        public boolean isAsync() {
            return criteria.stream().anyMatch(Criteria::isAsync);
        }

        @Override
        public boolean holds(Exchange exchange) {
            for (int i = 0; i < criteria.size(); i++) {
                if (criteria.get(i).hold(exchange)) {
                    return true;
                }
            }
            return false;
        }

        @Override
        public CompletionStage<Boolean> holdsLater(Exchange exchange) {
            return holdsLater(exchange, 0);
        }

        private CompletionStage<Boolean> holdsLater(Exchange exchange, int from) {
            if (from == criteria.size()) {
                return CompletableFuture.completedFuture(false);
            }
            return criteria.get(from)
                    .holdLater(exchange)
                    .thenCompose(
                            hold -> hold ? CompletableFuture.completedFuture(true) : holdsLater(exchange, from + 1));
        }

        @Override
        public String toString() {
            return "any: " + criteria;
        }
    }

    /** A user's function. */
    record Custom(Predicate<Exchange> function) implements Condition {

        @Override
        public boolean holds(Exchange exchange) {
            return function.test(exchange);
        }

        @Override
        public String toString() {
            return "custom";
        }
    }

    /** A user's function that takes its time. */
    record CustomAsync(Function<Exchange, ? extends CompletionStage<Boolean>> function) implements Condition {

        @Override
        public boolean isAsync() {
            return true;
        }

        @Override
        public boolean holds(Exchange exchange) {
            throw new UnsupportedOperationException("an asynchronous criterion is asked by holdsLater");
        }

        @Override
        public CompletionStage<Boolean> holdsLater(Exchange exchange) {
            return Objects.requireNonNull(function.apply(exchange), "custom: null (expected: a CompletionStage)")
                    .thenApply(holds -> Objects.requireNonNull(holds, "custom: null (expected: true or false)"));
        }

        @Override
        public String toString() {
            return "custom";
        }
    }

    /** Whether one of the values matches, or all do where the pattern is a diff: else a second value would get round it. */
    private static boolean anyMatches(List<String> values, TextPattern pattern) {
        boolean isDiff = pattern instanceof TextPattern.Diff;
        for (String value : values) {
            if (pattern.matches(value) != isDiff) {
                return !isDiff;
            }
        }
        return isDiff && !values.isEmpty();
    }

    /** The pattern for a host's name, which is given in lower case and without port. */
    static TextPattern checkedHost(TextPattern pattern) {
        for (TextPattern alternative : pattern.alternatives()) {
            if (alternative instanceof TextPattern.Exact exact
                    && !exact.text().equals(RequestMessage.hostName(exact.text()))) {
                throw new IllegalArgumentException(
                        "host: " + exact.text() + " (expected: a host's name in lower case, without port)");
            }
        }
        return pattern;
    }
}
