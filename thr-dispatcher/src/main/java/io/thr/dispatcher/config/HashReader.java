package io.thr.dispatcher.config;

import io.thr.core.config.ConfigMap;
import io.thr.core.config.ConfigValue;
import io.thr.core.limit.RequestHash;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * Reads what of a request is looked at: a word ({@code method}), or a mapping with one kind, its name, and maybe a default
 * ({@code { header: X-Tenant, default: none }}, {@code { remote_ip: true, default: none }}).
 */
final class HashReader {

    private static final List<String> KINDS =
            List.of("method", "path", "host", "remote_ip", "header", "query", "cookie");

    private static final String EXPECTED = "one of " + String.join(", ", KINDS);

    private enum Word {
        METHOD,
        PATH,
        HOST,
        REMOTE_IP
    }

    private HashReader() {}

    /** The hash; nothing where it is wrong, which has been noted. */
    static Optional<RequestHash> read(ConfigValue value) {
        if (value.isMap()) {
            return read(value, value.map());
        }
        if (value.isList() || value.isNull()) {
            value.expected(EXPECTED);
            return Optional.empty();
        }
        return value.choice(Word.class).map(HashReader::of);
    }

    private static Optional<RequestHash> read(ConfigValue value, ConfigMap map) {
        Optional<String> fallback = map.text("default");
        List<ConfigMap.Entry> kinds = map.entries(KINDS).stream()
                .filter(entry -> KINDS.contains(entry.name()))
                .toList();
        if (kinds.size() != 1) {
            value.expected(EXPECTED);
            return Optional.empty();
        }
        ConfigValue name = kinds.get(0).value();
        Optional<RequestHash> hash = switch (kinds.get(0).name()) {
            case "header" -> made(name, RequestHash::header);
            case "query" -> made(name, RequestHash::query);
            case "cookie" -> made(name, RequestHash::cookie);
            default -> word(kinds.get(0));
        };
        return hash.map(found -> fallback.map(found::withDefault).orElse(found));
    }

    private static Optional<RequestHash> word(ConfigMap.Entry entry) {
        Optional<Boolean> said = entry.value().bool();
        if (said.isPresent() && !said.get()) {
            entry.value().expected("true");
        }
        return said.filter(yes -> yes)
                .flatMap(yes -> entry.key().choice(Word.class))
                .map(HashReader::of);
    }

    private static RequestHash of(Word word) {
        return switch (word) {
            case METHOD -> RequestHash.method();
            case PATH -> RequestHash.path();
            case HOST -> RequestHash.host();
            case REMOTE_IP -> RequestHash.remoteIp();
        };
    }

    private static Optional<RequestHash> made(ConfigValue name, Function<String, RequestHash> factory) {
        return name.parsed(factory);
    }
}
