/**
 * What a dispatcher is told: {@link io.thr.dispatcher.config.DispatcherSettings}, from Java or from its YAML file by
 * {@link io.thr.dispatcher.config.DispatcherConfig}.
 */
@NullMarked
package io.thr.dispatcher.config;

import org.jspecify.annotations.NullMarked;
