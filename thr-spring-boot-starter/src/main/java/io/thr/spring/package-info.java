/**
 * The filter in a Spring Boot application: registered as its first filter, configured by properties under {@code thr}.
 */
@NullMarked
package io.thr.spring;

import org.jspecify.annotations.NullMarked;
