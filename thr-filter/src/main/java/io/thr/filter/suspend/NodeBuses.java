package io.thr.filter.suspend;

import io.thr.core.redis.Connecting;
import io.thr.core.redis.LaneFigures;
import io.thr.core.redis.OwnThreads;
import io.thr.core.redis.Redis;
import io.thr.core.redis.RedisUnavailableException;
import io.thr.core.redis.RedisUrl;
import io.thr.filter.config.FilterSettings;
import io.thr.filter.rule.Exchange;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;

/**
 * The Redis servers that this node talks to: the configured one, and those that rules name by {@code set_redis_host},
 * {@code set_redis_port} or {@code set_redis_uds}, each connected at its first use, off the servlet's thread. Where the
 * configured one is not there at first, the node begins without it, and connects when it is. Threads may share it.
 */
final class NodeBuses implements AutoCloseable {

    /** A rule may compute the server's name; what it computes must not open connections without end. */
    private static final int MAX_BUSES = 64;

    private final FilterSettings settings;
    private final String node;
    private final NodeBus.Listener listener;
    private final Connecting<NodeBus> main;
    private final Map<RedisUrl, CompletableFuture<NodeBus>> others = new ConcurrentHashMap<>();
    private final OwnThreads threads = new OwnThreads("thr-connect");
    private final ExecutorService connector = Executors.newCachedThreadPool(threads);

    NodeBuses(FilterSettings settings, String node, NodeBus.Listener listener) {
        this.settings = settings;
        this.node = node;
        this.listener = listener;
        this.main = Connecting.now(
                settings.redis(), "queues", () -> NodeBus.connect(settings.redis(), settings, node, listener));
    }

    /** Where the configured one is. */
    RedisUrl mainUrl() {
        NodeBus connected = main.connected();
        return connected == null ? settings.redis() : connected.url();
    }

    /** Whether the configured one can be reached now, as far as is known. */
    boolean isMainUp() {
        NodeBus connected = main.connected();
        return connected != null && connected.isUp();
    }

    /**
     * The connections to the configured one.
     *
     * @throws RedisUnavailableException where there are none yet
     */
    Redis mainRedis() {
        NodeBus connected = main.connected();
        if (connected == null) {
            throw main.reason();
        }
        return connected.redis();
    }

    /** What the connections to the configured one do; none where there are none yet. */
    List<LaneFigures> mainFigures() {
        NodeBus connected = main.connected();
        return connected == null ? List.of() : connected.figures();
    }

    /** The bus that the rules chose for the exchange. */
    CompletableFuture<NodeBus> of(Exchange exchange) {
        RedisUrl url = chosen(exchange);
        return url == null || url.equals(settings.redis()) ? main.get() : other(url);
    }

    private static @Nullable RedisUrl chosen(Exchange exchange) {
        String socket = exchange.redisUds();
        if (socket != null) {
            return RedisUrl.unix(socket);
        }
        String host = exchange.redisHost();
        Integer port = exchange.redisPort();
        if (host == null && port == null) {
            return null;
        }
        return RedisUrl.of(host == null ? "127.0.0.1" : host, port == null ? 6379 : port);
    }

    private CompletableFuture<NodeBus> other(RedisUrl url) {
        CompletableFuture<NodeBus> known = others.get(url);
        if (known != null) {
            return known;
        }
        if (others.size() >= MAX_BUSES) {
            return CompletableFuture.failedFuture(new IllegalStateException(
                    "redis servers named by rules: more than " + MAX_BUSES + " (expected: a few)"));
        }
        return others.computeIfAbsent(url, this::connect);
    }

    private CompletableFuture<NodeBus> connect(RedisUrl url) {
        CompletableFuture<NodeBus> connected =
                CompletableFuture.supplyAsync(() -> NodeBus.connect(url, settings, node, listener), connector);
        // A failure is not remembered: the next request that names the server tries again.
        return connected.whenComplete((bus, failure) -> {
            if (failure != null) {
                connector.execute(() -> others.remove(url));
            }
        });
    }

    @Override
    public void close() {
        connector.shutdownNow();
        others.values().forEach(other -> {
            if (other.isDone() && !other.isCompletedExceptionally()) {
                other.join().close();
            }
        });
        main.close();
        threads.end(connector);
    }
}
