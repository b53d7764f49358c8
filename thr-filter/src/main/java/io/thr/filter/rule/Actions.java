package io.thr.filter.rule;

import io.thr.core.match.IpAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What a rule does to the requests it is for, and to their responses. Actions of the input side run before the request
 * is queued, those of the output side (their names say output) when there is a response; each side in the order in which
 * the actions were added.
 *
 * <p>An action takes a value, which is checked at once (the methods throw {@link IllegalArgumentException} with what was
 * found and expected), or a function of the exchange that gives the value when it runs; where it gives null, nothing is
 * done. Functions must not block; what takes time belongs into {@link #customInputAsync} or {@link #customOutputAsync},
 * which may call every setter of {@link Exchange}.
 *
 * <p>Immutable: every method gives a new one.
 */
public final class Actions {

    private static final Actions NOTHING = new Actions(List.of(), List.of(), List.of(), false);

    private final List<Step> input;
    private final List<Step> output;
    private final List<RateLimit> rateLimits;
    private final boolean mayDecideLocally;

    private Actions(List<Step> input, List<Step> output, List<RateLimit> rateLimits, boolean mayDecideLocally) {
        this.input = input;
        this.output = output;
        this.rateLimits = rateLimits;
        this.mayDecideLocally = mayDecideLocally;
    }

    /** Nothing yet. */
    public static Actions then() {
        return NOTHING;
    }

    // ---- input side

    /** Makes this the only request header of that name. */
    public Actions setInputHeader(String name, String value) {
        FieldSyntax.value(FieldSyntax.name(name), value);
        return input(new Step.Now("set_input_header", exchange -> exchange.setInputHeader(name, value)));
    }

    /** Makes this the only request header of that name. */
    public Actions setInputHeader(String name, Function<Exchange, @Nullable String> value) {
        FieldSyntax.name(name);
        return input(Step.computed("set_input_header", value, (exchange, text) -> exchange.setInputHeader(name, text)));
    }

    /** Adds a request header, beside those of the same name. */
    public Actions addInputHeader(String name, String value) {
        FieldSyntax.value(FieldSyntax.name(name), value);
        return input(new Step.Now("add_input_header", exchange -> exchange.addInputHeader(name, value)));
    }

    /** Adds a request header, beside those of the same name. */
    public Actions addInputHeader(String name, Function<Exchange, @Nullable String> value) {
        FieldSyntax.name(name);
        return input(Step.computed("add_input_header", value, (exchange, text) -> exchange.addInputHeader(name, text)));
    }

    /** Removes every request header of that name. */
    public Actions delInputHeader(String name) {
        FieldSyntax.name(name);
        return input(new Step.Now("del_input_header", exchange -> exchange.delInputHeader(name)));
    }

    /** Removes every request header of the name that the function gives. */
    public Actions delInputHeader(Function<Exchange, @Nullable String> name) {
        return input(Step.computed("del_input_header", name, Exchange::delInputHeader));
    }

    /** Changes the path: raw, percent-encoded where need be, without query. */
    public Actions setPath(String value) {
        FieldSyntax.path(value);
        return input(new Step.Now("set_path", exchange -> exchange.setPath(value)));
    }

    /** Changes the path: raw, percent-encoded where need be, without query. */
    public Actions setPath(Function<Exchange, @Nullable String> value) {
        return input(Step.computed("set_path", value, Exchange::setPath));
    }

    /** Changes the method. */
    public Actions setMethod(String value) {
        FieldSyntax.token("method", value);
        return input(new Step.Now("set_method", exchange -> exchange.setMethod(value)));
    }

    /** Changes the method. */
    public Actions setMethod(Function<Exchange, @Nullable String> value) {
        return input(Step.computed("set_method", value, Exchange::setMethod));
    }

    /** Changes the host with which the request is queued; the header {@code Host} stays. */
    public Actions setHost(String value) {
        FieldSyntax.host(value);
        return input(new Step.Now("set_host", exchange -> exchange.setHost(value)));
    }

    /** Changes the host with which the request is queued; the header {@code Host} stays. */
    public Actions setHost(Function<Exchange, @Nullable String> value) {
        return input(Step.computed("set_host", value, Exchange::setHost));
    }

    /** Changes the peer's address. */
    public Actions setRemoteIp(String value) {
        IpAddress.of(value);
        return input(new Step.Now("set_remote_ip", exchange -> exchange.setRemoteIp(value)));
    }

    /** Changes the peer's address. */
    public Actions setRemoteIp(Function<Exchange, @Nullable String> value) {
        return input(Step.computed("set_remote_ip", value, Exchange::setRemoteIp));
    }

    /** Replaces the request's body. The array is not copied. */
    public Actions setInputBody(byte[] body) {
        return input(new Step.Now("set_input_body", exchange -> exchange.setInputBody(body)));
    }

    /** Replaces the request's body. As UTF-8. */
    public Actions setInputBody(String body) {
        return setInputBody(body.getBytes(StandardCharsets.UTF_8));
    }

    /** Replaces the request's body. */
    public Actions setInputBody(Function<Exchange, byte @Nullable []> body) {
        return input(Step.computed("set_input_body", body, Exchange::setInputBody));
    }

    /** Replaces the whole query: raw, without question mark; empty: no query. */
    public Actions setQueryString(String value) {
        FieldSyntax.query(value);
        return input(new Step.Now("set_query_string", exchange -> exchange.setQueryString(value)));
    }

    /** Replaces the whole query: raw, without question mark; empty: no query. */
    public Actions setQueryString(Function<Exchange, @Nullable String> value) {
        return input(Step.computed("set_query_string", value, Exchange::setQueryString));
    }

    /** Adds a query argument, beside those of the same name. Name and value are given decoded. */
    public Actions addQueryStringArg(String name, String value) {
        return input(new Step.Now("add_query_string_arg", exchange -> exchange.addQueryStringArg(name, value)));
    }

    /** Adds a query argument, beside those of the same name. Name and value are given decoded. */
    public Actions addQueryStringArg(String name, Function<Exchange, @Nullable String> value) {
        return input(Step.computed(
                "add_query_string_arg", value, (exchange, text) -> exchange.addQueryStringArg(name, text)));
    }

    /** Makes this the only query argument of that name. Name and value are given decoded. */
    public Actions setQueryStringArg(String name, String value) {
        return input(new Step.Now("set_query_string_arg", exchange -> exchange.setQueryStringArg(name, value)));
    }

    /** Makes this the only query argument of that name. Name and value are given decoded. */
    public Actions setQueryStringArg(String name, Function<Exchange, @Nullable String> value) {
        return input(Step.computed(
                "set_query_string_arg", value, (exchange, text) -> exchange.setQueryStringArg(name, text)));
    }

    /** Removes every query argument of that name. */
    public Actions delQueryStringArg(String name) {
        return delQueryStringArg(name, false);
    }

    /** Removes every query argument of that name, where wanted without regard to its case. */
    public Actions delQueryStringArg(String name, boolean caseInsensitive) {
        return input(
                new Step.Now("del_query_string_arg", exchange -> exchange.delQueryStringArg(name, caseInsensitive)));
    }

    /** Removes every query argument of the name that the function gives. */
    public Actions delQueryStringArg(Function<Exchange, @Nullable String> name) {
        return input(Step.computed("del_query_string_arg", name, Exchange::delQueryStringArg));
    }

    /** Sets the priority: 1 is the most urgent, 99 the least; what lies outside is brought inside. */
    public Actions setInputPriority(int value) {
        return input(new Step.Now("set_input_priority", exchange -> exchange.setInputPriority(value)));
    }

    /** Sets the priority: 1 is the most urgent, 99 the least; what lies outside is brought inside. */
    public Actions setInputPriority(Function<Exchange, @Nullable Integer> value) {
        return input(Step.computed("set_input_priority", value, Exchange::setInputPriority));
    }

    /** Sets the queue; {@code "null"}: the request is not queued. */
    public Actions setRedisQueue(String value) {
        FieldSyntax.notEmpty("redis_queue", value);
        return input(new Step.Now("set_redis_queue", exchange -> exchange.setRedisQueue(value)));
    }

    /** Sets the queue; {@code "null"}: the request is not queued. */
    public Actions setRedisQueue(Function<Exchange, @Nullable String> value) {
        return input(Step.computed("set_redis_queue", value, Exchange::setRedisQueue));
    }

    /** Sets the host of the Redis to use. */
    public Actions setRedisHost(String value) {
        FieldSyntax.notEmpty("redis_host", value);
        return input(new Step.Now("set_redis_host", exchange -> exchange.setRedisHost(value)));
    }

    /** Sets the host of the Redis to use. */
    public Actions setRedisHost(Function<Exchange, @Nullable String> value) {
        return input(Step.computed("set_redis_host", value, Exchange::setRedisHost));
    }

    /** Sets the port of the Redis to use. */
    public Actions setRedisPort(int value) {
        FieldSyntax.port(value);
        return input(new Step.Now("set_redis_port", exchange -> exchange.setRedisPort(value)));
    }

    /** Sets the port of the Redis to use. */
    public Actions setRedisPort(Function<Exchange, @Nullable Integer> value) {
        return input(Step.computed("set_redis_port", value, Exchange::setRedisPort));
    }

    /** Sets the unix socket of the Redis to use; it wins over host and port. */
    public Actions setRedisUds(String value) {
        FieldSyntax.notEmpty("redis_uds", value);
        return input(new Step.Now("set_redis_uds", exchange -> exchange.setRedisUds(value)));
    }

    /** Sets the unix socket of the Redis to use; it wins over host and port. */
    public Actions setRedisUds(Function<Exchange, @Nullable String> value) {
        return input(Step.computed("set_redis_uds", value, Exchange::setRedisUds));
    }

    /** Answers at once with that status; nothing is queued. */
    public Actions setStatusCode(int value) {
        FieldSyntax.status(value);
        return input(new Step.Now("set_status_code", exchange -> exchange.setStatusCode(value)));
    }

    /** Answers at once with that status; nothing is queued. */
    public Actions setStatusCode(Function<Exchange, @Nullable Integer> value) {
        return input(Step.computed("set_status_code", value, Exchange::setStatusCode));
    }

    /** Takes back the status that an earlier rule has set, so that the request is queued after all. */
    public Actions unsetStatusCode() {
        return input(new Step.Now("set_status_code", exchange -> exchange.setStatusCode(null)));
    }

    /**
     * Charges the request by these rate policies. All that all rules charge are decided together, when the rules have run: the
     * request goes on if all have room, else none is charged.
     */
    public Actions rateLimit(RateLimit... limits) {
        Actions changed = this;
        for (RateLimit limit : limits) {
            List<RateLimit> more = new ArrayList<>(changed.rateLimits);
            more.add(limit);
            Actions step = changed.input(new Step.Now("rate_limit", exchange -> exchange.addRateLimit(limit)));
            changed = new Actions(step.input, step.output, List.copyOf(more), mayDecideLocally);
        }
        return changed;
    }

    /** Says what becomes of the request where Redis cannot be reached. */
    public Actions onRedisFailure(OnRedisFailure value) {
        Objects.requireNonNull(value, "on_redis_failure: null (expected: OPEN, CLOSED or LOCAL)");
        return input(new Step.Now("on_redis_failure", exchange -> exchange.onRedisFailure(value)))
                .locally(value == OnRedisFailure.LOCAL);
    }

    /** Says what becomes of the request where Redis cannot be reached. */
    public Actions onRedisFailure(Function<Exchange, @Nullable OnRedisFailure> value) {
        return input(Step.computed("on_redis_failure", value, Exchange::onRedisFailure))
                .locally(true);
    }

    /** Shows the client, while the request waits, that it still does. */
    public Actions signOfLife(SignOfLife sign) {
        Objects.requireNonNull(sign, "sign_of_life: null (expected: a sign of life)");
        return input(new Step.Now("sign_of_life", exchange -> exchange.signOfLife(sign)));
    }

    /** Shows the client, while the request waits, that it still does, where there is a sign. */
    public Actions signOfLife(Function<Exchange, @Nullable SignOfLife> sign) {
        return input(Step.computed("sign_of_life", sign, Exchange::signOfLife));
    }

    /** Keeps a note on the exchange. */
    public Actions setCustomValue(String key, Object value) {
        Objects.requireNonNull(value, "value: null (expected: a value; delCustomValue forgets one)");
        return input(new Step.Now("set_custom_value", exchange -> exchange.setCustomValue(key, value)));
    }

    /** Keeps a note on the exchange. */
    public Actions setCustomValue(String key, Function<Exchange, @Nullable Object> value) {
        return input(Step.computed("set_custom_value", value, (exchange, note) -> exchange.setCustomValue(key, note)));
    }

    /** Forgets a note. */
    public Actions delCustomValue(String key) {
        return input(new Step.Now("del_custom_value", exchange -> exchange.delCustomValue(key)));
    }

    /** Calls a function that does to the exchange what it likes. */
    public Actions customInput(Consumer<Exchange> action) {
        return input(new Step.Now("custom_input", action));
    }

    /** Calls a function that does to the exchange what it likes until the stage it returns completes. */
    public Actions customInputAsync(Function<Exchange, ? extends CompletionStage<?>> action) {
        return input(new Step.Later("custom_input", action));
    }

    // ---- output side

    /** Makes this the only response header of that name. */
    public Actions setOutputHeader(String name, String value) {
        FieldSyntax.value(FieldSyntax.name(name), value);
        return output(new Step.Now("set_output_header", exchange -> exchange.setOutputHeader(name, value)));
    }

    /** Makes this the only response header of that name. */
    public Actions setOutputHeader(String name, Function<Exchange, @Nullable String> value) {
        FieldSyntax.name(name);
        return output(
                Step.computed("set_output_header", value, (exchange, text) -> exchange.setOutputHeader(name, text)));
    }

    /** Adds a response header, beside those of the same name. */
    public Actions addOutputHeader(String name, String value) {
        FieldSyntax.value(FieldSyntax.name(name), value);
        return output(new Step.Now("add_output_header", exchange -> exchange.addOutputHeader(name, value)));
    }

    /** Adds a response header, beside those of the same name. */
    public Actions addOutputHeader(String name, Function<Exchange, @Nullable String> value) {
        FieldSyntax.name(name);
        return output(
                Step.computed("add_output_header", value, (exchange, text) -> exchange.addOutputHeader(name, text)));
    }

    /** Removes every response header of that name. */
    public Actions delOutputHeader(String name) {
        FieldSyntax.name(name);
        return output(new Step.Now("del_output_header", exchange -> exchange.delOutputHeader(name)));
    }

    /** Removes every response header of the name that the function gives. */
    public Actions delOutputHeader(Function<Exchange, @Nullable String> name) {
        return output(Step.computed("del_output_header", name, Exchange::delOutputHeader));
    }

    /** Replaces the response's body. The array is not copied. */
    public Actions setOutputBody(byte[] body) {
        return output(new Step.Now("set_output_body", exchange -> exchange.setOutputBody(body)));
    }

    /** Replaces the response's body. As UTF-8. */
    public Actions setOutputBody(String body) {
        return setOutputBody(body.getBytes(StandardCharsets.UTF_8));
    }

    /** Replaces the response's body. */
    public Actions setOutputBody(Function<Exchange, byte @Nullable []> body) {
        return output(Step.computed("set_output_body", body, Exchange::setOutputBody));
    }

    /** Sets the body for a response that has none. The array is not copied. */
    public Actions setOutputDefaultBody(byte[] body) {
        return output(new Step.Now("set_output_default_body", exchange -> exchange.setOutputDefaultBody(body)));
    }

    /** Sets the body for a response that has none. As UTF-8. */
    public Actions setOutputDefaultBody(String body) {
        return setOutputDefaultBody(body.getBytes(StandardCharsets.UTF_8));
    }

    /** Sets the body for a response that has none. */
    public Actions setOutputDefaultBody(Function<Exchange, byte @Nullable []> body) {
        return output(Step.computed("set_output_default_body", body, Exchange::setOutputDefaultBody));
    }

    /** Takes back the default body that an earlier rule has set. */
    public Actions unsetOutputDefaultBody() {
        return output(new Step.Now("set_output_default_body", exchange -> exchange.setOutputDefaultBody(null)));
    }

    /** Calls a function that does to the response what it likes. */
    public Actions customOutput(Consumer<Exchange> action) {
        return output(new Step.Now("custom_output", action));
    }

    /** Calls a function that does to the response what it likes until the stage it returns completes. */
    public Actions customOutputAsync(Function<Exchange, ? extends CompletionStage<?>> action) {
        return output(new Step.Later("custom_output", action));
    }

    /** The names of the actions, for messages. */
    @Override
    public String toString() {
        return "input: " + input.stream().map(Step::name).toList() + ", output: "
                + output.stream().map(Step::name).toList();
    }

    List<Step> input() {
        return input;
    }

    List<Step> output() {
        return output;
    }

    private Actions input(Step step) {
        return new Actions(with(input, step), output, rateLimits, mayDecideLocally);
    }

    private Actions output(Step step) {
        return new Actions(input, with(output, step), rateLimits, mayDecideLocally);
    }

    /** The rate policies that it charges requests by. */
    List<RateLimit> rateLimits() {
        return rateLimits;
    }

    /** Whether it may say that rate policies are decided by this node alone. */
    boolean mayDecideLocally() {
        return mayDecideLocally;
    }

    private Actions locally(boolean may) {
        return may ? new Actions(input, output, rateLimits, true) : this;
    }

    private static List<Step> with(List<Step> steps, Step step) {
        List<Step> more = new ArrayList<>(steps);
        more.add(step);
        return List.copyOf(more);
    }
}
