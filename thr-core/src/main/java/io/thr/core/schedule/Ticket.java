package io.thr.core.schedule;

/**
 * What is to be scheduled.
 *
 * @param claim the member's claim
 * @param request names the request beyond this claim: what is offered twice under one name is kept once
 * @param flow where it waits
 * @param headStartMillis how much later than its arrival it counts: the scheduler serves the least sum first, so the most
 *     urgent class has 0
 * @param deadlineMillis epoch milliseconds, by the server's clock, after which it is not begun any more; 0: never
 * @param attempts how often it has been begun before
 */
public record Ticket(Claim claim, String request, Flow flow, long headStartMillis, long deadlineMillis, int attempts) {}
