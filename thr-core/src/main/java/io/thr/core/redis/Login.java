package io.thr.core.redis;

import org.jspecify.annotations.Nullable;
import redis.clients.jedis.ClientSetInfoConfig;
import redis.clients.jedis.JedisClientConfig;

/**
 * What a connection says first. No builder of Jedis makes it: that of Jedis 8 has a method that we need and Jedis 7 lacks, and
 * applications that leave versions to Spring Boot have Jedis 7. The tests of the Spring Boot starter run with it.
 *
 * @param getUser null for the server's default user
 * @param getPassword null where the server asks for none
 * @param getDatabase the number of the database
 * @param getClientName what the server shows in its list of clients, without spaces; null for nothing
 */
record Login(
        @Nullable String getUser,
        @Nullable String getPassword,
        int getDatabase,
        @Nullable String getClientName) implements JedisClientConfig {

    /** As the URL says, without a name. */
    static Login of(RedisUrl url) {
        String password = url.password();
        return new Login(password == null ? null : url.user(), password, url.database(), null);
    }

    Login named(String clientName) {
        return new Login(getUser, getPassword, getDatabase, clientName);
    }

    /** RESP2 without HELLO: what every compatible server speaks. Jedis 7 does so and does not ask. */
    @Override
    public boolean isAutoNegotiateProtocol() {
        return false;
    }

    @Override
    public ClientSetInfoConfig getClientSetInfoConfig() {
        return ClientSetInfoConfig.DISABLED;
    }

    /** Without the password. */
    @Override
    public String toString() {
        return "Login[" + getUser + ", " + getDatabase + ", " + getClientName + "]";
    }
}
