package io.thr.filter.config;

import io.thr.core.config.ConfigMap;
import io.thr.core.config.ConfigValue;
import io.thr.core.match.TextPattern;
import io.thr.filter.rule.Criteria;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** Reads what stands under {@code when}: each key is a criterion, in the order of the file. */
final class CriteriaReader {

    private static final List<String> NAMES = List.of(
            "path",
            "method",
            "remote_ip",
            "real_ip",
            "host",
            "scheme",
            "content_type",
            "principal",
            "role",
            "header",
            "query",
            "cookie",
            "not",
            "any");

    private CriteriaReader() {}

    static Criteria read(ConfigMap when) {
        Criteria criteria = Criteria.when();
        for (ConfigMap.Entry entry : when.entries(NAMES)) {
            criteria = with(criteria, entry.name(), entry.value());
        }
        return criteria;
    }

    private static Criteria with(Criteria criteria, String name, ConfigValue value) {
        return switch (name) {
            case "path" -> matching(criteria, value, criteria::path);
            case "method" -> matching(criteria, value, criteria::method);
            case "remote_ip" -> matching(criteria, value, criteria::remoteIp);
            case "real_ip" -> matching(criteria, value, criteria::realIp);
            case "host" -> matching(criteria, value, criteria::host);
            case "scheme" -> matching(criteria, value, criteria::scheme);
            case "content_type" -> matching(criteria, value, criteria::contentType);
            case "principal" -> matching(criteria, value, criteria::principal);
            case "role" -> role(criteria, value);
            case "header" -> named(criteria, value, Criteria::header);
            case "query" -> named(criteria, value, Criteria::query);
            case "cookie" -> named(criteria, value, Criteria::cookie);
            case "not" -> criteria.not(nested(value));
            case "any" -> any(criteria, value);
            default -> throw new IllegalStateException("criterion: " + name + " (expected one of: " + NAMES + ")");
        };
    }

    private static Criteria matching(Criteria criteria, ConfigValue value, Function<TextPattern, Criteria> criterion) {
        return value.pattern()
                .flatMap(pattern -> value.made(() -> criterion.apply(pattern)))
                .orElse(criteria);
    }

    /** A container tells whether a user has a role, not which ones, so that only names will do. */
    private static Criteria role(Criteria criteria, ConfigValue value) {
        String[] roles = value.oneOrMore().stream()
                .map(ConfigValue::text)
                .flatMap(Optional::stream)
                .toArray(String[]::new);
        return roles.length == 0 ? criteria : criteria.role(roles);
    }

    private interface NamedCriterion {
        Criteria add(Criteria criteria, String name, TextPattern pattern);
    }

    private static Criteria named(Criteria criteria, ConfigValue value, NamedCriterion criterion) {
        Criteria named = criteria;
        for (ConfigMap.Entry entry : value.nonEmptyMap().entries()) {
            Criteria before = named;
            named = entry.value()
                    .pattern()
                    .flatMap(pattern -> entry.key().made(() -> criterion.add(before, entry.name(), pattern)))
                    .orElse(before);
        }
        return named;
    }

    private static Criteria any(Criteria criteria, ConfigValue value) {
        Criteria[] others =
                value.oneOrMore().stream().map(CriteriaReader::nested).toArray(Criteria[]::new);
        return others.length == 0 ? criteria : criteria.any(others);
    }

    private static Criteria nested(ConfigValue value) {
        return read(value.nonEmptyMap());
    }
}
