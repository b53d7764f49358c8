package io.thr.benchmark.rate;

import java.net.URI;
import java.util.List;
import java.util.stream.IntStream;

/**
 * What is decided about, and where.
 *
 * @param redis e.g. {@code redis://127.0.0.1:6379}
 */
public record Workload(URI redis, List<String> keys) {

    /** Copies the list. */
    public Workload {
        keys = List.copyOf(keys);
    }

    /** So many keys, {@code k0} and so on. */
    public static Workload of(String redis, int keys) {
        return new Workload(
                URI.create(redis),
                IntStream.range(0, keys).mapToObj(i -> "k" + i).toList());
    }

    Quota quota() {
        return Quota.forEachOf(keys.size());
    }
}
