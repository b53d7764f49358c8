package io.thr.core.redis;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.anEmptyMap;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.nullValue;

import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class RedisServerTest {

    @RegisterExtension
    static final RedisServer redis = RedisServer.embedded();

    @Test
    void state_shows_every_type() {
        try (RedisState state = redis.state()) {
            state.command("SET", "string", "a");
            state.command("RPUSH", "list", "a", "b");
            state.command("SADD", "set", "b", "a");
            state.command("HSET", "hash", "field", "value");
            state.command("ZADD", "zset", 1.5, "member");

            assertThat(
                    state.all(),
                    is(Map.of(
                            "string", "a",
                            "list", List.of("a", "b"),
                            "set", Set.of("a", "b"),
                            "hash", Map.of("field", "value"),
                            "zset", Map.of("member", 1.5))));
        }
    }

    @Test
    void restarted_server_is_empty_and_on_the_same_port() {
        try (RedisState state = redis.state()) {
            state.command("SET", "key", "value");
            assertThat(state.command("GET", "missing"), is(nullValue()));
        }
        int port = redis.port();

        redis.kill();
        redis.start();

        try (RedisState state = redis.state()) {
            assertThat(state.all(), is(anEmptyMap()));
        }
        assertThat(redis.port(), is(port));
    }
}
