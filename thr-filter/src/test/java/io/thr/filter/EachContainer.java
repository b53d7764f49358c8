package io.thr.filter;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A test, with a {@link Container.Kind} as its argument, of what holds in every container. It runs twice: with those of
 * Servlet 6.0, and with those of Servlet 6.1, in the second run of tests in {@code pom.xml}.
 */
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
@ParameterizedTest
@MethodSource("io.thr.filter.Container#kinds")
@Tag("container")
@interface EachContainer {}
