package io.thr.filter.config;

import io.thr.core.config.ConfigMap;
import io.thr.core.config.ConfigValue;
import io.thr.filter.rule.Actions;
import io.thr.filter.rule.OnRedisFailure;
import io.thr.filter.rule.SignOfLife;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Function;

/** Reads what stands under {@code then}: each key is an action, in the order of the file. */
final class ActionsReader {

    private static final List<String> NAMES = List.of(
            "set_input_header",
            "add_input_header",
            "del_input_header",
            "set_path",
            "set_method",
            "set_host",
            "set_remote_ip",
            "set_input_body",
            "set_query_string",
            "add_query_string_arg",
            "set_query_string_arg",
            "del_query_string_arg",
            "set_input_priority",
            "set_redis_queue",
            "set_redis_host",
            "set_redis_port",
            "set_redis_uds",
            "set_status_code",
            "rate_limit",
            "on_redis_failure",
            "sign_of_life",
            "set_custom_value",
            "del_custom_value",
            "set_output_header",
            "add_output_header",
            "del_output_header",
            "set_output_body",
            "set_output_default_body");

    /** The actions read so far. */
    private Actions actions = Actions.then();

    private final RateLimitReader rateLimits;

    private ActionsReader(RateLimitReader rateLimits) {
        this.rateLimits = rateLimits;
    }

    static Actions read(ConfigMap then, RateLimitReader rateLimits) {
        ActionsReader reader = new ActionsReader(rateLimits);
        then.entries(NAMES).forEach(entry -> reader.add(entry.name(), entry.value()));
        return reader.actions;
    }

    private void add(String name, ConfigValue value) {
        switch (name) {
            case "set_input_header" -> pairs(value, Actions::setInputHeader);
            case "add_input_header" -> manyPairs(value, Actions::addInputHeader);
            case "del_input_header" -> texts(value, Actions::delInputHeader);
            case "set_path" -> text(value, Actions::setPath);
            case "set_method" -> text(value, Actions::setMethod);
            case "set_host" -> text(value, Actions::setHost);
            case "set_remote_ip" -> text(value, Actions::setRemoteIp);
            case "set_input_body" -> text(value, Actions::setInputBody);
            case "set_query_string" -> text(value, Actions::setQueryString);
            case "add_query_string_arg" -> manyPairs(value, Actions::addQueryStringArg);
            case "set_query_string_arg" -> pairs(value, Actions::setQueryStringArg);
            case "del_query_string_arg" -> value.oneOrMore().forEach(this::delQueryStringArg);
            case "set_input_priority" -> one(value, value.parsed(ActionsReader::priority), Actions::setInputPriority);
            case "set_redis_queue" -> one(value, wordOrNull(value), Actions::setRedisQueue);
            case "set_redis_host" -> text(value, Actions::setRedisHost);
            case "set_redis_port" -> one(value, value.integer(1, 65535), Actions::setRedisPort);
            case "set_redis_uds" -> text(value, Actions::setRedisUds);
            case "set_status_code" -> statusCode(value);
            case "rate_limit" ->
                value.oneOrMore().forEach(limit -> one(limit, rateLimits.read(limit), Actions::rateLimit));
            case "on_redis_failure" -> one(value, value.choice(OnRedisFailure.class), Actions::onRedisFailure);
            case "sign_of_life" -> one(value, signOfLife(value), Actions::signOfLife);
            case "set_custom_value" -> pairs(value, Actions::setCustomValue);
            case "del_custom_value" -> texts(value, Actions::delCustomValue);
            case "set_output_header" -> pairs(value, Actions::setOutputHeader);
            case "add_output_header" -> manyPairs(value, Actions::addOutputHeader);
            case "del_output_header" -> texts(value, Actions::delOutputHeader);
            case "set_output_body" -> text(value, Actions::setOutputBody);
            case "set_output_default_body" -> outputDefaultBody(value);
            default -> throw new IllegalStateException("action: " + name + " (expected one of: " + NAMES + ")");
        }
    }

    /** Takes over what the function makes of the actions so far, or notes why it cannot. */
    private void add(ConfigValue place, Function<Actions, Actions> action) {
        Actions before = actions;
        actions = place.made(() -> action.apply(before)).orElse(before);
    }

    private <V> void one(ConfigValue place, Optional<V> value, BiFunction<Actions, V, Actions> action) {
        value.ifPresent(present -> add(place, so -> action.apply(so, present)));
    }

    private void text(ConfigValue value, BiFunction<Actions, String, Actions> action) {
        one(value, value.text(), action);
    }

    private void texts(ConfigValue value, BiFunction<Actions, String, Actions> action) {
        value.oneOrMore().forEach(member -> text(member, action));
    }

    private interface Pair {
        Actions add(Actions actions, String name, String value);
    }

    private void pairs(ConfigValue value, Pair action) {
        for (ConfigMap.Entry entry : value.nonEmptyMap().entries()) {
            text(entry.value(), (so, text) -> action.add(so, entry.name(), text));
        }
    }

    private void manyPairs(ConfigValue value, Pair action) {
        for (ConfigMap.Entry entry : value.nonEmptyMap().entries()) {
            texts(entry.value(), (so, text) -> action.add(so, entry.name(), text));
        }
    }

    private void delQueryStringArg(ConfigValue value) {
        if (!value.isMap()) {
            text(value, Actions::delQueryStringArg);
            return;
        }
        ConfigMap argument = value.map();
        Optional<String> name = argument.required("name").flatMap(ConfigValue::text);
        boolean caseInsensitive = argument.bool("case_insensitive").orElse(false);
        one(value, name, (so, text) -> so.delQueryStringArg(text, caseInsensitive));
    }

    private void statusCode(ConfigValue value) {
        if (value.isNull()) {
            add(value, Actions::unsetStatusCode);
            return;
        }
        one(
                value,
                value.parsed(ActionsReader::status),
                (so, status) -> status.isPresent() ? so.setStatusCode(status.get()) : so.unsetStatusCode());
    }

    private void outputDefaultBody(ConfigValue value) {
        if (value.isNull()) {
            add(value, Actions::unsetOutputDefaultBody);
        } else {
            text(value, Actions::setOutputDefaultBody);
        }
    }

    private static Optional<SignOfLife> signOfLife(ConfigValue value) {
        if (!value.isMap()) {
            return value.choice(SignOfLife.As.class).map(SignOfLife::as);
        }
        ConfigMap sign = value.map();
        Optional<SignOfLife.As> as = sign.required("as").flatMap(word -> word.choice(SignOfLife.As.class));
        Duration every = sign.duration("every", SignOfLife.MIN_EVERY).orElse(SignOfLife.DEFAULT_EVERY);
        return as.flatMap(form -> value.made(() -> new SignOfLife(form, every)));
    }

    /** The original's word for none is {@code "null"}; whoever leaves the quotes off means the same. */
    private static Optional<String> wordOrNull(ConfigValue value) {
        return value.isNull() ? Optional.of("null") : value.text();
    }

    private static Optional<Integer> status(String text) {
        return text.equals("null") ? Optional.empty() : Optional.of(number(text, "set_status_code", "from 200 to 599"));
    }

    private static Integer priority(String text) {
        return number(text, "set_input_priority", "from 1 (most urgent) to 99");
    }

    private static Integer number(String text, String name, String range) {
        try {
            return Integer.valueOf(text);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(name + ": " + text + " (expected: a whole number " + range + ")", e);
        }
    }
}
