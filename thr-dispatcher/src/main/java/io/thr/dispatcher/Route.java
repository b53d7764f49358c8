package io.thr.dispatcher;

import io.thr.dispatcher.config.QueueSettings;
import io.thr.dispatcher.upstream.Upstream;
import io.thr.dispatcher.upstream.UpstreamAddress;

/** One entry of the configuration at work: from which bus, to which upstream, how many at a time. */
record Route(QueueSettings settings, Bus bus, Upstream upstream, UpstreamAddress address, Slots slots) {}
