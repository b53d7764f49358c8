package io.thr.filter.rule;

import java.util.Objects;
import java.util.concurrent.CompletionStage;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** One action of a rule. Immutable. */
sealed interface Step {

    /** The action's name as a file has it. */
    String name();

    /** An action done when the call returns. */
    record Now(String name, Consumer<Exchange> action) implements Step {}

    /** An action done when its stage completes. */
    record Later(String name, Function<Exchange, ? extends CompletionStage<?>> action) implements Step {

        CompletionStage<?> start(Exchange exchange) {
            return Objects.requireNonNull(action.apply(exchange), "null (expected: a CompletionStage)");
        }
    }

    /** An action that puts what a function gives into the exchange, or does nothing where it gives null. */
    static <V> Step computed(String name, Function<Exchange, @Nullable V> function, BiConsumer<Exchange, V> setter) {
        return new Now(name, exchange -> {
            V value = function.apply(exchange);
            if (value != null) {
                setter.accept(exchange, value);
            }
        });
    }
}
