package io.thr.benchmark.unmatched;

import java.lang.reflect.Proxy;

/** Parts of a container of which nothing is to be asked: whatever is, fails, so that nothing unseen is measured. */
final class Nothing {

    private Nothing() {}

    static <T> T as(Class<T> type) {
        return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, (self, method, given) -> {
            throw new UnsupportedOperationException(method.toString());
        }));
    }
}
