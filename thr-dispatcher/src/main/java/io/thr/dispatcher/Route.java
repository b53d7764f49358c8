package io.thr.dispatcher;

import io.thr.dispatcher.config.QueueSettings;
import io.thr.dispatcher.upstream.QueueUpstream;
import io.thr.dispatcher.upstream.UpstreamAddress;

/**
 * One entry of the configuration at work: from which bus, to which upstream, how many at a time.
 *
 * @param address one of the upstream's servers
 * @param meters what is counted of it
 */
record Route(
        QueueSettings settings,
        Bus bus,
        QueueUpstream upstream,
        UpstreamAddress address,
        Slots slots,
        RouteMeters meters) {}
