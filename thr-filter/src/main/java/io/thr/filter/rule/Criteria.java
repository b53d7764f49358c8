package io.thr.filter.rule;

import io.thr.core.match.TextPattern;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * The requests that a rule is for. {@link #when()} is for every request; each criterion added must hold as well, in the
 * order in which they were added, and none is asked after one that does not hold.
 *
 * <p>A criterion takes texts, of which one must be equal, or a {@link TextPattern}. Where the request has no such value
 * (no such header, no user), the criterion does not hold, whatever its pattern; for absence, say
 * {@code not(when().header("X", any()))}. Where there are several values, one must match, or with
 * {@link TextPattern#diff} all.
 *
 * <p>Immutable: every method gives a new one.
 */
public final class Criteria {

    private static final Criteria EVERYTHING = new Criteria(List.of());

    private final List<Condition> conditions;
    private final boolean async;

    private Criteria(List<Condition> conditions) {
        this.conditions = conditions;
        this.async = conditions.stream().anyMatch(Condition::isAsync);
    }

    /** Every request. */
    public static Criteria when() {
        return EVERYTHING;
    }

    /** The path is one of these; see {@link Exchange#path()}. */
    public Criteria path(String... paths) {
        return path(TextPattern.exact(paths));
    }

    /** The path matches; see {@link Exchange#path()}. */
    public Criteria path(TextPattern pattern) {
        return and(new Condition.Text(Condition.Subject.PATH, pattern));
    }

    /** The method is one of these; case counts (RFC 9110 §9.1). */
    public Criteria method(String... methods) {
        return method(TextPattern.exact(methods));
    }

    /** The method matches. */
    public Criteria method(TextPattern pattern) {
        return and(new Condition.Text(Condition.Subject.METHOD, pattern));
    }

    /**
     * The peer's address is one of these, or in one of these blocks ({@code 10.0.0.0/8}, {@code fd00::/8}).
     *
     * @throws IllegalArgumentException where one is neither address nor block
     */
    public Criteria remoteIp(String... addressesOrBlocks) {
        return remoteIp(TextPattern.exact(addressesOrBlocks));
    }

    /**
     * The peer's address matches. The texts of exact and diff patterns are addresses or blocks; globs and regular
     * expressions see the canonical text of the address.
     *
     * @throws IllegalArgumentException where one is neither address nor block
     */
    public Criteria remoteIp(TextPattern pattern) {
        return and(new Condition.Address("remote_ip", Exchange::remoteIp, AddressPattern.of("remote_ip", pattern)));
    }

    /**
     * The client's address ({@link Exchange#realIp()}) is one of these, or in one of these blocks.
     *
     * @throws IllegalArgumentException where one is neither address nor block
     */
    public Criteria realIp(String... addressesOrBlocks) {
        return realIp(TextPattern.exact(addressesOrBlocks));
    }

    /**
     * The client's address ({@link Exchange#realIp()}) matches, as for {@link #remoteIp(TextPattern)}.
     *
     * @throws IllegalArgumentException where one is neither address nor block
     */
    public Criteria realIp(TextPattern pattern) {
        return and(new Condition.Address("real_ip", Exchange::realIp, AddressPattern.of("real_ip", pattern)));
    }

    /**
     * The host's name, in lower case and without port, is one of these.
     *
     * @throws IllegalArgumentException where one has a port
     */
    public Criteria host(String... names) {
        return host(TextPattern.exact(names));
    }

    /**
     * The host's name, in lower case and without port, matches.
     *
     * @throws IllegalArgumentException where an exact text in it has a port, or a capital letter: it would never match
     */
    public Criteria host(TextPattern pattern) {
        return and(new Condition.Text(Condition.Subject.HOST, Condition.checkedHost(pattern)));
    }

    /** The scheme is one of these: {@code http}, {@code https}. */
    public Criteria scheme(String... schemes) {
        return scheme(TextPattern.exact(schemes));
    }

    /** The scheme matches. */
    public Criteria scheme(TextPattern pattern) {
        return and(new Condition.Text(Condition.Subject.SCHEME, pattern));
    }

    /** The media type, in lower case and without parameters, is one of these. */
    public Criteria contentType(String... mediaTypes) {
        return contentType(TextPattern.exact(mediaTypes));
    }

    /** The media type, in lower case and without parameters, matches. */
    public Criteria contentType(TextPattern pattern) {
        return and(new Condition.Text(Condition.Subject.CONTENT_TYPE, pattern));
    }

    /** The authenticated user is one of these. */
    public Criteria principal(String... names) {
        return principal(TextPattern.exact(names));
    }

    /** The authenticated user's name matches. */
    public Criteria principal(TextPattern pattern) {
        return and(new Condition.Text(Condition.Subject.PRINCIPAL, pattern));
    }

    /** The authenticated user has one of these roles. */
    public Criteria role(String... roles) {
        return and(Condition.Role.of(roles));
    }

    /** A value of that header is one of these. */
    public Criteria header(String name, String... values) {
        return header(name, TextPattern.exact(values));
    }

    /** A value of that header matches; {@link TextPattern#any()}: the header is there. */
    public Criteria header(String name, TextPattern pattern) {
        FieldSyntax.name(name);
        return and(new Condition.Header(name, pattern));
    }

    /** A value of that query argument, decoded, is one of these. */
    public Criteria query(String name, String... values) {
        return query(name, TextPattern.exact(values));
    }

    /** A value of that query argument, decoded, matches; {@link TextPattern#any()}: the argument is there. */
    public Criteria query(String name, TextPattern pattern) {
        return and(new Condition.Values("query " + name, exchange -> exchange.queryArgs(name), pattern));
    }

    /** A value of that cookie is one of these. */
    public Criteria cookie(String name, String... values) {
        return cookie(name, TextPattern.exact(values));
    }

    /** A value of that cookie matches; {@link TextPattern#any()}: the cookie is there. */
    public Criteria cookie(String name, TextPattern pattern) {
        FieldSyntax.token("cookie name", name);
        return and(new Condition.Values("cookie " + name, exchange -> exchange.cookies(name), pattern));
    }

    /** The other criteria do not hold. */
    public Criteria not(Criteria other) {
        return and(new Condition.Not(other));
    }

    /**
     * One of these criteria holds.
     *
     * @throws IllegalArgumentException where there is none
     */
    public Criteria any(Criteria... others) {
        return and(Condition.OneOf.of(others));
    }

    /** The function says so. It must not block. */
    public Criteria custom(Predicate<Exchange> function) {
        return and(new Condition.Custom(function));
    }

    /** The stage that the function returns says so; the rules go on when it completes. */
    public Criteria customAsync(Function<Exchange, ? extends CompletionStage<Boolean>> function) {
        return and(new Condition.CustomAsync(function));
    }

    /** What was said, for messages. */
    @Override
    public String toString() {
        return conditions.isEmpty() ? "everything" : conditions.toString();
    }

    List<Condition> conditions() {
        return conditions;
    }

    /** Whether a stage must be waited for. */
    boolean isAsync() {
        return async;
    }

    /** Whether all hold; only where nothing is asynchronous. */
    boolean hold(Exchange exchange) {
        for (int i = 0; i < conditions.size(); i++) {
            if (!conditions.get(i).holds(exchange)) {
                return false;
            }
        }
        return true;
    }

    /** Whether all hold, one after the other. */
    CompletionStage<Boolean> holdLater(Exchange exchange) {
        return holdLater(exchange, 0);
    }

    private CompletionStage<Boolean> holdLater(Exchange exchange, int from) {
        for (int i = from; i < conditions.size(); i++) {
            Condition condition = conditions.get(i);
            if (condition.isAsync()) {
                int next = i + 1;
                return condition
                        .holdsLater(exchange)
                        .thenCompose(
                                holds -> holds ? holdLater(exchange, next) : CompletableFuture.completedFuture(false));
            }
            if (!condition.holds(exchange)) {
                return CompletableFuture.completedFuture(false);
            }
        }
        return CompletableFuture.completedFuture(true);
    }

    Criteria and(Condition condition) {
        List<Condition> more = new ArrayList<>(conditions);
        more.add(condition);
        return new Criteria(List.copyOf(more));
    }
}
