/**
 * The upstream call: one narrow interface, {@link io.thr.dispatcher.upstream.Upstream}, the client that speaks HTTP, and
 * decorators that each add one promise. {@link io.thr.dispatcher.upstream.Upstreams} puts them together.
 */
@NullMarked
package io.thr.dispatcher.upstream;

import org.jspecify.annotations.NullMarked;
