/**
 * The filter's YAML file, read into settings.
 */
@NullMarked
package io.thr.filter.config;

import org.jspecify.annotations.NullMarked;
