package io.thr.core.redis;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.greaterThan;
import static org.hamcrest.Matchers.instanceOf;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.nullValue;
import static org.hamcrest.Matchers.startsWith;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.time.Duration;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class BodyStoreTest {

    private static final Duration MINUTE = Duration.ofMinutes(1);

    @RegisterExtension
    static final RedisServer server = RedisServer.embedded();

    private Redis redis;
    private RedisState state;
    private BodyStore bodies;

    @BeforeEach
    void connect() {
        redis = Redis.connect(server.url(), "body test");
        state = server.state();
        bodies = new BodyStore(redis, new RedisKeys("bus"));
    }

    @AfterEach
    void close() {
        redis.close();
        state.close();
    }

    private static Throwable failure(CompletableFuture<?> future) {
        return Objects.requireNonNull(
                assertThrows(ExecutionException.class, future::get).getCause());
    }

    @Test
    void bodies_of_every_size_come_back_unchanged() throws Exception {
        for (int size : new int[] {0, 1, 64 * 1024, 10 << 20}) {
            byte[] body = new byte[size];
            new Random(size).nextBytes(body);

            String key = bodies.put(body, MINUTE).get();

            assertThat(key, startsWith("thr:{bus}:body:"));
            assertThat(bodies.get(key).get(), is(body));
            assertThat(bodies.take(key).get(), is(body));
            assertThat(state.content(key), is(nullValue()));
        }
    }

    @Test
    void body_expires() throws Exception {
        String key = bodies.put(new byte[1], MINUTE).get();
        assertThat((Long) state.command("TTL", key), is(greaterThan(50L)));
        String briefly = bodies.put(new byte[1], Duration.ZERO).get();
        assertThat((Long) state.command("PTTL", briefly), is(greaterThan(0L)));
    }

    @Test
    void equal_bodies_have_keys_of_their_own() throws Exception {
        assertThat(
                bodies.put(new byte[1], MINUTE).get(),
                is(not(bodies.put(new byte[1], MINUTE).get())));
    }

    @Test
    void removed_body_is_gone_and_removing_again_does_no_harm() throws Exception {
        String key = bodies.put(new byte[1], MINUTE).get();

        bodies.remove(key).get();
        bodies.remove(key).get();

        assertThat(failure(bodies.get(key)), is(instanceOf(IllegalArgumentException.class)));
        assertThat(failure(bodies.take(key)).getMessage(), containsString("no body there"));
    }

    @Test
    void no_other_key_is_read_or_removed() {
        state.command("SET", "secret", "x");
        state.command("SET", "thr:{other}:body:1", "x");
        for (String key : new String[] {"secret", "thr:{other}:body:1", "thr:{bus}:members", ""}) {
            assertThat(failure(bodies.get(key)), is(instanceOf(IllegalArgumentException.class)));
            assertThat(failure(bodies.take(key)), is(instanceOf(IllegalArgumentException.class)));
            assertThat(failure(bodies.remove(key)), is(instanceOf(IllegalArgumentException.class)));
        }
        assertThat(state.content("secret"), is("x"));
        assertThat(state.content("thr:{other}:body:1"), is("x"));
    }
}
