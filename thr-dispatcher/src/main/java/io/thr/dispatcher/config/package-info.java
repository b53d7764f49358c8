/**
 * The dispatcher's YAML file and command line.
 */
@NullMarked
package io.thr.dispatcher.config;

import org.jspecify.annotations.NullMarked;
