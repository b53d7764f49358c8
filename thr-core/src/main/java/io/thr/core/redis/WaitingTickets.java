package io.thr.core.redis;

/** How those who only look find their way in {@link RedisKeys#waiting}: its members are flow, order and claim id. */
final class WaitingTickets {

    private WaitingTickets() {}

    /** So many of those of a queue, flow by flow, from that place on. */
    static Command ofQueue(RedisKeys keys, String queue, int from, int most) {
        return Command.of(
                "ZRANGEBYLEX",
                keys.waiting(),
                "[" + queue + FlowName.PART,
                "(" + queue + FlowName.ELEMENT,
                "LIMIT",
                from,
                most);
    }

    /** The first of a flow. */
    static Command firstOf(RedisKeys keys, String flow) {
        return Command.of(
                "ZRANGEBYLEX", keys.waiting(), "[" + flow + FlowName.GROUP, "(" + flow + FlowName.PART, "LIMIT", 0, 1);
    }

    /** The claim id in a member. */
    static String claimId(String member) {
        return member.substring(member.lastIndexOf(FlowName.GROUP) + 1);
    }
}
