/** Why does this request wait? In plain sentences, kept up to date while they stand there. */
import { get } from './api.js';
import { el, setParts } from './dom.js';
import { count, duration, many } from './format.js';

const form = document.getElementById('why-form');
const input = document.getElementById('why-request');
const answer = document.getElementById('why-answer');
const MOST_HOLDERS = 4;
let asked = null;
let now = () => Date.now();

/** By the server's clock. */
export function setClock(clock) {
  now = clock;
}

form.addEventListener('submit', event => {
  event.preventDefault();
  ask(input.value.trim());
});

/** Asks for that request, and moves there. */
export async function ask(request) {
  asked = request;
  input.value = request;
  answer.setAttribute('aria-live', 'polite');
  input.focus();
  try {
    await updateWhy();
  } catch (failure) {
    setParts(answer, el('p', {}, `That could not be found out: ${failure.message}.`));
  }
  // further figures are for those who look
  answer.setAttribute('aria-live', 'off');
}

/** Asks again, where an answer stands there. */
export async function updateWhy() {
  if (!asked) {
    return;
  }
  const request = asked;
  const { found } = await get('why', { request });
  if (asked === request) {
    setParts(answer, ...found.map(one => el('p', {}, sentences(one))));
  }
}

function sentences(why) {
  switch (why.state) {
    case 'unknown':
      return 'There is none of that id on the bus: it has ended, waits for a rate policy in its front, or never came.';
    case 'listed':
      return `It is number ${count(why.position)} on the list of ${why.queue}. ${listed(why.reason)}`;
    case 'taken':
      return `It has been taken off ${why.queue} by ${why.member}, and is about to be seen to.`;
    case 'running': {
      const running = why.running ?? why;
      return `It does not wait: it has run for ${duration(now() - running.since_ms)}, on ${running.member}, from ${running.queue}.`;
    }
    default:
      return waiting(why);
  }
}

function listed(reason) {
  switch (reason) {
    case 'no_member':
      return 'No running dispatcher serves that queue.';
    case 'too_many_wait':
      return 'As many requests wait on the bus as may; it is taken when one of them begins.';
    default:
      return 'It is about to be taken.';
  }
}

function waiting(why) {
  const since = `It has waited in ${why.queue} for ${duration(now() - why.since_ms)}.`;
  return [since, reason(why), place(why)].filter(Boolean).join(' ');
}

function reason(why) {
  switch (why.reason) {
    case 'paused':
      return 'Its queue is paused: nothing of it begins until somebody resumes it.';
    case 'no_member':
      return 'No running dispatcher serves its queue.';
    case 'limit':
      return why.blocked_by.map((one, index) => `${index === 0 ? 'It waits for' : 'And for'} ${blocker(one)}`).join(' ');
    default:
      return 'Its limits have room: it waits for its turn, or for a dispatcher with room.';
  }
}

function blocker({ counter, running, max, holders, withheld }) {
  const named = holders.slice(0, MOST_HOLDERS).map(holder =>
    `${holder.request} (${duration(now() - holder.since_ms)}, on ${holder.member})`);
  const rest = running - named.length;
  const held = named.length === 0 ? '' : `, held by ${named.join(', ')}${rest > 0 ? ` and ${many(rest, 'other')}` : ''}`;
  const kept = withheld > 0 ? `; ${many(withheld, 'slot')} of it ${withheld === 1 ? 'is' : 'are'} kept for requests of lost dispatchers` : '';
  return `${counter}: ${count(running)} of ${count(max)} run${held}${kept}.`;
}

function place(why) {
  const before = why.position - 1;
  const come = before === 0 ? 'It is the next.'
    : `${count(before)} ${before === 1 ? 'comes' : 'come'} before it${why.in_flow > 0 ? `, ${count(why.in_flow)} of its own kind` : ''}.`;
  const begins = why.estimated_wait_ms === null || why.estimated_wait_ms === undefined
    ? 'When it begins cannot be said yet.'
    : `It begins in about ${duration(why.estimated_wait_ms)}.`;
  return `${come} ${begins}`;
}
