package io.thr.demo.page;

import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.thr.admin.AdminBus;
import io.thr.admin.AdminHandler;
import io.thr.admin.AdminProgram;
import io.thr.admin.AdminSettings;
import io.thr.core.config.Secret;
import io.thr.core.redis.Redis;
import io.thr.core.redis.RedisKeys;
import io.thr.core.redis.RedisUrl;
import io.thr.dispatcher.admin.AdminServer;
import java.util.List;

/** An admin port of its own, which can go away while all else goes on. */
final class AdminPort implements AutoCloseable {

    private final Redis redis;
    private final AdminServer server;

    /** On that port; 0: any free one. */
    AdminPort(RedisUrl url, String token, int port) {
        redis = Redis.connect(url, "admin-port");
        AdminSettings settings = new AdminSettings(port, "127.0.0.1", new Secret(token), List.of());
        AdminProgram program = new Program(AdminBus.of(redis, new RedisKeys("thr")));
        server = AdminServer.start(settings, new AdminHandler(program, settings, true, new PrometheusRegistry()));
    }

    int port() {
        return server.port();
    }

    @Override
    public void close() {
        server.close();
        redis.close();
    }

    private record Program(AdminBus bus) implements AdminProgram {

        @Override
        public String kind() {
            return "dispatcher";
        }

        @Override
        public String name() {
            return "of-tests";
        }

        @Override
        public String version() {
            return "0";
        }

        @Override
        public List<String> notReady() {
            return List.of();
        }

        @Override
        public String stats() {
            return "{}";
        }

        @Override
        public List<AdminBus> buses() {
            return List.of(bus);
        }
    }
}
