package io.thr.core.redis;

import io.thr.core.message.RequestExtra;

/** The name of every key of a bus, one method each. The bus's name is the hash tag, decided here alone. */
public record RedisKeys(String bus) {

    /** What every response key begins with; a dispatcher writes to no other. */
    public static final String RESPONSE_PREFIX = RequestExtra.RESPONSE_KEY_PREFIX;

    /** The list on which a node, or a single request, awaits responses: {@code id} is 128 random bits in hex. */
    public static String response(String id) {
        return RESPONSE_PREFIX + id;
    }

    /** The list of messages of that queue that nobody can process. */
    public static String dead(String queue) {
        return queue + ":dead";
    }

    /** ZSET: member to the end of its lease, epoch milliseconds. */
    public String members() {
        return key("members");
    }

    /** HASH: claim id and queue to raw message, for what this member has taken. */
    public String claimed(String member) {
        return key("claimed:" + member);
    }

    /** SET: ids of the claims that this member has said it would send upstream. */
    public String sent(String member) {
        return key("sent:" + member);
    }

    /** STRING: a body too large for its message. */
    public String body(String id) {
        return bodyPrefix() + id;
    }

    /** What every body key begins with; nobody reads a link to another. */
    public String bodyPrefix() {
        return key("body:");
    }

    /** STRING: says that this filter node's data is still there; gone after a restart without persistence. */
    public String node(String node) {
        return key("node:" + node);
    }

    /** LIST: wakes a filter node's reader that waits for one key a request. */
    public String wake(String node) {
        return key("wake:" + node);
    }

    private String key(String rest) {
        return "thr:{" + bus + "}:" + rest;
    }
}
