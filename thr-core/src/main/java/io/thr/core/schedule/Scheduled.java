package io.thr.core.schedule;

import java.util.List;

/**
 * What a step gave the member.
 *
 * @param outcomes one for each ticket that was scheduled, in their order
 * @param granted what the member is to run now besides
 * @param waiting how many tickets wait on the bus
 */
public record Scheduled(List<Outcome> outcomes, List<Claim> granted, long waiting) {}
