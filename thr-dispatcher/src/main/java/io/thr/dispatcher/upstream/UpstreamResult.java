package io.thr.dispatcher.upstream;

/** What comes of a call: a response, or the reason why there is none. */
public sealed interface UpstreamResult permits UpstreamResponse, UpstreamFailure {}
