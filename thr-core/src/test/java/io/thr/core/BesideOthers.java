package io.thr.core;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.util.Set;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.api.parallel.ResourceLocksProvider;

/**
 * On a test class that mostly waits for leases to end and idle time to pass: it runs while the other classes do, which run
 * one after the other. So do its own tests, and the classes that are marked with the same word: a lock sees to that.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@Execution(ExecutionMode.CONCURRENT)
@ResourceLock(providers = BesideOthers.OfItsWord.class)
public @interface BesideOthers {

    /** Of which classes it waits for the end; a second word costs a thread more ({@code test.parallelism}). */
    String value() default "time";

    /** Names the lock. */
    final class OfItsWord implements ResourceLocksProvider {

        @Override
        public Set<ResourceLocksProvider.Lock> provideForClass(Class<?> testClass) {
            BesideOthers marked = testClass.getAnnotation(BesideOthers.class);
            return marked == null ? Set.of() : Set.of(new ResourceLocksProvider.Lock(marked.value()));
        }
    }
}
