/**
 * The upstream call: one narrow interface, {@link io.thr.dispatcher.upstream.Upstream}, what speaks HTTP, and decorators
 * that each add one promise. {@link io.thr.dispatcher.upstream.Upstreams} puts them together: a deadline, redirects, the
 * choice among servers with its retries, and at the end one of Jetty's clients. What is known of a server is in
 * {@code UpstreamServer}, who is left out in {@code Ejection}, and what a server's health check says in {@code ServerProbe}.
 */
@NullMarked
package io.thr.dispatcher.upstream;

import org.jspecify.annotations.NullMarked;
