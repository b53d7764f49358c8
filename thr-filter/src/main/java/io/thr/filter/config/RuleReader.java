package io.thr.filter.config;

import io.thr.core.config.ConfigMap;
import io.thr.core.config.ConfigValue;
import io.thr.filter.rule.Actions;
import io.thr.filter.rule.Criteria;
import io.thr.filter.rule.Rule;
import java.util.Optional;

/** Reads one rule: a mapping of {@code name}, {@code when}, {@code then} and {@code stop}. */
final class RuleReader {

    private RuleReader() {}

    /** The rule; nothing where its actions are missing. What is wrong in it has been noted and is left out. */
    static Optional<Rule> read(ConfigMap rule, RateLimitReader rateLimits) {
        String name = rule.text("name").orElse("");
        Criteria criteria =
                rule.get("when").map(ConfigValue::map).map(CriteriaReader::read).orElse(Criteria.when());
        Optional<Actions> actions =
                rule.required("then").map(ConfigValue::map).map(then -> ActionsReader.read(then, rateLimits));
        boolean stop = rule.bool("stop").orElse(false);
        return actions.map(then -> new Rule(name, criteria, then, stop));
    }
}
