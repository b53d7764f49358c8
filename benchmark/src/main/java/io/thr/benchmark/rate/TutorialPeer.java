package io.thr.benchmark.rate;

import redis.clients.jedis.AbstractTransaction;
import redis.clients.jedis.RedisClient;

/** A number for each key and minute, read, and then counted up in a transaction. */
final class TutorialPeer {

    private TutorialPeer() {}

    static Decider blocking(Workload workload) {
        RedisClient client = JedisPool.open(workload);
        return new Decider.Blocking(key -> grants(client, key), client::close);
    }

    private static boolean grants(RedisClient client, String key) {
        long window = Quota.WINDOW.toSeconds();
        String counter = key + ':' + System.currentTimeMillis() / 1000 / window;
        String count = client.get(counter);
        if (count != null && Long.parseLong(count) >= Quota.UNLIMITED) {
            return false;
        }
        try (AbstractTransaction transaction = client.multi()) {
            transaction.incr(counter);
            transaction.expire(counter, window);
            transaction.exec();
        }
        return true;
    }
}
