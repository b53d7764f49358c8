package io.thr.core.redis;

import io.thr.core.message.RequestExtra;

/** The name of every key of a bus, one method each. The bus's name is the hash tag, decided here alone. */
public record RedisKeys(String bus) {

    /** What every response key begins with; a dispatcher writes to no other. */
    public static final String RESPONSE_PREFIX = RequestExtra.RESPONSE_KEY_PREFIX;

    private static final String DEAD = ":dead";

    /** The list on which a node, or a single request, awaits responses: {@code id} is 128 random bits in hex. */
    public static String response(String id) {
        return RESPONSE_PREFIX + id;
    }

    /** The list of messages of that queue that nobody can process. */
    public static String dead(String queue) {
        return queue + DEAD;
    }

    static boolean isDead(String key) {
        return key.endsWith(DEAD);
    }

    static String queueOfDead(String key) {
        return key.substring(0, key.length() - DEAD.length());
    }

    /** ZSET: member to the end of its lease, epoch milliseconds. */
    public String members() {
        return key("members");
    }

    /** HASH: claim id to raw message, from the taking off its queue to the end. */
    public String messages() {
        return key("messages");
    }

    /** HASH: claim id to the record of its ticket. */
    public String tickets() {
        return key("tickets");
    }

    /** HASH: name of a request to the claim id of its ticket. */
    public String requests() {
        return key("requests");
    }

    /** ZSET, by name: flow, order and claim id of each waiting ticket. */
    public String waiting() {
        return key("waiting");
    }

    /** HASH: flow to how many wait in it and where it stands. */
    public String flows() {
        return key("flows");
    }

    /** ZSET, by name: the tree of the flows that can run. */
    public String run() {
        return key("run");
    }

    /** ZSET, by name: the flows that wait for a counter. */
    public String parked() {
        return key("parked");
    }

    /** HASH: node to the record of its fair share. */
    public String fair() {
        return key("fair");
    }

    /** HASH: counter to how many requests run in it. */
    public String counts() {
        return key("counts");
    }

    /** HASH: limit to the maximum in force. */
    public String limits() {
        return key("limits");
    }

    /** ZSET: claim id of a waiting ticket to its deadline, epoch milliseconds. */
    public String deadlines() {
        return key("deadlines");
    }

    /** HASH: claim id and lost member to the record of a ticket whose slots are kept until its deadline. */
    public String withheld() {
        return key("withheld");
    }

    /** ZSET: name of a request whose client left before it had a ticket to when that may be forgotten. */
    public String cancelled() {
        return key("cancelled");
    }

    /** HASH: queue or limit to how long its requests ran of late; kept while somebody waits. */
    public String pace() {
        return key("pace");
    }

    /** HASH: queue of which nothing is begun to since when, epoch milliseconds; set by people, without expiry. */
    public String paused() {
        return key("paused");
    }

    /** HASH: limit to the maximum that somebody has set, and the configured one; set by people, without expiry. */
    public String overridden() {
        return key("overridden");
    }

    /** STRING: what this member said last of itself, JSON; with an expiry. */
    public String report(String member) {
        return key("report:" + member);
    }

    /** HASH: claim id to queue, for what this member owns. */
    public String claimed(String member) {
        return key("claimed:" + member);
    }

    /** SET: ids of the claims that this member has said it would send upstream. */
    public String sent(String member) {
        return key("sent:" + member);
    }

    /** LIST: what others have to say to this member: ids of its claims whose clients have left, or {@code drain}. */
    public String words(String member) {
        return key("cancelled:" + member);
    }

    /** LIST: not empty while something of that queue can run and nobody has taken it. */
    public String runnable(String queue) {
        return key("runnable:" + queue);
    }

    /** HASH: queue to how many messages a second are taken off it, while it has a backlog. */
    public String drained() {
        return key("drained");
    }

    /** STRING or LIST, by algorithm: what that key of a rate policy has used; {@code key} is of fixed length. */
    public String rate(String key) {
        return key("rate:" + key);
    }

    /** STRING: how many keys that rate policy has had of late. */
    public String rateKeys(String policy) {
        return key("rate-keys:" + policy);
    }

    /** STRING or LIST: what the keys of that rate policy share that are beyond its number of keys. */
    public String rateRest(String policy) {
        return key("rate-rest:" + policy);
    }

    /** HASH: policy, or policy, a colon and a key's text, to the quota in force instead of the configured one. */
    public String rateQuotas() {
        return key("rate-quotas");
    }

    /** ZSET: node that decides by rate policies to the end of its lease, epoch milliseconds. */
    public String rateNodes() {
        return key("rate-nodes");
    }

    /** STRING: a body too large for its message. */
    public String body(String id) {
        return bodyPrefix() + id;
    }

    /** What every body key begins with; nobody reads a link to another. */
    public String bodyPrefix() {
        return key("body:");
    }

    /** LIST: frames for a dispatcher, whose name here is {@code inbox}. */
    public String frames(String inbox) {
        return key("frames:" + inbox);
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
