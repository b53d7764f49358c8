package io.thr.demo.conformance;

import java.util.List;

/** What came of a case on one way: the requests that the upstream received, and what the client got. */
record Exchanged(List<Message> requests, Reply reply) {}
